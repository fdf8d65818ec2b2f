"""What tabs that work on a clip have in common: one job at a time, a sentence at its end."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import gradio as gr

from avsl import variants
from avsl.errors import MediaError
from avsl.ui import copy as words
from avsl.ui import views
from avsl.ui.gallery import Gallery, Offer, offers
from avsl.ui.handlers import session_of, told
from avsl.ui.jobs import Run, Workspace
from avsl.ui.steps import Updates, guarded, path_of, shown
from avsl.variants import State

EXAMPLES = tuple(f"example-{offer.name}" for offer in offers())


class Desk:
    """One tab's behaviour, by component name."""

    place: str  # whose jobs these are
    kind: type  # of its results, which have ``files``
    sections: tuple[str, ...]  # of the page, hidden while there is no result
    pressed: tuple[str, ...]  # the buttons that start something
    examples: tuple[str, ...] = EXAMPLES  # and those of the examples

    def __init__(self, workspace: Workspace, gallery: Gallery) -> None:
        self.workspace = workspace
        self.gallery = gallery

    def example_clip(self, offer: Offer) -> str:
        """The example's clip, generated on first use."""
        return str(self.gallery.clip(offer))

    def posters(self) -> Iterator[Updates]:
        """The examples' pictures, each as soon as there is one."""
        for name, offer in zip(EXAMPLES, offers(), strict=True):
            yield {name: gr.update(icon=str(self.gallery.poster(offer)))}

    def stop(self, request: gr.Request) -> None:
        """Stop what this session runs; the run itself tells the page."""
        self.workspace.stop(session_of(request))

    @contextmanager
    def running(self, request: gr.Request, progress: gr.Progress) -> Iterator[tuple[Run, str]]:
        """A turn at work, and the session it is for."""
        session = session_of(request)
        with self.workspace.running(
            session, told(progress), alone=True, place=self.place
        ) as run:  # fmt: skip
            yield run, session

    def afresh(
        self, work: Callable[[], Iterator[Updates]], saying: str, also: Updates | None = None
    ) -> Iterator[Updates]:
        """A run for a new result: what was shown goes, and comes back with what ``work`` yields;
        ``also`` is shown when it begins.
        """
        yield {**self.begun(saying), **(also or {})}
        yield from guarded(work, lambda: self.nothing() | self.working(False))

    def again(
        self,
        work: Callable[[Run], Updates],
        request: gr.Request,
        progress: gr.Progress,
        saying: str = "",
    ) -> Iterator[Updates]:
        """Something more of the result that there is."""
        yield {"status": busy(saying), **self.working(True)}

        def once() -> Iterator[Updates]:
            with self.running(request, progress) as (run, _):
                yield {**work(run), **self.done()}

        yield from guarded(once, lambda: self.working(False))

    def prepare(
        self,
        result: str | None,
        request: gr.Request,
        progress: gr.Progress = gr.Progress(),  # noqa: B008
    ) -> Iterator[Updates]:
        """Write the files to take home and offer them."""

        def work(run: Run) -> Updates:
            files = self.workspace.find(result, self.kind).files(run.progress)
            return {"files": shown([str(file) for file in files])}

        yield from self.again(work, request, progress)

    def begun(self, saying: str) -> Updates:
        """The page when a run begins."""
        return {
            "status": busy(saying),
            **self.nothing(),
            "empty": gr.update(visible=False),
            **self.working(True),
        }

    def done(self) -> Updates:
        return {"status": shown("", False), **self.working(False)}

    def nothing(self) -> Updates:
        """The page without a result."""
        hidden = {name: gr.update(visible=False) for name in self.sections}
        return {"result": None, "empty": gr.update(visible=True), **hidden}

    def working(self, busy: bool) -> Updates:
        """What can be pressed while a job runs, and what cannot."""
        names = (*self.pressed, *self.examples)
        return {
            "stop": gr.update(visible=busy),
            **{name: gr.update(interactive=not busy) for name in names},
        }


def busy(saying: str) -> dict:
    return shown(views.message(words.WORKING_TITLE, saying, "busy"))


def clip_of(payload: dict | None) -> Path:
    """The clip that was chosen; raises :class:`MediaError` where none was."""
    path = path_of(payload)
    if path is None:
        raise MediaError(words.NO_VIDEO)
    return path


def moments(times_s, start_s: float) -> dict:
    """The slider over the moments at ``times_s`` (T,)."""
    step_s = float(times_s[1] - times_s[0]) if len(times_s) > 1 else 1.0
    most_s = max(float(times_s[-1]), step_s)
    return gr.update(maximum=most_s, step=round(step_s, 4), value=start_s)


def choices(others: list[str]) -> list[tuple[str, str]]:
    """(title, name) of the variants that are ready, and of ``others`` that were loaded besides."""
    ready = [(card.title, card.name) for card in variants.cards() if card.state is State.READY]
    return [*ready, *((name, name) for name in others)]
