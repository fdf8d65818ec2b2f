"""The tab "Swap the sound" without a browser: its handlers, its files, its endpoint."""

import json
import wave
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from avsl.errors import SettingError
from avsl.media import output_rate_hz, write_video
from avsl.settings import SAMPLE_RATE_HZ
from avsl.swap import Sound, Still
from avsl.ui.gallery import Gallery
from avsl.ui.jobs import Line, Workspace
from avsl.ui.studio.swapping import copy
from avsl.ui.studio.swapping.api import SwapApi
from avsl.ui.studio.swapping.board import MOST_STILLS, Board, Own
from avsl.ui.studio.swapping.page import SwapPage, knowing, offered, preselected
from tests.support import tone_clip
from tests.ui.studio_fakes import ANNA, silent_bar


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("own")
    made = {"picture": folder / "garden.png", "sound": folder / "horn.wav"}
    Image.new("RGB", (160, 90), (40, 120, 60)).save(made["picture"])
    with wave.open(str(made["sound"]), "wb") as file:
        file.setparams((1, 2, SAMPLE_RATE_HZ, 0, "NONE", ""))
        tone = 8000 * np.sin(np.arange(SAMPLE_RATE_HZ) / 5)
        file.writeframes(tone.astype("<i2").tobytes())
    made["clip"] = folder / "tone.mp4"
    clip = tone_clip(5.0, 160, 120)
    frames = (frame for _, frame in clip.stream())
    write_video(made["clip"], frames, output_rate_hz(clip), clip)
    return made


@pytest.fixture(scope="module")
def workspace(tmp_path_factory) -> Workspace:
    return Workspace(tmp_path_factory.mktemp("work"), Line(slots=3))


@pytest.fixture
def page(workspace) -> SwapPage:
    return SwapPage(workspace, Gallery(workspace.root / "examples"))


def last(steps) -> dict:
    return list(steps)[-1]


@pytest.fixture
def filled(page) -> dict:
    return last(page.run(None, "acl-tiny", False, ANNA, silent_bar))


def pictures_looked_at(page, updates) -> int:
    return page.workspace.find(updates["result"], Board).found.spent.pictures


def test_the_grid_is_a_table_of_named_buttons(page, filled):
    grid = filled["grid"]
    assert grid.count("<button") == 28
    assert grid.count('scope="row"') == 4
    assert grid.count('scope="col"') == 8
    assert 'alt="dog&#x27;s sound: upper left"' in grid
    assert "on the guitar" in grid
    assert "helicopter was missed" in grid  # what goes wrong is told too
    assert "Of 10 sounds of a thing in the picture" in filled["about"]
    assert filled["wording"]["visible"]
    assert Path(filled["player"]["value"]).is_file()


def test_own_things_join_and_leave_and_no_picture_is_looked_at_again(page, filled, files):
    assert pictures_looked_at(page, filled) == 4
    sound = last(
        page.add_sound(
            filled["result"], "acl-tiny", False, {"path": str(files["sound"])}, ANNA, silent_bar
        )
    )
    assert sound["result"] == filled["result"]
    assert sound["pressed"][1] == 0  # what was brought is looked at first
    assert "horn" in sound["grid"]
    assert "padded with silence" in sound["notes"]
    assert pictures_looked_at(page, sound) == 0
    picture = last(
        page.add_picture(
            filled["result"], "acl-tiny", False, {"path": str(files["picture"])}, ANNA, silent_bar
        )
    )
    assert pictures_looked_at(page, picture) == 1
    assert picture["grid"].count("data-row") == 40
    assert "squashed from 160x90" in picture["notes"]
    gone = page.take_out(filled["result"], False, "row", "0")
    assert gone["grid"].count("data-row") == 32
    assert pictures_looked_at(page, gone) == 0


def test_a_moment_of_a_clip_brings_its_frame_and_its_sound(page, files):
    clip = {"path": str(files["clip"])}
    updates = last(page.add_moment(None, "acl-tiny", False, clip, 2.0, ANNA, silent_bar))
    board = page.workspace.find(updates["result"], Board)
    assert [still.name for still in board.own.stills] == ["tone at 2.0 s"]
    assert [len(asked.waveform) for asked in board.own.asked] == [3 * SAMPLE_RATE_HZ]
    assert updates["pressed"] == (0, 0)


