"""Stage (a): pictures and sentences meet in one space, as in CLIP (Radford et al., ICML 2021)."""

from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from avsl.models.acl import ACL
from avsl.synthetic.world import Recipe, Scenes, captions, names_in_view
from avsl.synthetic.world.taxonomy import CLASSES, HEARD
from train.objectives.contrastive import find_both, margin_logits
from train.stages.loop import Budget, Course, Report, train
from train.stages.pixels import attention_of, normalised
from train.stages.scenes import Source, in_view

HOTTEST = 0.01  # the lowest temperature that learning may choose, CLIP's
WORD_DEVIATION = 0.3  # of the first word vectors: from CLIP's 0.02, words take long to come apart
PLAIN, BARE = 0.6, 0.8  # up to here a sentence of names, from there names without articles
ALONE_UNTIL, SMALL_UNTIL = 0.4, 0.9  # shares of the stage


@dataclass(frozen=True)
class ClipStage:
    """First single objects by name in small pictures, which is quick; then all of ``source``."""

    source: Source = field(
        default_factory=lambda: Source("clip", Recipe(objects=(2.0, 1.5, 1.0, 0.5)), batch=64)
    )
    rate: float = 1.5e-3
    temperature: float = 0.2  # at the start; it is learned

    def at(self, progress: float) -> Source:
        """Where the training looks at ``progress`` in [0, 1]."""
        source = self.source.of(objects=(1.0,)) if progress < ALONE_UNTIL else self.source
        return source.small() if progress < SMALL_UNTIL else source


def run(
    model: ACL,
    budget: Budget,
    stage: ClipStage = ClipStage(),
    bf16: bool = False,
    report: Report = lambda step, progress, loss: None,
) -> Course:
    """Train both towers of ``model``; nothing else of it moves."""
    sharpness = nn.Parameter(torch.tensor(1 / stage.temperature).log())
    towers = [model.vision, model.text]
    spread = nn.ModuleList(nn.BatchNorm1d(model.config.clipseg.embed, affine=False) for _ in towers)

    def draw(step: int, progress: float) -> tuple[Tensor, list[str], Scenes]:
        source = stage.at(progress)
        scenes = source.scenes(step)
        told = names_in_view(scenes) if progress < ALONE_UNTIL else sentences(scenes, source)
        return normalised(source.world.pictures(scenes)[0]), told, scenes

    def loss_of(drawn: tuple[Tensor, list[str], Scenes]) -> Tensor:
        image, told, scenes = drawn
        with attention_of(image):
            seen = model.vision.embedding(model.vision.states(image))
            read = model.text.encode(told)
        return contrast(spread[0](seen.float()), spread[1](read.float()), sharpness, scenes)

    nn.init.normal_(model.text.token_embedding.weight, std=WORD_DEVIATION)
    for tower in towers:
        tower.requires_grad_(True).train()
    learned = [parameter for tower in towers for parameter in tower.parameters()]
    course = train(
        [*learned, sharpness], draw, loss_of, budget, stage.rate, bf16=bf16, report=report
    )
    for tower in towers:
        tower.requires_grad_(False).eval()
    fold(spread[0], model.vision.visual.ln_post, model.vision.visual.proj)
    fold(spread[1], model.text.ln_final, model.text.text_projection)
    return course


@torch.no_grad()
def fold(spread: nn.BatchNorm1d, norm: nn.LayerNorm, projection: nn.Parameter) -> None:
    """Move the statistics of ``spread``, which followed ``norm(x) @ projection``, into these two.

    Without it a small tower's embeddings start in a narrow cone and stay there for long. The width
    of ``norm`` must be at least that of the embedding.
    """
    shift = torch.linalg.lstsq(projection.T.double(), spread.running_mean.double()[:, None])
    norm.bias -= shift.solution[:, 0].to(norm.bias)
    projection /= (spread.running_var + spread.eps).sqrt()


def contrast(seen: Tensor, read: Tensor, sharpness: Tensor, scenes: Scenes) -> Tensor:
    """Symmetric InfoNCE of pictures (B, E) with their sentences (B, E); scenes that show the same
    classes are no negatives of each other.
    """
    cosine = F.normalize(seen.float(), dim=-1) @ F.normalize(read.float(), dim=-1).T
    temperature = (-sharpness).exp().clamp(min=HOTTEST)
    shown = in_view(scenes)
    same = (shown[:, None] == shown[None]).all(-1)
    return find_both(margin_logits(cosine, temperature, exclude=same)) / 2


def sentences(scenes: Scenes, source: Source) -> list[str]:
    """One for each of B scenes: what is in view by name, or all that happens.

    Some go without articles, so that short sentences occur too: ACL's has a single token there.
    """
    style = scenes.draws.uniform("sentence").tolist()
    names, stories = names_in_view(scenes), captions(scenes, source.difficulty)
    return [
        name if share < PLAIN else bare(name) if share < BARE else story
        for share, name, story in zip(style, names, stories, strict=True)
    ]


def bare(sentence: str) -> str:
    """ "a photo of an owl and a drum" -> "a photo of owl and drum"."""
    start, _, rest = sentence.partition(" of ")
    return f"{start} of " + " ".join(w for w in rest.split() if w not in ("a", "an"))


def class_sentences() -> list[str]:
    """ "a photo of a dog", of every heard class."""
    return [f"a photo of {CLASSES[kind].noun}" for kind in HEARD]


@torch.inference_mode()
def measure(model: ACL, source: Source, batches: int) -> dict[str, float]:
    """On fresh scenes: pictures of one object named among all classes; and of as many pictures as
    are in a batch, the share whose own sentence is the nearest, and the reverse.
    """
    words = F.normalize(model.text.encode(class_sentences()), dim=-1)
    alone, named, found, back, pictures = source.of(objects=(1.0,)), 0, 0, 0, 0
    for step in range(batches):
        scenes = alone.scenes(step, validation=True)
        named += int(
            (_seen(model, alone, scenes) @ words.T)
            .argmax(1)
            .eq(in_view(scenes).float().argmax(1))
            .sum()
        )
        scenes = source.scenes(step, validation=True)
        read = F.normalize(model.text.encode(names_in_view(scenes)), dim=-1)
        cosine = _seen(model, source, scenes) @ read.T
        found += hits(cosine, scenes)
        back += hits(cosine.T, scenes)
        pictures += len(scenes)
    return {
        "zero_shot_accuracy": named / pictures,
        "image_to_text": found / pictures,
        "text_to_image": back / pictures,
        "retrieved_among": source.batch,
        "pictures": pictures,
    }


def hits(cosine: Tensor, scenes: Scenes) -> int:
    """How many rows find their own, or one that shows the same classes."""
    shown = in_view(scenes)
    return int((shown[cosine.argmax(1)] == shown).all(-1).sum())


def _seen(model: ACL, source: Source, scenes: Scenes) -> Tensor:
    images, _ = source.world.pictures(scenes)
    image = normalised(images)
    return F.normalize(model.vision.embedding(model.vision.states(image)), dim=-1)
