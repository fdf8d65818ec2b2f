"""ACL equals the released implementation, and stays what it is through saving and batching."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from avsl.checkpoint import convert_published, load_folder, save_folder
from avsl.errors import VariantError
from avsl.localizer import Localizer
from avsl.models.beats import fbank
from avsl.models.published import ACLConfig, build
from avsl.variants.acl import AclVariant
from tests.models.golden_parity import GOLDEN
from tests.support import tone_clip

FILES = (GOLDEN / "clipseg", GOLDEN / "beats.pt", GOLDEN / "Param_best.pth")
TOLERANCE = 1e-4


@pytest.fixture(scope="module")
def given() -> dict[str, torch.Tensor]:
    return load_file(GOLDEN / "expected.safetensors")


@pytest.fixture(scope="module")
def small() -> AclVariant:
    variant = convert_published(*FILES)
    return AclVariant(variant.model, image_px=96, window_s=2.0, device=torch.device("cpu"))


def test_every_golden_tensor_from_the_golden_inputs():
    result = subprocess.run(
        [sys.executable, "-m", "tests.models.golden_parity"],
        cwd=Path(__file__).resolve().parents[2],
        env={**os.environ, "ATEN_CPU_CAPABILITY": "avx2"},
        capture_output=True,
        text=True,
        check=True,
    )
    off = json.loads(result.stdout)
    assert len(off) == 12
    assert {name: error for name, error in off.items() if error > TOLERANCE} == {}


@torch.inference_mode()
def test_the_researchers_door_gives_the_golden_tensors(small, given):
    image, features = given["image"], given["beats_concat"]
    audio = given["audio_embedding"]
    ours = {
        "audio_token": small.audio_token(features),
        "audio_embedding": small.audio_embedding(given["waveform"]),
        "image_embedding": small.image_embedding(image),
        "dense_visual": small.dense_features(image),
        "logits": small.ground_logits(image, audio),
        "pair_logits": small.ground_logits(image, audio, all_pairs=True),
        "heatmap_224": small.heatmap(given["logits"], (224, 224)),
    }
    for name, value in ours.items():
        assert torch.allclose(value, given[name], atol=TOLERANCE, rtol=0), name
    assert torch.allclose(small.audio_token(given["waveform"]), ours["audio_token"], atol=TOLERANCE)


@torch.inference_mode()
def test_saved_folder_gives_the_same_numbers(small, given, tmp_path):
    save_folder(small, tmp_path / "acl")
    again = load_folder(tmp_path / "acl")
    for ours, theirs in zip(
        small.model.state_dict().values(), again.model.state_dict().values(), strict=True
    ):
        assert torch.equal(ours, theirs)
    audio = again.audio_embedding(given["waveform"])
    assert torch.equal(audio, small.audio_embedding(given["waveform"]))
    assert again.window_s == 2.0


def test_full_size_has_the_published_shapes():
    with torch.device("meta"):
        model = build(ACLConfig())
    assert sum(p.numel() for p in model.audio_proj.parameters()) == 7_279_363
    learned = [name for name, p in model.named_parameters() if p.requires_grad]
    assert {name.split(".")[0] for name in learned} == {"audio_proj", "masker"}
    assert model.vision.visual.positional_embedding.shape == (197, 768)
    assert model.beats.predictor.weight.shape == (527, 768)


def test_batch_of_filter_banks_equals_kaldis_one_by_one():
    from torchaudio.compliance import kaldi

    waveform = torch.rand(3, 16000, generator=torch.Generator().manual_seed(0)) - 0.5
    theirs = torch.stack(
        [kaldi.fbank(w[None] * 2**15, num_mel_bins=128, sample_frequency=16000.0) for w in waveform]
    )
    assert torch.allclose(fbank(waveform), (theirs - 15.41663) / (2 * 6.55582), atol=1e-5)


def test_another_sound_over_the_same_picture_encodes_nothing(small, monkeypatch):
    clip = tone_clip(duration_s=3.0)
    times_s = np.arange(6) / 2
    passes = count_passes(small, monkeypatch)
    first = small.localize(clip, times_s)
    assert sum(passes) == 1, "one still picture, one encoding"
    other = clip.with_sound(np.random.default_rng(0).standard_normal(48000).astype("f4"), "noise")
    second = small.localize(other, times_s)
    assert sum(passes) == 1
    assert not np.allclose(first.maps, second.maps)


def count_passes(variant: AclVariant, monkeypatch) -> list[int]:
    passes: list[int] = []
    states = variant.model.vision.states

    def counted(image, last=None):
        passes.append(len(image))
        return states(image, last)

    monkeypatch.setattr(variant.model.vision, "states", counted)
    return passes


def test_training_step_sees_each_image_twice(small, monkeypatch, given):
    passes = count_passes(small, monkeypatch)
    out = small.model.train()(given["image"], given["waveform"])
    small.model.eval()
    assert sum(passes) == 2 * 3
    assert out.v_f.shape == (3, 3, 24)
    loss = out.v_i.square().mean() + out.v_f.square().mean() + out.positive_area
    loss.backward()
    learned = dict(small.model.named_parameters())
    assert learned["audio_proj.fc1.weight"].grad.abs().sum() > 0
    assert learned["masker.w"].grad is not None
    assert learned["beats.post_extract_proj.weight"].grad is None
    small.model.zero_grad(set_to_none=True)


def test_silence_is_never_more_than_chance(small):
    clip = tone_clip(duration_s=2.0, silent_after_s=0.0)
    evidence = small.localize(clip, np.arange(4) / 2)
    assert (evidence.confidence <= 1e-5).all()
    found = Localizer(small).run(clip)
    assert found.maps.max() == 0


def test_weights_that_were_trained_on_several_devices_are_the_same(tmp_path, small):
    def spread(file: Path, *parts: str) -> Path:
        told = torch.load(file, weights_only=True)
        for part in parts:
            told[part] = {f"module.{name}": value for name, value in told[part].items()}
        torch.save(told, tmp_path / file.name)
        return tmp_path / file.name

    beats, acl = spread(FILES[1], "model"), spread(FILES[2], "audio_proj", "masker_i")
    ours = convert_published(FILES[0], beats, acl).model.state_dict()
    assert all(ours[name].equal(value) for name, value in small.model.state_dict().items())


def test_wrong_files_are_named(tmp_path):
    (tmp_path / "beats.pt").write_bytes(b"nothing")
    with pytest.raises(VariantError, match=r"beats\.pt is not a checkpoint"):
        convert_published(FILES[0], tmp_path / "beats.pt", FILES[2])
    with pytest.raises(VariantError, match=r"There is no file .*pytorch_model"):
        convert_published(tmp_path, FILES[1], FILES[2])
    with pytest.raises(VariantError, match="There is no file"):
        convert_published(FILES[0], FILES[1], tmp_path / "missing.pth")
