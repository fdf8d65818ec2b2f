"""The whole run: claim the output, do the parts that are not done, write the manifest."""

import secrets
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from avsl.corpus import ledger, local, on_ray, parts
from avsl.corpus.parts import Part
from avsl.corpus.settings import Job, Settings, facts, job_of, loaded
from avsl.corpus.source import Corpus
from avsl.corpus.sources import Source
from avsl.errors import SettingError, StorageError
from avsl.progress import Progress, no_progress
from avsl.storage import storage_errors
from avsl.variants import VariantCard


class Engine(StrEnum):
    """Who hands parts to workers."""

    LOCAL = "local"
    RAY = "ray"


@dataclass(frozen=True)
class Crew:
    """Who does the work; it changes nothing of what is found."""

    engine: Engine = Engine.LOCAL
    workers: int = 1
    cluster: on_ray.Cluster = field(default_factory=on_ray.Cluster)

    def __post_init__(self) -> None:
        if self.workers < 1:
            raise SettingError("There must be 1 worker or more.")


@dataclass(frozen=True)
class Planned:
    """A run that could be started."""

    corpus: Corpus
    job: Job
    card: VariantCard

    @property
    def parts(self) -> list[tuple[Source, ...]]:
        return self.corpus.parts(self.job.settings.per_part)

    @property
    def left(self) -> local.Wanted:
        """Numbers and clips of the parts that are not done."""
        numbered = enumerate(self.parts)
        return [(n, part) for n, part in numbered if parts.record(self.job.out, n) is None]


def plan(
    corpus: Corpus, settings: Settings, out: Path | str, progress: Progress = no_progress
) -> Planned:
    """Load the variant, which downloads it if need be, and write nothing.

    Raises :class:`SettingError` for an ``out`` that is no local folder, or holds another run.
    """
    if "://" in str(out):
        raise SettingError(
            f"{out} is a URL. Write to a folder that every worker sees, and copy it from there."
        )
    out, variant = Path(out), loaded(settings, progress)
    job = job_of(settings, variant, out, secrets.token_hex(8))
    with storage_errors(out):
        if (out / ledger.RUN).exists():
            ledger.claim(out, corpus, facts(job, variant.card))
    return Planned(corpus, job, variant.card)


def run(planned: Planned, crew: Crew, progress: Progress = no_progress) -> dict:
    """Do all that is left; returns the manifest. After a kill, the same call goes on.

    ``progress`` is told of each part, and may raise to stop. Raises :class:`StorageError` and
    :class:`SettingError` with what is to be done; what is wrong with a clip is a dead letter.
    """
    job, corpus = planned.job, planned.corpus
    with storage_errors(job.out), ledger.held(job.out):
        ledger.claim(job.out, corpus, facts(job, planned.card))
        left = planned.left
        if left:
            with closing(_engine(job, left, crew)) as done:
                _follow(done, left, len(corpus.sources), progress)
        kept = [parts.record(job.out, number) for number in range(len(planned.parts))]
        if None in kept:
            raise StorageError(
                f"A part that was written cannot be found in {job.out}. Do all workers see this "
                "folder under this name? Start the same command again to go on."
            )
        return ledger.finish(job.out, corpus, planned.card, kept)


def _engine(job: Job, left: local.Wanted, crew: Crew) -> Iterator[Part]:
    if crew.engine is Engine.RAY:
        return on_ray.run(job, left, crew.workers, crew.cluster)
    return local.run(job, left, crew.workers)


def _follow(done: Iterator[Part], left: local.Wanted, clips: int, progress: Progress) -> None:
    """Tell of each part: clips that are done, also by earlier runs, and this run's rate."""
    before = clips - sum(len(sources) for _, sources in left)
    started, seen, dead = time.monotonic(), 0, 0
    progress(before / clips, "starting the workers")
    for part in done:
        seen += part.clips + len(part.dead)
        dead += len(part.dead)
        rate = seen / (time.monotonic() - started)
        stage = f"{before + seen} of {clips} clips, {rate:.2f} a second, {dead} dead letters"
        progress((before + seen) / clips, stage)
