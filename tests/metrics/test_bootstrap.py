"""The intervals hold the truth about as often as they promise, and follow the groups."""

import time

import pytest
import torch

from avsl.metrics.bootstrap import interval, mean_interval, weights
from avsl.metrics.extended import ap


def test_an_interval_holds_the_truth_about_95_times_in_100():
    generator = torch.Generator().manual_seed(1)
    samples = (torch.rand(300, 80, generator=generator) < 0.4).double()
    cases = torch.arange(80)
    held = 0
    for seed, sample in enumerate(samples):
        low, high = mean_interval(sample, cases, resamples=400, seed=seed)
        held += low <= 0.4 <= high
    assert 0.90 <= held / 300 <= 0.98


def test_cases_of_a_group_are_drawn_together():
    drawn = weights(torch.tensor([5, 5, 9, 9]), resamples=50)
    assert torch.equal(drawn[:, 0], drawn[:, 1]) and torch.equal(drawn[:, 2], drawn[:, 3])
    assert (drawn.sum(1) == 4).all()


def test_copies_of_a_case_do_not_narrow_the_interval():
    values = torch.rand(30, generator=torch.Generator().manual_seed(2))
    alone = mean_interval(values, torch.arange(30))
    copied = mean_interval(values.repeat_interleave(20), torch.arange(30).repeat_interleave(20))
    assert copied == pytest.approx(alone)


def test_the_same_seed_gives_the_same_interval():
    values = torch.rand(50, generator=torch.Generator().manual_seed(3))
    assert mean_interval(values, torch.arange(50)) == mean_interval(values, torch.arange(50))


def test_weights_are_copies():
    """The AP of a resample is that of a set in which cases are repeated."""
    generator = torch.Generator().manual_seed(4)
    right = torch.rand(40, generator=generator) < 0.6
    sounding = torch.rand(40, generator=generator) < 0.7
    confidence = torch.rand(40, generator=generator)
    times = torch.randint(1, 3, (40,), generator=generator)
    repeated = [column.repeat_interleave(times) for column in (right, sounding, confidence)]
    weighted = ap(right, sounding, confidence, times[None].double())
    # A repeated lowest confidence is a step of its own, hence not exactly the same.
    assert weighted.item() == pytest.approx(ap(*repeated).item(), abs=0.03)


def test_a_thousand_resamples_of_a_large_set_are_quick():
    values = torch.rand(5158)
    started = time.perf_counter()
    low, high = interval(lambda drawn: (drawn @ values.double()) / 5158, torch.arange(5158))
    assert low < 0.5 + 0.02 and high > 0.5 - 0.02
    assert time.perf_counter() - started < 5  # 0.1 s on a quiet machine
