"""The real client of huggingface_hub against a Hub on loopback."""

import json
import os
import shlex
import shutil
import subprocess
import sys
import threading
from collections import namedtuple
from dataclasses import replace
from pathlib import Path

import pytest
from huggingface_hub import constants, hf_hub_download, scan_cache_dir

from avsl import settings, transfer
from avsl.errors import Cancelled, StorageError, VariantError, WeightsError
from avsl.hub import Source, cache, fetch, files, find, weights_folder

pytest_plugins = ["tests.hub_endpoint"]

CONTENT = os.urandom(3_000_000)
SOURCE = Source("someone/beats", "deep/beats.pt")
MIRROR = Source("other/mirror", "copy.pt", repo_type="space")
PURPOSE = "the sound encoder"


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    monkeypatch.setattr(transfer, "RETRY_WAIT_S", 0.01)


@pytest.fixture
def published(hub):
    return hub.add(SOURCE.repo, SOURCE.file, CONTENT)


@pytest.fixture
def mirrored(hub):
    return hub.add(MIRROR.repo, MIRROR.file, CONTENT, repo_type="space")


class Watcher:
    """A progress callback that remembers, and stops at a fraction."""

    def __init__(self, stop_at: float = 2.0) -> None:
        self.stop_at = stop_at
        self.calls: list[tuple[float, str]] = []

    def __call__(self, fraction: float, stage: str) -> None:
        self.calls.append((fraction, stage))
        if fraction >= self.stop_at:
            raise Cancelled

    def fractions(self) -> list[float]:
        return [fraction for fraction, stage in self.calls if stage.startswith("downloading")]


def sentence(sources) -> str:
    with pytest.raises(WeightsError) as error:
        fetch(sources, PURPOSE)
    return str(error.value)


def leftovers() -> list[Path]:
    return list(Path(constants.HF_HUB_CACHE).rglob("*.incomplete"))


# --- the plain way ------------------------------------------------------------------------------


@pytest.mark.parametrize("large", [True, False], ids=["from another host", "from the Hub itself"])
@pytest.mark.parametrize("repo_type", ["model", "space"])
def test_a_first_download_shows_rising_progress(hub, large, repo_type):
    hub.add(SOURCE.repo, SOURCE.file, CONTENT, large=large, repo_type=repo_type)
    source, watcher = replace(SOURCE, repo_type=repo_type), Watcher()
    assert find([source]) is None
    path = fetch([source], PURPOSE, watcher)
    assert path.read_bytes() == CONTENT and path.name == "beats.pt"
    fractions = watcher.fractions()
    assert [fraction for fraction, _ in watcher.calls] == sorted(f for f, _ in watcher.calls)
    assert fractions == sorted(fractions) and len(set(fractions)) > 5
    assert (fractions[0], fractions[-1]) == (0, 1)
    assert (1.0, "downloading beats.pt (3.0 of 3.0 MB)") in watcher.calls
    assert hub.sent_bytes() == len(CONTENT) and find([source]) == path and not leftovers()


def test_what_is_here_needs_no_server(hub, published):
    path = fetch([SOURCE], PURPOSE)
    hub.down()
    assert fetch([SOURCE], PURPOSE) == path == find([SOURCE])
    assert hub.sent_bytes() == len(CONTENT)


def test_the_cache_is_huggingface_hubs_own(hub, published):
    path = fetch([SOURCE], PURPOSE)
    assert hf_hub_download(SOURCE.repo, SOURCE.file) == str(path)
    assert hub.sent_bytes() == len(CONTENT)
    scan = scan_cache_dir(constants.HF_HUB_CACHE)
    assert [repo.repo_id for repo in scan.repos] == [SOURCE.repo] and not scan.warnings


def test_what_other_tools_downloaded_is_taken(hub, published, capsys):
    path = hf_hub_download(SOURCE.repo, SOURCE.file)
    capsys.readouterr()
    assert str(fetch([SOURCE], PURPOSE)) == path and hub.sent_bytes() == len(CONTENT)
    assert capsys.readouterr() == ("", "")


