"""A card says by what rule its maps are read, and what its weights had seen before."""

from dataclasses import replace

import pytest
import torch

from avsl.models.published import build
from avsl.variants.two_stream_card import MAP_RULE
from tests.train.stages.micro import micro
from train import objectives
from train.config import TrainConfig
from train.facts import facts
from train.objectives.base import TWO_STREAM
from train.stages import backbone
from train.validation import Validation

MEASURED = Validation(1, 2.0, ciou=31.5, auc=30.0, threshold=0.35, gate=0.2, found=50.0)
OF_A_BACKBONE = "frozen towers saw the class names and masks of the same world"


def trained_on(**changes) -> str:
    return facts(TrainConfig().changed(changes), MEASURED, 640)["trained_on"]


@pytest.mark.parametrize("name", objectives.names())
def test_a_calibrated_threshold_still_says_what_the_maps_of_two_streams_are(name):
    rule = facts(TrainConfig(objective=name), MEASURED, 640)["threshold_rule"]
    assert "31.5 cIoU" in rule
    assert (MAP_RULE in rule) == (objectives.make(name).family == TWO_STREAM)


def test_a_card_says_below_which_confidence_a_source_is_out_of_view_only_where_that_was_found():
    assert "absence_gate" not in facts(TrainConfig(), MEASURED, 640)
    found = facts(TrainConfig(), replace(MEASURED, absence=0.1, absent=30.0), 640)
    assert found["absence_gate"] == 0.1
    assert "30 % of the latter" in found["absence_rule"]


def test_weights_that_had_seen_something_before_are_told_of(tmp_path):
    torch.manual_seed(0)
    backbone.save(build(micro()), tmp_path / "backbone", {})
    assert OF_A_BACKBONE in trained_on(objective="acl", start=str(tmp_path / "backbone"))
    assert "ImageNet, with labels" in trained_on(start="imagenet")
    assert "CLIPSeg and BEATs as released" in trained_on(objective="acl", start="backbones")
    assert "went on from the weights of acl." in trained_on(objective="acl", start="acl")
    assert trained_on().endswith("a few dozen classes.")
    assert "ImageNet, with labels" in trained_on(start="imagenet", data="shards")


def test_guidance_is_not_called_without_labels():
    assert "no labels" in trained_on(objective="acl")
    guided = trained_on(objective="acl", guidance={"audio": 0.5})
    assert "no labels" not in guided and "words of their descriptions" in guided
