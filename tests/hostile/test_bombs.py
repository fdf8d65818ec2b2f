"""Files that claim or unpack to more than anybody has."""

import os
import struct
import zlib
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from avsl import media
from avsl.errors import AvslError, LimitError, MediaError
from avsl.settings import LIMITS
from tests.media.making import clicks, flash_frames, make

TIMES_S = np.arange(10) / 10


@pytest.fixture
def tune(tmp_path):
    return make(tmp_path / "tune.wav", sound=clicks(0.5, []), audio_codec="pcm_s16le")


@pytest.fixture
def film(tmp_path):
    return make(tmp_path / "film.mp4", flash_frames(TIMES_S, []), TIMES_S, clicks(1.0, []))


def png(width: int, height: int, rows: bytes) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + body))
        return struct.pack(">I", len(body)) + kind + body + check

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    packed = chunk(b"IDAT", zlib.compress(rows, 9))
    return b"\x89PNG\r\n\x1a\n" + head + packed + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(20_000, 20_000), (2**31 - 1, 2**31 - 1), (1, 2**31 - 1)])
def test_a_picture_of_absurd_size_is_refused_before_it_is_unpacked(size, tune, tmp_path):
    path = tmp_path / "bomb.png"
    path.write_bytes(png(*size, b"\0" * 1_000_000))
    for read in (lambda: media.read(path, tune), lambda: media.read_picture(path)):
        with pytest.raises(LimitError, match="pixels"):
            read()
    with pytest.raises(LimitError, match="pixels"):
        media.read_mask(path)


def test_a_small_picture_with_a_gigabyte_behind_it_is_only_as_large_as_it_says(tune, tmp_path):
    path = tmp_path / "bomb.png"
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(10_000_000)) for _ in range(100)) + packer.flush()
    path.write_bytes(png(8, 8, b"")[:33] + struct.pack(">I", len(packed)) + b"IDAT" + packed)
    try:
        assert media.read(path, tune).width == 8
    except AvslError as error:
        assert str(error).endswith(".")


def test_a_text_chunk_that_swells_is_no_trouble(tune, tmp_path):
    path = tmp_path / "text.png"
    plain = png(8, 8, bytes(72))
    body = b"note\0\0" + zlib.compress(bytes(50_000_000), 9)
    chunk = struct.pack(">I", len(body)) + b"zTXt" + body
    chunk += struct.pack(">I", zlib.crc32(b"zTXt" + body))
    path.write_bytes(plain[:33] + chunk + plain[33:])
    try:
        assert media.read(path, tune).width == 8
    except MediaError as error:
        assert str(error).endswith(".")


def patched(path, kind: bytes, offset: int, value: bytes):
    """The file with ``value`` at ``offset`` of the bodies of all its boxes of that kind."""
    data, at = bytearray(path.read_bytes()), 0
    while (at := data.find(kind, at)) >= 0:
        data[at + 4 + offset : at + 4 + offset + len(value)] = value
        at += 4
    out = path.with_name(f"patched-{path.name}")
    out.write_bytes(data)
    return out


def test_a_header_that_claims_a_thousand_million_seconds(tmp_path):
    path = make(tmp_path / "film.mkv", flash_frames(TIMES_S, []), TIMES_S, clicks(1.0, []))
    data = path.read_bytes()
    at = data.index(b"\x44\x89\x88") + 3  # the duration, in milliseconds
    path.write_bytes(data[:at] + struct.pack(">d", 1e12) + data[at + 8 :])
    clip = media.read(path)  # headers are hints
    assert clip.duration_s == pytest.approx(1.0, abs=0.1)
    assert any("announces 1000000000.0 s" in note for note in clip.notes)


def test_a_header_that_claims_a_million_frames(film):
    claimed = patched(film, b"stts", 8, struct.pack(">II", 10_000_000, 1))
    try:
        assert len(media.read(claimed).frame_times_s) <= LIMITS.max_frames
    except AvslError as error:
        assert str(error).endswith(".")


def test_a_million_packets_of_nothing_end_at_the_limit(film):
    claimed = patched(film, b"stsz", 4, struct.pack(">II", 1, 100_000_000))
    try:
        media.read(claimed)
    except AvslError as error:
        assert str(error).endswith(".")


