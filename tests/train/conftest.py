"""``folder``: a small ACL as a training leaves it."""

import json
import shutil
from pathlib import Path

import pytest

from avsl.cli import main as avsl_main
from tests.models.golden_parity import GOLDEN
from tests.train.making_results import results


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A small ACL's folder, with card, training settings and results."""
    folder = tmp_path_factory.mktemp("made") / "acl-tiny"
    files = ["--clipseg", str(GOLDEN / "clipseg"), "--beats", str(GOLDEN / "beats.pt")]
    files += ["--acl", str(GOLDEN / "Param_best.pth"), "--out", str(folder)]
    assert avsl_main(["convert", *files]) == 0
    card = json.loads((folder / "card.json").read_text())
    card["card"] |= {"trained_on": "The procedural world, so real videos are new to it."}
    card["card"] |= {"licence": "MIT"}
    (folder / "card.json").write_text(json.dumps(card))
    (folder / "config.json").write_text('{"preset": "tiny", "margin": -0.2, "seed": 3}')
    (folder / "results.json").write_text(json.dumps(results()))
    (folder / "state.pt").write_bytes(b"of the optimizer")
    return folder


@pytest.fixture
def folder(made, tmp_path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "acl-tiny"))
