"""Faces live: a drawn mouth that opens as a voice rises is found; no longer than needed is kept."""

from collections.abc import Iterable

import cv2
import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d

from avsl.clip import Clip
from avsl.live import LiveMap, LiveSession
from avsl.live.sync import WINDOW_S, SyncWatcher
from avsl.models.mtcnn import Faces
from avsl.settings import SAMPLE_RATE_HZ
from avsl.synchrony import faces as faces_module
from avsl.synchrony import running as running_module
from avsl.synchrony.faces import FaceTracker
from avsl.synchrony.running import RunningSpeech
from avsl.synchrony.speakers import speech_probability
from avsl.variants.sync import SyncVariant
from tests.live.replaying import evenly, replay

GATE = SyncVariant.card.confidence_gate
FPS_HZ, LASTING_S = 20.0, 12.0
WIDTH, HEIGHT = 160, 120
BOX = np.array([80, 30, 130, 90], np.float32)
LANDMARKS = np.array([[94, 52], [116, 52], [105, 64], [95, 76], [115, 76]], np.float32)
MOUTH = 105, 76


class Drawn:
    """Detects the drawn face in every frame, and whatever else it is told of."""

    def __init__(self, boxes: Iterable[np.ndarray] = (BOX,)) -> None:
        self.boxes, self.searched = list(boxes), 0

    def detect(self, frames: np.ndarray, least_px: float) -> list[Faces]:
        self.searched += 1
        return [self.detect_near(frames[0])]

    def detect_near(self, frame: np.ndarray, boxes: np.ndarray | None = None) -> Faces:
        scale = frame.shape[1] / WIDTH
        boxes = np.array(self.boxes, np.float32).reshape(-1, 4)
        landmarks = np.stack([LANDMARKS + box[:2] - BOX[:2] for box in boxes]) if len(boxes) else []
        points = np.array(landmarks, np.float32).reshape(-1, 5, 2)
        return Faces(scale * boxes, np.ones(len(boxes), np.float32), scale * points)


@pytest.fixture
def detector(monkeypatch) -> Drawn:
    """Stands in for the face detector; whatever sounds is taken for speech."""
    drawn = Drawn()
    monkeypatch.setattr(faces_module, "load_face_detector", lambda: drawn)
    monkeypatch.setattr(running_module, "hear_chunk", lambda chunk, past: (1.0, past))
    return drawn


def level(seed: int, rate_hz: float) -> np.ndarray:
    """Of a voice, in [0, 1] at ``rate_hz``: it rises and falls a few times a second."""
    slow = np.random.default_rng(seed).standard_normal(round(LASTING_S * 20))
    smooth = gaussian_filter1d(slow, 1.5)
    smooth = (smooth - smooth.min()) / np.ptp(smooth)
    times_s = np.arange(round(LASTING_S * rate_hz)) / rate_hz
    return np.interp(times_s, np.arange(len(smooth)) / 20, smooth)


def voice(seed: int) -> np.ndarray:
    noise = np.random.default_rng(9).standard_normal(round(LASTING_S * SAMPLE_RATE_HZ))
    return (0.2 * level(seed, SAMPLE_RATE_HZ) ** 2 * noise).astype(np.float32)


def speaker(seed: int) -> np.ndarray:
    """Frames of a face whose mouth opens with the level."""
    rng = np.random.default_rng(3)
    still = cv2.resize(rng.integers(90, 200, (20, 27), dtype=np.uint8), (WIDTH, HEIGHT))
    frames = []
    for each in level(seed, FPS_HZ):
        frame = still.copy()
        cv2.ellipse(frame, MOUTH, (9, round(1 + 7 * each)), 0, 0, 360, 30, -1)
        noise = rng.integers(-2, 3, frame.shape)
        frames.append(np.clip(frame + noise, 0, 255).astype(np.uint8))
    return np.repeat(np.stack(frames)[..., None], 3, axis=3)


def say(seen: int, heard: int) -> list[LiveMap]:
    clip = Clip.from_arrays(speaker(seen), FPS_HZ, voice(heard))
    times_s = evenly(LASTING_S - 0.2, FPS_HZ)
    found = replay(LiveSession(SyncVariant()), clip, times_s, WIDTH)
    return [each for time_s, each in found if time_s > 6]


def surest(found: list[LiveMap]) -> float:
    return float(np.median([each.confidence for each in found]))


