"""Training ACL: on a frozen backbone only the audio projector and two mask scalars learn.

Self-supervised: pictures and sounds, no text and no labels. With guidance the words of scene
descriptions take part in the loss, during training only.
"""

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

import avsl
from avsl.errors import SettingError
from avsl.models.acl import ACL, TrainingOutput
from avsl.models.published import ACLConfig, build
from avsl.variants.acl import AclVariant
from avsl.variants.acl_card import ACL_CARD
from train import distributed
from train.config import TrainConfig
from train.guidance.text_features import TextFeatures
from train.learning.base import Batch
from train.objectives import Moment, Objective
from train.objectives.acl import ACLLoss
from train.objectives.guided import GuidanceWeights, guided_loss
from train.stages import backbone
from train.stages.pixels import normalised
from train.stages.sizes import tiny

NETWORKS = {"tiny": tiny, "acl": ACLConfig}
ALL_PAIRS = 0
PUBLISHED = "published"  # the released weights


@dataclass(frozen=True)
class GuidedACLLoss:
    """ACL's terms and those of the guidance, each a scalar."""

    image: Tensor
    feature: Tensor
    area: Tensor
    heard: Tensor  # sounds towards words
    seen: Tensor  # masked pictures towards words

    @property
    def total(self) -> Tensor:
        return self.image + self.feature + self.area + self.heard + self.seen


class AclLearner:
    """A :class:`~train.learning.base.Learner`.

    ``config.start``: a backbone's folder (``train.stages.run``), a variant's name, folder or Hub
    id, "published" for the released ACL, or "" for random weights. ``config.network_settings``:
    ``decoded_negatives``, how many other sounds each picture is decoded with (0: all, as
    published); the decoder is most of a tiny step. ``config.guidance``: settings of
    :class:`~train.objectives.guided.GuidanceWeights`; {} for none.
    """

    def __init__(self, config: TrainConfig, objective: Objective, device: torch.device) -> None:
        self.config, self.objective = config, objective
        if distributed.count() > 1 and config.negatives == "gathered":
            raise SettingError(
                "ACL decodes pictures with sounds of their own process alone, as published: set "
                "negatives to 'per process'."
            )
        self.decoded_negatives = decoded_negatives(config)
        self.weights = guidance(config)
        model, self.class_names = begin(config)
        self.module = model.to(device).train()
        self._text = TextFeatures(self.module.text.encode)

    def trainable(self) -> list[nn.Parameter]:
        return [*self.module.audio_proj.parameters(), *self.module.masker.parameters()]

    def loss(self, batch: Batch, moment: Moment) -> Any:
        out = self.module(
            normalised(batch.images), batch.waveforms, shifts=self._shifts(len(batch))
        )
        with torch.autocast(batch.images.device.type, enabled=False):
            out = in_float32(out)
            loss = self.objective(out, moment)
            return loss if self.weights is None else self._guided(loss, out, batch)

    def after_step(self) -> None:
        """Nothing follows a step."""

    def maps(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """As the variant makes them, whose confidence is told there."""
        variant = self._variant(self.module)
        with torch.inference_mode():
            seen = self.module.encode_image(normalised(batch.images))
            found = variant.judge(seen, self.module.audio_embedding(batch.waveforms))
        self.module.train()
        return found

    def save(self, folder: Path, facts: dict[str, Any]) -> None:
        from avsl.checkpoint import save_folder

        model = build(self.module.config)
        model.load_state_dict(self.module.state_dict())
        save_folder(self._variant(model, {"licence": "MIT", "download": "", **facts}), folder)

    def _variant(self, model: ACL, facts: dict[str, Any] | None = None) -> AclVariant:
        """``model``, which comes out in evaluation mode, as a variant."""
        device = next(model.parameters()).device
        card = replace(ACL_CARD, **(facts or {}))
        config = self.config
        return AclVariant(model, card, self.class_names, config.px, config.sound_s, device)

    def _shifts(self, pairs: int) -> list[int] | None:
        """Which other sounds are decoded, drawn anew each step."""
        if self.decoded_negatives == ALL_PAIRS or self.decoded_negatives >= pairs - 1:
            return None
        return (1 + torch.randperm(pairs - 1)[: self.decoded_negatives]).tolist()

    def _guided(self, loss: ACLLoss, out: TrainingOutput, batch: Batch) -> GuidedACLLoss:
        if not batch.descriptions:
            raise SettingError("Guidance needs descriptions, and these data come without.")
        text = self._text.scenes(batch.descriptions, out.audio.device)
        guided = guided_loss(out.audio, out.v_i, text, self.weights)
        return GuidedACLLoss(loss.image, loss.feature, loss.area, guided.audio, guided.visual)


def decoded_negatives(config: TrainConfig) -> int:
    """The one setting of the network that is known here."""
    settings = dict(config.network_settings)
    count = settings.pop("decoded_negatives", ALL_PAIRS)
    if settings or not isinstance(count, int) or count < 0:
        raise SettingError(
            "network_settings of ACL hold decoded_negatives, a number (0: all), and no more."
        )
    return count


def guidance(config: TrainConfig) -> GuidanceWeights | None:
    """None without guidance."""
    if not config.guidance:
        return None
    known = {field.name for field in fields(GuidanceWeights)}
    odd = [name for name in config.guidance if name not in known]
    if odd:
        raise SettingError(f"Guidance has no setting {odd[0]!r}: {', '.join(sorted(known))}.")
    weights = GuidanceWeights(**config.guidance)
    if weights.use_isolation:
        raise SettingError("use_isolation needs maps of each source, which clips do not have.")
    return weights


def begin(config: TrainConfig) -> tuple[ACL, tuple[str, ...]]:
    """The network to begin with, and the names of the classes that its BEATs knows."""
    if config.start == PUBLISHED:
        variant = avsl.load("acl")
        return variant.model, variant.class_names
    if config.start and backbone.is_one(Path(config.start)):
        model, facts = backbone.load(Path(config.start))
        return model, tuple(facts.get("class_names", ()))
    if config.start:
        variant = avsl.load(config.start)
        return variant.model, variant.class_names
    if config.network not in NETWORKS:
        raise SettingError(f"There is no ACL {config.network!r}: {', '.join(NETWORKS)}.")
    return build(NETWORKS[config.network]()), ()


def in_float32(out: TrainingOutput) -> TrainingOutput:
    """Contrastive losses need more than half precision's digits."""
    values = {field.name: getattr(out, field.name) for field in fields(out)}
    return TrainingOutput(
        **{name: v.float() if v.is_floating_point() else v for name, v in values.items()}
    )
