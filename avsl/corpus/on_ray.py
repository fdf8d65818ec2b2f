"""The engine of a Ray cluster: Ray Data maps the same operator over the same parts.

Every machine must see the clips and the output folder under the same paths. A dead actor is
replaced by Ray and its part begun again.
"""

import json
import logging
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from avsl import errors
from avsl.corpus import parts
from avsl.corpus.local import Wanted
from avsl.corpus.needs import needed
from avsl.corpus.parts import Part
from avsl.corpus.settings import Job
from avsl.corpus.sources import Piece, Source
from avsl.errors import SettingError

STORE_BYTES = 200_000_000  # of a cluster of our own: only records pass through it


@dataclass(frozen=True)
class Cluster:
    """Which cluster, and what each worker takes of it."""

    address: str | None = None  # None: one of our own on this machine, or RAY_ADDRESS's
    gpus_per_worker: float = 0.0


class Operator:
    """What an actor does with each batch: one part."""

    def __init__(self, job: Job) -> None:
        self._job = job

    def __call__(self, batch: dict) -> dict:
        tasks = zip(batch["number"], batch["sources"], strict=True)
        answers = [_answer(self._job, int(number), _unpacked(told)) for number, told in tasks]
        return {name: [answer[name] for answer in answers] for name in ("record", "kind", "text")}


def _answer(job: Job, number: int, sources: tuple[Source, ...]) -> dict[str, str]:
    """A record, or the kind and text of an error: Ray would wrap a raised one beyond recognition,
    and print it.
    """
    done = parts.attempted(job, number, sources)
    if isinstance(done, Exception):
        return {"record": "", "kind": type(done).__name__, "text": str(done)}
    return {"record": json.dumps(asdict(done)), "kind": "", "text": ""}


def _part(answer: dict[str, str]) -> Part:
    if answer["record"]:
        return parts.from_json(answer["record"])
    raise getattr(errors, answer["kind"], RuntimeError)(answer["text"])


def run(job: Job, wanted: Wanted, workers: int, cluster: Cluster) -> Iterator[Part]:
    """The records of all ``wanted`` parts, as they are done.

    Raises :class:`SettingError` where the cluster cannot be had, and what the operator raises.
    """
    ray, data = needed("ray"), needed("ray.data")
    ours = not ray.is_initialized()
    if ours:
        _connect(ray, cluster, workers * job.settings.threads)
    try:
        for row in _mapped(data, job, wanted, workers, cluster).iter_rows():
            yield _part(row)
    except ray.exceptions.RayError as error:
        words = (str(error).strip().splitlines() or [type(error).__name__])[-1]
        raise SettingError(f"Ray gave up: {words}") from error
    finally:
        if ours:
            ray.shutdown()


def _mapped(data, job: Job, wanted: Wanted, workers: int, cluster: Cluster):
    context = data.DataContext.get_current()
    context.enable_progress_bars = context.print_on_execution_start = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    items = [{"number": number, "sources": _packed(sources)} for number, sources in wanted]
    # One part is done at a time, and the next one waits at the actor: Ray Data looks for those that
    # have nothing to do ten times a second only, which was a twentieth of the whole.
    pool = data.ActorPoolStrategy(size=min(workers, len(wanted)), max_tasks_in_flight_per_actor=2)
    return data.from_items(items, override_num_blocks=len(items)).map_batches(
        Operator,
        batch_size=1,
        compute=pool,
        fn_constructor_args=(job,),
        num_cpus=job.settings.threads,
        num_gpus=cluster.gpus_per_worker,
    )


def _connect(ray, cluster: Cluster, cpus: int) -> None:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is told to anybody
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")  # a library does not print
    address = cluster.address or os.environ.get("RAY_ADDRESS")
    own = {"num_cpus": cpus, "object_store_memory": STORE_BYTES, "include_dashboard": False}
    try:
        ray.init(address, log_to_driver=False, logging_level="ERROR", **({} if address else own))
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise SettingError(
            f"There is no Ray cluster at {address or 'this machine'}: {error} Start one, or leave "
            "--ray-address out to have one on this machine."
        ) from error


def _packed(sources: tuple[Source, ...]) -> str:
    return json.dumps([asdict(source) for source in sources])


def _unpacked(told: str) -> tuple[Source, ...]:
    return tuple(
        Source(**{**each, "pieces": tuple(Piece(**piece) for piece in each["pieces"])})
        for each in json.loads(told)
    )
