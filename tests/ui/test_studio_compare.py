"""The Compare tab without a browser: its handlers, its files, its endpoint."""

import csv
import json
import threading
import time
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from avsl import variants
from avsl.annotation import Marks
from avsl.compare import Agreement
from avsl.errors import SettingError
from avsl.media import output_rate_hz, read, write_video
from avsl.progress import no_progress
from avsl.ui import copy as words
from avsl.ui.gallery import Gallery, offers
from avsl.ui.jobs import Line, Overtaken, Replaced, ResultGone, Run, Workspace
from avsl.ui.page import Page
from avsl.ui.result import Result
from avsl.ui.studio import copy
from avsl.ui.studio.agreeing import RGB, shared
from avsl.ui.studio.api import StudioApi
from avsl.ui.studio.bout import Bout, Pairing, compared
from avsl.ui.studio.compare_page import ComparePage, admissible, offered, preselected
from avsl.ui.studio.panels import columns
from avsl.ui.studio.truth import truth_of
from tests.support import tone_clip
from tests.ui.studio_fakes import ANNA, BOB, lending, parts, silent_bar


@pytest.fixture(scope="module")
def clip(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("clips") / "tone.mp4"
    source = tone_clip(2.0, 160, 120, silent_after_s=1.0)
    write_video(path, (frame for _, frame in source.stream()), output_rate_hz(source), source)
    return path


@pytest.fixture
def known(monkeypatch) -> dict:
    made = parts()
    monkeypatch.setattr(variants, "cards", lambda: [each.card for each in made.values()])
    return made


@pytest.fixture
def workspace(tmp_path, known) -> Workspace:
    return Workspace(tmp_path / "work", Line(slots=3), lending(known))


@pytest.fixture
def page(workspace) -> ComparePage:
    return ComparePage(workspace, Gallery(workspace.root / "examples"))


def steps(page: ComparePage, clip: Path, *names: str, shared=False, level=0.5, who=ANNA) -> list:
    payload = {"path": str(clip)}
    return list(page.run(payload, list(names), shared, level, who, silent_bar))


def left_behind(workspace: Workspace) -> list[Path]:
    return [path for path in workspace.root.glob("*") if path.name != "examples"]


def test_the_numbers_come_first_and_then_a_video_of_all(page, clip, workspace):
    began, through, drawn = steps(page, clip, "left", "lower")
    assert began["run"]["interactive"] is False
    assert began["stop"]["visible"] is True
    assert through["video"] is None
    assert copy.TRUTH_UNKNOWN in through["rightness"]
    assert "0.50" in through["costs"]
    assert "0.33" in through["pairs"]  # a quarter in common of three marked
    assert drawn["run"]["interactive"] is True
    assert drawn["status"]["visible"] is False
    video = read(drawn["video"])
    assert video.has_sound
    assert video.duration_s == pytest.approx(2.0, abs=0.15)
    assert video.width > 1.9 * video.height * 160 / 120 / 1.2  # two beside each other
    assert drawn["figures"].count("<img") == 3
    assert 'alt="left at ' in drawn["figures"]
    assert "IoU 0.33" in drawn["figures"]
    assert drawn["first"]["visible"] is False


def test_both_halves_of_the_video_show_their_own(page, clip):
    drawn = steps(page, clip, "left", "lower")[-1]
    frame = read(drawn["video"]).frames(np.array([0.5]))[0].astype(int)
    height, width = frame.shape[:2]
    first, second = frame[:, : width // 2], frame[:, width // 2 :]
    warm = [each[..., 0] - each[..., 2] for each in (first, second)]  # heat over grey
    upper_left, lower_right = np.s_[height // 4 : height // 2, width // 6 : width // 5], np.s_[
        7 * height // 10 : 8 * height // 10, 2 * width // 6 : 5 * width // 12
    ]  # fmt: skip
    assert warm[0][upper_left].mean() > 40 > abs(warm[1][upper_left].mean())
    assert warm[1][lower_right].mean() > 40 > abs(warm[0][lower_right].mean())


def test_another_threshold_runs_nothing_and_changes_pictures_and_numbers(page, clip, known):
    drawn = steps(page, clip, "left", "faint")[-1]
    own = page.inspect(drawn["result"], 0.5, "left", "faint", False, 0.7)
    switched = page.switch(True)
    assert copy.SHARED_WARNING.split(".")[0] in switched["warning"]
    assert switched["level"]["interactive"] is True
    level = page.reckon(drawn["result"], True, 0.7)
    pictures = page.inspect(drawn["result"], 0.5, "left", "faint", True, 0.7)
    assert "threshold 0.70" in pictures["figures"]
    assert "threshold 0.50" in own["figures"]
    assert "0.70" in level["costs"]
    assert copy.NEVER in level["pairs"]  # the faint one marks nothing any more
    assert [known[name].calls for name in ("left", "faint")] == [1, 1]

    redrawn = list(page.redraw(drawn["result"], True, 0.7, ANNA, silent_bar))[-1]
    assert redrawn["video"] != drawn["video"]
    assert Path(redrawn["video"]).exists()
    assert known["left"].calls == 1


def test_the_switch_can_be_set_before_the_first_run(page):
    assert page.inspect(None, 0.0, "", "", True, 0.5) == {}
    assert page.reckon(None, True, 0.5) == {}
    assert copy.OWN_LEVELS in page.switch(False)["warning"]


def test_files_to_take_home(page, clip):
    drawn = steps(page, clip, "left", "lower", shared=True, level=0.4)[-1]
    end = list(page.prepare(drawn["result"], ANNA, silent_bar))[-1]
    table, sheet, video = map(Path, end["files"]["value"])
    rows = list(csv.DictReader(table.open()))
    assert len(rows) == 20
    assert float(rows[5]["iou_left_lower"]) == pytest.approx(1 / 3, abs=0.02)
    assert sheet.read_bytes().startswith(b"\x89PNG")
    assert video.name == "tone-compared.mp4"


def drawn_box(index: int, *box: float, over: Marks | None = None) -> gr.EventData:
    """The event of the page's script, which draws ``over`` what was marked before."""
    before = over.to_dict() if over else {"strokes": []}
    marks = before | {"boxes": [box] if box else []}
    return gr.EventData(None, {"index": index, "marks": json.loads(json.dumps(marks))})


def test_every_variant_is_judged_by_what_is_marked(page, clip, workspace):
    drawn = steps(page, clip, "left", "lower")[-1]
    result = drawn["result"]
    told = page.mark(result, False, 0.5, drawn_box(5, 0.0, 0.0, 0.5, 1.0))["marked"]
    assert "<b>1.00</b>" in told  # "left" marks just that
    assert "0.33" in told  # "lower" shares a quarter of three
    bout = workspace.find(result, Bout)
    assert [each.ciou for each in bout.judged(None)] == pytest.approx([1, 1 / 3], abs=0.02)
    assert page.mark(result, False, 0.5, gr.EventData(None, {"index": 5, "marks": None}))
    assert bout.judged(None) == ()


def test_the_mask_of_a_file_stays_under_what_is_drawn_until_it_is_cleared(
    page, clip, workspace, tmp_path
):
    result = steps(page, clip, "left", "lower")[-1]["result"]
    Image.new("L", (8, 6), 255).save(tmp_path / "mask.png")
    payload = {"path": str(tmp_path / "mask.png")}
    told = page.annotate(payload, result, 0.5, False, 0.5)
    assert "8x6" in told["taken"]
    assert "0.5 s" in told["taken"]
    bout = workspace.find(result, Bout)
    page.mark(result, False, 0.5, drawn_box(5, 0.0, 0.0, 0.5, 1.0, over=bout.marked[5]))
    assert bout.marked[5].mask(4 / 3).all()
    page.mark(result, False, 0.5, drawn_box(5, 0.0, 0.0, 0.5, 1.0))
    assert bout.marked[5].mask(4 / 3).mean() == 0.5


@pytest.mark.parametrize(
    "told",
    [{}, {"index": 10_000, "marks": None}, {"index": -1, "marks": None}, {"index": "0"},
     {"index": 0, "marks": 3}, {"index": 0, "marks": {"boxes": [[0, 0, 1]]}},
     {"index": 0, "marks": {"painted": "AAAA"}}, {"index": 0, "marks": {"painted": 3}}],
)  # fmt: skip
def test_marks_that_no_script_of_ours_sends_get_a_sentence(page, clip, told):
    result = steps(page, clip, "left", "lower")[-1]["result"]
    said = page.mark(result, False, 0.5, gr.EventData(None, told))["marked"]
    assert "avsl-hint" in said
    assert "moment" in said


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        (["left"], copy.TOO_FEW),
        (["left", "left"], copy.TOO_FEW),
        (["left", "lower", "faint", "other", "more"], copy.too_many(4)),
        (["left", "nothing"], "no variant called"),
    ],
)
def test_a_wrong_choice_is_a_sentence(page, clip, chosen, said, workspace):
    with pytest.warns(UserWarning):  # gradio's toast, outside a server
        *_, end = steps(page, clip, *chosen)
    assert said in end["status"]["value"].replace("&#x27;", "'")
    assert end["empty"]["visible"] is True
    assert end["run"]["interactive"] is True
    assert left_behind(workspace) == []


