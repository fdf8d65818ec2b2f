"""Phrases are embedded once, and similar scenes are no negatives."""

import pytest
import torch

from avsl.description import Description
from train.guidance.text_features import TextFeatures, may_be_negatives

VECTORS = {"dog": (3.0, 0.0, 0.0), "puppy": (0.8, 0.6, 0.0), "car": (0.0, 0.0, 2.0)}


class Encoder:
    def __init__(self) -> None:
        self.texts: list[str] = []

    def __call__(self, texts: list[str]) -> torch.Tensor:
        self.texts += texts
        return torch.tensor([VECTORS[text.removeprefix("a photo of ")] for text in texts])


@pytest.fixture
def encoder() -> Encoder:
    return Encoder()


def test_each_distinct_phrase_is_encoded_once(encoder):
    features = TextFeatures(encoder, batch=1)
    found = features(["dog", "car", "Dog ", "dog"])
    assert torch.allclose(found, torch.tensor([[1.0, 0, 0], [0, 0, 1], [1, 0, 0], [1, 0, 0]]))
    features(["car", "puppy"])
    assert encoder.texts == ["a photo of dog", "a photo of car", "a photo of puppy"]
    assert len(features) == 3 and not found.requires_grad


def test_scenes_become_directions_and_masks(encoder):
    scenes = [
        Description(("dog", "car, out of view"), ("puppy",), ""),
        Description((), ("dog", "car"), ""),
        Description(("car, out of view",), (), ""),
    ]
    text = TextFeatures(encoder).scenes(scenes)
    half = 0.5**0.5
    assert torch.allclose(text.heard, torch.tensor([[half, 0, half], [0, 0, 0], [0, 0, 1.0]]))
    assert torch.allclose(text.in_view, torch.tensor([[1.0, 0, 0], [0, 0, 0], [0, 0, 0]]))
    assert text.is_heard.tolist() == [True, False, True]
    assert text.is_in_view.tolist() == [True, False, False]
    assert text.is_silent.tolist() == [[True, False], [True, True], [False, False]]
    assert torch.allclose(text.silent[1], torch.tensor([[1.0, 0, 0], [0, 0, 1]]))


def test_scenes_without_any_words_are_fine(encoder):
    VECTORS["nothing"] = (1.0, 1.0, 1.0)
    text = TextFeatures(encoder).scenes([Description((), (), "")])
    assert text.heard.shape == (1, 3) and text.silent.shape == (1, 0, 3) and not text.is_heard.any()


def test_similar_and_absent_scenes_are_no_negatives(encoder):
    text = TextFeatures(encoder)(["dog", "puppy", "car", "dog"])
    there = torch.tensor([True, True, True, False])
    assert may_be_negatives(text, there, 0.75).int().tolist() == [
        [0, 0, 1, 0],
        [0, 0, 1, 0],
        [1, 1, 0, 0],
        [0, 0, 0, 0],
    ]
    assert may_be_negatives(text, there, 0.85)[0, 1]
