"""A Localization: maps on the clip's clock, what was heard, a verdict; and pure functions of it."""

import json
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from scipy import ndimage

from avsl.errors import MediaError, SettingError
from avsl.storage import whole


class Verdict(StrEnum):
    """What is said of one moment."""

    SOUNDING = "sounding here"
    SILENT = "nothing audible"
    UNSEEN = "heard, but not in view"


@dataclass(frozen=True)
class Provenance:
    """Enough to run it again, and to know what the numbers rest on."""

    variant: str
    avsl_version: str
    clip: str
    clip_sha256: str
    map_rate_hz: float
    audible_dbfs: float
    device: str = "cpu"
    seconds: float = 0.0  # spent in the variant
    title: str = ""  # the variant's, for people
    loaded_as: str = ""  # what ``avsl.load`` was given for it, and which of it: see ``Origin``
    revision: str = ""
    weights_sha256: str = ""
    mode: str = ""


@dataclass(frozen=True, eq=False)
class Localization:
    """Raw maps and what goes with them; every picture and file is a pure function of this.

    ``maps`` are the variant's, but for moments at which nothing is audible: those are all zero.
    """

    times_s: np.ndarray  # (T,) float64, rising, on the clip's clock
    maps: np.ndarray  # (T, h, w) float32 in [0, 1], over the whole upright frame
    audio_windows_s: np.ndarray  # (T, 2) float64, the sound each map rests on
    loudness_dbfs: np.ndarray  # (T,) float32
    confidence: np.ndarray  # (T,) float32, the variant's unit
    verdicts: tuple[Verdict, ...]  # (T,)
    duration_s: float
    width: int  # the clip's upright frame, pixels
    height: int
    threshold: float  # the variant's calibrated map threshold
    confidence_gate: float
    provenance: Provenance
    labels: tuple[str, ...] = ()  # (T,) what was heard, "" where nothing is sure; or empty
    cuts_s: tuple[float, ...] = ()  # when a new shot begins; maps are not blended across
    notes: tuple[str, ...] = field(default=())

    def nearest(self, time_s: float) -> int:
        """Index of the analysed moment closest to ``time_s``."""
        return int(np.abs(self.times_s - time_s).argmin())

    def shown(self, index: int) -> np.ndarray:
        """The map to show at one moment: float32 (h, w), empty unless it is sounding here."""
        if self.verdicts[index] is Verdict.SOUNDING:
            return self.maps[index]
        return np.zeros_like(self.maps[index])

    def shown_at(self, time_s: float) -> np.ndarray:
        """:meth:`shown` at any time: float32 (h, w).

        Linear between moments, held at the ends and up to a cut.
        """
        after = int(np.searchsorted(self.times_s, time_s))
        if after == 0 or after == len(self.times_s):
            return self.shown(min(after, len(self.times_s) - 1))
        start_s, end_s = self.times_s[after - 1], self.times_s[after]
        cuts = [cut_s for cut_s in self.cuts_s if start_s < cut_s <= end_s]
        if cuts:
            return self.shown(after - 1 if time_s < cuts[0] else after)
        share = np.float32((time_s - start_s) / (end_s - start_s))
        return (1 - share) * self.shown(after - 1) + share * self.shown(after)

    def heard(self, index: int) -> str:
        """What is heard at one moment in words; "sound" where it has no name."""
        return (self.labels[index] if self.labels else "") or "sound"

    def regions(self, index: int, threshold: float | None = None) -> "list[Region]":
        """The regions shown at one moment, strongest first, at the given or own threshold."""
        threshold = self.threshold if threshold is None else threshold
        return regions(self.shown(index), threshold, self.width, self.height)

    def verdict_at(self, time_s: float) -> Verdict:
        return self.verdicts[self.nearest(time_s)]

    def share(self, verdict: Verdict) -> float:
        """Which part of the moments has this verdict, in [0, 1]."""
        return sum(v is verdict for v in self.verdicts) / len(self.verdicts)

    def save(self, path: Path | str) -> None:
        """Write everything to one ``.npz`` file; :meth:`load` gives the same object back."""
        with whole(Path(path)) as place, open(place, "wb") as file:
            np.savez_compressed(
                file,
                **{name: getattr(self, name) for name in _ARRAYS},
                facts=json.dumps(self._facts()),
            )

    def _facts(self) -> dict:
        return {
            "format": FORMAT,
            "provenance": asdict(self.provenance),
            **{name: getattr(self, name) for name in _FACTS},
        }

    @classmethod
    def load(cls, path: Path | str) -> "Localization":
        """Read what :meth:`save` wrote; raises :class:`MediaError` for anything else."""
        try:
            with np.load(path, allow_pickle=False) as data:
                arrays = {name: data[name] for name in _ARRAYS}
                facts = json.loads(str(data["facts"]))
        except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
            raise MediaError(f"{Path(path).name} is not a saved localization.") from error
        facts.pop("format")
        facts["provenance"] = Provenance(**facts["provenance"])
        facts["verdicts"] = tuple(map(Verdict, facts["verdicts"]))
        for name in ("labels", "cuts_s", "notes"):
            facts[name] = tuple(facts[name])
        return cls(**arrays, **facts)


