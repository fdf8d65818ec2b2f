"""Faces are followed, and only what a mouth does beyond its head counts."""

import cv2
import numpy as np
import pytest

from avsl.models.mtcnn import Faces
from avsl.synchrony import faces as faces_module
from avsl.synchrony.faces import FaceTracker
from avsl.synchrony.motion import SERIES_HZ

FPS_HZ = 25.0
WIDTH, HEIGHT = 320, 240
HALF = np.array([24, 30])  # of a face's width and height, px
LANDMARKS = np.array([[-12, -14], [12, -14], [0, 0], [-10, 12], [10, 12]], np.float32)


class DrawnFaces:
    """Stands in for the detector: knows where the faces were drawn in each frame."""

    def __init__(self, centres: dict[int, list[np.ndarray]]) -> None:
        self._centres, self.searches = centres, 0

    def detect(self, frames: np.ndarray, least_px: float) -> list[Faces]:
        self.searches += 1
        return [self._drawn(frames[0])]

    def detect_near(self, frame: np.ndarray, boxes: np.ndarray) -> Faces:
        return self._drawn(frame)

    def _drawn(self, frame: np.ndarray) -> Faces:
        centres = self._centres.get(int(frame[0, 0, 0]), [])
        boxes = [np.stack([c - HALF, c + HALF]) for c in centres]
        landmarks = [c + LANDMARKS for c in centres]
        return Faces(
            np.array(boxes, np.float32).reshape(-1, 4),
            np.ones(len(boxes), np.float32),
            np.array(landmarks, np.float32).reshape(-1, 5, 2),
        )


def draw_face(frame: np.ndarray, centre: np.ndarray, opening: float) -> None:
    """A textured face whose mouth is open by ``opening`` in [0, 1]."""
    x, y = centre
    face = np.random.default_rng(3).integers(110, 190, (60, 48), np.uint8)
    face = cv2.GaussianBlur(face, (0, 0), 1.5)
    for eye_x in (12, 36):
        cv2.circle(face, (eye_x, 16), 4, 20, -1)
    cv2.ellipse(face, (24, 42), (10, round(1 + 5 * opening)), 0, 0, 360, 15, -1)
    place = np.array([[1, 0, x - 24], [0, 1, y - 30]], np.float32)
    moved = cv2.warpAffine(face, place, (WIDTH, HEIGHT))
    inside = cv2.warpAffine(np.full_like(face, 255), place, (WIDTH, HEIGHT)) > 127
    frame[inside] = moved[inside, None]


def follow(monkeypatch, centres, openings, cut_at: int | None = None):
    """Tracks of faces drawn at ``centres`` [frame][face] (x, y), open by ``openings`` (F,)."""
    detector = DrawnFaces({i: list(map(np.array, each)) for i, each in enumerate(centres)})
    monkeypatch.setattr(faces_module, "load_face_detector", lambda: detector)
    tracker = FaceTracker()
    for index, (each, opening) in enumerate(zip(centres, openings, strict=True)):
        frame = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
        for centre in each:
            draw_face(frame, np.array(centre), opening)
        frame[0, 0] = index  # tells the stand-in which frame this is
        if index == cut_at:
            tracker.cut()
        tracker.add(index / FPS_HZ, frame)
    clock_s = np.arange(round(len(openings) / FPS_HZ * SERIES_HZ)) / SERIES_HZ
    return tracker.mouths(clock_s), detector


def test_a_face_is_followed_where_it_goes(monkeypatch):
    centres = [[(80 + index, 120.0)] for index in range(100)]
    (track,), detector = follow(monkeypatch, centres, np.zeros(100))
    seconds = (track.start + np.arange(len(track.boxes))) / SERIES_HZ
    expected = (80 + seconds * FPS_HZ) / WIDTH
    assert np.abs(track.mouths[:, 0] - expected).max() < 2 / WIDTH
    assert np.abs(track.mouths[:, 1] - (120 + 12) / HEIGHT).max() < 1 / HEIGHT
    assert detector.searches <= 4, "not every frame is searched"


def test_a_mouth_that_opens_moves_and_a_head_that_turns_does_not(monkeypatch):
    still = [[(160.0, 120.0)]] * 100
    beat = (np.arange(100) % 10 < 5).astype(float)
    (speaking,), _ = follow(monkeypatch, still, beat)
    shaking = [[(160 + 6 * np.sin(index / 2.5), 120.0)] for index in range(100)]
    (nodding,), _ = follow(monkeypatch, shaking, np.zeros(100))
    motion, opening, _ = speaking.cues
    assert motion.mean() > 3 * nodding.cues[0].mean()
    assert np.ptp(opening) > 3 * np.ptp(nodding.cues[1])
    open_now = np.interp(
        (speaking.start + np.arange(len(motion))) / SERIES_HZ * FPS_HZ, range(100), beat
    )
    assert np.corrcoef(opening, open_now)[0, 1] > 0.8


def test_two_faces_are_two_tracks_and_a_cut_ends_both(monkeypatch):
    both = [[(80.0, 120.0), (240.0, 120.0)]] * 120
    tracks, _ = follow(monkeypatch, both, np.zeros(120))
    assert sorted(round(float(t.mouths[0, 0]), 2) for t in tracks) == [0.25, 0.75]
    tracks, _ = follow(monkeypatch, both, np.zeros(120), cut_at=60)
    assert len(tracks) == 4 and max(len(t.boxes) for t in tracks) < 60 / FPS_HZ * SERIES_HZ


@pytest.mark.parametrize(("lost", "expected"), [(8, 1), (40, 2)])
def test_a_face_that_is_lost_for_a_moment_is_the_same_one(monkeypatch, lost, expected):
    centres = [[(160.0, 120.0)] if not 60 <= i < 60 + lost else [] for i in range(200)]
    tracks, _ = follow(monkeypatch, centres, np.zeros(200))
    assert len(tracks) == expected


def test_who_is_seen_for_an_instant_only_is_left_out(monkeypatch):
    centres = [[(160.0, 120.0)] if i < 25 else [] for i in range(100)]
    assert follow(monkeypatch, centres, np.zeros(100))[0] == ()
