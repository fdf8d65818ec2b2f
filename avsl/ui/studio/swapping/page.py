"""What the tab "Swap the sound" does when something is pressed."""

from collections.abc import Callable, Iterator
from pathlib import Path

import gradio as gr

from avsl.errors import AvslError, MediaError, VariantError
from avsl.progress import watched
from avsl.swap import Sound, Words
from avsl.swap_files import sound_of, still_of
from avsl.ui import copy as words
from avsl.ui import views as page_views
from avsl.ui.choosing import admitted
from avsl.ui.desk import Desk, choices
from avsl.ui.handlers import session_of
from avsl.ui.jobs import ResultGone, Run
from avsl.ui.steps import Updates, path_of, shown
from avsl.ui.studio.swapping import copy, views
from avsl.ui.studio.swapping.board import Board, Own, filled
from avsl.variants.sync import SYNC_CARD

DEFAULT = "acl-tiny"
AROUND_S = 1.5  # of a clip's sound, before and after the moment taken
RECORDED = "audio"  # what the browser calls a recording's file


class SwapPage(Desk):
    """The tab's behaviour; :mod:`avsl.ui.studio.swapping.tab` maps names to components."""

    place = "swap"
    kind = Board
    sections = ("outcome",)
    pressed = ("run", "add_moment", "ask", "prepare")
    examples = ()

    def run(
        self,
        result: str | None,
        variant: str,
        unsure: bool,
        request: gr.Request,
        progress: gr.Progress = gr.Progress(),  # noqa: B008, gradio finds it by its default
    ) -> Iterator[Updates]:
        """Fill the grid, or fill it anew with another variant."""
        yield from self._more(result, variant, unsure, Own, request, progress)

    def turn_to(
        self,
        result: str | None,
        variant: str,
        unsure: bool,
        request: gr.Request,
        progress: gr.Progress = gr.Progress(),  # noqa: B008
    ) -> Iterator[Updates]:
        """Another variant was chosen; nothing happens before there is a grid."""
        if result:
            yield from self._more(result, variant, unsure, Own, request, progress)
        else:
            yield {"status": shown("", False)}

    def add_picture(
        self,
        result: str | None,
        variant: str,
        unsure: bool,
        picture: dict | None,
        request: gr.Request,
        progress: gr.Progress = gr.Progress(),  # noqa: B008
    ) -> Iterator[Updates]:
        """A picture becomes a row."""

        def own() -> Own:
            return Own(stills=(still_of(_path(picture, copy.NO_PICTURE)),))

        yield from self._more(result, variant, unsure, own, request, progress)

    def add_moment(
        self,
        result: str | None,
        variant: str,
        unsure: bool,
        clip: dict | None,
        time_s: float,
        request: gr.Request,
        progress: gr.Progress = gr.Progress(),  # noqa: B008
    ) -> Iterator[Updates]:
        """A frame of the clip becomes a row, and the sound around it a column if it has any."""

        def own() -> Own:
            path, at_s = _path(clip, copy.NO_CLIP), max(0.0, float(time_s or 0.0))
            still = still_of(path, at_s, copy.moment_name(path.stem, at_s))
            return Own((still,), _sound_around(path, at_s))

        yield from self._more(result, variant, unsure, own, request, progress)

    def add_sound(
        self,
        result: str | None,
        variant: str,
        unsure: bool,
        sound: dict | None,
        request: gr.Request,
        progress: gr.Progress = gr.Progress(),  # noqa: B008
    ) -> Iterator[Updates]:
        """A sound becomes a column."""

        def own() -> Own:
            path = _path(sound, copy.NO_SOUND)
            return Own(asked=(sound_of(path, name=_called(path)),))

        yield from self._more(result, variant, unsure, own, request, progress)

    def add_words(
        self,
        result: str | None,
        variant: str,
        unsure: bool,
        text: str,
        request: gr.Request,
        progress: gr.Progress = gr.Progress(),  # noqa: B008
    ) -> Iterator[Updates]:
        """Words become a column."""
        yield from self._more(
            result, variant, unsure, lambda: Own(asked=(Words(text.strip()),)), request, progress
        )

    def take_out(self, result: str | None, unsure: bool, axis: str, index: int) -> Updates:
        """Something of one's own leaves the grid; nothing is run."""
        try:
            board = self.workspace.find(result, Board)
            things = board.found.stills if axis == "row" else board.found.asked
            board.fill(board.swapper.variant, board.own.without(things[int(index)]))
            return self._filled(board, result, unsure)
        except (AvslError, ValueError, IndexError, TypeError) as error:
            return _told(error)

    def press(self, result: str | None, unsure: bool, row: int, column: int) -> Updates:
        """One pair, large, and its sound."""
        try:
            board = self.workspace.find(result, Board)
            pair = _checked_pair(board, row, column)
            return {"pressed": pair, **_pair(board, pair, unsure, aloud=True)}
        except (AvslError, ValueError, IndexError, TypeError) as error:
            return _told(error)

    def show_unsure(self, result: str | None, unsure: bool, pressed: tuple[int, int]) -> Updates:
        """Draw anew with what it is not sure of, or without; nothing is run."""
        if not result:
            return {}
        try:
            board = self.workspace.find(result, Board)
            pair = _checked_pair(board, *pressed)
            detail = views.detail(board, *pair, unsure)
            return {"grid": views.grid(board, pair, unsure), "detail": detail}
        except (AvslError, ValueError, IndexError, TypeError) as error:
            return _told(error)

    def _more(
        self,
        result: str | None,
        variant: str,
        unsure: bool,
        brought: Callable[[], Own],
        request: gr.Request,
        progress: gr.Progress,
    ) -> Iterator[Updates]:
        """The grid with what ``brought`` gives besides; it stays as it was if that fails."""

        def work(run: Run) -> Updates:
            if not variant:
                raise VariantError(copy.NO_VARIANT)
            name, board = admitted(variant, request), self._board(result)
            with watched(run.progress, words.STAGE_READING):
                new = brought()
            own = (board.own if board else Own()).and_(new.stills, new.asked)
            filled_board, board_id = filled(
                self.workspace, session_of(request), run, board, name, own
            )
            return self._filled(filled_board, board_id, unsure, new)

        yield from self.again(work, request, progress)

    def _board(self, result: str | None) -> Board | None:
        """The grid at hand; None where there is none, or none any more."""
        try:
            return self.workspace.find(result, Board)
        except ResultGone:
            return None

    def _filled(self, board: Board, board_id: str, unsure: bool, new: Own | None = None) -> Updates:
        pair = _first(board, new or Own())
        return {
            "result": board_id,
            "pressed": pair,
            "empty": gr.update(visible=False),
            "outcome": gr.update(visible=True),
            "wording": gr.update(visible=board.swapper.reads_words),
            "about": views.about(board),
            "grid": views.grid(board, pair, unsure),
            "notes": page_views.notes((*board.notes, *board.found.notes)),
            "files": shown(None, False),
            "picture": None,
            "sound": None,
            "words": "",
            **_pair(board, pair, unsure),
        }


