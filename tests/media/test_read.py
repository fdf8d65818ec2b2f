"""Reading: whatever people upload becomes a Clip, or one sentence that says what to do."""

import io
import shutil
from fractions import Fraction

import av
import numpy as np
import pytest
from PIL import Image

from avsl.errors import AvslError, LimitError, MediaError
from avsl.media import read, read_sound
from avsl.settings import Limits
from tests.media.making import (
    click_times,
    clicks,
    convert,
    flash_frames,
    flash_times,
    make,
    tone,
)

MARKS_S = [0.6, 1.4]
TIMES_S = np.arange(50) / 25
IN_STEP_S = 0.04

HIDDEN_FRAMES = ["-auto-alt-ref", "1", "-lag-in-frames", "16"]
CONTAINERS = {
    "clip.mp4": ["-c:v", "libx264", "-bf", "2", "-c:a", "aac"],
    "clip.mov": ["-c:v", "mjpeg", "-c:a", "pcm_s16le"],
    "clip.webm": ["-c:v", "libvpx", *HIDDEN_FRAMES, "-c:a", "libopus"],
    "clip.mkv": ["-c:v", "libx264", "-c:a", "flac"],
    "clip.avi": ["-c:v", "libx264", "-bf", "2", "-c:a", "libmp3lame"],
    "clip.3gp": ["-s", "176x144", "-c:v", "h263", "-c:a", "aac"],
    "clip.mpg": ["-c:v", "mpeg2video", "-bf", "2", "-c:a", "mp2"],
    "clip.ts": ["-c:v", "libx264", "-c:a", "aac"],
    "clip.ogv": ["-vf", "noise=alls=20:allf=t", "-c:v", "libtheora", "-c:a", "libvorbis"],
}


@pytest.fixture(scope="module")
def flash_and_click(tmp_path_factory):
    path = tmp_path_factory.mktemp("media") / "source.mkv"
    sound = clicks(2.0, MARKS_S)
    return make(path, flash_frames(TIMES_S, MARKS_S), TIMES_S, sound, audio_codec="pcm_s16le")


@pytest.mark.parametrize("name", CONTAINERS)
def test_every_container_keeps_all_frames_and_stays_in_step(name, flash_and_click, tmp_path):
    clip = read(convert(flash_and_click, tmp_path / name, *CONTAINERS[name]))
    streamed_s = [time_s for time_s, _ in clip.stream(16, 16, gray=True)]
    assert len(clip.frame_times_s) == len(TIMES_S)
    np.testing.assert_array_equal(streamed_s, clip.frame_times_s)
    assert clip.source.damage() == ()
    seen, heard = flash_times(clip), click_times(clip.waveform)
    assert len(seen) == len(heard) == len(MARKS_S)
    assert np.abs(np.subtract(seen, heard)).max() < IN_STEP_S
    assert clip.duration_s == pytest.approx(2.0, abs=0.07)


