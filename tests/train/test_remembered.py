"""What is remembered of scenes is what would be seen anew, and noise swaps sounds alone."""

from contextlib import nullcontext
from dataclasses import replace

import pytest
import torch

from avsl.errors import SettingError
from avsl.models.published import build
from tests.train.data.making_shards import made_shards
from tests.train.small import SMALL
from tests.train.stages.micro import PX, micro
from train import remembered
from train.learning import learner
from train.learning.acl import empty_sounds
from train.objectives import Moment, total
from train.remembered import Feed, whose_sound
from train.stages import backbone
from train.stages.sizes import CLASS_NAMES
from train.train import train
from train.validation import Scenes, judged

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    folder = tmp_path_factory.mktemp("backbone")
    torch.manual_seed(0)
    backbone.save(build(micro()), folder, {"class_names": CLASS_NAMES})
    changes = {
        "network": "frozen-clip", "network_settings": {}, "start": str(folder), "px": PX,
        "scenes": 24, "augment": False, "remember": True,
    }  # fmt: skip
    return SMALL.changed(changes)


def feed(config) -> Feed:
    torch.manual_seed(0)
    return Feed(config, learner(config), CPU, nullcontext)


def test_what_is_remembered_is_what_would_be_seen_anew(config):
    kept = list(feed(config).stream())
    anew = list(feed(replace(config, remember=False)).stream())
    assert len(kept) == len(anew) == config.steps
    for ours, theirs in zip(kept, anew, strict=True):
        assert ours.values.keys() == theirs.values.keys()
        for name, value in ours.values.items():
            assert value.dtype == torch.float32
            assert torch.allclose(value, theirs.values[name], rtol=2e-3, atol=2e-3), name


def test_what_is_remembered_may_lie_on_disk_for_other_runs(config, tmp_path, monkeypatch):
    kept = list(feed(config).stream())
    cached = config.changed({"cache": str(tmp_path)})
    remembered._kept["training"].clear()
    first = list(feed(cached).stream())
    assert len(list(tmp_path.iterdir())) == 1
    remembered._kept["training"].clear()
    monkeypatch.setattr(Feed, "prepare", None)  # nothing is seen again
    again = list(feed(cached).stream())
    for ours, disk, theirs in zip(kept, first, again, strict=True):
        for name, value in ours.values.items():
            assert torch.equal(value, disk.values[name]) and torch.equal(value, theirs.values[name])
    # Another objective on the same towers sees the same, other towers see other things.
    slavc = cached.changed({"objective": "slavc", "objective_settings": {}, "ema_decay": 0.9})
    remembered._kept["training"].clear()
    assert len(list(feed(slavc).stream())) == config.steps
    torch.manual_seed(1)
    backbone.save(build(micro()), tmp_path / "other", {"class_names": CLASS_NAMES})
    with pytest.raises(TypeError):
        next(feed(cached.changed({"start": str(tmp_path / "other")})).stream())


def test_it_goes_on_in_the_middle(config):
    every = list(feed(config).stream())
    later = list(feed(config).stream(first=2))
    assert torch.equal(later[0].values["seen"], every[2].values["seen"])


def test_noise_swaps_the_share_of_sounds_and_leaves_pictures(config):
    many = config.changed({"scenes": 4000, "mismatched": 0.4})
    swapped = (whose_sound(many) != torch.arange(4000)).float().mean()
    assert 0.37 < swapped < 0.43
    assert torch.equal(whose_sound(config), torch.arange(24))
    noisy, clean = (
        next(feed(config.changed({"mismatched": noise})).stream()) for noise in (0.9, 0.0)
    )
    assert torch.equal(noisy.values["seen"], clean.values["seen"])
    assert not torch.equal(noisy.values["heard"], clean.values["heard"])


def test_scenes_to_judge_on_may_be_remembered_too(config):
    fed = feed(config)
    scenes = Scenes.of(config)
    fed.student.module.eval()
    anew, kept = (judged(fed.student, each, config.batch) for each in (scenes, scenes.kept(fed)))
    assert kept["auc"] == pytest.approx(anew["auc"], abs=2.0)


@pytest.mark.parametrize(
    "changes", [{"network": "tiny", "start": ""}, {"scenes": 0}, {"augment": True}]
)
def test_what_cannot_be_remembered_is_refused(config, changes):
    if changes.get("network"):
        changes = {**changes, "network_settings": SMALL.network_settings}
    with pytest.raises(SettingError, match="remember keeps"):
        next(feed(config.changed(changes)).stream())


def test_acl_may_begin_with_whole_pictures(config):
    acl = config.changed({
        "objective": "acl", "objective_settings": {}, "network": "tiny",
        "network_settings": {"unmasked": 0.5, "mask_w": 1.0, "mask_b": 0.0},
    })  # fmt: skip
    fed = feed(acl)
    fed.student.module.audio_proj.eval()  # no dropout
    prepared = next(fed.stream())
    early, late = (fed.student.loss(prepared, Moment(progress)) for progress in (0.0, 0.5))
    assert early.area == 0 and early.feature == 0 and late.area > 0 and late.feature > 0
    total(early).backward()
    model = fed.student.module
    assert model.masker.b.grad is None and model.audio_proj.fc2.weight.grad.abs().max() > 0
    black = prepared.values | {"image": torch.zeros_like(prepared.values["image"])}
    again = fed.student.loss(replace(prepared, values=black), Moment(0.0))
    assert again.image == early.image, "nothing is masked, so nothing is encoded again"


