"""What a place adds to its sounds: echoes, and a background that is always there."""

import torch
from torch import Tensor

from avsl.settings import SAMPLE_RATE_HZ
from avsl.synthetic.world.draws import Draws
from avsl.synthetic.world.sounds.dsp import GRAIN, frame_count, grain_noise, joined, modal

_AT_ONCE = 16  # scenes whose background is made together: so many stay in the cache
# Echoes of echoes of echoes: from the nearest walls, from across the room, from the hall.
_STAGES_S = ((0.002, 0.011), (0.013, 0.037), (0.041, 0.13))
_ECHOES = 4  # in each stage, so 125 in all
_LONGEST_S = 0.25  # time in which the echoes of the most reverberant room fall by 8.7 dB
_HUM_HZ = (50.0, 60.0)


def reverberate(waveform: Tensor, draws: Draws, amount: Tensor) -> Tensor:
    """``waveform`` (B, S) in B rooms that echo by ``amount`` (B,) in [0, 1], 0 not at all.

    Nothing comes before the direct sound, and the level stays about the same.
    """
    delays_s, gains = _echoes(draws, amount)
    size = (1 + gains.square().sum(2)).prod(1).rsqrt()
    out = waveform * size[:, None]
    delays = (delays_s * SAMPLE_RATE_HZ).round().long().tolist()
    for row, stages, strengths, share in zip(
        out, delays, gains.tolist(), amount.tolist(), strict=True
    ):
        if share > 0:
            for taps, factors in zip(stages, strengths, strict=True):
                _echo(row, taps, factors)
    return out


def background(draws: Draws, samples: int, level_dbfs: Tensor) -> Tensor:
    """Noise of B places (B, samples), each with an RMS of ``level_dbfs`` (B,); -inf is silence.

    Hiss from white to brown, rumble, the hum of the mains, and wind that comes and goes, in
    different shares.
    """
    rms = 10 ** (level_dbfs.float() / 20)
    parts = [
        _scaled(_place(draws[some], samples), rms[some])
        for some in torch.arange(len(rms), device=rms.device).split(_AT_ONCE)
    ]
    return torch.cat(parts) if parts else torch.zeros(0, samples, device=rms.device)


def _echoes(draws: Draws, amount: Tensor) -> tuple[Tensor, Tensor]:
    """When the echoes of each stage come and how strong they are: (B, stages, _ECHOES)."""
    low, high = torch.tensor(_STAGES_S, device=amount.device).log().unbind(1)
    place = draws.uniform("delays", len(_STAGES_S), _ECHOES)
    delays_s = torch.exp(low[:, None] + (high - low)[:, None] * place)
    fall_s = (_LONGEST_S * amount).clamp(min=1e-3)[:, None, None]
    sign = torch.where(draws.uniform("signs", len(_STAGES_S), _ECHOES) < 0.5, -1.0, 1.0)
    wet = 0.55 * amount.clamp(0, 1).sqrt()[:, None, None]
    return delays_s, wet * sign * torch.exp(-delays_s / fall_s)


def _echo(row: Tensor, taps: list[int], factors: list[float]) -> None:
    """Add delayed copies of ``row`` (S,) to itself, in place."""
    dry = row.clone()
    for tap, factor in zip(taps, factors, strict=True):
        row[tap:].add_(dry[: max(len(dry) - tap, 0)], alpha=factor)


def _place(draws: Draws, samples: int) -> Tensor:
    """The background of some places: (B, samples) of any level."""
    shares = draws.uniform("shares", 4).square()
    count = -(-samples // (GRAIN // 2))
    wind = 0.15 + 0.85 * _slow(draws, count)
    gusty = (draws.uniform("gusty") < 0.5)[:, None]
    strength = torch.where(gusty, wind, torch.ones_like(wind)) * (0.05 + shares[:, :1])
    tilt = draws.uniform("tilt", low=-2.0, high=0.0)[:, None]  # amplitude ~ rate ** tilt
    colour = (torch.arange(GRAIN // 2 + 1, device=tilt.device) + 1.0) ** tilt
    hiss = grain_noise(colour, strength, torch.hann_window(GRAIN, device=tilt.device), draws)
    rumble = joined(draws.noise("rumble", frame_count(samples))) * shares[:, 1:2]
    hum = _hum(draws, samples) * (0.5 * shares[:, 2:3] * shares[:, 3:4])
    return hiss[:, :samples] + rumble[:, :samples] + hum


def _slow(draws: Draws, count: int) -> Tensor:
    """How hard the wind blows: (B, count) in [0, 1], with a new gust every 0.5 s."""
    hop = SAMPLE_RATE_HZ // GRAIN
    return joined(draws.uniform("gusts", -(-count // hop) + 1), hop)[:, :count]


def _hum(draws: Draws, samples: int) -> Tensor:
    """The mains and its overtones: (B, samples)."""
    mains_hz = torch.tensor(_HUM_HZ, device=draws.keys.device)[draws.integers("mains", 0, 2)]
    number = torch.arange(1, 7, device=mains_hz.device)
    levels = draws.uniform("overtones", len(number))
    forever_s = torch.full_like(levels, 1e6)
    return modal(mains_hz[:, None] * number, forever_s, levels, samples)


def _scaled(sound: Tensor, rms: Tensor) -> Tensor:
    now = sound.square().mean(1).sqrt().clamp(min=1e-9)
    return sound * (rms / now)[:, None]
