"""What is struck or plucked: modes that ring and die away, and the noise of the blow."""

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from avsl.synthetic.sounds import BELL_LEVELS, BELL_RATIOS, DRUM_LEVELS, DRUM_RATIOS
from avsl.synthetic.world.draws import Draws
from avsl.synthetic.world.events import Events
from avsl.synthetic.world.sounds.dsp import RATE, modal
from avsl.synthetic.world.sounds.ranges import Range, SoundDial, drawn

BLOWS = 3  # different blows of one source, which take turns
LONG, SHORT = 22400, 6400  # samples after which nothing is heard
_MODES = 24
_TICK = 2048  # samples of the blow's own noise in what rings long


@dataclass(frozen=True)
class Struck:
    """What rings after a blow. Ranges are of a class; each source draws a value."""

    pitch_hz: Range
    decay_s: Range  # of the mode at the pitch
    ratios: tuple[float, ...]  # of the modes to the pitch
    levels: tuple[float, ...]
    damping: Range = (0.5, 0.9)  # decay ~ ratio ** -damping
    spread: Range = (0.0, 0.02)  # how far modes stray, of their rate
    unevenness: Range = (0.3, 0.8)  # of the levels from one to the next of a class
    notes: Range = (0.0, 0.0)  # octaves that one source's blows span
    drop: Range = (0.0, 0.0)  # how much higher it starts, of its pitch
    tick: Range = (0.1, 0.4)  # RMS at the blow, where the modes' is about 1
    tick_s: Range = (0.002, 0.006)
    brightness: Range = (0.0, 0.9)  # of the blow's noise: below 0 dull, above 0 sharp
    string: bool = False  # modes decay as a plucked string's do
    long: bool = False


def _spaced(count: int, step: float) -> tuple[float, ...]:
    return tuple(1 + step * i for i in range(count))


STRUCK: dict[str, Struck] = {
    "church bell": Struck(
        (190, 950), (0.2, 0.9), tuple(BELL_RATIOS), tuple(BELL_LEVELS), long=True,
        tick=(0.05, 0.5), tick_s=(0.002, 0.01), damping=(0.4, 1.1), spread=(0.0, 0.04),
        notes=(0.0, 0.1),
    ),
    "hand bell": Struck(
        (420, 2000), (0.1, 0.6), (0.5, 1.0, 1.5, 2.0, 2.7, 3.9, 5.2),
        (0.2, 1.0, 0.2, 0.5, 0.6, 0.35, 0.25), long=True, tick=(0.05, 0.5), notes=(0.0, 0.4),
        damping=(0.4, 1.2), spread=(0.0, 0.08), tick_s=(0.002, 0.008),
    ),
    "wall clock": Struck(
        (450, 2600), (0.004, 0.03), (1.0, 1.7, 2.4, 3.3, 4.4), (1.0, 0.8, 0.6, 0.4, 0.3),
        tick=(0.4, 2.5), tick_s=(0.001, 0.006), notes=(0.0, 0.6), spread=(0.02, 0.2),
        damping=(0.2, 0.9), brightness=(-0.5, 0.9),
    ),
    "drum": Struck(
        (70, 420), (0.03, 0.18), tuple(DRUM_RATIOS), tuple(DRUM_LEVELS), drop=(0.0, 0.5),
        tick=(0.2, 2.5), tick_s=(0.003, 0.02), brightness=(-0.9, 0.8), notes=(0.0, 0.3),
        spread=(0.0, 0.1),
    ),
    "tambourine": Struck(
        (1500, 4000), (0.015, 0.11), _spaced(16, 0.13), (1.0,) * 16, spread=(0.02, 0.06),
        tick=(0.4, 2.5), tick_s=(0.004, 0.06), brightness=(-0.2, 0.95), damping=(0.0, 0.8),
    ),
    "xylophone": Struck(
        (380, 1700), (0.04, 0.25), (1.0, 2.9, 5.8, 9.6), (1.0, 0.4, 0.2, 0.08),
        notes=(0.0, 0.9), tick=(0.1, 0.8), tick_s=(0.001, 0.006), damping=(0.5, 1.3),
        spread=(0.0, 0.1),
    ),
    "hammer": Struck(
        (320, 1900), (0.008, 0.09), (1.0, 1.58, 2.24, 2.87, 3.7, 4.6),
        (1.0, 1.0, 0.9, 0.7, 0.6, 0.4), spread=(0.03, 0.2), tick=(0.4, 2.5),
        tick_s=(0.001, 0.01), damping=(0.2, 0.9), brightness=(-0.5, 0.9), notes=(0.0, 0.2),
    ),
    "typewriter": Struck(
        (350, 1900), (0.005, 0.035), (1.0, 1.8, 2.6, 3.4, 4.4), (1.0, 0.8, 0.7, 0.5, 0.4),
        spread=(0.03, 0.2), tick=(0.4, 2.5), tick_s=(0.001, 0.01), notes=(0.0, 0.5),
        damping=(0.2, 0.9), brightness=(-0.5, 0.9),
    ),
    "guitar": Struck(
        (82, 420), (0.15, 0.9), tuple(range(1, 25)), (1.0,) * 24, string=True, long=True,
        notes=(0.1, 1.0), tick=(0.02, 0.3), spread=(0.0, 0.0), unevenness=(0.0, 0.2),
    ),
}  # fmt: skip


