"""Writing: an mp4 that plays everywhere, in step, whole or not at all."""

import shutil

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from avsl.clip import ArrayFrames, Clip
from avsl.errors import Cancelled, StorageError
from avsl.media import constant_rate, output_frames, output_rate_hz, read, write_video
from tests.media.making import click_times, clicks, flash_frames, flash_times, make, tone
from tests.support import largest_file

MARKS_S = [0.6, 1.4]
TIMES_S = np.arange(50) / 25
IN_STEP_S = 0.04
LONGEST_S = 120.0


def written(clip, path):
    rate_hz = output_rate_hz(clip)
    write_video(path, constant_rate(clip, rate_hz), rate_hz, clip)
    return read(path)


@pytest.fixture
def source(tmp_path):
    sound = clicks(2.0, MARKS_S, 44_100, channels=2)
    return make(tmp_path / "in.mp4", flash_frames(TIMES_S, MARKS_S), TIMES_S, sound, 44_100)


def test_picture_and_sound_stay_in_step(source, tmp_path):
    clip = written(read(source), tmp_path / "out.mp4")
    np.testing.assert_allclose(flash_times(clip), MARKS_S, atol=IN_STEP_S / 2)
    np.testing.assert_allclose(click_times(clip.waveform), MARKS_S, atol=0.005)