def test_frames_come_by_timestamp_when_the_rate_varies(tmp_path):
    times_s = [0.0, 0.04, 0.5, 0.52, 1.7]
    frames = [np.full((32, 32, 3), 50 * i, np.uint8) for i in range(5)]
    clip = read(make(tmp_path / "vfr.mp4", frames, times_s))
    np.testing.assert_allclose(clip.frame_times_s, times_s, atol=1e-3)
    shown = clip.frames(np.array([1.6, 0.45, 0.51, 99.0]))[:, 16, 16, 0]
    np.testing.assert_allclose(shown, [150, 50, 100, 200], atol=6)


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
@pytest.mark.parametrize("mirrored", [False, True])
def test_a_phone_held_any_way_gives_an_upright_picture(degrees, mirrored, tmp_path):
    stored = np.zeros((48, 80, 3), np.uint8)
    stored[:24, :40, 0] = stored[:24, 40:, 1] = stored[24:, :40, 2] = 255
    path = make(
        tmp_path / "phone.mp4",
        [stored],
        [0.0],
        setup=lambda stream: stream.set_display_rotation(degrees, hflip=mirrored),
    )
    upright = np.rot90(stored, degrees // 90)
    upright = upright[:, ::-1] if mirrored else upright
    clip = read(path)
    frame = clip.frames(np.zeros(1))[0]
    assert frame.shape == upright.shape == (clip.height, clip.width, 3)
    assert np.abs(frame.astype(int) - upright).mean() < 3


def test_side_data_of_an_unknown_kind_does_not_matter(tmp_path):
    """FFmpeg hands on the EXIF of motion JPEG, for which PyAV has no name."""
    exif = Image.Exif()
    exif[0x010F] = "a camera"
    exif[0x0112] = 6  # it was held upright
    picture = io.BytesIO()
    Image.new("RGB", (80, 48), (0, 0, 255)).save(picture, "JPEG", exif=exif, quality=95)
    with av.open(str(tmp_path / "camera.mov"), "w") as out:
        stream = out.add_stream("mjpeg", rate=10)
        stream.width, stream.height, stream.pix_fmt = 80, 48, "yuvj420p"
        for index in range(3):
            packet = av.Packet(picture.getvalue())
            packet.stream, packet.time_base = stream, Fraction(1, 10)
            packet.pts = packet.dts = index
            out.mux(packet)
    clip = read(tmp_path / "camera.mov")
    assert (clip.width, clip.height) == (48, 80)
    np.testing.assert_allclose(clip.frames(np.zeros(1))[0, 20, 20], [0, 0, 255], atol=6)


def test_pixels_that_are_not_square_are_stretched_and_said(tmp_path):
    def wide(stream):
        stream.sample_aspect_ratio = Fraction(16, 11)

    clip = read(make(tmp_path / "pal.mp4", flash_frames([0], [], 88, 72), [0.0], setup=wide))
    assert (clip.width, clip.height) == (128, 72)
    assert clip.frames(np.zeros(1)).shape == (1, 72, 128, 3)
    assert any("not square" in note for note in clip.notes)


def test_stereo_is_the_true_mean(tmp_path):
    left = tone(1.0)
    one_sided = np.stack([left, 0 * left], axis=1)
    half = read(
        make(tmp_path / "a.mkv", flash_frames([0], []), [0.0], one_sided, audio_codec="flac")
    )
    assert len(half.waveform) == 16_000  # side by side, never end to end
    assert np.abs(half.waveform[1000:-1000]).max() == pytest.approx(0.25, abs=0.01)
    assert any("2 sound channels were averaged" in note for note in half.notes)


def test_surround_counts_every_channel_alike(tmp_path):
    sound = np.zeros((48_000, 6), np.float32)
    sound[:, 3] = tone(1.0)  # the low-frequency channel, which a down-mix would drop
    path = make(tmp_path / "51.mkv", flash_frames([0], []), [0.0], sound, audio_codec="flac")
    waveform = read(path).waveform
    assert np.abs(waveform[1000:-1000]).max() == pytest.approx(0.5 / 6, abs=0.01)


@pytest.mark.parametrize("rate_hz", [8_000, 22_050, 44_100, 47_999, 96_000])
def test_any_rate_keeps_pitch_and_length(rate_hz, tmp_path):
    sound = tone(12.0, rate_hz)[:, None]  # longer than one block of the resampler
    path = make(
        tmp_path / "rate.mkv", flash_frames([0], []), [0.0], sound, rate_hz, audio_codec="pcm_s16le"
    )
    waveform = read(path).waveform
    assert len(waveform) == pytest.approx(12 * 16_000, abs=2)
    middle = slice(1000, -1000)
    assert np.abs(waveform - tone(12.0, 16_000)[: len(waveform)])[middle].max() < 0.01


def test_sound_that_starts_late_is_on_the_same_clock(tmp_path):
    sound = clicks(1.5, [m - 0.5 for m in MARKS_S])
    path = tmp_path / "late.mkv"
    make(path, flash_frames(TIMES_S, MARKS_S), TIMES_S, sound, sound_start_s=0.5)
    clip = read(path)
    assert np.abs(np.subtract(flash_times(clip), click_times(clip.waveform))).max() < IN_STEP_S
    assert clip.soundtrack.start_s == pytest.approx(0.5, abs=0.03)
    assert any("sound starts 0.5" in note for note in clip.notes)


def test_picture_that_starts_late_is_on_the_same_clock(tmp_path):
    times_s = TIMES_S + 0.8
    marks_s = [1.2, 2.2]
    path = make(
        tmp_path / "late.mkv", flash_frames(times_s, marks_s), times_s, clicks(3.0, marks_s)
    )
    clip = read(path)
    assert clip.frame_times_s[0] == pytest.approx(0.8, abs=0.03)
    assert np.abs(np.subtract(flash_times(clip), click_times(clip.waveform))).max() < IN_STEP_S
    assert any("picture starts 0.8" in note for note in clip.notes)


def test_short_and_long_sound_are_padded_and_said(tmp_path):
    frames = flash_frames(TIMES_S, [])
    short = read(make(tmp_path / "short.mp4", frames, TIMES_S, clicks(0.5, [])))
    long = read(make(tmp_path / "long.mp4", frames, TIMES_S, clicks(3.5, [])))
    assert short.duration_s == pytest.approx(2.0, abs=0.05)
    assert len(short.waveform) == round(short.duration_s * 16_000)
    assert any("sound ends 1.50 s before the picture" in note for note in short.notes)
    assert long.duration_s == pytest.approx(3.5, abs=0.05)
    assert any("picture ends 1.50 s before the sound" in note for note in long.notes)


def test_a_hole_in_the_sound_is_filled_with_silence_and_said(tmp_path):
    whole = make(tmp_path / "whole.mkv", flash_frames(TIMES_S, []), TIMES_S, clicks(2.0, MARKS_S))
    holed = tmp_path / "holed.mkv"
    with av.open(str(whole)) as source, av.open(str(holed), "w") as target:
        copies = {s.index: target.add_stream_from_template(s) for s in source.streams}
        for packet in source.demux():
            lost = packet.stream.type == "audio" and 0.8 < (packet.pts or 0) / 1000 < 1.2
            if packet.size and not lost:
                packet.stream = copies[packet.stream.index]
                target.mux(packet)
    clip = read(holed)
    np.testing.assert_allclose(click_times(clip.waveform), MARKS_S, atol=IN_STEP_S)
    assert any("filled with silence" in note for note in clip.notes)


def test_recorded_webm_without_duration(tmp_path):
    path = tmp_path / "browser.webm"
    make(
        path,
        flash_frames(TIMES_S, MARKS_S),
        TIMES_S,
        clicks(2.0, MARKS_S),
        video_codec="libvpx",
        audio_codec="libopus",
        container_options={"live": "1"},
    )
    with av.open(str(path)) as container:
        assert container.duration is None
    clip = read(path)
    assert clip.duration_s == pytest.approx(2.0, abs=0.05)
    assert np.abs(np.subtract(flash_times(clip), click_times(clip.waveform))).max() < IN_STEP_S


@pytest.mark.parametrize("size", [(65, 49), (1, 1), (3, 200)])
def test_odd_sizes(size, tmp_path):
    width, height = size
    path = make(
        tmp_path / "odd.mp4", flash_frames([0], [0], width, height), [0.0], pixel_format="yuv444p"
    )
    clip = read(path)
    assert clip.frames(np.zeros(1)).shape == (1, height, width, 3)
    assert clip.frames(np.zeros(1), width=10, height=7).shape == (1, 7, 10, 3)


def test_ten_bit_colours(tmp_path):
    frame = np.full((32, 32, 3), (200, 120, 40), np.uint8)
    path = make(tmp_path / "ten.mp4", [frame], [0.0], pixel_format="yuv420p10le")
    shown = read(path).frames(np.zeros(1))[0]
    assert np.abs(shown.astype(int) - frame).max() < 8


@pytest.mark.parametrize(("matrix", "code", "tag"), [("601", 5, 6), ("709", 1, 1)])
@pytest.mark.parametrize("full_range", [False, True])
def test_colours_follow_the_tags(matrix, code, tag, full_range, tmp_path):
    colour = (200, 60, 30)
    path = tmp_path / "tagged.mp4"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=25, options={"crf": "4"})
        stream.width = stream.height = 32
        stream.pix_fmt = "yuv420p"
        stream.codec_context.colorspace = tag
        stream.codec_context.color_range = 2 if full_range else 1
        frame = av.VideoFrame.from_ndarray(np.full((32, 32, 3), colour, np.uint8), "rgb24")
        yuv = frame.reformat(
            format="yuv420p", dst_colorspace=code, dst_color_range=2 if full_range else 1
        )
        out.mux(stream.encode(yuv))
        out.mux(stream.encode(None))
    shown = read(path).frames(np.zeros(1))[0]
    assert np.abs(shown.astype(int) - colour).max() < 6


