"""LLM guidance: values by hand, gradients by differences, and every switch."""

import math
from dataclasses import replace

import pytest
import torch

from avsl.errors import SettingError
from train.guidance.text_features import SceneText
from train.objectives.guided import GuidanceWeights, alignment_loss, guided_loss, isolation_loss

X, Y = (1.0, 0.0), (0.0, 1.0)
PLAIN = GuidanceWeights(temperature=1.0)


def scene_text(heard, silent=None, is_silent=None, is_there=None) -> SceneText:
    heard = torch.tensor(heard)
    there = torch.ones(len(heard), dtype=torch.bool) if is_there is None else torch.tensor(is_there)
    silent = torch.zeros(len(heard), 0, heard.shape[1]) if silent is None else torch.tensor(silent)
    if is_silent is None:
        is_silent = torch.ones(silent.shape[:2], dtype=torch.bool)
    return SceneText(heard, heard, there, there, silent, torch.as_tensor(is_silent))


def share(own: float, *others: float) -> float:
    return -math.log(math.exp(own) / sum(math.exp(each) for each in (own, *others)))


def test_two_scenes_by_hand():
    audio = torch.tensor([[2.0, 0.0], [0.6, 0.8]])  # the second points at 0.6, 0.8
    loss = guided_loss(audio, audio, scene_text([X, Y]), PLAIN)
    forth = (share(1.0, 0.0) + share(0.8, 0.6)) / 2
    back = (share(1.0, 0.6) + share(0.8, 0.0)) / 2
    assert loss.audio.item() == pytest.approx((forth + back) / 2, abs=1e-6)
    assert loss.visual.item() == pytest.approx(loss.audio.item())
    assert loss.total.item() == pytest.approx(2 * loss.audio.item()) and loss.isolation == 0


def test_a_silent_object_of_the_scene_is_a_negative():
    audio = torch.tensor([[0.6, 0.8]])
    text = scene_text([X], silent=[[Y, Y]], is_silent=[[True, False]])
    assert guided_loss(audio, audio, text, PLAIN).audio.item() == pytest.approx(
        share(0.6, 0.8) / 2, abs=1e-6
    )
    twice = replace(PLAIN, silent=2.0)
    assert guided_loss(audio, audio, text, twice).audio.item() == pytest.approx(
        share(0.6, 0.8, 0.8) / 2, abs=1e-6
    )
    for off in (replace(PLAIN, use_silent=False), replace(PLAIN, silent=0.0)):
        assert guided_loss(audio, audio, text, off).audio.item() == pytest.approx(0.0, abs=1e-6)


def test_a_silent_phrase_that_says_the_same_is_none():
    audio = torch.tensor([[0.6, 0.8]])
    text = scene_text([X], silent=[[X]])
    assert guided_loss(audio, audio, text, PLAIN).audio.item() == pytest.approx(0.0, abs=1e-6)


def test_similar_scenes_are_filtered_unless_switched_off():
    audio = torch.tensor([X, X])
    text = scene_text([X, X])
    assert guided_loss(audio, audio, text, PLAIN).audio.item() == pytest.approx(0.0, abs=1e-6)
    unfiltered = guided_loss(audio, audio, text, replace(PLAIN, use_filter=False)).audio
    assert unfiltered.item() == pytest.approx(math.log(2), abs=1e-6)


def test_the_loss_falls_with_a_negative_margin():
    audio = torch.tensor([X, (0.6, 0.8)])
    losses = [
        guided_loss(audio, audio, scene_text([X, Y]), replace(PLAIN, margin=margin)).audio.item()
        for margin in (0.2, 0.0, -0.2, -0.4)
    ]
    assert losses == sorted(losses, reverse=True)
    own = torch.tensor([True])
    by_hand = alignment_loss(
        torch.tensor([[0.6, 0.8]]), torch.tensor([X]), own, torch.zeros(1, 1, dtype=torch.bool),
        torch.tensor([[Y]]), own[None], replace(PLAIN, margin=-0.2),
    )  # fmt: skip
    assert by_hand.item() == pytest.approx(share(0.8, 0.8) / 2, abs=1e-6)


