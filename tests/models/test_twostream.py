"""The two-stream family: sizes, cosine maps, and the names of released weights."""

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torchvision.models import ResNet18_Weights
from torchvision.models.resnet import BasicBlock, ResNet

from avsl.errors import WeightsError
from avsl.imagenet import resnet18_state
from avsl.models.object_guided import object_guided, objectness
from avsl.models.twostream import (
    EZ_VSL,
    FNAC,
    LVS,
    SLAVC,
    TINY,
    ResNetTower,
    TowerConfig,
    TwoStream,
    TwoStreamConfig,
    confidence,
    cosine_maps,
)
from avsl.models.twostream_published import from_published, load_imagenet

NARROW = TwoStreamConfig(TowerConfig(width=8), TowerConfig(width=8), dim=8)


def seeded(config: TwoStreamConfig) -> TwoStream:
    torch.manual_seed(0)
    return TwoStream(config).eval()


def inputs(pictures: int = 2, sounds: int = 3, px: int = 64) -> tuple[torch.Tensor, torch.Tensor]:
    draw = torch.Generator().manual_seed(1)
    image = torch.randn(pictures, 3, px, px, generator=draw)
    return image, torch.randn(sounds, 1, 65, 50, generator=draw)


# the network


@pytest.mark.parametrize(
    ("config", "px", "side"), [(EZ_VSL, 224, 7), (LVS, 224, 14), (TINY, 112, 14)]
)
def test_maps_have_the_published_sizes(config, px, side):
    model = seeded(replace(config, image=replace(config.image, width=8)))
    assert model.embed_image(torch.zeros(1, 3, px, px))[0].shape[-2:] == (side, side)


def test_the_presets_are_the_published_networks():
    def parameters(config):
        with torch.device("meta"):
            return sum(p.numel() for p in TwoStream(config).parameters())

    towers = 11_176_512 + 11_170_240  # ResNet-18 without its classifier, of pictures and of sounds
    assert parameters(LVS) == towers
    assert parameters(EZ_VSL) == parameters(FNAC) == towers + 2 * (512 * 512 + 512)
    assert parameters(SLAVC) == towers + 4 * (512 * 512 + 512)
    assert parameters(TINY) < 1_500_000


def test_maps_are_cosines_of_every_pair():
    model = seeded(replace(NARROW, heads=2))
    image, spectrogram = inputs()
    maps = model.similarity_maps(image, spectrogram)
    assert maps.shape == (2, 3, 2, 2) and maps.abs().max() <= 1 + 1e-6
    features = model.image_tower(image[1:])
    heard = model.audio_tower(spectrogram[2:]).amax((2, 3))
    by_hand = []
    for seeing, hearing in zip(model.image_heads, model.audio_heads, strict=True):
        place = seeing.proj.weight[:, :, 0, 0] @ features[0, :, 1, 0] + seeing.proj.bias
        sound = hearing.proj.weight[:, :, 0, 0] @ heard[0] + hearing.proj.bias
        by_hand.append(F.cosine_similarity(place, sound, dim=0))
    assert maps[1, 2, 1, 0].item() == pytest.approx(sum(by_hand).item() / 2, abs=1e-5)


def test_batch_norm_tells_the_sounds_of_a_fresh_network_apart():
    """Without it they all lie in one direction, and a contrast starts from nothing."""
    _, spectrogram = inputs(sounds=8)
    alike = {}
    for batch_norm in (False, True):
        audio = seeded(replace(NARROW, batch_norm=batch_norm)).train().embed_audio(spectrogram)[0]
        alike[batch_norm] = ((audio @ audio.T).sum() - 8).item() / 56
    assert alike[False] > 0.8 and alike[True] < 0.1


def test_image_dropout_only_in_training():
    model = seeded(replace(NARROW, image_dropout=0.9))
    image, _ = inputs()
    assert torch.equal(model.embed_image(image)[0], model.embed_image(image)[0])
    model.image_dropout.train()
    assert not torch.equal(model.embed_image(image)[0], model.embed_image(image)[0])


