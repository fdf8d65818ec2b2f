"""The command line as a person or a script meets it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from pyarrow.dataset import dataset

from avsl import cli
from avsl.checkpoint import save_folder
from avsl.cli import INTERRUPTED, OK, SOME_FAILED, USAGE, main
from avsl.cli_settings import folders_of, typed
from avsl.localization import Localization
from avsl.manifest import read_manifest
from avsl.media import read
from avsl.synthetic import ensure_example
from tests.corpus import making
from tests.models.golden_parity import GOLDEN
from tests.variants.making import tiny_two_stream

pytest_plugins = ["tests.hub_endpoint"]
HUB_ID = "someone/tiny"
ROOT = Path(__file__).resolve().parents[1]


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
    ("clips", "folders"),
    [
        (["a/x.mp4", "b/x.mp4", "x-2.mp4"], ["x", "x-3", "x-2"]),
        (["x-2.mp4", "a/x.mp4", "b/X.mp4", "x.webm"], ["x-2", "x", "X-3", "x-4"]),
        (["é.mp4", "e\u0301.mp4", "É.mp4"], ["é", "e\u0301-2", "É-3"]),
        (["a.b..mp4", "a.b.mp4", "...mp4"], ["a.b.", "a.b-2", "...mp4"]),
    ],
)  # fmt: skip
def test_every_clip_has_a_folder_of_its_own_on_any_disk(clips, folders):
    settings = typed(cli._parser().parse_args(["run", *clips, "--out", "out"]))
    assert folders_of(settings) == [Path("out") / folder for folder in folders]


def test_an_unexpected_failure_of_one_clip_is_told_and_the_rest_goes_on(
    bell, tmp_path, capsys, monkeypatch
):
    def failing(path, sound=None):
        return int("NaN") if path.name == "odd.mp4" else read(path, sound=sound)

    monkeypatch.setattr("avsl.cli.read", failing)
    arguments = ["run", "odd.mp4", str(bell), "--out", str(tmp_path / "out"), "--fps", "1"]
    arguments += ["--formats", "csv", "--quiet"]
    assert main([*arguments, "--json"]) == SOME_FAILED
    odd, good = map(json.loads, capsys.readouterr().out.splitlines())
    assert good["ok"] and not odd["ok"]
    assert "ValueError" in odd["error"] and "NaN" in odd["error"] and ".py:" in odd["error"]
    assert main(arguments) == SOME_FAILED
    said = capsys.readouterr()
    assert len(said.err.splitlines()) == 1 and "Sounding" in said.out


@pytest.mark.parametrize("command", ["run", "compare", "probe", "swap", "batch", "convert"])
def test_a_folder_that_cannot_be_is_a_sentence(bell, tmp_path, capsys, command):
    (tmp_path / "file").write_text("-")
    out = ["--out", str(tmp_path / "file" / "below" / "x.png")]
    given = {
        "run": [str(bell), "--fps", "1", "--quiet"],
        "compare": [str(bell), "--variants", "sync,acl-tiny", "--fps", "1", "--quiet"],
        "probe": [str(bell), "--fps", "1", "--quiet"],
        "swap": [str(bell), "--sound", str(bell), "--quiet"],
        "batch": [str(bell), "--seconds-per-clip", "1", "--workers", "1", "--quiet"],
        "convert": [
            "--clipseg", str(GOLDEN / "clipseg"), "--beats", str(GOLDEN / "beats.pt"),
            "--acl", str(GOLDEN / "Param_best.pth"),
        ],
    }[command]  # fmt: skip
    assert main([command, *given, *out]) in (USAGE, SOME_FAILED)
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert "file" in said and ("hoose another" in said) and "unexpectedly" not in said


# names


@pytest.mark.parametrize(
    ("name", "encoding"),
    [
        ("日本.mp4", "cp1252:strict"),
        ("a\nb é.mp4", "ascii:strict"),
        (os.fsdecode(b"caf\xe9.mp4"), "utf-8:strict"),
    ],
)
@pytest.mark.parametrize("flags", [[], ["--json"]])
def test_no_name_ends_a_run_whatever_the_terminal_can_print(tmp_path, name, encoding, flags):
    making.video(tmp_path / "x.mp4", 1).rename(tmp_path / name)
    command = [sys.executable, "-m", "avsl", "run", name, "--out", "out", "--fps", "2", *flags]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={**os.environ, "PYTHONIOENCODING": encoding, "PYTHONPATH": str(ROOT)},
        capture_output=True,
    )
    assert (done.returncode, b"Traceback" in done.stderr) == (OK, False)
    folder = tmp_path / "out" / Path(name).stem
    assert {file.name for file in folder.iterdir()} >= {"moments.csv", "captions.vtt"}
    assert read_manifest(folder / "manifest.json").clip.name == name
    if flags:
        assert json.loads(done.stdout)["clip"] == name


def test_sheets_and_tables_take_a_name_that_is_no_text(tmp_path, capsys):
    odd = tmp_path / "in" / os.fsdecode(b"caf\xe9.mp4")
    making.video(tmp_path / "in" / "x.mp4", 1, 3.0).rename(odd)
    sheet = tmp_path / "swap.png"
    assert main(["swap", str(odd), "--sound", str(odd), "--out", str(sheet), "--quiet"]) == OK
    assert sheet.stat().st_size
    (odd.parent / os.fsdecode(b"bad\xe9.mp4")).write_text("-")
    out = tmp_path / "out"
    arguments = ["batch", str(odd.parent), "--out", str(out), "--seconds-per-clip", "1"]
    assert main([*arguments, "--workers", "1", "--quiet"]) == SOME_FAILED
    tables = [dataset(next(out.glob(name))).to_table() for name in ("clips-*", "moments-*")]
    tables.append(dataset(out / "dead-letters.parquet").to_table())
    told = [set(table["clip_id"].to_pylist()) for table in tables]
    assert told == [{"caf\\udce9"}, {"caf\\udce9"}, {"bad\\udce9"}]


@pytest.fixture
def dashed(tmp_path, monkeypatch) -> str:
    """A clip here whose name begins with a dash, as thousands of VGGSound's do."""
    monkeypatch.chdir(tmp_path)
    making.video(tmp_path / "x.mp4", 1, 3.0).rename("-26aVYRtEAc_000030.mp4")
    return "-26aVYRtEAc_000030.mp4"


