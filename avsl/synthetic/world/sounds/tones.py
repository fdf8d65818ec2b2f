"""What sings, calls or hums: wave tables read at a gliding pitch, with breath and pulses."""

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from avsl.synthetic.sounds import FORMANT_WIDTHS_HZ
from avsl.synthetic.world.draws import Draws
from avsl.synthetic.world.events import Events
from avsl.synthetic.world.sounds.dsp import (
    GRAIN,
    HIGHEST_HZ,
    HOP,
    Frames,
    band,
    frames_of,
    grain_noise,
    joined,
    oscillate,
    wave_tables,
)
from avsl.synthetic.world.sounds.ranges import Range, SoundDial, drawn

HARMONICS = 256
_NONE: Range = (0.0, 0.0)
_GRAIN_HOPS = GRAIN // 2 // HOP
_FORMANT_LEVELS = (1.0, 0.7, 0.5)
_VOWELS = 4  # that one source uses
_BLENDS = 4  # tables from one vowel to the next


@dataclass(frozen=True)
class Tone:
    """A voice, a pipe, a horn or an engine. Ranges are of a class; each source draws a value."""

    pitch_hz: Range
    melody: Range = _NONE  # octaves that one source's events span
    start: Range = _NONE  # octaves from the pitch at an event's start
    middle: Range = _NONE
    end: Range = _NONE
    wobble_hz: Range = (1.0, 1.0)  # of vibrato, trill or siren
    wobble: Range = _NONE  # octaves either way
    edge: Range = (0.1, 0.1)  # of the wobble: 0.1 a sine, 5 a square
    jitter: Range = (0.0, 0.004)  # octaves of random wander
    pulse_hz: Range = (1.0, 1.0)  # of loudness
    pulse: Range = _NONE  # how deep, in [0, 1]
    sharpness: Range = (1.0, 1.0)  # of the pulses: 1 a sine, 4 short beats
    attack_s: Range = (0.008, 0.02)
    release_s: Range = (0.02, 0.05)
    fade: Range = _NONE  # by how many powers of e an event falls to its end
    tone: Range = (1.0, 1.0)  # RMS of the harmonics
    breath: Range = (0.01, 0.04)  # RMS of the noise
    breath_hz: Range = (2000.0, 4000.0)
    breath_octaves: Range = (0.8, 1.5)
    chiff: Range = _NONE  # RMS of the noise that opens an event
    chiff_s: Range = (0.02, 0.04)
    slope: Range = (-9.0, -5.0)  # dB an octave
    odd: Range = _NONE  # how far the even harmonics are held back, in [0, 1]
    scatter: Range = (0.0, 0.3)  # of the phases: 0 sharp pulses, 1 none
    formants_hz: tuple[tuple[float, float, float], ...] = ()  # vowels an event passes between
    formant_width: Range = (1.0, 1.6)  # to that of a man's
    tract: Range = (0.93, 1.07)  # scale of the formants
    floor: Range = (0.02, 0.05)  # what passes besides the formants
    chords: tuple[tuple[int, ...], ...] = ((1,),)  # notes as multiples of one root, a choice
    overtones: bool = True  # of the notes in a chord


def sound(rows: list[Tone], draws: Draws, events: Events, samples: int, dial: SoundDial) -> Tensor:
    """Sounds of K sources that last as long as their ``events``: (K, samples)."""
    device = draws.keys.device
    value = drawn(rows, draws, dial)
    value = {name: column[:, None] for name, column in value.items()}
    frames = frames_of(events, samples)
    tables = _tables(rows, value, draws)
    pitch_hz = _pitch(value, frames, draws, dial)
    size = _size(value, frames)
    ring = oscillate(tables, _read(rows, frames, draws), pitch_hz)
    ring *= joined(size * value["tone"])
    breath = (size * (value["breath"] + _chiff(value, frames)))[:, ::_GRAIN_HOPS]
    colour = band(value["breath_hz"][:, 0], value["breath_octaves"][:, 0])
    window = torch.hann_window(GRAIN, device=device)
    hiss = grain_noise(colour, breath, window, draws)
    return ring[:, :samples].add_(hiss[:, :samples])


def vowels_of(row: Tone) -> int:
    """How many vowels a source passes between: sources of one batch must agree in it."""
    return _VOWELS if len(row.formants_hz) > 1 else len(row.formants_hz)


def _pitch(value: dict[str, Tensor], frames: Frames, draws: Draws, dial: SoundDial) -> Tensor:
    """The pitch at each frame in Hz: the event's note, its bend, its wobble and its wander."""
    x = frames.share
    bend = value["start"] * (1 - x) * (1 - 2 * x) + value["end"] * x * (2 * x - 1)
    octaves = bend + value["middle"] * 4 * x * (1 - x)
    notes = dial.near_middle(draws.uniform("melody", int(frames.event.max()) + 1)) - 0.5
    octaves += value["melody"] * notes.gather(1, frames.event)
    turned = value["wobble_hz"] * frames.since_s + draws.uniform("wobbling", 1)
    edge = value["edge"]
    octaves += value["wobble"] * torch.tanh(edge * torch.sin(2 * torch.pi * turned)) / edge.tanh()
    octaves += value["jitter"] * _wander(draws, x.shape[1])
    return value["pitch_hz"] * 2**octaves


