"""Files whose clock or header is wrong: joined recordings, late starts, guessed lengths."""

from collections.abc import Callable

import av
import numpy as np
import pytest
from PIL import Image

import avsl.media
from avsl.errors import LimitError, MediaError
from avsl.media import constant_rate, output_rate_hz, read, read_sound, write_video
from avsl.settings import Limits
from tests.media.making import click_times, clicks, convert, flash_frames, flash_times, make, tone

MARKS_S = [0.6, 1.4]
TIMES_S = np.arange(50) / 25
IN_STEP_S = 0.04
FRAGMENTS = ["-movflags", "frag_keyframe+empty_moov+default_base_moof"]
H264_AAC = ["-c:v", "libx264", "-bf", "2", "-c:a", "aac"]
STREAMED = ["-live", "1"]  # as browsers record
JOINABLE = {
    "part.ts": H264_AAC,
    "part.mpg": ["-c:v", "mpeg2video", "-bf", "2", "-c:a", "mp2"],
    "part.webm": ["-c:v", "libvpx", "-c:a", "libopus", *STREAMED],
    "part.mkv": [*H264_AAC, *STREAMED],
    "part.mp4": [*H264_AAC, *FRAGMENTS],
}


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    path = tmp_path_factory.mktemp("scan") / "source.mkv"
    sound = clicks(2.0, MARKS_S)
    return make(path, flash_frames(TIMES_S, MARKS_S), TIMES_S, sound, audio_codec="pcm_s16le")


@pytest.fixture(params=[False, True], ids=["here", "in a child"])
def isolated(request):
    avsl.media.isolate(request.param)
    yield
    avsl.media.isolate(False)


def retimed(path, target, time: Callable[[av.Packet, float], float | None]):
    """A copy with other timestamps: ``time(packet, seconds)``, where None leaves a packet out."""
    with av.open(str(path)) as old, av.open(str(target), "w") as new:
        copies = {stream.index: new.add_stream_from_template(stream) for stream in old.streams}
        for packet in old.demux():
            before = packet.pts if packet.dts is None else packet.dts
            if not packet.size:
                continue
            seconds = time(packet, float(before * packet.time_base))
            if seconds is None:
                continue
            after = round(seconds / packet.time_base)
            packet.pts, packet.dts = packet.pts + after - before, after
            packet.stream = copies[packet.stream.index]
            new.mux(packet)
    return target


def joined(*parts):
    path = parts[0].with_name("joined" + parts[0].suffix)
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    return path


@pytest.mark.parametrize("name", JOINABLE)
def test_joined_recordings_follow_each_other_in_step(name, source, tmp_path, isolated):
    part = convert(source, tmp_path / name, *JOINABLE[name])
    clip = read(joined(part, part, part))
    seen, heard = flash_times(clip), click_times(clip.waveform)
    assert len(seen) == len(heard) == 6
    assert np.abs(np.subtract(seen, heard)).max() < IN_STEP_S
    assert clip.duration_s == pytest.approx(6.0, abs=0.3)
    assert len(clip.frame_times_s) == pytest.approx(150, abs=3) and clip.source.damage() == ()
    assert any("3 parts" in note for note in clip.notes)
    rate_hz = output_rate_hz(clip)
    write_video(tmp_path / "out.mp4", constant_rate(clip, rate_hz), rate_hz, clip)
    written = read(tmp_path / "out.mp4")
    np.testing.assert_allclose(click_times(written.waveform), heard, atol=0.02)


def test_a_recording_without_sound_may_come_first_or_last(source, tmp_path):
    both = convert(source, tmp_path / "both.ts", *H264_AAC)
    mute = convert(source, tmp_path / "mute.ts", *H264_AAC, "-an")
    last, first = read(joined(both, mute)), read(joined(mute, both))
    assert len(flash_times(last)) == len(flash_times(first)) == 4
    np.testing.assert_allclose(click_times(last.waveform), flash_times(last)[:2], atol=IN_STEP_S)
    np.testing.assert_allclose(click_times(first.waveform), flash_times(first)[2:], atol=IN_STEP_S)


@pytest.mark.parametrize("name", ["part.mkv", "part.mp4", "part.flv"])
def test_a_recording_that_the_format_hides_is_told(name, source, tmp_path):
    part = convert(source, tmp_path / name, *H264_AAC)
    assert not any("joined" in note for note in read(part).notes)
    clip = read(joined(part, part, part))
    assert clip.duration_s < 5 and any("cannot be read" in note for note in clip.notes)


