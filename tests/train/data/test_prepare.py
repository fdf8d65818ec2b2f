"""Videos become shards that load; killed and started again, the bytes are the same."""

import hashlib
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import fsspec
import numpy as np
import pytest

from avsl.errors import MediaError, SettingError
from avsl.media.reading import read
from tests.train.data.making_sets import FIRST, SECOND, THIRD, boxes_file, sound, video
from train.data import prepare as tool
from train.data import registry, shard_making
from train.data.corpus import corpus
from train.data.prepare import MANIFEST, prepare
from train.data.shard_making import Settings, Shard
from train.data.shards import index
from train.data.sounds import flac_bytes, samples_of

ABSENT = "DDDDDDDDDDD_000001"
SETTINGS = Settings("vggss", per_shard=2)


@pytest.fixture(scope="module")
def downloads(tmp_path_factory):
    """Four clips wanted: two good videos, one broken, one absent."""
    root = tmp_path_factory.mktemp("root")
    boxes_file(root, {name: [[0, 0, 0.5, 1]] for name in (FIRST, SECOND, THIRD, ABSENT)})
    video(root / f"downloads/{FIRST}.mp4")
    (root / "downloads/BBBBBBBBBBB_7000_17000.mp4").write_bytes(b"broken" * 100)
    video(root / f"downloads/{THIRD}.mp4", fps_hz=10.0)
    return root


def contents(folder):
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir())}


def watched(monkeypatch):
    """The clips that are decoded from now on."""
    made, sample = [], shard_making._sample

    def watching(name, *rest):
        made.append(name)
        return sample(name, *rest)

    monkeypatch.setattr(shard_making, "_sample", watching)
    return made