def test_it_is_what_every_browser_plays(source, tmp_path):
    clip = read(source)
    written(clip, tmp_path / "out.mp4")
    with av.open(str(tmp_path / "out.mp4")) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert (video.codec_context.name, video.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert (audio.codec_context.name, audio.codec_context.sample_rate) == ("aac", 44_100)
        assert audio.codec_context.channels == 2
        assert video.frames == len(TIMES_S) and video.average_rate == 25
        assert float(audio.duration * audio.time_base) == pytest.approx(2.0, abs=0.001)
    data = (tmp_path / "out.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")  # plays while it loads


@pytest.mark.parametrize("start_s", [0.0, 0.5])
def test_the_original_sound_comes_back(start_s, tmp_path):
    sound = np.stack([tone(1.5), 0.5 * tone(1.5, hz=1000)], axis=1)
    path = tmp_path / "in.mkv"
    make(path, flash_frames(TIMES_S, []), TIMES_S, sound, sound_start_s=start_s, audio_codec="flac")
    clip = read(path)
    again = written(clip, tmp_path / "out.mp4")
    assert again.duration_s == pytest.approx(clip.duration_s, abs=0.01)
    length = min(len(again.waveform), len(clip.waveform))
    assert np.corrcoef(again.waveform[:length], clip.waveform[:length])[0, 1] > 0.99


def test_surround_keeps_its_channels(tmp_path):
    sound = np.stack([tone(1.0, hz=200 * (i + 1)) for i in range(6)], axis=1)
    path = make(tmp_path / "51.mkv", flash_frames([0], []), [0.0], sound, audio_codec="flac")
    written(read(path), tmp_path / "out.mp4")
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert container.streams.audio[0].codec_context.layout.name == "5.1"


def test_a_rate_that_aac_does_not_know_is_said(tmp_path):
    path = make(
        tmp_path / "odd.mkv", flash_frames([0], []), [0.0], tone(1.0, 47_999)[:, None], 47_999,
        audio_codec="pcm_s16le",
    )  # fmt: skip
    clip = read(path)
    notes = write_video(tmp_path / "out.mp4", constant_rate(clip, 10), 10, clip)
    assert any("47999 Hz" in note for note in notes)
    assert read(tmp_path / "out.mp4").duration_s == pytest.approx(1.0, abs=0.1)


def test_odd_sizes_become_even_and_colours_stay(tmp_path):
    frame = np.full((33, 47, 3), (200, 60, 30), np.uint8)
    clip = Clip.from_arrays(np.repeat(frame[None], 5, axis=0), 5, clicks(1.0, [], 16_000))
    again = written(clip, tmp_path / "out.mp4")
    assert (again.width, again.height) == (48, 34)
    assert np.abs(again.frames(np.zeros(1))[0].astype(int) - frame[0, 0]).max() < 8


@pytest.mark.parametrize("rate_hz", [30_000 / 1001, 19.62, 15_000 / 1001, 60.0])
def test_the_frame_rate_is_kept(rate_hz, tmp_path):
    frames = np.zeros((90, 16, 16, 3), np.uint8)
    clip = Clip.from_arrays(frames, rate_hz, np.zeros(0, np.float32))
    assert output_rate_hz(clip) == pytest.approx(rate_hz, rel=1e-6)
    again = written(clip, tmp_path / "out.mp4")
    assert len(again.frame_times_s) == 90
    assert again.fps_hz == pytest.approx(rate_hz, rel=1e-4)
    assert again.duration_s == pytest.approx(clip.duration_s, abs=1 / rate_hz)


def numbered(times_s, last_s: float = 0.1) -> Clip:
    """A clip whose frames appear at ``times_s``, with each frame's number in its one pixel."""
    numbers = np.arange(len(times_s), dtype="<u4").view(np.uint8).reshape(-1, 1, 1, 4)[..., :3]
    source = ArrayFrames(np.ascontiguousarray(numbers), np.asarray(times_s, np.float64))
    return Clip("numbered", float(times_s[-1]) + last_s, source, np.zeros(0, np.float32))


def number(frame: np.ndarray) -> int:
    return int(frame[0, 0] @ np.array([1, 256, 65_536]))


step = st.one_of(
    st.floats(1e-9, 1e-3), st.floats(1e-3, 0.2), st.floats(0.2, 30.0), st.sampled_from([0.04, 5.0])
)
few_steps = st.lists(step, max_size=12)
many_steps = st.builds(lambda steps, times: steps * times, few_steps, st.integers(1, 400))


@given(st.one_of(few_steps, many_steps), st.sampled_from([0.0, 0.3]), st.floats(0.06, 1.0))
@settings(max_examples=150, deadline=None, derandomize=True)
def test_any_rising_frame_times_give_a_rate_at_which_each_frame_comes_in_time(
    steps_s, first_s, last_s
):
    """A rate of 1 to 60 Hz; the newest frame on screen is never more than 40 ms behind or ahead."""
    times_s = first_s + np.cumsum([0.0, *steps_s])
    times_s = times_s[times_s < LONGEST_S]
    clip = numbered(times_s, last_s)
    rate_hz = output_rate_hz(clip)
    assert 1 <= rate_hz <= 60
    count = output_frames(clip, rate_hz)
    assert abs(count / rate_hz - clip.duration_s) <= 0.5 / rate_hz + 1e-9
    shown = np.array([number(frame) for frame in constant_rate(clip, rate_hz)])
    assert len(shown) == count
    came_s = np.searchsorted(shown, np.arange(len(times_s))) / rate_hz  # it, or a later one
    late_s = came_s - np.maximum(times_s, 0.0)
    assert len(times_s) == 1 or np.abs(late_s[1:]).max() <= IN_STEP_S + 1e-6


def test_slides_become_a_video(tmp_path):
    """Three pictures that stay for a short and a long time: no step is near the mean of the two."""
    pictures = [Image.new("RGB", (64, 48), (80 * i, 0, 0)) for i in range(3)]
    path, tune = tmp_path / "slides.gif", tmp_path / "tune.wav"
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=[200, 1500, 700])
    make(tune, sound=clicks(2.4, [1.0]), audio_codec="pcm_s16le")
    again = written(read(path, tune), tmp_path / "out.mp4")
    seen = again.frames(np.array([0.1, 0.3, 1.6, 1.8, 2.3]))[:, 24, 32, 0]
    np.testing.assert_allclose(seen, [0, 80, 80, 160, 160], atol=6)
    assert click_times(again.waveform) == pytest.approx([1.0], abs=0.01)


