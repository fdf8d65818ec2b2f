"""The face detector: its published weights fit, and it finds faces and nothing else."""

import numpy as np
import pytest

from avsl.media import read
from avsl.models.mtcnn import load_face_detector
from avsl.synchrony.faces import FaceTracker
from tests.support import SHARED

VIDEOS = SHARED / "data/video"


def test_pictures_without_a_face_have_none():
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (2, 180, 240, 3), np.uint8)
    plain = np.full((1, 180, 240, 3), 120, np.uint8)
    for frames in (noise, plain):
        assert [len(faces.boxes) for faces in load_face_detector().detect(frames)] == [0] * len(
            frames
        )


def test_a_ribbon_costs_no_more_than_another_picture(monkeypatch):
    detector, sizes = load_face_detector(), []
    propose = detector.proposal.forward
    monkeypatch.setattr(
        detector.proposal, "forward", lambda x: sizes.append(x.numel()) or propose(x)
    )
    ribbon = np.random.default_rng(0).integers(0, 256, (10, 16_000, 3), np.uint8)
    FaceTracker().add(0.0, ribbon)
    assert sum(sizes) < 3 * 480 * 360


@pytest.mark.skipif(not VIDEOS.exists(), reason="../shared has the recordings of people")
def test_a_face_is_found_with_its_eyes_above_its_mouth():
    clip = read(VIDEOS / "grid_bbaf2n.mpg")
    frames = clip.frames(np.array([0.5, 1.5, 2.5]))
    for faces in load_face_detector().detect(frames):
        assert len(faces.boxes) == 1 and faces.scores[0] > 0.95
        x0, y0, x1, y1 = faces.boxes[0] / [clip.width, clip.height, clip.width, clip.height]
        assert 0.2 < x0 < x1 < 0.65 and 0.2 < y0 < y1 < 1.0, "as seen by eye"
        left_eye, right_eye, nose, mouth_left, mouth_right = faces.landmarks[0]
        assert left_eye[0] < nose[0] < right_eye[0] and mouth_left[0] < mouth_right[0]
        assert max(left_eye[1], right_eye[1]) < nose[1] < min(mouth_left[1], mouth_right[1])


@pytest.mark.skipif(not VIDEOS.exists(), reason="../shared has the recordings of people")
def test_frames_of_one_call_do_not_mix():
    clip = read(VIDEOS / "grid_lbbc2a.mpg")
    frames = clip.frames(np.array([0.5, 2.0]))
    frames = np.stack([frames[0], np.zeros_like(frames[0]), frames[1]])
    together = load_face_detector().detect(frames)
    assert [len(faces.boxes) for faces in together] == [1, 0, 1]
    alone = load_face_detector().detect(frames[2:])[0]
    assert np.allclose(together[2].landmarks, alone.landmarks, atol=0.1)
