"""What the Compare tab does when something is pressed."""

from collections.abc import Iterator, Sequence

import gradio as gr

from avsl.compare import FEWEST, equal_verdicts
from avsl.errors import AvslError, SettingError
from avsl.overlay import Style
from avsl.ui import copy as words
from avsl.ui import views as page_views
from avsl.ui.choosing import admitted
from avsl.ui.desk import Desk, busy, choices, clip_of, moments
from avsl.ui.footage import encoded
from avsl.ui.jobs import Run
from avsl.ui.steps import Updates, path_of, shown
from avsl.ui.studio import compare_timeline, copy, marking, views
from avsl.ui.studio.bout import Bout, Pairing, compared

MOST = 4
DEFAULT = ("sync", "acl-tiny")


class ComparePage(Desk):
    """The tab's behaviour; :mod:`avsl.ui.studio.compare_tab` maps names to components."""

    place = "compare"
    kind = Bout
    sections = ("outcome", "inspection")
    pressed = ("run", "redraw", "prepare")

    def run(
        self,
        clip: dict | None,
        chosen: list[str],
        shared: bool,
        level: float,
        request: gr.Request,
        progress: gr.Progress = gr.Progress(),  # noqa: B008, gradio finds it by its default
    ) -> Iterator[Updates]:
        """Compare the chosen variants on the clip, which comes as gradio's payload."""

        def work() -> Iterator[Updates]:
            threshold = one_for_all(shared, level)
            wish = Pairing(clip_of(clip), admissible(chosen, request), threshold=threshold)
            with self.running(request, progress) as (run, session):
                for bout, bout_id in compared(self.workspace, self.gallery, session, wish, run):
                    if bout_id:
                        yield {**_drawn(bout, bout_id, shared, threshold), **self.done()}
                    else:
                        yield _through(bout, threshold)

        yield from self.afresh(work, copy.COMPARE_WORKING)

    def inspect(
        self,
        result: str | None,
        time_s: float,
        first: str,
        second: str,
        shared: bool,
        level: float,
    ) -> Updates:
        """One moment, drawn anew from the cached maps."""
        if not result:  # the switch may be set before the first run
            return {}
        try:
            bout = self.workspace.find(result, Bout)
            return _inspected(bout, time_s, (first, second), one_for_all(shared, level))
        except AvslError as error:
            return {"figures": page_views.hint(str(error))}

    def move(
        self,
        result: str | None,
        first: str,
        second: str,
        shared: bool,
        level: float,
        event: gr.EventData,
    ) -> Updates:
        """Inspect the moment to which the timeline's playhead was moved."""
        if not result:  # the timeline is there before the video
            return {"moment": gr.update()}
        time_s = float(event.time_s)
        return {
            "moment": time_s,
            **self.inspect(result, time_s, first, second, shared, level),
        }

    def switch(self, shared: bool) -> Updates:
        """One threshold for all, or each its own."""
        return {"level": gr.update(interactive=shared), "warning": _warning(shared)}

    def reckon(self, result: str | None, shared: bool, level: float) -> Updates:
        """The numbers of the whole clip at another threshold; slower than :meth:`inspect`."""
        if not result:  # the switch may be set before the first run
            return {}
        try:
            return _numbers(self.workspace.find(result, Bout), one_for_all(shared, level))
        except AvslError as error:
            return {"costs": page_views.hint(str(error))}

    def mark(
        self, result: str | None, shared: bool, level: float, event: gr.EventData
    ) -> Updates:
        """Judge by what was just drawn on the frame."""
        try:
            bout, told = self.workspace.find(result, Bout), marking.marked_at(event)
            bout.mark(told.index, told.marks)
            return {"marked": _judged(bout, one_for_all(shared, level))}
        except AvslError as error:
            return {"marked": page_views.hint(str(error))}

    def annotate(
        self, file: dict | None, result: str | None, time_s: float, shared: bool, level: float
    ) -> Updates:
        """Judge by the marks in a file."""
        if not path_of(file):
            return {}
        try:
            bout = self.workspace.find(result, Bout)
            notes = bout.annotate(path_of(file), time_s)
        except AvslError as error:
            return {"taken": page_views.hint(str(error))}
        return {
            "taken": page_views.hint(" ".join(notes)),
            "stage": _stage(bout, time_s),
            "marked": _judged(bout, one_for_all(shared, level)),
        }

    def redraw(
        self,
        result: str | None,
        shared: bool,
        level: float,
        request: gr.Request,
        progress: gr.Progress = gr.Progress(),  # noqa: B008
    ) -> Iterator[Updates]:
        """Draw the whole video anew; nothing is run again."""

        def work(run: Run) -> Updates:
            bout = self.workspace.find(result, Bout)
            style = Style(threshold=one_for_all(shared, level))
            return {
                "video": str(bout.footage.draw(style, run.progress)),
                "files": shown(None, False),
            }

        yield from self.again(work, request, progress)


