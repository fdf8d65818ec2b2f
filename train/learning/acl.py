"""Training ACL: on a frozen backbone only the audio projector and two mask scalars learn.

Self-supervised: pictures and sounds, no text and no labels. With guidance the words of scene
descriptions take part in the loss, during training only.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from avsl.errors import SettingError
from avsl.models.acl import ACL, FrozenPart, ImageFeatures, Masker, TrainingOutput, as_it_is
from avsl.models.beats import fbank
from avsl.models.published import build
from avsl.settings import SAMPLE_RATE_HZ
from avsl.variants.acl import AclVariant
from avsl.variants.acl_card import ACL_CARD
from train import distributed
from train.config import TrainConfig
from train.guidance.text_features import TextFeatures
from train.learning.acl_start import begin
from train.learning.base import Batch, Prepared, frozen_parts
from train.objectives import Moment, Objective
from train.objectives.acl import ACLLoss, image_loss
from train.objectives.base import alone
from train.objectives.guided import GuidanceWeights, guided_loss
from train.objectives.silence import area_loss
from train.stages.pixels import attention_of, normalised

ALL_PAIRS = 0
FAINTEST_DBFS, LOUDEST_DBFS = -70.0, -10.0


@dataclass(frozen=True)
class AclTerms:
    """ACL's terms, and those that may come on top, each a scalar."""

    image: Tensor
    feature: Tensor
    area: Tensor
    empty: Tensor  # what is marked though nothing sounds
    heard: Tensor  # sounds towards words
    seen: Tensor  # masked pictures towards words

    @property
    def total(self) -> Tensor:
        return self.image + self.feature + self.area + self.empty + self.heard + self.seen


@dataclass(frozen=True)
class AclSettings:
    """``config.network_settings``."""

    # How many other sounds each picture is decoded with (0: all, as published); the decoder is
    # most of a tiny step.
    decoded_negatives: int = ALL_PAIRS
    # Share of the training in which pictures are left whole, as if every mask were: sounds learn
    # what they go with from CLIP's embeddings, without a decoder, thirty times as quickly. As
    # published: none.
    unmasked: float = 0.0
    # How many sounds without a source, silence and noise, no picture may go with and no mask may
    # follow, after SaN. As published: none; then silence marks whatever it is nearest to.
    empty: int = 0
    # Whether the variant's confidence is what a map has above those of silence and noise, or the
    # map's own where those have been learned to be empty.
    probed: bool = True
    # Whether the decoder's and the masked pass's states are computed once more on the way back
    # instead of being kept: a third more work in a fraction of the memory. The same gradients.
    recompute: bool = False
    # The two mask scalars at first; None: those of the weights, or as published for a new ACL.
    # They must suit the decoder's logits: a mask that is empty everywhere learns nothing.
    mask_w: float | None = None
    mask_b: float | None = None

    def begin(self, masker: Masker) -> None:
        """Set the scalars that are given."""
        for scalar, value in ((masker.w, self.mask_w), (masker.b, self.mask_b)):
            if value is not None:
                nn.init.constant_(scalar, value)


