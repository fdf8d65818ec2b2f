"""What the tab "Is it listening?" does when something is pressed."""

from collections.abc import Iterator

import gradio as gr

from avsl.errors import AvslError
from avsl.ui import copy as words
from avsl.ui import timeline
from avsl.ui import views as page_views
from avsl.ui.choosing import admitted
from avsl.ui.desk import Desk, busy, choices, clip_of, moments
from avsl.ui.steps import Updates, path_of, shown
from avsl.ui.studio import copy, listening_views
from avsl.ui.studio.trial import Question, Trial, probed
from avsl.ui.studio.yardstick import shipped

DEFAULT = "acl-tiny"
PLAYER = "listening-video"  # the id of the video's component


class ListeningPage(Desk):
    """The tab's behaviour; :mod:`avsl.ui.studio.listening_tab` maps names to components."""

    place = "listening"
    kind = Trial
    sections = ("outcome", "inspection")
    pressed = ("run", "prepare")

    def run(
        self,
        clip: dict | None,
        other_sound: dict | None,
        variant: str,
        request: gr.Request,
        progress: gr.Progress = gr.Progress(),  # noqa: B008, gradio finds it by its default
    ) -> Iterator[Updates]:
        """Test the variant on the clip; files come as gradio's payloads."""

        def work() -> Iterator[Updates]:
            name = admitted(variant, request)
            wish = Question(clip_of(clip), name, other_sound=path_of(other_sound))
            with self.running(request, progress) as (run, session):
                for trial, trial_id in probed(self.workspace, session, wish, run):
                    if trial_id:
                        yield {**_drawn(trial, trial_id), **self.done()}
                    else:
                        yield _scored(trial)

        yield from self.afresh(work, copy.LISTENING_WORKING)

    def nothing(self) -> Updates:
        return {**super().nothing(), "yardstick": listening_views.yardstick(shipped())}

    def inspect(self, result: str | None, time_s: float) -> Updates:
        """One moment, drawn anew from the cached maps."""
        try:
            trial = self.workspace.find(result, Trial)
            return {"figures": listening_views.moment(trial, time_s)}
        except AvslError as error:
            return {"figures": page_views.hint(str(error))}

    def move(self, result: str | None, event: gr.EventData) -> Updates:
        """Inspect the moment to which the timeline's playhead was moved."""
        if not result:  # the timeline is there before the video
            return {"moment": gr.update()}
        return {"moment": float(event.time_s), **self.inspect(result, float(event.time_s))}


def offered(others: list[str], chosen: str) -> dict:
    """The variants to choose from, of which some may have become ready just now."""
    known = choices(others)
    names = [name for _, name in known]
    return gr.update(choices=known, value=chosen if chosen in names else names[0])


def preselected() -> str:
    names = [name for _, name in choices([])]
    return DEFAULT if DEFAULT in names else names[0]


def _scored(trial: Trial) -> Updates:
    """The score is in, the video is not."""
    return {
        "status": busy(words.DRAWING),
        "empty": gr.update(visible=False),
        "outcome": gr.update(visible=True),
        "score": listening_views.score(trial),
        "parts": listening_views.parts(trial),
        "timeline": _timeline(trial),
        "yardstick": listening_views.yardstick(shipped(), trial),
        "video": None,
        "files": shown(None, False),
        "notes": page_views.notes(trial.notes),
    }


def _timeline(trial: Trial) -> str:
    """A lane for each sound; the video plays the clip's own."""
    tracks = [
        timeline.Track(panel.found, panel.title, said=timeline.MARKED) for panel in trial.panels
    ]
    return timeline.timeline(timeline.Score(PLAYER, trial.clip.waveform, tuple(tracks)))


def _drawn(trial: Trial, trial_id: str) -> Updates:
    """All there: the video, and the moments to look at."""
    start_s = trial.first_moment_s()
    return {
        "result": trial_id,
        "video": str(trial.footage.video),
        "notes": page_views.notes(trial.notes),
        "inspection": gr.update(visible=True),
        "moment": moments(trial.footage.frames.times_s, start_s),
        "figures": listening_views.moment(trial, start_s),
    }