def test_the_waveform_goes_in_through_the_front_of_the_configuration():
    model = seeded(TINY)
    spectrogram = model.spectrogram(torch.zeros(2, 48_000))
    assert spectrogram.shape == (2, 1, 64, 149)
    assert model.embed_audio(spectrogram)[0].shape == (2, 128)
    assert seeded(NARROW).spectrogram(torch.zeros(2, 48_000)).shape == (2, 1, 257, 200)


def test_the_configuration_survives_json():
    as_json = {**SLAVC.to_dict()}
    as_json["image"] = {
        k: list(v) if isinstance(v, tuple) else v for k, v in as_json["image"].items()
    }
    assert TwoStreamConfig.from_dict(as_json) == SLAVC


def test_confidence_is_the_mean_of_the_top_quarter():
    maps = torch.arange(16.0).view(1, 4, 4)
    assert confidence(maps).tolist() == [13.5]
    assert confidence(torch.tensor([[[0.1, 0.9]]])).item() == pytest.approx(0.9)


# released weights


SHALLOW = [1, 1, 1, 1]  # blocks; as deep as ResNet-18 would be slow here


class Released(nn.Module):
    """EZ-VSL under its released names, on torchvision's towers, after its paper."""

    def __init__(self, dim: int = 16) -> None:
        super().__init__()
        self.imgnet, self.audnet = ResNet(BasicBlock, SHALLOW), ResNet(BasicBlock, SHALLOW)
        self.audnet.conv1 = nn.Conv2d(1, 64, 7, 2, 3, bias=False)
        self.imgnet.fc = self.audnet.fc = nn.Identity()
        self.img_proj, self.aud_proj = nn.Conv2d(512, dim, 1), nn.Linear(512, dim)

    def forward(self, image: torch.Tensor, spectrogram: torch.Tensor) -> torch.Tensor:
        seen = self.img_proj(features(self.imgnet, image))
        heard = self.aud_proj(features(self.audnet, spectrogram).amax((2, 3)))
        return cosine_maps(F.normalize(seen, dim=1), F.normalize(heard, dim=1))


def features(tower: ResNet, x: torch.Tensor) -> torch.Tensor:
    """Before torchvision's pooling."""
    for name, part in tower.named_children():
        x = x if name in ("avgpool", "fc") else part(x)
    return x


def released() -> Released:
    torch.manual_seed(0)
    model = Released().eval()
    with torch.no_grad():
        for name, buffer in model.named_buffers():
            if "running" in name:  # as after training, not as at birth
                buffer.uniform_(0.5, 1.5)
    return model


def test_ez_vsl_and_fnac_weights_give_the_released_maps():
    theirs = released()
    state = {f"module.{name}": value for name, value in theirs.state_dict().items()}
    ours = from_published({"model": state, "epoch": 20})
    shallow = TowerConfig(blocks=tuple(SHALLOW))
    assert ours.config == replace(EZ_VSL, image=shallow, audio=shallow, dim=16)
    image, spectrogram = inputs()
    maps = ours.similarity_maps(image, spectrogram)
    assert torch.allclose(maps, theirs(image, spectrogram), atol=1e-5)


def test_slavc_weights_and_their_averaged_towers():
    networks = [TwoStream(replace(NARROW, heads=2)) for _ in range(2)]
    names = {
        "image_tower": "imgnet", "audio_tower": "audnet",
        "image_heads.0.proj": "img_proj1", "image_heads.1.proj": "img_proj2",
        "audio_heads.0.proj": "aud_proj1", "audio_heads.1.proj": "aud_proj2",
    }  # fmt: skip
    state = {}
    for prefix, network in zip(("", "momentum_"), networks, strict=True):
        for name, value in network.state_dict().items():
            ours = next(part for part in names if name.startswith(part))
            linear = name.startswith("audio_heads") and value.ndim == 4
            state[prefix + name.replace(ours, names[ours])] = value.flatten(1) if linear else value
    for averaged, network in enumerate(networks):
        again = from_published({"model": state}, averaged=bool(averaged))
        assert again.config == network.config
        for name, value in network.state_dict().items():
            assert torch.equal(again.state_dict()[name], value), name


