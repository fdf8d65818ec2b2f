"""A graphics card whose memory is short: the same maps, and a word of it."""

import numpy as np
import pytest
import torch

from avsl.variants import scarce
from avsl.variants.scarce import in_parts
from tests.variants.making import changing_clip, tiny_acl, tiny_two_stream

TIMES_S = np.arange(16) / 4
CARD = torch.device("cpu", 0)  # counts as a card: it is not the plain processor


@pytest.fixture(params=[tiny_acl, tiny_two_stream])
def variant(request):
    return request.param()


def short_of(variant, name: str, most: int, monkeypatch) -> None:
    """As if the card took ``most`` at once in this step, and anything on the processor."""
    step = getattr(variant, name)

    def limited(batch, *more):
        if len(batch) > most and variant.device != scarce.CPU:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return step(batch, *more)

    variant.device = CARD
    monkeypatch.setattr(variant, name, limited)


@pytest.mark.parametrize("step", ["see", "hear", "ground"])
def test_less_at_a_time_gives_the_same_maps_and_a_note(variant, step, monkeypatch):
    plenty = variant.localize(changing_clip(), TIMES_S)
    short_of(variant, step, 1, monkeypatch)
    found = variant.localize(changing_clip(), TIMES_S)
    assert np.allclose(found.maps, plenty.maps, atol=1e-5)
    assert np.allclose(found.confidence, plenty.confidence, atol=1e-5)
    assert found.notes == (*plenty.notes, scarce.SMALLER)
    assert found.audio_windows_s.shape == plenty.audio_windows_s.shape


@pytest.mark.parametrize("step", ["see", "hear", "ground"])
def test_where_not_even_one_fits_the_processor_does_it_and_the_card_has_it_back(
    variant, step, monkeypatch
):
    plenty = variant.localize(changing_clip(), TIMES_S)
    short_of(variant, step, 0, monkeypatch)
    found = variant.localize(changing_clip(), TIMES_S)
    assert np.allclose(found.maps, plenty.maps, atol=1e-5)
    assert found.notes == (*plenty.notes, scarce.ON_THE_PROCESSOR)
    assert variant.device == CARD


def test_with_plenty_of_memory_nothing_is_said(variant):
    notes = variant.localize(changing_clip(), TIMES_S).notes
    assert not {scarce.SMALLER, scarce.ON_THE_PROCESSOR} & set(notes)


def test_the_processors_own_lack_of_memory_is_not_hidden(variant, monkeypatch):
    def never(*_):
        raise torch.OutOfMemoryError("out of memory")

    monkeypatch.setattr(variant, "see", never)
    with pytest.raises(torch.OutOfMemoryError):
        variant.localize(changing_clip(), TIMES_S)


def test_parts_come_in_order_and_only_where_they_have_to():
    sizes = []

    def work(batch: list[int]) -> list[int]:
        if len(batch) > 3:
            raise torch.OutOfMemoryError
        sizes.append(len(batch))
        return batch

    assert [each for part in in_parts(work, list(range(10))) for each in part] == list(range(10))
    assert sizes == [2, 3, 2, 3]
    assert in_parts(work, [1, 2, 3]) == [[1, 2, 3]]
