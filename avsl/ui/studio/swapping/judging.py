"""How right the gallery's pairs are: its truth is exact."""

from dataclasses import dataclass

from avsl.swap import Asked, Swapped, Words
from avsl.ui.studio.swapping.gallery import SoundingGallery, sounding_gallery


@dataclass(frozen=True)
class Judged:
    """One pair whose truth is known."""

    name: str  # of the thing
    there: bool  # in the picture
    shows: bool  # something is marked
    peak: bool  # the map's strongest place, marked or not, is on the thing

    @property
    def right(self) -> bool:
        return self.shows and self.peak if self.there else not self.shows


@dataclass(frozen=True)
class Tally:
    """Of a grid's pairs whose truth is known."""

    there: int  # sounds of something in the picture
    marked: int  # of these something is marked for
    found: int  # and the peak is on the thing, marked or not
    absent: int  # sounds of something that is not in it
    quiet: int  # for which nothing is marked


def judged(found: Swapped, row: int, column: int, unsure: bool = False) -> Judged | None:
    """One pair, by the gallery's truth; None where that is not known. ``unsure``: as in
    :meth:`avsl.swap.Swapped.shown`.
    """
    gallery = sounding_gallery()
    still, name = found.stills[row], thing(found.asked[column], gallery)
    if name is None or not gallery.tells(still, name):
        return None
    mask, shows = gallery.masks.get((still, name)), bool(found.places(row, column, unsure))
    if mask is None:
        return Judged(name, False, shows, False)
    height, width = mask.shape
    x, y = found.peak(row, column)
    return Judged(name, True, shows, bool(mask[int(y * height), int(x * width)]))


def thing(asked: Asked, gallery: SoundingGallery) -> str | None:
    """What is asked for, by the gallery's name: for its own sounds, and for words such as "a dog";
    None where nobody knows, as of a visitor's sound.
    """
    if not isinstance(asked, Words):
        return asked.name if asked in gallery.sounds else None
    bare = asked.name.strip().lower()
    for article in ("a ", "an ", "the "):
        bare = bare.removeprefix(article)
    return next((sound.name for sound in gallery.sounds if sound.name == bare), None)


def tally(found: Swapped) -> Tally:
    """All sounds whose truth is known; words are left out, which would count things twice."""
    pairs = [
        judged(found, row, column)
        for row in range(len(found.stills))
        for column, asked in enumerate(found.asked)
        if not isinstance(asked, Words)
    ]
    there = [pair for pair in pairs if pair and pair.there]
    absent = [pair for pair in pairs if pair and not pair.there]
    return Tally(
        len(there),
        sum(pair.shows for pair in there),
        sum(pair.peak for pair in there),
        len(absent),
        sum(pair.right for pair in absent),
    )