def test_words_become_a_column_where_the_variant_reads_them(page, filled):
    asked = last(page.add_words(filled["result"], "acl-tiny", False, " a dog ", ANNA, silent_bar))
    assert "“a dog”" in asked["grid"]
    assert 'alt="“a dog”: upper left"' in asked["grid"]
    assert not asked["player"]["visible"]
    told = page.press(filled["result"], False, 0, 0)
    assert copy.GATE_OF_WORDS in told["detail"]
    other = last(page.turn_to(filled["result"], "margin-tiny", False, ANNA, silent_bar))
    assert not other["wording"]["visible"]
    assert "“a dog”" not in other["grid"]
    assert copy.words_left_out("margin-tiny") in other["notes"]


def test_a_wrong_word_gets_a_sentence_and_the_grid_stays(page, filled):
    with pytest.warns(UserWarning):  # gradio's toast, outside a server
        end = last(page.add_words(filled["result"], "acl-tiny", False, "zebra", ANNA, silent_bar))
    assert "zebra" in end["status"]["value"]
    assert "grid" not in end
    assert page.press(filled["result"], False, 0, 1)["detail"]


def test_a_pressed_pair_is_told_and_played(page, filled):
    guitar = page.press(filled["result"], False, "0", "1")
    assert "guitar’s sound in a baby, a guitar and a dog: right." in guitar["detail"]
    assert guitar["player"]["autoplay"]
    with wave.open(guitar["player"]["value"]) as file:
        assert file.getnframes() == 3 * SAMPLE_RATE_HZ
    assert page.press(filled["result"], False, 99, 0) == {}
    assert "no longer kept" in page.press("gone", False, 0, 0)["detail"]


def test_what_it_is_not_sure_of_is_shown_on_demand(page, filled):
    shy = filled["grid"].count("nothing shown")
    bold = page.show_unsure(filled["result"], True, (0, 0))["grid"]
    assert bold.count("nothing shown") < shy


@pytest.mark.parametrize(
    ("add", "words"),
    [
        ("add_picture", copy.NO_PICTURE),
        ("add_sound", copy.NO_SOUND),
        ("add_words", "no word yet"),
    ],
)
def test_nothing_given_gets_a_sentence(page, add, words):
    nothing = "" if add == "add_words" else None
    with pytest.warns(UserWarning):
        end = last(getattr(page, add)(None, "acl-tiny", False, nothing, ANNA, silent_bar))
    assert words in end["status"]["value"]


def test_a_grid_has_an_end():
    still = Still("picture", np.zeros((4, 4, 3), np.uint8))
    with pytest.raises(SettingError, match=f"At most {MOST_STILLS} pictures"):
        Own((still,) * MOST_STILLS).and_((still,), ())
    sound = Sound("sound", np.ones(4, np.float32))
    assert Own((), (sound,)).without(sound) == Own()


def test_names_of_uploads_cannot_become_markup(page, files, tmp_path):
    evil = tmp_path / "<img src=x onerror=alert(1)>.wav"
    evil.write_bytes(files["sound"].read_bytes())
    end = last(
        page.add_sound(None, "acl-tiny", False, {"path": str(evil)}, ANNA, silent_bar)
    )
    assert "<img src=x" not in end["grid"] + end["detail"] + end["notes"]


def test_variants_that_need_motion_are_not_offered():
    names = [name for _, name in knowing([])]
    assert "sync" not in names
    assert "margin-tiny" in names
    assert preselected() == "acl-tiny"
    assert offered([], "gone")["value"] == "acl-tiny"
    assert offered(["user/name"], "user/name")["value"] == "user/name"


def test_files_and_endpoint(page, filled, files, workspace):
    end = last(page.prepare(filled["result"], ANNA, silent_bar))
    sheet, report = map(Path, end["files"]["value"])
    assert sheet.read_bytes().startswith(b"\x89PNG")
    assert len(json.loads(report.read_text())["pairs"]) == 28
    sheet, facts = SwapApi(workspace).swap(
        [str(files["picture"]), str(files["clip"])], [str(files["sound"])], "dog, kettle",
        request=ANNA,
    )  # fmt: skip
    assert Path(sheet).read_bytes().startswith(b"\x89PNG")
    assert [pair["asked"] for pair in facts["pairs"]] == ["horn", "dog", "kettle"] * 2
    assert facts["spent"]["pictures"] == 2
