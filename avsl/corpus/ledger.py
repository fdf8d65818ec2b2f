"""What a folder of results says of itself: the run it is of, and in the end its manifest."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from filelock import FileLock, Timeout

from avsl.checksum import sha256_of
from avsl.corpus import tables
from avsl.corpus.attempts import WORK
from avsl.corpus.parts import Part
from avsl.corpus.source import Corpus
from avsl.errors import SettingError, StorageError
from avsl.storage import whole
from avsl.variants import VariantCard

RUN, MANIFEST, DEAD = "run.json", "manifest.json", "dead-letters.parquet"
FORMAT = "avsl.corpus/2"


@contextmanager
def held(out: Path) -> Iterator[None]:
    """``out`` for this run alone, with what killed ones left half-written swept away."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError, FileNotFoundError) as error:
        raise StorageError(
            f"{out} cannot be made a folder. Choose another one with --out."
        ) from error
    lock = FileLock(out / ".lock", timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise SettingError(
            f"Another run is writing to {out}. Wait for it, or choose another folder with --out."
        ) from error
    try:
        _sweep(out)
        yield
        _sweep(out)
    finally:
        lock.release()


def _sweep(out: Path) -> None:
    """Only names that avsl.storage.whole and the attempts give."""
    for kind in ("maps-", "moments-", "clips-", "timings-", "part-", "run-", "manifest-", "dead-"):
        for left in out.glob(f".{kind}*"):
            left.unlink(missing_ok=True)
    shutil.rmtree(out / WORK, ignore_errors=True)


def claim(out: Path, corpus: Corpus, facts: dict) -> None:
    """Begin or go on in ``out``; raises :class:`SettingError` where it holds something else."""
    now = {
        "format": FORMAT,
        "settings": facts,
        "clips": len(corpus.sources),
        "corpus_sha256": corpus.digest,
    }
    file = out / RUN
    if not file.exists():
        _require_empty(out)
        _write(file, now)
        return
    try:
        then = json.loads(file.read_text(encoding="utf-8"))
        before = {**then["settings"], **{key: then[key] for key in now if key != "settings"}}
    except (ValueError, KeyError, TypeError) as error:
        raise SettingError(f"{file} cannot be read. Choose another folder with --out.") from error
    _require_same(out, before, {**facts, **{key: now[key] for key in now if key != "settings"}})


def _require_empty(out: Path) -> None:
    if any(not each.name.startswith(".") for each in out.iterdir()):
        raise SettingError(
            f"{out} holds files that are of no such run. Choose an empty folder with --out."
        )


def _require_same(out: Path, before: dict, now: dict) -> None:
    changed = [name for name in now if before.get(name) != now[name]]
    if not changed:
        return
    told = [f"{name} was {before.get(name)} and is {now[name]}" for name in changed]
    told = [each for each in told if not each.startswith("corpus_")]
    if "corpus_sha256" in changed:
        told.append("the clips of the input are others")
    raise SettingError(
        f"{out} holds a run with other settings: {'; '.join(told)}. Give the same command to go "
        "on with it, or choose another folder with --out."
    )


def finish(out: Path, corpus: Corpus, card: VariantCard, done: list[Part]) -> dict:
    """Write the dead letters and the manifest, which is returned."""
    dead = [asdict(letter) for part in done for letter in part.dead]
    clips = sum(part.clips for part in done)
    assert clips + len(dead) == len(corpus.sources), "a clip was lost or came twice"
    with whole(out / DEAD) as place:
        tables.write(place, dead, tables.DEAD_LETTERS)
    files = {name: facts for part in done for name, facts in part.files.items()}
    files[DEAD] = {"sha256": sha256_of(out / DEAD), "bytes": (out / DEAD).stat().st_size}
    environments = {json.dumps(part.environment): part.environment for part in done}
    manifest = {
        **json.loads((out / RUN).read_text(encoding="utf-8")),
        "input": corpus.name,
        "notes": list(corpus.notes),
        "variant": asdict(card),
        "counts": {
            "clips": clips,
            "dead_letters": len(dead),
            "moments": sum(part.moments for part in done),
            "parts": len(done),
            "bytes": sum(facts["bytes"] for facts in files.values()),
        },
        "environments": list(environments.values()),
        "files": dict(sorted(files.items())),
    }
    _write(out / MANIFEST, manifest)
    return manifest


def _write(file: Path, told: dict) -> None:
    with whole(file) as place:
        place.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