@pytest.mark.parametrize("size", [(60_000, 60_000), (65_535, 1)])
def test_a_video_of_absurd_size_is_refused(size, film):
    claimed = patched(film, b"avc1", 24, struct.pack(">HH", *size))
    try:
        clip = media.read(claimed)
        assert clip.width * clip.height <= LIMITS.max_pixels
        assert all(frame.size for _, frame in clip.stream())
    except AvslError as error:
        assert str(error).endswith(".")


def test_a_video_that_grows_on_the_way_keeps_the_size_it_began_with(tmp_path):
    """Two sizes in one stream; the second is over the limit, so its frames are left out."""
    small, large = (
        make(tmp_path / f"{side}.ts", flash_frames(TIMES_S, [], side, side), TIMES_S)
        for side in (64, 640)
    )
    both = tmp_path / "both.ts"
    both.write_bytes(small.read_bytes() + large.read_bytes())
    clip = media.read(both, limits=replace(LIMITS, max_pixels=100 * 100))
    assert {frame.shape for _, frame in clip.stream()} == {(64, 64, 3)}


def test_memory_that_a_picture_takes_is_bounded(tune, tmp_path):
    path = tmp_path / "large.jpg"
    Image.new("RGB", (3800, 2400)).save(path)
    assert media.read(path, tune).width == 3800
    with pytest.raises(LimitError, match="of memory"):
        media.read(path, tune, limits=replace(LIMITS, max_decoder_bytes=12_000_000))


def floats(path, samples: np.ndarray, rate_hz: int, channels: int):
    raw = samples.astype("<f4").tobytes()
    step = 4 * channels
    layout = struct.pack("<IHHIIHH", 16, 3, channels, rate_hz, rate_hz * step, step, 32)
    head = b"RIFF" + struct.pack("<I", 36 + len(raw)) + b"WAVEfmt " + layout
    path.write_bytes(head + b"data" + struct.pack("<I", len(raw)) + raw)
    return path


@pytest.mark.parametrize("rate_hz", [16_000, 44_100, 47_999])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 3e38])
def test_samples_that_are_no_numbers_become_silence_or_full_scale(value, rate_hz, tmp_path):
    samples = np.zeros((rate_hz, 2), np.float32)
    samples[::2] = value
    samples[1::4] = -value
    waveform, _ = media.read_sound(floats(tmp_path / "odd.wav", samples, rate_hz, 2))
    assert np.isfinite(waveform).all() and np.abs(waveform).max() <= 1


@pytest.mark.parametrize(
    "name",
    [
        "x" * 250 + ".mp4",
        "two\nlines.mp4",
        "\x1b[31mred.mp4",
        "--help.mp4",
        "%s%n%d.mp4",
        "'; rm -rf ~; '.mp4",
        "$(id).mp4",
        "<img src=x>.mp4",
        "a\\b.mp4",
        "\u202egpj.mp4",
        " .mp4",
        os.fsdecode(b"\xff\xfe.mp4"),
    ],
)
def test_any_name_of_a_file_is_read_and_told_in_one_line(name, film, monkeypatch):
    monkeypatch.chdir(film.parent)
    film.rename(name)
    clip = media.read(name)
    assert clip.name == name and len(list(clip.stream())) == len(TIMES_S)
    with pytest.raises(LimitError) as error:
        media.read(name, limits=replace(LIMITS, max_duration_s=0.1, max_frames=1))
    assert str(error.value).isprintable()


@pytest.mark.parametrize(
    "name", ["x" * 5000, "a\0b.mp4", "~nobody-lives-here/clip.mp4", "../" * 300, "/dev/zero", "/"]
)
def test_names_that_lead_nowhere_are_a_sentence(name):
    with pytest.raises(MediaError) as error:
        media.read(name)
    assert str(error.value).isprintable() and len(str(error.value)) < 400


def test_a_pipe_is_no_file_to_wait_on(tmp_path):
    os.mkfifo(tmp_path / "pipe.mp4")
    with pytest.raises(MediaError, match="ordinary"):
        media.read(tmp_path / "pipe.mp4")


def test_a_broken_avif_is_left_to_others_to_read(tune, tmp_path, caplog):
    """Found by the fuzz script: Pillow raises RuntimeError for it while it opens the file."""
    path = tmp_path / "photo.avif"
    try:
        Image.new("RGB", (16, 16)).save(path)
    except (KeyError, OSError):
        pytest.skip("this build of Pillow writes no AVIF")
    path.write_bytes(path.read_bytes().replace(b"pitm", b"free"))
    try:
        media.read(path, tune)
    except MediaError as error:
        assert "crashed" not in str(error)
    assert not caplog.records
