"""Small pieces of the Studio tabs as HTML: every word in them is escaped."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from math import isnan

from avsl.compare import Agreement, Comparison, Overlap, Rightness
from avsl.localization import Localization
from avsl.ui.studio import copy
from avsl.ui.studio.agreeing import MARKS, RGB, Shared
from avsl.ui.views import data_url, dot, hint


@dataclass(frozen=True)
class Picture:
    """One of several beside each other."""

    jpeg: bytes
    title: str
    under: str  # HTML below the title
    text: str  # for those who do not see it


def figures(pictures: Iterable[Picture], many: bool = False) -> str:
    """Pictures beside each other; ``many`` are smaller."""
    each = "".join(
        f'<figure><img src="{data_url(each.jpeg, "jpeg")}" alt="{escape(each.text)}">'
        f"<figcaption><b>{escape(each.title)}</b>{each.under}</figcaption></figure>"
        for each in pictures
    )
    return f'<div class="avsl-figures{" many" if many else ""}">{each}</div>'


def variant_picture(
    name: str, found: Localization, index: int, jpeg: bytes, threshold: float | None
) -> Picture:
    """One moment as a variant shows it."""
    level = found.threshold if threshold is None else threshold
    verdict = found.verdicts[index]
    places = [region.where for region in found.regions(index, level)]
    where = f": {', '.join(dict.fromkeys(places))}" if places else ""
    under = (
        f"<span>{dot(verdict)}{escape(verdict.value + where)}</span>"
        f"<small>{escape(copy.panel_threshold(level))}</small>"
    )
    text = copy.figure_words(name, verdict.value, places, float(found.times_s[index]))
    return Picture(jpeg, name, under, text)


def sound_picture(title: str, found: Localization, index: int, jpeg: bytes) -> Picture:
    """One moment with one sound; what is shown counts, not the verdict."""
    places = [region.where for region in found.regions(index)]
    said = ", ".join(dict.fromkeys(places)) or copy.NOTHING_SHOWN
    text = copy.figure_words(title, said, [], float(found.times_s[index]))
    return Picture(jpeg, title, f"<span>{escape(said)}</span>", text)


def agreement(jpeg: bytes, found: Shared, names: tuple[str, str], time_s: float) -> Picture:
    """Where two variants agree at one moment, with its legend."""
    words = copy.agreement_words(time_s, found.shares, names)
    titles = (*map(copy.only, names), copy.BOTH)
    iou = copy.iou_words(found.shares)
    chips = "".join(
        f'<li><i class="mark {mark.name.lower()}"></i>{escape(title)} <b>{share:.1%}</b></li>'
        for mark, title, share in zip(MARKS, titles, found.shares, strict=True)
    )
    return Picture(jpeg, copy.AGREEMENT, f"<small>{iou}</small><ul>{chips}</ul>", words)


def marks_css() -> str:
    """The legend's swatches, in the colours of the picture."""
    first, second, both = (f"rgb{RGB[mark]}" for mark in MARKS)
    stripes = "repeating-linear-gradient({}, {} 0 3px, #333 3px 6px)"
    rules = {
        Agreement.FIRST: stripes.format("135deg", first),
        Agreement.SECOND: stripes.format("45deg", second),
        Agreement.BOTH: both,
    }
    return "".join(
        f".avsl-figures .{mark.name.lower()} {{ background: {rule}; }}\n"
        for mark, rule in rules.items()
    )


def costs(comparison: Comparison, areas: Overlap, threshold: float | None) -> str:
    """What every variant took, and for how long it marks something."""
    rows = []
    for entrant, area in zip(comparison.entrants, areas.areas, strict=True):
        found, cost = entrant.localization, entrant.cost
        level = found.threshold if threshold is None else threshold
        weights = f"{cost.weights_bytes / 1e6:.1f} MB" if cost.weights_bytes else copy.NO_NETWORK
        share = float((area > 0).mean())
        sums = (f"{level:.2f}", f"{share:.0%}", f"{cost.seconds:.1f} s", f"{cost.spared_s:.1f} s")
        rows.append((entrant.name, *sums, f"{cost.images}", weights))
    return table(copy.TABLE, copy.TABLE_COLUMNS, rows) + hint(copy.TABLE_HINT)


def rightness(
    told: Sequence[Rightness],
    title: str = copy.TRUTH_TABLE,
    under: str = copy.TRUTH_HINT,
    unknown: str = copy.TRUTH_UNKNOWN,
) -> str:
    """Who is right, where that is known; the best of each column is marked."""
    if not told:
        return hint(unknown)
    numbers = [(each.ciou, each.success, each.auc, each.dark) for each in told]
    columns = zip(*numbers, strict=True)
    best = [max((n for n in column if not isnan(n)), default=0) for column in columns]
    rows = [
        (each.name, *(_scored(n, top, len(told)) for n, top in zip(row, best, strict=True)))
        for each, row in zip(told, numbers, strict=True)
    ]
    return table(title, copy.TRUTH_COLUMNS, rows, raw=True) + hint(under)


def _scored(value: float, best: float, among: int) -> str:
    if isnan(value):
        return copy.UNDEFINED
    words = f"{value:.2f}"
    return f"<b>{words}</b>" if among > 1 and value >= best > 0 else words


def pairs(comparison: Comparison, agreed: Overlap, equal: Sequence[Sequence[float]]) -> str:
    """Mean IoU of every two, and beside it how often they say the same."""
    names = comparison.names
    rows = [
        (
            name,
            *(
                "<span class=none>·</span>" if a == b else _pair(agreed.mean[a, b], equal[a][b])
                for b in range(len(names))
            ),
        )
        for a, name in enumerate(names)
    ]
    return table(copy.PAIRS, (copy.IOU, *names), rows, raw=True) + hint(copy.PAIRS_HINT)


def _pair(iou: float, same: float) -> str:
    mean = copy.NEVER if isnan(iou) else f"{iou:.2f}"
    return f"<b>{escape(mean)}</b><small>{same:.0%}</small>"


def table(
    caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]], raw: bool = False
) -> str:
    """A table whose first column names its rows; ``raw`` cells but the first are HTML."""
    top = "".join(f'<th scope="col">{escape(head)}</th>' for head in heads)
    body = "".join(
        f'<tr><th scope="row">{escape(name)}</th>'
        + "".join(f"<td><span>{cell if raw else escape(cell)}</span></td>" for cell in cells)
        + "</tr>"
        for name, *cells in rows
    )
    return (
        f'<div class="avsl-table plain" role="region" tabindex="0" aria-label="{escape(caption)}">'
        f"<table><caption>{escape(caption)}</caption><thead><tr>{top}</tr></thead>"
        f"<tbody>{body}</tbody></table></div>"
    )
