"""What is shipped is a small, whole folder with the numbers of its own variant."""

import json

import pytest
import torch

import avsl
from avsl.benchmark import Cost, Results, Row
from avsl.metrics.score import Score
from avsl.models.published import build
from tests.train.small import SMALL
from tests.train.stages.micro import micro
from train import ship
from train.stages import backbone, eye
from train.train import train


def results(*variants: str) -> Results:
    rows = [
        Row("world/single", name, Score("sweep", "cIoU", 40.0, 30.0, 50.0, 9, 9))
        for name in variants
    ]
    costs = [Cost("world/single", name, 9, 1.0, 100.0) for name in variants]
    made = {"command": f"python -m train.evaluate --variant {variants[0]}", "notes": ""}
    return Results(made, {"world/single": "scenes"}, rows, costs=costs)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run") / "small"
    train(SMALL, folder)
    return folder


def test_a_shipped_folder_is_whole_and_called_as_its_card(run, tmp_path):
    both = ship.joined([results("small", "whole"), results("other")])
    folder = ship.ship(run, both, None, tmp_path)
    assert folder == tmp_path / "small"
    assert {path.name for path in folder.iterdir()} == {
        "model.safetensors", "card.json", "config.json", "results.json", "README.md",
    }  # fmt: skip
    kept = json.loads((folder / "results.json").read_text())
    assert {row["variant"] for row in kept["rows"]} == {"small", "whole"}
    assert avsl.load(str(folder)).card.name == "small"
    assert "python -m train.train" in (folder / "README.md").read_text()


def test_a_backbone_ships_in_half_precision_and_is_found_by_its_name(tmp_path, monkeypatch, capsys):
    made, to = tmp_path / "made" / "mine", tmp_path / "checkpoints"
    torch.manual_seed(0)
    backbone.save(
        build(micro()), made, {"seed": 3, "clip": {"steps": 7, "zero_shot_accuracy": 0.5}}
    )
    backbone.save_eye(eye.new().tower, made)
    assert ship.main(["--backbone", str(made), "--to", str(to)]) == 0
    monkeypatch.setattr(backbone, "SHIPPED", to)
    (model, _), (before, _) = backbone.load("mine"), backbone.load(made)
    for name, value in model.state_dict().items():
        if not name.startswith(backbone.LEARNED_LATER):
            assert torch.allclose(value, before.state_dict()[name], rtol=1e-3, atol=1e-6), name
    held = (to / "mine" / backbone.WEIGHTS_FILE).stat().st_size
    assert held < 0.7 * (made / backbone.WEIGHTS_FILE).stat().st_size
    text = (to / "mine" / "README.md").read_text()
    assert "--steps 7 --seed 3" in text and "50.0 % of single things named" in text


def test_a_run_ships_with_its_results_alone(run, capsys):
    with pytest.raises(SystemExit):
        ship.main([str(run)])
    assert "--results" in capsys.readouterr().err


def test_without_numbers_nothing_ships(run, tmp_path, capsys):
    results("other").save(tmp_path / "results.json")
    given = [str(run), "--results", str(tmp_path / "results.json"), "--to", str(tmp_path)]
    assert ship.main(given) == 2
    assert "no numbers of small" in capsys.readouterr().err