FORMAT = "avsl.localization/1"
_ARRAYS = ("times_s", "maps", "audio_windows_s", "loudness_dbfs", "confidence")
_FACTS = (
    "verdicts", "duration_s", "width", "height", "threshold", "confidence_gate",
    "labels", "cuts_s", "notes",
)  # fmt: skip


def best_moment(localization: Localization) -> int:
    """The index of the surest moment at which something is shown, else of the surest of all."""
    found = localization
    shown = np.array([found.shown(index).any() for index in range(len(found.maps))])
    if not shown.any():
        return int(found.confidence.argmax())
    return int(np.where(shown, found.confidence, -np.inf).argmax())


def verdicts(
    loudness: np.ndarray, confidence: np.ndarray, audible_dbfs: float, confidence_gate: float
) -> tuple[Verdict, ...]:
    """One verdict a moment from loudness (T,) dBFS and confidence (T,) in the variant's unit."""
    return tuple(
        Verdict.SILENT
        if level < audible_dbfs
        else Verdict.SOUNDING
        if sure >= confidence_gate
        else Verdict.UNSEEN
        for level, sure in zip(loudness, confidence, strict=True)
    )


def edges_s(localization: Localization) -> np.ndarray:
    """(T + 1,) between which each moment holds: 0, midway between moments, the clip's end."""
    times = localization.times_s
    return np.array([0.0, *((times[1:] + times[:-1]) / 2), localization.duration_s])


@dataclass(frozen=True)
class Span:
    """A run of moments with one verdict, end exclusive; spans tile the clip."""

    start_s: float
    end_s: float
    verdict: Verdict


def spans(localization: Localization) -> list[Span]:
    """The verdicts as runs from 0 to the clip's end, changing midway between moments."""
    edges = edges_s(localization)
    runs: list[Span] = []
    for index, verdict in enumerate(localization.verdicts):
        start_s = edges[index]
        if runs and runs[-1].verdict is verdict:
            start_s = runs.pop().start_s
        runs.append(Span(float(start_s), float(edges[index + 1]), verdict))
    return runs


@dataclass(frozen=True)
class Region:
    """One connected part of a map at or above the threshold, in the clip's pixels."""

    box: tuple[float, float, float, float]  # x0, y0, x1, y1
    area: float  # share of the frame, in (0, 1]
    centroid: tuple[float, float]  # x, y, weighted by the map
    peak: float  # largest map value inside, in [threshold, 1]
    where: str  # "lower left", "centre", ...


MIN_AREA = 0.002  # regions under this share of the frame are specks, not sources


def mask(heatmap: np.ndarray, threshold: float, width: int, height: int) -> np.ndarray:
    """bool (height, width): the map (h, w) brought to the frame's size, at or above threshold."""
    return upscaled(heatmap, width, height) >= checked_threshold(threshold)