def test_lvs_weights_which_keep_every_stem_in_both_towers():
    model = seeded(
        replace(LVS, image=replace(LVS.image, width=8), audio=replace(LVS.audio, width=8))
    )
    state = {}
    for ours, theirs in (("image_tower", "imgnet"), ("audio_tower", "audnet")):
        tower = getattr(model, ours).state_dict()
        stem = "conv1_a.weight" if theirs == "audnet" else "conv1.weight"
        beside = {"conv1_a.weight": 1, "conv1.weight": 3, "conv1_flow.weight": 6}
        tower[stem] = tower.pop("conv1.weight")
        for name, channels in beside.items():
            tower.setdefault(name, torch.randn(4, channels, 7, 7))
        tower["fc.weight"], tower["fc.bias"] = torch.randn(10, 32), torch.randn(10)
        state |= {f"module.{theirs}.{name}": value for name, value in tower.items()}
    again = from_published({"model_state_dict": state})
    assert again.config == model.config
    for name, value in model.state_dict().items():
        assert torch.equal(again.state_dict()[name], value), name


def test_weights_that_do_not_fit_are_named():
    state = released().state_dict()
    with pytest.raises(ValueError, match=r"decoder\.weight"):
        from_published({"model": {**state, "decoder.weight": torch.zeros(1)}})
    del state["imgnet.layer1.0.bn1.weight"]
    with pytest.raises(RuntimeError, match=r"image_tower\.layer1\.0\.bn1\.weight"):
        from_published({"model": state})


def test_imagenet_weights_go_into_a_tower_of_their_size():
    torch.manual_seed(0)
    theirs = ResNet(BasicBlock, SHALLOW).eval()
    tower = ResNetTower(3, TowerConfig(blocks=tuple(SHALLOW))).eval()
    load_imagenet(tower, theirs.state_dict())
    image, _ = inputs()
    assert torch.allclose(tower(image), features(theirs, image), atol=1e-5)
    with pytest.raises(RuntimeError, match="size mismatch"):
        load_imagenet(ResNetTower(3, TowerConfig(width=8)), theirs.state_dict())


def test_imagenet_out_of_reach_is_said_in_a_sentence(monkeypatch):
    def offline(*args, **kwargs):
        raise OSError("no route to host")

    monkeypatch.setattr(ResNet18_Weights, "get_state_dict", offline)
    with pytest.raises(WeightsError, match="start from random weights"):
        resnet18_state()


# object-guided localization


def test_objectness_is_the_mean_magnitude():
    features = torch.tensor([-1.0, 3.0]).view(1, 2, 1, 1).expand(1, 2, 2, 2)
    assert torch.equal(objectness(features), torch.full((1, 2, 2), 2.0))


def test_the_blend_is_four_tenths_heard_and_six_tenths_seen():
    maps = torch.tensor([[[0.0, 0.5], [-0.5, 0.0]]])
    objects = torch.tensor([[[2.0, 2.0], [6.0, 4.0]]])
    blend = object_guided(maps, objects, (3, 3))
    assert torch.allclose(blend[0, 0], torch.tensor([0.2, 0.3, 0.4]))
    assert torch.allclose(blend[0, 2], torch.tensor([0.6, 0.55, 0.5]))
    assert torch.allclose(object_guided(3 * maps + 1, 0.1 * objects, (3, 3)), blend, atol=1e-6)


def test_a_constant_map_adds_nothing_to_the_blend():
    blend = object_guided(torch.full((1, 2, 2), 0.7), torch.tensor([[[0.0, 1.0], [1.0, 1.0]]]))
    assert blend.shape == (1, 224, 224)
    assert blend.min().item() == pytest.approx(0, abs=1e-6)
    assert blend.max().item() == pytest.approx(0.6, abs=1e-6)
