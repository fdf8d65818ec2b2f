"""Several variants on one clip: what each shows, where they agree, what each costs, who is right.

>>> found = compare(avsl.read("clip.mp4"), ["lvs-tiny", "ez-vsl-tiny", "sync"])
>>> overlap(found).mean  # IoU of every two

Each is judged at its own calibrated threshold, since maps of different variants do not share a
unit; a threshold for all may be given where that is wanted all the same.
"""

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum
from itertools import combinations
from pathlib import Path

import numpy as np
import torch

from avsl.clip import Clip
from avsl.errors import SettingError
from avsl.grid import region
from avsl.localization import Localization, checked_threshold, upscaled
from avsl.localizer import Localizer
from avsl.metrics import areas_at, auc, ciou, iou, rasterise, success
from avsl.metrics.overlap import Areas
from avsl.metrics.video import true_negative_moment
from avsl.progress import Progress, no_progress, part
from avsl.storage import storage_errors, whole
from avsl.variants import Variant, VariantCard, load
from avsl.variants.frames import FrameFeatures
from avsl.variants.fused import FusedVariant
from avsl.variants.image_audio import ImageAudioVariant

FEWEST = 2
LOADED = 0.1  # of the work, when the variants are there
MAPS_AT_ONCE = 32
LOOKING = (ImageAudioVariant, FusedVariant)  # they keep what they see


@dataclass(frozen=True)
class Cost:
    """What one variant took. Alone it would have taken ``seconds + spared_s``; the first network
    that a process runs also pays for the start of torch.
    """

    seconds: float  # spent in it here
    spared_s: float  # not spent, since another with the same eye had looked at the frames
    images: int  # that it encoded here; 0 where another had, and for a variant without a network
    weights_bytes: int  # of its network in memory, 0 where it has none; the work needs more


@dataclass(frozen=True, eq=False)
class Entrant:
    """One variant of a comparison."""

    name: str  # its card's, with a number where two are called the same
    card: VariantCard
    localization: Localization
    cost: Cost


@dataclass(frozen=True, eq=False)
class Comparison:
    """V variants at the same T moments of one clip."""

    entrants: tuple[Entrant, ...]  # (V,), as they were asked for
    map_rate_hz: float
    notes: tuple[str, ...]  # on the comparison; those on each variant are its localization's

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(entrant.name for entrant in self.entrants)

    @property
    def times_s(self) -> np.ndarray:
        """(T,) float64, rising."""
        return self.entrants[0].localization.times_s


def compare(
    clip: Clip,
    variants: Sequence[str | Variant],
    map_rate_hz: float | None = None,
    progress: Progress = no_progress,
) -> Comparison:
    """Run ``variants``, names or loaded ones, over ``clip`` at the same moments.

    ``map_rate_hz`` None: the lowest of their own rates, at which every one of them is at home and
    none does more than it would alone. Those that look with the same eye share what it makes of
    the frames. Raises :class:`SettingError` for fewer than two, and what loading and
    :meth:`Localizer.run` raise.
    """
    if len(variants) < FEWEST:
        raise SettingError("A comparison needs two variants or more; choose another one.")
    loaded = _loaded(variants, part(progress, 0.0, LOADED))
    rate_hz = map_rate_hz or min(variant.card.map_rate_hz for variant in loaded)
    names = _told_apart([variant.card.name for variant in loaded])
    frames = FrameFeatures()
    entrants = []
    with _sharing(loaded, frames):
        for index, (name, variant) in enumerate(zip(names, loaded, strict=True)):
            start, end = (LOADED + (1 - LOADED) * (index + k) / len(loaded) for k in (0, 1))
            told = _named(name, part(progress, start, end))
            entrants.append(_entrant(name, variant, clip, rate_hz, frames, told))
    return Comparison(tuple(entrants), rate_hz, _notes(map_rate_hz, rate_hz))


def _loaded(variants: Sequence[str | Variant], progress: Progress) -> list[Variant]:
    loaded: list[Variant] = []
    for index, each in enumerate(variants):
        told = part(progress, index / len(variants), (index + 1) / len(variants))
        told(0.0, f"loading {each}" if isinstance(each, str) else "loading")
        loaded.append(load(each, told) if isinstance(each, str) else each)
    return loaded


def _told_apart(names: list[str]) -> list[str]:
    """Numbers behind those that occur again."""
    seen: dict[str, int] = {}
    apart = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        apart.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return apart


