"""LVS, EZ-VSL, MarginNCE, SLAVC and FNAC by hand, and what they have in common."""

from math import exp, log

import pytest
import torch
import torch.nn.functional as F
from torch.autograd import gradcheck

from avsl.models.twostream import TwoStreamOutput
from tests.train.objectives.support import output
from train.objectives import Moment, make, terms, total
from train.objectives.ez_vsl import ez_vsl_loss
from train.objectives.fnac import adjacency_losses
from train.objectives.lvs import lvs_loss, lvs_scores
from train.objectives.slavc import slavc_scores

FAMILY = ("ez_vsl", "fnac", "lvs", "margin_nce", "slavc")


def moment(**others) -> Moment:
    return Moment(target=output(heads=2, seed=1), **others)


# each by hand


def test_ez_vsl_is_the_sum_of_two_cross_entropies_over_the_best_places():
    out = output()
    logits = out.maps().amax((-2, -1)) / 0.03
    own = torch.arange(4)
    expected = F.cross_entropy(logits, own) + F.cross_entropy(logits.T, own)
    assert make("ez_vsl")(out, moment()).item() == pytest.approx(expected.item())


def test_margin_nce_is_ez_vsl_with_a_margin_below_zero():
    out = output()
    scores = out.maps().amax((-2, -1))
    expected = ez_vsl_loss(scores, 0.03, margin=-0.2)
    assert make("margin_nce")(out, moment()) == expected
    assert make("ez_vsl", margin=-0.2)(out, moment()) == expected
    assert expected < make("ez_vsl")(out, moment())


def test_lvs_weighs_sure_places_against_silent_ones_and_other_sounds():
    maps = torch.tensor([[[[0.8, 0.1]], [[0.2, 0.3]]], [[[-0.5, 0.5]], [[0.7, 0.66]]]]).double()

    def weigh(values, weigh_one):
        weights = [weigh_one(value) for value in values]
        return sum(w * v for w, v in zip(weights, values, strict=True)) / sum(weights)

    def sure(value):
        return 1 / (1 + exp(-(value - 0.65) / 0.03))

    def silent(value):
        return 1 - 1 / (1 + exp(-(value - 0.4) / 0.03))

    losses = []
    for own, other in (((0.8, 0.1), (0.2, 0.3)), ((0.7, 0.66), (-0.5, 0.5))):
        scores = weigh(own, sure), weigh(other, sure), weigh(own, silent)
        positive, easy, hard = (exp(score / 0.07) for score in scores)
        losses.append(-log(positive / (positive + easy + hard)))
    assert lvs_loss(*lvs_scores(maps)).item() == pytest.approx(sum(losses) / 2)


def test_lvs_stays_finite_where_a_network_is_sure_of_everything_or_of_nothing():
    for value in (-1.0, 1.0):
        maps = torch.full((3, 3, 2, 2), value, dtype=torch.float16, requires_grad=True)
        loss = lvs_loss(*lvs_scores(maps))
        loss.backward()
        assert torch.isfinite(loss) and torch.isfinite(maps.grad).all()


def test_slavc_scores_are_the_chance_of_sound_and_place_together():
    which_sound, which_place = 2 * torch.rand(2, 3, 3, 1, 2).double() - 1
    by_sound, by_place = (which_sound / 0.2).softmax(1), (which_place / 0.2).flatten(2).softmax(-1)
    expected = (by_sound.flatten(2) * by_place).sum(-1).log()
    assert torch.allclose(slavc_scores(which_sound, which_place, 0.2), expected)


def test_slavc_compares_each_side_with_the_other_sides_average():
    out, average = output(heads=2), output(heads=2, seed=1)
    own = torch.arange(4)
    losses = []
    for image, audio in ((out.image, average.audio), (average.image, out.audio)):
        maps = TwoStreamOutput(image, audio)
        losses.append(F.cross_entropy(slavc_scores(maps.maps(0), maps.maps(1)), own))
    loss = make("slavc")(out, Moment(target=average))
    assert loss.item() == pytest.approx(sum(losses).item())
    assert loss != make("slavc")(out, Moment(target=out))


