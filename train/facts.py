"""What a training says of its result on the variant's card: measured, or by rule."""

from math import isnan
from typing import Any

from avsl.synthetic.world import VERSION
from avsl.variants.two_stream_card import MAP_RULE
from train import objectives
from train.config import TrainConfig
from train.objectives.base import TWO_STREAM
from train.stages import backbone
from train.validation import ABSENT, PASSED, Validation

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
# What the weights that a training began with had seen; comparisons have to say so.
ON_A_BACKBONE = (
    "Its frozen towers saw the class names and masks of the same world in their own pre-training."
)
BEGUN_WITH = {
    "imagenet": "Its image tower began as ResNet-18 trained on ImageNet, with labels.",
    "backbones": "Its frozen parts are CLIPSeg and BEATs as released, which were trained with "
    "texts, masks and AudioSet's labels.",
}


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
    maps = f"; maps are {MAP_RULE}" if _is_two_stream(config) else ""
    return {
        "threshold": best.threshold,
        "threshold_rule": (
            f"best of 0.05 to 0.95 for cIoU on {count} validation scenes of the procedural world "
            f"({best.ciou:.1f} cIoU, {best.auc:.1f} AUC there){maps}"
        ),
        "confidence_gate": best.gate,
        "confidence_rule": (
            f"{_confidence(config)}; "
            f"{100 * PASSED:.0f} % of {-(-count // 2)} validation scenes whose source is out of "
            f"view reach the gate, and {best.found:.0f} % of {count} with it in view"
        ),
        **_absence(config, best),
    }


def _absence(config: TrainConfig, best: Validation) -> dict[str, Any]:
    """The gate below which the source is out of view, where one is sure."""
    if not best.absent:
        return {}
    count = config.validation_scenes
    return {
        "absence_gate": best.absence,
        "absence_rule": (
            f"at least {100 * ABSENT:.0f} % of what lies below is out of view, by the lower bound "
            f"on {count} validation scenes in view and {-(-count // 2)} out of view, either kind "
            f"as frequent; {best.absent:.0f} % of the latter lie below"
        ),
    }


def _confidence(config: TrainConfig) -> str:
    if config.network_settings.get("probed", True):
        return "how far the map lies above those of silence and white noise on the same frame"
    return "the mean of the map's strongest hundredth"


def _is_two_stream(config: TrainConfig) -> bool:
    return objectives.make(config.objective).family == TWO_STREAM


def _trained_on(config: TrainConfig, pairs_seen: int) -> str:
    data = _world(config, pairs_seen) if config.of_world else _shards(config, pairs_seen)
    return " ".join(filter(None, (data, _begun_with(config.start))))


def _shards(config: TrainConfig, pairs_seen: int) -> str:
    return f"{pairs_seen:,} pictures with their sounds, shards of {config.data}; {_taught(config)}."


def _taught(config: TrainConfig) -> str:
    return "with the words of their descriptions" if config.guidance else "no labels"


def _world(config: TrainConfig, pairs_seen: int) -> str:
    different = f"{config.scenes:,}" if 0 < config.scenes < pairs_seen else "all"
    noise = {
        "with another scene's sound": config.mismatched,
        "with the source out of view": config.off_screen,
    }
    told = ", ".join(f"{100 * share:.0f} % {what}" for what, share in noise.items() if share)
    return (
        f"The procedural world, version {VERSION}, {config.difficulty} difficulty: {pairs_seen:,} "
        f"pictures with their sounds ({different} different{', ' + told if told else ''}), "
        f"{_taught(config)}. Nothing in it is real: drawn things and made sounds of a few dozen "
        "classes."
    )


def _begun_with(start: str) -> str:
    """A sentence on weights that were not random; "" where they were."""
    if not start:
        return ""
    if backbone.is_one(backbone.at(start)):
        return ON_A_BACKBONE
    return BEGUN_WITH.get(start, f"It went on from the weights of {start}.")
