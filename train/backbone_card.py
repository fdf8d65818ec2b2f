"""The README of a backbone that ships, written from what was measured of it."""

from typing import Any

from avsl.synthetic.world import VERSION

PARTS = {  # stage: what it makes, what that plays the part of, what is measured of it
    "clip": ("a picture and a text tower in one space", "CLIP", "zero_shot_accuracy"),
    "decoder": ("words to masks", "CLIPSeg", "ciou"),
    "audio": ("an audio encoder with class names", "BEATs", "accuracy"),
    "eye": ("a convolutional image tower", "ImageNet's ResNet-18", "accuracy"),
}
MEASURED = {
    "zero_shot_accuracy": "of single things named right by their sentence",
    "ciou": "cIoU of masks for the true name",
    "accuracy": "named right",
}


def backbone_readme(name: str, facts: dict[str, Any]) -> str:
    """For the folder ``name``; ``facts``: what ``train.stages.run`` wrote."""
    rows = "\n".join(_row(stage, facts[stage]) for stage in PARTS if stage in facts)
    return f"""# {name}

The frozen parts that the tiny variants stand on. It is no variant: it marks nothing by itself. A
training begins with it by name, so that a new objective is tried in minutes:

```bash
python -m train.train --preset acl-tiny
python -m train.train --preset ez-vsl-tiny --set objective=margin_nce
```

All of it learned from the procedural world, version {facts.get("world", VERSION)}, middling
difficulty, heard classes alone; words, masks and class names among it, as those that it stands for
had seen. Numbers are of fresh scenes. On real pictures and sounds it knows nothing.

| stage | makes | in the part of | steps | measured |
|---|---|---|---|---|
{rows}

To make it again, stage by stage (an hour or two on processor cores; stages that do not need each
other run side by side, see `train/stages/run.py`):

```bash
python -m train.stages.run --out {name}{length(facts)}
```

Licence: MIT. Weights are stored in half precision.
"""


def length(facts: dict[str, Any]) -> str:
    """The flags that make this very backbone again; "" where its facts are not known."""
    steps = [str(facts[stage]["steps"]) for stage in PARTS if stage in facts]
    return f" --steps {' '.join(steps)} --seed {facts.get('seed', 0)}" if steps else ""


def _row(stage: str, facts: dict[str, Any]) -> str:
    makes, part, measure = PARTS[stage]
    found = f"{100 * facts[measure]:.1f} % {MEASURED[measure]}"
    return f"| {stage} | {makes} | {part} | {facts['steps']:,} | {found} |"
