"""The Benchmark tab's HTML: tables, cases, how it was made. Every word from a file is escaped."""

import base64
import math
from collections.abc import Sequence
from html import escape

from avsl.benchmark import CaseScore, Results
from avsl.benchmark_words import metric_words, protocol_words
from avsl.metrics.score import Score
from avsl.ui import copy
from avsl.ui.benchmark.figures import ALL, Choice, Column, Figure, leading, table_csv
from avsl.ui.benchmark.source import Source
from avsl.ui.views import hint


def empty() -> str:
    """No results yet, and the command that makes some."""
    return (
        f'<div class="avsl-message calm" role="status"><h2>{escape(copy.NO_RESULTS_TITLE)}</h2>'
        f"<p>{escape(copy.NO_RESULTS)}<code>{escape(copy.BENCHMARK_COMMAND)}</code></p></div>"
    )


def shown(source: Source) -> str:
    """Which file is shown, and that its pictures are not, where they are not."""
    own = source.folder is not None
    words = copy.shown_results(
        "" if own else source.name, source.results.made.get("when", "").partition("T")[0]
    )
    return hint(words if own else f"{words} {copy.NO_PICTURES}")


def about(results: Results, choice: Choice) -> str:
    """What the set is, what the protocol asks, what the metric says."""
    rows = {
        choice.set: results.sets.get(choice.set, ""),
        choice.protocol: protocol_words(choice.protocol),
        choice.metric: _opened(metric_words(choice.metric)),
    }
    lines = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(words)}</dd></div>"
        for name, words in rows.items()
        if words
    )
    return f'<dl class="avsl-asked">{lines}</dl>'


def _opened(words: str) -> str:
    """As a sentence: unlike ``str.capitalize`` it leaves "IoU" as it is."""
    return f"{words[0].upper()}{words[1:]}." if words else ""


def table(columns: list[Column], choice: Choice) -> str:
    """Variants by columns, sorted by the chosen metric; a press on a header sorts anew."""
    first = leading(columns, choice)
    variants = dict.fromkeys(name for column in columns for name in column.figures)
    heads = "".join(_head(column, choice, column is first) for column in columns)
    best = [column.best() for column in columns]
    rows = "".join(
        f'<tr><th scope="row">{escape(variant)}</th>'
        + "".join(
            _cell(column, variant, variant in top)
            for column, top in zip(columns, best, strict=True)
        )
        + "</tr>"
        for variant in first.ordered(variants)
    )
    where = copy.ALL_SETS if choice.set == ALL else choice.set
    caption = f"{where}, {choice.protocol}" + (f", {choice.metric}" if choice.set == ALL else "")
    head = f"{_sortable(copy.VARIANT_COLUMN, 'ascending')}{heads}"
    return hint(copy.TABLE_HINT) + _table(caption, head, rows)


