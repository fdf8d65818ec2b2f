"""A model card, written from what was measured: nothing in it is typed by hand.

    python -m train.model_card DIR

writes DIR/README.md for a variant that ships in ``checkpoints/``, where it is called as its folder
is. For the Hub ``python -m train.publish`` writes one of its own. DIR holds model.safetensors and
card.json; config.json (of the training), results.json (of train.evaluate) and backbone.json (of
train.stages.run) where they are known. Exit code: 0 fine, 2 DIR is no variant's.
"""

import argparse
import json
import math
import sys
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import EvalResult, ModelCardData

from avsl.benchmark import Results, Row
from avsl.benchmark import load as load_results
from avsl.checksum import sha256_of
from avsl.cli_streams import print_any_name
from avsl.errors import AvslError, VariantError
from avsl.storage import storage_errors
from avsl.synthetic.world import CLASSES, Classes
from avsl.variants import is_hub_id
from avsl.variants.base import CARD_FILE, WEIGHTS_FILE
from train.backbone_card import length
from train.config import WORLD
from train.model_card_numbers import is_number, leading, numbers
from train.presets.tiny import BACKBONE

OK, USAGE = 0, 2
README = "README.md"
CONFIG_FILE, RESULTS_FILE, BACKBONE_FILE = "config.json", "results.json", "backbone.json"
TAGS = ("sound-source-localization", "audio-visual", "avsl")
TASK = "sound-source-localization"
KNOWN_LICENCES = {
    "mit", "apache-2.0", "bsd-3-clause", "cc-by-4.0", "cc-by-sa-4.0", "cc-by-nc-4.0", "cc0-1.0",
}  # fmt: skip
UNSAID = "The card does not say what it was trained on."


@dataclass(frozen=True)
class Facts:
    """What a variant's folder says of it."""

    folder: Path
    card: dict  # the VariantCard's fields
    inputs: dict  # what else card.json holds: family, network, sizes
    config: dict  # of the training, {} where it is not here
    backbone: dict  # what train.stages.run said of the weights it began with, or {}
    results: Results | None  # of train.evaluate
    parameters: int
    weights_sha256: str

    @property
    def rows(self) -> list[Row]:
        """The measured scores, this variant's own and those it is to be compared with."""
        return self.results.rows if self.results else []

    @property
    def own_rows(self) -> list[Row]:
        return [row for row in self.rows if row.variant == self.card["name"]]


def facts_of(folder: Path) -> Facts:
    """Read ``folder``; raises :class:`VariantError` where it is no variant's, and
    :class:`MediaError` where its results are none.
    """
    card, config, backbone = (
        _json(folder / name) for name in (CARD_FILE, CONFIG_FILE, BACKBONE_FILE)
    )
    if "card" not in card:
        raise VariantError(f"{folder / CARD_FILE} is missing or no card of a variant.")
    weights, results = folder / WEIGHTS_FILE, folder / RESULTS_FILE
    if not weights.is_file():
        raise VariantError(f"There is no {WEIGHTS_FILE} in {folder}.")
    facts = Facts(
        folder,
        card["card"],
        {name: value for name, value in card.items() if name != "card"},
        config,
        backbone,
        load_results(results) if results.is_file() else None,
        _parameters(weights),
        sha256_of(weights),
    )
    if facts.rows and not facts.own_rows:
        names = sorted({row.variant for row in facts.rows})
        raise VariantError(
            f"{results} has no numbers of {facts.card['name']!r}, only of {', '.join(names)}: it "
            "belongs to another variant."
        )
    return facts


def readme(folder: Path) -> str:
    """README.md of a variant that ships."""
    return model_card(facts_of(folder), folder.resolve().name)


def model_card(facts: Facts, name: str, revision: str | None = None) -> str:
    """What a stranger needs of the variant that ``avsl.load`` calls ``name``: one that ships, or
    a Hub id at ``revision`` (None: main). Before it metadata for the Hub.
    """
    card = facts.card
    parts = [
        f"---\n{_metadata(facts, name)}\n---\n",
        f"# {card['title']}\n\n{card['summary']}\n",
        _use(card, name, revision),
        f"## Limits\n\n{card['limits']}\n{_on_real_videos(facts.config)}",
        f"## Data\n\n{card.get('trained_on') or UNSAID}\n",
        numbers(facts.results, card["name"]),
        _map_meaning(card),
        _training(facts, name, revision),
        _weights(facts),
        f"## Licence\n\n{card['licence']}\n",
        f"## Paper\n\n{card['paper']}\n" if card.get("paper") else "",
    ]
    return "\n".join(part for part in parts if part)


def _metadata(facts: Facts, name: str) -> str:
    licence = facts.card["licence"].strip().lower()
    known = licence in KNOWN_LICENCES
    known_for = leading(facts.results, facts.card["name"])
    data = ModelCardData(
        license=licence if known else "other",
        license_name=None if known else "see-below",
        library_name="avsl",
        tags=list(TAGS),
        model_name=name.split("/")[-1],
        eval_results=[_result(row) for row in known_for if is_number(row)] or None,
    )
    return data.to_yaml()


def _result(row: Row) -> EvalResult:
    score = row.score
    return EvalResult(
        task_type=TASK,
        dataset_type=row.set,
        dataset_name=f"{row.set} ({score.found} of {score.expected})",
        metric_type=score.metric,
        metric_name=f"{score.metric} ({score.protocol})",
        metric_value=round(score.value, 2),
    )


