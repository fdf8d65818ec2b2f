"""What a stranger reads of a trained variant, on the Hub and in checkpoints/."""

import json
from dataclasses import replace

import pytest
import yaml

from train.model_card import OK, USAGE, facts_of, model_card
from train.model_card import main as write_readme
from train.presets import preset
from train.presets.tiny import BACKBONE

REPO = "someone/acl-tiny"


def test_the_model_card_says_all_that_a_stranger_needs(folder):
    text = model_card(facts_of(folder), REPO)
    _, head, body = text.split("---\n", 2)
    metadata = yaml.safe_load(head)
    assert metadata["license"] == "mit" and metadata["library_name"] == "avsl"
    (result,) = metadata["model-index"][0]["results"]  # what is undefined is no result
    assert result["metrics"][0]["value"] == pytest.approx(66.12, abs=0.01)
    assert result["dataset"]["name"] == "world/single (480 of 500)"
    for said in (
        f'variant = avsl.load("{REPO}")\nfound = avsl.Localizer(variant)',
        "The procedural world, so real videos are new to it.",
        "Two things of one kind cannot be told apart",
        "| set | protocol, metric | **acl** | centre | N |",
        "| world/single | sweep, cIoU | 66.12 % [64.1, 68.1] | 3.25 % [1.2, 5.2] | 480 of 500 |",
        "| sweep | cIoU | 66.12 % [64.1, 68.1] | 480 of 500 | 0.4, validation |",
        "| sweep | AP | undefined |",
        "python -m train.evaluate --variant x --set world/single",
        '"margin": -0.2',
        "## Licence\n\nMIT",
        "arXiv 2311.04066",
        "python -m avsl run clip.mp4 --variant someone/acl-tiny\n",
        "type `someone/acl-tiny` and press",
        "One absolute threshold for all maps",
        "hf download someone/acl-tiny config.json --local-dir acl-tiny\n"
        "python -m train.train --preset acl-tiny/config.json --out runs/acl\n",
    ):
        assert said in body, said


def test_what_is_not_known_is_said_to_be_unknown(folder):
    for name in ("results.json", "config.json"):
        (folder / name).unlink()
    facts = facts_of(folder)
    card = {**facts.card, "trained_on": "", "licence": "a licence of our own"}
    text = model_card(replace(facts, card=card), REPO)
    assert "No measured numbers come with these weights." in text
    assert "does not say what it was trained on" in text
    assert "license: other" in text and "## Training" not in text and "model-index" not in text


def test_the_model_card_of_a_branch_asks_for_it_everywhere(folder):
    text = model_card(facts_of(folder), REPO, "wide")
    for said in (
        f'avsl.load("{REPO}", revision="wide")',
        f"--variant {REPO} --revision wide\n",
        f"type `{REPO}@wide`",
        f"hf download {REPO} config.json --revision wide",
    ):
        assert said in text, said


def test_what_knows_only_the_world_says_what_that_means_for_a_video(folder):
    assert "from a camera" not in model_card(facts_of(folder), REPO)
    (folder / "config.json").write_text('{"data": "world", "classes": "heard"}')
    assert "40 kinds of\nthings, of which training meets 28" in model_card(facts_of(folder), REPO)


def test_weights_it_began_with_are_made_again_first(folder):
    (folder / "config.json").write_text('{"start": "runs/backbone"}')
    facts = {"seed": 3, "clip": {"steps": 70}, "decoder": {"steps": 80}, "audio": {"steps": 90}}
    (folder / "backbone.json").write_text(json.dumps(facts))
    command = "train.stages.run --out runs/backbone --steps 70 80 90 --seed 3\n"
    text = model_card(facts_of(folder), REPO)
    assert command in text and text.index(command) < text.index("train.train --preset")
    (folder / "backbone.json").unlink()
    (folder / "config.json").write_text(json.dumps(preset("acl-tiny").to_dict()))
    text = model_card(facts_of(folder), REPO)
    assert f"# on checkpoints/{BACKBONE}" in text, "one that ships need not be made"


def test_a_folder_that_ships_gets_its_readme(folder, capsys):
    assert write_readme([str(folder)]) == OK
    assert capsys.readouterr().out == f"{folder / 'README.md'}\n"
    text = (folder / "README.md").read_text()
    for said in (
        'avsl.load("acl-tiny")',
        "--variant acl-tiny\n",
        "choose ACL (CLIP) under Variant",
        "python -m train.train --preset checkpoints/acl-tiny/config.json",
    ):
        assert said in text, said
    assert "hf download" not in text


def test_results_that_are_none_are_one_sentence(folder, capsys):
    (folder / "results.json").write_text('{"rows": []}')
    assert write_readme([str(folder)]) == USAGE
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert "is not a results file" in line
    assert write_readme([str(folder / "none")]) == USAGE
    assert not (folder / "README.md").exists()
