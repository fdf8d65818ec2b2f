"""What is told of the app: its log, /healthz, /stats; and what the door lets in."""

import json
import logging
import os
import sys
import time

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient

import app
from avsl.errors import MediaError
from avsl.progress import no_progress
from avsl.settings import LIMITS
from avsl.ui import copy
from avsl.ui.jobs import Line, Workspace
from avsl.ui.live import House
from avsl.ui.shelf import Shelf
from avsl.ui.trust import door, warm
from avsl.ui.trust.door import Door, Store
from avsl.ui.trust.journal import AsJson
from avsl.ui.trust.routes import routes
from tests.support import CornerVariant

PRIVATE = "grandmother at the beach.mp4"


@pytest.fixture
def workspace(tmp_path) -> Workspace:
    shelf = Shelf(lambda name, progress: CornerVariant())
    return Workspace(tmp_path / "app" / "results", Line(slots=2), shelf)


@pytest.fixture
def client(workspace) -> TestClient:
    return TestClient(Starlette(routes=routes(workspace, House())))


@pytest.fixture
def lines(caplog):
    """What the log has had so far, line by line."""
    caplog.set_level(logging.INFO, "avsl")
    return lambda: [json.loads(AsJson().format(record)) for record in caplog.records]


def a_job(workspace: Workspace, error: Exception | None = None) -> None:
    try:
        with workspace.running("anna", no_progress, place="localize") as run:
            run.progress(0.0, copy.STAGE_READING)
            time.sleep(0.01)
            with workspace.variant("sync", run):
                run.progress(0.5, "looking")
                time.sleep(0.01)
            run.progress(0.9, copy.STAGE_DRAWING)
            time.sleep(0.01)
            if error:
                raise error
    except type(error or OSError()):
        return


# --- the log ---


def test_a_job_is_one_line_with_its_stages_and_how_it_ended(workspace, lines):
    a_job(workspace)
    a_job(workspace, MediaError(f"{PRIVATE} is no video."))
    done, refused = [line for line in lines() if line["event"] == "job"]
    assert (done["kind"], done["variants"], done["outcome"]) == ("localize", ["sync"], "done")
    assert {"reading", "running", "drawing"} <= set(done["stages_s"])
    assert sum(done["stages_s"].values()) == pytest.approx(done["seconds"], abs=0.05)
    assert refused["outcome"] == "refused"
    assert done["job"] != refused["job"]


def test_neither_names_of_files_nor_what_errors_say_of_them_reach_the_log(workspace, lines):
    try:
        raise ValueError(PRIVATE) from MediaError(PRIVATE)
    except ValueError:
        logging.getLogger("avsl.ui").error("unexpected failure", exc_info=sys.exc_info())
    logging.getLogger("somebody.elses").warning("opened %s", PRIVATE)
    a_job(workspace, ValueError(PRIVATE))
    told = json.dumps(lines())
    assert "grandmother" not in told
    failed = lines()[0]
    assert failed["error"] == ["ValueError", "MediaError"]
    assert "test_trust_told.py" in failed["where"][-1]


def test_a_variant_that_is_a_visitors_own_is_not_named(workspace, lines):
    with workspace.running("anna", no_progress) as run, workspace.variant("anna/secret", run):
        pass
    assert lines()[-1]["variants"] == ["other"]


# --- /healthz and /stats ---


def test_health_is_told_to_machines(client, workspace):
    told = client.get("/healthz")
    assert told.status_code == 200
    health = told.json()
    assert health["ok"] is True
    assert health["version"]
    assert health["uptime_s"] >= 0
    assert "sync" in health["variants_ready"]
    assert health["disk_free_mb"] > 0
    assert health["queue"] == {"working": 0, "waiting": 0}
    with workspace.running("anna", no_progress):
        assert client.get("/healthz").json()["queue"]["working"] == 1


def test_an_app_whose_disk_is_full_is_not_well(client, monkeypatch):
    monkeypatch.setattr("avsl.ui.trust.routes.free_disk_bytes", lambda folder: 5_000_000)
    told = client.get("/healthz")
    assert (told.status_code, told.json()["ok"]) == (503, False)


def test_stats_count_jobs_by_variant_and_outcome_and_tell_nothing_of_anybody(client, workspace):
    assert "none yet" in client.get("/stats").text
    a_job(workspace)
    a_job(workspace)
    a_job(workspace, MediaError(PRIVATE))
    page = client.get("/stats").text
    assert "<td>sync</td><td>done</td><td>2</td>" in page
    assert "<td>sync</td><td>refused</td><td>1</td>" in page
    assert "<td>drawing</td>" in page
    assert "grandmother" not in page
    assert "anna" not in page


# --- the door ---


def guarded(store: Store | None = None) -> TestClient:
    async def take(request: Request) -> JSONResponse:
        return JSONResponse(len(await request.body()))

    paths = (door.UPLOAD, "/gradio_api/queue/join")
    everywhere = [Route(path, take, methods=["POST"]) for path in paths]
    return TestClient(Starlette(routes=everywhere, middleware=[Middleware(Door, store=store)]))