def test_a_pinned_revision_is_asked_for(hub, published):
    commit = hub.commit(SOURCE.repo)
    pinned = replace(SOURCE, revision=commit, sha256=published.sha256)
    assert commit in str(fetch([pinned], PURPOSE))
    assert "the file is not there" in sentence([replace(SOURCE, revision="0" * 40)])


def test_without_symlinks_one_copy_is_kept(hub, published, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_SYMLINKS", True)
    path = fetch([SOURCE], PURPOSE)
    assert path.read_bytes() == CONTENT and not path.is_symlink()
    copies = [p for p in Path(constants.HF_HUB_CACHE).rglob("*") if p.is_file()]
    assert sum(p.stat().st_size for p in copies) < 1.1 * len(CONTENT)
    assert fetch([SOURCE], PURPOSE) == path


def test_a_file_stored_on_xet_comes_over_plain_http(hub, published):
    published.xet = True
    assert fetch([SOURCE], PURPOSE).read_bytes() == CONTENT
    assert hub.sent_bytes() == len(CONTENT)


def test_a_new_commit_costs_no_bytes_where_the_file_is_the_same(hub, published):
    config = replace(SOURCE, file="config.json")
    fetch([SOURCE], PURPOSE)
    hub.add(SOURCE.repo, config.file, b"{}", large=False)
    assert fetch([config], PURPOSE).read_bytes() == b"{}"
    fetch([SOURCE], PURPOSE)
    assert hub.sent_bytes() == len(CONTENT) + 2 and find([SOURCE]) and find([config])


def test_a_token_goes_to_the_hub_only(hub, published, monkeypatch):
    small = hub.add(SOURCE.repo, "config.json", b"{}", large=False)
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    fetch([SOURCE], PURPOSE)
    fetch([replace(SOURCE, file=small.file)], PURPOSE)
    assert [transfer.authorized for transfer in hub.transfers] == [False, True]


def test_the_golden_files_lie_where_the_published_ones_do(hub):
    hub.add_golden()
    acl = Source("swimmiing/ACL-SSL-zeroshot-demo", "pretrain/Param_best.pth", repo_type="space")
    clipseg = Source("CIDAS/clipseg-rd64-refined", "model.safetensors")
    for source in (acl, clipseg):
        assert fetch([source], PURPOSE).stat().st_size > 100_000
    config = fetch([replace(clipseg, file="config.json")], PURPOSE)
    assert config.parent == fetch([clipseg], PURPOSE).parent


# --- interrupted --------------------------------------------------------------------------------


@pytest.mark.parametrize("large", [True, False])
def test_a_cut_connection_is_taken_up_where_it_ended(hub, large):
    hub.add(SOURCE.repo, SOURCE.file, CONTENT, large=large, cut_after_bytes=1_234_567)
    assert fetch([SOURCE], PURPOSE).read_bytes() == CONTENT
    assert [t.start_bytes for t in hub.transfers] == [0, 1_234_567]
    assert hub.sent_bytes() == len(CONTENT)


def test_a_server_that_dies_half_way_costs_only_the_rest(hub, published):
    published.cut_after_bytes = 1_000_000
    dies = threading.Timer(0, hub.down)

    def watch(fraction: float, stage: str) -> None:
        if fraction > 0.2 and not dies.is_alive() and not dies.finished.is_set():
            dies.start()
            dies.join()

    with pytest.raises(WeightsError, match="no connection to http://127"):
        fetch([SOURCE], PURPOSE, watch)
    hub.up()
    assert fetch([SOURCE], PURPOSE).read_bytes() == CONTENT
    assert hub.transfers[-1].start_bytes == 1_000_000 and not leftovers()


def test_cancel_then_go_on(hub, published):
    published.bytes_per_s = 20e6
    with pytest.raises(Cancelled):
        fetch([SOURCE], PURPOSE, Watcher(stop_at=0.5))
    (part,) = leftovers()
    kept_bytes = part.stat().st_size
    assert 0.5 * len(CONTENT) <= kept_bytes < 0.9 * len(CONTENT) and find([SOURCE]) is None
    watcher = Watcher()
    assert fetch([SOURCE], PURPOSE, watcher).read_bytes() == CONTENT
    last = hub.transfers[-1]
    assert (last.start_bytes, last.sent_bytes) == (kept_bytes, len(CONTENT) - kept_bytes)
    assert watcher.fractions()[0] == kept_bytes / len(CONTENT) and not leftovers()


def test_a_server_without_ranges_starts_anew(hub, published):
    published.cut_after_bytes = 1_000_000
    published.ranges = False
    assert fetch([SOURCE], PURPOSE).read_bytes() == CONTENT
    assert [t.start_bytes for t in hub.transfers] == [0, 0]


def test_a_part_that_is_too_long_starts_anew(hub, published):
    with pytest.raises(Cancelled):
        fetch([SOURCE], PURPOSE, Watcher(stop_at=0.5))
    leftovers()[0].write_bytes(CONTENT + b"more")
    assert fetch([SOURCE], PURPOSE).read_bytes() == CONTENT


def test_two_at_once_download_once(hub, published):
    published.bytes_per_s = 4e6
    watcher, paths = Watcher(), []
    first = threading.Thread(target=lambda: paths.append(fetch([SOURCE], PURPOSE)))
    first.start()
    while not leftovers():
        pass
    paths.append(fetch([SOURCE], PURPOSE, watcher))
    first.join()
    assert paths[0] == paths[1] and hub.sent_bytes() == len(CONTENT)
    assert any("waiting for another download" in stage for _, stage in watcher.calls)


# --- not genuine --------------------------------------------------------------------------------


def test_wrong_bytes_never_pass_a_pin(hub, mirrored):
    hub.add(SOURCE.repo, SOURCE.file, b"other" * 1000)
    pinned = replace(SOURCE, sha256=mirrored.sha256)
    assert "its checksum is not the expected one" in sentence([pinned])
    assert find([pinned]) is None
    assert fetch([pinned, replace(MIRROR, sha256=mirrored.sha256)], PURPOSE).name == "copy.pt"


def test_bytes_that_are_not_the_announced_ones_are_refused(hub, published):
    published.served = bytes(len(CONTENT))
    assert "damaged" in sentence([SOURCE]) and find([SOURCE]) is None
    published.served = None
    assert fetch([SOURCE], PURPOSE).read_bytes() == CONTENT


def test_a_file_damaged_on_this_disk_is_fetched_again(hub, published):
    path = fetch([SOURCE], PURPOSE)
    path.resolve().write_bytes(bytes(len(CONTENT)))
    assert fetch([SOURCE], PURPOSE).read_bytes() == CONTENT
    assert hub.sent_bytes() == 2 * len(CONTENT)


def test_a_damaged_file_is_noticed_offline(hub, published):
    fetch([SOURCE], PURPOSE).resolve().write_bytes(b"broken")
    hub.down()
    assert "damaged" in sentence([SOURCE]) and find([SOURCE]) is None


@pytest.mark.parametrize("large", [True, False])
def test_a_change_after_first_use_is_refused_until_it_is_trusted(hub, large):
    first = hub.add(SOURCE.repo, SOURCE.file, CONTENT, large=large)
    path = fetch([SOURCE], PURPOSE)
    (record,) = Path(constants.HF_HUB_CACHE).rglob("avsl-sha256.json")
    assert json.loads(record.read_text()) == {"main/deep/beats.pt": first.sha256}
    cache.remove(path)
    hub.add(SOURCE.repo, SOURCE.file, b"another" * 1000, large=large)
    assert f"differs from the one first used here; if you trust the change, delete {record}" in (
        sentence([SOURCE])
    )
    record.unlink()
    assert fetch([SOURCE], PURPOSE).read_bytes() == b"another" * 1000


# --- the next source ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (404, "the file is not there"),
        (401, "access is refused, try `hf auth login`"),
        (403, "access has to be asked for"),
        (503, "the server answers 503"),
    ],
)
def test_a_refusal_falls_to_the_next_source(hub, mirrored, published, status, reason):
    published.status = status
    path = fetch([SOURCE, MIRROR], PURPOSE)
    assert path.name == "copy.pt" and find([SOURCE, MIRROR]) == path
    assert reason in sentence([SOURCE])


