"""The grid and the pressed pair as HTML: every word in them is escaped."""

from html import escape

import numpy as np

from avsl.clip import resized
from avsl.localization import Verdict
from avsl.swap import Swapped, Words
from avsl.swap_files import called, drawn
from avsl.ui.footage import encoded
from avsl.ui.studio.swapping import copy
from avsl.ui.studio.swapping.board import Board
from avsl.ui.studio.swapping.judging import Judged, judged, tally
from avsl.ui.views import data_url, hint

CELL_PX, LARGE_PX = 176, 640  # widths of a pair's picture in the grid and when pressed


def said(found: Swapped, row: int, column: int, unsure: bool) -> str:
    """Where one pair is shown, or that nothing is and why."""
    places = found.places(row, column, unsure)
    if places:
        return ", ".join(places)
    if found.verdict(row, column) is Verdict.SILENT:
        return copy.SILENT
    return copy.NOT_FOUND if isinstance(found.asked[column], Words) else copy.NOTHING


def grid(board: Board, pressed: tuple[int, int], unsure: bool) -> str:
    """Pictures by sounds as a table of buttons."""
    found = board.found
    heads = "".join(_head(board, column) for column in range(len(found.asked)))
    rows = "".join(_row(board, row, pressed, unsure) for row in range(len(found.stills)))
    return (
        f'<div class="avsl-table avsl-swap" role="region" aria-label="{escape(copy.GRID)}">'
        f'<table><caption>{escape(copy.GRID)}</caption><thead><tr><th scope="col">'
        f"{escape(copy.CORNER)}</th>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _head(board: Board, column: int) -> str:
    asked = board.found.asked[column]
    name = called(asked.name, isinstance(asked, Words))
    out = _take_out("column", column, asked.name) if asked in board.own.asked else ""
    return f'<th scope="col"><span>{escape(name)}</span>{out}</th>'


def _row(board: Board, row: int, pressed: tuple[int, int], unsure: bool) -> str:
    found = board.found
    still = found.stills[row]
    out = _take_out("row", row, still.name) if still in board.own.stills else ""
    cells = "".join(
        _cell(found, row, column, (row, column) == pressed, unsure)
        for column in range(len(found.asked))
    )
    return (
        f'<tr><th scope="row"><img src="{_url(_small(still.frame))}" alt="">'
        f"<span>{escape(still.name)}</span>{out}</th>{cells}</tr>"
    )


def _cell(found: Swapped, row: int, column: int, pressed: bool, unsure: bool) -> str:
    asked, where = found.asked[column], said(found, row, column, unsure)
    known = judged(found, row, column, unsure)
    alt = copy.pair_words(asked.name, isinstance(asked, Words), where)
    picture = _url(drawn(found, row, column, CELL_PX, unsure=unsure))
    return (
        f'<td><button type="button" data-row="{row}" data-column="{column}" '
        f'aria-pressed="{str(pressed).lower()}">'
        f'<img src="{picture}" alt="{escape(alt)}" width="{CELL_PX}">'
        f'<span aria-hidden="true">{escape(where)}</span>{_truth(known)}</button></td>'
    )


def _truth(known: Judged | None) -> str:
    """Whether a pair is right, where that is known."""
    words = known and copy.truth_words(known.name, known.there, known.shows, known.peak)
    if not words:
        return ""
    kind = "right" if known.right else "wrong"
    return f'<small class="{kind}">{escape(words)}</small>'


def _take_out(axis: str, index: int, name: str) -> str:
    label = escape(f"{copy.TAKE_OUT}: {name}")
    return (
        f'<button type="button" class="out" data-out="{axis}" data-index="{index}" '
        f'aria-label="{label}" title="{label}">×</button>'
    )


def about(board: Board) -> str:
    """How right the gallery's pairs are, and what the last press took."""
    told, spent = tally(board.found), board.found.spent
    words = copy.tally(told.found, told.marked, told.there, told.quiet, told.absent)
    took = copy.spent(
        spent.pictures, spent.looking_s, spent.asked, spent.pairs, spent.grounding_s
    )  # fmt: skip
    return f'<p class="avsl-swap-tally" role="status">{escape(words)}</p>{hint(took)}'


def detail(board: Board, row: int, column: int, unsure: bool) -> str:
    """The pressed pair, large."""
    found = board.found
    asked, still = found.asked[column], found.stills[row]
    is_words, where = isinstance(asked, Words), said(found, row, column, unsure)
    sure = (float(found.confidence[row, column]), found.card.confidence_gate)
    text = copy.detail(still.name, asked.name, is_words, where, sure, found.labels[column])
    alt = copy.pair_words(asked.name, is_words, where)
    picture = _url(drawn(found, row, column, LARGE_PX, unsure=unsure))
    more = hint(copy.GATE_OF_WORDS) if is_words else ""
    return (
        f'<figure class="avsl-swap-pair"><img src="{picture}" alt="{escape(alt)}">'
        f'<figcaption role="status">{escape(text)}{more}</figcaption></figure>'
    )


def _small(frame: np.ndarray) -> np.ndarray:
    height = max(1, round(frame.shape[0] * CELL_PX / frame.shape[1]))
    return resized(frame, CELL_PX, height, gray=False)


def _url(picture: np.ndarray) -> str:
    return data_url(encoded(picture), "jpeg")
