"""`sync` on recordings of people: who speaks is found, and a voice over a face is not."""

import numpy as np
import pytest

from avsl.clip import Clip
from avsl.media import read
from avsl.variants.sync import SYNC_CARD, SyncVariant
from tests.support import SHARED

VIDEOS = SHARED / "data/video"
pytestmark = pytest.mark.skipif(not VIDEOS.exists(), reason="../shared has the recordings")


def peaks(clip: Clip) -> tuple[np.ndarray, np.ndarray]:
    """Where the maps above the gate peak, (P, 2) x y in [0, 1], and which share of moments is."""
    times_s = np.arange(0, clip.duration_s, 0.2)
    found = SyncVariant().localize(clip, times_s)
    shown = found.maps[found.confidence >= SYNC_CARD.confidence_gate]
    places = [np.unravel_index(each.argmax(), each.shape)[::-1] for each in shown]
    return (np.array(places).reshape(-1, 2) + 0.5) / shown.shape[:0:-1], len(shown) / len(times_s)


@pytest.mark.parametrize(
    ("name", "box"),
    [
        ("grid_bbaf2n.mpg", (0.22, 0.55, 0.62, 0.95)),  # mouth and chin, not the forehead
        ("grid_lbbc2a.mpg", (0.32, 0.52, 0.76, 0.92)),
        ("cough_video_00331.mp4", (0.3, 0.0, 0.95, 0.8)),  # the face
    ],
)
def test_who_is_heard_is_marked_at_the_mouth(name, box):
    places, share = peaks(read(VIDEOS / name))
    inside = (places > box[:2]).all(axis=1) & (places < box[2:]).all(axis=1)
    assert share > 0.4 and inside.mean() > 0.75


def test_a_voice_over_a_still_face_is_not_found():
    clip = read(VIDEOS / "grid_bbaf2n.mpg")
    rng = np.random.default_rng(0)
    still = np.repeat(clip.frames(np.array([0.2])), 75, axis=0)
    grain = rng.integers(-2, 3, (75, *still.shape[1:3], 1))
    frames = np.clip(still + grain, 0, 255).astype(np.uint8)
    _, share = peaks(Clip.from_arrays(frames, 25.0, clip.waveform))
    assert share == 0


def test_foreign_voices_over_a_speaking_face_are_seldom_found():
    clip = read(VIDEOS / "grid_bbaf2n.mpg")
    others = ("mdn_friday.mp4", "grid_lbbc2a.mpg", "M1pPtg6a_g8_000230.mp4")
    voices = [read(VIDEOS / name).waveform[start:] for name in others for start in (0, 16000)]
    shares = [peaks(clip.with_sound(voice, "Another voice."))[1] for voice in voices]
    assert np.mean(shares) < 0.25, "by chance one in twelve is"


@pytest.mark.parametrize("name", ["M1pPtg6a_g8_000230.mp4", "mdn_flower.mp4"])
def test_text_and_silence_stay_unmarked(name):
    assert peaks(read(VIDEOS / name))[1] == 0
