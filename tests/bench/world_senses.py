"""Is the world neither trivial nor noise, and does it keep its secrets?

    python -m tests.bench.world_senses [--scenes 6000] [--level middling]

Small networks are trained on one sense alone. What an object is should be told from its look or
from its sound often but not always; which object sounds, and whether a sound belongs to a picture,
never from one sense.
"""

import argparse
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
import torchaudio
from torch import Tensor, nn

from avsl.settings import SAMPLE_RATE_HZ
from avsl.synthetic.world import CLASSES, DIFFICULTIES, NAMES, Cinema, Classes, Film, Recipe, World
from avsl.synthetic.world.world import Pairs

CROP_PX = 48
EPOCHS = 12
BATCH = 64
MEL = torchaudio.transforms.MelSpectrogram(SAMPLE_RATE_HZ, 1024, hop_length=640, n_mels=48)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scenes", type=int, default=6000, help="for training; a quarter to test")
    parser.add_argument("--level", choices=DIFFICULTIES, default="middling")
    parser.add_argument("--only", default="", help="questions whose words hold this")
    options = parser.parse_args()
    level, scenes = DIFFICULTIES[options.level], options.scenes
    world = World(Recipe(classes=Classes.ALL), level)
    two = World(Recipe(classes=Classes.ALL, objects=(0.0, 1.0)), level)
    half = World(Recipe(classes=Classes.ALL, mismatched=0.5), level)
    ask = partial(report, options.only)
    ask("class by look", world, scenes, look, class_in_view, len(CLASSES))
    ask("class by sound", world, scenes, log_mel, class_heard, len(CLASSES))
    ask("which of two objects sounds, by look", two, scenes, two_looks, which_sounds, 2)
    twins = Recipe(classes=Classes.ALL, objects=(0.0, 1.0), twins=1.0)
    films = Muted(Cinema(World(twins, level, px=CROP_PX, duration_s=4.0), fps_hz=6.0))
    ask("which of two twins sounds, by muted film", films, scenes // 4, two_motions, twin, 2)
    ask("does the sound belong, by picture", half, scenes, small, matched, 2)
    ask("does the sound belong, by sound", half, scenes, log_mel, matched, 2)


def report(
    only: str,
    question: str,
    world: "World | Muted",
    scenes: int,
    sense: Callable[[Any], Tensor],
    answer: Callable[[Any], Tensor],
    answers: int,
) -> None:
    """Train on one stream, test on another, print the accuracy and the commonest mistakes."""
    if only not in question:
        return
    started = time.perf_counter()
    seen, wanted = gathered(world, "bench senses train", scenes, sense, answer)
    fresh, truth = gathered(world, "bench senses test", scenes // 4, sense, answer)
    net = trained(seen, wanted, answers)
    with torch.no_grad():
        guesses = torch.cat([net(part).argmax(1) for part in fresh.split(256)])
    accuracy = (guesses == truth).float().mean().item()
    spread = 1.96 * math.sqrt(accuracy * (1 - accuracy) / len(truth))
    seconds = time.perf_counter() - started
    print(f"{question}: {100 * accuracy:.1f} +- {100 * spread:.1f} % (chance {100 / answers:.1f}), "
          f"{len(truth)} cases, {seconds:.0f} s")  # fmt: skip
    if answers > 2:
        print("  most confused: " + ", ".join(confusions(guesses, truth)))


def gathered(world, stream, count, sense, answer) -> tuple[Tensor, Tensor]:
    inputs, answers = [], []
    for indices in torch.arange(count).split(64):
        pairs = world.pairs(stream, 0, indices)
        inputs.append(sense(pairs))
        answers.append(answer(pairs))
    return torch.cat(inputs), torch.cat(answers)


def trained(inputs: Tensor, wanted: Tensor, answers: int) -> nn.Module:
    """A small convolutional network on (N, C, H, W); two looks side by side share it."""
    torch.manual_seed(0)
    if inputs.ndim == 5:
        net: nn.Module = Chooser(small_net(inputs.shape[2], 1))
    else:
        net = small_net(inputs.shape[1], answers)
    steps = EPOCHS * (len(inputs) // BATCH)
    optimizer = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=steps)
    net.train()
    for _ in range(EPOCHS):
        for some in torch.randperm(len(inputs))[: steps // EPOCHS * BATCH].split(BATCH):
            loss = F.cross_entropy(net(inputs[some]), wanted[some])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return net.eval()


@dataclass(frozen=True)
class Muted:
    """Films, a batch at a time."""

    cinema: Cinema

    def pairs(self, stream: str, seed: int, indices: Tensor) -> list[Film]:
        return [self.cinema.film(stream, seed, index) for index in indices.tolist()]


class Chooser(nn.Module):
    """Scores each of several looks (B, N, C, H, W) by itself: (B, N)."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, looks: Tensor) -> Tensor:
        return self.net(looks.flatten(0, 1)).unflatten(0, looks.shape[:2])[..., 0]


def small_net(channels: int, answers: int) -> nn.Module:
    widths, layers = (24, 48, 96, 128), []
    for width in widths:
        layers += [nn.Conv2d(channels, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU()]
        layers += [nn.MaxPool2d(2)]
        channels = width
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.3), nn.Linear(channels, answers)]
    return nn.Sequential(*layers, *head)


def look(pairs: Pairs) -> Tensor:
    """An object in view, cut out by its box."""
    return crops(pairs)[:, 0]


def two_looks(pairs: Pairs) -> Tensor:
    return crops(pairs)[:, :2]


def crops(pairs: Pairs) -> Tensor:
    """(B, N, 3, CROP_PX, CROP_PX): each object's square of the picture, a little wider."""
    x0, y0, x1, y1 = pairs.boxes.unbind(-1)
    half = 0.55 * torch.maximum(x1 - x0, y1 - y0).clamp(min=0.05)
    theta = torch.zeros(*half.shape, 2, 3)
    theta[..., 0, 0] = theta[..., 1, 1] = 2 * half
    theta[..., 0, 2], theta[..., 1, 2] = x0 + x1 - 1, y0 + y1 - 1
    count = half.shape[1]
    places = F.affine_grid(theta.flatten(0, 1), (len(half) * count, 3, CROP_PX, CROP_PX), False)
    images = pairs.images.repeat_interleave(count, 0)
    return F.grid_sample(images, places, align_corners=False).unflatten(0, half.shape)


def two_motions(films: list[Film]) -> Tensor:
    """What changes from frame to frame where each of two objects is: (B, 2, T - 1, px, px)."""
    grey = torch.stack([film.frames.mean(1) for film in films])
    change = grey[:, 1:] - grey[:, :-1]
    masks = torch.stack([film.masks for film in films])[:, :, :2].float()
    near = torch.maximum(masks[:, 1:], masks[:, :-1]).transpose(1, 2)
    return 4 * change[:, None] * near


def twin(films: list[Film]) -> Tensor:
    return torch.stack([film.scene.sounding[0, 1].long() for film in films])


def small(pairs: Pairs) -> Tensor:
    return F.avg_pool2d(pairs.images, 2)


def log_mel(pairs: Pairs) -> Tensor:
    return (MEL(pairs.waveforms)[:, None] + 1e-5).log() / 4 + 1


def class_in_view(pairs: Pairs) -> Tensor:
    return pairs.scenes.classes[:, 0]


def class_heard(pairs: Pairs) -> Tensor:
    return pairs.scenes.classes.gather(1, pairs.scenes.sounding.long().argmax(1, True))[:, 0]


def which_sounds(pairs: Pairs) -> Tensor:
    return pairs.scenes.sounding[:, 1].long()


def matched(pairs: Pairs) -> Tensor:
    return pairs.scenes.matched.long()


def confusions(guesses: Tensor, truth: Tensor, most: int = 8) -> list[str]:
    table = torch.zeros(len(CLASSES), len(CLASSES)).index_put_(
        (truth, guesses), torch.ones(len(truth)), accumulate=True
    )
    table = (table + table.T).triu(1)
    values, places = table.flatten().topk(most)
    return [
        f"{NAMES[place // len(CLASSES)]} / {NAMES[place % len(CLASSES)]} {int(value)}"
        for value, place in zip(values.tolist(), places.tolist(), strict=True)
    ]


if __name__ == "__main__":
    main()
