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
    NOT_FOUND = "heard; the source was not found"
    UNSEEN = "heard, but not in view"  # only with evidence for it: see a card's ``absence_gate``

    @property
    def is_abstention(self) -> bool:
        """Whether something is heard and nothing is shown for it."""
        return self in (Verdict.NOT_FOUND, Verdict.UNSEEN)


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
    Where the source was not found, a map is a guess: see :meth:`shown` and :meth:`guess`.
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
    absence_gate: float | None = None  # confidence below it reads "not in view"; None: not known

    def nearest(self, time_s: float) -> int:
        """Index of the moment that holds at ``time_s``: the closest on its side of a cut."""
        return int(np.searchsorted(edges_s(self)[1:-1], time_s, side="right"))

    def shown(self, index: int) -> np.ndarray:
        """The map to show at one moment: float32 (h, w), empty unless it is sounding here."""
        return self._map_if(Verdict.SOUNDING, index)

    def guess(self, index: int) -> np.ndarray:
        """The map of a moment whose source was not found: float32 (h, w), else empty. It may be
        drawn as a guess, never as what is shown.
        """
        return self._map_if(Verdict.NOT_FOUND, index)

    def _map_if(self, verdict: Verdict, index: int) -> np.ndarray:
        heatmap = self.maps[index]
        return heatmap if self.verdicts[index] == verdict else np.zeros_like(heatmap)

    def shown_at(self, time_s: float) -> np.ndarray:
        """:meth:`shown` at any time: float32 (h, w).

        Linear between two moments that are both sounding here, with no cut between them; else that
        of the moment that holds, so that a map is seen only under its own verdict.
        """
        return self._map_at(Verdict.SOUNDING, time_s)

    def guess_at(self, time_s: float) -> np.ndarray:
        """:meth:`guess` at any time, by the rule of :meth:`shown_at`: float32 (h, w)."""
        return self._map_at(Verdict.NOT_FOUND, time_s)

    def _map_at(self, verdict: Verdict, time_s: float) -> np.ndarray:
        after = int(np.searchsorted(self.times_s, time_s))
        before = after - 1
        if after == 0 or after == len(self.times_s) or not self._blends(verdict, before):
            return self._map_if(verdict, self.nearest(time_s))
        start_s, end_s = self.times_s[before], self.times_s[after]
        share = np.float32((time_s - start_s) / (end_s - start_s))
        return (1 - share) * self.maps[before] + share * self.maps[after]

    def _blends(self, verdict: Verdict, before: int) -> bool:
        """Whether a moment and the next both have ``verdict``, with no cut between them."""
        start_s, end_s = self.times_s[before : before + 2]
        same = self.verdicts[before] == self.verdicts[before + 1] == verdict
        return same and not any(start_s < cut_s <= end_s for cut_s in self.cuts_s)

    def heard(self, index: int) -> str:
        """What is heard at one moment in words; "sound" where it has no name."""
        return (self.labels[index] if self.labels else "") or "sound"

    def regions(self, index: int, threshold: float | None = None) -> "list[Region]":
        """The regions shown at one moment, strongest first, at the given or own threshold."""
        threshold = self.threshold if threshold is None else threshold
        return regions(self.shown(index), threshold, self.width, self.height)

    def guess_regions(self, index: int, threshold: float | None = None) -> "list[Region]":
        """The regions of one moment's guess, strongest first; ``threshold`` as :func:`guess_level`
        takes it, None: the variant's own.
        """
        guess = self.guess(index)
        level = guess_level(guess, self.threshold if threshold is None else threshold)
        return regions(guess, level, self.width, self.height) if level else []

    def verdict_at(self, time_s: float) -> Verdict:
        """The verdict of the moment that holds at ``time_s``."""
        return self.verdicts[self.nearest(time_s)]

    def share(self, verdict: Verdict | str) -> float:
        """Which part of the moments has this verdict, in [0, 1].

        Raises :class:`SettingError` for a word that is no verdict.
        """
        if verdict not in set(Verdict):
            raise SettingError(f"There is no verdict {verdict!r}. Verdicts: {_QUOTED}.")
        return sum(each == verdict for each in self.verdicts) / len(self.verdicts)

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
        is_older = facts.pop("format") == OLDER
        facts["provenance"] = Provenance(**facts["provenance"])
        facts["verdicts"] = tuple(map(Verdict, facts["verdicts"]))
        if is_older:
            facts["verdicts"] = tuple(map(_reread, facts["verdicts"]))
        for name in ("labels", "cuts_s", "notes"):
            facts[name] = tuple(facts[name])
        return cls(**arrays, **facts)


