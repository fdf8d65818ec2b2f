"""The operator on one clip: read it, localize it, make rows; or say why that cannot be."""

import logging
import time
from dataclasses import dataclass, field
from functools import lru_cache

import cv2
import torch

from avsl import media
from avsl.corpus import rows
from avsl.corpus.attempts import WORK
from avsl.corpus.opening import opened
from avsl.corpus.settings import Job, loaded
from avsl.corpus.sources import Source
from avsl.errors import AvslError, VariantError, unexpected
from avsl.localizer import Localizer
from avsl.variants import origin_of

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Found:
    """What one clip adds to a part."""

    moments: list[dict]
    clip: dict
    timing: dict
    maps: list[tuple[str, bytes]] = field(repr=False)  # name in the tar and bytes


@dataclass(frozen=True)
class DeadLetter:
    """A clip that could not be localized, and why."""

    clip_id: str
    path: str
    kind: str  # of error
    sentence: str


class Worker:
    """One process's variant, loaded once; media are decoded in children, see avsl.isolation."""

    def __init__(self, job: Job) -> None:
        media.isolate()
        torch.set_num_threads(job.settings.threads)
        cv2.setNumThreads(job.settings.threads)
        variant = loaded(job.settings)
        if origin_of(variant).weights_sha256 != job.weights_sha256:
            raise VariantError(
                f"The weights of {job.settings.variant} that a worker loaded are not those the run "
                "began with. Give every machine the same files, and do not change them meanwhile."
            )
        self._settings, self._scratch = job.settings, job.out / WORK
        self._localizer = Localizer(variant)

    def localize(self, source: Source) -> Found | DeadLetter:
        """Never raises for what is wrong with a clip."""
        try:
            return self._found(source)
        except AvslError as error:
            return DeadLetter(source.id, source.path, type(error).__name__, str(error))
        except Exception as error:  # our own bug, or a library's: it costs this clip alone
            log.debug("", exc_info=error)
            return DeadLetter(source.id, source.path, type(error).__name__, unexpected(error))

    def _found(self, source: Source) -> Found:
        started = time.perf_counter()
        with opened(source, self._scratch) as clip:
            found = self._localizer.run(clip, self._settings.map_rate_hz)
            threshold = self._settings.threshold or found.threshold
            moments = rows.moment_rows(source.id, found, threshold)
            row = rows.clip_row(source, clip, found, threshold)
        maps = rows.map_files(source, found)
        seconds = time.perf_counter() - started
        timing = {"seconds": seconds, "variant_seconds": found.provenance.seconds}
        return Found(moments, row, {"clip_id": source.id, **timing}, maps)


@lru_cache(maxsize=1)
def worker(job: Job) -> Worker:
    """This process's worker for ``job``."""
    return Worker(job)