def _table(caption: str, heads: str, rows: str) -> str:
    return (
        f'<div class="avsl-table" role="region" tabindex="0" aria-label="{escape(caption)}">'
        f"<table><caption>{escape(caption)}</caption>"
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _head(column: Column, choice: Choice, sorted_by: bool) -> str:
    first = "ascending" if column.lower_is_better else "descending"
    title = column.set if choice.set == ALL else column.name
    return _sortable(title, first, metric_words(column.name), sorted_by)


def _sortable(title: str, first: str, words: str = "", sorted_by: bool = False) -> str:
    """A header to press; ``first`` is the direction of its first press."""
    tip = f"{_opened(words)} {copy.SORT_HINT}".lstrip()
    state = f' aria-sort="{first}"' if sorted_by else ""
    return (
        f'<th scope="col" data-first="{first}"{state}>'
        f'<button type="button" title="{escape(tip)}">{escape(title)}</button></th>'
    )


def _cell(column: Column, variant: str, best: bool) -> str:
    figure = column.figures.get(variant)
    if figure is None:
        tip = copy.nothing_asked(variant, column.set)
        return f'<td data-value="" title="{escape(tip)}"><span>{escape(copy.NOT_RUN)}</span></td>'
    score = figure.score
    value = "" if math.isnan(score.value) else f"{score.value!r}"
    number, unit = copy.amount(score.value, score.unit), score.unit if value else ""
    mark = f' <i class="best">{escape(copy.BEST)}</i>' if best else ""
    short = " class=short" if score.found < score.expected else ""
    between = copy.interval(score.low, score.high, score.unit) if value else ""
    return (
        f'<td data-value="{escape(value)}"><button type="button" title="{escape(words(figure))}" '
        f"{opens(figure)}><span><b>{escape(number)}</b> {escape(unit)}{mark}</span>"
        f"<small>{escape(between)}</small>"
        f"<small{short}>{escape(copy.counted(score.found, score.expected))}</small></button></td>"
    )


def opens(figure: Figure) -> str:
    """The attributes that let the page's script ask for a figure's cases."""
    return f'data-set="{escape(figure.set)}" data-variant="{escape(figure.variant)}"'


def words(figure: Figure) -> str:
    """A figure with everything needed to read it, for its tooltip."""
    whose = copy.cases_of(figure.variant, figure.set)
    asks = f"{figure.protocol}: {protocol_words(figure.protocol)}"
    return f"{whose}: {_fact(figure)} {asks} {copy.CASES_HINT}"


def value(score: Score) -> str:
    """A score with its unit and its interval."""
    if math.isnan(score.value):
        return copy.UNDEFINED
    between = copy.interval(score.low, score.high, score.unit)
    return f"{copy.amount(score.value, score.unit)} {score.unit} ({between})"


def _fact(figure: Figure) -> str:
    score = figure.score
    return (
        f"{figure.name} {value(score)}, {copy.counted(score.found, score.expected)}. "
        f"{copy.chosen_by(score.threshold, score.rule)}"
    )


def cases(source: Source, set_: str, variant: str, asked: Sequence[Figure]) -> str:
    """What figures rest on, and the best and worst cases of their variant on their set."""
    found = [each for each in source.results.cases if (each.set, each.variant) == (set_, variant)]
    found.sort(key=lambda each: -math.inf if math.isnan(each.value) else each.value, reverse=True)
    half = (len(found) + 1) // 2
    facts = "".join(f"<li>{escape(_fact(figure))}</li>" for figure in asked)
    parts = hint(copy.CASE_PARTS) if any(source.picture(each.picture) for each in found) else ""
    best = _shelf(copy.BEST_CASES, found[:half], source)
    worst = _shelf(copy.WORST_CASES, found[half:][::-1], source)
    return (
        f'<section class="avsl-cases"><h2 class="avsl-heading" tabindex="-1">'
        f"{escape(copy.cases_of(variant, set_))}</h2><ul>{facts}</ul>"
        f"{parts}{best}{worst}{'' if found else hint(copy.NO_CASES)}</section>"
    )


def _shelf(title: str, found: list[CaseScore], source: Source) -> str:
    if not found:
        return ""
    figures = "".join(_case(each, source) for each in found)
    return f'<h3>{escape(title)}</h3><div class="shelf">{figures}</div>'


def _case(case: CaseScore, source: Source) -> str:
    path = source.picture(case.picture)
    picture = f'<p class="missing">{escape(copy.NO_PICTURE_OF_CASE)}</p>'
    if path:
        data = base64.b64encode(path.read_bytes()).decode()
        alt = escape(copy.case_alt(case.label, case.id))
        picture = (
            '<button type="button" aria-expanded="false">'
            f'<img src="data:image/jpeg;base64,{data}" alt="{alt}"></button>'
        )
    small = f"<small>{escape(case.id)}, {escape(case.metric)}</small>"
    return (
        f'<figure class="case">{picture}<figcaption><b>{case.value:.2f}</b> '
        f"{escape(case.label)} {small}</figcaption></figure>"
    )


def costs(results: Results) -> str:
    """What every variant took on every set, folded away."""
    if not results.costs:
        return ""
    heads = "".join(_sortable(title, "ascending", sorted_by=False) for title in copy.COST_COLUMNS)
    rows = "".join(
        f'<tr><th scope="row">{escape(cost.set)}</th><td><span>{escape(cost.variant)}</span></td>'
        + "".join(
            f'<td data-value="{number!r}"><span>{number:,.{digits}f}</span></td>'
            for number, digits in (
                (cost.cases, 0),
                (cost.seconds, 1),
                (cost.seconds / max(cost.cases, 1), 3),
                (cost.peak_mb, 0),
            )
        )
        + "</tr>"
        for cost in results.costs
    )
    return _folded(copy.COSTS, _table(copy.ALL_SETS, heads, rows))


def made(results: Results) -> str:
    """When, with what and how the results were made, folded away."""
    lines = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(text)}</dd></div>"
        for name, text in results.made.items()
    )
    return _folded(copy.MADE, f'<dl class="avsl-asked">{lines}</dl>') if lines else ""


def _folded(title: str, body: str) -> str:
    return f'<details class="avsl-fold"><summary>{escape(title)}</summary>{body}</details>'


def downloads(source: Source) -> str:
    """The shipped results as links that carry the files themselves."""
    text = (source.folder / source.name).read_text(encoding="utf-8")
    return (
        f'<p class="avsl-hint">{escape(copy.DOWNLOADS)} '
        f"{_file('avsl-benchmark.json', 'application/json', text, copy.DOWNLOAD_JSON)}, "
        f"{_file('avsl-benchmark.csv', 'text/csv', table_csv(source.results), copy.DOWNLOAD_CSV)}"
        ".</p>"
    )


def _file(name: str, kind: str, text: str, title: str) -> str:
    data = base64.b64encode(text.encode()).decode()
    return f'<a download="{name}" href="data:{kind};base64,{data}">{escape(title)}</a>'
