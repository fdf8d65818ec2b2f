"""The command: a table to read, files to keep, sentences for mistakes."""

import csv
import shutil

import pytest

from avsl import benchmark
from avsl.errors import SettingError
from avsl.variants.folders import SHIPPED
from tests.train.evaluation.making import FakeSet, case, single
from train import evaluate
from train.data.cases import Kind
from train.data.world import world_sets


@pytest.fixture
def sets(monkeypatch):
    """Two small sets in place of the real ones."""
    films = [case(f"film {i}", "lower left", 30, (0.5, 2.5), group=str(i)) for i in range(2)]
    kept = {
        "fake/single": single(6, expected=10),
        "fake/video": FakeSet(films, name="fake/video", kind=Kind.VIDEO),
    }

    def open_sets(names, root, seed):
        if not set(names) <= set(kept):
            raise SettingError("There is no such set.")
        return [kept[name] for name in names]

    monkeypatch.setattr(evaluate, "open_sets", open_sets)
    return kept


def run(*arguments):
    return evaluate.main([*arguments, "--quiet"])


def test_a_run_prints_every_number_and_writes_every_file(sets, tmp_path, capsys):
    out, file = tmp_path / "out", tmp_path / "elsewhere" / "scores.json"
    code = run("--variant", "centre", "--set", "fake/single", "fake/video",
               "--out", str(out), "--json", str(file))  # fmt: skip
    assert code == 0
    printed = capsys.readouterr().out
    assert "6 of 10" in printed and "test sweep (upstream)" in printed
    assert "note: fake/single, sync: 10 cases not evaluated. sync needs 2 s of video" in printed

    kept = benchmark.load(out / "results.json")
    assert {row.variant for row in kept.rows} == {"centre", "whole", "saliency", "sync"}
    assert set(kept.sets) == {"fake/single", "fake/video"}
    assert "--variant centre" in kept.made["command"] and kept.made["seed"] == "0"
    assert {cost.variant for cost in kept.costs} == {"centre", "whole", "saliency", "sync"}
    assert all(cost.peak_mb > 0 for cost in kept.costs)

    with (out / "results.csv").open() as rows:
        lines = list(csv.DictReader(rows))
    assert len(lines) == len(kept.rows)
    assert {"set", "variant", "protocol", "metric", "value", "low", "high"} <= set(lines[0])

    names = {path.name for path in (out / "plots").iterdir()}
    assert names == {"fake-single.png", "fake-single-curves.png",
                     "fake-video.png", "fake-video-curves.png"}  # fmt: skip
    assert all((out / each.picture).is_file() for each in kept.cases)
    assert all((file.parent / each.picture).is_file() for each in benchmark.load(file).cases)


def test_without_baselines_only_what_was_asked_for_runs(sets, tmp_path, capsys):
    run("--variant", "whole", "--set", "fake/single", "--no-baselines", "--out", str(tmp_path))
    kept = benchmark.load(tmp_path / "results.json")
    assert {row.variant for row in kept.rows} == {"whole"}


@pytest.mark.parametrize("own_first", [True, False])
def test_one_trained_again_is_told_from_the_one_that_ships(sets, tmp_path, own_first):
    own = str(shutil.copytree(SHIPPED / "lvs-tiny", tmp_path / "mine"))
    asked = [own, "lvs-tiny"] if own_first else ["lvs-tiny", own]
    run("--variant", *asked, "--set", "fake/single", "--no-baselines", "--out", str(tmp_path))
    rows = benchmark.load(tmp_path / "results.json").rows
    assert list(dict.fromkeys(row.variant for row in rows)) == asked


def test_a_variant_that_gives_no_number_on_a_set_fails_the_command(sets, tmp_path, capsys):
    arguments = ["--variant", "sync", "--set", "fake/single", "--out", str(tmp_path)]
    assert run(*arguments) == 1
    assert run(*arguments, "--no-baselines") == 1
    assert "No numbers" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--variant", "nobody", "--set", "fake/single"], "no variant called 'nobody'"),
        (["--variant", "whole", "--set", "nothing"], "There is no such set."),
        (["--variant", "whole"], "Name at least one set"),
        (["--set", "fake/single", "--no-baselines"], "Name at least one variant"),
        (["--variant", "whole", "--set", "fake/single", "--n", "0"], "at least 1, not 0"),
        (["--maps", "folder", "--set", "fake/single"], "leave --variant and --set out"),
    ],
)
def test_a_mistake_is_a_sentence(sets, tmp_path, capsys, arguments, said):
    assert run(*arguments, "--out", str(tmp_path)) == 2
    assert said in capsys.readouterr().err


def test_world_means_every_set_of_the_world_once(tmp_path):
    found = [each.name for each in evaluate.open_sets(["world/video", "world"], tmp_path, 0)]
    assert found[0] == "world/video" and len(set(found)) == len(found) == len(world_sets())
