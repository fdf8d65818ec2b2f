"""What holds for every variant, trained or not: the contract in avsl/variants/base.py."""

import numpy as np
import pytest
import torch

from avsl.clip import Clip
from avsl.errors import Cancelled
from avsl.localization import Verdict
from avsl.localizer import Localizer
from avsl.models.twostream import ResNetTower, TowerConfig
from avsl.settings import SAMPLE_RATE_HZ
from avsl.variants.fused import FusedVariant
from avsl.variants.sync import SyncVariant
from tests.support import tone_clip
from tests.variants.making import changing_clip, tiny_acl, tiny_two_stream

TIMES_S = np.arange(8) / 2


def guided():
    narrow = TowerConfig(width=8, blocks=(1, 1, 1, 1))
    return tiny_two_stream(heads=2).object_guided(ResNetTower(3, narrow))


def fused():
    return FusedVariant(tiny_acl())


MAKERS = {
    "sync": SyncVariant,
    "acl": tiny_acl,
    "two-stream": tiny_two_stream,
    "guided": guided,
    "fused": fused,
}
NETWORKS = ("acl", "two-stream", "guided")


@pytest.fixture(scope="module", params=MAKERS)
def variant(request):
    return MAKERS[request.param]()


@pytest.fixture(params=NETWORKS)
def network(request):
    return MAKERS[request.param]()


def check(evidence, times_s: np.ndarray) -> None:
    count = len(times_s)
    assert evidence.maps.ndim == 3 and len(evidence.maps) == count
    assert evidence.maps.dtype == np.float32 and np.isfinite(evidence.maps).all()
    assert evidence.maps.min() >= 0 and evidence.maps.max() <= 1
    assert evidence.confidence.shape == (count,) and evidence.confidence.dtype == np.float32
    assert np.isfinite(evidence.confidence).all()
    starts, ends = evidence.audio_windows_s.T
    assert len(starts) == count and (starts <= ends).all() and (starts >= 0).all()
    assert len(evidence.labels) in (0, count)


def test_one_map_a_moment_in_range(variant):
    check(variant.localize(changing_clip(), TIMES_S), TIMES_S)


def test_the_same_clip_gives_the_same_maps(variant):
    first, second = (variant.localize(changing_clip(), TIMES_S) for _ in range(2))
    assert np.array_equal(first.maps, second.maps)
    assert np.array_equal(first.confidence, second.confidence)


def test_moments_together_are_moments_one_by_one(variant):
    clip = changing_clip()
    together = variant.localize(clip, TIMES_S)
    for index in range(len(TIMES_S)):
        alone = variant.localize(clip, TIMES_S[index : index + 1])
        np.testing.assert_allclose(alone.maps[0], together.maps[index], atol=1e-4)
        np.testing.assert_allclose(alone.confidence[0], together.confidence[index], atol=1e-4)


def test_silence_is_never_a_source(variant):
    clip = tone_clip(silent_after_s=0.0)
    evidence = variant.localize(clip, TIMES_S[:4])
    assert (evidence.confidence < variant.card.confidence_gate).all()
    found = Localizer(variant).run(clip, map_rate_hz=2.0)
    assert set(found.verdicts) == {Verdict.SILENT} and not found.maps.any()


def test_stereo_is_heard_as_its_mean(variant):
    clip = changing_clip()
    both = np.stack([clip.waveform, clip.waveform], axis=1)
    stereo = Clip.from_arrays(clip.frames(clip.frame_times_s), 4.0, both)
    mono = variant.localize(clip, TIMES_S)
    np.testing.assert_allclose(variant.localize(stereo, TIMES_S).maps, mono.maps, atol=1e-5)


@pytest.mark.parametrize("duration_s", [0.02, 0.5, 1.0])
def test_short_clips(variant, duration_s):
    check(variant.localize(changing_clip(duration_s, 50.0), TIMES_S[:1]), TIMES_S[:1])


def test_a_still_picture(variant):
    clip = tone_clip()
    still = Clip.from_arrays(clip.frames(TIMES_S[:1]), 0.5, clip.waveform)
    check(variant.localize(still, TIMES_S[:1]), TIMES_S[:1])


def test_a_card_says_what_it_must(variant):
    card = variant.card
    assert all((card.name, card.title, card.summary, card.limits, card.licence))
    assert all((card.threshold_rule, card.confidence_rule))
    assert 0 < card.threshold < 1