FORMAT, OLDER = "avsl.localization/2", "avsl.localization/1"
_QUOTED = ", ".join(f'"{verdict.value}"' for verdict in Verdict)
_ARRAYS = ("times_s", "maps", "audio_windows_s", "loudness_dbfs", "confidence")
_FACTS = (
    "verdicts", "duration_s", "width", "height", "threshold", "confidence_gate",
    "labels", "cuts_s", "notes", "absence_gate",
)  # fmt: skip


def _reread(verdict: Verdict) -> Verdict:
    """Of a file of format 1, which said "not in view" wherever nothing was found."""
    return Verdict.NOT_FOUND if verdict is Verdict.UNSEEN else verdict


def best_moment(localization: Localization) -> int:
    """The index of the surest moment at which something is shown, else of the surest of all."""
    found = localization
    shown = np.array([found.shown(index).any() for index in range(len(found.maps))])
    if not shown.any():
        return int(found.confidence.argmax())
    return int(np.where(shown, found.confidence, -np.inf).argmax())


def verdicts(
    loudness: np.ndarray,
    confidence: np.ndarray,
    audible_dbfs: float,
    confidence_gate: float,
    absence_gate: float | None = None,
) -> tuple[Verdict, ...]:
    """One verdict a moment from loudness (T,) dBFS and confidence (T,) in the variant's unit.

    ``absence_gate``: confidence below which the source is out of view; None: nothing tells that.
    """

    def judge(level: float, sure: float) -> Verdict:
        if level < audible_dbfs:
            return Verdict.SILENT
        if sure >= confidence_gate:
            return Verdict.SOUNDING
        is_absent = absence_gate is not None and sure < absence_gate
        return Verdict.UNSEEN if is_absent else Verdict.NOT_FOUND

    return tuple(judge(*each) for each in zip(loudness, confidence, strict=True))


def edges_s(localization: Localization) -> np.ndarray:
    """(T + 1,) between which each moment holds, end exclusive: 0, then midway between two moments
    or where the picture is cut between them, the clip's end.
    """
    times = localization.times_s
    edges = (times[1:] + times[:-1]) / 2
    if localization.cuts_s:
        cuts = np.array([*sorted(localization.cuts_s), np.inf])
        first = cuts[np.searchsorted(cuts, times[:-1], side="right")]
        edges = np.where(first <= times[1:], first, edges)
    return np.array([0.0, *edges, localization.duration_s])


@dataclass(frozen=True)
class Span:
    """A run of moments with one verdict, end exclusive; spans tile the clip."""

    start_s: float
    end_s: float
    verdict: Verdict


def spans(localization: Localization) -> list[Span]:
    """The verdicts as runs from 0 to the clip's end, changing where moments do: :func:`edges_s`."""
    edges = edges_s(localization)
    runs: list[Span] = []
    for index, verdict in enumerate(localization.verdicts):
        start_s = edges[index]
        if runs and runs[-1].verdict == verdict:
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


def guess_level(guess: np.ndarray, threshold: float) -> float:
    """The map value from which a guess (h, w) is outlined: ``threshold`` as a share of its own
    strongest value, since all of it may lie below the threshold; 0 where there is no guess.
    """
    return checked_threshold(threshold) * float(guess.max(initial=0.0))


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
        if shares[Verdict.UNSEEN] > shares[Verdict.NOT_FOUND]:
            return "Heard, but not in view: there is sound, and nothing on screen makes it."
        return (
            "Heard; the source was not found: nothing on screen goes with the sound clearly "
            "enough to point at."
        )
    seconds = shares[Verdict.SOUNDING] * localization.duration_s
    places = main_places(localization)
    first = (
        "Sounding " + " and ".join(map(_at, places)) if places else "Sounding too faintly to mark"
    )
    sentence = f"{first}: seen for {seconds:.1f} of {localization.duration_s:.1f} s."
    for verdict, words in _UNSHOWN.items():
        if shares[verdict] > 0.1:
            unshown_s = shares[verdict] * localization.duration_s
            sentence += f" For {unshown_s:.1f} s there is sound whose source {words}."
    return sentence


_UNSHOWN = {Verdict.NOT_FOUND: "was not found", Verdict.UNSEEN: "is not in view"}


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
