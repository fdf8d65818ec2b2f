"""An image tower that knows things by name before it hears: what ImageNet is to the two-stream
papers, whose ResNet-18 begins with its weights (He et al., CVPR 2016).
"""

from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from avsl.models.twostream import IMAGE_MEAN, IMAGE_STD, ResNetTower, TowerConfig
from avsl.synthetic.world import Recipe, Scenes
from avsl.synthetic.world.taxonomy import HEARD
from train.stages.loop import Budget, Course, Report, train
from train.stages.pixels import normalised
from train.stages.scenes import Source, in_view

# Small fields of view, about an object each: where a place sees the whole picture, the place that
# fits a sound best need not be where the object is.
EYE = TowerConfig(width=64, blocks=(1, 2), strides=(1, 2), stem="patch")


@dataclass(frozen=True)
class EyeStage:
    """Pictures of one thing each, in the clutter of the world."""

    source: Source = field(default_factory=lambda: Source("eye", Recipe(objects=(1.0,)), batch=64))
    rate: float = 2e-3
    weight_decay: float = 0.02


class Classifier(nn.Module):
    """The tower, the mean over its places, and a layer of class scores, as ResNet ends."""

    def __init__(self, tower: ResNetTower, channels: int) -> None:
        super().__init__()
        self.tower, self.classes = tower, nn.Linear(channels, len(HEARD))

    def forward(self, image: Tensor) -> Tensor:
        """(B, 3, H, W), normalised as for ImageNet, to logits (B, classes)."""
        return self.classes(self.tower(image).mean((-2, -1)))


def new() -> Classifier:
    """With random weights."""
    model = Classifier(ResNetTower(3, EYE), EYE.channels)
    return model.to(memory_format=torch.channels_last)


def run(
    model: Classifier,
    budget: Budget,
    stage: EyeStage = EyeStage(),
    bf16: bool = False,
    report: Report = lambda step, progress, loss: None,
) -> Course:
    """Train ``model``, which ends in evaluation mode."""

    def draw(step: int, progress: float) -> tuple[Tensor, Tensor]:
        scenes = stage.source.scenes(step)
        return _seen(stage.source, scenes), _kind(scenes)

    def loss_of(drawn: tuple[Tensor, Tensor]) -> Tensor:
        image, kind = drawn
        return F.cross_entropy(model(image).float(), kind)

    model.train()
    course = train(
        model.parameters(), draw, loss_of, budget, stage.rate,
        weight_decay=stage.weight_decay, bf16=bf16, report=report,
    )  # fmt: skip
    model.eval()
    return course


@torch.inference_mode()
def measure(model: Classifier, source: Source, batches: int) -> dict[str, float]:
    """The share of fresh pictures of one thing that are named right."""
    right = 0
    for step in range(batches):
        scenes = source.scenes(step, validation=True)
        named = model(_seen(source, scenes)).argmax(1)
        right += int(named.eq(_kind(scenes)).sum())
    return {"accuracy": right / (batches * source.batch), "pictures": batches * source.batch}


def _seen(source: Source, scenes: Scenes) -> Tensor:
    return normalised(source.world.pictures(scenes)[0], IMAGE_MEAN, IMAGE_STD)


def _kind(scenes: Scenes) -> Tensor:
    return in_view(scenes).float().argmax(1)