def test_progress_can_stop_it(variant):
    def stop(fraction, stage):
        assert 0 <= fraction <= 1 and stage
        raise Cancelled

    with pytest.raises(Cancelled):
        variant.localize(changing_clip(), TIMES_S, stop)


# networks that look and listen


def test_another_sound_over_the_same_picture_looks_at_no_frame(network, monkeypatch):
    seen: list[int] = []
    see = network.see

    def counted(image):
        seen.append(len(image))
        return see(image)

    monkeypatch.setattr(network, "see", counted)
    clip = changing_clip()
    first = network.localize(clip, TIMES_S)
    assert sum(seen) == len(TIMES_S)
    rng = np.random.default_rng(1)
    chirp = np.sin(np.cumsum(np.linspace(0.05, 2.0, len(clip.waveform)))) * rng.uniform(0.2, 0.3)
    second = network.localize(clip.with_sound(chirp.astype(np.float32), "A chirp."), TIMES_S)
    assert sum(seen) == len(TIMES_S)
    assert not np.allclose(first.maps, second.maps)


def test_the_three_steps_are_what_localize_does(network):
    clip = changing_clip()
    starts = np.clip(TIMES_S - network.window_s / 2, 0, clip.duration_s - network.window_s)
    windows_s = np.stack([starts, starts + network.window_s], axis=1)
    network.hop_s = 0.5  # so that windows are centred on these very moments
    seen = network.encode_frames(clip.frames(TIMES_S))
    heard = network.encode_audio(clip.waveform, windows_s)
    maps = network.ground(seen, heard.embeddings)
    assert maps.shape[0] == len(TIMES_S) and maps.min() >= 0 and maps.max() <= 1
    maps, sure = network.judge(seen, heard.embeddings)
    evidence = network.localize(clip, TIMES_S)
    np.testing.assert_allclose(evidence.maps, maps.numpy(), atol=1e-4)
    np.testing.assert_allclose(evidence.confidence, sure.numpy(), atol=1e-4)


def test_what_was_done_to_the_clip_is_said(network):
    notes = " ".join(network.localize(tone_clip(1.0), TIMES_S[:1]).notes)
    assert f"squashed from 64x48 to {network.image_px}x{network.image_px}" in notes
    assert f"padded with silence to the {network.window_s:g} s" in notes
    square = tone_clip(4.0, 48, 48)
    told = [note for note in network.localize(square, TIMES_S).notes if "objects" not in note]
    assert told == []


def test_a_still_picture_is_encoded_once(network, monkeypatch):
    seen: list[int] = []
    look = network.look
    monkeypatch.setattr(network, "look", lambda frames: seen.append(len(frames)) or look(frames))
    network.localize(tone_clip(4.0), TIMES_S)
    assert sum(seen) == 1


# two streams


@torch.inference_mode()
def test_a_fixed_threshold_is_a_cosine():
    """0.5 is a cosine of 0.4 in every picture: no map is stretched to its own range."""
    network, clip = tiny_two_stream(heads=2), changing_clip()
    frames = clip.frames(TIMES_S)
    heard = network.encode_audio(clip.waveform, np.array([[0.0, 3.0]]))
    maps = network.ground(network.encode_frames(frames), heard.embeddings.expand(8, -1, -1))
    sound = torch.from_numpy(clip.waveform[: 3 * SAMPLE_RATE_HZ])[None]
    spectrogram = network.model.spectrogram(sound)
    cosines = network.model.similarity_maps(network.image(frames), spectrogram)[:, 0]
    assert maps.shape == (8, 14, 14)
    assert cosines.std() > 0.01, "the network tells places apart"
    assert torch.allclose(maps, 1 / (1 + torch.exp(-(cosines - 0.4) / 0.2)), atol=1e-5)


def test_object_guidance_is_off_unless_asked_for_and_says_so():
    plain, blended = tiny_two_stream(heads=2), guided()
    clip = changing_clip()
    ours, theirs = plain.localize(clip, TIMES_S), blended.localize(clip, TIMES_S)
    assert ours.maps.shape == (8, 14, 14) and theirs.maps.shape == (8, 112, 112)
    assert not any("OGL" in note for note in ours.notes)
    assert any("OGL" in note for note in theirs.notes)
    assert np.array_equal(ours.confidence, theirs.confidence)
