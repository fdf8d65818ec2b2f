"""ACL's losses equal the released code's, and one vision pass equals one per sound."""

import pytest
import torch
from safetensors.torch import load_file

from avsl.models.acl import ACL
from tests.models.golden_parity import GOLDEN, published_small
from tests.train.plain_acl import plain_forward
from train.objectives.acl import acl_loss, area_loss, feature_loss, image_loss


@pytest.fixture(scope="module")
def given() -> dict[str, torch.Tensor]:
    return load_file(GOLDEN / "expected.safetensors")


def test_losses_equal_the_released_code(given):
    audio = given["audio_embedding"]
    assert image_loss(given["v_i"], audio) == pytest.approx(given["loss_acl_i"].item(), abs=1e-5)
    assert feature_loss(given["v_f"], audio) == pytest.approx(given["loss_acl_f"].item(), abs=1e-5)
    area = area_loss(torch.tensor(0.31), torch.tensor(0.07))
    assert area == pytest.approx(given["loss_area"].item(), abs=1e-6)


def test_shared_vision_pass_gives_the_losses_and_gradients_of_the_plain_form(given):
    image, waveform = given["image"], given["waveform"]
    shared, plain = (undropped(model) for model in (published_small(), published_small()))
    torch.manual_seed(0)
    loss = acl_loss(shared.train()(image, waveform)).total
    loss.backward()
    torch.manual_seed(0)
    other = acl_loss(plain_forward(plain.train(), image, waveform)).total
    other.backward()
    assert loss.item() == pytest.approx(other.item(), abs=1e-4)
    for name, parameter in shared.named_parameters():
        if parameter.requires_grad:
            theirs = dict(plain.named_parameters())[name].grad
            assert torch.allclose(parameter.grad, theirs, atol=1e-4), name


def undropped(model: ACL) -> ACL:
    """Without dropout: only the mask's noise is random, and both forms draw it alike."""
    model.audio_proj.fga.un_models[0].dropout.p = 0.0
    return model
