"""compare and probe as a person or a script meets them on the command line."""

import csv
import json
from pathlib import Path

import pytest
from PIL import Image

from avsl.checkpoint import save_folder
from avsl.cli import OK, USAGE, main
from avsl.synthetic import ensure_example
from tests.variants.making import tiny_two_stream


@pytest.fixture(scope="module")
def bell(tmp_path_factory) -> Path:
    return ensure_example("bell", tmp_path_factory.mktemp("examples"))


@pytest.fixture(scope="module")
def tiny(tmp_path_factory) -> str:
    folder = tmp_path_factory.mktemp("variants") / "tiny"
    save_folder(tiny_two_stream(), folder)
    return str(folder)


def go(command: str, clip: Path, out: Path, *flags: str) -> int:
    return main([command, str(clip), "--out", str(out), "--fps", "2", "--quiet", *flags])


def test_compare_writes_a_sheet_and_a_table_and_says_where(bell, tiny, tmp_path, capsys):
    assert go("compare", bell, tmp_path, "--variants", f"sync, {tiny}") == OK
    folder, said = tmp_path / bell.stem, capsys.readouterr().out
    assert {path.name for path in folder.iterdir()} == {"compare.png", "compare.csv"}
    assert all(str(path) in said for path in folder.iterdir())
    sheet = Image.open(folder / "compare.png")
    assert sheet.width > 1000 and sheet.height > 300
    rows = list(csv.DictReader((folder / "compare.csv").open()))
    assert len(rows) == 18 and "sync_verdict" in rows[0]
    assert "IoU where both show something" in said and "sync" in said


def test_compare_puts_the_table_on_standard_output(bell, tmp_path, capsys):
    assert go("compare", bell, tmp_path, "--variants", "sync,sync", "--csv") == OK
    rows = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    assert len(rows) == 18 and {row["iou_sync_sync (2)"] for row in rows} == {"1"}


def test_compare_against_boxes(bell, tmp_path, capsys):
    (tmp_path / "boxes.json").write_text("[[0, 0, 1, 1]]")
    truth = ["--truth", str(tmp_path / "boxes.json"), "--truth-at", "1.0"]
    assert go("compare", bell, tmp_path, "--variants", "sync,sync", *truth) == OK
    said = capsys.readouterr().out
    assert "Against the truth:" in said and "of the moments at 1.00 s" in said


def test_probe_writes_a_sheet_and_tells_the_score(bell, tmp_path, capsys):
    assert go("probe", bell, tmp_path) == OK
    said, sheet = capsys.readouterr().out, tmp_path / bell.stem / "probe.png"
    assert "Listening score" in said and "It listens" in said and str(sheet) in said
    assert Image.open(sheet).height > 500


def test_probe_as_json_with_another_sound(bell, tiny, tmp_path, capsys):
    flags = ["--variant", tiny, "--other", str(bell), "--shift", "3", "--json"]
    assert go("probe", bell, tmp_path, *flags) == OK
    report = json.loads(capsys.readouterr().out)
    assert report["clip"] == bell.name and Path(report["files"]["sheet"]).is_file()
    assert report["score"] is None or 0 <= report["score"] <= 1
    assert report["sentence"] and any("3 s later" in note for note in report["notes"])
    assert any("Another sound was given" in note for note in report["notes"])


@pytest.mark.parametrize(
    ("command", "flags", "words"),
    [
        ("compare", ["--variants", "sync"], "two variants"),
        ("compare", ["--variants", "sync,nothing"], "no variant called"),
        ("compare", ["--variants", "sync,sync", "--threshold", "2"], "between 0 and 1"),
        ("probe", ["--shift", "1"], "at least 2 s"),
        ("probe", ["--other", "missing.wav"], "missing.wav"),
        ("probe", ["--threshold", "-1"], "between 0 and 1"),
    ],
)
def test_wrong_settings_end_with_a_sentence(bell, tmp_path, capsys, command, flags, words):
    assert go(command, bell, tmp_path, *flags) == USAGE
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert words in line


def test_swap_pairs_pictures_with_sounds_and_words(bell, tmp_path, capsys):
    sheet = tmp_path / "sheets" / "swap.png"
    flags = ["--sound", str(bell), "--words", "dog", "--out", str(sheet), "--quiet"]
    assert main(["swap", str(bell), *flags, "--at", "2.4"]) == OK
    said = capsys.readouterr().out
    assert bell.stem in said and "“dog”" in said and "confidence" in said and str(sheet) in said
    assert "the loudest 3 s were heard" in said
    assert Image.open(sheet).width > 300
    assert main(["swap", str(bell), *flags, "--json"]) == OK
    report = json.loads(capsys.readouterr().out)
    assert len(report["pairs"]) == 2 and report["spent"]["pictures"] == 1


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ([], "nothing to pair"),
        (["--words", "zebra"], "'zebra' is not among"),
        (["--words", "dog", "--variant", "margin-tiny"], "reads no words"),
        (["--words", "dog", "--variant", "sync"], "follows what moves"),
        (["--sound", "missing.wav"], "missing.wav"),
    ],
)
def test_swap_says_in_a_sentence_what_cannot_be(bell, tmp_path, capsys, flags, words):
    out = ["--out", str(tmp_path / "swap.png"), "--quiet"]
    assert main(["swap", str(bell), *flags, *out]) == USAGE
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert words in line
