"""Several files of one commit: which version is taken when the Hub fails at which moment."""

from pathlib import Path

import pytest
from huggingface_hub import constants, hf_hub_download, scan_cache_dir

from avsl import transfer
from avsl.errors import WeightsError
from avsl.hub import Fetched, fetch_folder
from avsl.progress import no_progress

pytest_plugins = ["tests.hub_endpoint"]

REPO = "someone/tiny"
FILES = ("card.json", "model.safetensors")
OLD, NEW = b"old " * 50_000, b"new " * 50_000


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    monkeypatch.setattr(transfer, "RETRY_WAIT_S", 0.01)


def published(hub, content: bytes) -> list:
    """Both files as a new commit."""
    return [hub.add(REPO, name, content, large=name.endswith("safetensors")) for name in FILES]


def fetched(**more) -> Fetched:
    return fetch_folder(REPO, FILES, **more)


def contents(found: Fetched) -> set[bytes]:
    return {(found.folder / name).read_bytes() for name in FILES}


@pytest.fixture
def old_one_here(hub):
    """The hub, and its first version on this machine; a newer one is published."""
    published(hub, OLD)
    first = fetched()
    assert contents(first) == {OLD} and not first.note
    hub.second = published(hub, NEW)
    return hub


def falls_back(reason: str, **more) -> None:
    kept = fetched(**more)
    assert contents(kept) == {OLD}
    assert f"{REPO} could not be" in kept.note and reason in kept.note
    assert kept.folder.name[:7] in kept.note


@pytest.mark.parametrize("broken", range(len(FILES)))
def test_a_new_version_that_cannot_be_had_in_full_leaves_the_last_in_use(old_one_here, broken):
    old_one_here.second[broken].status = 503
    falls_back("the server answers 503")
    old_one_here.second[broken].status = 200
    assert contents(fetched()) == {NEW}


def test_a_connection_that_breaks_during_the_download_leaves_the_last_in_use(old_one_here):
    hub = old_one_here
    hub.second[1].cut_after_bytes = 70_000

    def unplug(fraction: float, stage: str) -> None:
        if stage.startswith("downloading model.safetensors"):
            progress.pop()(hub)

    progress = [lambda hub: hub.down()]

    def once(fraction: float, stage: str) -> None:
        if progress:
            unplug(fraction, stage)

    falls_back("no connection to", progress=once)
    falls_back("no connection to")
    hub.up()
    assert contents(fetched()) == {NEW}
    assert hub.transfers[-1].start_bytes > 0  # what had arrived is not fetched again


def test_a_part_that_another_tool_fetched_does_not_hide_the_last(old_one_here, monkeypatch):
    hf_hub_download(REPO, FILES[0])  # main is now a commit that is not here in full
    old_one_here.down()
    falls_back("no connection to")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    falls_back("offline mode is on")


def test_a_new_version_that_is_not_genuine_leaves_the_last_in_use(old_one_here):
    old_one_here.second[1].served = bytes(len(NEW))
    falls_back("its file is damaged")


def test_another_branch_does_not_stand_in(old_one_here):
    old_one_here.down()
    with pytest.raises(WeightsError, match="no connection to"):
        fetched(revision="wide")


def test_the_cache_stays_one_that_other_tools_read(old_one_here):
    fetched()
    scan = scan_cache_dir(constants.HF_HUB_CACHE)
    (repo,) = scan.repos
    assert not scan.warnings and len(repo.revisions) == 2 and "main" in repo.refs
    assert Path(hf_hub_download(REPO, FILES[1], local_files_only=True)).read_bytes() == NEW
    assert fetched(progress=no_progress).folder.name == repo.refs["main"].commit_hash
