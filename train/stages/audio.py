"""Stage (c): sounds and their names, as the published BEATs was fine-tuned on AudioSet."""

from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from avsl.models.acl import ACL
from avsl.models.beats import fbank
from avsl.synthetic.world import Recipe
from train.stages.loop import Budget, Course, Report, train
from train.stages.scenes import Source, sounding

SELDOM = -3.0  # logit of a class before anything is learned: most do not sound


@dataclass(frozen=True)
class AudioStage:
    """Some scenes are silent, some have two or three sources at once."""

    source: Source = field(
        default_factory=lambda: Source(
            "audio", Recipe(objects=(0, 0, 0, 1.0), sounding=(0.08, 1.0, 0.4, 0.1)), batch=32
        )
    )
    rate: float = 1e-3


def run(
    model: ACL,
    budget: Budget,
    stage: AudioStage = AudioStage(),
    bf16: bool = False,
    report: Report = lambda step, progress, loss: None,
) -> Course:
    """Train BEATs and its classifier; nothing else of ``model`` moves."""
    beats = model.beats

    def draw(step: int, progress: float) -> tuple[Tensor, Tensor]:
        scenes = stage.source.scenes(step)
        return fbank(stage.source.world.sounds(scenes)), sounding(scenes).float()

    def loss_of(drawn: tuple[Tensor, Tensor]) -> Tensor:
        banks, labels = drawn
        return label_loss(beats.predictor(beats(banks)[-1]), labels)

    nn.init.constant_(beats.predictor.bias, SELDOM)
    beats.requires_grad_(True)
    course = train(beats.parameters(), draw, loss_of, budget, stage.rate, bf16=bf16, report=report)
    beats.requires_grad_(False)
    return course


def label_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy of each class, of token logits (B, N, C) with labels (B, C) in {0, 1}: of the
    chances averaged over tokens, as BEATs names sounds; summed over classes.
    """
    chance = logits.float().sigmoid().mean(1).clamp(1e-6, 1 - 1e-6)
    return F.binary_cross_entropy(chance, labels, reduction="none").sum(1).mean()


@torch.inference_mode()
def measure(model: ACL, source: Source, batches: int) -> dict[str, float]:
    """On fresh sounds of one source each: the share whose likeliest class is right."""
    alone, right, sounds = source.of(sounding=(0.0, 1.0)), 0, 0
    for step in range(batches):
        scenes = alone.scenes(step, validation=True)
        tokens = model.beats(fbank(alone.world.sounds(scenes)))[-1]
        named = model.beats.classify(tokens).argmax(1)
        right += int(named.eq(sounding(scenes).float().argmax(1)).sum())
        sounds += len(scenes)
    return {"accuracy": right / sounds, "sounds": sounds}
