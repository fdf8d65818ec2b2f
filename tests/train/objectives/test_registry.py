"""An objective is a file: found by its name, made with its settings, errors in a sentence."""

import dataclasses

import pytest

from avsl.errors import SettingError
from train.objectives import make, names
from train.objectives.base import CLIP, TWO_STREAM


def test_every_objective_is_beside_the_others_with_a_margin():
    assert {"acl", "ez_vsl", "fnac", "lvs", "margin_nce", "slavc"} <= set(names())
    for name in names():
        objective = make(name, margin=-0.35)
        assert objective.margin == -0.35
        assert objective.family in (TWO_STREAM, CLIP)
        with pytest.raises(dataclasses.FrozenInstanceError):
            objective.margin = 0.0


def test_published_settings_are_the_defaults():
    for name in names():
        assert make(name).margin == (-0.2 if name == "margin_nce" else 0.0)
    assert make("slavc").heads == 2 and make("slavc").needs_target


def test_what_there_is_not_is_said_with_what_there_is():
    with pytest.raises(SettingError, match=r"'marginnce'.*margin_nce"):
        make("marginnce")
    with pytest.raises(SettingError, match=r"lvs has no setting 'tau'.*temperature, margin"):
        make("lvs", tau=0.1)