def offered(others: list[str], chosen: str | None) -> dict:
    """The variants to choose from, of which some may have become ready just now."""
    known = knowing(others)
    names = [name for _, name in known]
    return gr.update(choices=known, value=chosen if chosen in names else preselected())


def preselected() -> str | None:
    names = [name for _, name in knowing([])]
    return DEFAULT if DEFAULT in names else next(iter(names), None)


def knowing(others: list[str]) -> list[tuple[str, str]]:
    """(title, name) of the variants that know things by their sound: all but the one that follows
    what moves, to which a picture says nothing.
    """
    return [choice for choice in choices(others) if choice[1] != SYNC_CARD.name]


def _first(board: Board, new: Own) -> tuple[int, int]:
    """The pair to show: of what was brought just now, else the first that shows something."""
    found = board.found
    rows = [k for k, still in enumerate(found.stills) if still in new.stills]
    columns = [k for k, asked in enumerate(found.asked) if asked in new.asked]
    pairs = [
        (row, column)
        for row in rows or range(len(found.stills))
        for column in columns or range(len(found.asked))
    ]
    return next((pair for pair in pairs if found.places(*pair)), pairs[0])


def _pair(board: Board, pair: tuple[int, int], unsure: bool, aloud: bool = False) -> Updates:
    """One pair, large, and its sound: played at once where somebody pressed it."""
    heard = board.sound_file(pair[1])
    return {
        "detail": views.detail(board, *pair, unsure),
        "player": gr.update(
            value=heard and str(heard), visible=heard is not None, autoplay=aloud
        ),
    }


def _checked_pair(board: Board, row: int, column: int) -> tuple[int, int]:
    """A pair of the grid as it is now; raises :class:`IndexError` for any other."""
    row, column = int(row), int(column)
    if not (0 <= row < len(board.found.stills) and 0 <= column < len(board.found.asked)):
        raise IndexError
    return row, column


def _told(error: Exception) -> Updates:
    """A sentence in the place of the pair; for what no button sends there is none to say."""
    return {"detail": page_views.hint(str(error))} if isinstance(error, AvslError) else {}


def _path(payload: dict | None, otherwise: str) -> Path:
    path = path_of(payload)
    if path is None:
        raise MediaError(otherwise)
    return path


def _called(path: Path) -> str:
    return copy.RECORDING if path.stem == RECORDED else path.stem


def _sound_around(path: Path, time_s: float) -> tuple[Sound, ...]:
    """The clip's own sound at a moment; none where it has no sound there."""
    name = copy.own_sound(path.stem, time_s)
    try:
        sound = sound_of(path, (time_s - AROUND_S, time_s + AROUND_S), name)
    except MediaError:
        return ()
    return (sound,) if sound.waveform.size else ()