def test_a_leap_of_picture_and_sound_is_closed_and_of_one_alone_is_a_gap(source, tmp_path):
    plain = convert(source, tmp_path / "plain.mkv", "-c:v", "mjpeg", "-c:a", "pcm_s16le")
    leap = retimed(plain, tmp_path / "leap.mkv", lambda p, s: s + 3600 * (s > 1))
    clip = read(leap)
    np.testing.assert_allclose(flash_times(clip), MARKS_S, atol=IN_STEP_S)
    np.testing.assert_allclose(click_times(clip.waveform), MARKS_S, atol=IN_STEP_S)
    assert any("2 parts" in note for note in clip.notes)
    slides = make(tmp_path / "slides.mkv", flash_frames([0] * 3, []), [0.0, 15.0, 40.0])
    np.testing.assert_allclose(read(slides).frame_times_s, [0, 15, 40], atol=0.01)
    paused = retimed(
        plain,
        tmp_path / "paused.mkv",
        lambda p, s: s + 12 * (s > 1 and p.stream.type == "audio"),
    )
    heard = read(paused)
    assert click_times(heard.waveform) == pytest.approx([0.6, 13.4], abs=IN_STEP_S)
    assert any("1 hole(s) in the sound, 12.0" in note for note in heard.notes)


@pytest.mark.parametrize("name", ["late.mkv", "late.webm", "late.mp4", "late.ts"])
def test_a_clock_need_not_begin_at_zero(name, source, tmp_path):
    options = ["-output_ts_offset", "3600"]
    codecs = JOINABLE["part" + name[4:]]
    clip = read(convert(source, tmp_path / name, *codecs, *options))
    assert clip.duration_s == pytest.approx(2.0, abs=0.15)
    np.testing.assert_allclose(flash_times(clip), click_times(clip.waveform), atol=IN_STEP_S)
    assert not any("cut off" in note for note in clip.notes)


def test_a_longer_track_that_is_not_used_is_no_damage(source, tmp_path):
    words = tmp_path / "words.srt"
    words.write_text("1\n00:00:25,000 --> 00:00:30,000\nThe end\n")
    options = ["-i", str(words), "-map", "0", "-map", "1", "-c", "copy"]
    clip = read(convert(source, tmp_path / "subtitled.mkv", *options))
    assert clip.duration_s == pytest.approx(2.0, abs=0.1)
    assert not any("cut off" in note for note in clip.notes)


def test_a_length_that_was_guessed_from_the_bit_rate_is_not_believed(tmp_path):
    """The first tenth of a second is loud, so that ten silent minutes more seem to follow."""
    rng = np.random.default_rng(0)
    sound = np.zeros((20 * 48_000, 1), np.float32)
    sound[-48_000:] = rng.uniform(-1, 1, (48_000, 1))
    path = make(tmp_path / "vbr.aac", sound=sound, container="adts")
    with av.open(str(path)) as container:
        guessed_s = container.duration / av.time_base
    assert abs(guessed_s - 20) > 5, "else this shows nothing"
    waveform, _ = read_sound(path, Limits(max_duration_s=25))
    assert len(waveform) / 16_000 == pytest.approx(20, abs=0.1)


def test_what_is_too_long_is_refused_early(source, tmp_path):
    with pytest.raises(LimitError, match=r"more than 0\.5 s long"):
        read(source, limits=Limits(max_duration_s=0.5))
    part = convert(source, tmp_path / "part.ts", *H264_AAC)
    with pytest.raises(LimitError, match="s long"):
        read(joined(part, part, part), limits=Limits(max_duration_s=4))


def test_a_film_beats_the_larger_picture_beside_it(source, tmp_path):
    large = make(tmp_path / "large.mkv", flash_frames([0], [], 256, 192), [0.0])
    options = ["-map", "1", "-map", "0", "-c:v", "libx264", "-c:a", "aac"]
    both = convert(source, tmp_path / "both.mp4", "-i", str(large), *options)
    clip = read(both)
    assert (clip.width, clip.height, len(clip.frame_times_s)) == (64, 48, 50)
    assert any("64x48 pixels and 50 frame(s)" in note for note in clip.notes)


def with_two_sounds(path, first, second, frames=True):
    pictures = (flash_frames(TIMES_S, []), TIMES_S) if frames else ((), ())
    one = make(path.with_name("one.mkv"), *pictures, first, audio_codec="flac")
    two = make(path.with_name("two.mkv"), sound=second, audio_codec="flac")
    return convert(one, path, "-i", str(two), "-map", "0", "-map", "1", "-c", "copy")


def test_the_track_that_sounds_is_heard(tmp_path):
    """OBS records the microphone on a second track, and the first may be silent."""
    silence, sound = np.zeros((96_000, 2), np.float32), clicks(2.0, MARKS_S)
    clip = read(with_two_sounds(tmp_path / "a.mkv", silence, sound))
    np.testing.assert_allclose(click_times(clip.waveform), MARKS_S, atol=0.01)
    assert any("is silent" in note for note in clip.notes)
    rate_hz = output_rate_hz(clip)
    write_video(tmp_path / "out.mp4", constant_rate(clip, rate_hz), rate_hz, clip)
    np.testing.assert_allclose(click_times(read(tmp_path / "out.mp4").waveform), MARKS_S, atol=0.02)
    first = read(with_two_sounds(tmp_path / "b.mkv", clicks(2.0, [1.0]), sound))
    assert click_times(first.waveform) == pytest.approx([1.0], abs=0.01)
    neither = read(with_two_sounds(tmp_path / "c.mkv", silence, silence))
    assert neither.has_sound and not neither.waveform.any()


