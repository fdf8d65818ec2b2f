"""What a training is judged by: a network that knows the truth is right, and the gate holds."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from tests.train.small import SMALL
from train import validation
from train.learning.base import Batch, Prepared
from train.validation import PASSED, Scenes, absence_gate, validate


class Knowing:
    """A stand-in whose maps are the truth, and whose confidence tells what is in view."""

    def __init__(self, scenes: Scenes, strength: float) -> None:
        self.module = nn.Linear(1, 1)
        self.scenes, self.strength = scenes, strength

    def prepare(self, batch):
        return Prepared({"images": batch.images})

    def loss(self, prepared, moment):
        return prepared.values["images"].mean()

    def maps(self, prepared):
        batch = Batch(prepared.values["images"], torch.empty(0))
        if torch.equal(batch.images, self.scenes.out_of_view.images[: len(batch)]):
            return torch.zeros(len(batch), 8, 8), torch.linspace(0, 1, len(batch))
        rows = [
            next(i for i, own in enumerate(self.scenes.batch.images) if torch.equal(own, image))
            for image in batch.images
        ]
        return self.strength * self.scenes.truth[rows].float(), torch.full((len(batch),), 0.99)


@pytest.fixture(scope="module")
def scenes():
    return Scenes.of(SMALL.changed({"validation_scenes": 40, "batch": 40}))


def test_the_truth_is_found_at_any_strength_and_the_threshold_follows_it(scenes):
    config = SMALL.changed({"batch": 40})
    for strength, most in ((1.0, 0.95), (0.4, 0.4)):
        found = validate(Knowing(scenes, strength), scenes, config, 7)
        assert (found.step, found.ciou) == (7, 100.0)
        assert 0 < found.threshold <= most
    assert found.score == (found.ciou + found.auc) / 2


def test_a_tenth_of_the_scenes_without_a_source_in_view_pass_the_gate(scenes):
    found = validate(Knowing(scenes, 1.0), scenes, SMALL.changed({"batch": 40}), 1)
    deaf = torch.linspace(0, 1, 20)
    assert (deaf >= found.gate).sum() == round(PASSED * 20)
    assert found.found == 100.0


class Mistaken(Knowing):
    """Marks what is silent wherever there is such a thing, and is ``sure`` of it or not."""

    def __init__(self, scenes: Scenes, sure: bool) -> None:
        silent = scenes.silent
        there = silent.flatten(1).any(1)
        truth = torch.where(there[:, None, None], silent, scenes.truth)
        super().__init__(replace(scenes, truth=truth), 1.0)
        self.there, self.sure = there, sure

    def maps(self, prepared):
        maps, sure = super().maps(prepared)
        if len(maps) == len(self.there):
            sure = torch.where(self.there & (not self.sure), 0.0, sure)
        return maps, sure


def test_mistakes_that_nobody_is_shown_count_for_less(scenes):
    config = SMALL.changed({"batch": 40})
    share = 100 * scenes.silent.flatten(1).any(1).float().mean().item()
    assert 0 < share < 100
    for sure in (True, False):
        found = validate(Mistaken(scenes, sure), scenes, config, 1)
        assert found.on_silent == pytest.approx(share)
        assert found.wrong == pytest.approx(share if sure else 0.0)
        assert found.found == pytest.approx(100 if sure else 100 - share)


def test_scenes_are_matched_whatever_the_noise_of_training_and_the_same_for_every_seed(scenes):
    noisy = SMALL.changed({"validation_scenes": 40, "mismatched": 0.4, "seed": 5})
    again = Scenes.of(noisy)
    assert torch.equal(again.batch.images, scenes.batch.images)
    assert torch.equal(again.batch.waveforms, scenes.batch.waveforms)
    assert scenes.truth.flatten(1).any(1).all()
    assert len(scenes.out_of_view) == 20


def test_a_source_is_out_of_view_below_a_confidence_that_hardly_any_in_view_has():
    away = np.linspace(0, 1, 200)
    gate = absence_gate(np.linspace(0.5, 1, 400), away)
    assert 0.5 < gate < 0.55, "a few in view may lie below it, not more"
    assert absence_gate(np.linspace(0.01, 1, 400), away) is None
    assert absence_gate(np.array([0.9, 0.95]), away) is None, "two scenes prove nothing"


def test_a_validation_finds_that_gate_where_its_scenes_are_enough(scenes, monkeypatch):
    config = SMALL.changed({"batch": 40})
    assert validate(Knowing(scenes, 1.0), scenes, config, 1).absent == 0
    monkeypatch.setattr(validation, "ABSENT", 0.9)
    found = validate(Knowing(scenes, 1.0), scenes, config, 1)
    assert found.absence == pytest.approx(0.95, abs=0.06)
    assert found.absent == pytest.approx(95, abs=6)
