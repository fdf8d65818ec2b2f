"""What the app can be asked over HTTP: plain functions of files and numbers.

The browser page (:mod:`avsl.ui.page`) and these endpoints share :func:`localized`.
"""

import functools
import logging
import secrets
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from html import escape
from pathlib import Path

import gradio as gr

from avsl import variants
from avsl.captions import captions
from avsl.errors import AvslError, Cancelled, MediaError
from avsl.localization import Localization, Verdict, spans, summary
from avsl.overlay import Look, Style
from avsl.progress import Progress
from avsl.ui import copy
from avsl.ui.choosing import admitted
from avsl.ui.jobs import Run, Workspace
from avsl.ui.result import Result
from avsl.ui.trust.caller import gone
from avsl.ui.trust.zero import localize

log = logging.getLogger(__name__)

LOCALIZED = 0.6  # of the progress bar when the maps are there and drawing begins


@dataclass(frozen=True)
class Wish:
    """What to run: a clip or a picture, a sound that replaces its own, a variant."""

    source: Path
    sound: Path | None = None
    variant: str = "sync"
    style: Style = field(default_factory=Style)
    map_rate_hz: float | None = None  # None: the variant's own


def localized(
    workspace: Workspace, session: str, wish: Wish, run: Run
) -> Iterator[tuple[Result, str | None]]:
    """Do ``wish``; yields (result, None) when its maps are there, (result, id) when its video is.

    Whatever stops it, an error, ``run`` or a reader that walks away, leaves no file behind.
    """
    with workspace.draft() as draft:
        clip = draft.read(wish.source, wish.sound, run)
        draft.reserve(run, clip, wish.variant, map_rate_hz=wish.map_rate_hz)
        with workspace.variant(wish.variant, run) as variant:
            found = localize(variant, clip, wish.map_rate_hz, run.part(0.0, LOCALIZED))
            card = variant.card
        result = Result(draft.folder, clip, found, card)
        yield result, None
        result.draw(wish.style, run.part(LOCALIZED, 1.0))
        yield result, workspace.keep(session, draft, result)


def session_of(request: gr.Request | None) -> str:
    """The caller's session; a caller without one gets a new one each time."""
    return (request and request.session_hash) or secrets.token_hex()


def told(progress: gr.Progress) -> Progress:
    """The library's progress callback as gradio's; it stops the work for who has left."""
    left = gone()

    def tell(fraction: float, stage: str) -> None:
        if left():
            raise Cancelled
        progress(fraction, desc=stage)

    return tell


def sentence(error: Exception) -> str:
    """What to tell the user about ``error``; the unexpected is logged and kept from them."""
    if isinstance(error, AvslError):
        return str(error)
    log.error("unexpected failure", exc_info=error)
    return copy.UNEXPECTED


def answering(handler: Callable) -> Callable:
    """Let a handler's failures reach the client as one sentence."""

    @functools.wraps(handler)
    def answer(*arguments, **named):
        try:
            return handler(*arguments, **named)
        except Exception as error:
            message = escape(sentence(error), quote=False)
            raise gr.Error(message, title=copy.PROBLEM_TITLE, print_exception=False) from error

    return answer