def test_shards_hold_picture_sound_and_facts(downloads, tmp_path):
    manifest = prepare(SETTINGS, downloads, downloads / "downloads", tmp_path)
    assert (manifest["wanted"], manifest["written"], manifest["missing"]) == (4, 2, 1)
    (skipped,) = manifest["skipped"]
    assert skipped["id"] == SECOND and "BBBBBBBBBBB_7000" in skipped["why"]
    assert json.loads((tmp_path / MANIFEST).read_text()) == manifest
    with tarfile.open(tmp_path / "shard-000000.tar") as tar:
        assert tar.getnames() == [f"{FIRST}.jpg", f"{FIRST}.flac", f"{FIRST}.json"]
        facts = json.load(tar.extractfile(f"{FIRST}.json"))
    assert facts["picture_s"] == 5.0
    for shard in manifest["shards"]:
        data = (tmp_path / shard["file"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == shard["sha256"]


def test_the_loaders_read_shards(downloads, tmp_path):
    boxes_file(tmp_path, {name: [[0, 0, 0.5, 1]] for name in (FIRST, SECOND, THIRD)})
    prepare(SETTINGS, downloads, downloads / "downloads", tmp_path / "vggss/shards")
    benchmark = registry.open_set("vggss", tmp_path)
    assert benchmark.ids() == (FIRST, THIRD)
    for case in benchmark.cases():
        assert abs(int(case.clip.frames(case.times_s)[0].mean()) - 90) < 4
        assert case.times_s == pytest.approx([5.0], abs=0.05)
        assert len(case.clip.waveform) == pytest.approx(160_000, abs=800)
        assert np.abs(case.clip.waveform).max() > 0.3
    (first, _) = benchmark.cases()
    assert first.truth.sum() == 112 * 224


def test_killed_and_started_again_it_ends_with_the_same_bytes(downloads, tmp_path, monkeypatch):
    whole, torn = tmp_path / "whole", tmp_path / "torn"
    prepare(SETTINGS, downloads, downloads / "downloads", whole)

    def killed(fraction, stage):
        if THIRD in stage:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepare(SETTINGS, downloads, downloads / "downloads", torn, killed)
    assert (torn / "shard-000000.tar").is_file() and not (torn / MANIFEST).exists()
    (torn / "shard-000001.tar.part").write_bytes(b"half a tar")
    made = watched(monkeypatch)
    prepare(SETTINGS, downloads, downloads / "downloads", torn)
    assert made == [THIRD]  # the first shard is kept
    assert contents(torn) == contents(whole)


def test_a_video_that_came_later_remakes_only_its_shard(downloads, tmp_path, monkeypatch):
    videos = tmp_path / "videos"
    videos.mkdir()
    (videos / f"{FIRST}.mp4").write_bytes((downloads / f"downloads/{FIRST}.mp4").read_bytes())
    assert prepare(SETTINGS, downloads, videos, tmp_path / "out")["written"] == 1
    (videos / f"{THIRD}.mp4").write_bytes((downloads / f"downloads/{THIRD}.mp4").read_bytes())
    made = watched(monkeypatch)
    assert prepare(SETTINGS, downloads, videos, tmp_path / "out")["written"] == 2
    assert made == [THIRD]


def test_any_number_of_processes_gives_the_same_bytes(downloads, tmp_path):
    alone, three = tmp_path / "alone", tmp_path / "three"
    settings = Settings("vggss", per_shard=1)
    prepare(settings, downloads, downloads / "downloads", alone)
    prepare(settings, downloads, downloads / "downloads", three, workers=3)
    assert contents(alone) == contents(three)


def test_far_shards_are_those_of_a_folder(downloads, tmp_path):
    far = fsspec.filesystem("memory")
    settings = Settings("clips", None, per_shard=2)
    prepare(settings, None, downloads, tmp_path)
    for _ in range(2):  # the second time all is there
        prepare(settings, None, downloads, "memory://bucket/shards", workers=2)
    found = {Path(name).name: far.cat_file(name) for name in far.ls("/bucket/shards", False)}
    assert found == contents(tmp_path)


def test_a_bucket_that_is_not_there_is_told(downloads, monkeypatch, capsys):
    def absent(*_):
        raise FileNotFoundError("The specified bucket does not exist")  # as s3fs does

    monkeypatch.setattr(fsspec.filesystem("memory"), "put_file", absent)
    assert tool.main(["clips", "--videos", str(downloads), "--out", "memory://bucket/none"]) == 2
    assert "memory://bucket/none could not be read or written: The" in capsys.readouterr().err


def test_any_folder_of_videos_can_be_prepared(tmp_path):
    video(tmp_path / "in/deep/b.mp4", seconds=2.0)
    video(tmp_path / "in/a.b.mp4", seconds=1.0)
    (tmp_path / "in/notes.txt").write_text("no video")
    manifest = prepare(Settings.of("clips"), None, tmp_path / "in", tmp_path / "out")
    assert manifest["written"] == 2
    assert manifest["notes"] == ["Left out, being no videos by their names: 1 .txt."]
    for _ in range(2):  # the second time its own files are there
        inside = prepare(Settings.of("clips"), None, tmp_path / "in", tmp_path / "in/made")
        assert inside == manifest
    found = index(tmp_path / "out")
    assert list(found) == ["a_b", "b"]
    assert json.loads(found["b"][".json"].read())["picture_s"] == pytest.approx(1.0, abs=0.05)
    video(tmp_path / "in/c/b.mkv", seconds=1.0)
    with pytest.raises(MediaError, match='would both be the clip "b"'):
        prepare(Settings.of("clips"), None, tmp_path / "in", tmp_path / "out")


def test_names_that_systems_and_cameras_give_are_prepared_or_left_out(tmp_path):
    video(tmp_path / "in/a_b.mp4", seconds=1.0)
    (tmp_path / "in/a_b.mp4").rename(tmp_path / "in" / os.fsdecode(b"caf\xe9.MTS"))
    for name in ("._a_b.mp4", "sub/._a_b.mp4", "__MACOSX/._a_b.mp4", ".DS_Store"):
        (tmp_path / "in" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "in" / name).write_text("no video")
    manifest = prepare(Settings.of("clips"), None, tmp_path / "in", tmp_path / "out")
    assert manifest["wanted"] == manifest["written"] == 1
    assert "4 files of the system" in manifest["notes"][0]
    assert corpus(str(tmp_path / "out"), held_out=1).held_out[0].id == "caf\\udce9"


def test_sounds_lose_no_sample_and_records_say_where_clips_lie(downloads, tmp_path):
    prepare(SETTINGS, downloads, downloads / "downloads", tmp_path)
    record = Shard.of_json((tmp_path / "shard-000000.json").read_bytes())
    data = (tmp_path / "shard-000000.tar").read_bytes()
    assert record.written == (FIRST,) and not data[record.ends[0] :].strip(b"\0")
    heard = read(downloads / f"downloads/{FIRST}.mp4").waveform
    kept = samples_of(index(tmp_path)[FIRST][".flac"].read(), ".flac")
    assert np.array_equal(kept, np.rint(heard.clip(-1, 1) * 32_767))
    assert len(flac_bytes(heard)) < 2 * len(heard)


def test_the_command_says_what_it_did(downloads, tmp_path, capsys):
    places = ["--root", str(downloads), "--videos", str(downloads / "downloads")]
    assert tool.main(["vggss", *places, "--out", str(tmp_path)]) == 0
    assert "2 of 4 clips in 1 shards" in capsys.readouterr().out
    assert tool.main(["is3", *places, "--out", str(tmp_path)]) == 2
    assert "not made of VGGSound videos" in capsys.readouterr().err


def test_settings_out_of_range_are_refused():
    with pytest.raises(SettingError, match="quality"):
        Settings("vggss", jpeg_quality=0)


def test_a_folder_that_is_not_there_is_a_sentence(downloads, tmp_path, capsys):
    places = ["--root", str(downloads), "--videos", str(tmp_path / "nowhere")]
    assert tool.main(["vggss", *places, "--out", str(tmp_path / "out")]) == 2
    assert "There is no folder" in capsys.readouterr().err


def test_a_broken_shard_says_to_prepare_it_again(tmp_path):
    boxes_file(tmp_path, {FIRST: [[0, 0, 1, 1]]})
    sound(tmp_path / "vggss/audio/x.wav", 0.1)
    (tmp_path / "vggss/shards").mkdir()
    (tmp_path / "vggss/shards/shard-000000.tar").write_bytes(b"junk" * 300)
    with pytest.raises(Exception, match="prepare it again"):
        registry.open_set("vggss", tmp_path)


KILLED = """
import os, sys
from pathlib import Path
from train.data import store
from train.data.prepare import Settings, prepare
store.Remote.put = lambda *_: os._exit(9)
prepare(Settings("clips", None), None, Path(sys.argv[1]), "memory://killed")
"""


def test_what_a_kill_left_of_a_far_shard_goes_when_it_is_made_again(
    downloads, tmp_path, monkeypatch
):
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    command = [sys.executable, "-c", KILLED, str(downloads)]
    assert subprocess.run(command, env=environment, check=False).returncode == 9
    assert list(tmp_path.glob("avsl-shard-*/*.tar"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    prepare(Settings("clips", None), None, downloads, "memory://killed")
    assert not list(tmp_path.glob("avsl-shard-*"))
