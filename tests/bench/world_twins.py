"""Does a variant find which of two twins sounds? Only the rhythm of their motion tells.

    python -m tests.bench.world_twins [--variant sync] [--films 60]

Two things of one class move in each film, one with the sound and one to a rhythm of its own. Of the
moments at which the source is heard: how often the map peaks on it, on its silent twin, on neither,
or shows nothing.
"""

import argparse
from collections import Counter, defaultdict

import numpy as np
import torch

from avsl.synthetic.world import CLASSES, Cinema, Film, Recipe, World
from avsl.variants import load
from avsl.variants.base import Evidence

MOMENTS_HZ = 2
NEAR_PX = 5  # a peak this close to an object is on it


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--variant", default="sync")
    parser.add_argument("--films", type=int, default=60)
    options = parser.parse_args()
    variant = load(options.variant)
    cinema = Cinema(World(Recipe(objects=(0.0, 1.0), twins=1.0), px=160, duration_s=8.0))
    counts: dict[str, Counter] = defaultdict(Counter)
    for index in range(options.films):
        film = cinema.film("bench twins", 0, index)
        step = round(cinema.fps_hz / MOMENTS_HZ)
        frames = np.arange(len(film.frames))[step // 2 :: step]
        found = variant.localize(film.clip(f"film {index}"), film.times_s[frames])
        source = int(film.scene.seen_and_heard[0].float().argmax())
        rhythm = CLASSES[int(film.scene.classes[0, source])].rhythm
        counts[rhythm].update(answers(film, found, frames, source))
    counts["all"] = sum(counts.values(), Counter())
    for rhythm, seen in counts.items():
        shares = ", ".join(f"{name} {100 * n / seen.total():.0f} %" for name, n in seen.items())
        print(f"{rhythm}: {seen.total()} moments: {shares}")


def answers(film: Film, found: Evidence, frames: np.ndarray, source: int) -> list[str]:
    """Of each moment at which the source is heard."""
    return [
        answer(found.maps[place], film.masks[frame], source)
        for place, frame in enumerate(frames)
        if film.on[frame, source]
    ]


def answer(heatmap: np.ndarray, masks: torch.Tensor, source: int) -> str:
    if heatmap.max() <= 0:
        return "nothing shown"
    height, width = masks.shape[1:]
    row, column = np.unravel_index(heatmap.argmax(), heatmap.shape)
    y = int((row + 0.5) / heatmap.shape[0] * height)
    x = int((column + 0.5) / heatmap.shape[1] * width)
    near = masks[:, max(0, y - NEAR_PX) : y + NEAR_PX + 1, max(0, x - NEAR_PX) : x + NEAR_PX + 1]
    on = near.flatten(1).any(1)
    if on[source]:
        return "on the source"
    return "on its silent twin" if on.any() else "on neither"


if __name__ == "__main__":
    main()
