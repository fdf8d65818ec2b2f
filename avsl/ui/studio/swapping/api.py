"""Swapping sounds over HTTP."""

from dataclasses import dataclass
from pathlib import Path

import gradio as gr

from avsl.errors import MediaError
from avsl.progress import watched
from avsl.storage import storage_errors
from avsl.swap import Words, swap
from avsl.swap_files import sound_of, still_of, swap_png, swap_report
from avsl.ui import copy as page_copy
from avsl.ui.choosing import admitted
from avsl.ui.handlers import answering, session_of, told
from avsl.ui.jobs import Workspace
from avsl.ui.studio.swapping import copy


@dataclass(frozen=True)
class Sheet:
    """An answer's file, kept as long as a result is."""

    folder: Path


class SwapApi:
    """The named endpoint."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    @answering
    def swap(
        self,
        pictures: list[str] | None,
        sounds: list[str] | None = None,
        words: str = "",
        variant: str = "acl-tiny",
        time_s: float | None = None,
        request: gr.Request | None = None,
        progress: gr.Progress = gr.Progress(),  # noqa: B008, gradio finds it by its default
    ) -> tuple[str, dict]:
        """Play every sound to every picture: a map, a verdict and a confidence for each pair.

        Parameters:
            pictures: picture files, or videos of which one frame is taken.
            sounds: sound files, or videos whose sound is taken.
            words: words instead of sounds, with commas between, for variants that read them.
            variant: a name from /variants that looks at single pictures, or a Hub id.
            time_s: the moment of a video; nothing means half-way.
        Returns:
            a sheet of all pairs as PNG, and the numbers: of each pair its verdict, where it is
            shown, its confidence and where the map is strongest; the gate, the threshold, what it
            took, and notes.
        """
        typed = [each.strip() for each in (words or "").split(",") if each.strip()]
        if not pictures:
            raise MediaError(copy.NO_PICTURE)
        if not sounds and not typed:
            raise MediaError(copy.NO_SOUND)
        name, session = admitted(variant, request), session_of(request)
        with (
            self.workspace.running(session, told(progress)) as run,
            self.workspace.draft() as draft,
        ):
            with watched(run.progress, page_copy.STAGE_READING):
                stills = [still_of(Path(path), time_s) for path in pictures]
                asked = [*(sound_of(Path(path)) for path in sounds or ()), *map(Words, typed)]
            with self.workspace.variant(name, run) as variant_lent:
                found = swap(stills, asked, variant_lent, run.progress)
            sheet = draft.folder / "swap.png"
            with storage_errors(draft.folder):
                sheet.write_bytes(swap_png(found))
            self.workspace.keep(session, draft, Sheet(draft.folder))
        return str(sheet), swap_report(found)


def endpoint(workspace: Workspace) -> None:
    """Name it, over components that no page shows: their types check what comes in."""
    with gr.Row(visible=False):
        pictures = gr.File(label="pictures", file_count="multiple", type="filepath")
        sounds = gr.File(label="sounds", file_count="multiple", type="filepath")
        words = gr.Textbox("", label="words")
        variant = gr.Textbox("acl-tiny", label="variant")
        time_s = gr.Number(None, label="time_s")
        sheet, facts = gr.File(label="sheet"), gr.JSON(label="facts")
        gr.Button().click(
            SwapApi(workspace).swap, [pictures, sounds, words, variant, time_s], [sheet, facts],
            api_name="swap",
        )  # fmt: skip
