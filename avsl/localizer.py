"""The Localizer: runs a variant over a clip and gives every moment its verdict."""

import time

import numpy as np

from avsl.audio import AUDIBLE_DBFS, loudness_dbfs
from avsl.clip import Clip
from avsl.errors import LimitError, NoSoundError, SettingError
from avsl.localization import Localization, Provenance, Verdict, verdicts
from avsl.progress import Progress, no_progress, watched
from avsl.settings import LIMITS, Limits
from avsl.variants import Variant, load
from avsl.variants.base import Evidence, origin_of
from avsl.version import __version__

MAX_MAP_RATE_HZ = 60.0


class Localizer:
    """Runs one variant over clips.

    >>> Localizer("sync").run(avsl.read("clip.mp4"))
    """

    def __init__(
        self,
        variant: str | Variant = "sync",
        audible_dbfs: float = AUDIBLE_DBFS,
        limits: Limits = LIMITS,
        progress: Progress = no_progress,
    ) -> None:
        """``progress`` follows a download, where the variant named needs one."""
        self.variant = load(variant, progress) if isinstance(variant, str) else variant
        self.audible_dbfs = audible_dbfs
        self.limits = limits

    def run(
        self, clip: Clip, map_rate_hz: float | None = None, progress: Progress = no_progress
    ) -> Localization:
        """Localize the sound of ``clip`` at ``map_rate_hz`` moments a second (the card's if None).

        Raises :class:`NoSoundError` for a clip without a sound track, :class:`SettingError` and
        :class:`LimitError` for a rate that cannot be had, and whatever ``progress`` raises.
        """
        if not clip.has_sound:
            raise NoSoundError(
                f'"{clip.name}" has no sound track, so there is nothing to localize. '
                "Choose a clip with sound, or add a sound file to it."
            )
        rate_hz = map_rate_hz or self.variant.card.map_rate_hz
        times_s = self._times(clip, rate_hz)
        started = time.perf_counter()
        with watched(progress, "reading the clip") as told:
            evidence = self.variant.localize(clip, times_s, told)
        seconds = time.perf_counter() - started
        return self._judged(clip, times_s, evidence, self._provenance(clip, rate_hz, seconds))

    def _provenance(self, clip: Clip, rate_hz: float, seconds: float) -> Provenance:
        card, origin = self.variant.card, origin_of(self.variant)
        return Provenance(
            variant=card.name,
            avsl_version=__version__,
            clip=clip.name,
            clip_sha256=clip.digest,
            map_rate_hz=rate_hz,
            audible_dbfs=self.audible_dbfs,
            device=str(getattr(self.variant, "device", "cpu")),
            seconds=round(seconds, 3),
            title=card.title,
            loaded_as=origin.asked,
            revision=origin.revision,
            weights_sha256=origin.weights_sha256,
            mode=origin.mode,
        )

    def _times(self, clip: Clip, rate_hz: float) -> np.ndarray:
        if not 0 < rate_hz <= MAX_MAP_RATE_HZ:
            raise SettingError(
                f"Maps per second must lie between 0 and {MAX_MAP_RATE_HZ:.0f}, not {rate_hz}."
            )
        count = max(1, int(np.ceil(clip.duration_s * rate_hz - 1e-6)))
        if count > self.limits.max_maps:
            raise LimitError(
                f"{clip.duration_s:.0f} s at {rate_hz:g} maps a second are {count} maps; at most "
                f"{self.limits.max_maps} are computed in one run. Lower the rate or cut the clip."
            )
        return np.arange(count) / rate_hz

    def _judged(
        self, clip: Clip, times_s: np.ndarray, evidence: Evidence, provenance: Provenance
    ) -> Localization:
        card = self.variant.card
        loudness = loudness_dbfs(clip.waveform, times_s)
        judged = verdicts(
            loudness,
            evidence.confidence,
            self.audible_dbfs,
            card.confidence_gate,
            card.absence_gate,
        )
        silent = np.array([verdict is Verdict.SILENT for verdict in judged])
        maps = evidence.maps.copy()
        maps[silent] = 0.0
        return Localization(
            times_s=times_s,
            maps=maps,
            audio_windows_s=evidence.audio_windows_s,
            loudness_dbfs=loudness,
            confidence=evidence.confidence,
            verdicts=judged,
            duration_s=clip.duration_s,
            width=clip.width,
            height=clip.height,
            threshold=card.threshold,
            confidence_gate=card.confidence_gate,
            provenance=provenance,
            labels=evidence.labels,
            cuts_s=evidence.cuts_s,
            absence_gate=card.absence_gate,
            notes=(*clip.notes, *clip.source.damage(), *evidence.notes, *filter(None, [card.note])),
        )
