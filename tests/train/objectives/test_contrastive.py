"""InfoNCE with a margin: by hand, by its sign, by its gradient, and whom it leaves alone."""

from itertools import pairwise
from math import exp, log

import pytest
import torch
from torch.autograd import gradcheck

from train.objectives.contrastive import find_both, find_own, margin_logits, own_maps
from train.objectives.pooling import pool, soft_maximum

COSINES = torch.tensor([[0.6, 0.1], [0.3, 0.2]], dtype=torch.float64)


def nce(own: float, others: list[float], tau: float, margin: float) -> float:
    """The formula of the paper, for one direction of one pair."""
    lifted = exp((own - margin) / tau)
    return -log(lifted / (lifted + sum(exp(other / tau) for other in others)))


@pytest.mark.parametrize("margin", [-0.3, 0.0, 0.1])
def test_the_loss_is_the_papers_formula_in_both_directions(margin):
    loss = find_both(margin_logits(COSINES, 0.2, margin))
    pictures = (nce(0.6, [0.1], 0.2, margin) + nce(0.2, [0.3], 0.2, margin)) / 2
    sounds = (nce(0.6, [0.3], 0.2, margin) + nce(0.2, [0.1], 0.2, margin)) / 2
    assert loss.item() == pytest.approx(pictures + sounds)


def test_the_loss_falls_as_the_margin_goes_further_below_zero():
    similarity = 2 * torch.rand(6, 6, generator=torch.Generator().manual_seed(0)) - 1
    losses = [
        find_both(margin_logits(similarity, 0.1, m)).item() for m in (0.1, 0, -0.1, -0.2, -0.4)
    ]
    assert losses == sorted(losses, reverse=True) and losses[0] > losses[-1] + 1


def test_a_negative_margin_forgives_a_pair_that_matches_badly():
    """A pair just behind the others is drawn in less: the boundary is less strict."""
    pulls = []
    for margin in (0.0, -0.4):
        similarity = COSINES.clone().requires_grad_()
        find_own(margin_logits(similarity, 0.1, margin)).backward()
        assert similarity.grad[1, 1] < 0 < similarity.grad[1, 0]
        pulls.append(-similarity.grad[1, 1])
    assert pulls[1] < 0.2 * pulls[0]


def test_gradients():
    similarity = torch.randn(4, 6, dtype=torch.float64, requires_grad=True)
    exclude = torch.rand(4, 4) < 0.3
    assert gradcheck(lambda s: find_both(margin_logits(s, 0.5, -0.2, exclude)), similarity)


def test_sounds_without_a_picture_are_negatives_of_pictures_only():
    wide = torch.cat([COSINES, torch.tensor([[0.4], [0.5]])], dim=1)
    loss = find_both(margin_logits(wide, 0.2))
    pictures = (nce(0.6, [0.1, 0.4], 0.2, 0) + nce(0.2, [0.3, 0.5], 0.2, 0)) / 2
    sounds = (nce(0.6, [0.3], 0.2, 0) + nce(0.2, [0.1], 0.2, 0)) / 2
    assert loss.item() == pytest.approx(pictures + sounds)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16])
def test_excluded_pairs_are_not_pushed_away_and_own_pairs_cannot_be(dtype):
    similarity = COSINES.to(dtype, copy=True).requires_grad_()
    exclude = torch.tensor([[True, True], [False, True]])
    wide = torch.cat([similarity, torch.full((2, 1), 0.4, dtype=dtype)], dim=1)
    logits = margin_logits(wide, 0.2, -0.1, exclude)
    find_own(logits.double()).backward()
    assert similarity.grad[0, 1] == 0
    assert similarity.grad[1, 0] > 0 and similarity.grad[0, 0] < 0
    assert torch.isfinite(similarity.grad).all()


def test_own_maps_are_of_the_diagonal():
    maps = torch.arange(2 * 3 * 4.0).view(2, 3, 2, 2)
    assert torch.equal(own_maps(maps), torch.stack([maps[0, 0], maps[1, 1]]))


# pooling


def test_pooling_is_the_maximum_unless_it_anneals():
    maps = torch.rand(3, 4, 5, 5)
    assert torch.equal(pool(maps, 0.0), maps.amax((-2, -1)))
    assert torch.equal(pool(maps, 0.5, anneal=0.5), maps.amax((-2, -1)))


def test_annealed_pooling_sharpens_from_near_the_mean_into_the_maximum():
    maps = torch.rand(3, 5, 5, generator=torch.Generator().manual_seed(0))
    steps = [pool(maps, progress, anneal=0.5) for progress in (0.0, 0.1, 0.2, 0.3, 0.4, 0.499)]
    for before, after in pairwise(steps):
        assert (after > before).all()
    mean, best = maps.mean((-2, -1)), maps.amax((-2, -1))
    assert (steps[0] < (mean + 3 * best) / 4).all()
    assert torch.allclose(steps[-1], best, atol=0.02)


def test_every_place_is_heard_at_a_soft_start():
    maps = torch.rand(1, 4, 4, dtype=torch.float64, requires_grad=True)
    soft_maximum(maps, 0.0).sum().backward()
    assert torch.allclose(maps.grad, torch.full_like(maps, 1 / 16))
    assert gradcheck(lambda m: soft_maximum(m, 5.0), maps)
