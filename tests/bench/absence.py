"""Can confidence tell that a source is out of view? What each shipped variant's card may claim.

    python -m tests.bench.absence [--films 60] [--variants acl-tiny ...]

Films of the sounding world, half of them with their source in view and half with it out of view,
at moments that are audible and at which the source sounds. The gate is chosen on the first films:
by the rule of :func:`train.validation.absence_gate`, whose bound has to hold, and for comparison as
the highest confidence below which 95 % of the moments just were out of view. Precision and recall
are then counted on as many other films, with 95 % intervals from resampling whole films.

On 2 x 200 films of each kind (December 2026) the rule finds no gate for any variant that ships, on
films or on the validation scenes, so no card has one. The other gate has on the held-out films a
precision of 95.1 % (91.1 to 98.5) at a recall of 18.7 % for acl-tiny and 94.4 % (90.0 to 97.8) at
16.1 % for acl-tiny-guided; for the two-stream variants (60 films) precision is 42 to 63 %.
"""

import argparse

import numpy as np

from avsl import load
from avsl.audio import AUDIBLE_DBFS, loudness_dbfs
from avsl.synthetic.world import MIDDLING, Cinema, Film, Recipe, World
from avsl.variants.folders import shipped_folders
from train.validation import ABSENT, absence_gate

FPS_HZ, DURATION_S, PX, MAPS_HZ = 6.0, 5.0, 112, 2.0
CHOOSING, HELD_OUT = 0, 2  # seeds
RESAMPLED = 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--films", type=int, default=200, help="of each kind, twice")
    parser.add_argument("--variants", nargs="+", default=[*shipped_folders()])
    options = parser.parse_args()
    variants = {name: load(name) for name in options.variants}
    found = {
        (name, seed, away): [] for name in variants for seed in (CHOOSING, HELD_OUT)
        for away in (False, True)
    }  # fmt: skip
    for seed in (CHOOSING, HELD_OUT):
        for away in (False, True):
            for index in range(options.films):
                film = _film(seed, index, away)
                clip, times_s = film.clip("film"), np.arange(0, DURATION_S, 1 / MAPS_HZ)
                counts = _sounds(film, times_s, away)
                for name, variant in variants.items():
                    confidence = variant.localize(clip, times_s).confidence
                    found[name, seed, away].append(confidence[counts])
    for name in variants:
        seen, away = (found[name, CHOOSING, kind] for kind in (False, True))
        kinds = np.concatenate(seen), np.concatenate(away)
        for rule, gate in (("bound", absence_gate(*kinds)), ("share", _by_share(*kinds))):
            print(f"{name}, by the {rule}: {gate}", flush=True)
            if gate is not None:
                print(_told(gate, found[name, HELD_OUT, False], found[name, HELD_OUT, True]))


def _by_share(in_view: np.ndarray, out_of_view: np.ndarray) -> float | None:
    """The highest gate below which the share itself is large enough, however few it rests on."""
    for gate in np.unique(out_of_view)[:0:-1]:
        wrong, right = (float((each < gate).mean()) for each in (in_view, out_of_view))
        if right >= ABSENT * (right + wrong):
            return float(gate)
    return None


def _film(seed: int, index: int, away: bool) -> Film:
    world = World(Recipe(off_screen=float(away)), MIDDLING, PX, DURATION_S)
    stream = f"absence {'out of' if away else 'in'} view"
    return Cinema(world, FPS_HZ).film(stream, seed, index)


def _sounds(film: Film, times_s: np.ndarray, away: bool) -> np.ndarray:
    """(T,) bool: which moments are audible with the source sounding."""
    on = film.on[:, -1] if away else film.on[:, :-1].any(1)
    frames = np.minimum((times_s * FPS_HZ).astype(int), len(on) - 1)
    return on.numpy()[frames] & (loudness_dbfs(film.waveform.numpy(), times_s) >= AUDIBLE_DBFS)


def _told(gate: float, seen: list[np.ndarray], away: list[np.ndarray]) -> str:
    """Precision and recall with their intervals, from confidences film by film."""
    draws = np.random.default_rng(0)
    counts = [np.array([[(each < gate).sum(), len(each)] for each in kind])
              for kind in (seen, away)]  # fmt: skip
    resampled = [_measures(*(each[draws.integers(0, len(each), len(each))] for each in counts))
                 for _ in range(RESAMPLED)]  # fmt: skip
    low, high = np.nanpercentile(resampled, (2.5, 97.5), axis=0)
    words = zip(("precision", "recall"), _measures(*counts), low, high, strict=True)
    return "\n".join(f"  {name} {100 * value:.1f} % ({100 * least:.1f} to {100 * most:.1f})"
                     for name, value, least, most in words)  # fmt: skip


def _measures(seen: np.ndarray, away: np.ndarray) -> tuple[float, float]:
    """Precision where either kind is as frequent, and recall."""
    wrong, right = (below / every for below, every in (seen.sum(0), away.sum(0)))
    return right / (right + wrong) if right + wrong else float("nan"), right


if __name__ == "__main__":
    main()