def test_without_a_clip_it_says_what_to_do(page):
    with pytest.warns(UserWarning):
        *_, end = page.run(None, ["left", "lower"], False, 0.5, ANNA, silent_bar)
    assert words.NO_VIDEO in end["status"]["value"]


def test_stopping_leaves_nothing(page, clip, workspace):
    with workspace.running("anna", no_progress) as run:
        wish = Pairing(clip, ("left", "lower"))
        work = compared(workspace, page.gallery, "anna", wish, run)
        next(work)
        assert workspace.stop("anna")
        with pytest.raises(Exception, match="Stopped"):
            next(work)
    assert left_behind(workspace) == []


def test_a_job_in_another_tab_ends_this_one_with_a_sentence(workspace):
    with workspace.running("anna", no_progress, place="compare") as here:
        with (
            workspace.running("anna", no_progress, alone=True, place="listening"),
            pytest.raises(Overtaken, match="another tab"),
        ):
            here.progress(0.5, "still here")
        with (
            workspace.running("anna", no_progress, alone=True, place="compare"),
            pytest.raises(Replaced),
        ):
            here.progress(0.5, "still here")


def test_two_comparisons_with_the_same_networks_in_other_orders_both_end(page, clip, known):
    for each in known.values():
        each.encode_frames = None  # what makes the shelf lend it to one job at a time
    ends = []

    def work(who, *names) -> None:
        ends.append(steps(page, clip, *names, who=who)[-1])

    threads = [
        threading.Thread(target=work, args=(ANNA, "left", "lower")),
        threading.Thread(target=work, args=(BOB, "lower", "left")),
    ]
    for thread in threads:
        thread.start()
        time.sleep(0.02)
    for thread in threads:
        thread.join(30)
    assert [bool(end.get("video")) for end in ends] == [True, True]


