"""Building blocks of synthesis that need no loop over samples, and run batched on any device.

What changes slowly (pitch, loudness) lives at *control frames*, one every ``HOP`` samples, and is
joined by straight lines; only a handful of operations run at the full rate. Sounds are at 16 kHz.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from avsl.settings import SAMPLE_RATE_HZ
from avsl.synthetic.world.draws import Draws
from avsl.synthetic.world.events import Events

RATE = SAMPLE_RATE_HZ
HOP = 32  # samples from one control frame to the next: 2 ms
PERIOD = 2048  # samples of one cycle in a wave table: a power of two
GRAIN = 128  # samples of a grain of noise
GRAINS = 16  # so many different grains make one source's noise
HIGHEST_HZ = 7600.0  # what lies above is left out, lest it fold back
_BLOCK = 128  # samples of a modal sum that share one factor
_FRAME = 800  # 50 ms, over which loudness is measured


@dataclass(frozen=True, eq=False)
class Frames:
    """Where each of T control frames lies in the events of each of K sources: all (K, T).

    Times count from the first frame at or after the onset, so nothing is heard before it.
    """

    event: Tensor  # int64: the event that began last, 0 before the first
    since_s: Tensor  # since its onset: negative before the first
    length_s: Tensor  # its duration
    level: Tensor  # its level: 0 outside of it

    @property
    def share(self) -> Tensor:
        """How much of the event has passed, in [0, 1]."""
        return (self.since_s / self.length_s).clamp(0, 1)


def frames_of(events: Events, samples: int) -> Frames:
    """The control frames of ``samples``, one past the last included."""
    events = ordered(events)
    count = frame_count(samples)
    first = (events.onset_s * (RATE / HOP) - 1e-3).ceil().clamp(max=count)
    places = torch.arange(count, device=first.device, dtype=torch.float32)
    places = places.expand(len(first), count).contiguous()
    event = torch.searchsorted(first.contiguous(), places, right=True).sub_(1).clamp_(min=0)
    since_s = (places - first.gather(1, event)) * (HOP / RATE)
    length_s = events.duration_s.gather(1, event).clamp(min=2 * HOP / RATE)
    on = (since_s >= 0) & (since_s <= length_s)
    return Frames(event, since_s, length_s, events.level.gather(1, event) * on)


def frame_count(samples: int) -> int:
    """Control frames needed to cover ``samples``."""
    return -(-samples // HOP) + 1


def ordered(events: Events) -> Events:
    """The same events with those that do not exist last, and far away."""
    onset_s, order = torch.where(events.level > 0, events.onset_s, 1e6).sort(dim=1, stable=True)
    return Events(onset_s, events.duration_s.gather(1, order), events.level.gather(1, order))


def joined(values: Tensor, hop: int = HOP) -> Tensor:
    """Values (K, T) joined by straight lines of ``hop`` steps: (K, (T - 1) * hop)."""
    steps = torch.arange(hop, device=values.device, dtype=values.dtype) / hop
    lines = torch.lerp(values[:, :-1, None], values[:, 1:, None], steps)
    return lines.flatten(1)


def oscillate(tables: Tensor, rows: Tensor, pitch_hz: Tensor) -> Tensor:
    """Read one of V wave tables (K, V, PERIOD) at a gliding pitch: (K, (T - 1) * HOP).

    ``rows`` (K, T) int64 says which table each control frame reads, ``pitch_hz`` (K, T) how
    quickly. The phase is the exact integral of a pitch joined by straight lines.
    """
    step = HOP / RATE
    turns = torch.cumsum((pitch_hz[:, 1:] + pitch_hz[:, :-1]).double() * (step / 2), 1)
    start = torch.cat([torch.zeros_like(turns[:, :1]), turns[:, :-1] % 1], 1).float()
    j = torch.arange(HOP, device=pitch_hz.device) / HOP
    rise = (pitch_hz[:, 1:] - pitch_hz[:, :-1]) * (step / 2)
    phase = torch.addcmul((start * PERIOD)[..., None], (pitch_hz[:, :-1, None] * step), j * PERIOD)
    phase = phase.addcmul_(rise[..., None], j.square() * PERIOD)
    place = phase.int()
    between = phase.sub_(place).flatten(1)
    table = torch.arange(len(tables), device=rows.device)[:, None] * tables.shape[1] + rows[:, :-1]
    place = place.bitwise_and_(PERIOD - 1).add_((table * (PERIOD + 1)).int()[..., None]).flatten()
    waves = torch.cat([tables, tables[..., :1]], 2).flatten()
    left, right = (waves[i:].index_select(0, place).view_as(between) for i in (0, 1))
    return left.lerp_(right, between)


def wave_tables(levels: Tensor, turns: Tensor) -> Tensor:
    """One cycle of waves with harmonics of levels (K, V, H) and phases (K, H): (..., PERIOD).

    The RMS of each is 1.
    """
    levels = levels / levels.square().sum(-1, keepdim=True).mul(0.5).sqrt().clamp(min=1e-6)
    spectrum = torch.polar(levels, (2 * torch.pi * turns)[:, None].expand_as(levels).contiguous())
    whole = torch.zeros(
        *levels.shape[:2], PERIOD // 2 + 1, dtype=torch.complex64, device=turns.device
    )
    whole[..., 1 : levels.shape[-1] + 1] = spectrum * (PERIOD / 2)
    return torch.fft.irfft(whole, PERIOD)


def modal(pitch_hz: Tensor, decay_s: Tensor, levels: Tensor, samples: int) -> Tensor:
    """Sums of M decaying sines, all (..., M): (..., samples).

    z^(a + b) = z^a z^b turns the sum into a product of two small matrices.
    """
    pitch_hz, decay_s, levels = (x[..., None].double() for x in (pitch_hz, decay_s, levels))
    blocks = -(-samples // _BLOCK)
    at = torch.arange(blocks, device=pitch_hz.device).double() * (_BLOCK / RATE)
    within = torch.arange(_BLOCK, device=pitch_hz.device).double() / RATE
    levels = levels * (pitch_hz < HIGHEST_HZ)
    far = _turned(pitch_hz, decay_s, levels, at)  # (..., M, blocks), complex
    near = _turned(pitch_hz, decay_s, torch.ones_like(levels), within)
    left = torch.cat([far.imag, far.real], -2).transpose(-1, -2)
    right = torch.cat([near.real, near.imag], -2)
    return (left @ right).flatten(-2)[..., :samples]


def grain_noise(colours: Tensor, strength: Tensor, window: Tensor, draws: Draws) -> Tensor:
    """Coloured noise of grains that overlap by half, laid 64 samples apart: (K, T * 64).

    ``colours`` (K, GRAIN / 2 + 1) is the spectrum's amplitude, ``strength`` (K, T) or (K, T, 1)
    the RMS from place to place, ``window`` (GRAIN,) the shape of one grain. Each source has its
    own ``GRAINS`` grains, mixed anew at each place.
    """
    parts = draws.noise("grains", GRAINS, 2, colours.shape[1])
    spectrum = torch.complex(parts[..., 0, :], parts[..., 1, :]) * colours[:, None]
    spectrum[..., 0] = 0
    bank = torch.fft.irfft(spectrum, GRAIN) * window
    bank = bank * (GRAIN / 2 / GRAINS) ** 0.5
    bank = bank / bank.square().mean((1, 2), keepdim=True).mul(GRAIN).sqrt().clamp(min=1e-9)
    weights = draws.noise("weights", strength.shape[1], GRAINS) * strength[..., None]
    laid = torch.bmm(weights, bank)
    half = GRAIN // 2
    out = laid[..., :half].clone()
    out[:, 1:] += laid[:, :-1, half:]
    return out.flatten(1)


def band(centre_hz: Tensor, octaves: Tensor) -> Tensor:
    """Amplitudes of a grain's spectrum (K, GRAIN / 2 + 1): a bump on the scale of pitch."""
    rates_hz = torch.arange(GRAIN // 2 + 1, device=centre_hz.device) * (RATE / GRAIN)
    distance = torch.log2((rates_hz + 1.0) / centre_hz[:, None]) / octaves[:, None]
    return torch.exp(-0.7 * distance.square())


def normalised(sound: Tensor, rms: float = 0.1) -> Tensor:
    """``sound`` (K, S) with the RMS of its loudest 50 ms at ``rms``; silence stays as it is."""
    whole = torch.nn.functional.pad(sound, (0, -sound.shape[1] % _FRAME))
    loudest = whole.reshape(len(sound), -1, _FRAME).square().mean(2).amax(1).sqrt()
    return sound * torch.where(loudest > 1e-9, rms / loudest.clamp(min=1e-9), 0.0)[:, None]


def _turned(pitch_hz: Tensor, decay_s: Tensor, levels: Tensor, times_s: Tensor) -> Tensor:
    """Complex (..., M, T): ``levels`` turned and shrunk by the time that has passed."""
    size = (levels * torch.exp(-times_s / decay_s)).float()
    return torch.polar(size, (2 * torch.pi * ((pitch_hz * times_s) % 1)).float())
