"""The trained variants that lie in checkpoints/: whole, small, and honest about their data."""

import os
import subprocess
import sys

import numpy as np
import pytest
import torch

import avsl
from avsl.checkpoint import load_folder
from avsl.variants.folders import SHIPPED, shipped_folders
from tests.variants.making import changing_clip
from train.backbone_card import backbone_readme
from train.model_card import readme
from train.presets.tiny import BACKBONE
from train.stages import backbone

FOLDERS = shipped_folders()
MOST_BYTES = 40_000_000  # of all together: what a clone of the repository has to carry
needs_one = pytest.mark.skipif(not FOLDERS, reason=f"No trained variant lies in {SHIPPED} yet.")
each = pytest.mark.parametrize("name", FOLDERS or [pytest.param("none", marks=needs_one)])


@needs_one
def test_all_together_are_small():
    held = [path for path in SHIPPED.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in held) < MOST_BYTES


@needs_one
def test_every_folder_is_a_variants_or_the_backbone_they_stand_on():
    folders = {path.name for path in SHIPPED.iterdir() if path.is_dir()}
    assert folders == {*FOLDERS, BACKBONE}


@needs_one
def test_the_backbone_is_the_one_in_the_variants():
    model, facts = backbone.load(BACKBONE)
    variant = avsl.load("acl-tiny").model
    for name, value in model.state_dict().items():
        if not name.startswith(backbone.LEARNED_LATER):
            assert torch.equal(value, variant.state_dict()[name]), name
    eye = {
        f"tower.{name}": value for name, value in backbone.load_eye(BACKBONE).state_dict().items()
    }
    heads = avsl.load("margin-tiny").model
    assert all(torch.equal(v, eye[n]) for n, v in heads.image_tower.state_dict().items())
    written = (SHIPPED / BACKBONE / "README.md").read_text(encoding="utf-8")
    assert written == backbone_readme(BACKBONE, facts)


@each
def test_one_is_whole(name):
    for file in ("model.safetensors", "card.json", "README.md"):
        assert (FOLDERS[name] / file).stat().st_size > 0, file


@each
def test_one_loads_by_its_name_and_says_what_it_learned_from(name):
    variant = avsl.load(name)
    assert variant.card.name == name
    assert variant.card.trained_on and variant.card.limits and variant.card.licence
    found = variant.localize(changing_clip(), np.array([0.0, 1.0]))
    assert np.isfinite(found.maps).all()
    assert load_folder(FOLDERS[name]).card.name == name  # the folder is called as its card is


@each
def test_one_has_the_readme_of_its_numbers(name):
    written = (FOLDERS[name] / "README.md").read_text(encoding="utf-8")
    assert written == readme(FOLDERS[name]), f"run python -m train.model_card checkpoints/{name}"


@needs_one
def test_a_user_without_a_name_can_load_them_all():
    """As in a container that runs as a mere number: no entry in passwd, no variable."""
    script = (
        "import pwd\n"
        "def nobody(uid): raise KeyError(f'getpwuid(): uid not found: {uid}')\n"
        "pwd.getpwuid = nobody\n"
        "import avsl\n"
        "from avsl.variants.folders import shipped_folders\n"
        "for name in shipped_folders(): print(avsl.load(name).card.name)\n"
    )
    named = ("LOGNAME", "USER", "LNAME", "USERNAME")
    environment = {name: value for name, value in os.environ.items() if name not in named}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.split() == list(shipped_folders())


def test_a_user_with_a_name_keeps_it():
    script = "import os, avsl; print(os.environ.get('LOGNAME'), os.environ.get('USER'))"
    environment = {**os.environ, "USER": "anna"}
    environment.pop("LOGNAME", None)
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["None", "anna"]
