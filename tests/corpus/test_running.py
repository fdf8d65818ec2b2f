"""A whole run on the local engine: every clip once, whatever is killed."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from filelock import FileLock

from avsl.checksum import sha256_of
from avsl.corpus import running
from avsl.corpus.attempts import WORK
from avsl.corpus.settings import Settings
from avsl.corpus.source import corpus
from avsl.errors import SettingError, StorageError
from tests.corpus import making
from tests.corpus.conftest import SETTINGS

BAD = {"a/words": "not a video", "b/empty": "is empty", "b/cut": "cut off or damaged"}


def planned(clips: Path, out: Path, settings: Settings = SETTINGS) -> running.Planned:
    return running.plan(corpus(clips), settings, out)


def test_every_clip_is_in_the_tables_or_in_the_dead_letters(clips, quiet_run):
    kept = [row["clip_id"] for row in making.rows(quiet_run, "clips")]
    dead = {row["clip_id"]: row["sentence"] for row in making.rows(quiet_run, "dead-letters")}
    assert sorted([*kept, *dead]) == [source.id for source in corpus(clips).sources]
    assert set(dead) == set(BAD)
    for clip_id, words in BAD.items():
        assert words in dead[clip_id]
    moments = making.rows(quiet_run, "moments")
    assert sorted({row["clip_id"] for row in moments}) == sorted(kept)
    assert len(moments) == sum(row["moments"] for row in making.rows(quiet_run, "clips"))


def test_the_manifest_vouches_for_every_file(quiet_run):
    told = json.loads((quiet_run / "manifest.json").read_text())
    assert told["counts"]["clips"] == 10 and told["counts"]["dead_letters"] == 3
    for name, facts in told["files"].items():
        assert sha256_of(quiet_run / name) == facts["sha256"], name
    assert told["settings"]["per_part"] == 3 and told["variant"]["name"] == "sync"


def test_maps_lie_in_the_tar_of_the_clips_part(quiet_run):
    with making.tarfile.open(quiet_run / "maps-000000.tar") as tar:
        names = tar.getnames()
    ids = [row["clip_id"] for row in making.rows(quiet_run, "clips-000000")]
    assert [name for name in names if name.endswith(".npz")] == [
        each.replace(".", "%2E") + ".npz" for each in ids
    ]


def test_more_workers_find_the_same_bytes(clips, quiet_run, tmp_path):
    told = []
    running.run(
        planned(clips, tmp_path), running.Crew(workers=2), lambda part, words: told.append(part)
    )
    assert making.content(tmp_path) == making.content(quiet_run)
    assert told == sorted(told) and told[-1] == 1


def test_killed_with_all_its_workers_and_started_again(clips, quiet_run, tmp_path):
    command = [
        sys.executable, "-m", "avsl", "batch", clips, "--out", tmp_path, "--fps", "5",
        "--per-part", "3", "--workers", "1", "--quiet", "--seconds-per-clip", "1",
    ]  # fmt: skip
    run = subprocess.Popen([str(word) for word in command], stderr=subprocess.DEVNULL)
    worker = wait_for(
        lambda: at_work(tmp_path, lambda at: (tmp_path / "part-000000.json").exists())
    )
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    wait_for(lambda: not Path(f"/proc/{worker['pid']}").exists() or _gone(worker["pid"]))
    assert not (tmp_path / "manifest.json").exists()
    first = (tmp_path / "part-000000.json").read_bytes()
    copy = tmp_path / WORK / "copy" / "clip.mp4"  # of a clip out of a shard or from a URL
    copy.parent.mkdir(parents=True)
    copy.write_bytes(b"left by the kill")
    again = subprocess.run([str(word) for word in command], check=False, capture_output=True)
    assert again.returncode == 1  # there are dead letters
    assert making.content(tmp_path) == making.content(quiet_run)
    assert (tmp_path / "part-000000.json").read_bytes() == first
    assert not (tmp_path / WORK).exists() and not list(tmp_path.glob(".[a-km-z]*"))


def test_a_clip_that_kills_its_workers_becomes_a_dead_letter(clips, quiet_run, tmp_path):
    fatal, over = "a/clip.005", threading.Event()

    def kill():
        while not over.wait(0.002):
            told = at_work(tmp_path, lambda at: at == fatal)
            if told:
                with suppress(ProcessLookupError):  # what it says may be a dead one's word
                    os.kill(told["pid"], signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        running.run(planned(clips, tmp_path), running.Crew(workers=2))
    finally:
        over.set()
        killer.join()
    dead = {row["clip_id"]: row for row in making.rows(tmp_path, "dead-letters")}
    assert set(dead) == {*BAD, fatal}
    assert "3 workers died" in dead[fatal]["sentence"]
    others = [row for row in making.rows(quiet_run, "moments") if row["clip_id"] != fatal]
    assert making.rows(tmp_path, "moments") == others


def test_what_is_done_is_left_alone_and_what_is_lost_is_done_again(clips, quiet_run, tmp_path):
    for file in quiet_run.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "moments-000001.parquet").unlink()
    before = {file.name: file.stat().st_mtime_ns for file in tmp_path.glob("clips-*")}
    running.run(planned(clips, tmp_path), running.Crew())
    assert making.content(tmp_path) == making.content(quiet_run)
    changed = {name for name, ns in before.items() if (tmp_path / name).stat().st_mtime_ns != ns}
    assert changed == {"clips-000001.parquet"}


@pytest.mark.parametrize(
    "other", [{"per_part": 4}, {"map_rate_hz": 2.0}, {"threshold": 0.3}, {"variant": "lvs-tiny"}]
)
def test_other_settings_are_refused_by_name(clips, quiet_run, other):
    settings = Settings(**{"per_part": 3, "map_rate_hz": 5.0, **other})
    before = making.content(quiet_run)
    with pytest.raises(SettingError, match=f"other settings: .*{next(iter(other))} was"):
        planned(clips, quiet_run, settings)
    assert making.content(quiet_run) == before


def test_another_input_is_refused(clips, quiet_run, tmp_path):
    making.video(tmp_path / "x.mp4", 0)
    with pytest.raises(SettingError, match="clips of the input are others"):
        planned(tmp_path, quiet_run)


def test_a_folder_in_use_or_with_other_files_is_refused(clips, tmp_path):
    (tmp_path / "used").mkdir()
    with FileLock(tmp_path / "used" / ".lock"), pytest.raises(SettingError, match="Another run"):
        running.run(planned(clips, tmp_path / "used"), running.Crew())
    (tmp_path / "mine.txt").write_text("-")
    with pytest.raises(SettingError, match="of no such run"):
        running.run(planned(clips, tmp_path), running.Crew())


def test_a_place_that_cannot_be_written_is_a_sentence(clips):
    with pytest.raises((StorageError, SettingError)):
        running.run(planned(clips, Path("/proc/nowhere")), running.Crew())
    with pytest.raises(SettingError, match="URL"):
        running.plan(corpus(clips), SETTINGS, "s3://store/out")


def test_shards_lists_and_urls_go_the_same_way(clips, tmp_path):
    making.shard(tmp_path / "shards.tar", ["one", "two"])
    far = (clips / "a" / "clip.003.mp4").as_uri()
    (tmp_path / "list.csv").write_text(f"id,path\nfar,{far}\nlost,{far}x\n")
    running.run(planned(tmp_path / "shards.tar", tmp_path / "one"), running.Crew())
    running.run(planned(tmp_path / "list.csv", tmp_path / "two"), running.Crew())
    assert [row["clip_id"] for row in making.rows(tmp_path / "one", "clips")] == ["one", "two"]
    (row,) = making.rows(tmp_path / "two", "clips")
    assert row["clip_id"] == "far" and row["path"] == far
    (dead,) = making.rows(tmp_path / "two", "dead-letters")
    assert "cannot be fetched" in dead["sentence"]


def at_work(out: Path, there: Callable[[str], bool]) -> dict | None:
    """What a worker says that it is at, where ``there`` holds of it."""
    for file in out.glob(f"{WORK}/part-*.json"):
        try:
            told = json.loads(file.read_text())
        except (OSError, ValueError):
            continue
        if told["at"] and there(told["at"]):
            return told
    return None


def wait_for(there: Callable, seconds: float = 60.0):
    end_s = time.monotonic() + seconds
    while not (found := there()):
        assert time.monotonic() < end_s, "it did not come"
        time.sleep(0.005)
    return found


def _gone(pid: int) -> bool:
    """Whether a process is no more, or waits to be reaped."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except OSError:
        return True
