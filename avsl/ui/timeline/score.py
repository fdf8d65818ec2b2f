"""What stands on one clock under a video, and as the JSON that the page's script reads."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from avsl.captions import Stretch, stretches
from avsl.localization import Localization, Verdict
from avsl.ui.timeline import copy


@dataclass(frozen=True, eq=False)
class Track:
    """What a variant says of the clip."""

    found: Localization
    name: str = ""  # "" where there is one only
    threshold: float | None = None  # of the regions; None: the variant's own
    said: Mapping[Verdict, str] = field(default_factory=lambda: copy.SAID)

    def stretches(self) -> list[Stretch]:
        return stretches(self.found, self.threshold)

    def words(self, stretch: Stretch) -> str:
        """What is said of a stretch: "sounding, dog, lower left"."""
        return ", ".join(filter(None, (self.said[stretch.verdict], stretch.heard, stretch.where)))


@dataclass(frozen=True, eq=False)
class Curve:
    """A figure in [0, 1] over time."""

    name: str
    times_s: np.ndarray  # (T,)
    values: np.ndarray  # (T,), NaN where there is none


@dataclass(frozen=True, eq=False)
class Score:
    """All lanes of one timeline."""

    player: str  # the id of the video's component on the page
    waveform: np.ndarray  # (S,) float32 in [-1, 1] at 16 kHz, which the video plays
    tracks: tuple[Track, ...]  # at least one, all of the same clip
    curves: tuple[Curve, ...] = ()
    curves_title: str = ""
    captions: bool = False  # whether the video has some

    @property
    def clip(self) -> Localization:
        """Whose clock and loudness are those of the clip."""
        return self.tracks[0].found


def facts(score: Score) -> dict:
    """What the script has to know, as JSON: the player, the clip's length, the step of an arrow
    key, and for each track its words and from when on which of them hold.
    """
    return {
        "player": score.player,
        "duration_s": round(score.clip.duration_s, 3),
        "step_s": round(1 / score.clip.provenance.map_rate_hz, 4),
        "tracks": [_said(track) for track in score.tracks],
    }


def _said(track: Track) -> dict:
    """Each sentence once, however often it holds."""
    words: dict[str, int] = {}
    changes = [
        (round(stretch.start_s, 3), words.setdefault(track.words(stretch), len(words)))
        for stretch in track.stretches()
    ]
    return {"name": track.name, "words": [*words], "changes": changes}
