"""A model card for the Hub, written from what was measured: nothing in it is typed by hand."""

import hashlib
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import EvalResult, ModelCardData

from avsl.errors import VariantError
from avsl.variants.base import CARD_FILE, WEIGHTS_FILE

CONFIG_FILE, RESULTS_FILE = "config.json", "results.json"
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
    results: dict  # of train.evaluate, {} where they are not here
    parameters: int
    weights_sha256: str

    @property
    def rows(self) -> list[dict]:
        """The measured scores, this variant's own and those it is to be compared with."""
        return self.results.get("rows", [])

    @property
    def own_rows(self) -> list[dict]:
        return [row for row in self.rows if row["variant"] == self.card["name"]]


def facts_of(folder: Path) -> Facts:
    """Read ``folder``; raises :class:`VariantError` where it is no variant's."""
    card, config, results = (
        _json(folder / name) for name in (CARD_FILE, CONFIG_FILE, RESULTS_FILE)
    )
    if "card" not in card:
        raise VariantError(f"{folder / CARD_FILE} is missing or no card of a variant.")
    weights = folder / WEIGHTS_FILE
    if not weights.is_file():
        raise VariantError(f"There is no {WEIGHTS_FILE} in {folder}.")
    facts = Facts(
        folder, card["card"], {k: v for k, v in card.items() if k != "card"}, config, results,
        _parameters(weights), _sha256(weights),
    )  # fmt: skip
    if facts.rows and not facts.own_rows:
        names = sorted({row["variant"] for row in facts.rows})
        raise VariantError(
            f"{folder / RESULTS_FILE} has no numbers of {facts.card['name']!r}, only of "
            f"{', '.join(names)}: it belongs to another variant."
        )
    return facts


def model_card(facts: Facts, repo: str, revision: str | None = None) -> str:
    """README.md of ``repo`` at ``revision`` (None: main): metadata for the Hub, then what a
    stranger needs.
    """
    card = facts.card
    parts = [
        f"---\n{_metadata(facts, repo)}\n---\n",
        f"# {card['title']}\n\n{card['summary']}\n",
        _use(repo, revision),
        f"## Limits\n\n{card['limits']}\n",
        f"## Data\n\n{card.get('trained_on') or UNSAID}\n",
        _numbers(facts),
        _map_meaning(card),
        _training(facts.config),
        _weights(facts),
        f"## Licence\n\n{card['licence']}\n",
        f"## Paper\n\n{card['paper']}\n" if card.get("paper") else "",
    ]
    return "\n".join(part for part in parts if part)


def _metadata(facts: Facts, repo: str) -> str:
    licence = facts.card["licence"].strip().lower()
    known = licence in KNOWN_LICENCES
    data = ModelCardData(
        license=licence if known else "other",
        license_name=None if known else "see-below",
        library_name="avsl",
        tags=list(TAGS),
        model_name=repo.split("/")[-1],
        eval_results=[_result(row) for row in facts.own_rows if _is_number(row)] or None,
    )
    return data.to_yaml()


def _result(row: dict) -> EvalResult:
    score = row["score"]
    return EvalResult(
        task_type=TASK,
        dataset_type=row["set"],
        dataset_name=f"{row['set']} ({score['found']} of {score['expected']})",
        metric_type=score["metric"],
        metric_name=f"{score['metric']} ({score['protocol']})",
        metric_value=round(score["value"], 2),
    )


def _use(repo: str, revision: str | None) -> str:
    asked = f', revision="{revision}"' if revision else ""
    return f"""## Use it

With avsl installed, three lines show where the sound of a clip comes from:

```python
import avsl
variant = avsl.load("{repo}"{asked})
found = avsl.Localizer(variant).run(avsl.read("clip.mp4"))
```

`found.maps` holds a map for every moment of `found.times_s`, `found.verdicts` what to make of it.
"""


def _numbers(facts: Facts) -> str:
    if not facts.rows:
        return "## Numbers\n\nNo measured numbers come with these weights.\n"
    made = facts.results.get("made", {})
    lines = ["## Numbers\n"]
    for name in dict.fromkeys(row["set"] for row in facts.own_rows):
        lines += [
            f"**{name}**: {facts.results.get('sets', {}).get(name, '')}\n",
            *_table(facts, name),
        ]
    how = ", ".join(made[key] for key in ("when", "device") if key in made)
    if "command" in made:
        lines.append(f"Measured with `{made['command']}`{f' ({how})' if how else ''}.")
    lines += made.get("notes", "").splitlines()
    lines.append(
        "Brackets are 95 % bootstrap intervals. N is the cases found and scored of those the set "
        "has: numbers on fewer are not comparable with those on all. Rows of other names are there "
        "to compare with."
    )
    return "\n".join(lines) + "\n"


def _table(facts: Facts, name: str) -> Iterator[str]:
    yield "| variant | protocol | metric | value | N | threshold, chosen by |"
    yield "|---|---|---|---|---|---|"
    rows = [row for row in facts.rows if row["set"] == name]
    for row in sorted(rows, key=lambda row: row["variant"] != facts.card["name"]):
        yield f"| {' | '.join(cell.replace('|', '/') for cell in _cells(row))} |"
    yield ""


def _cells(row: dict) -> tuple[str, ...]:
    score = row["score"]
    unit = score.get("unit", "%")
    value = f"{score['value']:.2f} {unit}" if _is_number(row) else "undefined"
    if _is_number(row) and not math.isnan(score["low"]):
        value += f" [{score['low']:.1f}, {score['high']:.1f}]"
    threshold = "" if score.get("threshold") is None else f"{score['threshold']:.3g}, "
    found = f"{score['found']} of {score['expected']}"
    rule = score.get("rule") or "none"
    return row["variant"], score["protocol"], score["metric"], value, found, threshold + rule


def _is_number(row: dict) -> bool:
    return row["score"]["value"] is not None and not math.isnan(row["score"]["value"])


def _map_meaning(card: dict) -> str:
    threshold, confidence = (
        card[name].rstrip(".") for name in ("threshold_rule", "confidence_rule")
    )
    return f"""## What its maps mean

Values from {card["threshold"]:g} up are the region: {threshold}.
Confidence from {card["confidence_gate"]:g} up reads "sounding here": {confidence}.
"""


def _training(config: dict) -> str:
    """The settings of the training as they were; "" where they are not known."""
    if not config:
        return ""
    told = json.dumps(config, indent=1, ensure_ascii=False)
    return f"## Training\n\n```json\n{told}\n```\n"


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


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


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
