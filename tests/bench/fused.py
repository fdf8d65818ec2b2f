"""Does a fused variant mark the one of two twins that sounds, and all of it?

    python -m tests.bench.fused [--semantic acl-tiny] [--films 60] [--seed 7]

The semantic part and synchrony alone stand beside it. Of the moments at which the source is heard,
shown or not: how often the map peaks on it, on its silent twin, and the IoU of the region at the
variant's own threshold with the source; then of all these moments, how many pass the gate, and how
many are shown with the peak on either. Intervals of 95 % by resampling films. Films of other seeds
were used to make the method.
"""

import argparse
from collections.abc import Iterator

import cv2
import numpy as np

from avsl.synthetic.world import Cinema, Film, Recipe, World
from avsl.variants import load
from avsl.variants.base import Evidence, VariantCard
from tests.bench.world_twins import answer

MOMENTS_HZ = 2
RESAMPLES = 2000
COLUMNS = ("on source", "on twin", "IoU", "shown", "shown, source", "shown, twin")
OFF_SCREEN = Recipe(objects=(1, 2, 1), off_screen=1.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--semantic", default="acl-tiny")
    parser.add_argument("--films", type=int, default=60)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    fused = load(f"{options.semantic}+sync")
    variants = (fused, fused.semantic, fused.synchrony)
    twins: dict[str, list] = {variant.card.name: [] for variant in variants}
    marked: dict[str, list] = {variant.card.name: [] for variant in variants}
    for film, frames in films(Recipe(objects=(0.0, 1.0), twins=1.0), options):
        for variant in variants:
            found = variant.localize(film.clip("twins"), film.times_s[frames])
            twins[variant.card.name].append(judge(film, found, frames, variant.card))
    for film, frames in films(OFF_SCREEN, options):
        heard = film.on[frames].any(1).numpy()
        for variant in variants:
            found = variant.localize(film.clip("off screen"), film.times_s[frames])
            passed = found.confidence[heard] >= variant.card.confidence_gate
            marked[variant.card.name].append(passed[:, None])
    for name, rows in twins.items():
        cells = [f"{column} {told(rows, at)}" for at, column in enumerate(COLUMNS)]
        print(f"{name}: {'; '.join(cells)}; out of view, yet marked {told(marked[name], 0)}")


def films(recipe: Recipe, options: argparse.Namespace) -> Iterator[tuple[Film, np.ndarray]]:
    cinema = Cinema(World(recipe, px=160, duration_s=8.0))
    step = round(cinema.fps_hz / MOMENTS_HZ)
    for index in range(options.films):
        film = cinema.film("bench fused", options.seed, index)
        yield film, np.arange(len(film.frames))[step // 2 :: step]


def judge(film: Film, found: Evidence, frames: np.ndarray, card: VariantCard) -> np.ndarray:
    """(moments at which the source is heard, columns)."""
    source = int(film.scene.seen_and_heard[0].float().argmax())
    rows = []
    for place, frame in enumerate(frames):
        if not film.on[frame, source]:
            continue
        peak = answer(found.maps[place], film.masks[frame], source)
        on = [peak == "on the source", peak == "on its silent twin"]
        truth = film.masks[frame, source].numpy()
        region = cv2.resize(found.maps[place], truth.shape[::-1]) >= card.threshold
        overlap = (region & truth).sum() / max(1, (region | truth).sum())
        shown = found.confidence[place] >= card.confidence_gate
        rows.append([*on, overlap, shown, *(shown and each for each in on)])
    return np.array(rows, float).reshape(-1, len(COLUMNS))


def told(films: list[np.ndarray], column: int) -> str:
    """Mean over moments in per cent, and its interval over films."""
    sums = np.array([rows[:, column].sum() for rows in films])
    counts = np.array([len(rows) for rows in films])
    drawn = np.random.default_rng(0).integers(len(films), size=(RESAMPLES, len(films)))
    means = sums[drawn].sum(1) / np.maximum(counts[drawn].sum(1), 1)
    low, high = 100 * np.percentile(means, (2.5, 97.5))
    return f"{100 * sums.sum() / counts.sum():.1f} ({low:.1f} to {high:.1f})"


if __name__ == "__main__":
    main()