def test_hdr_looks_plausible_and_says_so(tmp_path):
    levels = np.repeat(np.linspace(0, 255, 64).astype(np.uint8)[None, :, None], 3, axis=2)

    def pq(stream):
        stream.codec_context.color_trc = 16
        stream.codec_context.color_primaries = 9
        stream.codec_context.colorspace = 9

    path = make(
        tmp_path / "hdr.mp4",
        [np.repeat(levels, 32, axis=0)],
        [0.0],
        pixel_format="yuv420p10le",
        setup=pq,
    )
    clip = read(path)
    ramp = clip.frames(np.zeros(1))[0, 16].astype(int)
    assert any("HDR" in note for note in clip.notes)
    assert np.ptp(ramp, axis=1).max() < 12  # grey stays grey
    assert (np.diff(ramp.mean(axis=1)) >= -2).all() and ramp[0].max() < 5 and ramp[-1].min() > 250
    white = round(0.58 * 63)  # 203 cd/m2, paper white, sits at code 0.58
    assert 190 < ramp[white].mean() < 250
    assert clip.source.stream(64, 32, gray=True).__next__()[1].shape == (32, 64)


def test_transparent_video_is_laid_on_white(tmp_path):
    rgba = np.zeros((32, 32, 4), np.uint8)
    rgba[:, :16] = (255, 0, 0, 255)
    path = tmp_path / "alpha.webm"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libvpx-vp9", rate=25)
        stream.width = stream.height = 32
        stream.pix_fmt = "yuva420p"
        frame = av.VideoFrame.from_ndarray(rgba, "rgba").reformat(format="yuva420p")
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    clip = read(path)
    shown = clip.frames(np.zeros(1))[0].astype(int)
    assert shown[16, 26].min() > 240 and shown[16, 5, 0] > 200 and shown[16, 5, 1] < 60
    assert any("white" in note for note in clip.notes)


