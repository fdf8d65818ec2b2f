"""CLIP and the decoder agree with transformers' CLIPSeg on another random network."""

import pytest
import torch

from avsl.models.published import from_published
from tests.models.golden_parity import GOLDEN

transformers = pytest.importorskip("transformers", reason="part of the test extra")


@pytest.fixture(scope="module")
def theirs():
    """Other widths, depths, heads and blocks than the golden network's."""
    config = transformers.CLIPSegConfig(
        projection_dim=40,
        reduce_dim=24,
        extract_layers=[1, 3, 4],
        decoder_num_attention_heads=3,
        decoder_intermediate_size=56,
        use_complex_transposed_convolution=True,
        vision_config={
            "hidden_size": 60, "intermediate_size": 100, "num_hidden_layers": 6,
            "num_attention_heads": 5, "image_size": 80, "patch_size": 16,
        },
        text_config={
            "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2,
            "num_attention_heads": 2, "vocab_size": 49408,
        },
    )  # fmt: skip
    torch.manual_seed(5)
    model = transformers.CLIPSegForImageSegmentation(config).eval()
    for parameter in model.parameters():  # biases and norms too, which start at 0 and 1
        parameter.data += 0.02 * torch.randn_like(parameter)
    return model


@pytest.fixture(scope="module")
def ours(theirs):
    beats = torch.load(GOLDEN / "beats.pt", weights_only=True)
    acl = torch.load(GOLDEN / "Param_best.pth", weights_only=True)
    return from_published(theirs.state_dict(), theirs.config.to_dict(), beats, acl)


@torch.inference_mode()
@pytest.mark.parametrize("side", [80, 128])
def test_logits_agree_at_native_and_other_sizes(ours, theirs, side):
    image = torch.randn(2, 3, side, side)
    condition = torch.randn(2, 40)
    reference = theirs(
        pixel_values=image, conditional_embeddings=condition, interpolate_pos_encoding=True
    ).logits
    logits = ours.ground(ours.encode_image(image), condition)
    assert torch.allclose(logits / reference.std(), reference / reference.std(), atol=1e-4)


@torch.inference_mode()
def test_words_and_images_embed_alike(ours, theirs):
    from open_clip import tokenize

    ids = tokenize(["A photo of a dog"])
    ids = ids[:, : int(ids[0].argmax()) + 1]
    text = theirs.clip.get_text_features(input_ids=ids)
    image = torch.randn(2, 3, 80, 80)
    seen = theirs.clip.get_image_features(pixel_values=image)
    text, seen = (getattr(value, "pooler_output", value) for value in (text, seen))
    assert torch.allclose(ours.text.read("a dog"), text, atol=1e-4)
    assert torch.allclose(ours.vision.embedding(ours.vision.states(image)), seen, atol=1e-4)
