"""Files on a disk that fills up, a program that dies in the middle: all of a file, or none."""

import json
import os
import subprocess
import sys
import time
import zipfile
from dataclasses import replace

import pytest

from avsl.errors import StorageError
from avsl.export import FORMATS, Job, bundle, export
from avsl.localization import Localization
from avsl.localizer import Localizer
from avsl.overlay import Style
from avsl.storage import storage_errors, whole
from tests.support import CornerVariant, largest_file, tone_clip

DIES = """
import sys
from pathlib import Path
from avsl.storage import whole
with whole(Path(sys.argv[1])) as place:
    file = open(place, "wb")
    file.write(bytes(1_000_000))
    file.flush()
    print("half", flush=True)
    import time
    time.sleep(600)
"""


@pytest.fixture
def job() -> Job:
    clip = tone_clip(2.0, 160, 120)
    return Job(clip, Localizer(CornerVariant()).run(clip), Style())


def test_a_file_and_a_folder_appear_when_they_are_whole(tmp_path):
    with whole(tmp_path / "a.json") as place:
        place.write_text("{")
        assert not (tmp_path / "a.json").exists()
        place.write_text("{}")
    for round_ in ("first", "second"):
        with whole(tmp_path / "masks") as place:
            place.mkdir()
            (place / round_).touch()
    assert (tmp_path / "a.json").read_text() == "{}"
    assert [path.name for path in (tmp_path / "masks").iterdir()] == ["second"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.json", "masks"]


def test_an_error_half_way_leaves_what_was_there_before_and_nothing_else(tmp_path):
    (tmp_path / "a.json").write_text("old")
    with pytest.raises(ZeroDivisionError), whole(tmp_path / "a.json") as place:
        place.write_text("ne")
        raise ZeroDivisionError
    assert (tmp_path / "a.json").read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_process_that_is_killed_half_way_leaves_no_half_under_the_name(tmp_path):
    target = tmp_path / "maps.npz"
    target.write_text("old")
    process = subprocess.Popen(
        [sys.executable, "-c", DIES, str(target)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "half\n"
    process.kill()
    process.wait(20)
    assert target.read_text() == "old"


def test_a_full_disk_is_a_sentence_and_leaves_no_half_file(tmp_path, job):
    with pytest.raises(StorageError, match="Free some space"), largest_file(20_000):
        export(job, tmp_path, ("npz", "timeline", "manifest"))
    names = {path.name for path in tmp_path.iterdir()}
    assert FORMATS["timeline"].file not in names
    assert FORMATS["manifest"].file not in names
    assert not [name for name in names if name.startswith(".")]


def test_a_zip_that_does_not_fit_is_not_there(tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.bin").write_bytes(os.urandom(15_000))
    with pytest.raises(StorageError), largest_file(20_000):
        bundle(folder, tmp_path / "all.zip")
    assert [path.name for path in tmp_path.iterdir()] == ["files"]


def test_too_large_for_the_disk_reads_as_a_full_disk(tmp_path):
    with (
        pytest.raises(StorageError, match="too large"),
        largest_file(20_000),
        storage_errors(tmp_path),
    ):
        (tmp_path / "a").write_bytes(bytes(30_000))


def test_an_export_that_is_begun_again_has_no_manifest_until_all_of_it_is_there(tmp_path, job):
    export(job, tmp_path, ("npz", "csv", "manifest"))
    assert json.loads((tmp_path / "manifest.json").read_text())["format"]
    Localization.load(tmp_path / "localization.npz")

    def dies(fraction: float, stage: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export(replace(job, progress=dies), tmp_path, ("npz", "coco", "manifest"))
    assert not (tmp_path / "manifest.json").exists()
    assert not (tmp_path / "coco.json").exists()


def test_a_bundle_is_readable_and_holds_everything(tmp_path, job):
    export(job, tmp_path / "files", ("csv", "masks", "manifest"))
    with zipfile.ZipFile(bundle(tmp_path / "files", tmp_path / "all.zip")) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
    assert {"moments.csv", "manifest.json"} <= set(names)
    assert sum(name.startswith("masks/") for name in names) == len(job.localization.times_s)


def test_names_that_are_long_already_can_be_written(tmp_path):
    path = tmp_path / ("x" * 240 + ".json")
    with whole(path) as place:
        place.write_text("{}")
    assert path.read_text() == "{}"
    assert time.time() - path.stat().st_mtime < 3600
