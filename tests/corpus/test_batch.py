"""The command as a person or a script meets it, and what it says of its cost."""

import json
import sys

import pytest

from avsl.cli import OK, SOME_FAILED, USAGE, main
from avsl.corpus.cost import Cost, Measured
from avsl.corpus.needs import needed
from avsl.errors import SettingError
from tests.corpus import making


def test_cost_in_words_and_numbers():
    cost = Cost(36_000, 10, Measured(2.0, 50_000.0), dollars_per_hour=1.5)
    assert cost.hours == pytest.approx(2.0)
    assert cost.output_bytes == pytest.approx(1.8e9)
    assert cost.dollars == pytest.approx(3.0)
    assert cost.sentence == (
        "36000 clips x 2.00 s = 2.0 hours on 10 workers, about 1.8 GB of output, "
        "about 3.00 dollars."
    )
    assert Cost(1, 8, Measured(60.0)).hours == pytest.approx(1 / 60)  # one clip has one worker


def test_a_dry_run_measures_and_writes_nothing(clips, tmp_path, capsys):
    out = tmp_path / "out"
    arguments = ["batch", str(clips), "--out", str(out), "--dry-run", "--json", "--quiet"]
    assert main([*arguments, "--workers", "2", "--fps", "5"]) == OK
    told = json.loads(capsys.readouterr().out)
    assert told["clips"] == 13 and told["workers"] == 2
    assert told["seconds_per_clip"] > 0 and told["bytes"] > 0 and told["dollars"] is None
    assert told["hours"] == pytest.approx(13 * told["seconds_per_clip"] / 2 / 3600)
    assert not out.exists()


def test_a_run_tells_counts_and_says_by_its_code_whether_clips_are_dead(tmp_path, capsys):
    making.video(tmp_path / "in" / "good.mp4", 1)
    arguments = ["batch", str(tmp_path / "in"), "--seconds-per-clip", "1", "--workers", "1"]
    assert main([*arguments, "--out", str(tmp_path / "one"), "--json", "--quiet"]) == OK
    told = json.loads(capsys.readouterr().out)
    assert (told["clips"], told["dead_letters"], told["moments"]) == (1, 0, 10)
    (tmp_path / "in" / "bad.mp4").write_text("-")
    assert main([*arguments, "--out", str(tmp_path / "two"), "--quiet"]) == SOME_FAILED
    said = capsys.readouterr()
    assert "1 dead letters" in said.out and "2 clips x 1.00 s" in said.err
    assert main([*arguments, "--out", str(tmp_path / "one"), "--quiet"]) == USAGE
    said = capsys.readouterr().err
    assert "clips of the input are others" in said and len(said.strip().splitlines()) == 1


@pytest.mark.parametrize(
    "wrong",
    [["--variant", "nothing"], ["--threshold", "2"], ["--workers", "0"], ["--per-part", "0"],
     ["--fps", "-1"], ["--int8"], ["--out", "s3://store/out"]],
)  # fmt: skip
def test_wrong_settings_end_with_a_sentence(clips, tmp_path, capsys, wrong):
    arguments = ["batch", str(clips), "--out", str(tmp_path / "out"), "--quiet", *wrong]
    assert main(arguments) == USAGE
    assert len(capsys.readouterr().err.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_help_names_the_options(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["batch", "--help"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert "--engine" in said and "--dry-run" in said


def test_without_the_extra_a_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(SettingError, match=r"avsl\[scale\]"):
        needed("ray")