@contextmanager
def _sharing(variants: list[Variant], frames: FrameFeatures) -> Iterator[None]:
    """Within, image-audio variants keep what they see in ``frames`` instead of in their own."""
    looking = [variant for variant in variants if isinstance(variant, LOOKING)]
    own = [variant.frames for variant in looking]
    for variant in looking:
        variant.frames = frames
    try:
        yield
    finally:
        for variant, kept in zip(looking, own, strict=True):
            variant.frames = kept


def _entrant(
    name: str,
    variant: Variant,
    clip: Clip,
    rate_hz: float,
    frames: FrameFeatures,
    progress: Progress,
) -> Entrant:
    encoded, weights_bytes, known_s = frames.encoded, 0, 0.0
    if isinstance(variant, LOOKING):
        weights_bytes, known_s = variant.weights_bytes, frames.seconds(variant.eye_key)
    found = Localizer(variant).run(clip, rate_hz, progress)
    images = frames.encoded - encoded
    cost = Cost(found.provenance.seconds, 0.0 if images else known_s, images, weights_bytes)
    return Entrant(name, variant.card, found, cost)


def _named(name: str, progress: Progress) -> Progress:
    return lambda fraction, stage: progress(fraction, f"{name}: {stage}")


def _notes(asked_hz: float | None, rate_hz: float) -> tuple[str, ...]:
    if asked_hz:
        return ()
    return (f"All were run at {rate_hz:g} moments a second, the lowest of their own rates.",)


# Where they agree.


class Agreement(IntEnum):
    """Who marks a place, of two variants."""

    NEITHER = 0
    FIRST = 1
    SECOND = 2
    BOTH = 3


def agreement(
    first: Localization, second: Localization, index: int, threshold: float | None = None
) -> np.ndarray:
    """:class:`Agreement` at every place at one moment: uint8 (h, w) of the clip's grid.

    Each at its own threshold, or both at ``threshold``.
    """
    of_first, of_second = (region(found, index, threshold) for found in (first, second))
    return of_first * np.uint8(Agreement.FIRST) + of_second * np.uint8(Agreement.SECOND)


@dataclass(frozen=True, eq=False)
class Overlap:
    """How far what V variants show at T moments agrees."""

    areas: np.ndarray  # (V, T) float64: the share of the frame that each marks
    ious: np.ndarray  # (V, V, T) float64 in [0, 1]; 1 where both mark nothing, 0 where one does

    @property
    def mean(self) -> np.ndarray:
        """(V, V): over the moments at which both mark something, so that agreeing on nothing
        counts for nothing; nan where there is no such moment.
        """
        shows = self.areas > 0
        both = shows[:, None] & shows[None]
        count = both.sum(-1)
        total = np.where(both, self.ious, 0.0).sum(-1)
        return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def overlap(comparison: Comparison, threshold: float | None = None) -> Overlap:
    """Of every two variants at every moment, each at its own threshold or all at ``threshold``."""
    found = [entrant.localization for entrant in comparison.entrants]
    count, moments = len(found), len(comparison.times_s)
    rows, columns = np.triu_indices(count)
    areas, ious = np.zeros((count, moments)), np.zeros((count, count, moments))
    for index in range(moments):
        regions = torch.from_numpy(np.stack([region(each, index, threshold) for each in found]))
        areas[:, index] = regions.double().mean((1, 2))
        ious[rows, columns, index] = ious[columns, rows, index] = iou(
            regions[rows], regions[columns]
        )
    return Overlap(areas, ious)


def equal_verdicts(comparison: Comparison) -> np.ndarray:
    """(V, V) in [0, 1]: at which share of the moments two variants say the same."""
    said = np.array([entrant.localization.verdicts for entrant in comparison.entrants])
    return (said[:, None] == said[None]).mean(-1)


# Who is right, where that is known.


@dataclass(frozen=True, eq=False)
class Rightness:
    """What one variant shows against the truth, by :mod:`avsl.metrics`; in [0, 1]."""

    name: str
    overlaps: np.ndarray  # (M,) float64: consensus IoU; nan where nothing in view sounds
    ciou: float  # their mean; nan where there are none, as the two below
    success: float  # share of them that reach 0.5
    auc: float
    dark: float  # share of the moments without truth at which nothing is shown; nan: none