def strike(
    rows: list[Struck], draws: Draws, events: Events, samples: int, dial: SoundDial
) -> Tensor:
    """Sounds of K sources struck at the onsets of ``events``: (K, samples).

    All of ``rows`` must ring long, or none.
    """
    out = torch.zeros(len(rows), samples, device=draws.keys.device)
    _lay(out, _blows(rows, draws, dial), events)
    return out


def _blows(rows: list[Struck], draws: Draws, dial: SoundDial) -> Tensor:
    """The ``BLOWS`` responses of each of N sources: (N, BLOWS, LONG or SHORT)."""
    length = LONG if rows[0].long else SHORT
    value = drawn(rows, draws, dial)
    value = {name: column[:, None] for name, column in value.items()}
    tones = _ringing(rows, value, draws, dial, length)
    if not rows[0].long:
        tones = _dropped(tones, value["drop"])
    blow = _tick(value, draws, _TICK if rows[0].long else length)
    tones[..., : blow.shape[-1]] += blow
    # What still rings dies away over the last quarter, so that no cut is heard.
    tones[..., -length // 4 :] *= torch.linspace(1, 0, length // 4, device=tones.device)
    return tones


def _ringing(
    rows: list[Struck], value: dict[str, Tensor], draws: Draws, dial: SoundDial, length: int
) -> Tensor:
    device = draws.keys.device
    ratios, levels = torch.stack([_modes(row) for row in rows]).to(device).unbind(1)
    string = torch.tensor([[row.string] for row in rows], device=device)
    uneven = 2 * dial.near_middle(draws.uniform("uneven", _MODES)) - 1
    astray = 2 * dial.near_middle(draws.uniform("astray", _MODES)) - 1
    ratios = ratios * (1 + value["spread"] * astray)
    levels = levels * (1 + value["unevenness"] * uneven)
    place = 0.08 + 0.3 * dial.near_middle(draws.uniform("plucked", 1))  # along the string
    levels = torch.where(string, torch.sin(torch.pi * ratios * place) / ratios, levels)
    notes = (draws.uniform("notes", BLOWS) - 0.5) * value["notes"]
    pitch_hz = (value["pitch_hz"] * 2**notes)[..., None]  # (N, BLOWS, 1)
    rates_hz = pitch_hz * ratios[:, None]
    fall = ratios ** value["damping"] / value["decay_s"]
    fall = torch.where(string[..., None], _string_fall(rates_hz, pitch_hz, value), fall[:, None])
    levels = levels / levels.square().sum(1, keepdim=True).sqrt()
    return modal(rates_hz, 1 / fall, levels[:, None].expand_as(rates_hz), length)


def _string_fall(rates_hz: Tensor, pitch_hz: Tensor, value: dict[str, Tensor]) -> Tensor:
    """How fast each harmonic of a string decays (1/s): Karplus and Strong's averaging filter.

    Each pass takes cos(pi f / rate) off a wave at f, and a loss of its own.
    """
    angle = torch.pi * rates_hz.clamp(max=0.49 * RATE) / RATE
    return 1 / value["decay_s"][..., None] - pitch_hz * torch.log(torch.cos(angle))


def _dropped(tones: Tensor, drop: Tensor) -> Tensor:
    """``tones`` (N, V, L) played faster at first: a skin that settles within about 50 ms."""
    t = torch.arange(tones.shape[-1], device=tones.device, dtype=torch.float32) / RATE
    ahead = 0.05 * (1 - torch.exp(-t / 0.05))
    place = ((t + drop * ahead) * RATE).round().long().clamp(max=tones.shape[-1] - 1)
    return tones.gather(2, place[:, None].expand_as(tones))


def _tick(value: dict[str, Tensor], draws: Draws, length: int) -> Tensor:
    """The noise of the blow itself: (N, BLOWS, length)."""
    noise = draws.noise("tick", BLOWS, length)
    before = torch.nn.functional.pad(noise, (1, 0))[..., :-1]
    tilt = value["brightness"][..., None]
    noise = (noise - tilt * before) / (1 + tilt.square()).sqrt()
    t = torch.arange(length, device=noise.device) / RATE
    return noise * (value["tick"] * torch.exp(-t / value["tick_s"]))[:, None]


def _lay(out: Tensor, blows: Tensor, events: Events) -> None:
    """Add the responses (K, BLOWS, L) to ``out`` (K, samples) at each onset, in place."""
    onsets, levels = events.onset_s.tolist(), events.level.tolist()
    for row, responses, starts, sizes in zip(out, blows, onsets, levels, strict=True):
        for turn, (start_s, size) in enumerate(zip(starts, sizes, strict=True)):
            first = round(start_s * RATE)
            ringing = responses[turn % BLOWS, max(-first, 0) :]  # of a blow before the start
            room = row[max(first, 0) :][: len(ringing)]
            if size > 0:
                room.add_(ringing[: len(room)], alpha=size)


@lru_cache(maxsize=64)
def _modes(row: Struck) -> Tensor:
    """Ratios and levels (2, _MODES) of a row's modes; those it lacks are silent."""
    missing = _MODES - len(row.ratios)
    return torch.tensor([[*row.ratios, *[1e4] * missing], [*row.levels, *[0.0] * missing]])
