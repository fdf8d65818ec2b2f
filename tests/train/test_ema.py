"""The averaged network follows slowly, is never trained, and keeps the batch norms' statistics."""

import pytest
import torch
from torch import nn

from train.ema import averaged


def test_the_average_moves_by_a_thousandth_of_the_way():
    model = nn.Linear(1, 1)
    nn.init.constant_(model.weight, 1.0)
    average = averaged(model)
    average.update_parameters(model)
    nn.init.constant_(model.weight, 2.0)
    average.update_parameters(model)
    assert average.module.weight.item() == pytest.approx(1.001)
    average.update_parameters(model)
    assert average.module.weight.item() == pytest.approx(2 - 0.999**2)


def test_it_is_frozen_and_shares_nothing_with_the_model():
    model = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    average = averaged(model)
    average.update_parameters(model)
    assert not any(p.requires_grad for p in average.parameters())
    before = average.module[0].weight.clone()
    with torch.no_grad():
        model[0].weight.add_(1)
    assert torch.equal(average.module[0].weight, before)
    model(torch.randn(8, 2))
    average.update_parameters(model)
    assert torch.equal(average.module[1].running_mean, model[1].running_mean)