def test_scenes_without_words_count_for_nothing():
    audio = torch.tensor([X, (0.6, 0.8), Y], requires_grad=True)
    text = scene_text([X, Y, (0.0, 0.0)], is_there=[True, True, False])
    loss = guided_loss(audio, audio, text, PLAIN)
    two = guided_loss(audio[:2], audio[:2], scene_text([X, Y]), PLAIN)
    assert loss.total.item() == pytest.approx(two.total.item(), abs=1e-6)
    loss.total.backward()
    assert audio.grad[2].abs().sum() == 0 and audio.grad[1].abs().sum() > 0
    nobody = scene_text([(0.0, 0.0)] * 3, is_there=[False] * 3)
    empty = guided_loss(audio, audio, nobody, PLAIN).total
    empty.backward()
    assert empty == 0 and audio.grad.isfinite().all()


def test_gradients_are_those_of_differences():
    torch.manual_seed(0)
    make = {"dtype": torch.float64}
    audio, visual = (torch.randn(4, 5, requires_grad=True, **make) for _ in range(2))
    words = torch.nn.functional.normalize(torch.randn(4, 5, **make), dim=-1)
    silent = torch.nn.functional.normalize(torch.randn(4, 2, 5, **make), dim=-1)
    there = torch.tensor([True, True, True, False])
    text = SceneText(words, words, there, there, silent, torch.rand(4, 2) > 0.3)
    regions = torch.rand(4, 2, 3, 3, requires_grad=True, **make)
    weights = GuidanceWeights(0.7, use_isolation=True, margin=-0.2, most_similar=0.3)

    def total(*given):
        return guided_loss(given[0], given[1], text, weights, given[2]).total

    assert torch.autograd.gradcheck(total, (audio, visual, regions))


def test_training_turns_the_sound_to_its_words_and_from_the_silent_twin():
    audio = torch.tensor([[0.6, 0.8], [0.8, 0.6]], requires_grad=True)
    text = scene_text([X, Y], silent=[[Y], [X]])
    guided_loss(audio, audio.detach(), text, PLAIN).audio.backward()
    assert audio.grad[0, 0] < 0 < audio.grad[0, 1]


@pytest.mark.parametrize("term", ["audio", "visual", "isolation"])
def test_every_term_has_a_weight_and_a_switch(term):
    audio = torch.tensor([X, (0.6, 0.8)])
    regions = torch.rand(2, 2, 4, 4)
    on = replace(PLAIN, use_isolation=True)
    once = guided_loss(audio, audio, scene_text([X, Y]), on, regions)
    triple = replace(on, **{term: 3.0})
    off = replace(on, **{f"use_{term}": False})
    value = getattr(once, term).item()
    assert value > 0
    thrice = guided_loss(audio, audio, scene_text([X, Y]), triple, regions)
    none = guided_loss(audio, audio, scene_text([X, Y]), off, regions)
    assert getattr(thrice, term).item() == pytest.approx(3 * value)
    assert getattr(none, term) == 0
    assert none.total.item() == pytest.approx(once.total.item() - value, abs=1e-6)


def test_regions_that_part_cost_nothing():
    left, right = torch.zeros(4, 4), torch.zeros(4, 4)
    left[:, :2] = 1
    right[:, 2:] = 1
    half = torch.ones(4, 4)
    apart = torch.stack([left, right])[None]
    within = torch.stack([left, half])[None]
    assert isolation_loss(apart) == 0
    assert isolation_loss(within) == 1  # the smaller lies wholly in the larger
    assert isolation_loss(0.5 * within).item() == pytest.approx(0.5)
    three = torch.stack([left, right, half])[None]
    assert isolation_loss(three).item() == pytest.approx(2 / 3)
    assert isolation_loss(three, torch.tensor([[True, True, False]])) == 0
    assert isolation_loss(three, torch.tensor([[True, False, False]])) == 0


def test_isolation_without_regions_is_refused():
    audio = torch.tensor([X, Y])
    with pytest.raises(SettingError, match="needs regions"):
        guided_loss(audio, audio, scene_text([X, Y]), replace(PLAIN, use_isolation=True))
