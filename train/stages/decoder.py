"""Stage (b): words to masks over the frozen towers, as CLIPSeg (Lüddecke and Ecker, CVPR 2022)."""

from dataclasses import dataclass, field, replace

import torch
import torch.nn.functional as F
from torch import Tensor

from avsl.metrics.overlap import auc, ciou, success
from avsl.metrics.thresholds import best, sweep
from avsl.models.acl import ACL
from avsl.synthetic.world import Recipe, Scenes
from avsl.synthetic.world.taxonomy import CLASSES, HEARD
from train.stages.clip import class_sentences
from train.stages.loop import Budget, Course, Report, train
from train.stages.pixels import attention_of, normalised
from train.stages.scenes import Source, class_masks, in_view, sounding

SMALL_UNTIL = 0.8  # share of the stage in pictures of half the side


@dataclass(frozen=True)
class DecoderStage:
    source: Source = field(default_factory=lambda: Source("decoder", Recipe(), batch=32))
    rate: float = 2e-3
    dice: float = 0.5  # weight of the dice loss beside cross-entropy; 0 switches it off
    shown: int = 32  # pictures of each class that may ask beside its words; 0: words alone


def run(
    model: ACL,
    budget: Budget,
    stage: DecoderStage = DecoderStage(),
    bf16: bool = False,
    report: Report = lambda step, progress, loss: None,
) -> Course:
    """Train the decoder of ``model``; nothing else of it moves.

    Each picture is asked for a class that it shows and for one that it does not: in words, by
    another picture, or by anything between the two, as CLIPSeg is trained. What is heard is drawn
    towards pictures later, and their embeddings lie apart from those of words.
    """
    asked = query_embeddings(model)  # (C, P, E)
    shown = shown_embeddings(model, stage.source, stage.shown) if stage.shown else asked

    def draw(step: int, progress: float) -> tuple[Tensor, Tensor, Tensor]:
        source = stage.source.small() if progress < SMALL_UNTIL else stage.source
        scenes = source.scenes(step)
        images, masks = source.world.pictures(scenes)
        wanted = torch.cat([one_of(in_view(scenes), scenes), one_of(~in_view(scenes), scenes)])
        truth = class_masks(scenes, masks, wanted[: len(scenes)])
        phrase, picture, share = scenes.draws.uniform("asked", 6).unflatten(1, (3, 2)).unbind(1)
        told = asked[wanted, (phrase.T.flatten() * asked.shape[1]).long()]
        seen = shown[wanted, (picture.T.flatten() * shown.shape[1]).long()]
        query = torch.lerp(told, seen, share.T.reshape(-1, 1))
        truth = torch.cat([truth, torch.zeros_like(truth)]).float()
        return normalised(images), query, truth

    def loss_of(drawn: tuple[Tensor, Tensor, Tensor]) -> Tensor:
        image, words, truth = drawn
        twice = torch.arange(len(image)).repeat(2)
        with attention_of(image):
            with torch.no_grad():
                states = model.vision.states(image, last=max(model.clip_blocks))
            logits = model.ground(model.features(states, image)[twice], words)
        return mask_loss(logits, truth, stage.dice)

    model.decoder.requires_grad_(True)
    course = train(
        model.decoder.parameters(), draw, loss_of, budget, stage.rate, bf16=bf16, report=report
    )
    model.decoder.requires_grad_(False)
    return course


def mask_loss(logits: Tensor, truth: Tensor, dice: float) -> Tensor:
    """Cross-entropy of logits (P, H, W) with masks (P, H, W) in {0, 1}, and ``dice`` times one
    minus the soft overlap of those that are not empty.
    """
    logits = logits.float()
    loss = F.binary_cross_entropy_with_logits(logits, truth)
    there = truth.flatten(1).any(1)
    if not dice or not there.any():
        return loss
    chance, wanted = logits[there].sigmoid().flatten(1), truth[there].flatten(1)
    overlap = 2 * (chance * wanted).sum(1) / (chance.sum(1) + wanted.sum(1))
    return loss + dice * (1 - overlap).mean()


def one_of(choice: Tensor, scenes: Scenes) -> Tensor:
    """One of the classes marked in ``choice`` (B, C), by lot: (B,)."""
    luck = scenes.draws.uniform("which class", choice.shape[1])
    return torch.where(choice, luck, -1.0).argmax(1)


@torch.no_grad()
def query_embeddings(model: ACL) -> Tensor:
    """ "a photo of a dog", and what it may be doing, of every heard class: (C, 4, E)."""
    sentences = []
    for kind in HEARD:
        row = CLASSES[kind]
        states = [f"a photo of {row.noun} {state}" for state in (row.sounding[0], row.silent[0])]
        sentences += [f"a photo of {row.noun}", f"a photo of {row.name}", *states]
    return model.text.encode(sentences).unflatten(0, (len(HEARD), 4))


@torch.no_grad()
def shown_embeddings(model: ACL, source: Source, each: int) -> Tensor:
    """Of ``each`` pictures of every heard class, cut out, as long as those of words: (C, P, E)."""
    recipe = replace(source.recipe, objects=(1.0,))
    alone = Source("decoder shown", recipe, 64, source.seed, source.difficulty, source.px).small()
    length = query_embeddings(model).norm(dim=-1).mean()
    found: list[list[Tensor]] = [[] for _ in HEARD]
    step = 0
    while min(map(len, found)) < each:
        scenes = alone.scenes(step)
        images, masks = alone.world.pictures(scenes)
        cut = normalised(images) * masks.any(1, keepdim=True)
        seen = length * F.normalize(model.vision.embedding(model.vision.states(cut)), dim=-1)
        for kind, embedding in zip(in_view(scenes).float().argmax(1).tolist(), seen, strict=True):
            found[kind].append(embedding)
        step += 1
    return torch.stack([torch.stack(some[:each]) for some in found])


@torch.inference_mode()
def measure(model: ACL, source: Source, batches: int) -> dict[str, float]:
    """The decoder given the true name of what sounds, on fresh scenes: success at an overlap of
    0.5 (cIoU) and its AUC at the best absolute threshold, and mean overlap at 0.5.
    """
    words = model.text.encode(class_sentences())
    maps, truths = [], []
    for step in range(batches):
        scenes = source.scenes(step, validation=True)
        images, masks = source.world.pictures(scenes)
        wanted = sounding(scenes).float().argmax(1)
        seen = model.encode_image(normalised(images))
        maps.append(model.ground(seen, words[wanted]).sigmoid())
        truths.append(class_masks(scenes, masks, wanted).float())
    return located(torch.cat(maps), torch.cat(truths))


def located(maps: Tensor, truth: Tensor) -> dict[str, float]:
    """cIoU and AUC at the best of the absolute thresholds, of maps and masks (M, H, W)."""
    areas = sweep(maps, truth)
    overlap = ciou(areas)[:, best(areas)]
    return {
        "ciou": round(float(success(overlap).mean()), 4),
        "auc": round(float(auc(overlap).mean()), 4),
        "miou": round(float(overlap.mean()), 4),
        "threshold": round(0.05 * (1 + best(areas)), 2),
        "pictures": len(maps),
    }
