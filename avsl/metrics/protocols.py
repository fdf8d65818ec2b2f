"""Every protocol as scores: the maps of a variant on a set go in, named numbers come out.

One function for each kind of set. All of them score the test maps only; validation maps, where
there are any, choose the absolute threshold. The threshold that is best on the test maps themselves
is always given too, as the papers do, under a rule that says so. ``fixed`` adds thresholds known
beforehand. Intervals hold the threshold: they tell what other cases would change, not what another
choice would.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from avsl.metrics.bootstrap import weighted_mean
from avsl.metrics.cuts import Cut, Picker, absolute_cuts, adaptive_cut, median_cut
from avsl.metrics.extended import ap, max_f1, precision_recall, top_quarter
from avsl.metrics.interactive import iauc, iiou, weakest
from avsl.metrics.judged import Judged
from avsl.metrics.multisource import frame_means, piap, pixel_ap
from avsl.metrics.negative import auc_n, pia
from avsl.metrics.overlap import OVERLAPS, Areas, auc, ciou, success, success_curve
from avsl.metrics.score import Score
from avsl.metrics.segmentation import f_measure, frame_f, frame_iou
from avsl.metrics.sheet import Sheet
from avsl.metrics.thresholds import SWEEP, best, best_on_average
from avsl.metrics.video import lit, on_off, true_negative_moment

Fixed = tuple[float, ...]
MOST_POINTS = 200  # of a curve over confidences


class Line(NamedTuple):
    """A line to plot."""

    protocol: str
    x_name: str
    y_name: str
    x: list[float]
    y: list[float]


def single(judged: Judged, fixed: Fixed = ()) -> list[Score]:
    """cIoU (success at 0.5) and AUC by sweep, median and adaptive threshold.

    A case without any truth (VGG-SS has two, whose boxes are broken) counts as a failure, as it
    does upstream.
    """
    located = ~judged.empty
    scored = ~judged.validation
    cuts = [*absolute_cuts(judged, located, fixed), median_cut(judged), adaptive_cut(judged)]
    return [
        score
        for cut in cuts
        for score in _success(Sheet(judged, cut.protocol, scored), cut, ("cIoU", "AUC"))
    ]


def extended(judged: Judged, fixed: Fixed = ()) -> list[Score]:
    """AP, max-F1 and LocAcc with confidences; pIA and AUC_N where nothing in view is heard."""
    test = ~judged.validation
    confidence = _confidence(judged)[test]
    cuts = [*absolute_cuts(judged, judged.sounding, fixed), median_cut(judged)]
    scores = []
    for cut in cuts:
        scores += _detection(judged, cut, confidence)
        heard = Sheet(judged, "extended", test & judged.sounding)
        right = success(ciou(cut.areas.of(heard.scored)))
        scores.append(heard.mean(cut, "LocAcc", right))
    return scores + _negative(judged, [cut for cut in cuts if cut.absolute])


def segmentation(judged: Judged, fixed: Fixed = (0.5,)) -> list[Score]:
    """mIoU at absolute thresholds, exceeded as upstream, and F over 255 thresholds."""
    sheet = Sheet(judged, "segmentation", ~judged.validation)
    everything = torch.ones_like(judged.validation)

    def best_miou(areas: Areas) -> int:
        return int(frame_iou(areas, judged.pixels).mean(0).argmax())

    scores = [
        sheet.mean(cut, "mIoU", frame_iou(cut.areas.of(sheet.scored), judged.pixels))
        for cut in absolute_cuts(judged, everything, fixed, best_miou, strict=True)
    ]
    return [*scores, _f_score(judged)]


def interactive(judged: Judged, fixed: Fixed = ()) -> list[Score]:
    """IIoU and IAUC: pictures whose every sound is found; *Adaptive* by the size of the truth."""
    located = ~judged.empty
    sheet = Sheet(judged, "interactive", located & ~judged.validation)
    cuts = [*absolute_cuts(judged, located, fixed), median_cut(judged), adaptive_cut(judged)]
    scores = []
    for cut in cuts:
        overlap = ciou(cut.areas.of(sheet.scored))
        _, pictures = weakest(overlap, sheet.groups)
        suffix = " Adaptive" if cut.protocol == "adaptive" else ""
        scores += [
            sheet.mean(cut, "IIoU" + suffix, iiou(overlap, sheet.groups), pictures),
            sheet.mean(cut, "IAUC" + suffix, iauc(overlap, sheet.groups), pictures),
        ]
    return scores


def multi(judged: Judged, fixed: Fixed = ()) -> list[Score]:
    """CIoU@0.3, CIoU@0.5, AUC, CAP and PIAP of the sources of a mixture, each given its own sound.

    "frame-wise" a frame is one case, "source-wise" a source is; "mixture" is the map of all sounds
    at once against the union of their sources.
    """
    located = ~judged.empty
    alone, mixed = located & ~judged.mixture, located & judged.mixture
    frames = Sheet(judged, "frame-wise", alone & ~judged.validation)
    sources = Sheet(judged, "source-wise", frames.scored)
    union = Sheet(judged, "mixture", mixed & ~judged.validation)
    scores = []
    for cut in [*absolute_cuts(judged, alone, fixed), median_cut(judged)]:
        overlap = ciou(cut.areas.of(frames.scored))
        scores += _rates(frames, cut, *frame_means(overlap, frames.groups))
        scores += _rates(sources, cut, overlap, sources.groups)
    for cut in [*absolute_cuts(judged, mixed, fixed), median_cut(judged)]:
        scores += _rates(union, cut, ciou(cut.areas.of(union.scored)), union.groups)
    return scores + _precisions(frames, sources, union)


def video(judged: Judged, fixed: Fixed = ()) -> list[Score]:
    """AVATAR's CIoU (mean), AUC and TN% for each scenario and in all, and on/off agreement.

    ``labels`` are the scenarios, "" is none; moments of a clip share a case or a group, and
    intervals are over these. Thresholds are chosen for the mean ciou, AVATAR's CIoU.
    """
    located = ~judged.empty
    test = ~judged.validation
    scenarios = sorted({label for label in judged.labels if label})
    parts = {"video": test, **{f"video {name}": test & judged.labelled(name) for name in scenarios}}
    return [
        score
        for cut in absolute_cuts(judged, located, fixed or _fallback(judged), best_on_average)
        for name, part in parts.items()
        for score in _moments(judged, cut, name, part)
    ]


def negative(judged: Judged, fixed: Fixed = (0.5,)) -> list[Score]:
    """pIA and AUC_N of the maps whose truth is empty, in all and by label ("silence")."""
    return _negative(judged, absolute_cuts(judged, ~judged.empty, fixed))


def curves(judged: Judged, pick: Picker = best) -> list[Line]:
    """Success over overlap, cIoU over map threshold, and precision over recall where it applies.

    ``pick``: how the kind of set chooses its threshold, :func:`best_on_average` for videos.
    """
    located = ~judged.empty
    scored = located & ~judged.validation
    if not scored.any():
        return []
    rules = [*absolute_cuts(judged, located, (), pick), median_cut(judged), adaptive_cut(judged)]
    lines = [
        Line(cut.rule, "overlap", "success", OVERLAPS.tolist(), _listed(_curve(cut, scored)))
        for cut in rules
    ]
    rates = success(ciou(judged.swept.of(scored))).mean(0)
    lines.append(Line("sweep", "map threshold", "cIoU", SWEEP.tolist(), _listed(rates)))
    return lines + _precision_line(judged, rules[0])


def _success(sheet: Sheet, cut: Cut, names: tuple[str, str]) -> list[Score]:
    overlap = ciou(cut.areas.of(sheet.scored))
    return [
        sheet.mean(cut, names[0], success(overlap)),
        sheet.mean(cut, names[1], auc(overlap)),
    ]


def _rates(sheet: Sheet, cut: Cut, overlap: Tensor, groups: Tensor) -> list[Score]:
    return [
        sheet.mean(cut, "CIoU@0.3", success(overlap, 0.3), groups),
        sheet.mean(cut, "CIoU@0.5", success(overlap, 0.5), groups),
        sheet.mean(cut, "AUC", auc(overlap), groups),
    ]


def _precisions(frames: Sheet, sources: Sheet, union: Sheet) -> list[Score]:
    judged = frames.judged
    maps, truth = judged.maps[frames.scored], judged.truth[frames.scored]
    ids = frames.groups.unique()
    whole = pixel_ap(judged.maps[union.scored], judged.truth[union.scored])
    alone = pixel_ap(maps, truth)
    return [
        frames.mean(None, "CAP", frame_means(alone, frames.groups)[0], ids),
        frames.mean(None, "PIAP", piap(maps, truth, frames.groups), ids),
        sources.mean(None, "AP", alone),
        union.mean(None, "AP", whole),
    ]


def _confidence(judged: Judged) -> Tensor:
    """As given, and where none was given the two-stream rule."""
    given = judged.confidence.double()
    missing = given.isnan()
    if missing.any():
        given = given.clone()
        given[missing] = top_quarter(judged.maps[missing]).double()
    return given


def _detection(judged: Judged, cut: Cut, confidence: Tensor) -> list[Score]:
    sheet = Sheet(judged, "extended", ~judged.validation)
    right = ciou(cut.areas.of(sheet.scored)) >= 0.5
    sounding = judged.sounding[sheet.scored]
    if not len(right):
        return []
    return [
        sheet.statistic(
            cut,
            name,
            float(measure(right, sounding, confidence)),
            lambda drawn, measure=measure: measure(right, sounding, confidence, drawn),
        )
        for name, measure in (("AP", ap), ("max-F1", max_f1))
    ]


def _negative(judged: Judged, cuts: list[Cut]) -> list[Score]:
    silent = judged.empty & ~judged.validation
    names = sorted({judged.labels[at] for at in silent.nonzero().flatten().tolist()} - {""})
    parts = {"negative": silent}
    if len(names) > 1:
        parts |= {f"negative {name}": silent & judged.labelled(name) for name in names}
    scores = []
    for cut in cuts if silent.any() else []:
        for protocol, part in parts.items():
            sheet = Sheet(judged, protocol, part)
            marked = pia(cut.areas.of(part), judged.pixels)
            scores.append(sheet.mean(cut, "pIA", marked))
            scores.append(sheet.mean(cut, "AUC_N", auc_n(marked)))
    return scores


def _moments(judged: Judged, cut: Cut, protocol: str, part: Tensor) -> list[Score]:
    sheet = Sheet(judged, protocol, part)
    heard = Sheet(judged, protocol, part & ~judged.empty)
    silent = Sheet(judged, protocol, part & judged.empty)
    overlap = ciou(cut.areas.of(heard.scored))
    dark = cut.areas.of(silent.scored)
    scores = []
    if heard.scored.any():
        scores += [heard.mean(cut, "CIoU", overlap), *_success(heard, cut, ("cIoU", "AUC"))]
    if silent.scored.any():
        scores.append(silent.mean(cut, "TN%", true_negative_moment(dark)))
        scores.append(silent.mean(cut, "TN% area", 1 - pia(dark, judged.pixels)))
    if heard.scored.any() and silent.scored.any():
        marked, sounding = lit(cut.areas.of(part)), ~judged.empty[part]
        value = float(on_off(marked, sounding))
        scores.append(
            sheet.statistic(cut, "on/off", value, lambda drawn: on_off(marked, sounding, drawn))
        )
    return scores


def _f_score(judged: Judged) -> Score:
    sheet = Sheet(judged, "segmentation", ~judged.validation & ~judged.empty)
    per_frame = frame_f(judged.maps[sheet.scored], judged.truth[sheet.scored])
    value = f_measure(per_frame)
    return sheet.statistic(
        None, "F", value, lambda drawn: weighted_mean(per_frame, drawn).max(1).values
    )


def _fallback(judged: Judged) -> Fixed:
    """A set without anything to locate has nothing to choose a threshold on."""
    return (0.5,) if judged.empty.all() else ()


def _curve(cut: Cut, scored: Tensor) -> Tensor:
    return success_curve(ciou(cut.areas.of(scored)))


def _precision_line(judged: Judged, cut: Cut) -> list[Line]:
    test = ~judged.validation
    sounding = judged.sounding[test]
    if sounding.all():
        return []
    confidence = _confidence(judged)[test]
    right = ciou(cut.areas.of(test)) >= 0.5
    steps = confidence.sort().values.flip(0)
    steps = steps[:: len(steps) // MOST_POINTS + 1]
    precision, recall = precision_recall(right, sounding, confidence, steps)
    return [Line("extended", "recall", "precision", recall.tolist(), precision.tolist())]


def _listed(values: Tensor) -> list[float]:
    return (100 * values).tolist()