def test_a_body_that_is_too_large_is_refused_with_a_sentence_whether_it_says_so_or_not():
    client, most = guarded(), door.MOST_BODY_BYTES

    def undeclared():
        for _ in range(most // 1_000_000 + 2):
            yield bytes(1_000_000)

    assert client.post("/gradio_api/queue/join", content=b"{}").json() == 2
    for body in (bytes(most + 1), undeclared()):
        told = client.post("/gradio_api/queue/join", content=body)
        assert told.status_code == 413
        assert "smaller" in told.json()["detail"]


def test_an_upload_that_says_it_is_beyond_the_limit_is_not_read_at_all():
    headers = {"content-length": str(2 * LIMITS.max_file_bytes)}
    told = guarded().post(door.UPLOAD, content=b"", headers=headers)
    assert told.status_code == 413


def test_when_uploads_have_filled_their_share_old_ones_go_and_young_ones_stay(tmp_path):
    kept = tmp_path / "results"
    old, young = tmp_path / "a" / "old.mp4", tmp_path / "b" / "young.mp4"
    result = kept / "x" / "overlay.mp4"
    hours = [0.0]
    client = guarded(Store(tmp_path, kept, 2500, lambda: 3600 * hours[0]))
    for hours[0], file in enumerate((result, old, young)):
        file.parent.mkdir(parents=True)
        file.write_bytes(bytes(1000))
        os.utime(file, (1, 1))  # somebody has set the machine's clock meanwhile
        assert client.post(door.UPLOAD, content=b"seen").status_code == 200
    assert client.post(door.UPLOAD, content=bytes(1200)).status_code == 200
    assert (old.exists(), young.exists(), result.exists()) == (False, True, True)
    told = client.post(door.UPLOAD, content=bytes(1200))
    assert told.status_code == 507
    assert "try again in a few minutes" in told.json()["detail"]


def test_uploads_under_way_count_although_nothing_of_them_is_on_disk(tmp_path):
    store = Store(tmp_path, tmp_path / "results", 1000)
    assert store.admit(600)
    assert not store.admit(600)
    store.arrived(600)
    assert not store.admit(600)
    assert store.admit(300)


# --- at the start ---


def test_the_default_variants_are_loaded_before_anybody_asks(monkeypatch):
    monkeypatch.delenv(warm.SETTING, raising=False)
    shelf = Shelf(lambda name, progress: CornerVariant())
    warm.warm(shelf).join(20)
    assert shelf.loaded() == warm.names()
    assert "sync" in shelf.loaded()


def test_a_variant_that_cannot_be_loaded_is_not_ready_and_the_log_says_why(
    client, workspace, lines, monkeypatch
):
    """Whatever its loading raises, the others are loaded, and it is ready once it could be."""
    first, *others = warm.names()
    trouble = [KeyError("getpwuid(): uid not found: 12345")]

    def load(name, progress):
        if name == first and trouble:
            raise trouble[0]
        return CornerVariant()

    monkeypatch.setattr(workspace.shelf, "_load", load)
    monkeypatch.setenv(warm.SETTING, "1")
    monkeypatch.setattr(warm, "free_memory_bytes", lambda: 10**11)
    warm.warm(workspace.shelf).join(20)
    assert workspace.shelf.loaded() == others and others
    told = client.get("/healthz").json()
    assert first not in told["variants_ready"] and told["variants_failed"] == [first]
    assert set(others) <= set(told["variants_ready"]) and told["ok"]
    (line,) = [each for each in lines() if each["event"] == "not warmed"]
    assert line["variant"] == first and "uid not found" in line["why"]
    assert line["error"] == ["KeyError"] and any("load" in place for place in line["where"])
    trouble.clear()
    workspace.shelf.load(first, no_progress)
    told = client.get("/healthz").json()
    assert first in told["variants_ready"] and told["variants_failed"] == []


@pytest.mark.parametrize("scarce", [False, True])
def test_nothing_is_loaded_where_that_is_off_or_memory_is_scarce(monkeypatch, scarce):
    monkeypatch.setenv(warm.SETTING, "1" if scarce else "0")
    monkeypatch.setattr(warm, "free_memory_bytes", lambda: 10**8 if scarce else 10**11)
    shelf = Shelf(lambda name, progress: CornerVariant())
    assert warm.warm(shelf) is None
    assert shelf.loaded() == []


def test_on_a_space_weights_go_to_its_disk_and_elsewhere_nothing_changes(monkeypatch, tmp_path):
    for name in ("SPACE_ID", "HF_HOME"):
        monkeypatch.delenv(name, raising=False)
    app.keep_weights(tmp_path)
    assert "HF_HOME" not in app.os.environ
    monkeypatch.setenv("SPACE_ID", "user/avsl")
    app.keep_weights(tmp_path / "missing")
    assert "HF_HOME" not in app.os.environ
    app.keep_weights(tmp_path)
    assert app.os.environ["HF_HOME"] == str(tmp_path / ".huggingface")
    monkeypatch.setenv("HF_HOME", "/mine")
    app.keep_weights(tmp_path)
    assert app.os.environ["HF_HOME"] == "/mine"
