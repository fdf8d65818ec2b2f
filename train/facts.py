"""What a training says of its result on the variant's card: measured, or by rule."""

from math import isnan
from typing import Any

from avsl.synthetic.world import VERSION
from train.config import TrainConfig
from train.validation import PASSED, Validation

PAPERS = {
    "lvs": "Chen et al., Localizing Visual Sounds the Hard Way, CVPR 2021",
    "ez_vsl": "Mo and Morgado, Localizing Visual Sounds the Easy Way, ECCV 2022",
    "margin_nce": "Park et al., MarginNCE, ICASSP 2023, arXiv 2211.01966",
    "slavc": "Mo and Morgado, A Closer Look at Weakly-Supervised Audio-Visual Source "
    "Localization, NeurIPS 2022",
    "fnac": "Sun et al., Learning Audio-Visual Source Localization via False Negative Aware "
    "Contrastive Learning, CVPR 2023",
    "acl": "Park et al., Can CLIP Help Sound Source Localization?, WACV 2024, arXiv 2311.04066",
}
WORLD_LIMITS = (
    "Trained on drawn pictures and made sounds only: on real videos expect it to fail; outlines "
    "are rough, and each frame is judged by itself."
)
LIMITS = "Outlines are rough, and each frame is judged by itself."


def facts(config: TrainConfig, best: Validation, pairs_seen: int) -> dict[str, Any]:
    """Fields of a VariantCard, but for those that the family fills in."""
    told = {
        "name": config.name,
        "title": config.name,
        "paper": PAPERS.get(config.objective, ""),
        "limits": WORLD_LIMITS if config.of_world else LIMITS,
        "trained_on": _trained_on(config, pairs_seen),
        **_calibrated(config, best),
    }
    return told | ({"summary": config.summary} if config.summary else {})


def _calibrated(config: TrainConfig, best: Validation) -> dict[str, Any]:
    """Threshold and gate; the family's own where the data have no truth."""
    if isnan(best.ciou):
        return {}
    count = config.validation_scenes
    return {
        "threshold": best.threshold,
        "threshold_rule": (
            f"best of 0.05 to 0.95 for cIoU on {count} validation scenes of the procedural world "
            f"({best.ciou:.1f} cIoU, {best.auc:.1f} AUC there)"
        ),
        "confidence_gate": best.gate,
        "confidence_rule": (
            "how far the map lies above those of silence and white noise on the same frame; "
            f"{100 * PASSED:.0f} % of {-(-count // 2)} validation scenes whose source is out of "
            f"view reach the gate, and {best.found:.0f} % of {count} with it in view"
        ),
    }


def _trained_on(config: TrainConfig, pairs_seen: int) -> str:
    if not config.of_world:
        return f"{pairs_seen:,} pictures with their sounds, shards of {config.data}; no labels."
    different = f"{config.scenes:,}" if 0 < config.scenes < pairs_seen else "all"
    noise = {
        "with another scene's sound": config.mismatched,
        "with the source out of view": config.off_screen,
    }
    told = ", ".join(f"{100 * share:.0f} % {what}" for what, share in noise.items() if share)
    return (
        f"The procedural world, version {VERSION}, {config.difficulty} difficulty: {pairs_seen:,} "
        f"pictures with their sounds ({different} different{', ' + told if told else ''}), no "
        "labels. Nothing in it is real: drawn things and made sounds of a few dozen classes."
    )