def one_for_all(shared: bool, level: float) -> float | None:
    return level if shared else None


def admissible(names: Sequence[str], request: gr.Request | None) -> tuple[str, ...]:
    """The variants of a comparison, each once; raises :class:`SettingError` for too few or many."""
    admitted_names = tuple(dict.fromkeys(admitted(name, request) for name in names))
    if len(admitted_names) < FEWEST:
        raise SettingError(copy.TOO_FEW)
    if len(admitted_names) > MOST:
        raise SettingError(copy.too_many(MOST))
    return admitted_names


def offered(others: list[str], chosen: list[str]) -> dict:
    """The variants to choose from, of which some may have become ready just now."""
    known = choices(others)
    names = {name for _, name in known}
    return gr.update(choices=known, value=[name for name in chosen if name in names])


def preselected() -> list[str]:
    """At first: the two that differ most in how they work, or those that there are."""
    names = [name for _, name in choices([])]
    return [name for name in DEFAULT if name in names] or names[:FEWEST]


def _through(bout: Bout, threshold: float | None) -> Updates:
    """The numbers are in, the video is not."""
    return {
        "status": busy(words.DRAWING),
        "empty": gr.update(visible=False),
        "outcome": gr.update(visible=True),
        "video": None,
        "files": shown(None, False),
        "notes": page_views.notes(bout.notes),
        **_numbers(bout, threshold),
    }


def _drawn(bout: Bout, bout_id: str, shared: bool, threshold: float | None) -> Updates:
    """All there: the video, and the moments to look at."""
    names = list(bout.comparison.names)
    start_s = bout.first_moment_s()
    pair = {"choices": names, "visible": len(names) > FEWEST}
    own = [each.localization.threshold for each in bout.comparison.entrants]
    level = {} if shared else {"level": gr.update(value=round(sum(own) / len(own), 2))}
    return {
        "result": bout_id,
        "video": str(bout.footage.video),
        "notes": page_views.notes(bout.notes),
        "inspection": gr.update(visible=True),
        "moment": moments(bout.footage.frames.times_s, start_s),
        "first": gr.update(value=names[0], **pair),
        "second": gr.update(value=names[1], **pair),
        **level,
        "truth": None,
        "taken": "",
        **_inspected(bout, start_s, (names[0], names[1]), threshold),
    }


def _inspected(
    bout: Bout, time_s: float, pair: tuple[str, str], threshold: float | None
) -> Updates:
    index, jpegs = bout.moment(time_s, Style(threshold=threshold))
    agreed = bout.agreed(time_s, *pair, threshold)
    shown_s = float(bout.comparison.times_s[index])
    return {
        "stage": _stage(bout, time_s),
        "figures": views.figures(
            [
                *(
                    views.variant_picture(each.name, each.localization, index, jpeg, threshold)
                    for each, jpeg in zip(bout.comparison.entrants, jpegs, strict=True)
                ),
                views.agreement(encoded(agreed.picture), agreed, pair, shown_s),
            ]
        )
    }


def _numbers(bout: Bout, threshold: float | None) -> Updates:
    """All that depends on the threshold, over the whole clip."""
    found, comparison = bout.reckoned(threshold), bout.comparison
    return {
        "timeline": compare_timeline.drawn(bout, threshold),
        "costs": views.costs(comparison, found.overlap, threshold),
        "rightness": views.rightness(found.rightness),
        "marked": _judged(bout, threshold),
        "pairs": views.pairs(comparison, found.overlap, equal_verdicts(comparison)),
    }


def _stage(bout: Bout, time_s: float) -> str:
    """The frame to mark on."""
    index, frame = bout.footage.frames.nearest(time_s)
    return marking.stage(encoded(frame), index, bout.marked.get(index))


def _judged(bout: Bout, threshold: float | None) -> str:
    return marking.table(bout.judged(threshold), len(bout.marked))


def _warning(shared: bool) -> str:
    if shared:
        return f'<p class="avsl-warning" role="status">{copy.SHARED_WARNING}</p>'
    return page_views.hint(copy.OWN_LEVELS)
