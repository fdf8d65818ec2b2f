"""Anybody's saved maps: every reference number through the command, and sentences for mistakes."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.support import SHARED
from train.evaluate import main

TESTS = Path(__file__).resolve().parents[2]
KEPT = [folder / "golden/metrics" for folder in (TESTS, SHARED)]
GOLDEN = next((path for path in KEPT if path.is_dir()), None)
TOLERANCE = 1e-6  # percent points

needs_golden = pytest.mark.skipif(GOLDEN is None, reason="the golden maps are not on this machine")


def scored(folder, capsys, *more):
    assert main(["--maps", str(folder), *more]) == 0
    return json.loads(capsys.readouterr().out)


def complaint(folder, capsys):
    assert main(["--maps", str(folder)]) == 2
    return capsys.readouterr().err


@pytest.fixture
def saved(tmp_path):
    """Four maps over two pictures, right in all but the last; without ties, which mark nothing."""
    maps = torch.zeros(4, 224, 224)
    maps[:, :112, :112] = torch.linspace(0.6, 0.9, 112 * 112).view(112, 112)
    boxes = [[[0, 0, 0.5, 0.5]]] * 3 + [[[0.5, 0.5, 1, 1]]]
    save_file({"maps": maps}, tmp_path / "maps.safetensors")
    about = {"boxes": boxes, "images": ["a", "a", "b", "b"]}
    (tmp_path / "about.json").write_text(json.dumps(about))
    return tmp_path


def agree(found, expected, path=""):
    """Every number that ``expected`` has is in ``found``; inputs are not compared."""
    if isinstance(expected, dict):
        for key in expected.keys() - {"sounding", "confidence", "empty", "note", "images", "boxes"}:
            agree(found[key], expected[key], f"{path}/{key}")
    elif isinstance(expected, list):
        assert found == pytest.approx(expected, abs=TOLERANCE), path
    else:
        assert found == pytest.approx(expected, abs=TOLERANCE), path


@needs_golden
def test_every_reference_number_comes_out(capsys):
    expected = json.loads((GOLDEN / "expected.json").read_text())
    found = scored(GOLDEN, capsys)
    agree(found, expected)
    assert len(found["acl_sweep"]) == 19 and found["left_out"] == {} and found["found"] == 28


@needs_golden
def test_boxes_alone_give_the_same_numbers(tmp_path, capsys):
    shutil.copy(GOLDEN / "expected.json", tmp_path)
    maps = load_file(GOLDEN / "maps.safetensors")["maps"]
    save_file({"maps": maps.float()}, tmp_path / "maps.safetensors")
    agree(scored(tmp_path, capsys), json.loads((GOLDEN / "expected.json").read_text()))


def test_what_is_missing_is_left_out_and_said_so(saved, capsys):
    found = scored(saved, capsys, "--json", str(saved / "out" / "scores.json"))
    assert found["adaptive"]["ciou"] == 75 and found["adaptive"]["iiou"] == 50
    assert set(found["left_out"]) == {"extended", "segmentation"}
    assert json.loads((saved / "out" / "scores.json").read_text()) == found


def test_maps_and_ground_truth_without_a_json_will_do(saved, capsys):
    (saved / "about.json").unlink()
    maps = load_file(saved / "maps.safetensors")["maps"]
    truth = (maps > 0).to(torch.uint8)
    save_file({"maps": maps, "ground_truth": truth}, saved / "maps.safetensors")
    found = scored(saved, capsys)
    assert found["acl_sweep"]["0.50"]["ciou"] == 100
    assert "iiou, iauc" in found["left_out"]


def test_flat_keys_are_understood_as_nested_ones(saved, capsys):
    about = json.loads((saved / "about.json").read_text())
    about |= {"sounding": [1, 1, 0, 1], "confidence": [0.9, 0.8, 0.1, 0.7], "empty": [3]}
    (saved / "about.json").write_text(json.dumps(about))
    found = scored(saved, capsys)
    assert found["extended"]["loc_acc"] == pytest.approx(200 / 3)
    # three found, and the empty frame is three quarters unmarked
    assert found["segmentation"]["0.5"]["miou"] == pytest.approx(100 * 3.75 / 4, abs=1e-4)


@pytest.mark.parametrize(
    ("key", "wrong", "said"),
    [
        ("boxes", [[[0, 0, 1, 1]]], "boxes has 1 entries for 4 maps"),
        ("boxes", [[[0, 0, 1]]] * 4, "must be a list of [left, top, right, bottom]"),
        ("boxes", [[["a", 0, 1, 1]]] * 4, "holds what is no number"),
        ("boxes", None, "There is no truth to compare with"),
        ("images", [0, 1], "images has 2 entries for 4 maps"),
        ("confidence", "high", "confidence has no list for 4 maps"),
        ("empty", [4], "empty must list indices of maps, from 0 to 3"),
    ],
)
def test_a_wrong_list_is_a_sentence(saved, capsys, key, wrong, said):
    about = json.loads((saved / "about.json").read_text()) | {key: wrong}
    (saved / "about.json").write_text(json.dumps(about))
    assert said in complaint(saved, capsys)


@pytest.mark.parametrize(
    ("tensors", "said"),
    [
        ({"map": torch.zeros(4, 224, 224)}, "no tensor called maps"),
        ({"maps": torch.zeros(4, 14, 14)}, "it must be (M, 224, 224)"),
        ({"maps": torch.zeros(4, 1, 224, 224)}, "it must be (M, 224, 224)"),
        ({"maps": torch.full((4, 224, 224), torch.nan)}, "not between 0 and 1"),
        ({"maps": torch.full((4, 224, 224), 255.0)}, "not between 0 and 1"),
        (
            {"maps": torch.zeros(4, 224, 224), "ground_truth": torch.zeros(3, 224, 224)},
            "ground_truth has 3 entries for 4 maps",
        ),
        (
            {"maps": torch.zeros(4, 224, 224), "ground_truth": torch.zeros(4, 224, 224)},
            "The boxes of 4 of 4 maps do not give their ground_truth; at map 0 12544 pixels",
        ),
    ],
)
def test_wrong_tensors_are_a_sentence(saved, capsys, tensors, said):
    save_file(tensors, saved / "maps.safetensors")
    assert said in complaint(saved, capsys)


def test_files_that_are_missing_or_broken_are_a_sentence(tmp_path, capsys):
    assert "has no maps.safetensors" in complaint(tmp_path, capsys)
    (tmp_path / "maps.safetensors").write_text("none")
    assert "cannot be read as safetensors" in complaint(tmp_path, capsys)
    save_file({"maps": torch.zeros(1, 224, 224)}, tmp_path / "maps.safetensors")
    (tmp_path / "a.json").write_text("{")
    assert "cannot be read as json" in complaint(tmp_path, capsys)
    (tmp_path / "b.json").write_text("{}")
    assert "several json files (a.json, b.json)" in complaint(tmp_path, capsys)
