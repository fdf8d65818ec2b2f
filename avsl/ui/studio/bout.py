"""A finished comparison on disk: its video, its moments, its numbers at any threshold."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from avsl.annotation import Annotation, Marks, on_moments, read_annotations, write_annotations
from avsl.clip import Clip
from avsl.compare import (
    Comparison,
    Overlap,
    Rightness,
    against_truth,
    compare,
    moments_csv,
    overlap,
)
from avsl.errors import SettingError
from avsl.overlay import Style
from avsl.progress import Progress, no_progress
from avsl.sheets import comparison_png
from avsl.storage import storage_errors
from avsl.ui.footage import Footage, encoded
from avsl.ui.gallery import Gallery
from avsl.ui.jobs import Run, Workspace
from avsl.ui.studio import copy
from avsl.ui.studio.agreeing import Shared, shared
from avsl.ui.studio.panels import Panel, cell_width, draw_panel, mosaic
from avsl.ui.studio.truth import truth_of

COMPARED = 0.6  # of the progress bar when the variants are through and drawing begins


@dataclass(frozen=True)
class Pairing:
    """What to compare: a clip or a picture, a sound that replaces its own, variants."""

    source: Path
    variants: tuple[str, ...]
    sound: Path | None = None
    threshold: float | None = None  # for all; None: each its own
    map_rate_hz: float | None = None  # None: the lowest of the variants' own


@dataclass(frozen=True, eq=False)
class Reckoning:
    """What depends on the threshold."""

    overlap: Overlap
    rightness: tuple[Rightness, ...]  # empty where the truth is not known


@dataclass(eq=False)
class Bout:
    """A comparison with its clip, and pictures of them in one folder."""

    folder: Path
    clip: Clip
    comparison: Comparison
    truth: np.ndarray | None  # masks bool (T, H, W) at the comparison's moments, where known
    footage: Footage = field(init=False)
    marked: dict[int, Marks] = field(default_factory=dict)  # by a person, by index of the moment
    _reckoned: tuple[float | None, Reckoning] | None = None  # at the threshold last asked for

    def __post_init__(self) -> None:
        width = cell_width(len(self.panels), self.clip)
        times_s = self.comparison.times_s
        self.footage = Footage(self.folder, self.clip, times_s, self._painted, width)

    @property
    def panels(self) -> list[Panel]:
        return [Panel(each.name, each.localization) for each in self.comparison.entrants]

    @property
    def notes(self) -> tuple[str, ...]:
        """On the comparison, and what was done to the clip, each sentence once."""
        each = [note for one in self.comparison.entrants for note in one.localization.notes]
        notes = (*self.comparison.notes, *each, *self.footage.sound_notes)
        return tuple(dict.fromkeys(notes))

    def reckoned(self, threshold: float | None) -> Reckoning:
        """The numbers with each variant at its own threshold, or all at ``threshold``."""
        kept = self._reckoned
        if kept is None or kept[0] != threshold:
            right = ()
            if self.truth is not None:
                right = against_truth(self.comparison, self.truth, threshold=threshold)
            kept = threshold, Reckoning(overlap(self.comparison, threshold), right)
            self._reckoned = kept
        return kept[1]

    def mark(self, index: int, marks: Marks | None) -> None:
        """What a person says sounds at that moment; None: nothing is said of it."""
        if not 0 <= index < len(self.comparison.times_s):
            raise SettingError("There is no such moment to mark.")
        self.marked.pop(index, None)
        if marks is not None:
            self.marked[index] = marks

    def annotate(self, file: Path, time_s: float) -> tuple[str, ...]:
        """Mark what a file has of this clip, a mere mask or list of boxes at ``time_s``; returns
        what was made of it. Raises what :func:`read_annotations` does.
        """
        found, notes = read_annotations(file, self.clip.name, time_s)
        nearest = {self._nearest(each.time_s): each.marks for each in found}
        self.marked |= nearest
        at = ", ".join(f"{self.comparison.times_s[index]:.1f}" for index in sorted(nearest))
        return (*notes, f"Marked at {at} s.")

    def _nearest(self, time_s: float) -> int:
        return int(np.abs(self.comparison.times_s - time_s).argmin())

    @property
    def annotations(self) -> list[Annotation]:
        """All that was marked, in order."""
        times_s = self.comparison.times_s
        return [
            Annotation(float(times_s[index]), marks) for index, marks in sorted(self.marked.items())
        ]

    def judged(self, threshold: float | None) -> tuple[Rightness, ...]:
        """Every variant at the moments that are marked; empty where none is."""
        if not self.marked:
            return ()
        aspect = self.clip.width / self.clip.height
        masks, moments = on_moments(self.annotations, self.comparison.times_s, aspect)
        return against_truth(self.comparison, masks, moments, threshold)

    def first_moment_s(self) -> float:
        """Where inspection starts: where most variants mark something, and the most of it."""
        areas = self.reckoned(None).overlap.areas
        most = int(((areas > 0).sum(0) + areas.mean(0)).argmax())
        times_s = self.footage.frames.times_s
        return float(times_s[np.abs(times_s - self.comparison.times_s[most]).argmin()])

    def moment(self, time_s: float, style: Style) -> tuple[int, list[bytes]]:
        """The moment closest to ``time_s``: (its index, a drawn JPEG for each variant)."""
        index, frame = self.footage.frames.nearest(time_s)
        time_s = float(self.comparison.times_s[index])
        drawn = [draw_panel(panel, frame, time_s, style) for panel in self.panels]
        return index, [encoded(picture) for picture in drawn]

    def agreed(self, time_s: float, first: str, second: str, threshold: float | None) -> Shared:
        """The moment closest to ``time_s`` of the two variants of these names."""
        index, frame = self.footage.frames.nearest(time_s)
        found = {each.name: each.localization for each in self.comparison.entrants}
        return shared(frame, found[first], found[second], index, threshold)

    def files(self, progress: Progress = no_progress) -> list[Path]:
        """Table, sheet, video and what was marked, at the threshold of the video as it is now."""
        with self.footage.lock, storage_errors(self.folder):
            folder = self.folder / f"files-{self.footage.video.stem}"
            folder.mkdir(exist_ok=True)
            stem = f"{Path(self.clip.name).stem or 'clip'}-compared"
            table, sheet, video, marks = (
                folder / f"{stem}.{kind}" for kind in ("csv", "png", "mp4", "json")
            )
            progress(0.0, copy.STAGE_PACKING)
            moments_csv(self.comparison, table, self.footage.style.threshold)
            progress(0.3, copy.STAGE_PACKING)
            sheet.write_bytes(comparison_png(self.comparison, self.clip, self.footage.style))
            if not video.exists():
                video.hardlink_to(self.footage.video)
            if self.marked:
                write_annotations(marks, self.clip.name, self.annotations)
        return [table, sheet, video, *([marks] if self.marked else [])]

    def _painted(self, frame: np.ndarray, time_s: float, style: Style) -> np.ndarray:
        return mosaic(self.panels, self.clip, frame, time_s, style)


def compared(
    workspace: Workspace, gallery: Gallery, session: str, wish: Pairing, run: Run
) -> Iterator[tuple[Bout, str | None]]:
    """Do ``wish``; yields (bout, None) when the variants are through, (bout, id) when its video is
    there. Whatever stops it leaves no file behind.
    """
    with workspace.draft() as draft:
        clip = draft.read(wish.source, wish.sound, run)
        draft.reserve(run, clip, *wish.variants, map_rate_hz=wish.map_rate_hz)
        with ExitStack() as lent:
            # in one order for everybody, or two jobs could each hold what the other waits for
            taken = {
                name: lent.enter_context(workspace.variant(name, run))
                for name in sorted(wish.variants)
            }
            loaded = [taken[name] for name in wish.variants]
            found = compare(clip, loaded, wish.map_rate_hz, run.part(0.0, COMPARED))
        run.progress(COMPARED, copy.TRUTH_STAGE)
        bout = Bout(draft.folder, clip, found, truth_of(clip, gallery, found.times_s))
        yield bout, None
        bout.footage.draw(Style(threshold=wish.threshold), run.part(COMPARED, 1.0))
        yield bout, workspace.keep(session, draft, bout)
