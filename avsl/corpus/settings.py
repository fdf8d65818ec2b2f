"""What decides the content of the tables, and what a worker is told beside it."""

from dataclasses import asdict, dataclass, replace
from pathlib import Path

from avsl import variants
from avsl.errors import SettingError, VariantError
from avsl.localization import checked_threshold
from avsl.localizer import MAX_MAP_RATE_HZ
from avsl.progress import Progress, no_progress
from avsl.variants import Variant, VariantCard, origin_of
from avsl.version import __version__


@dataclass(frozen=True)
class Settings:
    """Parts depend on these and on the clips alone: not on engine, workers or kills."""

    variant: str = "sync"  # name, folder or Hub id
    revision: str | None = None  # of a Hub id
    int8: bool = False  # 8-bit frame encoding, for variants that have it
    map_rate_hz: float | None = None  # moments a second; None: the variant's
    threshold: float | None = None  # None: the variant's
    per_part: int = 64  # clips of one part
    threads: int = 1  # of a worker: sums are split among them

    def __post_init__(self) -> None:
        if self.per_part < 1 or self.threads < 1:
            raise SettingError("Clips a part and threads a worker must be 1 or more.")
        if self.threshold is not None:
            checked_threshold(self.threshold)
        if self.map_rate_hz is not None and not 0 < self.map_rate_hz <= MAX_MAP_RATE_HZ:
            raise SettingError(
                f"Maps per second must lie between 0 and {MAX_MAP_RATE_HZ:.0f}, "
                f"not {self.map_rate_hz:g}."
            )


@dataclass(frozen=True)
class Job:
    """What a worker has to know, whichever engine started it; picklable."""

    settings: Settings  # with the revision that was found
    weights_sha256: str  # "" where the variant has no weights
    out: Path  # seen by every worker
    run: str  # another one each time the command is started
    variant: str  # what the tables call it


def loaded(settings: Settings, progress: Progress = no_progress) -> Variant:
    """The variant to run. Raises :class:`VariantError` where it cannot be had."""
    variant = variants.load(settings.variant, progress, settings.revision)
    if not settings.int8:
        return variant
    if not hasattr(variant, "in_int8"):
        raise VariantError(f"{settings.variant} has no int8 mode; leave --int8 out.")
    return variant.in_int8()


def job_of(settings: Settings, variant: Variant, out: Path, run: str) -> Job:
    """The job with exactly the ``variant`` loaded here, also where its Hub id moves on."""
    origin = origin_of(variant)
    pinned = replace(
        settings, variant=origin.asked or settings.variant, revision=origin.revision or None
    )
    return Job(pinned, origin.weights_sha256, out.absolute(), run, variant.card.name)


def facts(job: Job, card: VariantCard) -> dict:
    """All that two runs into one folder must agree on, as JSON."""
    return {
        "avsl_version": __version__,
        **asdict(job.settings),
        "map_rate_hz": job.settings.map_rate_hz or card.map_rate_hz,
        "threshold": job.settings.threshold or card.threshold,
        "confidence_gate": card.confidence_gate,
        "absence_gate": card.absence_gate,
        "weights_sha256": job.weights_sha256,
    }