def test_a_mouth_that_moves_with_the_voice_is_found(detector):
    found = say(1, 1)
    assert surest(found) > GATE
    shown = [each.map for each in found if each.map.any()]
    assert len(shown) > 0.8 * len(found)
    for heatmap in shown:
        row, column = np.unravel_index(heatmap.argmax(), heatmap.shape)
        assert abs(WIDTH / heatmap.shape[1] * column - MOUTH[0]) < 20
        assert abs(HEIGHT / heatmap.shape[0] * row - MOUTH[1]) < 20


def test_a_face_makes_it_surer(detector):
    with_face = surest(say(1, 1))
    detector.boxes = []
    assert surest(say(1, 1)) < with_face


@pytest.mark.parametrize("heard", [2, 3])
def test_the_same_mouth_with_another_voice_is_not(detector, heard):
    found = say(1, heard)
    assert surest(found) < GATE
    assert np.mean([each.map.any() for each in found]) < 0.2


def test_where_no_face_is_in_view_nobody_listens_for_speech(detector, monkeypatch):
    detector.boxes, chunks = [], []
    monkeypatch.setattr(running_module, "hear_chunk", lambda chunk, past: chunks.append(chunk))
    say(1, 1)
    assert detector.searched and not chunks


def test_what_is_kept_does_not_grow(detector):
    """Every few seconds something else is taken for a face, which never comes back."""
    watcher, rng, kept = SyncWatcher(), np.random.default_rng(0), []
    frame = speaker(1)[0]
    for index in range(900):
        if index % 20 == 0:
            corner = rng.uniform(0, 60, 2)
            detector.boxes = [BOX, np.concatenate([corner, corner + 20]).astype(np.float32)]
        watcher.follow(50 + index / 6, np.roll(frame, index % 3, axis=1))
        tracker = watcher._faces
        lists = [tracker._recent, *(track.times_s for track in tracker._tracks)]
        kept.append((len(tracker._tracks), sum(map(len, lists))))
    tracks, entries = np.max(kept[450:], axis=0)
    assert tracks <= 8 and entries <= 4 * 6 * WINDOW_S


def test_a_frame_of_another_size_is_searched_at_once_and_places_stay(detector):
    tracker = FaceTracker()
    frames = speaker(1)
    for index in range(100):
        height, width = (HEIGHT, WIDTH) if index < 50 else (2 * HEIGHT, 2 * WIDTH)
        tracker.add(index / FPS_HZ, cv2.resize(frames[index], (width, height)))
    before, after = tracker.mouths(np.arange(150) / 30)
    expected = np.array(MOUTH) / [WIDTH, HEIGHT]
    np.testing.assert_allclose(before.mouths, np.tile(expected, (len(before.mouths), 1)), atol=1e-3)
    np.testing.assert_allclose(after.mouths, np.tile(expected, (len(after.mouths), 1)), atol=1e-3)


def test_flashing_light_is_not_searched_for_faces_in_every_frame(detector):
    watcher, frame = SyncWatcher(), speaker(1)[0]
    dark = np.random.default_rng(0).integers(0, 60, frame.shape, dtype=np.uint8)
    for index in range(60):
        watcher.follow(index / FPS_HZ, dark if index % 2 else frame)
    assert detector.searched < 10


# speech


@pytest.mark.parametrize("chunk", [300, 800, 4096])
def test_speech_in_chunks_is_that_of_the_whole(chunk):
    waveform, running = voice(1)[: 3 * SAMPLE_RATE_HZ], RunningSpeech(8.0)
    for end in range(chunk, len(waveform) + chunk, chunk):
        first = max(0, end - SAMPLE_RATE_HZ)  # no more than a second is at hand
        running.add(waveform[first:end], first, listen=True)
    whole = speech_probability(waveform)[: len(waveform) // 512]
    ours = running.probability(100 + np.arange(len(whole)) * 512 / SAMPLE_RATE_HZ, 100.0)
    np.testing.assert_allclose(ours, whole, atol=1e-4)


def test_what_was_not_listened_to_is_no_speech_and_no_more_than_the_window_is_kept(detector):
    running, sound = RunningSpeech(2.0), np.zeros(SAMPLE_RATE_HZ, np.float32)
    running.add(sound, 0, listen=True)
    running.add(sound, SAMPLE_RATE_HZ, listen=False)
    running.add(sound, 5 * SAMPLE_RATE_HZ, listen=True)
    clock_s = np.array([4.5, 5.5])
    np.testing.assert_array_equal(running.probability(clock_s, 0.0), [0, 1])
    for second in range(6, 120):
        running.add(sound, second * SAMPLE_RATE_HZ, listen=True)
    assert len(running._known) <= 64
