"""What shards hold, wherever they lie, and that nothing of them is lost on the way."""

import io
import json
import multiprocessing
import pickle
import tarfile
from itertools import chain
from pathlib import Path

import fsspec
import pytest
import torch

from avsl.errors import MediaError, SettingError, StorageError
from tests.train.data.making_shards import made_shards
from tests.train.small import SMALL, losses, one_thread, trained  # noqa: F401
from train.config import read_config
from train.data import fetched
from train.data.corpus import corpus
from train.data.fetched import Fetched
from train.data.shards import index
from train.data.store import MANIFEST, Remote, place_of
from train.data.stream import Batches, ShardSource
from train.train import train

pytestmark = pytest.mark.usefixtures("one_thread")
COUNTS = (6, 0, 9, 7, 10)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return made_shards(tmp_path_factory.mktemp("shards"), COUNTS)


@pytest.fixture
def bucket(folder):
    """The same shards at a URL."""
    far = fsspec.filesystem("memory")
    far.put(str(folder) + "/", "/bucket/shards/", recursive=True)
    yield "memory://bucket/shards"
    far.rm("/bucket", recursive=True)


def ids(source: ShardSource, items: torch.Tensor) -> list[str]:
    return [json.loads(clip[".json"])["id"] for clip in source.clips.read(items)]


def epoch(config, rank: int = 0, processes: int = 1) -> list[list[str]]:
    """Ids by batch."""
    found = Batches(config, rank, processes, words=False)
    numbers = range(found.source.count // config.batch)
    chunks = [found.items(number)[0].chunk(processes)[rank] for number in numbers]
    return [ids(found.source, chunk) for chunk in chunks]


def test_no_clip_is_lost_or_doubled_and_none_is_learned_that_judges(folder):
    config = SMALL.changed({"data": str(folder)})
    held = ShardSource.of(config, held_out=True)
    judging = ids(held, torch.arange(8))
    learned = list(chain.from_iterable(epoch(config)))
    assert len(learned) == len({*learned}) == 24 and not {*learned} & {*judging}
    assert {*learned, *judging} == {f"clip{number}" for number in range(32)}
    halves = [epoch(config, rank, 2) for rank in range(2)]
    assert [a + b for a, b in zip(*halves, strict=True)] == epoch(config)


def test_without_a_manifest_the_shards_are_looked_through(folder, tmp_path):
    plain = made_shards(tmp_path, COUNTS, manifest=False)
    assert corpus(str(plain), 8).counts == corpus(str(folder), 8).counts
    configs = [SMALL.changed({"data": str(each)}) for each in (folder, plain)]
    assert epoch(configs[0]) == epoch(configs[1])
    held = [ids(ShardSource.of(each, held_out=True), torch.arange(8)) for each in configs]
    assert held[0] == held[1]


def test_files_that_macos_adds_to_shards_are_no_clips(tmp_path):
    made = made_shards(tmp_path, (2,), manifest=False)
    (tmp_path / "._shard-000000.tar").write_bytes(b"no tar")
    with tarfile.open(made / "shard-000000.tar", "a") as tar:
        for name in ("._clip0.jpg", "._clip0.flac", "__MACOSX/clip9.jpg", "__MACOSX/clip9.flac"):
            tar.addfile(tarfile.TarInfo(name), io.BytesIO())
    assert corpus(str(tmp_path), 0).clips == 2 and set(index(tmp_path)) == {"clip0", "clip1"}


def test_far_shards_give_the_same_batches_in_little_room(folder, bucket, tmp_path):
    near = SMALL.changed({"data": str(folder)})
    far = SMALL.changed({"data": bucket, "cache": str(tmp_path)})
    for number in range(6):  # two epochs
        ours, theirs = (Batches(each, 0, 1, words=False)[number] for each in (far, near))
        assert torch.equal(ours.images, theirs.images)
        assert torch.equal(ours.waveforms, theirs.waveforms)
    held = [ShardSource.of(each, held_out=True) for each in (far, near)]
    pairs = [each.pairs(torch.arange(8), None) for each in held]
    assert torch.equal(pairs[0].waveforms, pairs[1].waveforms)
    with pytest.raises(SettingError, match="cache_gb"):
        Batches(far.changed({"cache_gb": 1e-6}), 0, 1, words=False)
    with pytest.raises(SettingError, match="set cache"):
        ShardSource.of(SMALL.changed({"data": bucket}))


def test_a_training_from_a_url_is_that_from_a_folder(folder, bucket, tmp_path):
    near, far, cache = tmp_path / "near", tmp_path / "far", str(tmp_path / "cache")
    expected = trained(near, data=str(folder), steps=4, validate_every=2)
    assert trained(far, data=bucket, cache=cache, steps=4, validate_every=2) == expected
    again = read_config(far / "config.json").changed({"cache": cache})  # another machine's
    train(again, tmp_path / "again")
    assert losses(tmp_path / "again") == expected


def test_what_was_not_needed_for_longest_goes(bucket, tmp_path):
    found = corpus(bucket, 0)
    room = sum(each.bytes for each in found.shards[2:])
    files = Fetched(found.place, found.shards, tmp_path, room)
    for shard in (2, 0, 3, 2, 4):
        assert files.path(shard).is_file()
    there = {path.name[:12] for path in tmp_path.glob("*.tar")}
    assert there == {"shard-000002", "shard-000003", "shard-000004"}
    assert not list(tmp_path.glob("*.part"))


def test_a_fetch_that_fails_is_tried_again_and_then_a_sentence(bucket, tmp_path, monkeypatch):
    monkeypatch.setattr(fetched, "FIRST_PAUSE_S", 0.001)
    found = corpus(bucket, 0)
    files = Fetched(found.place, found.shards, tmp_path, 10**9)
    fetch, tried = Remote.fetch, []

    def torn(place, name, path):
        fetch(place, name, path)
        tried.append(name)
        if len(tried) < 3:  # a part only
            path.write_bytes(path.read_bytes()[:1000])

    monkeypatch.setattr(Remote, "fetch", torn)
    assert files.path(0).stat().st_size == found.shards[0].bytes and len(tried) == 3
    fsspec.filesystem("memory").rm("/bucket/shards/shard-000002.tar")
    with pytest.raises(StorageError, match=r"shard-000002.tar could not be fetched in 5 tries"):
        files.path(2)
    assert not list(tmp_path.glob("*.part"))


def _fetch_all(files: Fetched, shards: int) -> list[str]:
    files.expect(range(shards))
    return [str(files.path(shard)) for shard in range(shards)]


def test_processes_share_what_one_of_them_fetched(folder, tmp_path):
    far = Remote("far", fsspec.filesystem("file"), str(folder))
    found = corpus(str(folder), 0)
    files = Fetched(far, found.shards, tmp_path, 10**9)
    pickle.dumps(files)
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        theirs = pool.starmap(_fetch_all, [(files, 5)] * 2)
    assert theirs[0] == theirs[1] and all(Path(each).is_file() for each in theirs[0])
    assert sorted(tmp_path.glob("*.tar")) == sorted(map(Path, theirs[0]))


def test_shards_that_are_not_whole_are_sentences(folder, tmp_path):
    torn = made_shards(tmp_path / "torn", (3,))
    with open(torn / "shard-000000.tar", "ab") as file:
        file.write(b"more")
    with pytest.raises(MediaError, match="not whole"):
        corpus(str(torn), 0)
    with pytest.raises(SettingError, match=f"no {MANIFEST}"):
        corpus("memory://nowhere", 0)
    with pytest.raises(SettingError, match="cannot be used"):
        place_of("nothing://x")
