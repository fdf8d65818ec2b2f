"""What the page does when something is pressed: generators of updates, by component name."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import gradio as gr

from avsl import variants
from avsl.errors import AvslError, MediaError
from avsl.overlay import Style
from avsl.ui import copy, links, timeline, views
from avsl.ui.choosing import admitted, for_example
from avsl.ui.desk import Desk
from avsl.ui.gallery import Gallery, Offer
from avsl.ui.handlers import Wish, localized, session_of
from avsl.ui.jobs import Run, Workspace
from avsl.ui.result import Result
from avsl.ui.steps import Updates, guarded, path_of, shown

log = logging.getLogger(__name__)

PLAYER = "overlay"  # the id of the video's component
VIDEO, PICTURE = "video", "picture"  # which of the two inputs is open


class Page(Desk):
    """The Localize tab's behaviour; :mod:`avsl.ui.layout` maps names to components."""

    place = "localize"
    kind = Result
    sections = ("outcome", "inspection", "about")
    pressed = ("run", "load", "redraw", "bundle")

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace, Gallery(workspace.root / "examples"))

    def run(
        self,
        mode: str,
        video: dict | None,
        other_sound: dict | None,
        picture: dict | None,
        sound: dict | None,
        variant: str,
        look: str,
        opacity: float,
        guesses: bool,
        request: gr.Request,
        progress: gr.Progress = gr.Progress(),  # noqa: B008, gradio finds it by its default
    ) -> Iterator[Updates]:
        """Run the open input; yields the page as it fills. Files come as gradio's payloads."""

        def wish() -> Wish:
            files = _files(mode, video, other_sound, picture, sound)
            return Wish(*files, admitted(variant, request), _style(look, None, opacity, guesses))

        yield from self._run(wish, request, progress)

    def arrive(
        self,
        own: str,
        request: gr.Request,
        progress: gr.Progress = gr.Progress(),  # noqa: B008
    ) -> Iterator[Updates]:
        """Do what the page's address asks for, if it does; ``own`` is the visitor's variant."""
        link = links.asked(request)
        if link is None:
            yield {"link_note": shown("", False)}  # without any, gradio would empty the page
            return
        variant = link.variant or (for_example(link.example, own) if link.example else own)
        waits = bool(link.example) and links.needs_download(variant)
        note = _left_out(link, variant if waits else "")

        def work() -> Iterator[Updates]:
            yield {**_restored(link, variant), "link_note": shown(note, bool(note))}
            if link.example is None:
                return
            yield self.begun(copy.WORKING)  # for the first to ask, the example has to be made
            clip = self.gallery.clip(link.example)
            yield {"clip": str(clip)}
            if waits:
                yield {**self.nothing(), **self.done()}
            else:
                wish = Wish(clip, None, admitted(variant, request), link.style)
                yield from self._run(lambda: wish, request, progress, note)

        yield from guarded(work, lambda: self.nothing() | self.working(False))

    def _run(
        self,
        wished: Callable[[], Wish],
        request: gr.Request,
        progress: gr.Progress,
        note: str = "",
    ) -> Iterator[Updates]:
        def work() -> Iterator[Updates]:
            wish = wished()
            with self.running(request, progress) as (run, session):
                for result, result_id in localized(self.workspace, session, wish, run):
                    if result_id is None:
                        yield _judged(result, wish.style)
                    else:
                        drawn = _drawn(result, result_id, wish.style)
                        link = self._link(result, wish.style)
                        yield {**drawn, "link": link, **self.done()}

        yield from self.afresh(work, copy.WORKING, {"link_note": shown(note, bool(note))})

    def _link(self, result: Result, style: Style) -> str:
        """The box with a link to the result, where there can be one."""
        example = self.gallery.example(result.clip.digest)
        return links.box(links.query_of(result, example, style))

    def example(self, offer: Offer, own: str) -> tuple[dict, str]:
        """The example's clip, generated on first use, and the variant to see it with: ``own`` is
        what the visitor chose.
        """
        return gr.update(value=self.example_clip(offer)), for_example(offer, own)

    def card(self, name: str) -> str:
        """What is to be said of the variant chosen."""
        listed = {card.name: card for card in variants.cards()}
        found = listed.get(name) or self.workspace.shelf.card(name)
        return views.card(found) if found else views.hint(copy.no_such_variant(name, [*listed]))

    def load(
        self,
        wanted: str,
        others: list[str],
        request: gr.Request,
        progress: gr.Progress = gr.Progress(),  # noqa: B008
    ) -> Iterator[Updates]:
        """Load the variant of a Hub id or folder and choose it; ``others`` were loaded before."""

        def work(run: Run) -> Updates:
            name = admitted(wanted, request)
            choices = {card.name: card.title for card in variants.cards()}
            if name not in choices:
                self.workspace.shelf.forget(name)  # there may be a newer version by now
            with self.workspace.variant(name, run):
                added = [*others, name] if name not in [*choices, *others] else others
            choices |= {other: other for other in added}
            return {
                "variant": gr.update(choices=[(t, n) for n, t in choices.items()], value=name),
                "card": self.card(name),
                "others": added,
                "own": name,
                "other_name": "",
            }

        yield from self.again(work, request, progress, copy.LOADING)

    def inspect(
        self,
        result: str | None,
        time_s: float,
        look: str,
        threshold: float,
        opacity: float,
        guesses: bool,
    ) -> Updates:
        """Draw one moment anew from its cached map."""
        try:
            kept, style = self.workspace.find(result), _style(look, threshold, opacity, guesses)
            return {**_inspected(kept, time_s, style), "link": self._link(kept, style)}
        except AvslError as error:
            return {"words": views.hint(str(error))}

    def move(
        self,
        result: str | None,
        look: str,
        threshold: float,
        opacity: float,
        guesses: bool,
        event: gr.EventData,
    ) -> Updates:
        """Inspect the moment to which the timeline's playhead was moved."""
        if not result:  # the timeline is there before the video
            return {"moment": gr.update()}
        time_s = float(event.time_s)
        drawn = self.inspect(result, time_s, look, threshold, opacity, guesses)
        return {"moment": time_s, **drawn}

    def redraw(
        self,
        result: str | None,
        look: str,
        threshold: float,
        opacity: float,
        guesses: bool,
        request: gr.Request,
        progress: gr.Progress = gr.Progress(),  # noqa: B008
    ) -> Iterator[Updates]:
        """Draw the whole video anew; nothing is run again."""

        def work(run: Run) -> Updates:
            kept = self.workspace.find(result)
            style = _style(look, threshold, opacity, guesses)
            kept.draw(style, run.progress)
            return {
                "video": _played(kept),
                "timeline": _timeline(kept, style),
                "files": shown(None, False),
            }

        yield from self.again(work, request, progress)

    def leave(self, request: gr.Request) -> None:
        """The tab was closed: stop its job, delete its results."""
        self.workspace.close(session_of(request))