def test_words_are_those_of_the_scenes_and_need_matching_pairs(config):
    acl = config.changed({"objective": "acl", "objective_settings": {}, "network": "tiny"})
    kept = next(feed(acl).stream(words=True))
    anew = next(feed(replace(acl, remember=False)).stream(words=True))
    assert kept.descriptions == anew.descriptions and len(kept.descriptions) == config.batch
    with pytest.raises(SettingError, match="mismatched"):
        next(feed(config.changed({"mismatched": 0.2})).stream(words=True))


def test_nothing_is_to_be_marked_for_silence(config):
    acl = config.changed({
        "objective": "acl", "objective_settings": {}, "network": "tiny",
        "network_settings": {"empty": 4, "mask_w": 1.0, "mask_b": 6.0},
    })  # fmt: skip
    fed = feed(acl)
    loss = fed.student.loss(next(fed.stream()), Moment(0.5))
    assert 0 < loss.empty < 1, "a share of the picture"
    loss.empty.backward()
    assert fed.student.module.audio_proj.fc2.weight.grad.abs().max() > 0
    sounds = empty_sounds(4, 1.0)
    assert sounds.shape == (4, 16_000) and not sounds[0].any()
    levels = sounds[1:].square().mean(1).sqrt()
    assert (levels.diff() > 0).all() and levels[-1] == pytest.approx(10 ** (-10 / 20), rel=0.05)


@pytest.fixture(scope="module")
def shards(tmp_path_factory):
    return made_shards(tmp_path_factory.mktemp("shards"), (9, 4, 13, 6))


ACL = {"objective": "acl", "objective_settings": {}, "network": "tiny"}
ACL |= {"network_settings": {"mask_w": 1.0, "mask_b": 0.0}}


@pytest.mark.parametrize("changes", [{}, ACL], ids=["two streams", "acl"])
def test_of_shards_it_is_kept_in_files_and_the_losses_are_the_same(
    config, shards, tmp_path, changes, monkeypatch
):
    plain = config.changed({"data": str(shards), "scenes": 0, "remember": False, **changes})
    kept = plain.changed({"remember": True, "cache": str(tmp_path / "cache")})
    with_files, without = feed(kept), feed(plain)
    with_files.student.module.eval(), without.student.module.eval()  # no dropout
    halves = [list(with_files.stream(rank, 2)) for rank in range(2)]
    assert len(list((tmp_path / "cache/features").glob("*.safetensors"))) == 4
    monkeypatch.setattr(Feed, "prepare", None)  # nothing is seen again
    ours = list(with_files.stream())
    monkeypatch.undo()
    theirs = list(without.stream())
    assert len(ours) == len(theirs) == config.steps
    for number, (a, b) in enumerate(zip(ours, theirs, strict=True)):
        together = [half[number] for half in halves]
        for name, value in a.values.items():
            assert torch.equal(value, torch.cat([each.values[name] for each in together]))
            assert torch.allclose(value, b.values[name], rtol=2e-3, atol=2e-3), name
        found, anew = (
            total(each.student.loss(some, Moment(0.5))).item()
            for each, some in ((with_files, a), (without, b))
        )
        assert found == pytest.approx(anew, rel=5e-3)
    later = list(with_files.stream(first=2))
    assert all(torch.equal(later[0].values[name], value) for name, value in ours[2].values.items())


def test_files_of_features_that_are_damaged_or_of_other_shards_are_made_anew(
    config, shards, tmp_path
):
    kept = config.changed({"data": str(shards), "scenes": 0, "cache": str(tmp_path / "cache")})
    first = list(feed(kept).stream())
    files = sorted((tmp_path / "cache/features").glob("*.safetensors"))
    half = files[0].read_bytes()[:100]
    files[0].unlink()  # the old one is mapped
    files[0].write_bytes(half)
    stamps = [each.stat().st_mtime_ns for each in files[1:]]
    again = list(feed(kept).stream())
    assert torch.equal(first[0].values["seen"], again[0].values["seen"])
    assert [each.stat().st_mtime_ns for each in files[1:]] == stamps
    other = made_shards(tmp_path / "other", (9, 14))  # the first shard is the same
    list(feed(kept.changed({"data": str(other), "steps": 1, "validation_scenes": 4})).stream())
    assert len(list((tmp_path / "cache/features").glob("*.safetensors"))) == 5


def test_a_training_on_files_of_features_ends_as_any(config, shards, tmp_path):
    changes = {"data": str(shards), "scenes": 0, "cache": str(tmp_path / "cache"), "workers": 1}
    whole = config.changed({**changes, "steps": 2, "validate_every": 1, "pictures": 1})
    found = train(whole, tmp_path / "out")
    plain = whole.changed({"remember": False, "cache": ""})
    anew = train(plain, tmp_path / "plain")
    assert found.best.loss == pytest.approx(anew.best.loss, rel=5e-3)


@pytest.mark.parametrize("changes", [{"cache": ""}, {"augment": True}])
def test_features_of_shards_need_a_cache_and_pictures_as_they_are(
    config, shards, tmp_path, changes
):
    kept = config.changed({"data": str(shards), "scenes": 0, "cache": str(tmp_path), **changes})
    with pytest.raises(SettingError, match="remember keeps in files"):
        next(feed(kept).stream())
