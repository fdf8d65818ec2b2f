"""A study: what its trials leave, how seeds are brought together, what the tables show."""

import json
from math import isnan

import pytest
import torch
from PIL import Image

import avsl
from tests.train.small import SMALL
from train.measures import measured
from train.presets import presets
from train.studies import curves, plan, restore, run, summary, tables
from train.studies.plan import SEEDS, STUDIES, Trial, trials
from train.studies.summary import Estimate


@pytest.fixture
def small_study(monkeypatch):
    """Two margins, two seeds, trainings of a second."""
    arms = [
        (
            f"ez-vsl, noise 0, margin {margin:g}",
            SMALL.changed({"objective_settings.margin": margin}),
        )
        for margin in (0.0, -0.2)
    ]
    monkeypatch.setitem(STUDIES, "small", lambda: iter(arms))
    monkeypatch.setattr(plan, "SEEDS", (0, 1))
    monkeypatch.setattr(run, "SCENES", 8)


def test_a_study_is_run_once_summed_up_and_shown(small_study, monkeypatch, tmp_path, capsys):
    assert run.main(["small", "--out", str(tmp_path)]) == 0
    first = capsys.readouterr().out
    assert first.count("cIoU") == 4
    assert run.main(["small", "--out", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "", "what is done is not done again"

    kept = sorted(path for path in tmp_path.rglob("*") if path.is_file())
    assert {path.name for path in kept} == {run.TRIAL}, "figures, not gigabytes"
    trial = json.loads(kept[0].read_text())
    assert set(trial["test"]) == set(run.TEST_SETS) and len(trial["validation"]) == 1

    monkeypatch.setitem(STUDIES, "again", lambda: ((f"as {n}", c) for n, c in STUDIES["small"]()))
    monkeypatch.setattr(run, "train", None)
    some = ["again", "--out", str(tmp_path), "--arm", "as *margin 0", "--seed", "1"]
    assert run.main(some) == 0, "the same trainings are not done twice"
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("again: as ez-vsl, noise 0, margin 0 seed 1: cIoU")

    summary.main(["small", "--trials", str(tmp_path), "--to", str(tmp_path / "results")])
    told = json.loads((tmp_path / "results" / "small.json").read_text())
    assert (told["trials"], told["expected"]) == (4, 4)
    arm = told["arms"]["ez-vsl, noise 0, margin -0.2"]
    assert arm["seeds"] == [0, 1] and arm["config"]["objective_settings"]["margin"] == -0.2
    single = arm["test"]["single"]["on_source"]
    assert single["mean"] == pytest.approx(sum(single["each"]) / 2, abs=0.01)
    shown = tables.table(told)
    assert "| m = 0 | m = -0.2 |" in shown and "ez-vsl, noise 0" in shown

    elsewhere = tmp_path / "another machine"
    restore.main(["small", "--results", str(tmp_path / "results"), "--out", str(elsewhere)])
    summary.main(["small", "--trials", str(elsewhere), "--to", str(elsewhere)])
    assert json.loads((elsewhere / "small.json").read_text()) == told
    assert "small: 4 of 4 trials restored" in capsys.readouterr().out

    assert curves.main(["small", "--results", str(tmp_path / "results")]) == 0
    assert Image.open(tmp_path / "results" / "small.png").size > (300, 200)


def test_a_study_that_was_killed_goes_on_and_may_keep_its_weights(
    small_study, monkeypatch, tmp_path, capsys
):
    given = ["small", "--out", str(tmp_path), "--seed", "0", "--keep"]
    with monkeypatch.context() as killed:
        killed.setattr(run, "test", None)
        with pytest.raises(TypeError):
            run.main(given)
    assert not list(tmp_path.rglob(run.TRIAL)) and list(tmp_path.rglob("state.pt"))
    assert run.main(given) == 0
    assert capsys.readouterr().out.count("cIoU") == 2
    for trial in trials("small"):
        if trial.config.seed == 0:
            assert avsl.load(str(tmp_path / "small" / trial.folder)).card.name == "small"


def test_an_unfinished_study_says_how_to_go_on(tmp_path, capsys):
    assert summary.main(["margins", "--trials", str(tmp_path), "--to", str(tmp_path)]) == 2
    assert "python -m train.studies.run margins" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_gains_of_a_margin_are_taken_seed_by_seed():
    """Seeds differ by far more than margins do, and a seed that lacks its partner says nothing."""

    def arm(**ciou_of_seed):
        each = list(ciou_of_seed.values())
        measures = dict.fromkeys(("ciou", "auc", "on_source"), vars(Estimate.of(each)))
        return {"seeds": list(ciou_of_seed), "test": {"single": measures}}

    arms = {
        "lvs, noise 0.4, margin 0": arm(a=10.0, b=30.0, c=50.0),
        "lvs, noise 0.4, margin -0.2": arm(a=11.0, b=32.0, d=90.0),
        "fnac, noise 0.4, margin 0": arm(a=20.0, b=20.0),
        "fnac, noise 0.4, margin -0.2": arm(a=17.0, b=16.0),
    }
    shown = tables.table({"arms": arms}).splitlines()
    lvs, fnac, both = shown[-3:]
    assert lvs.startswith("| lvs, noise 0.4 | +1.5 ± ")
    assert fnac.startswith("| fnac, noise 0.4 | -3.5 ± ")
    assert both.startswith("| all, noise 0.4 | -1.0 ± ")


@pytest.mark.parametrize("study", STUDIES)
def test_arms_of_a_study_differ_and_come_with_every_seed(study):
    found = trials(study)
    assert len({each.name for each in found}) == len(found)
    configs = [each.config.to_dict() for each in found]
    assert all(configs.count(config) == 1 for config in configs)
    for arm in {each.arm for each in found}:
        assert {each.config.seed for each in found if each.arm == arm} == set(SEEDS)
    assert all(isinstance(each, Trial) for each in found)


def test_margins_are_swept_in_every_contrastive_method_under_noise():
    found = trials("margins") + trials("margins-acl")
    objectives = {each.config.objective for each in found}
    assert objectives == {"lvs", "ez_vsl", "slavc", "fnac", "acl"}
    assert {each.config.mismatched for each in found} == set(plan.NOISE)
    budgets = {
        (each.config.steps, each.config.scenes, each.config.batch)
        for each in found
        if each.config.objective != "acl"
    }
    assert len(budgets) == 1, "equal budgets"
    assert presets()["acl-tiny"].guidance == {}


def test_an_interval_is_students():
    found = Estimate.of([10.0, 12.0, 14.0])
    assert found.mean == 12.0
    assert found.half_width == pytest.approx(4.303 * 2.0 / 3**0.5, abs=0.01)
    assert isnan(Estimate.of([3.0]).half_width) and str(Estimate.of([3.0])) == "3.0"


def test_measures_of_maps_whose_answers_are_known():
    truth = torch.zeros(3, 8, 8, dtype=torch.bool)
    truth[:, :4, :4] = True
    silent = torch.zeros_like(truth)
    silent[:, 4:, 4:] = True
    maps = torch.zeros(3, 8, 8)
    maps[0, :4, :4] = 0.9  # right
    maps[1, 4:, 4:] = 0.9  # on the silent one
    maps[2, :4, :2] = 0.9  # half of it
    found = measured(maps, truth, silent, threshold=0.5)
    assert found.on_source == pytest.approx(200 / 3) and found.on_silent == pytest.approx(100 / 3)
    assert found.miou == pytest.approx(100 * (1 + 0 + 0.5) / 3, abs=1e-3)
    assert found.ciou == pytest.approx(200 / 3), "an overlap of a half counts"
    assert found.covered == pytest.approx(100 * (1 + 0 + 0.5) / 3)
    assert found.inside == pytest.approx(100 * 2 / 3)
