"""Reading as the app does it, and a canary that no decoder may touch."""

import os
import time

import numpy as np
import pytest

from avsl import media
from avsl.isolation import Keeper
from avsl.media import remote
from tests.media.making import clicks, make


@pytest.fixture(autouse=True)
def isolated():
    """Every test here decodes in children."""
    media.isolate()
    yield
    media.isolate(False)


@pytest.fixture(scope="session")
def misbehaving():
    keeper = Keeper("tests.isolation.misbehaving")
    yield keeper
    keeper.close()


@pytest.fixture
def deeds(misbehaving, monkeypatch):
    """Files called segv.mp4, hang.mp4, ... have their decoder do that."""
    monkeypatch.setattr(remote, "keeper", misbehaving)
    return misbehaving


@pytest.fixture
def canary(tmp_path):
    """A white and loud video beside the file; the test fails if it was opened to be read."""
    folder = tmp_path / "private"
    folder.mkdir()
    white = [np.full((48, 64, 3), 255, np.uint8)] * 10
    path = make(folder / "canary.mp4", white, np.arange(10) / 10, clicks(1.0, [0.1, 0.2, 0.3]))
    os.utime(path, (1, time.time()))  # a read moves an access time older than the last change
    yield path
    assert path.stat().st_atime < 1.5, "the canary was read"
