"""The engine of a cluster finds what the local one finds, also where an actor is killed."""

import json
import os
import signal
import threading
from dataclasses import asdict, replace

import pytest

pytest.importorskip("ray.data", reason="the extra scale is not installed: no ray")

from avsl.corpus import on_ray, parts, running
from avsl.corpus.attempts import WORK
from avsl.corpus.source import corpus
from avsl.errors import SettingError, VariantError
from tests.corpus import making
from tests.corpus.conftest import SETTINGS


@pytest.fixture(scope="module")
def cluster():
    """Two small workers on this machine."""
    import ray

    os.environ.update(RAY_USAGE_STATS_ENABLED="0", RAY_BACKEND_LOG_LEVEL="fatal")
    ray.init(
        num_cpus=2, object_store_memory=100_000_000, include_dashboard=False, log_to_driver=False,
        logging_level="ERROR",
    )  # fmt: skip
    yield
    ray.shutdown()


def run(clips, out, progress=lambda fraction, stage: None) -> dict:
    crew = running.Crew(running.Engine.RAY, workers=2)
    return running.run(running.plan(corpus(clips), SETTINGS, out), crew, progress)


def test_a_killed_actor_changes_nothing_that_is_found(cluster, clips, quiet_run, tmp_path):
    killed, over = [], threading.Event()

    def kill_one():
        while not over.wait(0.002) and not killed:
            done = len(list(tmp_path.glob("part-*.json")))
            for file in tmp_path.glob(f"{WORK}/part-*.json") if done else ():
                try:
                    pid = json.loads(file.read_text())["pid"]
                    os.kill(pid, signal.SIGKILL)
                    killed.append(pid)
                except (OSError, ValueError):
                    continue
                break

    killer = threading.Thread(target=kill_one)
    killer.start()
    try:
        manifest = run(clips, tmp_path)
    finally:
        over.set()
        killer.join()
    assert killed, "the run was over before anything could be killed"
    assert making.content(tmp_path) == making.content(quiet_run)
    assert making.rows(tmp_path, "moments") == making.rows(quiet_run, "moments")
    assert manifest["counts"]["dead_letters"] == 3


def test_what_the_local_engine_began_the_cluster_goes_on_with(cluster, clips, quiet_run, tmp_path):
    for file in quiet_run.iterdir():
        if "000002" not in file.name and not file.name.startswith(("manifest", "dead")):
            (tmp_path / file.name).write_bytes(file.read_bytes())
    told = []
    run(clips, tmp_path, lambda fraction, stage: told.append(fraction))
    assert making.content(tmp_path) == making.content(quiet_run)
    assert told[0] > 0.5 and told[-1] == 1


def test_a_sentence_of_a_worker_is_the_runs_sentence(cluster, clips, tmp_path):
    planned = running.plan(corpus(clips), SETTINGS, tmp_path)
    other = replace(planned.job, weights_sha256="of other weights")
    wanted = [(number, sources) for number, sources in enumerate(planned.parts)][:1]
    with pytest.raises(VariantError, match="not those the run began with"):
        list(on_ray.run(other, wanted, 1, on_ray.Cluster()))


def test_a_cluster_that_is_not_there_is_a_sentence(clips, tmp_path, monkeypatch):
    import ray

    monkeypatch.setattr(ray, "is_initialized", lambda: False)

    def refused(*_, **__):
        raise ConnectionError("nobody answers.")

    monkeypatch.setattr(ray, "init", refused)
    monkeypatch.setattr(ray, "shutdown", lambda: None)
    crew = running.Crew(running.Engine.RAY, 1, on_ray.Cluster("127.0.0.1:1"))
    with pytest.raises(SettingError, match=r"no Ray cluster at 127\.0\.0\.1:1: nobody answers"):
        running.run(running.plan(corpus(clips), SETTINGS, tmp_path), crew)


def test_records_survive_the_way_through_the_cluster(quiet_run):
    part = parts.record(quiet_run, 0)
    assert parts.from_json(json.dumps(asdict(part))) == part