def test_a_broken_track_gives_way_to_one_that_can_be_decoded(tmp_path):
    path = with_two_sounds(tmp_path / "a.mkv", clicks(2.0, []), clicks(2.0, MARKS_S))
    data = path.read_bytes()
    path.write_bytes(data.replace(b"A_FLAC", b"A_XYZW", 1))
    np.testing.assert_allclose(click_times(read(path).waveform), MARKS_S, atol=0.01)


def test_channels_that_cancel_each_other_are_heard(tmp_path):
    left = tone(1.0)[:, None]
    path = make(
        tmp_path / "a.mkv", flash_frames([0], []), [0.0], np.hstack([left, -left]),
        audio_codec="flac",
    )  # fmt: skip
    clip = read(path)
    assert np.abs(clip.waveform[1000:-1000]).max() == pytest.approx(0.5, abs=0.01)
    assert any("out of phase" in note for note in clip.notes)
    arrays = avsl.Clip.from_arrays(
        np.zeros((1, 8, 8, 3), np.uint8), 1, np.hstack([left, -left]), 48_000
    )
    assert np.abs(arrays.waveform[1000:-1000]).max() == pytest.approx(0.5, abs=0.01)
    apart = np.hstack([left, 0.5 * tone(1.0, hz=700)[:, None]])  # independent: the mean is right
    mean = read(make(tmp_path / "b.mkv", flash_frames([0], []), [0.0], apart, audio_codec="flac"))
    assert any("averaged" in note for note in mean.notes)


@pytest.mark.parametrize("jitter_s", [0.02, 0.04, 0.08])
@pytest.mark.parametrize("lost_s", [None, (0.8, 1.2)])
def test_an_unsteady_clock_tears_no_holes_and_hides_none(jitter_s, lost_s, tmp_path):
    times_s = np.arange(100) / 25
    source = make(
        tmp_path / "a.mkv", flash_frames(times_s, []), times_s, tone(4.0)[:, None],
        video_codec="mjpeg", pixel_format="yuvj420p",
    )  # fmt: skip
    rng, last_s = np.random.default_rng(0), -1.0

    def shaken(packet, seconds):
        nonlocal last_s
        if packet.stream.type == "video":
            return seconds
        if lost_s and lost_s[0] < seconds < lost_s[1]:
            return None
        last_s = max(0.0, seconds + rng.uniform(-jitter_s, jitter_s), last_s + 0.001)
        return last_s

    clip = read(retimed(source, tmp_path / "b.mkv", shaken))
    pieces = np.abs(clip.waveform[1600:62_400]).reshape(-1, 80).max(axis=1)
    missing_s = 0.005 * (pieces < 0.1).sum()
    assert missing_s == pytest.approx(0.4 if lost_s else 0.0, abs=0.05)
    assert any("hole" in note for note in clip.notes) == (lost_s is not None)
    assert clip.duration_s == pytest.approx(4.0, abs=0.1)


def test_what_is_no_video_is_named(tmp_path):
    pages = {
        "pointer.mp4": (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "Git LFS"),
        "page.mp4": (b"\xef\xbb\xbf\r\n <!DOCTYPE HTML>\n<p>404", "web page"),
        "error.webm": (b'<?xml version="1.0"?><Error><Code>AccessDenied</Code>', "XML"),
        "error.mp3": (b'{"error": "quota"}', "JSON"),
        "list.mp4": (b"#EXTM3U\n#EXTINF:2,\na.ts\n", "playlist"),
        "._clip.mp4": (b"\0\5\x16\7\0\2\0\0Mac OS X", "macOS"),
    }
    for name, (content, words) in pages.items():
        (tmp_path / name).write_bytes(content * 20)
        with pytest.raises(MediaError, match=words):
            read(tmp_path / name)


def test_a_picture_or_sound_with_an_unknown_codec_is_named(source, tmp_path):
    film = convert(source, tmp_path / "film.mp4", *H264_AAC).read_bytes()
    (tmp_path / "picture.mp4").write_bytes(film.replace(b"avc1", b"encv"))
    film = convert(source, tmp_path / "film.mkv", *H264_AAC).read_bytes()
    (tmp_path / "sound.mkv").write_bytes(film.replace(b"A_AAC", b"A_XYZ"))
    with pytest.raises(MediaError, match="unknown or protected codec"):
        read(tmp_path / "picture.mp4")
    mute = read(tmp_path / "sound.mkv")
    assert not mute.has_sound
    assert any("unknown or protected codec" in note for note in mute.notes)
    photo = tmp_path / "photo.png"
    Image.new("RGB", (8, 8)).save(photo)
    with pytest.raises(MediaError, match="unknown or protected codec"):
        read(photo, sound=tmp_path / "sound.mkv")
