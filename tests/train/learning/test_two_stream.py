"""Every objective of the family trains its network, and what is saved is what was validated."""

from dataclasses import replace

import pytest
import torch

import avsl
from avsl.checkpoint import load_folder
from avsl.clip import Clip
from avsl.description import Description
from avsl.models.published import build
from avsl.models.twostream import EZ_VSL, FNAC, LVS, SLAVC
from tests.train.small import SMALL
from tests.train.stages.micro import micro
from train import objectives
from train.learning import Batch, learner
from train.learning.two_stream import NETWORKS, network_config
from train.objectives import Moment, total
from train.presets import presets
from train.stages import backbone, eye
from train.stages.sizes import CLASS_NAMES

FAMILY = ("ez_vsl", "margin_nce", "lvs", "slavc", "fnac")


def pairs(count: int = 6) -> Batch:
    draw = torch.Generator().manual_seed(0)
    images = torch.rand(count, 3, 32, 32, generator=draw)
    return Batch(images, torch.randn(count, 16_000, generator=draw) * 0.1)


def student(**changes):
    torch.manual_seed(0)
    made = learner(SMALL.changed({"objective_settings": {}, **changes}))
    made.module.train()
    return made


@pytest.mark.parametrize("name", FAMILY)
def test_an_objective_reaches_both_towers(name):
    made = student(objective=name, ema_decay=0.5)
    total(made.loss(made.prepare(pairs()), Moment(progress=1.0))).backward()
    for tower in ("image_tower", "audio_tower"):
        gradient = getattr(made.network, tower).conv1.weight.grad
        assert gradient.isfinite().all() and gradient.abs().max() > 0
    assert all(each.grad is None for each in made.module["average"].parameters())


def test_the_margin_comes_from_the_settings():
    def loss(margin):
        made = student(objective_settings={"margin": margin})
        return total(made.loss(made.prepare(pairs()), Moment())).item()

    assert loss(-0.4) < loss(-0.2) < loss(0.0)


def test_with_an_average_the_average_is_kept():
    made = student(ema_decay=0.9)
    made.after_step()  # the first copies
    before = made.kept.image_tower.conv1.weight.clone()
    with torch.no_grad():
        made.network.image_tower.conv1.weight.add_(1.0)
    made.after_step()
    assert torch.allclose(made.kept.image_tower.conv1.weight, before + 0.1, atol=1e-6)
    assert student().kept is not made.kept and student().trainable()


def test_the_saved_variant_says_what_the_learner_said(tmp_path):
    made = student()
    made.loss(made.prepare(pairs(32)), Moment())  # moves the batch norms
    made.module.eval()
    batch = pairs(2)
    images = (batch.images * 255).round() / 255
    maps, sure = made.maps(made.prepare(Batch(images, batch.waveforms)))
    assert maps.shape == (2, 4, 4) and maps.min() >= 0 and maps.max() <= 1
    facts = {"name": "mine", "threshold": 0.35, "confidence_gate": 0.2, "summary": "A test."}
    made.save(tmp_path, facts)
    variant = avsl.load(str(tmp_path))
    assert (variant.card.name, variant.card.threshold) == ("mine", 0.35)
    frames = (images[:1] * 255).round().byte().permute(0, 2, 3, 1).numpy()
    clip = Clip.from_arrays(frames, 1.0, batch.waveforms[0].numpy())
    seen = variant.localize(clip, clip.frame_times_s + 0.5)
    assert torch.allclose(torch.from_numpy(seen.maps[0]), maps[0], atol=1e-4)
    assert seen.confidence[0] == pytest.approx(sure[0].item(), abs=1e-4)


def test_a_training_can_start_from_a_saved_variant(tmp_path):
    made = student()
    made.save(tmp_path, {"name": "first"})
    again = student(start=str(tmp_path), seed=1)
    for name, value in made.network.state_dict().items():
        assert torch.equal(again.network.state_dict()[name], value)


def test_presets_of_the_papers_have_the_papers_networks():
    expected = {"ez-vsl": EZ_VSL, "margin-nce": EZ_VSL, "lvs": LVS, "slavc": SLAVC, "fnac": FNAC}
    for name, network in expected.items():
        for data in ("vggsound144k", "flickr144k"):
            config = presets()[f"{name}-{data}"]
            objective = objectives.make(config.objective, **config.objective_settings)
            assert network_config(config, objective, NETWORKS[config.network]) == network
            assert (config.px, config.learning_rate, config.start) == (224, 1e-4, "imagenet")
    assert presets()["acl-vggsound144k"].learning_rate == 1e-4  # the paper's 1e-3 is a typo
    assert presets()["margin-nce-vggsound144k"].steps == 20 * 144_000 // 128


@pytest.fixture(scope="module")
def backbone_folder(tmp_path_factory):
    """Of random weights, very small but for the image tower."""
    folder = tmp_path_factory.mktemp("backbone")
    torch.manual_seed(0)
    backbone.save(build(micro()), folder, {"class_names": CLASS_NAMES})
    backbone.save_eye(eye.new().tower, folder)
    return folder


@pytest.mark.parametrize("name", [name for name in presets() if "-tiny" in name])
def test_tiny_presets_learn_on_a_backbone_and_leave_it_as_it_is(name, backbone_folder):
    config = presets()[name]
    assert config.name == name and config.of_world and config.summary and config.remember
    made = learner(config.changed({"start": str(backbone_folder), "sound_s": 1.0}))
    learned = made.trainable()
    assert 0 < sum(each.numel() for each in learned) < 0.6e6
    prepared = made.prepare(
        replace(pairs(), descriptions=(Description(("a dog",), ("a drum",), "grass"),) * 6)
    )
    total(made.loss(prepared, Moment(progress=0.9))).backward()  # all parts
    assert all(each.grad is not None for each in learned)
    assert made.frozen and not any(
        each.requires_grad for each in made.module.parameters() if id(each) not in map(id, learned)
    )


@pytest.mark.parametrize("towers", ["frozen-clip", "frozen-resnet"])
def test_heads_on_frozen_towers_come_back_as_they_were(towers, backbone_folder, tmp_path):
    changes = {"network": towers, "start": str(backbone_folder), "network_settings": {}}
    made = student(**changes)
    made.loss(made.prepare(pairs()), Moment())  # moves the batch norms of the heads alone
    maps, _ = made.maps(made.prepare(pairs()))
    made.save(tmp_path, {"name": towers})
    again = load_folder(tmp_path)
    seen = again.attend(again.see((pairs().images - 0.45) / 0.225)).features
    assert seen.shape[:2] == (6, 1) and maps.shape[1:] == seen.shape[-2:]
    for name, value in made.network.state_dict().items():
        assert torch.equal(again.model.state_dict()[name], value)