class AclLearner:
    """A :class:`~train.learning.base.Learner`.

    ``config.start`` as in :mod:`train.learning.acl_start`, ``config.network_settings`` as in
    :class:`AclSettings`, ``config.guidance``: settings of
    :class:`~train.objectives.guided.GuidanceWeights`; {} for none.
    """

    def __init__(self, config: TrainConfig, objective: Objective, device: torch.device) -> None:
        self.config, self.objective = config, objective
        self.shares = config.negatives == "gathered" and distributed.count() > 1
        self.settings = acl_settings(config)
        self.weights = guidance(config)
        model, self.class_names = begin(config)
        parts = (model.vision, model.text, model.decoder, model.beats)
        self.frozen = frozen_parts("towers and decoder", *parts) if config.start else ""
        self.settings.begin(model.masker)
        self.module = model.to(device).train()
        self._text = TextFeatures(self.module.text.encode)

    def compile(self, backend: str) -> None:
        for part, name in self.module.heavy:
            setattr(part, name, torch.compile(getattr(part, name), backend=backend))

    def trainable(self) -> list[nn.Parameter]:
        return [*self.module.audio_proj.parameters(), *self.module.masker.parameters()]

    def prepare(self, batch: Batch) -> Prepared:
        part = self.module.frozen(normalised(batch.images), batch.waveforms)
        values = {
            "image": part.image, "dense": part.dense, "whole": part.whole, "heard": part.heard,
        }  # fmt: skip
        layers = {f"seen{number}": layer for number, layer in enumerate(part.seen.reduced)}
        return Prepared(values | layers, batch.descriptions)

    def loss(self, prepared: Prepared, moment: Moment) -> Any:
        part = self._frozen_part(prepared)
        if moment.progress < self.settings.unmasked:
            return self._unmasked(part, prepared, moment)
        pairs = len(prepared)
        sharing = {}
        if self.shares:
            sharing = {"gather": distributed.gathered, "first": distributed.rank() * pairs}
            moment = replace(moment, together=distributed.gathered)
        with attention_of(part.image):
            shifts = self._shifts(pairs * (distributed.count() if self.shares else 1))
            around = partial(recomputed, part.image) if self.settings.recompute else as_it_is
            out = self.module.learning(part, shifts=shifts, around=around, **sharing)
        empty = self._empty()
        marked = self._marked(part, empty)
        with torch.autocast(part.image.device.type, enabled=False):
            out = in_float32(out)
            loss = self.objective(out, moment)
            if len(empty):
                seen = moment.together(out.v_i)
                loss = replace(loss, image=self._image_loss(seen, out.audio, empty, moment))
            mine = out.audio[out.first : out.first + pairs]  # words are told of these alone
            return self._terms(loss, marked, mine, out.v_i, prepared)

    def _unmasked(self, part: FrozenPart, prepared: Prepared, moment: Moment) -> Any:
        """The loss of whole pictures, which nothing is decoded for."""
        audio = self.module.text(self.module.audio_proj(part.heard)).float()
        empty = self._empty()
        together = distributed.gathered if self.shares else alone
        with torch.autocast(audio.device.type, enabled=False):
            image = self._image_loss(together(part.whole), together(audio), empty, moment)
            none = image.new_zeros(())
            return self._terms(ACLLoss(image, none, none), none, audio, part.whole, prepared)

    def _image_loss(self, v_i: Tensor, audio: Tensor, empty: Tensor, moment: Moment) -> Tensor:
        """ACL's, with sounds that no picture goes with as further negatives."""
        sounds = torch.cat([audio, empty.float()])
        told = self.objective
        loss = image_loss(v_i, sounds, told.margin, moment.exclude, told.temperature)
        return told.image * loss

    def _empty(self) -> Tensor:
        """Embeddings of the sounds without a source: (N, E)."""
        if not self.settings.empty:
            return self.module.masker.w.new_empty(0, self.module.config.clipseg.embed)
        return self.module.text(self.module.audio_proj(self._empty_heard))

    @cached_property
    def _empty_heard(self) -> Tensor:
        device = next(self.module.parameters()).device
        sounds = empty_sounds(self.settings.empty, self.config.sound_s).to(device)
        with torch.no_grad():
            return self.module.audio_features(fbank(sounds)).float()

    def _marked(self, part: FrozenPart, empty: Tensor) -> Tensor:
        """Area of the soft mask of each picture with one of the sounds without a source."""
        if not len(empty):
            return part.image.new_zeros(())
        which = torch.randint(len(empty), (len(part.seen),))
        logits = self.module.ground(part.seen, empty[which])
        return area_loss(self.module.masker.soft(logits.float()))

    def after_step(self) -> None:
        """Nothing follows a step."""

    def maps(self, prepared: Prepared) -> tuple[Tensor, Tensor]:
        """As the variant makes them, whose confidence is told there."""
        variant, part = self._variant(self.module), self._frozen_part(prepared)
        with torch.inference_mode():
            audio = self.module.text(self.module.audio_proj(part.heard))
            found = variant.judge(part.seen, audio)
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
        return AclVariant(
            model, card, self.class_names, config.px, config.sound_s, device,
            probed=self.settings.probed,
        )  # fmt: skip

    def _frozen_part(self, prepared: Prepared) -> FrozenPart:
        values, patch = prepared.values, self.module.vision.patch
        grid = (values["image"].shape[-2] // patch, values["image"].shape[-1] // patch)
        layers = tuple(values[f"seen{each}"] for each in range(len(self.module.clip_blocks)))
        return FrozenPart(
            values["image"], ImageFeatures(layers, grid),
            values["dense"], values["whole"], values["heard"],
        )  # fmt: skip

    def _shifts(self, pairs: int) -> list[int] | None:
        """Which other sounds are decoded, drawn anew each step."""
        count = self.settings.decoded_negatives
        if count == ALL_PAIRS or count >= pairs - 1:
            return None
        return (1 + torch.randperm(pairs - 1)[:count]).tolist()

    def _terms(
        self, loss: ACLLoss, marked: Tensor, audio: Tensor, visual: Tensor, batch: Prepared
    ) -> AclTerms:
        """With the terms of the words, if there is guidance."""
        if self.weights is None:
            none = torch.zeros_like(marked)
            return AclTerms(loss.image, loss.feature, loss.area, marked, none, none)
        if not batch.descriptions:
            raise SettingError("Guidance needs descriptions, and these data come without.")
        text = self._text.scenes(batch.descriptions, audio.device)
        told = guided_loss(audio, visual, text, self.weights)
        return AclTerms(loss.image, loss.feature, loss.area, marked, told.audio, told.visual)


def empty_sounds(count: int, length_s: float) -> Tensor:
    """Silence, and noises from faint to loud: (N, S) in [-1, 1]."""
    levels_db = torch.linspace(FAINTEST_DBFS, LOUDEST_DBFS, count)
    loudness = 10 ** (levels_db / 20) * (torch.arange(count) > 0)
    draw = torch.Generator().manual_seed(0)
    noise = torch.randn(count, round(length_s * SAMPLE_RATE_HZ), generator=draw)
    return (loudness[:, None] * noise).clamp(-1, 1)


def acl_settings(config: TrainConfig) -> AclSettings:
    """What ``config.network_settings`` says."""
    known = {field.name for field in fields(AclSettings)}
    odd = [name for name in config.network_settings if name not in known]
    if odd:
        raise SettingError(
            f"network_settings of ACL have no {odd[0]!r}: {', '.join(sorted(known))}."
        )
    return AclSettings(**config.network_settings)


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


def recomputed(images: Tensor, part: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """``part``, of which nothing but its arguments is kept for the way back."""

    def run(*arguments: Any) -> Tensor:
        with attention_of(images):  # the way back must choose the kernels of the way there
            return part(*arguments)

    return partial(checkpoint, run, use_reentrant=False)


def in_float32(out: TrainingOutput) -> TrainingOutput:
    """Contrastive losses need more than half precision's digits."""
    values = {field.name: getattr(out, field.name) for field in fields(out)}
    wide = {
        name: value.float()
        for name, value in values.items()
        if isinstance(value, Tensor) and value.is_floating_point()
    }
    return replace(out, **wide)
