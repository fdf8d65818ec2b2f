"""Training the two-stream networks: LVS, EZ-VSL, SLAVC, FNAC, MarginNCE."""

from copy import deepcopy
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from avsl.checkpoint import load_folder, save_folder
from avsl.errors import SettingError
from avsl.imagenet import resnet18_state
from avsl.models import twostream
from avsl.models.twostream import TwoStream, TwoStreamConfig, TwoStreamOutput
from avsl.models.twostream_published import load_imagenet
from avsl.variants.base import VariantCard
from avsl.variants.two_stream import TwoStreamVariant
from avsl.variants.two_stream_card import TWO_STREAM_CARD
from train import distributed
from train.config import TrainConfig
from train.ema import averaged
from train.learning.base import Batch
from train.objectives import Moment, Objective

NETWORKS = {
    "tiny": twostream.TINY,
    "ez_vsl": twostream.EZ_VSL,
    "lvs": twostream.LVS,
    "slavc": twostream.SLAVC,
    "fnac": twostream.FNAC,
}
IMAGENET = "imagenet"


class TwoStreamLearner:
    """A :class:`~train.learning.base.Learner`; its convolutions run channels last, twice as fast
    on a processor.

    ``module`` holds the network and, with an ``ema_decay``, its average. The average is what is
    validated and saved, and what SLAVC compares with.
    """

    def __init__(self, config: TrainConfig, objective: Objective, device: torch.device) -> None:
        if objective.needs_target and not config.ema_decay:
            raise SettingError(
                f"The objective {config.objective} compares with an averaged network: set "
                "ema_decay (as published 0.999)."
            )
        self.config, self.objective = config, objective
        self.shares = config.negatives == "gathered"
        network = TwoStream(network_config(config, objective))
        _begin(network, config.start)
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

    def trainable(self) -> list[nn.Parameter]:
        return list(self.network.parameters())

    def loss(self, batch: Batch, moment: Moment) -> Any:
        image, sound = self._inputs(batch)
        out = self._whole(self.network(image, sound))
        if self.objective.needs_target:
            with torch.no_grad():
                target = self._whole(self.module["average"](image, sound))
            moment = Moment(moment.progress, moment.exclude, target)
        with torch.autocast(image.device.type, enabled=False):
            return self.objective(out, moment)

    def after_step(self) -> None:
        if "average" in self.module:
            self.module["average"].update_parameters(self.network)

    def maps(self, batch: Batch) -> tuple[Tensor, Tensor]:
        variant = self._variant(TWO_STREAM_CARD)
        with torch.inference_mode():
            image, _ = self._inputs(batch)
            return variant.judge(variant.see(image), variant.hear(batch.waveforms).embeddings)

    def save(self, folder: Path, facts: dict[str, Any]) -> None:
        card = replace(TWO_STREAM_CARD, **{"licence": "MIT", **facts})
        variant = self._variant(card, deepcopy(self.kept))
        variant.model.to("cpu", memory_format=torch.contiguous_format)
        save_folder(variant, folder)

    def _variant(self, card: VariantCard, network: TwoStream | None = None) -> TwoStreamVariant:
        """What the app will run, so that what is validated is what a user meets."""
        device = next(self.network.parameters()).device
        sizes = self.config.px, self.config.sound_s
        return TwoStreamVariant(network or self.kept, card, *sizes, device)

    def _inputs(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Normalised pictures (B, 3, H, W) and spectrograms (B, 1, F, T), in float32."""
        mean, deviation = (
            torch.tensor(each, device=batch.images.device)[:, None, None]
            for each in (twostream.IMAGE_MEAN, twostream.IMAGE_STD)
        )
        image = (batch.images - mean) / deviation
        with torch.autocast(image.device.type, enabled=False):
            sound = self.network.spectrogram(batch.waveforms)
        form = torch.channels_last
        return image.contiguous(memory_format=form), sound.contiguous(memory_format=form)

    def _whole(self, out: TwoStreamOutput) -> TwoStreamOutput:
        """In float32, and of all processes where negatives are shared."""
        out = _in_float32(out)
        if not self.shares:
            return out
        return TwoStreamOutput(
            tuple(map(distributed.gathered, out.image)),
            tuple(map(distributed.gathered, out.audio)),
        )


def network_config(config: TrainConfig, objective: Objective) -> TwoStreamConfig:
    """The named network with the settings changed, and as many heads as the objective asks for."""
    if config.network not in NETWORKS:
        raise SettingError(
            f"There is no two-stream network {config.network!r}. There are: {', '.join(NETWORKS)}."
        )
    values = {**asdict(NETWORKS[config.network]), "heads": objective.heads}
    for name, value in config.network_settings.items():
        if name not in values:
            raise SettingError(f"The network has no setting {name!r}: {', '.join(values)}.")
        values[name] = {**values[name], **value} if isinstance(value, dict) else value
    try:
        return TwoStreamConfig.from_dict(values)
    except TypeError as error:
        raise SettingError(f"network_settings do not fit the network: {error}.") from error


def _begin(network: TwoStream, start: str) -> None:
    """The weights to begin with."""
    if start == IMAGENET:
        try:
            load_imagenet(network.image_tower, resnet18_state())
        except RuntimeError as error:
            raise SettingError(
                "ImageNet's weights fit the full-size networks alone: leave start empty."
            ) from error
    elif start:
        network.load_state_dict(load_folder(start).model.state_dict())


def _in_float32(out: TwoStreamOutput) -> TwoStreamOutput:
    """Cosines at a temperature of 0.03 need more than half precision's digits."""
    return TwoStreamOutput(
        tuple(each.float() for each in out.image), tuple(each.float() for each in out.audio)
    )