def upscaled(heatmap: np.ndarray, width: int, height: int) -> np.ndarray:
    """The map (h, w) at the frame's size: float32 (height, width) in [0, 1]."""
    import cv2

    heatmap = np.ascontiguousarray(heatmap, np.float32)
    if not heatmap.any():
        return np.zeros((height, width), np.float32)
    large = cv2.resize(heatmap, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.clip(large, 0.0, heatmap.max(), out=large)  # cubic overshoots at edges


def regions(heatmap: np.ndarray, threshold: float, width: int, height: int) -> list[Region]:
    """Connected regions of one map (h, w) at or above ``threshold``, the strongest first."""
    return [region for region, _ in regions_with_cells(heatmap, threshold, width, height)]


def regions_with_cells(
    heatmap: np.ndarray, threshold: float, width: int, height: int
) -> list[tuple[Region, np.ndarray]]:
    """:func:`regions`, each with the cells of the map that are its own: bool (h, w)."""
    inside = heatmap >= checked_threshold(threshold)
    labels, count = ndimage.label(inside, structure=np.ones((3, 3)))
    cells = [labels == index for index in range(1, count + 1)]
    found = [(_region(heatmap, own, width, height), own) for own in cells]
    kept = [(region, own) for region, own in found if region.area >= MIN_AREA]
    return sorted(kept, key=lambda pair: -pair[0].peak)


def _region(heatmap: np.ndarray, inside: np.ndarray, width: int, height: int) -> Region:
    rows, columns = np.nonzero(inside)
    weights = heatmap[rows, columns]
    scale_y, scale_x = height / heatmap.shape[0], width / heatmap.shape[1]
    x = float(np.average(columns + 0.5, weights=weights) * scale_x)
    y = float(np.average(rows + 0.5, weights=weights) * scale_y)
    box = (
        float(columns.min() * scale_x),
        float(rows.min() * scale_y),
        float((columns.max() + 1) * scale_x),
        float((rows.max() + 1) * scale_y),
    )
    area = float(inside.mean())
    where = "most of the picture" if area > 0.6 else where_words(x / width, y / height)
    return Region(box, area, (x, y), float(weights.max()), where)


def where_words(x: float, y: float) -> str:
    """Words for a place in the frame, x and y in [0, 1] from the upper left: a 3 x 3 grid."""
    column = ("left", "", "right")[min(int(x * 3), 2)]
    row = ("upper", "", "lower")[min(int(y * 3), 2)]
    if row and column:
        return f"{row} {column}"
    return column or {"upper": "top", "lower": "bottom", "": "centre"}[row]


def checked_threshold(threshold: float) -> float:
    """``threshold`` itself; raises :class:`SettingError` unless it lies in (0, 1)."""
    if not 0 < threshold < 1:
        raise SettingError(f"The threshold must lie between 0 and 1, not {threshold}.")
    return threshold


def summary(localization: Localization) -> str:
    """The whole clip's verdict in one or two plain sentences."""
    shares = {verdict: localization.share(verdict) for verdict in Verdict}
    if shares[Verdict.SILENT] == 1:
        return "Nothing audible: the sound track is silent, so nothing is shown."
    if shares[Verdict.SOUNDING] == 0:
        return (
            "Heard, but not in view: there is sound, but nothing on screen goes with it "
            "clearly enough to point at."
        )
    seconds = shares[Verdict.SOUNDING] * localization.duration_s
    places = main_places(localization)
    first = (
        "Sounding " + " and ".join(map(_at, places)) if places else "Sounding too faintly to mark"
    )
    sentence = f"{first}: seen for {seconds:.1f} of {localization.duration_s:.1f} s."
    if shares[Verdict.UNSEEN] > 0.1:
        unseen_s = shares[Verdict.UNSEEN] * localization.duration_s
        sentence += f" For {unseen_s:.1f} s there is sound with no visible source."
    return sentence


def _at(place: str) -> str:
    """The words for a place with their preposition."""
    if place in ("left", "right"):
        return f"on the {place}"
    return f"in {place}" if place.startswith("most") else f"at the {place}"


def main_places(localization: Localization, most: int = 2) -> list[str]:
    """Where the strongest region is, most frequent words first, rare ones left out."""
    counts: dict[str, int] = {}
    for index in range(len(localization.maps)):
        for region in localization.regions(index)[:1]:
            counts[region.where] = counts.get(region.where, 0) + 1
    ranked = sorted(counts, key=lambda where: -counts[where])
    total = sum(counts.values())
    return [where for where in ranked[:most] if counts[where] >= 0.2 * total]
