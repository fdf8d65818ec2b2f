"""The command line as a person or a script meets it."""

import json
from pathlib import Path

import pytest

from avsl.checkpoint import save_folder
from avsl.cli import INTERRUPTED, OK, SOME_FAILED, USAGE, main
from avsl.localization import Localization
from avsl.media import read
from avsl.synthetic import ensure_example
from tests.variants.making import tiny_two_stream

pytest_plugins = ["tests.hub_endpoint"]
HUB_ID = "someone/tiny"


@pytest.fixture(scope="module")
def bell(tmp_path_factory) -> Path:
    return ensure_example("bell", tmp_path_factory.mktemp("examples"))


def test_run_writes_every_file_and_says_where(bell, tmp_path, capsys):
    assert main(["run", str(bell), "--out", str(tmp_path), "--fps", "5", "--quiet"]) == OK
    folder = tmp_path / bell.stem
    names = {path.name for path in folder.iterdir()}
    assert {"overlay.mp4", "timeline.png", "masks", "coco.json", "manifest.json"} <= names
    found = Localization.load(folder / "localization.npz")
    assert len(found.maps) == 45
    video = read(folder / "overlay.mp4")
    assert video.duration_s == pytest.approx(read(bell).duration_s, abs=0.04)
    assert video.has_sound
    assert "Sounding" in capsys.readouterr().out


def test_one_bad_clip_does_not_stop_the_others(bell, tmp_path, capsys):
    bad = tmp_path / "notes.mp4"
    bad.write_text("not a video")
    clips = [str(bad), str(tmp_path / "missing.mp4"), str(bell)]
    arguments = ["run", *clips, "--out", str(tmp_path / "out"), "--fps", "2", "--json", "--quiet"]
    assert main([*arguments, "--formats", "csv"]) == SOME_FAILED
    reports = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [report["ok"] for report in reports] == [False, False, True]
    assert all(report["error"] for report in reports[:2])
    assert reports[2]["verdict_shares"]["sounding here"] > 0.5
    assert list(reports[2]["files"]) == ["csv"]


def test_clips_of_one_name_do_not_overwrite_each_other(bell, tmp_path):
    again = tmp_path / bell.name
    again.write_bytes(bell.read_bytes())
    arguments = ["--out", str(tmp_path / "out"), "--fps", "1", "--formats", "csv", "--quiet"]
    assert main(["run", str(bell), str(again), *arguments]) == OK
    assert len(list((tmp_path / "out").glob("*/moments.csv"))) == 2


@pytest.mark.parametrize(
    "wrong",
    [["--variant", "nothing"], ["--threshold", "2"], ["--opacity", "-1"], ["--formats", "gif"]],
)
def test_wrong_settings_end_with_a_sentence(bell, tmp_path, capsys, wrong):
    code = main(["run", str(bell), "--out", str(tmp_path), "--fps", "1", "--quiet", *wrong])
    assert code in (USAGE, SOME_FAILED)
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


def test_interrupting_is_no_traceback(bell, tmp_path, capsys, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("avsl.cli.read", interrupt)
    assert main(["run", str(bell), "--out", str(tmp_path), "--quiet"]) == INTERRUPTED
    assert "stopped" in capsys.readouterr().err


def test_list_says_which_variants_are_ready(capsys):
    assert main(["list", "--json"]) == OK
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows["sync"]["state"] == "ready"
    assert main(["list"]) == OK
    assert "sync" in capsys.readouterr().out


# variants from the Hub


@pytest.fixture
def published(hub, tmp_path):
    """A tiny two-stream network, as user/name on a Hub."""
    save_folder(tiny_two_stream(), tmp_path / "tiny")
    for file in (tmp_path / "tiny").iterdir():
        hub.add(HUB_ID, file.name, file.read_bytes(), large=file.suffix == ".safetensors")
    return hub


def go(bell: Path, out: Path, *flags: str) -> int:
    wanted = ["--out", str(out), "--fps", "1", "--formats", "csv", "--json", "--quiet"]
    return main(["run", str(bell), *wanted, *flags])


@pytest.mark.parametrize("form", ["option", "in the name"])
def test_a_revision_is_handed_to_the_hub(bell, tmp_path, published, capsys, form):
    def asking(revision: str) -> list[str]:
        if form == "option":
            return ["--variant", HUB_ID, "--revision", revision]
        return ["--variant", f"{HUB_ID}@{revision}"]

    commit = published.commit(HUB_ID)
    assert go(bell, tmp_path / "out", *asking(commit)) == OK
    assert json.loads(capsys.readouterr().out)["variant"] == f"{HUB_ID}@{commit}"
    assert go(bell, tmp_path / "out", *asking("v9")) == USAGE
    said = capsys.readouterr().err
    assert "the file is not there" in said and "--revision v9" in said


def test_without_a_revision_the_newest_is_taken(bell, tmp_path, published, capsys):
    assert go(bell, tmp_path / "out", "--variant", HUB_ID) == OK
    assert json.loads(capsys.readouterr().out)["variant"] == HUB_ID


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--variant", "sync"], "only a Hub id"),
        (["--variant", "."], "only a Hub id"),
        (["--variant", "someone/tiny@v1"], "names a revision already"),
        (["--variant", "acl", "--untrained"], "has no revisions"),
    ],
)
def test_a_revision_of_what_has_none_is_one_sentence(bell, tmp_path, capsys, flags, words):
    assert go(bell, tmp_path / "out", *flags, "--revision", "v2") == USAGE
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert words in line
