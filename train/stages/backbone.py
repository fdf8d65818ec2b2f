"""A backbone as a folder: the frozen parts of a tiny ACL, an image tower for two-stream networks,
and what was measured of them. One ships in ``checkpoints/``, where it is known by its name.
"""

import json
from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save_file

from avsl.errors import SettingError
from avsl.models.acl import ACL
from avsl.models.published import ACLConfig, build
from avsl.models.twostream import ResNetTower
from avsl.variants.folders import SHIPPED
from train.stages.eye import EYE

FORMAT = "avsl.backbone/1"
EYE_FILE = "eye.safetensors"
WEIGHTS_FILE, FACTS_FILE = "backbone.safetensors", "backbone.json"
STAGES = {  # and what of the ACL each makes; the eye lies in a file of its own
    "clip": ("vision.", "text."), "decoder": ("decoder.",), "audio": ("beats.",), "eye": (),
}  # fmt: skip
LEARNED_LATER = ("audio_proj.", "masker.")  # in the audio-visual stage


def at(start: Path | str) -> Path:
    """Where the backbone ``start`` lies: a folder, or the name of the one that ships."""
    shipped = SHIPPED / start
    return shipped if not is_one(start) and is_one(shipped) else Path(start)


def is_one(folder: Path | str) -> bool:
    """Whether the folder holds a backbone."""
    return (Path(folder) / FACTS_FILE).is_file()


def remove(folder: Path) -> None:
    """Forget the backbone in the folder, if there is one."""
    for name in (FACTS_FILE, WEIGHTS_FILE, EYE_FILE):
        (folder / name).unlink(missing_ok=True)


def save(model: ACL, folder: Path, facts: dict[str, Any]) -> None:
    """Write what stages (a) to (c) made of ``model``, with its sizes and ``facts``."""
    folder.mkdir(parents=True, exist_ok=True)
    state = {
        name: value.contiguous()
        for name, value in model.state_dict().items()
        if not name.startswith(LEARNED_LATER)
    }
    save_file(state, folder / WEIGHTS_FILE)
    card = {"format": FORMAT, "network": model.config.to_dict(), **facts}
    (folder / FACTS_FILE).write_text(json.dumps(card, indent=1), encoding="utf-8")


def save_eye(tower: ResNetTower, folder: Path) -> None:
    """The image tower of two-stream networks, which lies beside the rest."""
    state = {name: value.contiguous() for name, value in tower.state_dict().items()}
    save_file(state, folder / EYE_FILE)


def load_eye(start: Path | str) -> ResNetTower:
    """The image tower :func:`at` that place; raises :class:`SettingError` where there is none."""
    folder, tower = at(start), ResNetTower(3, EYE)
    try:
        tower.load_state_dict(load_file(folder / EYE_FILE))
    except (OSError, RuntimeError) as error:
        raise SettingError(
            f"There is no image tower in {folder}. Make one with: "
            f"python -m train.stages.run --out {folder}"
        ) from error
    return tower.eval()


def load(start: Path | str) -> tuple[ACL, dict[str, Any]]:
    """An ACL on the backbone :func:`at` that place, its audio projector new, and the backbone's
    facts.

    Raises :class:`SettingError` where there is none.
    """
    folder = at(start)
    try:
        facts = json.loads((folder / FACTS_FILE).read_text(encoding="utf-8"))
        state = load_file(folder / WEIGHTS_FILE)
    except (OSError, ValueError) as error:
        raise SettingError(
            f"There is no backbone in {folder}. Make one with: "
            f"python -m train.stages.run --out {folder}"
        ) from error
    if facts.get("format") != FORMAT:
        raise SettingError(f"{folder / FACTS_FILE} is not a backbone of this version ({FORMAT}).")
    model = build(ACLConfig.from_dict(facts["network"]))
    learned = {n: v for n, v in model.state_dict().items() if n.startswith(LEARNED_LATER)}
    model.load_state_dict(state | learned)
    return model, facts


def join(folder: Path, other: Path) -> dict[str, Any]:
    """Take over the stages of ``other`` that ``folder`` has not done; the facts of both.

    Raises :class:`SettingError` where there is no backbone, or one of other sizes.
    """
    (model, facts), (given, theirs) = load(folder), load(other)
    if model.config != given.config:
        raise SettingError(f"The backbones in {folder} and {other} have different sizes.")
    state = model.state_dict()
    for stage in (name for name in STAGES if name in theirs and name not in facts):
        for name, value in given.state_dict().items():
            if name.startswith(STAGES[stage]):
                state[name] = value
        if stage == "eye":
            save_eye(load_eye(other), folder)
        facts[stage] = theirs[stage]
    model.load_state_dict(state)
    save(model, folder, facts)
    return facts
