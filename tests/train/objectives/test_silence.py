"""SaN's terms: each is of what it is named after, and each empties or steadies the map."""

import pytest
import torch
from torch.autograd import gradcheck

from train.objectives import total
from train.objectives.silence import SilenceTerms, area_loss, soft_area, steadiness_loss

PAIRS = torch.zeros(2, 2)


def test_each_weight_goes_with_its_own_sound():
    """The released code has silence and noise the wrong way round."""
    given = {
        "silence_area": torch.tensor([0.2, 0.4]),
        "noise_area": torch.tensor([0.5]),
        "clean": PAIRS,
        "noisy": PAIRS + 0.1,
    }
    loss = SilenceTerms(silence=10, noise=3, noisy=2)(**given)
    parts = [loss.silence.item(), loss.noise.item(), loss.noisy.item()]
    assert parts == pytest.approx([3.0, 1.5, 0.02])
    assert total(loss).item() == pytest.approx(4.52)
    assert SilenceTerms(silence=0)(**given).silence == 0


def test_an_empty_map_and_a_steady_score_cost_nothing():
    assert area_loss(torch.zeros(3)) == 0
    assert steadiness_loss(PAIRS, PAIRS) == 0


def test_soft_area_is_the_share_of_places_that_are_marked():
    maps = torch.full((2, 4, 4), -0.6)
    maps[0, :2] = 0.9
    assert soft_area(maps).tolist() == pytest.approx([0.5, 0.0], abs=0.01)


def test_going_downhill_empties_the_map():
    maps = torch.rand(2, 3, 3, dtype=torch.float64, requires_grad=True)
    area_loss(soft_area(maps)).backward()
    assert (maps.grad > 0).all()
    assert gradcheck(lambda m: area_loss(soft_area(m)), maps)
