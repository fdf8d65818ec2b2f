"""Put trained variants where the app finds them by name, and the backbone where presets find it.

    python -m train.ship RUN [RUN ...] --results FILE [FILE ...] [--backbone FOLDER]
    python -m train.ship --backbone FOLDER

RUN is a training's folder, the FILEs are the results.json that train.evaluate wrote of them all.
Each is stored in half precision under its card's name, with its configuration, its numbers beside
those of the baselines, what is known of its backbone, and a README made of all that. Without a RUN
the backbone itself is stored, in half precision, too, under its folder's name.
"""

import argparse
import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path

from safetensors.torch import load_file, save_file

from avsl.benchmark import Results
from avsl.benchmark import load as load_results
from avsl.checkpoint import halved, load_folder, save_folder
from avsl.cli_streams import print_any_name
from avsl.errors import AvslError, SettingError
from avsl.variants.folders import SHIPPED
from train.backbone_card import backbone_readme
from train.evaluation.baselines import baselines
from train.model_card import BACKBONE_FILE, CONFIG_FILE, README, RESULTS_FILE, readme
from train.stages import backbone as backbones


def ship(run: Path, results: Results, backbone: Path | None, to: Path) -> Path:
    """The folder in which the variant of ``run`` now lies."""
    variant = load_folder(run)
    folder = to / variant.card.name
    save_folder(variant, folder, half=True)
    shutil.copy(run / CONFIG_FILE, folder / CONFIG_FILE)
    _of(results, variant.card.name).save(folder / RESULTS_FILE)
    if backbone:
        shutil.copy(backbone / BACKBONE_FILE, folder / BACKBONE_FILE)
    (folder / README).write_text(readme(folder), encoding="utf-8")
    return folder


def ship_backbone(folder: Path, to: Path) -> Path:
    """The folder in which the backbone now lies, with a README of what was measured of it."""
    there = to / folder.resolve().name
    there.mkdir(parents=True, exist_ok=True)
    for name in (backbones.WEIGHTS_FILE, backbones.EYE_FILE):
        save_file(halved(load_file(folder / name)), there / name)
    facts = json.loads((folder / backbones.FACTS_FILE).read_text(encoding="utf-8"))
    (there / backbones.FACTS_FILE).write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    (there / README).write_text(backbone_readme(there.name, facts), encoding="utf-8")
    return there


def joined(parts: list[Results]) -> Results:
    """Results of different variants as one, called as the first was."""
    first = parts[0]
    return replace(
        first,
        made={**first.made, "command": "; ".join(part.made["command"] for part in parts)},
        sets={name: about for part in parts for name, about in part.sets.items()},
        **{
            name: [each for part in parts for each in getattr(part, name)]
            for name in ("rows", "curves", "cases", "costs")
        },
    )


def _of(results: Results, name: str) -> Results:
    """The numbers of one variant and of the trivial baselines; no curves and no pictures."""
    kept = {name, *(each.card.name for each in baselines())}
    if not any(row.variant == name for row in results.rows):
        raise SettingError(f"The results have no numbers of {name}: evaluate it first.")
    return replace(
        results,
        rows=[row for row in results.rows if row.variant in kept],
        costs=[cost for cost in results.costs if cost.variant == name],
        curves=[],
        cases=[],
    )


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    print_any_name()
    parser = argparse.ArgumentParser(
        "train.ship", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("run", type=Path, nargs="*")
    parser.add_argument("--results", type=Path, nargs="+", default=[])
    parser.add_argument("--backbone", type=Path)
    parser.add_argument("--to", type=Path, default=SHIPPED)
    options = parser.parse_args(arguments)
    if bool(options.run) != bool(options.results) or not (options.run or options.backbone):
        parser.error("give a RUN with its --results, or a --backbone alone")
    try:
        if not options.run:
            print(ship_backbone(options.backbone, options.to))
            return 0
        results = joined([load_results(path) for path in options.results])
        for run in options.run:
            print(ship(run, results, options.backbone, options.to))
    except AvslError as error:
        print(f"ship: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