def test_animated_gif_is_a_silent_video(tmp_path):
    pictures = [Image.new("RGB", (40, 30), (60 * i, 0, 0)) for i in range(4)]
    path = tmp_path / "film.gif"
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=200, loop=0)
    clip = read(path)
    assert not clip.has_sound and clip.soundtrack is None
    np.testing.assert_allclose(clip.frame_times_s, [0, 0.2, 0.4, 0.6], atol=0.02)
    assert clip.duration_s == pytest.approx(0.8, abs=0.05)
    assert clip.frames(np.array([0.45]))[0, 0, 0, 0] == 120


def test_cover_art_is_not_a_video(tmp_path):
    cover = tmp_path / "cover.png"
    Image.new("RGB", (64, 64), "red").save(cover)
    song = make(tmp_path / "song.m4a", sound=clicks(1.0, []), container="mp4")
    covered = tmp_path / "covered.m4a"
    with av.open(str(song)) as source, av.open(str(covered), "w", format="mp4") as target:
        audio = target.add_stream_from_template(source.streams.audio[0])
        with av.open(str(cover)) as art:
            picture = target.add_stream_from_template(art.streams.video[0])
            picture.disposition = av.stream.Disposition.attached_pic
            for stream, container in ((audio, source), (picture, art)):
                for packet in container.demux(0):
                    if packet.size:
                        packet.stream = stream
                        target.mux(packet)
    with pytest.raises(MediaError, match="sound but no picture"):
        read(covered)


def test_the_best_of_several_streams_is_used_and_said(tmp_path):
    small = make(tmp_path / "small.mkv", flash_frames([0], [], 32, 32), [0.0], clicks(1.0, []))
    stereo = clicks(1.0, [], channels=2)
    large = make(tmp_path / "large.mkv", flash_frames([0], [], 64, 64), [0.0], stereo)
    options = ["-map", "0", "-map", "1", "-c", "copy", "-disposition:v", "0", "-disposition:a", "0"]
    both = convert(small, tmp_path / "both.mkv", "-i", str(large), *options)
    clip = read(both)
    assert (clip.width, clip.height) == (64, 64)
    assert any("2 video streams" in note for note in clip.notes)
    assert any("2 sound tracks" in note and "2 channel" in note for note in clip.notes)


