"""ACL's audio-visual stage: only the projector and the mask scalars learn, from pictures and
sounds; what is saved is a variant that marks the same.
"""

from dataclasses import replace

import numpy as np
import pytest
import torch

import avsl
from avsl.clip import Clip
from avsl.errors import SettingError
from avsl.models.published import build
from avsl.synthetic.world import Recipe, World, descriptions
from tests.train.stages.micro import PX, micro
from train.config import TrainConfig
from train.learning import Batch, learner
from train.objectives import Moment, total
from train.objectives.acl import acl_loss
from train.stages import backbone
from train.stages.sizes import CLASS_NAMES

FACTS = {"name": "acl-micro", "trained_on": "the world", "threshold": 0.4}
LEARNED = ("audio_proj.", "masker.")


@pytest.fixture(scope="module")
def config(tmp_path_factory) -> TrainConfig:
    folder = tmp_path_factory.mktemp("backbone")
    torch.manual_seed(0)
    backbone.save(build(micro()), folder, {"class_names": CLASS_NAMES})
    return TrainConfig(objective="acl", start=str(folder), px=PX, sound_s=1.0)


@pytest.fixture(scope="module")
def batch() -> Batch:
    world = World(Recipe(), px=PX, duration_s=1.0)
    pairs = world.pairs("train", 0, torch.arange(6))
    return Batch(pairs.images, pairs.waveforms, tuple(descriptions(pairs.scenes, world.difficulty)))


def step(student, batch: Batch, rate: float = 1e-2) -> float:
    optimizer = torch.optim.Adam(student.trainable(), rate)
    loss = total(student.loss(student.prepare(batch), Moment()))
    loss.backward()
    optimizer.step()
    return loss.item()


def test_only_the_projector_and_the_scalars_learn(config, batch):
    student = learner(config)
    before = {name: value.clone() for name, value in student.module.state_dict().items()}
    for _ in range(2):
        step(student, batch)
    for name, parameter in student.module.named_parameters():
        assert (parameter.grad is not None) == name.startswith(LEARNED), name
    moved = {
        name for name, value in student.module.state_dict().items()
        if not torch.equal(value, before[name])
    }  # fmt: skip
    assert moved and all(name.startswith(LEARNED) for name in moved)
    assert not student.module.vision.training and student.module.audio_proj.training


def test_compiled_it_takes_the_same_step(config, batch):
    losses = []
    for backend in ("", "aot_eager"):
        torch.manual_seed(0)
        student = learner(config)
        if backend:
            student.compile(backend)
        losses.append([step(student, batch) for _ in range(2)])
    assert losses[1] == pytest.approx(losses[0], rel=1e-4)


def test_the_loss_falls_on_a_batch_that_stays(config, batch):
    torch.manual_seed(0)
    student = learner(config)
    losses = [step(student, batch, 3e-3) for _ in range(20)]
    assert np.mean(losses[-5:]) < np.mean(losses[:5])


def test_no_words_take_part_without_guidance(config, batch):
    torch.manual_seed(0)
    student = learner(config)
    torch.manual_seed(1)
    told = total(student.loss(student.prepare(batch), Moment()))
    torch.manual_seed(1)
    untold = total(student.loss(student.prepare(replace(batch, descriptions=())), Moment()))
    assert told.item() == untold.item()


def test_guidance_adds_its_terms_in_training_alone(config, batch):
    torch.manual_seed(0)
    plain = learner(config)
    guided = learner(config.changed({"guidance.audio": 0.5}))
    guided.module.load_state_dict(plain.module.state_dict())
    torch.manual_seed(1)
    without = plain.loss(plain.prepare(batch), Moment())
    torch.manual_seed(1)
    with_words = guided.loss(guided.prepare(batch), Moment())
    assert with_words.image.item() == pytest.approx(without.image.item())
    assert with_words.heard > 0 and with_words.seen > 0
    assert with_words.total.item() == pytest.approx(
        (without.total + with_words.heard + with_words.seen).item(), rel=1e-5
    )
    for ours, theirs in zip(
        plain.maps(plain.prepare(batch)), guided.maps(guided.prepare(batch)), strict=True
    ):
        assert torch.equal(ours, theirs)
    with pytest.raises(SettingError, match="descriptions"):
        guided.loss(guided.prepare(replace(batch, descriptions=())), Moment())


@pytest.mark.parametrize(
    ("wrong", "what"),
    [
        ({"guidance.louder": 1}, "no setting 'louder'"),
        ({"guidance.use_isolation": True}, "use_isolation"),
        ({"network_settings.depth": 3}, "decoded_negatives"),
        ({"start": "", "network": "huge"}, "no ACL 'huge'"),
    ],
)
def test_wrong_settings_are_named(config, wrong, what):
    with pytest.raises(SettingError, match=what):
        learner(config.changed(wrong))


def test_sampled_pairs_lose_what_all_pairs_do_where_they_are_all(config, batch):
    """With as many shifts as there are other sounds, nothing is left out."""
    model = learner(config).module.eval()
    images, sounds = batch.images, batch.waveforms
    model.masker.hard = lambda logits: model.masker.soft(logits / 50)  # without its noise
    with torch.no_grad():
        every = model(images, sounds)
        same = model(images, sounds, shifts=range(1, len(batch)))
        few = model(images, sounds, shifts=[2])
    assert torch.allclose(every.v_f, same.v_f, atol=1e-5) and bool(same.decoded.all())
    for name in ("image", "feature", "area", "total"):
        ours, theirs = (getattr(acl_loss(out), name).item() for out in (every, same))
        assert ours == pytest.approx(theirs, abs=1e-4), name
    assert few.logits.shape[1] == 2 and int(few.decoded.sum()) == 2 * len(batch)
    assert torch.allclose(few.v_f[few.decoded], every.v_f[few.decoded], atol=1e-5)
    assert acl_loss(few).feature < acl_loss(every).feature, "one negative a row instead of five"


def test_what_is_saved_loads_and_marks_the_same(config, batch, tmp_path):
    torch.manual_seed(0)
    student = learner(config)
    step(student, batch)
    maps, confidence = student.maps(student.prepare(batch))
    assert student.module.training, "goes on training"
    assert maps.min() >= 0 and maps.max() <= 1 and confidence.shape == (len(batch),)
    student.save(tmp_path / "acl-micro", FACTS)
    variant = avsl.load(str(tmp_path / "acl-micro"))
    assert variant.card.name == "acl-micro" and variant.class_names == CLASS_NAMES
    assert variant.window_s == 1.0 and variant.image_px == PX
    for index in range(2):
        frame = (batch.images[index] * 255).round().byte().permute(1, 2, 0).numpy()
        clip = Clip.from_arrays(frame[None], 1.0, batch.waveforms[index].numpy(), 16000)
        evidence = variant.localize(clip, np.array([0.5]))
        assert np.abs(evidence.maps[0] - maps[index].numpy()).max() < 0.02, "8 bits a pixel"