def _wander(draws: Draws, count: int) -> Tensor:
    """Slow noise (K, count) with a new value every 16 ms."""
    values = draws.noise("wander", -(-count // 8) + 1)
    return joined(values, 8)[:, :count]


def _size(value: dict[str, Tensor], frames: Frames) -> Tensor:
    """The loudness at each frame: 0 outside of events."""
    since, left = frames.since_s, frames.length_s - frames.since_s
    # An edge may take a third of a short event, so that its middle is heard in full.
    attack = torch.minimum(value["attack_s"], frames.length_s / 3)
    release = torch.minimum(value["release_s"], frames.length_s / 3)
    size = torch.minimum(since / attack, left / release).clamp(0, 1)
    beat = 0.5 + 0.5 * torch.cos(2 * torch.pi * value["pulse_hz"] * since)
    size = size * (1 - value["pulse"] * (1 - beat ** value["sharpness"]))
    return size * torch.exp(-value["fade"] * frames.share) * frames.level


def _chiff(value: dict[str, Tensor], frames: Frames) -> Tensor:
    return value["chiff"] * torch.exp(-frames.since_s.clamp(min=0) / value["chiff_s"])


def _read(rows: list[Tone], frames: Frames, draws: Draws) -> Tensor:
    """Which table each frame reads (K, T): an event passes from one vowel to the next."""
    if vowels_of(rows[0]) < 2:
        return torch.zeros_like(frames.event)
    first = draws.integers("vowel", 0, _VOWELS, int(frames.event.max()) + 1)
    passed = (frames.share * (_BLENDS - 1)).round().long()
    return first.gather(1, frames.event) * _BLENDS + passed


def _tables(rows: list[Tone], value: dict[str, Tensor], draws: Draws) -> Tensor:
    """Wave tables (K, V, PERIOD).

    The pitch in ``value`` becomes that of the chord's root, in place.
    """
    device = draws.keys.device
    number = torch.arange(1, HARMONICS + 1, device=device, dtype=torch.float32)
    chosen = draws.uniform("chord").tolist()
    chords = [row.chords[int(x * len(row.chords))] for row, x in zip(rows, chosen, strict=True)]
    root = torch.tensor([[float(chord[0])] for chord in chords], device=device)
    present = torch.stack([_present(c, r.overtones) for c, r in zip(chords, rows, strict=True)])
    value["pitch_hz"] = value["pitch_hz"] / root
    audible = number * value["pitch_hz"] * 2 ** _highest(value) < HIGHEST_HZ
    levels = present.to(device) * (number / root) ** (value["slope"] / 6.02) * audible
    levels = levels * (1 - value["odd"] * (number % 2 == 0))
    turns = draws.uniform("phases", HARMONICS) * value["scatter"]
    if vowels_of(rows[0]) == 0:
        return wave_tables(levels[:, None], turns)
    gains = _formants(rows, value, number * value["pitch_hz"], draws)
    return wave_tables(levels[:, None] * gains, turns)


@lru_cache(maxsize=256)
def _present(chord: tuple[int, ...], overtones: bool) -> Tensor:
    """How strong each harmonic of the root is for the chord's notes and their overtones."""
    levels = torch.zeros(HARMONICS)
    for note in chord:
        levels[note - 1 :: note if overtones else HARMONICS] += 1.0
    return levels


def _highest(value: dict[str, Tensor]) -> Tensor:
    """Octaves above the pitch that a source may reach."""
    bend = torch.stack([value["start"], value["middle"], value["end"]]).amax(0)
    return bend.clamp(min=0) + 0.5 * value["melody"] + value["wobble"] + 2 * value["jitter"]


def _formants(rows: list[Tone], value: dict[str, Tensor], rates_hz: Tensor, draws: Draws) -> Tensor:
    """Gains (K, V, H) of the vocal tract at each harmonic, for each of its tables."""
    centres = _centres(rows, draws) * value["tract"][..., None]  # (K, V, 3)
    widths = centres.new_tensor(FORMANT_WIDTHS_HZ) * (centres / 1000).clamp(min=0.6)
    widths = widths * value["formant_width"][..., None]
    gains = value["floor"][..., None].expand(-1, centres.shape[1], HARMONICS)
    for i, level in enumerate(_FORMANT_LEVELS):
        away = (rates_hz[:, None] - centres[..., i, None]) * (2 / widths[..., i, None])
        gains = torch.add(gains, away.square_().add_(1).rsqrt_(), alpha=level)
    return gains


def _centres(rows: list[Tone], draws: Draws) -> Tensor:
    """The formants in Hz of each table (K, V, 3), which step from each vowel to the next."""
    device = draws.keys.device
    if vowels_of(rows[0]) == 1:
        return torch.tensor([row.formants_hz for row in rows], device=device)
    first = draws.integers("accent", 0, 60).tolist()
    vowels = [
        [row.formants_hz[(start + i) % len(row.formants_hz)] for i in range(_VOWELS)]
        for row, start in zip(rows, first, strict=True)
    ]
    centres = torch.tensor(vowels, device=device, dtype=torch.float32)[:, :, None]
    steps = torch.linspace(0, 1, _BLENDS, device=device)[:, None]
    return torch.lerp(centres, centres.roll(-1, 1), steps).flatten(1, 2)
