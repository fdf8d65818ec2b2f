"""Small valid files of every kind that ffmpeg and Pillow here can write, and ways to spoil them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from tests.media.making import clicks, convert, flash_frames, make

SHORT = ["-t", "0.8"]
X264, VP8, VP9 = ["-c:v", "libx264", "-bf", "2"], ["-c:v", "libvpx"], ["-c:v", "libvpx-vp9"]
VIDEOS = {
    "h264.mp4": [*X264, "-c:a", "aac"],
    "frag.mp4": [*X264, "-c:a", "aac", "-movflags", "frag_keyframe+empty_moov"],
    "mpeg4.mp4": ["-c:v", "mpeg4", "-c:a", "mp3"],
    "h265.mp4": ["-c:v", "libx265", "-x265-params", "log-level=none", "-c:a", "aac"],
    "mjpeg.mov": ["-c:v", "mjpeg", "-c:a", "pcm_s16le"],
    "prores.mov": ["-c:v", "prores_ks", "-c:a", "alac"],
    "qtrle.mov": ["-c:v", "qtrle", "-an"],
    "h264.mkv": [*X264, "-c:a", "flac"],
    "ffv1.mkv": ["-c:v", "ffv1", "-c:a", "pcm_f32le"],
    "vp8.webm": [*VP8, "-c:a", "libopus"],
    "vp9.webm": [*VP9, "-c:a", "libvorbis"],
    "h264.avi": [*X264, "-c:a", "libmp3lame"],
    "msmpeg4.avi": ["-c:v", "msmpeg4", "-c:a", "adpcm_ms"],
    "huffyuv.avi": ["-c:v", "huffyuv", "-c:a", "pcm_u8"],
    "h264.ts": [*X264, "-c:a", "aac"],
    "mpeg2.mpg": ["-c:v", "mpeg2video", "-c:a", "mp2"],
    "theora.ogv": ["-c:v", "libtheora", "-c:a", "libvorbis"],
    "flv1.flv": ["-c:v", "flv1", "-ar", "44100", "-c:a", "libmp3lame"],
    "h264.flv": [*X264, "-c:a", "aac"],
    "wmv2.asf": ["-c:v", "wmv2", "-c:a", "wmav2"],
    "h263.3gp": ["-s", "176x144", "-c:v", "h263", "-c:a", "aac"],
    "mpeg2.mxf": ["-r", "25", "-c:v", "mpeg2video", "-c:a", "pcm_s16le"],
    "film.gif": ["-an"],
}
SOUNDS = {
    "pcm.wav": ["-c:a", "pcm_s16le"],
    "float.wav": ["-c:a", "pcm_f32le"],
    "adpcm.wav": ["-c:a", "adpcm_ima_wav"],
    "sound.mp3": ["-c:a", "libmp3lame"],
    "sound.flac": ["-c:a", "flac"],
    "sound.ogg": ["-c:a", "libvorbis"],
    "opus.ogg": ["-c:a", "libopus"],
    "sound.aac": ["-c:a", "aac"],
    "sound.m4a": ["-c:a", "aac"],
    "sound.aiff": ["-c:a", "pcm_s16be"],
    "sound.ac3": ["-c:a", "ac3"],
    "sound.wv": ["-c:a", "wavpack"],
    "sound.au": ["-c:a", "pcm_mulaw"],
    "sound.caf": ["-c:a", "pcm_s16le"],
    "sound.w64": ["-c:a", "pcm_s24le"],
}
PICTURES = {
    "photo.png": {},
    "photo.jpg": {"quality": 80},
    "progressive.jpg": {"progressive": True},
    "photo.webp": {"lossless": False},
    "lossless.webp": {"lossless": True},
    "photo.bmp": {},
    "photo.tiff": {"compression": "tiff_lzw"},
    "photo.gif": {},
    "photo.ppm": {},
    "photo.avif": {},
}


def seeds(folder: Path) -> list[Path]:
    """Writes all that can be written here to ``folder``."""
    times_s = np.arange(16) / 20
    source = make(
        folder / "source.mkv", flash_frames(times_s, [0.3], 96, 64), times_s,
        clicks(0.8, [0.3], channels=2), video_codec="ffv1", audio_codec="pcm_s16le",
    )  # fmt: skip
    made = []
    for name, options in (VIDEOS | SOUNDS).items():
        told = [*SHORT, *(["-vn"] if name in SOUNDS else []), *options]
        made.append(_tried(lambda target, told=told: convert(source, target, *told), folder / name))
    rng = np.random.default_rng(0)
    picture = Image.fromarray(rng.integers(0, 255, (48, 64, 3), np.uint8))
    for name, options in PICTURES.items():
        made.append(_tried(lambda t, o=options: picture.save(t, **o), folder / name))
    return sorted(path for path in made if path is not None)


def _tried(write: Callable[[Path], object], target: Path) -> Path | None:
    try:
        write(target)
    except Exception:  # this build has no such encoder
        target.unlink(missing_ok=True)
        return None
    return target


# Ways to spoil a file: bytes -> bytes.


def bits(data: bytearray, rng: np.random.Generator) -> bytearray:
    for at in rng.integers(0, len(data), rng.integers(1, 40)):
        data[at] ^= 1 << rng.integers(8)
    return data


def head(data: bytearray, rng: np.random.Generator) -> bytearray:
    """Extremes where headers are: sizes, counts, rates, durations."""
    extremes = [bytes(4), b"\xff" * 4, b"\x7f\xff\xff\xff", b"\x80" + bytes(3), b"\x00\x00\x00\x01"]
    extremes += [each[::-1] for each in extremes] + [b"\xff" * 8, b"\x00\x0f\x42\x40"]
    reach = min(len(data), 2000)
    for _ in range(rng.integers(1, 6)):
        value = extremes[rng.integers(len(extremes))]
        at = int(rng.integers(0, max(1, reach - 8)))
        at = at if rng.random() < 0.6 else max(0, len(data) - 8 - at)  # some headers are at the end
        data[at : at + len(value)] = value
    return data


def cut(data: bytearray, rng: np.random.Generator) -> bytearray:
    return data[: int(rng.integers(0, len(data)))]


def swap(data: bytearray, rng: np.random.Generator) -> bytearray:
    size = int(rng.integers(1, max(2, len(data) // 4)))
    one, other = (int(at) for at in rng.integers(0, max(1, len(data) - size), 2))
    data[one : one + size], data[other : other + size] = (
        data[other : other + size], data[one : one + size],
    )  # fmt: skip
    return data


def twice(data: bytearray, rng: np.random.Generator) -> bytearray:
    size, at = int(rng.integers(1, len(data) // 2 + 2)), int(rng.integers(0, len(data)))
    chunk = data[at : at + size]
    return data[:at] + chunk * int(rng.integers(2, 20)) + data[at + size :]


def zero(data: bytearray, rng: np.random.Generator) -> bytearray:
    size, at = int(rng.integers(1, len(data) // 2 + 2)), int(rng.integers(0, len(data)))
    data[at : at + size] = bytes(len(data[at : at + size]))
    return data


def noise(data: bytearray, rng: np.random.Generator) -> bytearray:
    size, at = int(rng.integers(1, len(data) // 3 + 2)), int(rng.integers(0, len(data)))
    data[at : at + size] = rng.bytes(len(data[at : at + size]))
    return data


WAYS = (bits, head, cut, swap, twice, zero, noise)


def spoiled(data: bytes, rng: np.random.Generator, canary: Path) -> bytes:
    """One to three ways; in one of ten files also the path of ``canary``, somewhere."""
    spoilt = bytearray(data)
    for _ in range(rng.integers(1, 4)):
        if spoilt:
            spoilt = WAYS[rng.integers(len(WAYS))](spoilt, rng)
    if rng.random() < 0.1:
        path = f"file:{canary}".encode()
        at = int(rng.integers(0, len(spoilt) + 1))
        spoilt[at : at + len(path)] = path
    return bytes(spoilt)
