"""The Studio over HTTP: plain functions of files and numbers."""

from pathlib import Path

import gradio as gr

from avsl.compare import Rightness, equal_verdicts
from avsl.errors import MediaError
from avsl.localization import Verdict
from avsl.ui import copy as words
from avsl.ui.choosing import admitted
from avsl.ui.gallery import Gallery
from avsl.ui.handlers import answering, session_of, told
from avsl.ui.jobs import Workspace
from avsl.ui.studio.bout import Bout, Pairing, compared
from avsl.ui.studio.compare_page import admissible
from avsl.ui.studio.swapping import api as swapping_api
from avsl.ui.studio.trial import Question, probed


class StudioApi:
    """The named endpoints."""

    def __init__(self, workspace: Workspace, gallery: Gallery) -> None:
        self.workspace = workspace
        self.gallery = gallery

    @answering
    def compare(
        self,
        clip: str | None,
        sound: str | None = None,
        variants: str = "sync, acl-tiny",
        threshold: float | None = None,
        maps_per_second: float | None = None,
        truth: str | None = None,
        truth_at_s: float = 0.0,
        request: gr.Request | None = None,
        progress: gr.Progress = gr.Progress(),  # noqa: B008, gradio finds it by its default
    ) -> tuple[str, str, dict]:
        """Run two to four variants over one clip and say where they agree.

        Parameters:
            clip: the video file; with ``sound``, a silent video or a picture will do.
            sound: a sound file that replaces the clip's own, or nothing.
            variants: names from /variants or Hub ids, with commas between.
            threshold: one for all; nothing means each variant's own, and thresholds do not
                transfer from one variant to another.
            maps_per_second: analysed moments a second; nothing means the lowest of their own.
            truth: what sounds, as a file: a picture of a mask, or boxes as JSON (a list of
                fractions [[left, top, right, bottom]], or the list of VGG-SS).
            truth_at_s: the second that a mask or a mere list of boxes is of.
        Returns:
            the video with all of them side by side, a table of every moment as CSV, and the
            numbers: of each variant its threshold, cost and how right it is, by ``truth`` or
            where the clip is an example; of every two their mean IoU and equal verdicts; notes.
        """
        if not clip:
            raise MediaError(words.NO_VIDEO)
        names = admissible([name for name in variants.split(",") if name.strip()], request)
        wish = Pairing(
            Path(clip), names, Path(sound) if sound else None, threshold or None, maps_per_second
        )
        session = session_of(request)
        with self.workspace.running(session, told(progress)) as run:
            *_, (bout, _) = compared(self.workspace, self.gallery, session, wish, run)
            notes = bout.annotate(Path(truth), truth_at_s or 0.0) if truth else ()
            table, *_ = bout.files()
        return str(bout.footage.video), str(table), bout_report(bout, wish.threshold, notes)

    @answering
    def probe(
        self,
        clip: str | None,
        sound: str | None = None,
        variant: str = "acl-tiny",
        other_sound: str | None = None,
        shift_s: float | None = None,
        request: gr.Request | None = None,
        progress: gr.Progress = gr.Progress(),  # noqa: B008
    ) -> tuple[str, str, dict]:
        """Test whether what a variant shows follows what it hears.

        Parameters:
            clip: the video file; with ``sound``, a silent video or a picture will do.
            sound: a sound file that replaces the clip's own, or nothing.
            variant: a name from /variants, or a Hub id as user/name or user/name@revision.
            other_sound: a sound file of a thing that is not in view; nothing means a made frog.
            shift_s: how much later its own sound is played, at least 2; nothing means 2.7.
        Returns:
            the video with a map for every sound, a sheet of pictures as PNG, and the listening
            score in [0, 1] (null where there is none) with its sentence, its parts and notes.
        """
        if not clip:
            raise MediaError(words.NO_VIDEO)
        wish = Question(
            Path(clip),
            admitted(variant, request),
            Path(sound) if sound else None,
            Path(other_sound) if other_sound else None,
            shift_s or None,
        )
        session = session_of(request)
        with self.workspace.running(session, told(progress)) as run:
            *_, (trial, _) = probed(self.workspace, session, wish, run)
            _, sheet, _ = trial.files()
        return str(trial.footage.video), str(sheet), trial.report()


def bout_report(bout: Bout, threshold: float | None, notes: tuple[str, ...] = ()) -> dict:
    """What was found, as JSON; what is not defined is null. A truth that was brought counts before
    one that is known.
    """
    comparison, found = bout.comparison, bout.reckoned(threshold)
    right = {each.name: each for each in bout.judged(threshold) or found.rightness}
    variants = [
        {
            "name": entrant.name,
            "threshold": entrant.localization.threshold if threshold is None else threshold,
            "sounding_share": entrant.localization.share(Verdict.SOUNDING),
            "seconds": entrant.cost.seconds,
            "spared_s": entrant.cost.spared_s,
            "images_encoded": entrant.cost.images,
            "weights_bytes": entrant.cost.weights_bytes,
        }
        | ({"truth": _truth(right[entrant.name])} if right else {})
        for entrant in comparison.entrants
    ]
    return {
        "clip": bout.clip.name,
        "map_rate_hz": comparison.map_rate_hz,
        "moments": len(comparison.times_s),
        "variants": variants,
        "mean_iou": [[_number(value) for value in row] for row in found.overlap.mean],
        "equal_verdicts": equal_verdicts(comparison).tolist(),
        "notes": [*bout.notes, *notes],
    }


def _truth(told: Rightness) -> dict:
    return {name: _number(getattr(told, name)) for name in ("ciou", "success", "auc", "dark")}


def _number(value: float) -> float | None:
    return None if value != value else round(float(value), 4)


def endpoints(workspace: Workspace, gallery: Gallery) -> None:
    """Name them, over components that no page shows: their types check what comes in."""
    api = StudioApi(workspace, gallery)
    with gr.Row(visible=False):
        clip = gr.Video(label="clip", include_audio=True)
        sound = gr.Audio(label="sound", type="filepath")
        variants = gr.Textbox("sync, acl-tiny", label="variants")
        threshold = gr.Number(None, label="threshold")
        rate = gr.Number(None, label="maps_per_second")
        truth, truth_at = gr.File(label="truth"), gr.Number(0, label="truth_at_s")
        variant = gr.Textbox("acl-tiny", label="variant")
        other = gr.Audio(label="other_sound", type="filepath")
        shift = gr.Number(None, label="shift_s")
        video, table = gr.File(label="video"), gr.File(label="table")
        sheet, facts = gr.File(label="sheet"), gr.JSON(label="facts")
        knock = gr.Button()
    bout = [clip, sound, variants, threshold, rate, truth, truth_at]
    for fn, inputs, outputs in (
        (api.compare, bout, [video, table, facts]),
        (api.probe, [clip, sound, variant, other, shift], [video, sheet, facts]),
    ):
        knock.click(fn, inputs, outputs, api_name=fn.__name__)
    swapping_api.endpoint(workspace)