def test_fnac_terms_by_hand():
    """Two clips; the first picture has one place above 0.6 of its span, the second has two."""
    image = torch.tensor([[[1.0, 0.0, 0.6], [0.0, 1.0, 0.8]], [[0.0, 0.8, 0.6], [1.0, 0.6, 0.8]]])
    audio = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    maps = torch.einsum("bcp,nc->bnp", image, audio)
    scores = maps.amax(-1)  # [[1, 1], [.8, 1]]
    foreground = torch.tensor([[1 / 3, 0.0], [0.0, 1 / 3]])  # 1, 0, .6 : .6 is not above
    means = image.mean(-1)

    def rows(similarity):
        return (similarity / 0.5).softmax(1)

    def distance(one, two):
        return (rows(one) - rows(two)).abs().mean()

    heard = audio @ audio.T
    expected = (
        distance(heard, scores),
        distance(heard, foreground @ foreground.T),
        distance(means @ means.T, scores),
    )
    # the second own map is 1, .6, .8, so .8 is half of its span: one place too
    found = adjacency_losses(image[..., None], audio, scores, temperature=0.5)
    assert [t.item() for t in found] == pytest.approx([t.item() for t in expected])


def test_fnac_is_ez_vsl_until_the_warm_up_is_over():
    out = output()
    before = make("fnac")(out, moment(progress=0.1))
    after = make("fnac")(out, moment(progress=0.15))
    assert before.total == make("ez_vsl")(out, moment()) == after.contrast
    parts = adjacency_losses(out.image[0], out.audio[0], out.maps().amax((-2, -1)))
    assert after.total.item() == pytest.approx((after.contrast + 100 * sum(parts)).item())
    assert set(terms(after)) == {"total", "contrast", "sounds", "foregrounds", "pictures"}


# what they have in common


@pytest.mark.parametrize("name", FAMILY)
def test_a_negative_margin_lowers_the_loss(name):
    out = output(heads=2)
    losses = [total(make(name, margin=m)(out, moment())).item() for m in (0.2, 0.0, -0.2, -0.4)]
    assert losses == sorted(losses, reverse=True) and losses[0] > losses[-1]


@pytest.mark.parametrize("name", FAMILY)
def test_gradients_are_those_of_the_loss(name):
    out = output(3, heads=2)
    objective = make(name, margin=-0.1, temperature=0.3)
    exclude = torch.eye(3, dtype=torch.bool).roll(1, 0)
    target = output(3, heads=2, seed=1)

    def loss(*features):
        again = TwoStreamOutput(features[:2], features[2:])
        return total(objective(again, Moment(exclude=exclude, target=target)))

    features = [feature.requires_grad_() for feature in (*out.image, *out.audio)]
    assert gradcheck(loss, features, fast_mode=True)


@pytest.mark.parametrize("name", FAMILY)
def test_a_step_downhill_draws_pairs_together_and_the_others_apart(name):
    out = output(6, heads=2, dtype=torch.float32)
    free = [feature.clone().requires_grad_() for feature in (*out.image, *out.audio)]
    target = output(6, heads=2, dtype=torch.float32)
    optimizer = torch.optim.Adam(free, lr=0.03)

    def unit():
        features = [F.normalize(feature, dim=1) for feature in free]
        return TwoStreamOutput(tuple(features[:2]), tuple(features[2:]))

    def gap():
        scores = unit().maps().amax((-2, -1))
        return (scores.diagonal().mean() - scores.mean()).item()

    before = gap()
    for _ in range(10):
        optimizer.zero_grad()
        total(make(name)(unit(), Moment(target=target))).backward()
        optimizer.step()
    assert gap() > before + 0.05


@pytest.mark.parametrize("name", FAMILY)
def test_a_false_negative_that_is_excluded_does_not_count(name):
    """A clip and its copy: telling them to part costs less once they are excluded."""
    out = output(heads=2)
    twins = TwoStreamOutput(
        tuple(image[[0, 0, 2, 3]] for image in out.image),
        tuple(audio[[0, 0, 2, 3]] for audio in out.audio),
    )
    exclude = torch.zeros(4, 4, dtype=torch.bool)
    exclude[0, 1] = exclude[1, 0] = True
    objective = make(name)
    told_apart = objective(twins, Moment(target=twins))
    spared = objective(twins, Moment(target=twins, exclude=exclude))
    assert total(spared) < total(told_apart)


@pytest.mark.parametrize("name", FAMILY)
def test_more_sounds_than_pictures_are_more_negatives(name):
    out, more = output(heads=2), output(4, 6, heads=2, seed=1)
    wide = TwoStreamOutput(
        out.image, tuple(torch.cat([a, b[4:]]) for a, b in zip(out.audio, more.audio, strict=True))
    )
    few, many = (total(make(name)(given, Moment(target=given))) for given in (out, wide))
    assert many > few