def _use(card: dict, name: str, revision: str | None) -> str:
    asked = f', revision="{revision}"' if revision else ""
    flag = f" --revision {revision}" if revision else ""
    called = f"{name}@{revision}" if revision else name
    in_the_app = f"choose {card['title']} under Variant"
    if is_hub_id(name):
        in_the_app = f"open Another variant, type `{called}` and press Load"
    return f"""## Use it

With avsl installed, three lines show where the sound of a clip comes from:

```python
import avsl

variant = avsl.load("{name}"{asked})
found = avsl.Localizer(variant).run(avsl.read("clip.mp4"))
```

`found.maps` holds a map for every moment of `found.times_s`, `found.verdicts` what to make of it.
On the command line, with a video, tables and raw maps to take home:

```bash
python -m avsl run clip.mp4 --variant {name}{flag}
```

In the app (`python app.py`): {in_the_app}.
"""


def _on_real_videos(config: dict) -> str:
    """What it means for a stranger's clip that the world is all it learned from; else ""."""
    if config.get("data") != WORLD:
        return ""
    met = len(Classes(config.get("classes", Classes.HEARD)).indices)
    return f"""
All that it has seen and heard was drawn and synthesised by a program: {len(CLASSES)} kinds of
things, of which training meets {met}, before made-up backgrounds. It knows their looks and sounds
and no others. On a video from a camera expect maps that mean little, however sure they look; take
`sync` for those, or `acl` with its published weights. This variant is good for scenes of that
world, for seeing how its method works and fails where the truth is known, and for going on with
real data.
"""


def _map_meaning(card: dict) -> str:
    threshold, confidence = (
        card[name].rstrip(".") for name in ("threshold_rule", "confidence_rule")
    )
    return f"""## What its maps mean

Values from {card["threshold"]:g} up are the region: {threshold}.
Confidence from {card["confidence_gate"]:g} up reads "sounding here": {confidence}.
{_absence_meaning(card)}"""


def _absence_meaning(card: dict) -> str:
    """What may be said below the other gate; "" where the variant has none."""
    if card.get("absence_gate") is None:
        return ""
    rule = card["absence_rule"].rstrip(".")
    return f'Confidence below {card["absence_gate"]:g} reads "heard, but not in view": {rule}.\n'


def _training(facts: Facts, name: str, revision: str | None) -> str:
    """How to do it again, and its settings as they were; "" where they are not known."""
    config = facts.config
    if not config:
        return ""
    told = json.dumps(config, indent=1, ensure_ascii=False)
    commands = "\n".join(_commands(facts, name, revision))
    return f"""## Train it again

```bash
{commands}
```

The settings, as in `{CONFIG_FILE}`:

```json
{told}
```
"""


def _commands(facts: Facts, name: str, revision: str | None) -> list[str]:
    """From nothing to these weights, in the shell."""
    lines, where = [], f"checkpoints/{name}"
    if is_hub_id(name):
        where = name.split("/")[-1]
        flag = f" --revision {revision}" if revision else ""
        lines.append(f"hf download {name} {CONFIG_FILE}{flag} --local-dir {where}")
    start = facts.config.get("start")
    if start == BACKBONE:
        lines.append(f"# on checkpoints/{start}, which was made by:")
        lines.append(f"# python -m train.stages.run --out {start}{length(facts.backbone)}")
    elif facts.backbone:
        lines.append(f"python -m train.stages.run --out {start}{length(facts.backbone)}")
    out = f"runs/{facts.card['name'].split('/')[-1]}"
    return [*lines, f"python -m train.train --preset {where}/{CONFIG_FILE} --out {out}"]


def _weights(facts: Facts) -> str:
    size_mb = (facts.folder / WEIGHTS_FILE).stat().st_size / 1e6
    inputs = facts.inputs
    lines = [
        "## Weights\n",
        f"- `{WEIGHTS_FILE}`: {size_mb:.1f} MB, {facts.parameters:,} numbers, sha256 "
        f"`{facts.weights_sha256}`.",
    ]
    if "image_px" in inputs:
        lines.append(f"- Frames are squashed to {inputs['image_px']} x {inputs['image_px']} px.")
    if "window_s" in inputs:
        lines.append(f"- Each map rests on {inputs['window_s']:g} s of mono sound at 16 kHz.")
    return "\n".join(lines) + "\n"


def _parameters(weights: Path) -> int:
    """How many numbers a safetensors file holds, by its header."""
    with open(weights, "rb") as file:
        size = int.from_bytes(file.read(8), "little")
        try:
            header = json.loads(file.read(min(size, 100_000_000)))
        except ValueError as error:
            raise VariantError(f"{weights} is no safetensors file.") from error
    return sum(math.prod(each["shape"]) for name, each in header.items() if name[:2] != "__")


def _json(path: Path) -> dict:
    """{} where there is no such file; :class:`VariantError` where it is no JSON object."""
    if not path.is_file():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise VariantError(f"{path} is not JSON: {error}.") from error
    if not isinstance(found, dict):
        raise VariantError(f"{path} is not a JSON object.")
    return found


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    print_any_name()
    parser = argparse.ArgumentParser(
        "train.model_card",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", type=Path, metavar="DIR", help="a variant's folder")
    folder = parser.parse_args(arguments).folder
    try:
        text = readme(folder)
        with storage_errors(folder):
            (folder / README).write_text(text, encoding="utf-8")
    except AvslError as error:
        print(f"model_card: {' '.join(str(error).split())}", file=sys.stderr)
        return USAGE
    print(folder / README)
    return OK


if __name__ == "__main__":
    sys.exit(main())
