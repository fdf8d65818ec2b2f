"""Training the two-stream networks: LVS, EZ-VSL, SLAVC, FNAC, MarginNCE."""

from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from avsl.checkpoint import load_folder, save_folder
from avsl.errors import SettingError
from avsl.imagenet import resnet18_state
from avsl.models import twostream
from avsl.models.pretrained_towers import FrozenTower, frozen_towers
from avsl.models.twostream import TwoStream, TwoStreamConfig, TwoStreamOutput
from avsl.models.twostream_published import load_imagenet
from avsl.variants.base import VariantCard
from avsl.variants.two_stream import Seen, TwoStreamVariant
from avsl.variants.two_stream_card import TWO_STREAM_CARD
from train import distributed
from train.config import TrainConfig
from train.ema import averaged
from train.learning.base import Batch, Prepared, frozen_parts
from train.objectives import Moment, Objective
from train.stages import backbone
from train.stages.eye import EYE
from train.stages.pixels import normalised

NETWORKS = {
    "tiny": twostream.TINY,
    "ez_vsl": twostream.EZ_VSL,
    "lvs": twostream.LVS,
    "slavc": twostream.SLAVC,
    "fnac": twostream.FNAC,
}
HIDDEN = 256  # units of the heads on frozen towers
IMAGENET = "imagenet"
CLIP, RESNET = "frozen-clip", "frozen-resnet"
FROZEN = {CLIP: twostream.FROZEN_CLIP, RESNET: twostream.FROZEN_RESNET}


