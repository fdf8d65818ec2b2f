"""The tab "Is it listening?" without a browser: its handlers, its files, its endpoint."""

import json
from pathlib import Path

import pytest

from avsl import variants
from avsl.media import output_rate_hz, read, write_video
from avsl.ui import copy as words
from avsl.ui.gallery import Gallery
from avsl.ui.jobs import Line, Workspace
from avsl.ui.studio import copy, listening_views
from avsl.ui.studio.api import StudioApi
from avsl.ui.studio.listening_page import ListeningPage, offered, preselected
from avsl.ui.studio.yardstick import shipped
from avsl.variants.folders import shipped_folders
from tests.support import tone_clip
from tests.ui.studio_fakes import ANNA, lending, parts, silent_bar


def written(path: Path, seconds: float) -> Path:
    source = tone_clip(seconds, 160, 120)
    write_video(path, (frame for _, frame in source.stream()), output_rate_hz(source), source)
    return path


@pytest.fixture(scope="module")
def clip(tmp_path_factory) -> Path:
    return written(tmp_path_factory.mktemp("clips") / "tone.mp4", 5.0)


@pytest.fixture
def workspace(tmp_path, monkeypatch) -> Workspace:
    known = parts()
    monkeypatch.setattr(variants, "cards", lambda: [each.card for each in known.values()])
    return Workspace(tmp_path / "work", Line(slots=3), lending(known))


@pytest.fixture
def page(workspace) -> ListeningPage:
    return ListeningPage(workspace, Gallery(workspace.root / "examples"))


def steps(page: ListeningPage, clip: Path, name: str, other: Path | None = None) -> list:
    sound = {"path": str(other)} if other else None
    return list(page.run({"path": str(clip)}, sound, name, ANNA, silent_bar))


def test_a_deaf_variant_scores_nothing(page, clip):
    _, scored, drawn = steps(page, clip, "left")
    assert "0.00" in scored["score"]
    assert "hardly listens" in scored["score"]
    assert copy.DEFINITION.split(".")[0] in scored["score"].replace("&#x27;", "'")
    assert scored["video"] is None
    assert "left, this clip" in scored["yardstick"]
    assert drawn["figures"].count("<img") == 5
    assert copy.NOTHING_SHOWN not in drawn["figures"]
    video = read(drawn["video"])
    assert video.has_sound
    assert video.duration_s == pytest.approx(5.0, abs=0.15)


def test_one_that_shows_nothing_in_silence_and_noise_says_so(page, clip):
    _, scored, drawn = steps(page, clip, "hearing")
    assert 'alt="silence at ' in drawn["figures"]
    assert drawn["figures"].count(f"<span>{copy.NOTHING_SHOWN}</span>") >= 2
    assert "100%" in scored["parts"]
    moved = page.inspect(drawn["result"], 2.0)
    assert "at 2.0 s" in moved["figures"]


def test_a_sound_of_ones_own_is_played(page, clip, tmp_path):
    tone = written(tmp_path / "again.mp4", 5.0)
    _, scored, _ = steps(page, clip, "hearing", tone)
    assert "0.00" in scored["score"]  # the same tone moves nothing


def test_a_clip_too_short_to_shift_goes_without(page, tmp_path):
    *_, drawn = steps(page, written(tmp_path / "short.mp4", 2.0), "left")
    assert drawn["figures"].count("<img") == 4
    assert "too short to shift" in drawn["notes"]


def test_files_and_endpoint_tell_the_same(page, clip, workspace):
    drawn = steps(page, clip, "left")[-1]
    end = list(page.prepare(drawn["result"], ANNA, silent_bar))[-1]
    report, sheet, _ = map(Path, end["files"]["value"])
    told = json.loads(report.read_text())
    assert told["score"] == 0
    assert sheet.read_bytes().startswith(b"\x89PNG")
    api = StudioApi(workspace, page.gallery)
    video, sheet, facts = api.probe(str(clip), variant="left", request=ANNA)
    assert read(video).has_sound
    assert facts == told


def test_without_a_clip_it_says_what_to_do(page):
    with pytest.warns(UserWarning):  # gradio's toast, outside a server
        *_, end = page.run(None, None, "left", ANNA, silent_bar)
    assert words.NO_VIDEO in end["status"]["value"]
    assert "whole" in end["yardstick"]


def test_the_choice_falls_back_to_what_is_there(workspace):
    assert preselected() == "left"
    assert offered([], "gone")["value"] == "left"
    assert offered(["user/name"], "user/name")["value"] == "user/name"


def test_the_yardstick_holds_all_that_ship_and_the_deaf_score_nothing():
    known = shipped()
    names = {mark.name for mark in known.marks}
    assert {"sync", *shipped_folders()} <= names
    assert known.films == 8
    assert all(mark.score == 0 for mark in known.marks if mark.deaf)
    table = listening_views.yardstick(known)
    assert table.index("sync") < table.index("whole")
    assert "on 8 films of 6 s" in table