def test_results_of_another_kind_are_not_found(page, clip, workspace):
    result = steps(page, clip, "left", "lower")[-1]["result"]
    assert isinstance(workspace.find(result, Bout), Bout)
    with pytest.raises(ResultGone):
        workspace.find(result, Result)
    Page(workspace).leave(ANNA)
    assert left_behind(workspace) == []


def test_what_can_be_chosen_follows_what_is_there(known):
    assert preselected() == ["left", "lower"]
    update = offered(["user/name"], ["left", "gone"])
    assert ("user/name", "user/name") in update["choices"]
    assert update["value"] == ["left"]
    with pytest.raises(SettingError):
        admissible(["left"], ANNA)


def test_the_pattern_of_agreement(clip, page, workspace):
    bout = workspace.find(steps(page, clip, "left", "lower")[-1]["result"], Bout)
    left, lower = (each.localization for each in bout.comparison.entrants)
    frame = np.full((120, 160, 3), 128, np.uint8)
    found = shared(frame, left, lower, 5)
    assert found.shares == pytest.approx((0.25, 0.25, 0.25), abs=0.02)
    places = {Agreement.FIRST: (30, 40), Agreement.SECOND: (90, 120), Agreement.BOTH: (90, 40)}
    for mark, (y, x) in places.items():
        around = found.picture[y - 8 : y + 8, x - 8 : x + 8].reshape(-1, 3).astype(int)
        nearest = np.abs(around - RGB[mark]).sum(1).min()
        assert nearest < 60, mark
    stripes = found.picture[22:38, 32:48].std()
    assert stripes > 20 > found.picture[82:98, 32:48].std()  # a pattern, and a plain surface


@pytest.mark.parametrize(
    ("count", "size", "wanted"),
    [
        (2, (640, 360), 2), (3, (640, 360), 2), (4, (640, 360), 2), (5, (640, 360), 3),
        (2, (360, 640), 2), (4, (360, 640), 4), (5, (320, 320), 3), (2, (320, 320), 2),
    ],
)  # fmt: skip
def test_pictures_are_laid_out_for_their_shape(count, size, wanted):
    assert columns(count, tone_clip(0.2, *size)) == wanted


def test_an_example_is_known_by_its_bytes(tmp_path):
    gallery = Gallery(tmp_path)
    offer = next(each for each in offers() if each.name == "world-turns")
    example = read(gallery.clip(offer))
    times_s = np.arange(4) / 2
    truth = truth_of(example, gallery, times_s)
    assert truth.shape == (4, example.height, example.width)
    assert truth.dtype == bool
    assert 0 < truth.mean() < 0.5
    other = tmp_path / "other" / "world-turns.mp4"
    source = tone_clip(1.0)
    write_video(other, (frame for _, frame in source.stream()), 10.0, source)
    assert truth_of(read(other), gallery, times_s) is None


def test_over_http(workspace, clip):
    api = StudioApi(workspace, Gallery(workspace.root / "examples"))
    video, table, facts = api.compare(str(clip), variants="left, lower", request=ANNA)
    assert read(video).has_sound
    assert Path(table).suffix == ".csv"
    assert facts["mean_iou"][0] == [1.0, pytest.approx(1 / 3, abs=0.02)]
    assert [each["name"] for each in facts["variants"]] == ["left", "lower"]
    with pytest.raises(gr.Error) as caught:
        api.compare(str(clip), variants="left", request=ANNA)
    assert caught.value.message == copy.TOO_FEW


def test_a_run_that_is_not_read_to_its_end_leaves_nothing(page, clip, workspace):
    work = compared(
        workspace, page.gallery, "anna", Pairing(clip, ("left", "lower")), Run(no_progress)
    )  # fmt: skip
    next(work)
    work.close()
    assert left_behind(workspace) == []
