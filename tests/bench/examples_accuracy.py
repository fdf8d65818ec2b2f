"""How well a variant does on the project's own generated clips, whose truth is exact.

    python -m tests.bench.examples_accuracy [--seeds 5] [--first-seed 0] [--examples bell turns]

A *sounding* moment has a source in view that is heard; its peak is right inside that source's
pixels. A *silent or off-screen* moment has none; it is shown in error when the verdict is
"sounding here". Moments within the loudness gate's hold of a change belong to neither.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from avsl import localization
from avsl.audio import HOLD_S
from avsl.localization import Localization, Verdict
from avsl.localizer import Localizer
from avsl.synthetic import Example, Truth, examples, make


@dataclass
class Tally:
    """Counts over moments; shares are of the moments of their kind."""

    sounding: int = 0  # moments with a visible source that is heard
    peak_right: int = 0  # ... whose map peaks inside it
    shown: int = 0  # ... with the verdict "sounding here"
    shown_right: int = 0  # ... both
    iou_sum: float = 0.0  # ... of the region shown with the source, 0 where none is shown
    quiet: int = 0  # silent or off-screen moments
    shown_wrong: int = 0  # ... with the verdict "sounding here"

    def __iadd__(self, other: "Tally") -> "Tally":
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)
        return self

    def row(self, name: str) -> str:
        def share(part: float, whole: int) -> str:
            return f"{100 * part / whole:7.1f}" if whole else "      -"

        return (
            f"{name:<14}{self.sounding:6d}{share(self.peak_right, self.sounding)}"
            f"{share(self.shown, self.sounding)}{share(self.shown_right, self.sounding)}"
            f"{share(self.iou_sum, self.sounding)} |{self.quiet:6d}"
            f"{share(self.shown_wrong, self.quiet)}"
        )


HEADER = (
    f"{'':<14}{'N on':>6}{'peak':>7}{'shown':>7}{'both':>7}{'IoU':>7} |{'N off':>6}{'shown':>7}"
)


def tally(found: Localization, truth: Truth) -> Tally:
    """Score one localization."""
    total = Tally()
    for index, time_s in enumerate(found.times_s):
        if not steady(truth, float(time_s)):
            continue
        mask = truth.mask_at(float(time_s))
        shown = found.verdicts[index] is Verdict.SOUNDING
        if not mask.any():
            total += Tally(quiet=1, shown_wrong=shown)
            continue
        right = peak_inside(found.maps[index], mask)
        region = localization.mask(found.shown(index), found.threshold, truth.width, truth.height)
        iou = (region & mask).sum() / (region | mask).sum()
        total += Tally(1, right, shown, right and shown, float(iou))
    return total


def steady(truth: Truth, time_s: float) -> bool:
    """Whether what is heard stays the same for the gate's hold before and after."""
    around = np.linspace(time_s - HOLD_S, time_s + HOLD_S, 21)
    heard = {tuple(source.sounding_at(t) for source in truth.sources) for t in around}
    return len(heard) == 1


def peak_inside(heatmap: np.ndarray, mask: np.ndarray) -> bool:
    """Whether the map (h, w), brought to the size of ``mask`` (H, W), peaks inside it."""
    if not heatmap.any():
        return False
    large = localization.upscaled(heatmap, mask.shape[1], mask.shape[0])
    return bool(mask.flat[large.argmax()])


def generated(name: str, seeds: range) -> Iterator[Example]:
    for seed in seeds:
        yield make(name, seed)


def main() -> None:
    names = [card.name for card in examples()]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5, help="clips per example")
    parser.add_argument("--first-seed", type=int, default=0, help="take clips nobody tuned on")
    parser.add_argument("--variant", default="sync")
    parser.add_argument("--examples", nargs="+", default=names, choices=names)
    options = parser.parse_args()
    localizer = Localizer(options.variant)
    seeds = range(options.first_seed, options.first_seed + options.seeds)
    print(f"{options.variant}, seeds {seeds[0]} to {seeds[-1]}; shares in percent")
    print(HEADER)
    total = Tally()
    for name in options.examples:
        score = Tally()
        for example in generated(name, seeds):
            score += tally(localizer.run(example.clip), example.truth)
        print(score.row(name), flush=True)
        total += score
    print(total.row("all"))


if __name__ == "__main__":
    main()