def test_rates_of_stills_fast_and_uneven_clips():
    def rate_hz(times_s):
        return output_rate_hz(numbered(times_s))

    assert rate_hz([0.0]) == 10
    assert rate_hz(np.arange(240) / 120) == 60
    assert rate_hz(np.round(np.arange(100) / 30, 3)) == 30  # timestamps in milliseconds
    assert rate_hz(np.delete(np.arange(100) / 25, [10, 11, 40])) == 25  # frames were dropped
    assert rate_hz([0.0, 0.25, 0.5, 0.87, 1.12]) == pytest.approx(8)  # slow and uneven
    assert rate_hz([0.0, 0.04, 0.16]) == 25  # no step is near the mean of the two
    assert rate_hz([0.0, 0.0, 0.0]) == 60


def test_constant_rate_holds_frames_and_covers_the_clip():
    frames = np.arange(4, dtype=np.uint8)[:, None, None, None] * np.ones((1, 2, 2, 3), np.uint8)
    clip = Clip.from_arrays(frames, 1, np.zeros(6 * 16_000, np.float32))
    clip.source.times_s = np.array([0.5, 1.0, 1.1, 3.0])
    shown = [int(frame[0, 0, 0]) for frame in constant_rate(clip, 2)]
    assert len(shown) == output_frames(clip, 2) == 12
    assert shown == [0, 0, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3]


def test_a_swapped_sound_is_the_one_that_is_written(source, tmp_path):
    clip = read(source).with_sound(clicks(2.0, [1.0], 16_000)[:, 0], "Another sound.")
    again = written(clip, tmp_path / "out.mp4")
    assert click_times(again.waveform) == pytest.approx([1.0], abs=0.01)


def test_no_sound_gives_no_sound_track(tmp_path):
    clip = Clip.from_arrays(np.zeros((5, 16, 16, 3), np.uint8), 5, np.zeros(0))
    assert not written(clip, tmp_path / "out.mp4").has_sound


def test_progress_is_told_and_cancel_leaves_nothing(source, tmp_path):
    clip = read(source)
    shares = []
    folder = tmp_path / "-results of Übung"
    write_video(folder / "-a.mp4", constant_rate(clip, 25), 25, clip, shares.append)
    assert shares == sorted(shares) and shares[-1] == 1.0
    assert [p.name for p in folder.iterdir()] == ["-a.mp4"]

    def cancel(share):
        if share > 0.5:
            raise Cancelled

    before = (folder / "-a.mp4").read_bytes()
    with pytest.raises(Cancelled):
        write_video(folder / "-a.mp4", constant_rate(clip, 25), 25, clip, cancel)
    assert [p.name for p in folder.iterdir()] == ["-a.mp4"]
    assert (folder / "-a.mp4").read_bytes() == before  # the old result was not touched


def test_a_full_disk_is_said_beforehand(source, tmp_path, monkeypatch):
    clip = read(source)
    usage = shutil._ntuple_diskusage(total=9e9, used=9e9, free=1e6)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage)
    with pytest.raises(StorageError, match="Only 1 MB are free"):
        write_video(tmp_path / "out" / "a.mp4", constant_rate(clip, 25), 25, clip)
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("quota", [1_000, 400_000])
def test_a_disk_that_fills_up_on_the_way_is_said(quota, source, tmp_path):
    """A limit on the size of files stands in for the disk: it stops the sound, then the picture."""
    rng = np.random.default_rng(0)
    clip = read(source)
    noise = (rng.integers(0, 255, (240, 320, 3), np.uint8) for _ in range(50))
    with pytest.raises(StorageError, match="could not be written"), largest_file(quota):
        write_video(tmp_path / "out" / "a.mp4", noise, 25, clip)
    assert list((tmp_path / "out").iterdir()) == []


def test_a_folder_that_cannot_be_made_is_said(source, tmp_path):
    clip = read(source)
    with pytest.raises(StorageError, match="could not be written"):
        write_video(source / "below" / "a.mp4", constant_rate(clip, 25), 25, clip)
