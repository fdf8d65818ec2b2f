"""The example clips and their posters, generated once for everybody."""

import threading
from collections import defaultdict
from pathlib import Path

import numpy as np

from avsl.media import read
from avsl.synthetic.examples import ensure_example
from avsl.ui.result import encoded

POSTER_S = 1.0  # the frame shown as the poster
POSTER_WIDTH = 320


class Gallery:
    """Files below one folder, made when first asked for; safe to use from many threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._locks: dict[str, threading.Lock] = defaultdict(threading.Lock)

    def clip(self, name: str) -> Path:
        """The example's video."""
        with self._locks[name]:
            return ensure_example(name, self._folder)

    def poster(self, name: str) -> Path:
        """A small picture of the example."""
        clip = self.clip(name)
        path = clip.with_suffix(".jpg")
        with self._locks[name]:
            if not path.exists():
                frame = read(clip).frames(np.array([POSTER_S]), width=POSTER_WIDTH)[0]
                path.write_bytes(encoded(frame))
        return path
