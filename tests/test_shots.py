"""Cuts are found where the shot changes, and nowhere else."""

import numpy as np

from avsl.shots import cut_times


def shot(seed: int, frames: int) -> list[np.ndarray]:
    """A textured picture that drifts by a pixel every other frame."""
    rng = np.random.default_rng(seed)
    large = np.kron(rng.integers(0, 180, (8, 40)), np.ones((6, 6))).astype(np.uint8)
    return [large[:, k // 2 : k // 2 + 64] for k in range(frames)]


def test_a_cut_is_where_another_shot_begins():
    frames = shot(1, 20) + shot(2, 20)
    assert cut_times(enumerate(frames)) == (20,)


def test_motion_is_no_cut():
    assert cut_times(enumerate(shot(3, 60))) == ()


def test_a_flash_of_the_whole_picture_is_no_cut():
    frames = shot(4, 20)
    frames[10] = frames[10] + 60
    assert cut_times(enumerate(frames)) == ()
