"""Which variants listen: the listening score of all that ship, and of baselines that hear nothing.

    python -m tests.bench.listening [--films 8] [--other foreign] [--variants sync acl-tiny ...]
    python -m tests.bench.listening --json avsl/ui/studio/yardstick.json

The second makes the table that the app shows beside the score of a visitor's clip.

Films of the sounding world with two things in view, one of which sounds. The other sound is
``foreign``, of a later film whose source is not in view in the first; or of the ``silent`` thing in
view, at which a listener should look instead. Scores are means over the films that have one; the
parts are percentages of the same films. See :class:`avsl.listening.Listening`.
"""

import argparse
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from avsl import load
from avsl.listening import Listening, Reaction, listening, probe
from avsl.synthetic.world import MIDDLING, Cinema, Film, Recipe, World
from avsl.variants.folders import shipped_folders
from avsl.version import __version__
from train.evaluation.baselines import Baseline, baselines

FPS_HZ, DURATION_S, PX = 16.0, 6.0, 224
CLEAR = replace(MIDDLING, name="clear", sensor_noise=0.01, blur=0.0)
CINEMA = Cinema(World(Recipe(objects=(0, 1)), CLEAR, PX, DURATION_S), FPS_HZ)
HEADER = (
    f"{'':<17}{'score':>6}{'films':>8}{'moments':>9} | moved: other  silence  noise  shifted"
    " | emptied: other  silence  noise  shifted"
)


def main() -> None:
    deaf = {baseline.card.name: always(baseline) for baseline in baselines()}
    names = ["sync", *shipped_folders(), *deaf]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--films", type=int, default=8)
    parser.add_argument("--other", choices=("foreign", "silent"), default="foreign")
    parser.add_argument("--variants", nargs="+", default=names, choices=names)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the scores there too")
    options = parser.parse_args()
    films = [CINEMA.film("listening", 0, index) for index in range(options.films)]
    find = foreign if options.other == "foreign" else of_the_silent
    others = [find(films, index) for index in range(len(films))]
    print(f"{len(films)} films of {DURATION_S:g} s, other sound {options.other}; deaf: {[*deaf]}")
    print(HEADER)
    rows = []
    for name in options.variants:
        variant = deaf.get(name) or load(name)
        tellings = [
            listening(probe(film.clip("film"), variant, other))
            for film, other in zip(films, others, strict=True)
        ]
        print(row(name, tellings), flush=True)
        rows.append(scores(name, variant.card.title, name in deaf, tellings))
    if options.json:
        options.json.write_text(json.dumps(report(options.films, options.other, rows), indent=1))


def report(films: int, other: str, rows: list[dict]) -> dict:
    """What the app reads: see :mod:`avsl.ui.studio.yardstick`."""
    return {
        "films": films,
        "seconds": DURATION_S,
        "other": other,
        "avsl_version": __version__,
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "variants": rows,
    }


def scores(name: str, title: str, deaf: bool, tellings: list[Listening]) -> dict:
    scored = [each for each in tellings if each.score is not None]
    return {
        "name": name,
        "title": title,
        "deaf": deaf,
        "score": round(float(np.mean([each.score for each in scored])), 4) if scored else None,
        "films": len(scored),
        "moments": sum(each.moments for each in scored),
    }


def always(baseline: Baseline) -> Baseline:
    """Shows its map whatever its own confidence: the less it abstains, the harder the test."""
    baseline.card = replace(baseline.card, confidence_gate=0.0)
    return baseline


def foreign(films: list[Film], index: int) -> np.ndarray | None:
    """The sound of the next film whose sources are not in view in this; None: the built-in one."""
    scene = films[index].scene
    seen = set(scene.classes[scene.in_view].tolist())
    for later in range(index + 1, index + len(films)):
        film = films[later % len(films)]
        if not seen & set(film.scene.classes[film.scene.sounding].tolist()):
            return film.waveform.numpy()
    return None


def of_the_silent(films: list[Film], index: int) -> np.ndarray:
    """The sound of the same scene if the other thing in view were the one that sounds."""
    scene = films[index].scene
    return CINEMA.shoot(replace(scene, sounding=scene.in_view & ~scene.sounding)).waveform.numpy()


def row(name: str, tellings: list[Listening]) -> str:
    scored = [each for each in tellings if each.score is not None]
    if not scored:
        return f"{name:<17}{'-':>6}{0:4d} of {len(tellings)}"
    score = np.mean([each.score for each in scored])
    moments = sum(each.moments for each in scored)
    parts = ("other", "silence", "noise", "shifted")
    moved, emptied = (
        "".join(f"{mean_percent([getattr(each, part) for each in scored], of):9.0f}"
                for part in parts)
        for of in ("moved", "emptied")
    )  # fmt: skip
    return (
        f"{name:<17}{score:6.2f}{len(scored):4d} of {len(tellings)}{moments:9d} |{moved} |{emptied}"
    )


def mean_percent(reactions: list[Reaction | None], of: str) -> float:
    return 100 * float(np.mean([getattr(each, of) for each in reactions if each is not None]))


if __name__ == "__main__":
    main()