def against_truth(
    comparison: Comparison,
    truth: np.ndarray,
    moments: Sequence[int] | None = None,
    threshold: float | None = None,
) -> tuple[Rightness, ...]:
    """Every variant's shown maps against the truth.

    ``moments``: the indices of the M moments at which the truth is known; None: all T of them.
    ``truth``: masks (M, H, W) in [0, 1] at these, one (H, W) for all, or one box (4,) x0, y0, x1,
    y1 in the clip's pixels for all. Raises :class:`SettingError` for any other shape.
    """
    found = comparison.entrants[0].localization
    known = range(len(found.times_s)) if moments is None else moments
    masks = _masks(np.asarray(truth), len(known), found.width, found.height)
    return tuple(_rightness(entrant, masks, known, threshold) for entrant in comparison.entrants)


def _masks(truth: np.ndarray, moments: int, width: int, height: int) -> torch.Tensor:
    """(T, H, W); what holds for all moments is not copied."""
    if truth.shape == (4,):
        one = rasterise([truth / [width, height, width, height]])
        return one.expand(moments, -1, -1)
    if truth.ndim == 2:
        return torch.as_tensor(truth).expand(moments, -1, -1)
    if truth.ndim == 3 and len(truth) == moments:
        return torch.as_tensor(truth)
    raise SettingError(
        f"The truth has the shape {truth.shape}. It must be one mask for each of the {moments} "
        f"moments ({moments}, height, width), one mask (height, width) or one box (4,)."
    )


def _rightness(
    entrant: Entrant, truth: torch.Tensor, moments: Sequence[int], threshold: float | None
) -> Rightness:
    level = entrant.localization.threshold if threshold is None else checked_threshold(threshold)
    areas = _areas(entrant.localization, truth, moments, level)
    sounding = areas.truth > 0
    overlaps = torch.where(sounding, ciou(areas), torch.nan)
    heard = overlaps[sounding]
    dark = true_negative_moment(areas.of(~sounding))
    means = (_mean(values) for values in (heard, success(heard), auc(heard), dark))
    return Rightness(entrant.name, overlaps.numpy(), *means)


def _areas(
    found: Localization, truth: torch.Tensor, moments: Sequence[int], threshold: float
) -> Areas:
    """A few maps at a time, since each is brought to the truth's size."""
    height, width = truth.shape[1:]
    levels, parts = torch.tensor([threshold], dtype=torch.float64), []
    for start in range(0, len(truth), MAPS_AT_ONCE):
        some = slice(start, start + MAPS_AT_ONCE)
        maps = np.stack([upscaled(found.shown(index), width, height) for index in moments[some]])
        parts.append(areas_at(torch.from_numpy(maps), truth[some], levels).at(0))
    return Areas(
        *(torch.cat([getattr(each, n) for each in parts]) for n in ("hit", "stray", "truth"))
    )


def _mean(values: torch.Tensor) -> float:
    return float(values.mean()) if len(values) else float("nan")


# To take away.


def moments_table(comparison: Comparison, threshold: float | None = None) -> list[list[str]]:
    """A heading and a row a moment: each variant's verdict, confidence and marked share of the
    frame, and the IoU of every two.
    """
    pairs = list(combinations(range(len(comparison.entrants)), 2))
    names = comparison.names
    facts = [f"{name}_{fact}" for name in names for fact in ("verdict", "confidence", "area")]
    heading = ["time_s", *facts, *(f"iou_{names[a]}_{names[b]}" for a, b in pairs)]
    found = overlap(comparison, threshold)
    rows = [heading]
    for index, time_s in enumerate(comparison.times_s):
        row = [f"{time_s:.3f}"]
        for entrant, areas in zip(comparison.entrants, found.areas, strict=True):
            said = entrant.localization
            row += [str(said.verdicts[index]), f"{said.confidence[index]:.3f}"]
            row.append(f"{areas[index]:.4g}")
        rows.append([*row, *(f"{found.ious[a, b, index]:.4g}" for a, b in pairs)])
    return rows


def moments_csv(comparison: Comparison, path: Path | str, threshold: float | None = None) -> None:
    """:func:`moments_table` as a file; :class:`avsl.errors.StorageError` if it can't be written."""
    path = Path(path)
    with (
        storage_errors(path.parent),
        whole(path) as place,
        open(place, "w", newline="", encoding="utf-8") as file,
    ):
        csv.writer(file).writerows(moments_table(comparison, threshold))
