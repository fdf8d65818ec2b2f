"""The sounds in shards: FLAC, half the size of WAV and not a sample lost; older shards have WAV."""

import io
import wave

import av
import numpy as np

from avsl.errors import MediaError
from avsl.settings import SAMPLE_RATE_HZ

SUFFIXES = (".flac", ".wav")  # of a shard's sounds, the newer first
_PREPARE_AGAIN = "Prepare the shard again."
_BITEXACT = {"fflags": "+bitexact"}  # no version of the encoder in the file


def flac_bytes(waveform: np.ndarray) -> bytes:
    """(S,) float32 in [-1, 1] at 16 kHz -> 16-bit FLAC, the same bytes for the same samples."""
    samples = np.rint(np.clip(waveform, -1, 1) * 32_767).astype(np.int16)
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="flac", container_options=_BITEXACT) as file:
        stream = file.add_stream("flac", rate=SAMPLE_RATE_HZ, layout="mono", format="s16")
        stream.codec_context.flags |= av.codec.context.Flags.bitexact
        if len(samples):
            frame = av.AudioFrame.from_ndarray(samples[None], format="s16", layout="mono")
            frame.sample_rate = SAMPLE_RATE_HZ
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return buffer.getvalue()


def samples_of(data: bytes, suffix: str) -> np.ndarray:
    """(S,) int16 at 16 kHz, of a sound as ``suffix`` says it is kept.

    Raises :class:`MediaError` where it is empty, broken or of another kind.
    """
    found = _of_wav(data) if suffix == ".wav" else _of_flac(data)
    if not len(found):
        raise MediaError(f"A sound of a shard is empty. {_PREPARE_AGAIN}")
    return found


def _of_flac(data: bytes) -> np.ndarray:
    try:
        with av.open(io.BytesIO(data), format="flac") as file:
            stream = file.streams.audio[0]
            sample_bytes = stream.format.bytes if stream.format else 0  # none: no FLAC at all
            _check(stream.rate, stream.channels, sample_bytes)
            parts = [frame.to_ndarray()[0] for frame in file.decode(stream)]
    except av.FFmpegError as error:
        raise MediaError(f"A sound of a shard cannot be decoded. {_PREPARE_AGAIN}") from error
    return np.concatenate(parts) if parts else np.zeros(0, np.int16)


def _of_wav(data: bytes) -> np.ndarray:
    try:
        with wave.open(io.BytesIO(data)) as file:
            _check(file.getframerate(), file.getnchannels(), file.getsampwidth())
            return np.frombuffer(file.readframes(file.getnframes()), "<i2")
    except (wave.Error, EOFError) as error:
        raise MediaError(f"A sound of a shard cannot be decoded. {_PREPARE_AGAIN}") from error


def _check(rate_hz: int, channels: int, sample_bytes: int) -> None:
    if (rate_hz, channels, sample_bytes) != (SAMPLE_RATE_HZ, 1, 2):
        raise MediaError(f"A sound of a shard is not 16-bit mono at 16 kHz. {_PREPARE_AGAIN}")