def test_an_unknown_repository_falls_to_the_next_source(hub, mirrored):
    assert fetch([SOURCE, MIRROR], PURPOSE).name == "copy.pt"
    assert "no such repository, or it is private" in sentence([SOURCE])


def test_reasons_are_told_for_each_source(hub, published):
    published.status = 404
    text = sentence([SOURCE, MIRROR])
    assert "(someone/beats: the file is not there; other/mirror: no such repository" in text


def test_a_source_that_is_here_is_not_searched_elsewhere(hub, mirrored, published):
    path = fetch([MIRROR], PURPOSE)
    assert fetch([SOURCE, MIRROR], PURPOSE) == path and len(hub.transfers) == 1


# --- offline and by hand ------------------------------------------------------------------------

FETCH = """
from avsl.errors import AvslError
from avsl.hub import Source, fetch
for source in (Source("someone/beats", "deep/beats.pt"), Source("other/mirror", "copy.pt")):
    try:
        print(fetch([source], "the sound encoder"))
    except AvslError as error:
        print(type(error).__name__, error)
"""


def in_another_process(endpoint, home: Path, **more: str) -> list[str]:
    """Fetch one file that is published and one that is not; what was said about each."""
    environment = endpoint.environment(home, **more)
    done = subprocess.run(
        [sys.executable, "-c", FETCH], env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0 and not done.stderr, done.stderr
    return done.stdout.splitlines()


def test_the_environment_variables_are_honoured(hub_endpoint, tmp_path):
    hub_endpoint.add(SOURCE.repo, SOURCE.file, CONTENT)
    path, missing = in_another_process(hub_endpoint, tmp_path)
    assert Path(path).is_relative_to(tmp_path / "hf" / "hub") and "no such repository" in missing
    asked, place = hub_endpoint.heads, tmp_path / "weights/other/mirror"
    assert in_another_process(hub_endpoint, tmp_path, HF_HUB_OFFLINE="1") == [
        path,
        "NotFetched copy.pt, the sound encoder, is not on this machine and could not be "
        "downloaded (offline mode is on, see HF_HUB_OFFLINE). "
        f"Put it by hand at {place}/copy.pt, or run this when online: "
        f"hf download other/mirror copy.pt --local-dir {place}",
    ]
    assert hub_endpoint.sent_bytes() == len(CONTENT) and hub_endpoint.heads == asked


def test_the_command_in_the_sentence_works(hub_endpoint, hub, published, tmp_path):
    program = shutil.which("hf", path=Path(sys.executable).parent)
    if not program:
        pytest.skip("the hf command is not installed")
    published.status = 503
    command = shlex.split(sentence([SOURCE]).split("when online: ")[1])
    published.status = 200
    environment = hub_endpoint.environment(tmp_path)
    subprocess.run([program, *command[1:]], env=environment, check=True, capture_output=True)
    hub_endpoint.down()
    path = fetch([SOURCE], PURPOSE)
    assert path == tmp_path / "weights/someone/beats/deep/beats.pt"
    assert path.read_bytes() == CONTENT


def put_by_hand(path: Path, content: bytes = b"by hand") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_a_file_put_by_hand_wins(hub, published, tmp_path):
    fetch([SOURCE], PURPOSE)
    mine = put_by_hand(tmp_path / "weights/beats.pt")
    assert fetch([SOURCE], PURPOSE) == mine == find([SOURCE])
    exact = put_by_hand(tmp_path / "weights/someone/beats/deep/beats.pt")
    assert fetch([SOURCE], PURPOSE) == exact


def test_a_name_that_many_files_have_needs_its_repository(hub, tmp_path):
    source = replace(SOURCE, file="model.safetensors")
    put_by_hand(tmp_path / "weights/model.safetensors")
    assert find([source]) is None
    exact = put_by_hand(tmp_path / "weights/someone/beats/model.safetensors")
    assert find([source]) == exact


def test_a_wrong_file_put_by_hand_is_named_and_kept(hub, published, tmp_path):
    pinned = replace(SOURCE, sha256=published.sha256)
    mine = put_by_hand(tmp_path / "weights/beats.pt")
    text = sentence([pinned])
    assert str(mine) in text and "Replace it, or remove it" in text and mine.exists()
    assert fetch([pinned, SOURCE], PURPOSE) == mine  # one of them is not pinned: anything goes
    put_by_hand(mine, CONTENT)
    assert fetch([pinned], PURPOSE) == mine


def test_the_default_folder_is_in_the_users_cache(monkeypatch, tmp_path):
    monkeypatch.delenv("AVSL_WEIGHTS", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert weights_folder() == tmp_path / "avsl/weights"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert weights_folder() == Path.home() / ".cache/avsl/weights"


# --- limits -------------------------------------------------------------------------------------


def test_a_full_disk_is_said_before_anything_is_fetched(hub, published, monkeypatch):
    Usage = namedtuple("Usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(1e9, 1e9, 201e6))
    with pytest.raises(StorageError, match=r"Only 201 MB are free .* 203 MB are needed"):
        fetch([SOURCE], PURPOSE)
    assert hub.sent_bytes() == 0
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(1e9, 1e9, 204e6))
    assert fetch([SOURCE], PURPOSE)


def limit_to(megabytes: int, monkeypatch) -> None:
    limits = replace(settings.LIMITS, max_weights_bytes=megabytes * 1_000_000)
    monkeypatch.setattr(files, "LIMITS", limits)
    monkeypatch.setattr(transfer, "LIMITS", limits)


def test_a_file_over_the_limit_is_not_fetched(hub, published, monkeypatch):
    limit_to(2, monkeypatch)
    assert "its file is over the limit of 2 MB" in sentence([SOURCE])
    assert hub.sent_bytes() == 0


def test_more_bytes_than_announced_are_not_kept(hub, published):
    published.announced_bytes = 1_000_000
    assert "sends more than it announced" in sentence([SOURCE])
    assert sum(part.stat().st_size for part in leftovers()) == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"file": "../beats.pt"},
        {"file": "deep/../../beats.pt"},
        {"file": "/etc/passwd"},
        {"file": "deep\\..\\beats.pt"},
        {"file": "C:beats.pt"},
        {"file": "deep//beats.pt"},
        {"file": "."},
        {"file": ""},
        {"file": "--local-dir"},
        {"file": "beats\0.pt"},
        {"repo": "../.."},
        {"repo": "a/b/c"},
        {"repo": "~/beats"},
        {"revision": "../../main"},
        {"repo_type": "bucket"},
    ],
    ids=repr,
)
def test_names_that_leave_their_folder_are_refused(wrong):
    with pytest.raises(VariantError):
        replace(SOURCE, **wrong)


@pytest.mark.parametrize("etag", ["../../../evil", "deep/evil", ".."])
def test_a_server_cannot_choose_a_place_either(hub, published, monkeypatch, etag):
    monkeypatch.setattr(type(published), "etag", etag)
    assert "does not answer like the Hub" in sentence([SOURCE])
