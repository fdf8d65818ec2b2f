"""The example clips and their posters, generated once for everybody."""

import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import numpy as np

from avsl.checksum import sha256_of
from avsl.media import read
from avsl.synthetic.examples import ensure_example, examples
from avsl.ui.footage import encoded
from avsl.ui.world_examples import FILMS, ensure_film
from avsl.variants.folders import shipped_folders

POSTER_S = 1.0  # the frame shown as the poster
POSTER_WIDTH = 320


@dataclass(frozen=True)
class Offer:
    """An example of the page."""

    name: str
    title: str
    make: Callable[[Path], Path]  # its video in a folder, generated on first use
    suits: str = ""  # the variant that knows its things best, if one does


@cache
def offers() -> list[Offer]:
    """Every example that can be solved here, in the order in which the page shows them; the same
    for as long as the app runs, as the buttons are.
    """
    shipped = shipped_folders()
    toys = [Offer(card.name, card.title, partial(ensure_example, card.name)) for card in examples()]
    films = [
        Offer(film.name, film.title, partial(ensure_film, film), film.suits)
        for film in FILMS
        if film.by_motion or film.suits in shipped
    ]
    return [*toys, *films]


class Gallery:
    """Files below one folder, made when first asked for; safe to use from many threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._locks: dict[str, threading.Lock] = defaultdict(threading.Lock)
        self._by_sha256: dict[str, Offer] = {}  # of the clips made so far

    def clip(self, offer: Offer) -> Path:
        """The example's video."""
        with self._locks[offer.name]:
            path = offer.make(self._folder)
            if offer not in self._by_sha256.values():
                self._by_sha256[sha256_of(path)] = offer
            return path

    def example(self, sha256: str) -> Offer | None:
        """The example whose clip has this checksum."""
        return self._by_sha256.get(sha256)

    def poster(self, offer: Offer) -> Path:
        """A small picture of the example."""
        clip = self.clip(offer)
        path = clip.with_suffix(".jpg")
        with self._locks[offer.name]:
            if not path.exists():
                frame = read(clip).frames(np.array([POSTER_S]), width=POSTER_WIDTH)[0]
                path.write_bytes(encoded(frame))
        return path
