"""Water and fire: noise of many grains, and drops and crackles laid over it."""

from dataclasses import dataclass

import torch
from torch import Tensor

from avsl.synthetic.world.draws import Draws
from avsl.synthetic.world.events import Events
from avsl.synthetic.world.sounds.dsp import (
    GRAIN,
    HOP,
    RATE,
    Frames,
    band,
    frames_of,
    grain_noise,
)
from avsl.synthetic.world.sounds.ranges import Range, SoundDial, drawn

_GRAIN_HOPS = GRAIN // 2 // HOP


@dataclass(frozen=True)
class Texture:
    """Noise that goes on, and drops in it. Ranges are of a class; each source draws a value."""

    noise_hz: Range  # the middle of the noise's spectrum
    noise_octaves: Range  # and its half width
    noise: Range  # its RMS
    swell: Range  # how much it comes and goes, in [0, 1]
    swell_s: Range  # and how slowly
    drops_hz: Range  # the middle of a drop's spectrum
    drops_octaves: Range
    drops: Range  # a drop's RMS
    density: Range  # chance of a drop in 4 ms
    fall_s: Range = (0.001, 0.003)  # how quickly a drop dies away


TEXTURES: dict[str, Texture] = {
    "fountain": Texture(
        (600, 4200), (0.7, 1.8), (0.6, 1.0), (0.0, 0.6), (0.06, 0.5), (500, 3500), (0.2, 0.8),
        (0.4, 2.5), (0.04, 0.35), (0.001, 0.005),
    ),
    "rain cloud": Texture(
        (1000, 5000), (0.7, 1.8), (0.5, 1.0), (0.0, 0.4), (0.1, 0.6), (1200, 5500), (0.3, 1.0),
        (0.4, 3.0), (0.03, 0.4), (0.0006, 0.003),
    ),
    "campfire": Texture(
        (250, 2400), (0.7, 1.8), (0.25, 1.0), (0.0, 0.8), (0.05, 0.5), (1000, 4500), (0.5, 1.5),
        (1.5, 8.0), (0.006, 0.1), (0.0004, 0.002),
    ),
}  # fmt: skip


def pour(
    rows: list[Texture], draws: Draws, events: Events, samples: int, dial: SoundDial
) -> Tensor:
    """Sounds of K sources that go on as long as their ``events``: (K, samples)."""
    device = draws.keys.device
    value = drawn(rows, draws, dial)
    frames = frames_of(events, samples)
    size = _edges(frames)[:, ::_GRAIN_HOPS]
    steady = size * value["noise"][:, None] * _swell(value, draws, size.shape[1])
    falls = size * _drops(value, draws, size.shape[1])
    hann = torch.hann_window(GRAIN, device=device)
    colour = band(value["noise_hz"], value["noise_octaves"])
    sound = grain_noise(colour, steady, hann, draws)
    colour = band(value["drops_hz"], value["drops_octaves"])
    ages_s = torch.arange(GRAIN, device=device) / RATE
    drop = torch.exp(-ages_s / value["fall_s"][:, None])[:, None]
    sound += grain_noise(colour, falls, drop, draws.of_each("drops", 1)[:, 0])
    return sound[:, :samples]


def _edges(frames: Frames) -> Tensor:
    """On during the events, with edges of 20 ms."""
    left = frames.length_s - frames.since_s
    return (torch.minimum(frames.since_s + 0.004, left) / 0.02).clamp(0, 1) * frames.level


def _swell(value: dict[str, Tensor], draws: Draws, count: int) -> Tensor:
    """How loud the noise is in time: (K, count), about 1."""
    knots = draws.uniform("swell", 128)
    turn = torch.arange(count, device=knots.device) * (GRAIN / 2 / RATE) / value["swell_s"][:, None]
    place = turn.clamp(max=126.99)
    first = place.long()
    level = torch.lerp(knots.gather(1, first), knots.gather(1, first + 1), place - first)
    return 1 - value["swell"][:, None] * level


def _drops(value: dict[str, Tensor], draws: Draws, count: int) -> Tensor:
    """The size of the drop at each place, mostly 0: (K, count)."""
    falls = draws.uniform("falls", count) < value["density"][:, None]
    loud = draws.uniform("loud", count).square()  # few are loud
    return falls * loud * value["drops"][:, None]