class Api:
    """The named endpoints. A result is found again by its id, which only its maker knows."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    @answering
    def localize(
        self,
        clip: str | None,
        sound: str | None = None,
        variant: str = "sync",
        style: str = Look.HEAT,
        threshold: float | None = None,
        opacity: float = Style.opacity,
        maps_per_second: float | None = None,
        request: gr.Request | None = None,
        progress: gr.Progress = gr.Progress(),  # noqa: B008, gradio finds it by its default
    ) -> tuple[str, str, dict]:
        """Localize the sound of a clip, or of a picture with a sound.

        Parameters:
            clip: the video file; with ``sound``, a silent video or a picture will do.
            sound: a sound file that replaces the clip's own, or nothing.
            variant: a name from /variants, or a Hub id as user/name or user/name@revision.
            style: heat, contour, spotlight or boxes.
            threshold: map values from here up are the source; nothing means the calibrated one.
            opacity: strength of the drawing, 0 to 1.
            maps_per_second: analysed moments a second; nothing means the variant's own.
        Returns:
            the overlay video, the verdict in words, and the result: its id (for the other
            endpoints), verdict spans, captions, notes, threshold, gate and provenance.
        """
        if not clip:
            raise MediaError(copy.NO_VIDEO)
        look = _style(style, threshold, opacity)
        name = admitted(variant, request)
        wish = Wish(Path(clip), Path(sound) if sound else None, name, look, maps_per_second)
        session = session_of(request)
        with self.workspace.running(session, told(progress)) as run:
            *_, (result, result_id) = localized(self.workspace, session, wish, run)
        return (
            str(result.video),
            summary(result.localization),
            {"result": result_id, **report(result)},
        )

    @answering
    def inspect(
        self,
        result: str,
        time_s: float = 0.0,
        style: str = Look.HEAT,
        threshold: float | None = None,
        opacity: float = Style.opacity,
    ) -> tuple[str, dict]:
        """Draw one moment of a result from its cached map; the variant is not run.

        Parameters:
            result: the id that /localize returned.
            time_s: seconds; the closest analysed moment is taken.
            style: heat, contour, spotlight or boxes.
            threshold: map values from here up are the source; nothing means the calibrated one.
            opacity: strength of the drawing, 0 to 1.
        Returns:
            the drawn frame as a JPEG, and the moment: time, verdict, what is heard,
            confidence, loudness, regions.
        """
        kept = self.workspace.find(result)
        index, jpeg = kept.moment(time_s or 0.0, _style(style, threshold, opacity))
        picture = kept.folder / f"inspected-{index:05d}.jpg"
        picture.write_bytes(jpeg)
        return str(picture), moment(kept.localization, index, threshold)

    @answering
    def redraw(
        self,
        result: str,
        style: str = Look.HEAT,
        threshold: float | None = None,
        opacity: float = Style.opacity,
        request: gr.Request | None = None,
        progress: gr.Progress = gr.Progress(),  # noqa: B008
    ) -> str:
        """Draw a result's video again in another style; the variant is not run.

        Parameters:
            result: the id that /localize returned.
            style: heat, contour, spotlight or boxes.
            threshold: map values from here up are the source; nothing means the calibrated one.
            opacity: strength of the drawing, 0 to 1.
        Returns:
            the overlay video.
        """
        kept, look = self.workspace.find(result), _style(style, threshold, opacity)
        with self.workspace.running(session_of(request), told(progress)) as run:
            return str(kept.draw(look, run.progress))

    @answering
    def bundle(
        self,
        result: str,
        request: gr.Request | None = None,
        progress: gr.Progress = gr.Progress(),  # noqa: B008
    ) -> str:
        """Every file of a result in one zip, in the style its video was last drawn.

        Parameters:
            result: the id that /localize returned.
        Returns:
            the zip: overlay video, picture to share, timeline, raw maps, masks, COCO, table,
            captions, and the manifest, with which the command line makes the run again.
        """
        kept = self.workspace.find(result)
        with self.workspace.running(session_of(request), told(progress)) as run:
            return str(kept.files(run.progress)[0])

    @answering
    def variants(self) -> list[dict]:
        """The variants: name, title, state on this machine, what each can and cannot do."""
        return [asdict(card) for card in variants.cards()]


def _style(look: str, threshold: float | None, opacity: float) -> Style:
    return Style(look, threshold or None, opacity)


def report(result: Result) -> dict:
    """What was found, as JSON."""
    found = result.localization
    return {
        "summary": summary(found),
        "duration_s": round(found.duration_s, 3),
        "width": found.width,
        "height": found.height,
        "spans": [asdict(span) for span in spans(found)],
        "captions": [asdict(cue) for cue in captions(found)],
        "verdict_shares": {verdict.value: found.share(verdict) for verdict in Verdict},
        "threshold": found.threshold,
        "confidence_gate": found.confidence_gate,
        "notes": list(result.notes),
        "provenance": asdict(found.provenance),
    }


def moment(found: Localization, index: int, threshold: float | None) -> dict:
    """One analysed moment as JSON."""
    return {
        "time_s": float(found.times_s[index]),
        "verdict": found.verdicts[index].value,
        "heard": found.heard(index),
        "confidence": float(found.confidence[index]),
        "loudness_dbfs": float(found.loudness_dbfs[index]),
        "regions": [asdict(region) for region in found.regions(index, threshold or None)],
    }


LOOKS = tuple(look.value for look in Look)
