"""The operator on a part: localize its clips and commit what was found, all of it or nothing.

A part is ``maps-N.tar``, ``moments-N.parquet``, ``clips-N.parquet``, ``timings-N.parquet`` and,
last of all, ``part-N.json``, which names them with their checksums and holds the dead letters. Each
file appears whole. Until the last one is there the part is not done, and whoever does it again
writes the same content over the same names: so no clip is in the tables twice, however often it was
begun.
"""

import io
import json
import tarfile
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from avsl.checksum import sha256_of
from avsl.corpus import tables
from avsl.corpus.attempts import LOADING, MOST_DEATHS, Attempt
from avsl.corpus.settings import Job
from avsl.corpus.sources import Source
from avsl.corpus.work import DeadLetter, Found, worker
from avsl.errors import AvslError, VariantError
from avsl.manifest import environment
from avsl.storage import require_free_disk, storage_errors, whole


@dataclass(frozen=True)
class Part:
    """The record of a part that is done."""

    number: int
    clips: int  # with rows in the tables
    moments: int
    dead: tuple[DeadLetter, ...]
    files: dict[str, dict]  # name -> sha256 and bytes
    environment: dict[str, str]  # of the process that made it
    seconds: float


def do(job: Job, number: int, sources: tuple[Source, ...]) -> Part:
    """Do a part, unless it is done; may be called again, anywhere, after any kill.

    Raises :class:`avsl.errors.StorageError` where the results cannot be written, and
    :class:`VariantError` where the variant cannot be loaded.
    """
    done = record(job.out, number)
    if done is not None:
        return done
    started, moments, clips, timings, dead = time.perf_counter(), [], [], [], []
    with storage_errors(job.out):
        require_free_disk(job.out)
        attempt = Attempt(job.out, job.run, number)
        with _tar(job.out / f"maps-{number:06d}.tar") as add:
            for found in _found(job, attempt, sources):
                if isinstance(found, DeadLetter):
                    dead.append(found)
                    continue
                moments += found.moments
                clips.append(found.clip)
                timings.append(found.timing)
                add(found.maps)
        _write_tables(job.out, number, {"moments": moments, "clips": clips, "timings": timings})
        seconds = round(time.perf_counter() - started, 3)
        files = {path.name: _checked(path) for path in _paths(job.out, number)}
        part = Part(number, len(clips), len(moments), tuple(dead), files, environment(), seconds)
        with whole(_record_file(job.out, number)) as place:
            place.write_text(json.dumps(asdict(part), indent=1), encoding="utf-8")
        attempt.over()
    return part


def attempted(job: Job, number: int, sources: tuple[Source, ...]) -> Part | Exception:
    """:func:`do` for an engine: an error, which can be sent anywhere, instead of a raised one."""
    try:
        return do(job, number, sources)
    except AvslError as error:
        return error
    except Exception:  # our own bug; not every error can be sent
        return RuntimeError(traceback.format_exc())


def _found(job: Job, attempt: Attempt, sources: tuple[Source, ...]) -> Iterator[Found | DeadLetter]:
    if attempt.hopeless(LOADING):
        raise VariantError(
            f"Workers were killed {MOST_DEATHS} times while they loaded {job.variant}. There may "
            "be too little memory for so many: take fewer with --workers."
        )
    attempt.begins(LOADING)
    hands = worker(job)
    for source in sources:
        if attempt.hopeless(source.id):
            yield _deadly(source)
            continue
        attempt.begins(source.id)
        yield hands.localize(source)


def _deadly(source: Source) -> DeadLetter:
    told = (
        f'"{source.path}" was given up: {MOST_DEATHS} workers died while they localized it. It may '
        "take more memory than there is; try it alone with python -m avsl run."
    )
    return DeadLetter(source.id, source.path, "WorkerDied", told)


@contextmanager
def _tar(path: Path) -> Iterator:
    """Gives a function that adds named bytes; the same bytes make the same tar on any day."""
    with whole(path) as place, tarfile.open(place, "w", format=tarfile.PAX_FORMAT) as tar:

        def add(files: list[tuple[str, bytes]]) -> None:
            for name, data in files:
                info = tarfile.TarInfo(name)  # time 0, owner 0
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))

        yield add


def _write_tables(out: Path, number: int, found: dict[str, list[dict]]) -> None:
    for name, schema in tables.TABLES.items():
        with whole(out / f"{name}-{number:06d}.parquet") as place:
            tables.write(place, found[name], schema)


def _paths(out: Path, number: int) -> list[Path]:
    named = [out / f"{name}-{number:06d}.parquet" for name in tables.TABLES]
    return [*named, out / f"maps-{number:06d}.tar"]


def _checked(path: Path) -> dict:
    return {"sha256": sha256_of(path), "bytes": path.stat().st_size}


def _record_file(out: Path, number: int) -> Path:
    return out / f"part-{number:06d}.json"


def record(out: Path, number: int) -> Part | None:
    """The record of a part whose files are all there at their full size, else None."""
    try:
        part = from_json(_record_file(out, number).read_text(encoding="utf-8"))
        sizes = {path.name: path.stat().st_size for path in _paths(out, number)}
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return part if sizes == {name: each["bytes"] for name, each in part.files.items()} else None


def from_json(text: str) -> Part:
    """A record as it lies on disk; raises ``ValueError`` and others where it is none."""
    told = json.loads(text)
    return Part(**{**told, "dead": tuple(DeadLetter(**each) for each in told["dead"])})
