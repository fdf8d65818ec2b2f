"""A benchmark set made of files: a list of entries, each opened only when its turn comes."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from avsl.clip import Clip
from avsl.errors import AvslError
from train.data.cases import Case, Kind

log = logging.getLogger(__name__)


class AnnotationError(AvslError):
    """The annotations of a set are not there, or are not what they should be."""


@dataclass(frozen=True, eq=False)
class Moment:
    """A clip and the moments of it that are judged."""

    clip: Clip
    times_s: np.ndarray  # (T,), rising, on the clip's clock


@dataclass(frozen=True, eq=False)
class Entry:
    """One case before anything of it is decoded; the fields are those of :class:`Case`."""

    id: str
    open: Callable[[], Moment]  # raises AvslError with a sentence where a file is broken
    truth: Callable[[], np.ndarray]  # (T, 224, 224) float32 in [0, 1]
    files: tuple[Path, ...]  # what it is read from, for the doctor
    group: str = ""
    label: str = ""
    mixture: bool = False
    validation: bool = False

    def case(self) -> Case:
        """Decode it. Raises :class:`AvslError` where a file cannot be used."""
        moment = self.open()
        if not moment.clip.has_sound:
            raise AvslError(f'"{moment.clip.name}" has no sound; a case of "{self.id}" needs one.')
        return Case(
            id=self.id,
            clip=moment.clip,
            times_s=moment.times_s,
            truth=self.truth(),
            group=self.group,
            label=self.label,
            mixture=self.mixture,
            validation=self.validation,
        )


@dataclass(frozen=True, eq=False)
class ListedSet:
    """A :class:`train.data.cases.BenchmarkSet` over entries whose files are there."""

    name: str
    kind: Kind
    expected: int
    about: str
    entries: tuple[Entry, ...]  # there; validation before test, cases of one group together
    missing: tuple[str, ...] = ()  # test ids of the annotations whose files are not there
    length_s: float | None = None  # that every sound should have; None: any
    rate_hz: float | None = None  # that every video should have; None: any

    def ids(self) -> tuple[str, ...]:
        return tuple(entry.id for entry in self.entries if not entry.validation)

    def cases(self, limit: int | None = None) -> Iterator[Case]:
        """Decoded one by one; a broken file is logged as a sentence and left out."""
        tests = islice((each for each in self.entries if not each.validation), limit)
        for entry in (*(each for each in self.entries if each.validation), *tests):
            try:
                case = entry.case()
            except AvslError as error:
                log.warning("%s: %s is left out. %s", self.name, entry.id, error)
                continue
            yield case


def split(entries: list[Entry], there: Callable[[Entry], bool]) -> tuple[tuple, tuple[str, ...]]:
    """Entries whose files are there, and the test ids of the others."""
    found = tuple(entry for entry in entries if there(entry))
    known = {entry.id for entry in found}
    return found, tuple(e.id for e in entries if e.id not in known and not e.validation)
