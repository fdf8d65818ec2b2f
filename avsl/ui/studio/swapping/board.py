"""A filled grid on disk: the gallery's pictures and sounds and a visitor's own, and every pair."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from avsl.errors import SettingError
from avsl.media.wav import Sound, write_wav
from avsl.progress import Progress, no_progress
from avsl.settings import SAMPLE_RATE_HZ
from avsl.storage import storage_errors
from avsl.swap import Asked, Still, Swapped, Swapper, Words
from avsl.swap_files import swap_png, swap_report
from avsl.ui.jobs import Run, Workspace
from avsl.ui.studio.swapping import copy
from avsl.ui.studio.swapping.gallery import sounding_gallery
from avsl.variants import Variant

MOST_STILLS, MOST_ASKED = 6, 8  # of one's own: rows and columns beyond that nobody can look at


@dataclass(frozen=True)
class Own:
    """What a visitor brought."""

    stills: tuple[Still, ...] = ()
    asked: tuple[Asked, ...] = ()

    def and_(self, stills: Sequence[Still], asked: Sequence[Asked]) -> "Own":
        """With some more; raises :class:`SettingError` for too many."""
        more = Own((*self.stills, *stills), (*self.asked, *asked))
        if len(more.stills) > MOST_STILLS:
            raise SettingError(copy.too_many(MOST_STILLS, "pictures"))
        if len(more.asked) > MOST_ASKED:
            raise SettingError(copy.too_many(MOST_ASKED, "sounds and words"))
        return more

    def without(self, gone: Still | Asked) -> "Own":
        return Own(
            tuple(still for still in self.stills if still is not gone),
            tuple(each for each in self.asked if each is not gone),
        )

    def for_variant(self, swapper: Swapper) -> "Own":
        """Without the words that a variant does not read."""
        if swapper.reads_words:
            return self
        return Own(self.stills, tuple(each for each in self.asked if not isinstance(each, Words)))


@dataclass(eq=False)
class Board:
    """What one session sees; a visitor's own stand first, since they were brought to be seen."""

    folder: Path
    variant: str
    swapper: Swapper
    own: Own = field(default_factory=Own)
    found: Swapped = field(init=False)
    notes: tuple[str, ...] = ()

    def fill(self, variant: Variant, own: Own, progress: Progress = no_progress) -> None:
        """All pairs with ``own``; what was there before is not done again, and stays as it is
        where this ends by an error. ``variant`` is the one lent for this job.
        """
        swapper = self.swapper if self.swapper.variant is variant else Swapper(variant)
        known, fitting = sounding_gallery(), own.for_variant(swapper)
        found = swapper.swap(
            (*fitting.stills, *known.stills), (*fitting.asked, *known.sounds), progress
        )
        left_out = len(fitting.asked) < len(own.asked)
        self.notes = (copy.words_left_out(variant.card.name),) if left_out else ()
        self.swapper, self.own, self.found = swapper, fitting, found

    def sound_file(self, column: int) -> Path | None:
        """What was heard of one column as a WAV file; None for words."""
        heard = self.found.heard[column]
        if heard is None:
            return None
        path = self.folder / f"heard-{id(self.found.asked[column])}.wav"
        if not path.exists():
            sound = Sound(SAMPLE_RATE_HZ, 1, iter([heard[:, None]]), ())
            with storage_errors(self.folder):
                write_wav(path, sound)
        return path

    def files(self, progress: Progress = no_progress) -> list[Path]:
        """The sheet and the report."""
        sheet, report = self.folder / "swap.png", self.folder / "swap.json"
        progress(0.0, "packing the files")
        with storage_errors(self.folder):
            sheet.write_bytes(swap_png(self.found))
            report.write_text(json.dumps(swap_report(self.found), indent=1), encoding="utf-8")
        return [sheet, report]


def filled(
    workspace: Workspace, session: str, run: Run, board: Board | None, name: str, own: Own
) -> tuple[Board, str]:
    """``board`` with ``own`` as the variant ``name`` sees it, or a new one; and its id."""
    if board is not None and board.variant == name:
        with workspace.variant(name, run) as variant:
            board.fill(variant, own, run.progress)
        return board, board.folder.name
    with workspace.draft() as draft:
        with workspace.variant(name, run) as variant:
            new = Board(draft.folder, name, Swapper(variant))
            run.progress(0.0, "making the gallery")
            sounding_gallery()
            new.fill(variant, own, run.progress)
        return new, workspace.keep(session, draft, new)
