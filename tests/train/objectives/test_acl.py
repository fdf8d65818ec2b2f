"""ACL's margin: none leaves the published losses to the bit, a negative one is less strict."""

import pytest
import torch
import torch.nn.functional as F
from torch.autograd import gradcheck

from avsl.models.acl import TrainingOutput
from train.objectives import Moment, make
from train.objectives.acl import acl_loss, feature_loss, image_loss


def training_output(clips: int = 5) -> TrainingOutput:
    draw = torch.Generator().manual_seed(0)
    v_f, v_i, audio = (
        torch.randn(*shape, generator=draw) for shape in ((clips, clips, 8), (clips, 8), (clips, 8))
    )
    areas = torch.tensor(0.3), torch.tensor(0.1)
    return TrainingOutput(v_f, v_i, audio, torch.zeros(clips, clips, 2, 2), *areas)


def test_without_a_margin_the_losses_are_the_published_ones_to_the_bit():
    out = training_output()
    own = torch.arange(5)

    def published(cosine):
        logits = cosine / 0.07
        return (F.cross_entropy(logits, own) + F.cross_entropy(logits.T, own)) / 2

    v_f, v_i, audio = (F.normalize(x, dim=-1) for x in (out.v_f, out.v_i, out.audio))
    assert image_loss(out.v_i, out.audio) == published(v_i @ audio.T)
    expected = published(torch.einsum("bne,be->bn", v_f, audio))
    assert feature_loss(out.v_f, out.audio) == expected
    assert make("acl")(out, Moment()).total == acl_loss(out).total


def test_a_negative_margin_lowers_both_contrasts_and_leaves_the_area():
    out = training_output()
    strict, lenient = (make("acl", margin=m)(out, Moment()) for m in (0.0, -0.3))
    assert lenient.image < strict.image and lenient.feature < strict.feature
    assert lenient.area == strict.area


def test_excluded_pairs_are_no_negatives_at_either_level():
    out = training_output()
    exclude = torch.zeros(5, 5, dtype=torch.bool)
    exclude[0, 1] = exclude[1, 0] = True
    all_pairs, spared = (make("acl")(out, Moment(exclude=e)) for e in (None, exclude))
    assert spared.image < all_pairs.image and spared.feature < all_pairs.feature


@pytest.mark.parametrize("loss", [image_loss, feature_loss])
def test_gradients(loss):
    seen = torch.randn(*(3, 4) if loss is image_loss else (3, 3, 4), dtype=torch.float64)
    audio = torch.randn(3, 4, dtype=torch.float64)
    assert gradcheck(
        lambda s, a: loss(s, a, margin=-0.2), (seen.requires_grad_(), audio.requires_grad_())
    )
