"""The numbers of a model card: one table to see at a glance, and all of them to unfold."""

from collections.abc import Iterator
from math import isnan

from avsl.benchmark import Results, Row
from avsl.benchmark_words import metric_words, protocol_words

NONE = "No measured numbers come with these weights."
HOW_TO_READ = (
    "Brackets are 95 % bootstrap intervals. N is the cases found and scored of those the set has: "
    "numbers on fewer are not comparable with those on all. Other columns are there to compare "
    "with (all of theirs are in results.json): a number that the picture's centre reaches as well "
    "says nothing for a network."
)


def numbers(results: Results | None, name: str) -> str:
    """The section of the variant ``name``, in Markdown."""
    if results is None or not results.rows:
        return f"## Numbers\n\n{NONE}\n"
    lines = ["## Numbers\n", *_overview(results, name), HOW_TO_READ, "", *_made(results, name), ""]
    for set_ in _sets(results, name):
        lines += _unfolded(results, name, set_)
    return "\n".join([*lines, *_glossary(results, name)])


def leading(results: Results | None, name: str) -> list[Row]:
    """For each set the variant's first number, which is the one that the set is known for."""
    first: dict[str, Row] = {}
    for row in results.rows if results else []:
        if row.variant == name:
            first.setdefault(row.set, row)
    return list(first.values())


def is_number(row: Row) -> bool:
    return not isnan(row.score.value)


def _sets(results: Results, name: str) -> list[str]:
    return list(dict.fromkeys(row.set for row in results.rows if row.variant == name))


def _overview(results: Results, name: str) -> Iterator[str]:
    others = dict.fromkeys(row.variant for row in results.rows if row.variant != name)
    columns = ["set", "protocol, metric", f"**{name}**", *others, "N"]
    yield _line(columns)
    yield _line(["---"] * len(columns))
    for lead in leading(results, name):
        same = {row.variant: row for row in reversed(results.rows) if _key(row) == _key(lead)}
        values = [_value(same[each]) if each in same else "" for each in (name, *others)]
        score = lead.score
        count = f"{score.found} of {score.expected}"
        yield _line([lead.set, f"{score.protocol}, {score.metric}", *values, count])
    yield ""


def _key(row: Row) -> tuple[str, str, str, str]:
    return row.set, row.score.protocol, row.score.metric, row.score.rule


def _made(results: Results, name: str) -> Iterator[str]:
    made = results.made
    how = ", ".join(made[key] for key in ("when", "device") if key in made)
    if "command" in made:
        yield f"Measured with `{made['command']}`{f' ({how})' if how else ''}."
    others = {row.variant for row in results.rows if row.variant != name}
    for note in made.get("notes", "").splitlines():
        about = note.partition(":")[0].rpartition(", ")[2]
        if about not in others:
            yield note


def _unfolded(results: Results, name: str, set_: str) -> Iterator[str]:
    """All of the variant's own numbers on one set."""
    yield f"<details><summary>All numbers on {set_}</summary>\n"
    yield f"{results.sets.get(set_, '')}\n"
    yield "| protocol | metric | value | N | threshold, chosen by |"
    yield "|---|---|---|---|---|"
    for row in results.rows:
        if (row.set, row.variant) == (set_, name):
            yield _line(_cells(row))
    yield "\n</details>\n"


def _glossary(results: Results, name: str) -> Iterator[str]:
    """What the protocols and metrics ask, each said once."""
    scores = [row.score for row in results.rows if row.variant == name]
    meant: dict[str, list[str]] = {}
    for each in dict.fromkeys(score.protocol for score in scores):
        meant.setdefault(protocol_words(each), []).append(each)
    for each in dict.fromkeys(score.metric for score in scores):
        if words := metric_words(each):
            meant.setdefault(f"{words}.", []).append(each)
    yield "<details><summary>What the protocols and metrics ask</summary>\n"
    for words, names in meant.items():
        yield f"- {', '.join(names)}: {words}"
    yield "\n</details>\n"


def _cells(row: Row) -> list[str]:
    score = row.score
    threshold = "" if score.threshold is None else f"{score.threshold:.3g}, "
    found = f"{score.found} of {score.expected}"
    chosen = threshold + (score.rule or "none")
    return [score.protocol, score.metric, _value(row), found, chosen]


def _value(row: Row) -> str:
    score = row.score
    if not is_number(row):
        return "undefined"
    between = "" if isnan(score.low) else f" [{score.low:.1f}, {score.high:.1f}]"
    return f"{score.value:.2f} {score.unit}{between}"


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(map(_plain, cells))} |"


def _plain(cell: str) -> str:
    """What would end a cell of a table is replaced."""
    return cell.replace("|", "/")
