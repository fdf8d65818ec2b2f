"""The sound of a clip as it was recorded, on the clip's clock, in a WAV file for the writer."""

import wave
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from avsl.clip import Clip, SoundTrack
from avsl.media.sound import probe_sound, sound_blocks
from avsl.settings import SAMPLE_RATE_HZ

BYTES_PER_SAMPLE = 2
MAX_CHANNELS = 8  # AAC has layouts up to 7.1
AAC_RATES_HZ = {
    *(96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000),
    *(22_050, 16_000, 12_000, 11_025, 8_000, 7_350),
}


@dataclass(frozen=True)
class Sound:
    """What :func:`write_wav` will write; ``blocks`` can be walked through once."""

    sample_rate_hz: int
    channels: int
    blocks: Iterator[np.ndarray]  # float32 (n, channels), from time 0 of the clip on
    notes: tuple[str, ...]

    def size_bytes(self, duration_s: float) -> int:
        return round(duration_s * self.sample_rate_hz) * self.channels * BYTES_PER_SAMPLE


def original_sound(clip: Clip) -> Sound | None:
    """The clip's sound at its own rate and channels; None for a clip without sound."""
    if clip.soundtrack is not None:
        return _from_file(clip.soundtrack)
    if clip.has_sound:
        return Sound(SAMPLE_RATE_HZ, 1, iter([clip.waveform[:, None]]), ())
    return None


def write_wav(path: Path, sound: Sound) -> None:
    """16-bit PCM; samples beyond full scale are clipped, as every player does."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(sound.channels)
        file.setsampwidth(BYTES_PER_SAMPLE)
        file.setframerate(sound.sample_rate_hz)
        for block in sound.blocks:
            file.writeframes(np.rint(np.clip(block, -1.0, 1.0) * 32_767).astype("<i2").tobytes())


def opened(track: SoundTrack) -> tuple[int, int, Iterator[np.ndarray]]:
    """An :data:`avsl.clip.OpenTrack` in this process."""
    heard = probe_sound(track.path, track.stream_index, track.shifts)
    return heard.sample_rate_hz, heard.channels, sound_blocks(track.path, heard)


def _from_file(track: SoundTrack) -> Sound:
    rate_hz, channels, decoded = (track.opened or opened)(track)
    lead = np.zeros((round(track.start_s * rate_hz), channels), np.float32)
    notes = []
    if rate_hz not in AAC_RATES_HZ:
        notes.append(f"AAC knows no {rate_hz} Hz; the sound was resampled to the nearest rate.")

    def blocks() -> Iterator[np.ndarray]:
        yield lead
        yield from decoded

    if channels <= MAX_CHANNELS:
        return Sound(rate_hz, channels, blocks(), tuple(notes))
    notes.append(f"AAC knows no {channels} channels; they were averaged to one.")
    averaged = (block.mean(axis=1, keepdims=True) for block in blocks())
    return Sound(rate_hz, 1, averaged, tuple(notes))
