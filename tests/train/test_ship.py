"""What is shipped is a small, whole folder with the numbers of its own variant."""

import json

import pytest

import avsl
from avsl.benchmark import Cost, Results, Row
from avsl.metrics.score import Score
from tests.train.small import SMALL
from train import ship
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


def test_without_numbers_nothing_ships(run, tmp_path, capsys):
    results("other").save(tmp_path / "results.json")
    given = [str(run), "--results", str(tmp_path / "results.json"), "--to", str(tmp_path)]
    assert ship.main(given) == 2
    assert "no numbers of small" in capsys.readouterr().err