@pytest.mark.parametrize(
    "words",
    [
        ["run", "NAME", "--fps", "2", "--formats", "csv", "--out", "out"],
        ["run", "--out", "out", "--fps", "2", "--formats", "csv", "--sound", "NAME", "NAME"],
        ["run", "--out=out", "--fps=2", "--formats=csv", "--", "NAME"],
        ["compare", "NAME", "--variants", "sync,acl-tiny", "--fps", "2"],
        ["probe", "--fps", "2", "NAME", "--other", "NAME"],
        ["swap", "NAME", "--sound", "NAME"],
        ["batch", "NAME", "--out", "out", "--seconds-per-clip", "1", "--workers", "1"],
    ],
    ids=lambda words: " ".join(words[:2]),
)
def test_a_name_that_begins_with_a_dash_is_a_file_where_there_is_one(dashed, words):
    assert main([words[0], "--quiet", *(dashed if w == "NAME" else w for w in words[1:])]) == OK


@pytest.mark.parametrize("words", [["run"], ["run", "x.mp4", "--sound"], ["batch", "--out", "o"]])
def test_where_there_is_none_the_usage_says_how_to_write_it(tmp_path, monkeypatch, capsys, words):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as end:
        main([*words, "-2gone.mp4"])
    assert end.value.code == USAGE and "./-2gone.mp4" in capsys.readouterr().err


def test_an_option_stays_one_where_a_file_has_its_name(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "--json").touch()
    assert main(["list", "--json"]) == OK
    assert json.loads(capsys.readouterr().out)
    with pytest.raises(SystemExit):
        main(["list", "--jsn"])
    assert "./" not in capsys.readouterr().err


def test_patterns_are_expanded_where_no_shell_did(bell, tmp_path, capsys):
    for name in ("b.mp4", "a.mp4", "c [1].mp4", "notes.txt"):
        (tmp_path / name).write_bytes(bell.read_bytes())
    names = ["?.mp4", "c [1].mp4", "*.avi"]
    arguments = ["--out", str(tmp_path / "out"), "--fps", "1", "--formats", "csv", "--quiet"]
    code = main(["run", *(str(tmp_path / name) for name in names), *arguments, "--json"])
    reports = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert code == SOME_FAILED
    told = [(Path(report["clip"]).name, report["ok"]) for report in reports]
    assert told == [("a.mp4", True), ("b.mp4", True), ("c [1].mp4", True), ("*.avi", False)]
    assert "There is no file" in reports[-1]["error"]
    pictures, sheet = str(tmp_path / "[ab].mp4"), str(tmp_path / "swap.png")
    assert main(["swap", pictures, "--sound", pictures, "--out", sheet, "--json", "--quiet"]) == OK
    told = json.loads(capsys.readouterr().out)
    assert told["pictures"] == ["a", "b"] == [each["name"] for each in told["asked"]]


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
