"""A sound track of any rate, layout and length to mono 16 kHz, in bounded memory."""

import math
from collections.abc import Iterable, Iterator
from functools import cache

import numpy as np
import torch
from av import AudioFrame, AudioResampler
from torchaudio.transforms import Resample

from avsl.settings import SAMPLE_RATE_HZ

BLOCK_S = 10.0  # resampled at a time
FILTER_ZEROS = 6  # half-width of torchaudio's sinc filter, in zero crossings of the lower rate
MAX_RATIO_TERM = 2000  # torchaudio's filter table grows with the terms of the rate ratio
SWR_BLOCK = 1 << 16  # samples handed to swresample at a time


def mono_blocks_16k(blocks: Iterable[np.ndarray], sample_rate_hz: int) -> Iterator[np.ndarray]:
    """Float32 blocks (n, channels) at ``sample_rate_hz`` -> float32 blocks (m,) at 16 kHz.

    The mean over the channels; the blocks together equal one resampling of the whole.
    """
    mono = (block.mean(axis=1, dtype=np.float32) for block in blocks)
    if sample_rate_hz == SAMPLE_RATE_HZ:
        resampled = mono
    elif max(_ratio(sample_rate_hz)) <= MAX_RATIO_TERM:
        resampled = _by_torchaudio(mono, sample_rate_hz)
    else:
        resampled = _by_swresample(mono, sample_rate_hz)
    for block in resampled:
        yield np.clip(block, -1.0, 1.0)


def _ratio(sample_rate_hz: int) -> tuple[int, int]:
    common = math.gcd(sample_rate_hz, SAMPLE_RATE_HZ)
    return sample_rate_hz // common, SAMPLE_RATE_HZ // common


def _by_torchaudio(mono: Iterable[np.ndarray], rate_hz: int) -> Iterator[np.ndarray]:
    """Resample long blocks that overlap by more than the filter's reach, and cut the overlap."""
    step_in, step_out = _ratio(rate_hz)
    reach = math.ceil(FILTER_ZEROS * step_in / min(step_in, step_out)) + 1
    margin = math.ceil(reach / step_in) * step_in
    body = math.ceil(BLOCK_S * rate_hz / step_in) * step_in
    first = margin // step_in * step_out
    resample = _resampler(rate_hz)
    for window, samples in _windows(mono, margin, body):
        length = math.ceil(samples * step_out / step_in)
        yield resample(torch.from_numpy(window)).numpy()[first : first + length]


@cache
def _resampler(rate_hz: int) -> Resample:
    return Resample(rate_hz, SAMPLE_RATE_HZ)  # its filter table costs more than its use


def _windows(
    mono: Iterable[np.ndarray], margin: int, body: int
) -> Iterator[tuple[np.ndarray, int]]:
    """Windows of margin + body + margin samples, a body apart, and how much of the body is signal.

    Outside the signal there are zeros.
    """
    size = margin + body + margin
    held = [np.zeros(margin, np.float32)]
    length = margin
    for block in mono:
        held.append(block)
        length += len(block)
        while length >= size:
            joined = np.concatenate(held)
            yield joined[:size], body
            held, length = [joined[body:]], length - body
    rest = np.concatenate(held)
    while len(rest) > margin:
        window = rest[:size]
        yield np.pad(window, (0, size - len(window))), min(body, len(rest) - margin)
        rest = rest[body:]


def _by_swresample(mono: Iterable[np.ndarray], rate_hz: int) -> Iterator[np.ndarray]:
    """For rates such as 47,999 Hz, whose ratio to 16,000 Hz has no small terms."""
    resampler = AudioResampler("flt", "mono", SAMPLE_RATE_HZ)
    for block in mono:
        for start in range(0, len(block), SWR_BLOCK):
            piece = np.ascontiguousarray(block[start : start + SWR_BLOCK])
            frame = AudioFrame.from_ndarray(piece[None], "flt", "mono")
            frame.sample_rate = rate_hz
            yield from _arrays(resampler.resample(frame))
    yield from _arrays(resampler.resample(None))


def _arrays(frames: list[AudioFrame]) -> Iterator[np.ndarray]:
    for frame in frames:
        yield frame.to_ndarray()[0]