def test_a_truncated_file_gives_what_is_left_and_says_how_much(tmp_path):
    rng = np.random.default_rng(0)
    frames = [rng.integers(0, 255, (96, 128, 3), np.uint8) for _ in range(100)]
    whole = make(
        tmp_path / "whole.mp4",
        frames,
        np.arange(100) / 25,
        clicks(4.0, []),
        container_options={"movflags": "faststart"},
    )
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole.read_bytes()[: int(whole.stat().st_size * 0.6)])
    clip = read(cut)
    streamed = [time_s for time_s, _ in clip.stream(16, 16)]
    assert 1.5 < clip.duration_s < 3.5
    assert set(streamed) <= set(clip.frame_times_s.tolist()) and len(streamed) > 35
    assert any("announces 4.0 s" in note for note in clip.notes)


def test_broken_frames_are_counted_and_the_last_good_one_stands_in(tmp_path):
    rng = np.random.default_rng(0)
    frames = [rng.integers(0, 255, (96, 128, 3), np.uint8) for _ in range(50)]
    path = tmp_path / "broken.mp4"
    make(path, frames, TIMES_S, video_codec="mjpeg", pixel_format="yuvj420p")
    data = bytearray(path.read_bytes())
    start = len(data) // 2
    data[start : start + 20_000] = bytes(20_000)
    path.write_bytes(data)
    clip = read(path)
    streamed = [time_s for time_s, _ in clip.stream()]
    assert 40 <= len(streamed) <= len(clip.frame_times_s) == 50
    if len(streamed) < 50:
        assert "could not be decoded" in clip.source.damage()[0]
    assert clip.frames(np.array([1.0, 1.9])).shape == (2, 96, 128, 3)


def test_picture_and_sound_from_two_files(tmp_path):
    wav = make(tmp_path / "bark.wav", sound=clicks(1.5, [0.5]), audio_codec="pcm_s16le")
    photo = tmp_path / "photo.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright
    Image.new("RGB", (80, 40), "blue").save(photo, exif=exif)
    still = read(photo, sound=wav)
    assert (still.width, still.height, still.fps_hz) == (40, 80, 0)
    assert still.duration_s == pytest.approx(1.5)
    assert click_times(still.waveform) == pytest.approx([0.5], abs=0.01)
    film = make(tmp_path / "film.mp4", flash_frames(TIMES_S, []), TIMES_S, clicks(2.0, [1.7]))
    swapped = read(film, sound=wav)
    assert click_times(swapped.waveform) == pytest.approx([0.5], abs=0.01)
    assert swapped.duration_s == pytest.approx(2.0, abs=0.05)
    assert any("replaces" in note for note in swapped.notes)
    assert swapped.digest != read(film).digest


def test_transparent_and_sixteen_bit_pictures(tmp_path):
    wav = make(tmp_path / "a.wav", sound=clicks(0.5, []), audio_codec="pcm_s16le")
    Image.new("RGBA", (8, 8), (255, 0, 0, 0)).save(tmp_path / "clear.png")
    Image.fromarray(np.full((8, 8), 40_000, np.uint16)).save(tmp_path / "deep.png")
    assert read(tmp_path / "clear.png", wav).frames(np.zeros(1)).min() == 255
    assert read(tmp_path / "deep.png", wav).frames(np.zeros(1))[0, 0, 0, 0] == 156


@pytest.mark.parametrize(
    "name", ["-dash first.mp4", "with space.mp4", "Übung 你好 '%d'.mp4", "a:b|c.mp4"]
)
def test_any_file_name(name, tmp_path, monkeypatch):
    make(tmp_path / "plain.mp4", flash_frames([0], []), [0.0], clicks(0.5, []))
    shutil.move(tmp_path / "plain.mp4", tmp_path / name)
    monkeypatch.chdir(tmp_path)
    clip = read(name)
    assert clip.name == name and len(list(clip.stream())) == 1


def test_an_unreadable_sound_track_does_not_lose_the_picture(tmp_path):
    path = make(tmp_path / "a.mkv", flash_frames([0], []), [0.0], clicks(1.0, []))
    data = path.read_bytes().replace(b"A_AAC", b"A_XYZ")
    path.write_bytes(data)
    clip = read(path)
    assert not clip.has_sound and len(list(clip.stream())) == 1


