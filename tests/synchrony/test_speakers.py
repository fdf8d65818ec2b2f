"""Of faces with moving mouths, the one that moves with the voice is the speaker."""

from dataclasses import replace

import numpy as np
import pytest

from avsl.settings import SAMPLE_RATE_HZ
from avsl.synchrony.correlation import synchrony, weigh_blocks
from avsl.synchrony.motion import MouthTrack
from avsl.synchrony.speakers import Voice, compare_mouths, hear_voice
from tests.support import SHARED

COUNT = 240
SHAPE = (15, 20)


def syllables(seed: int) -> np.ndarray:
    """A level that rises and falls as speech does: (COUNT,) in [0, 1]."""
    rng = np.random.default_rng(seed)
    level, place = np.zeros(COUNT), 10.0
    while place < COUNT - 10:
        level[int(place) : int(place + rng.uniform(3, 7))] = rng.uniform(0.5, 1)
        place += rng.uniform(5, 14)
    return np.convolve(level, np.ones(3) / 3, "same")


def mouth(level: np.ndarray, x: float, lag: int = 2, seed: int = 0) -> MouthTrack:
    """A face about ``x`` whose mouth opens with ``level``, ``lag`` samples before the sound."""
    noise = np.random.default_rng(seed).normal(0, 0.1, (3, COUNT))
    opening = np.roll(level, -lag)
    cues = np.stack(
        [3 * np.abs(np.gradient(opening)) + opening, 10 * opening, np.gradient(opening)]
    )
    box = np.array([x - 0.1, 0.2, x + 0.1, 0.7], np.float32)
    places = np.tile(np.array([x, 0.6], np.float32), (COUNT, 1))
    return MouthTrack(0, np.tile(box, (COUNT, 1)), places, (cues + noise).astype(np.float32))


def voice(level: np.ndarray, speech: float = 0.9) -> Voice:
    log_level = np.log(level + 0.05).astype(np.float32)
    rise = np.log(np.clip(np.gradient(level), 0, None) + 0.05).astype(np.float32)
    return Voice(np.full(COUNT, speech, np.float32), {"low": log_level, "high": rise})


def compare(tracks, heard, shape=SHAPE):
    return compare_mouths(tracks, heard, slice(0, COUNT), shape)


@pytest.mark.parametrize("seed", range(5))
def test_the_mouth_that_moves_with_the_voice_is_the_speaker(seed):
    said, other = syllables(seed), syllables(seed + 100)
    tracks = [mouth(said, 0.25), mouth(other, 0.75, seed=1)]
    speakers = compare(tracks, voice(said))
    row, column = np.unravel_index(speakers.score.argmax(), SHAPE)
    assert abs((column + 0.5) / SHAPE[1] - 0.25) < 0.06
    assert abs((row + 0.5) / SHAPE[0] - 0.6) < 0.08, "the mouth, not the forehead"
    assert speakers.agreement[0] > speakers.agreement[15:-15].max()
    swapped = compare(tracks, voice(other)).score
    assert (np.unravel_index(swapped.argmax(), SHAPE)[1] + 0.5) / SHAPE[1] > 0.6


def test_a_voice_over_a_face_that_says_something_else_is_chance():
    foreign = [
        compare([mouth(syllables(seed), 0.5)], voice(syllables(seed + 50))).agreement[0]
        for seed in range(12)
    ]
    own = [
        compare([mouth(syllables(seed), 0.5)], voice(syllables(seed))).agreement[0]
        for seed in range(12)
    ]
    assert max(foreign) < min(own)


def test_a_still_face_says_nothing():
    still = replace(mouth(syllables(0), 0.5), cues=np.zeros((3, COUNT), np.float32))
    speakers = compare([still], voice(syllables(1)))
    assert abs(speakers.agreement).max() < 1e-3 and abs(speakers.score).max() < 1e-3


def test_without_speech_or_anybody_in_view_faces_do_not_count():
    track = mouth(syllables(0), 0.5)
    assert compare([track], voice(syllables(0), speech=0.1)) is None
    assert compare([], voice(syllables(0))) is None
    brief = replace(track, boxes=track.boxes[:30], cues=track.cues[:, :30])
    assert compare([brief], voice(syllables(0))) is None


def test_a_mouth_raises_the_confidence_of_its_window_and_a_foreign_one_does_not():
    rng = np.random.default_rng(0)
    motion = rng.normal(0, 0.1, (2, COUNT, *SHAPE)).astype(np.float32)
    sound = rng.normal(0, 1, COUNT).astype(np.float32)
    said = syllables(3)
    plain = synchrony(motion, sound).confidence
    own = synchrony(motion, sound, mouths=compare([mouth(said, 0.5)], voice(said)).agreement)
    other = compare([mouth(syllables(4), 0.5)], voice(said)).agreement
    assert own.confidence > plain + 1
    assert synchrony(motion, sound, mouths=other).confidence < plain + 1


def test_places_that_hardly_change_count_less():
    differences = np.full((COUNT, *SHAPE), 4.0, np.float32)
    differences[:, :3] = 0.4  # a ceiling whose light flickers
    differences[::9, 8, 8] = 60.0
    weights = weigh_blocks(differences)
    assert weights[:3].max() < 0.2 and weights[3:].min() == 1.0


def test_speech_is_told_from_noise_and_tones():
    clock_s = np.arange(3 * SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
    noise = 0.1 * np.random.default_rng(0).standard_normal(len(clock_s))
    for waveform in (noise, 0.3 * np.sin(2 * np.pi * 440 * clock_s), np.zeros(len(clock_s))):
        heard = hear_voice(waveform.astype(np.float32), 90)
        assert heard.speech.shape == (90,) and (heard.speech > 0.5).mean() < 0.05
    path = SHARED / "data/video/grid_bbaf2n.mpg"
    if not path.exists():
        pytest.skip("../shared has no recording of speech here")
    from avsl.media import read

    assert (hear_voice(read(path).waveform, 90).speech > 0.5).mean() > 0.3
