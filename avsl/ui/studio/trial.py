"""A finished listening test on disk: its video, its moments, its score."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from avsl.clip import Clip
from avsl.listening import Listening, Played, Probing, Reaction, listening, probe
from avsl.media import read_sound
from avsl.overlay import Style
from avsl.progress import Progress, no_progress, watched
from avsl.sheets import probing_png
from avsl.storage import storage_errors
from avsl.ui import copy as words
from avsl.ui.footage import Footage, encoded
from avsl.ui.jobs import Run, Workspace
from avsl.ui.studio import copy
from avsl.ui.studio.panels import Panel, cell_width, draw_panel, mosaic
from avsl.variants import VariantCard

PROBED = 0.6  # of the progress bar when the score is there and drawing begins
ORDER = (Played.OWN, Played.SILENCE, Played.NOISE, Played.OTHER, Played.SHIFTED)


@dataclass(frozen=True)
class Question:
    """What to test: a variant on a clip or a picture."""

    source: Path
    variant: str
    sound: Path | None = None  # replaces the clip's own
    other_sound: Path | None = None  # None: the built-in one
    shift_s: float | None = None


@dataclass(eq=False)
class Trial:
    """A probing with its clip and score, and pictures of them in one folder."""

    folder: Path
    clip: Clip
    probing: Probing
    card: VariantCard
    other_notes: tuple[str, ...] = ()  # what was done to the other sound
    told: Listening = field(init=False)
    footage: Footage = field(init=False)

    def __post_init__(self) -> None:
        self.told = listening(self.probing)
        width = cell_width(len(self.panels), self.clip)
        times_s = self.probing.own.times_s
        self.footage = Footage(self.folder, self.clip, times_s, self._painted, width)

    @property
    def reactions(self) -> dict[Played, Reaction]:
        """To each sound played instead, where there is a score."""
        told = {
            Played.SILENCE: self.told.silence,
            Played.NOISE: self.told.noise,
            Played.OTHER: self.told.other,
            Played.SHIFTED: self.told.shifted,
        }
        return {played: reaction for played, reaction in told.items() if reaction}

    @property
    def panels(self) -> list[Panel]:
        """One for each sound; the verdict is left off, since silence is no "nothing audible" here:
        the rule that says so is off while a variant is tested.
        """
        reactions = self.reactions
        return [
            Panel(
                played.value,
                self.probing.found[played],
                copy.moved(reactions[played].moved) if played in reactions else " ",
                verdict=False,
            )
            for played in ORDER
            if played in self.probing.found
        ]

    @property
    def notes(self) -> tuple[str, ...]:
        own = self.probing.own.notes
        notes = (*own, *self.other_notes, *self.probing.notes, *self.footage.sound_notes)
        return tuple(dict.fromkeys(notes))

    def first_moment_s(self) -> float:
        """Where inspection starts: where the most is shown with the clip's own sound."""
        own = self.probing.own
        shown = [(own.shown(index) >= own.threshold).mean() for index in range(len(own.maps))]
        most = int(np.argmax(np.array(shown) + self.probing.audible))
        times_s = self.footage.frames.times_s
        return float(times_s[np.abs(times_s - own.times_s[most]).argmin()])

    def moment(self, time_s: float) -> tuple[int, list[bytes]]:
        """The moment closest to ``time_s``: (its index, a drawn JPEG for each sound)."""
        index, frame = self.footage.frames.nearest(time_s)
        time_s = float(self.probing.own.times_s[index])
        drawn = [draw_panel(panel, frame, time_s, Style()) for panel in self.panels]
        return index, [encoded(picture) for picture in drawn]

    def report(self) -> dict:
        """As JSON, in the words of the command line's ``probe --json``."""
        return {
            "clip": self.clip.name,
            "variant": self.probing.own.provenance.variant,
            **asdict(self.told),
            "notes": list(self.notes),
        }

    def files(self, progress: Progress = no_progress) -> list[Path]:
        """Report, sheet and video."""
        stem = f"{Path(self.clip.name).stem or 'clip'}-listening"
        report, sheet, video = (self.folder / f"{stem}.{kind}" for kind in ("json", "png", "mp4"))
        progress(0.0, copy.STAGE_PACKING)
        with storage_errors(self.folder):
            report.write_text(json.dumps(self.report(), indent=1), encoding="utf-8")
            sheet.write_bytes(probing_png(self.probing, self.told, self.clip))
            if not video.exists():
                video.hardlink_to(self.footage.video)
        return [report, sheet, video]

    def _painted(self, frame: np.ndarray, time_s: float, style: Style) -> np.ndarray:
        return mosaic(self.panels, self.clip, frame, time_s, style)


def probed(
    workspace: Workspace, session: str, wish: Question, run: Run
) -> Iterator[tuple[Trial, str | None]]:
    """Do ``wish``; yields (trial, None) when its score is there, (trial, id) when its video is.
    Whatever stops it leaves no file behind.
    """
    with workspace.draft() as draft:
        clip = draft.read(wish.source, wish.sound, run)
        with watched(run.progress, words.STAGE_READING):
            other, notes = read_sound(wish.other_sound) if wish.other_sound else (None, ())
        draft.reserve(run, clip, *[wish.variant] * len(ORDER))
        with workspace.variant(wish.variant, run) as variant:
            told = run.part(0.0, PROBED)
            found = probe(clip, variant, other, wish.shift_s, progress=told)
            card = variant.card
        trial = Trial(draft.folder, clip, found, card, notes)
        yield trial, None
        trial.footage.draw(Style(), run.part(PROBED, 1.0))
        yield trial, workspace.keep(session, draft, trial)