def test_stopping_early_closes_the_file(tmp_path):
    path = make(tmp_path / "a.mp4", flash_frames(TIMES_S, []), TIMES_S)
    frames = read(path).stream()
    next(frames)
    frames.close()
    path.unlink()


def sentence(error: pytest.ExceptionInfo[AvslError]) -> str:
    text = str(error.value)
    assert text.endswith(".") and "Traceback" not in text and len(text) < 300
    return text


def test_what_cannot_be_read_is_said_in_a_sentence(tmp_path):
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "text.mp4").write_text("this is not a video\n" * 100)
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "photo.png")
    (tmp_path / "torn.png").write_bytes((tmp_path / "photo.png").read_bytes()[:5000])
    make(tmp_path / "song.wav", sound=clicks(0.5, []), audio_codec="pcm_s16le")
    film = make(tmp_path / "mute.mp4", flash_frames([0], []), [0.0])
    expected = {
        "nothing.mp4": "no file",
        "http://example.org/a.mp4": "on this machine",
        "concat:mute.mp4|mute.mp4": "no file",
        "": "folder",
        "empty.mp4": "0 bytes",
        "text.mp4": "not a video",
        "photo.png": "Add a sound",
        "torn.png": "damaged",
        "song.wav": "Add a picture",
    }
    for name, words in expected.items():
        local = "/" not in name and ":" not in name
        with pytest.raises(MediaError) as error:
            read(tmp_path / name if local else name)
        assert words in sentence(error), name
    with pytest.raises(MediaError, match="has no sound"):
        read(film, sound=film)


def test_playlists_cannot_reach_other_files(tmp_path):
    target = make(tmp_path / "target.ts", flash_frames(TIMES_S, []), TIMES_S)
    playlists = {
        "list.m3u8": f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{target}\n#EXT-X-ENDLIST\n",
        "list.mp4": f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{target}\n#EXT-X-ENDLIST\n",
        "list.txt": f"ffconcat version 1.0\nfile '{target}'\n",
        "list.mpd": f'<?xml version="1.0"?><MPD><BaseURL>{target}</BaseURL></MPD>',
    }
    for name, text in playlists.items():
        (tmp_path / name).write_text(text)
        with pytest.raises(MediaError):
            read(tmp_path / name)


def test_limits_are_checked_before_decoding(tmp_path):
    path = make(tmp_path / "a.mp4", flash_frames(TIMES_S, []), TIMES_S, clicks(2.0, []))
    for limits, words in (
        (Limits(max_duration_s=0.5), "more than 0.5 s long"),
        (Limits(max_pixels=1000), "64x48"),
        (Limits(max_file_bytes=100), "MB"),
        (Limits(max_frames=10), "10 frames"),
    ):
        with pytest.raises(LimitError) as error:
            read(path, limits=limits)
        assert words in sentence(error)
    live = tmp_path / "live.webm"  # no duration in the header: found out on the way
    make(
        live, flash_frames(TIMES_S, []), TIMES_S, clicks(2.0, []), video_codec="libvpx",
        audio_codec="libopus", container_options={"live": "1"},
    )  # fmt: skip
    with pytest.raises(LimitError, match="s long"):
        read(live, limits=Limits(max_duration_s=0.5))


@pytest.mark.parametrize("late", ["sound", "picture"])
def test_wild_timestamps_do_not_fill_the_memory(late, tmp_path):
    shift_s = 500_000.0
    path = make(
        tmp_path / "wild.mkv",
        flash_frames(TIMES_S, []),
        TIMES_S + shift_s * (late == "picture"),
        clicks(2.0, []),
        sound_start_s=shift_s * (late == "sound"),
    )
    with pytest.raises(LimitError, match="s long"):
        read(path)


def test_the_sound_of_a_video_can_be_read_alone(flash_and_click, tmp_path):
    sound, notes = read_sound(flash_and_click)
    np.testing.assert_array_equal(sound, read(flash_and_click).waveform)
    assert any("resampled" in note for note in notes)
    mute = make(tmp_path / "mute.mp4", flash_frames(TIMES_S, MARKS_S), TIMES_S)
    with pytest.raises(MediaError, match="has no sound"):
        read_sound(mute)