class TwoStreamLearner:
    """A :class:`~train.learning.base.Learner`; its convolutions run channels last, twice as fast
    on a processor.

    ``module`` holds the network and, with an ``ema_decay``, its average. The average is what is
    validated and saved, and what SLAVC compares with. With ``config.network`` "frozen-clip" or
    "frozen-resnet" the towers are those of the backbone in ``config.start``; only the heads learn.
    """

    def __init__(self, config: TrainConfig, objective: Objective, device: torch.device) -> None:
        if objective.needs_target and not config.ema_decay:
            raise SettingError(
                f"The objective {config.objective} compares with an averaged network: set "
                "ema_decay (as published 0.999)."
            )
        self.config, self.objective = config, objective
        self.shares = config.negatives == "gathered"
        network = begin(config, objective)
        frozen = network.config.towers != twostream.LEARNED
        towers = (network.image_tower, network.audio_tower)
        self.frozen = frozen_parts(network.config.towers, *towers) if frozen else ""
        if self.shares:
            distributed.share_batch_norms(network)
        network.to(device, memory_format=torch.channels_last)
        average = averaged(network, config.ema_decay) if config.ema_decay else None
        self.module = nn.ModuleDict(
            {"network": network} | ({"average": average} if average else {})
        )

    @property
    def network(self) -> TwoStream:
        """The one that learns."""
        return self.module["network"]

    @property
    def kept(self) -> TwoStream:
        """The one that is validated and saved."""
        return self.module["average"].module if "average" in self.module else self.network

    def compile(self, backend: str) -> None:
        self.network.compile(backend=backend)

    def trainable(self) -> list[nn.Parameter]:
        return [each for each in self.network.parameters() if each.requires_grad]

    def prepare(self, batch: Batch) -> Prepared:
        image, sound = self._inputs(batch)
        if not self.frozen:
            return Prepared({"image": image, "heard": sound})
        return Prepared({"seen": self.network.see(image), "heard": self.network.hear(sound)})

    def loss(self, prepared: Prepared, moment: Moment) -> Any:
        out = self._whole(self._output(self.network, prepared))
        if self.objective.needs_target:
            with torch.no_grad():
                target = self._whole(self._output(self.module["average"].module, prepared))
            moment = replace(moment, target=target)
        if self.shares:
            moment = replace(moment, together=distributed.gathered)
        with torch.autocast(out.image[0].device.type, enabled=False):
            return self.objective(out, moment)

    def after_step(self) -> None:
        if "average" in self.module:
            self.module["average"].update_parameters(self.network)

    def maps(self, prepared: Prepared) -> tuple[Tensor, Tensor]:
        variant = self._variant(TWO_STREAM_CARD)
        with torch.inference_mode():
            out = _in_float32(self._output(self.kept, prepared))
            return variant.judge(Seen(torch.stack(out.image, 1)), torch.stack(out.audio, 1))

    def save(self, folder: Path, facts: dict[str, Any]) -> None:
        card = replace(TWO_STREAM_CARD, **{"licence": "MIT", **facts})
        variant = self._variant(card, deepcopy(self.kept))
        variant.model.to("cpu", memory_format=torch.contiguous_format)
        save_folder(variant, folder)

    def _output(self, network: TwoStream, prepared: Prepared) -> TwoStreamOutput:
        values = prepared.values
        if self.frozen:
            return network.project(values["seen"], values["heard"])
        return network(values["image"], values["heard"])

    def _variant(self, card: VariantCard, network: TwoStream | None = None) -> TwoStreamVariant:
        """What the app will run, so that what is validated is what a user meets."""
        device = next(self.network.parameters()).device
        sizes = self.config.px, self.config.sound_s
        return TwoStreamVariant(network or self.kept, card, *sizes, device)

    def _inputs(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Normalised pictures (B, 3, H, W) and spectrograms (B, 1, F, T), in float32."""
        image = normalised(batch.images, twostream.IMAGE_MEAN, twostream.IMAGE_STD)
        with torch.autocast(image.device.type, enabled=False):
            sound = self.network.spectrogram(batch.waveforms)
        return image, sound.contiguous(memory_format=torch.channels_last)

    def _whole(self, out: TwoStreamOutput) -> TwoStreamOutput:
        """In float32, and with the sounds of all processes where negatives are shared.

        Pictures stay where they are: maps (b, B, h, w) of b pictures here with all B sounds are
        made, and never the (B, B, h, w) of all.
        """
        out = _in_float32(out)
        if not self.shares:
            return out
        first = distributed.rank() * len(out.image[0])
        return replace(out, audio=tuple(map(distributed.gathered, out.audio)), first=first)


def begin(config: TrainConfig, objective: Objective) -> TwoStream:
    """The named network with the weights of ``config.start``."""
    if config.network in FROZEN:
        return on_backbone(config, objective)
    if config.network not in NETWORKS:
        raise SettingError(
            f"There is no two-stream network {config.network!r}. There are: "
            f"{', '.join((*NETWORKS, *FROZEN))}."
        )
    network = TwoStream(network_config(config, objective, NETWORKS[config.network]))
    if config.start == IMAGENET:
        try:
            load_imagenet(network.image_tower, resnet18_state())
        except RuntimeError as error:
            raise SettingError(
                "ImageNet's weights fit the full-size networks alone: leave start empty."
            ) from error
    elif config.start:
        network.load_state_dict(load_folder(config.start).model.state_dict())
    return network


def on_backbone(config: TrainConfig, objective: Objective) -> TwoStream:
    """Heads on the frozen towers of the backbone in ``config.start``."""
    model, _ = backbone.load(config.start)
    sizes = replace(
        twostream.TINY, image=EYE, hidden=HIDDEN, front="kaldi", towers=FROZEN[config.network],
        backbone=model.config,
    )  # fmt: skip
    network = TwoStream(network_config(config, objective, sizes))
    eye, ear = frozen_towers(model)
    if config.network == RESNET:
        eye = FrozenTower(backbone.load_eye(config.start))
    network.image_tower.load_state_dict(eye.state_dict())
    network.audio_tower.load_state_dict(ear.state_dict())
    return network


def network_config(
    config: TrainConfig, objective: Objective, network: TwoStreamConfig
) -> TwoStreamConfig:
    """The network with its settings changed, and as many heads as the objective asks for."""
    values = {**network.to_dict(), "heads": objective.heads}
    for name, value in config.network_settings.items():
        if name not in values:
            raise SettingError(f"The network has no setting {name!r}: {', '.join(values)}.")
        values[name] = {**values[name], **value} if isinstance(value, dict) else value
    try:
        return TwoStreamConfig.from_dict(values)
    except TypeError as error:
        raise SettingError(f"network_settings do not fit the network: {error}.") from error


def _in_float32(out: TwoStreamOutput) -> TwoStreamOutput:
    """Cosines at a temperature of 0.03 need more than half precision's digits."""
    return TwoStreamOutput(
        tuple(each.float() for each in out.image), tuple(each.float() for each in out.audio)
    )
