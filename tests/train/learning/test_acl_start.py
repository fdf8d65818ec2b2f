"""What a training of ACL begins with: the paper's start is the released towers and a new projector.

The released files are the small ones of ``tests/golden``, on a Hub on loopback.
"""

import pytest
import torch

import avsl
from avsl.errors import SettingError, VariantError, WeightsError
from avsl.models.acl import ACL
from avsl.synthetic.world import Recipe, World
from avsl.variants.acl_card import BEATS_FILE
from tests.models.golden_parity import GOLDEN
from train.config import TrainConfig
from train.facts import ON_A_BACKBONE
from train.learning import Batch, learner
from train.objectives import Moment, total
from train.presets import preset, presets
from train.train import USAGE, main, train

pytest_plugins = ["tests.hub_endpoint"]

PX = 96
LEARNED = ("audio_proj.", "masker.")
ON_BACKBONES = TrainConfig(
    name="acl-small", objective="acl", network="acl", start="backbones", px=PX, sound_s=2.0
)


@pytest.fixture
def released(hub):
    """A Hub with the released towers alone: not with what the paper's authors trained."""
    hub.add_golden()
    hub.files = [file for file in hub.files if not file.file.endswith("Param_best.pth")]
    return hub


def begun(seed: int = 0, **changes) -> ACL:
    torch.manual_seed(seed)
    return learner(ON_BACKBONES.changed(changes)).module


def parts(model: ACL, learned: bool) -> dict[str, torch.Tensor]:
    return {
        name: value
        for name, value in model.state_dict().items()
        if name.startswith(LEARNED) == learned
    }


def same(ours: dict[str, torch.Tensor], theirs: dict[str, torch.Tensor]) -> bool:
    assert ours.keys() == theirs.keys() and ours
    return all(torch.equal(value, theirs[name]) for name, value in ours.items())


def test_the_papers_presets_learn_the_projector_anew(hub):
    """On the released towers; the start "acl" goes on training what the authors trained."""
    hub.add_golden()
    published = avsl.load("acl").model
    of_papers = {name for name in presets() if name.startswith("acl-") and "144k" in name}
    assert of_papers == {"acl-vggsound144k", "acl-flickr144k"}
    for name in of_papers:
        model = learner(preset(name)).module
        assert same(parts(model, learned=False), parts(published, learned=False))
        assert (model.masker.w.item(), model.masker.b.item()) == (10.0, 14.0)
        for key, value in parts(published, learned=True).items():
            if key.startswith("audio_proj."):
                assert not torch.equal(model.state_dict()[key], value), key
    assert same(begun(start="acl").state_dict(), published.state_dict())


def test_it_needs_the_towers_alone_and_follows_from_the_seed(released):
    with pytest.raises(WeightsError, match=r"Param_best\.pth"):
        avsl.load("acl")
    first = begun()
    assert same(begun().state_dict(), first.state_dict())
    other = begun(seed=1)
    assert same(parts(other, learned=False), parts(first, learned=False))
    assert not same(parts(other, learned=True), parts(first, learned=True))


def test_the_names_of_sounds_come_with_beats(released, tmp_path):
    place = tmp_path / "weights" / BEATS_FILE
    place.parent.mkdir()
    beats = torch.load(GOLDEN / "beats.pt", weights_only=True)
    torch.save({**beats, "label_dict": {1: "/m/0bt9lr", 0: "/m/09x0r"}}, place)
    assert learner(ON_BACKBONES).class_names == ("Speech", "Dog")


def test_the_towers_stay_as_released(released):
    student = learner(ON_BACKBONES)
    before = {name: value.clone() for name, value in student.module.state_dict().items()}
    made = World(Recipe(), px=PX, duration_s=2.0).pairs("train", 0, torch.arange(3))
    optimizer = torch.optim.Adam(student.trainable(), 1e-2)
    batch = Batch(made.images, made.waveforms)
    total(student.loss(student.prepare(batch), Moment())).backward()
    optimizer.step()
    for name, value in student.module.state_dict().items():
        assert name.startswith(LEARNED) or torch.equal(value, before[name]), name
    assert not torch.equal(student.module.audio_proj.fc1.weight, before["audio_proj.fc1.weight"])


def test_a_training_on_them_gives_a_variant_that_tells_of_its_towers(released, tmp_path):
    short = {"batch": 4, "steps": 2, "validate_every": 2, "validation_scenes": 4, "pictures": 2}
    train(ON_BACKBONES.changed({**short, "workers": 0, "device": "cpu"}), tmp_path / "out")
    variant = avsl.load(str(tmp_path / "out"))
    assert variant.card.name == "acl-small"
    assert "CLIPSeg and BEATs as released" in variant.card.trained_on
    assert ON_A_BACKBONE not in variant.card.trained_on
    again = begun(start=str(tmp_path / "out"))
    assert same(again.state_dict(), variant.model.state_dict()), "goes on training"


def test_offline_it_says_what_is_missing_in_one_sentence(hub, tmp_path, capsys):
    hub.add_golden()
    hub.down()
    assert main(["--preset", "acl-vggsound144k", "--out", str(tmp_path / "out")]) == USAGE
    said = capsys.readouterr().err.strip().splitlines()
    assert len(said) == 1
    for part in ("config.json, CLIPSeg's configuration", "no connection", "hf download CIDAS/"):
        assert part in said[0]


def test_files_that_are_not_the_released_ones_are_named(released, tmp_path):
    place = tmp_path / "weights" / BEATS_FILE
    place.parent.mkdir()
    for content in (b"nothing", b""):
        place.write_bytes(content)
        with pytest.raises(VariantError, match=f"not the released CLIPSeg and BEATs.*{BEATS_FILE}"):
            begun()
    torch.save({"cfg": {}, "model": {}}, place)
    with pytest.raises(VariantError, match="not the released CLIPSeg and BEATs"):
        begun()


def test_a_variant_that_is_no_acl_is_refused(hub):
    with pytest.raises(SettingError, match=r"sync is no ACL.*'backbones'"):
        begun(start="sync")