def _style(look: str, threshold: float | None, opacity: float, guesses: bool) -> Style:
    return Style(look, threshold, opacity, guesses=guesses)


def _left_out(link: links.Link, waits_for: str) -> str:
    """What of a link was not done; ``waits_for`` is a variant that has to be downloaded first."""
    waiting = [copy.link_needs_download(waits_for, copy.RUN)] if waits_for else []
    told = " ".join([*link.complaints, *waiting])
    return views.message(copy.LINK_TITLE, told) if told else ""


def _restored(link: links.Link, variant: str) -> Updates:
    """The inputs as a link has them."""
    listed = [card.name for card in variants.cards()]
    updates: Updates = {
        "variant": gr.update(choices=links.choices(variant), value=variant),
        "others": [] if variant in listed else [variant],
        "look": link.style.look,
        "opacity": link.style.opacity,
    }
    chosen = link.variant and link.example is None  # an example only brings it along
    return updates | ({"own": variant} if chosen else {})


def _files(
    mode: str,
    video: dict | None,
    other_sound: dict | None,
    picture: dict | None,
    sound: dict | None,
) -> tuple[Path, Path | None]:
    """The clip or picture to read, and the sound that replaces its own."""
    source, extra = (picture, sound) if mode == PICTURE else (video, other_sound)
    if not path_of(source):
        raise MediaError(copy.NO_PICTURE if mode == PICTURE else copy.NO_VIDEO)
    if mode == PICTURE and not path_of(extra):
        raise MediaError(copy.NO_SOUND)
    return path_of(source), path_of(extra)


def _judged(result: Result, style: Style) -> Updates:
    """The verdict is in, the video is not."""
    found = result.localization
    return {
        "status": shown(views.message(copy.WORKING_TITLE, copy.DRAWING, "busy")),
        "empty": gr.update(visible=False),
        "outcome": gr.update(visible=True),
        "about": gr.update(visible=True),
        "verdict": views.verdict(found),
        "video": None,
        "notes": views.notes(result.notes),
        "timeline": _timeline(result, style),
        "provenance": views.provenance(found, result.card),
        "files": shown(None, False),
    }


def _drawn(result: Result, result_id: str, style: Style) -> Updates:
    """All there: the video, and the moments to look at."""
    found, moments = result.localization, result.frames.times_s
    start_s = result.first_moment_s()
    step_s = float(moments[1] - moments[0]) if len(moments) > 1 else 1.0
    return {
        "result": result_id,
        "video": _played(result),
        "notes": views.notes(result.notes),
        "inspection": gr.update(visible=True),
        "moment": gr.update(
            maximum=max(float(moments[-1]), step_s), step=round(step_s, 4), value=start_s,
        ),
        "threshold": gr.update(
            value=style.threshold or found.threshold, info=copy.calibrated(found.threshold),
        ),
        **_inspected(result, start_s, style),
    }  # fmt: skip


def _played(result: Result) -> dict:
    """The video with its captions."""
    return gr.update(value=str(result.video), subtitles=str(result.captions()))


def _timeline(result: Result, style: Style) -> str:
    track = timeline.Track(result.localization, threshold=style.threshold)
    score = timeline.Score(PLAYER, result.clip.waveform, (track,), captions=True)
    return timeline.timeline(score)


def _inspected(result: Result, time_s: float, style: Style) -> Updates:
    index, jpeg = result.moment(time_s, style)
    found = result.localization
    threshold = style.threshold or found.threshold
    places = [region.where for region in found.regions(index, threshold)]
    guesses = found.guess_regions(index, threshold) if style.guesses else []
    guessed = list(dict.fromkeys(region.where for region in guesses))
    heard = found.heard(index) if found.labels else ""
    time_s = float(found.times_s[index])
    text = copy.moment_words(found.verdicts[index].value, heard, places, time_s, guessed)
    return {
        "picture": views.picture(jpeg, text),
        "words": views.moment(found, index, threshold, guessed),
    }
