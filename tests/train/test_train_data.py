"""Batches follow from the settings and their number alone, and noise is what was asked for."""

import io
import math
import wave

import numpy as np
import pytest
import torch

import avsl
from avsl.errors import SettingError
from avsl.synthetic.world import Classes
from tests.train.data.making_sets import wav_bytes
from tests.train.small import SMALL, one_thread, trained  # noqa: F401
from train.data import shards
from train.data.scenes_on_disk import ScenesOnDisk
from train.data.shard_making import jpeg_bytes
from train.data.stream import STREAM, Batches, ShardSource, batches
from train.logbook import VALIDATION, columns

pytestmark = pytest.mark.usefixtures("one_thread")


def whole(config, number: int):
    return Batches(config, 0, 1, words=False)[number]


def test_two_processes_share_the_batch_of_one():
    alone = whole(SMALL, 3)
    halves = [Batches(SMALL, rank, 2, words=False)[3] for rank in range(2)]
    assert torch.equal(torch.cat([half.images for half in halves]), alone.images)
    assert torch.equal(torch.cat([half.waveforms for half in halves]), alone.waveforms)


def test_workers_change_nothing_and_a_resumed_stream_starts_where_it_should():
    config = SMALL.changed({"steps": 3, "workers": 1})
    found = list(batches(config, first=1))
    assert len(found) == 2
    assert torch.equal(found[0].images, whole(SMALL, 1).images)
    assert torch.equal(found[1].waveforms, whole(SMALL, 2).waveforms)


def test_scenes_come_again_only_where_asked_for_and_each_once_an_epoch():
    endless = Batches(SMALL, 0, 1, words=False)
    seen = torch.cat([endless.items(number)[0] for number in range(6)])
    assert len(seen.unique()) == 48
    again = Batches(SMALL.changed({"scenes": 24}), 0, 1, words=False)
    epochs = [torch.cat([again.items(3 * e + n)[0] for n in range(3)]) for e in range(2)]
    assert all(len(epoch.unique()) == 24 for epoch in epochs)
    assert not torch.equal(*epochs)  # in another order
    with pytest.raises(SettingError, match="A batch of 8"):
        Batches(SMALL.changed({"scenes": 7}), 0, 1, words=False)


def test_a_cache_changes_nothing(tmp_path):
    plain = SMALL.changed({"scenes": 16})
    cached = plain.changed({"cache": str(tmp_path)})
    ScenesOnDisk(cached).make()
    assert torch.equal(whole(cached, 1).images, whole(plain, 1).images)
    assert torch.equal(whole(cached, 1).waveforms, whole(plain, 1).waveforms)
    assert len(list(tmp_path.iterdir())) == 2
    other = cached.changed({"mismatched": 0.5})
    assert ScenesOnDisk(other).files.keys() == ScenesOnDisk(cached).files.keys()
    assert not any(file.exists() for file in ScenesOnDisk(other).files.values())


def test_training_meets_heard_classes_alone_and_as_much_noise_as_asked_for():
    knobs = {"mismatched": 0.3, "off_screen": 0.2, "imbalance": 1.0}
    scenes = SMALL.changed(knobs).world.scenes(STREAM, 0, torch.arange(2000))
    assert set(scenes.classes.flatten().tolist()) <= set(Classes.HEARD.indices)
    assert 1 - scenes.matched.float().mean().item() == pytest.approx(0.3, abs=0.04)
    away = scenes.matched & ~scenes.seen_and_heard.any(1)
    assert away.float().mean().item() == pytest.approx(0.7 * 0.2, abs=0.03)
    counts = torch.bincount(scenes.classes[:, 0])[list(Classes.HEARD.indices)]
    assert counts[0] > 3 * counts[-1]


@pytest.fixture
def folder(tmp_path):
    """A shard of twenty clips of 2 s, a colour and a tone each; the last one lacks its sound."""

    def members():
        for number in range(20):
            frame = np.full((40, 60, 3), 12 * number, np.uint8)
            clock = np.arange(32_000) / 16_000
            tone = 0.5 * np.sin(2 * np.pi * 100 * (1 + number) * clock).astype(np.float32)
            yield f"clip{number:02d}.jpg", jpeg_bytes(frame, 95)
            if number < 19:
                yield f"clip{number:02d}.wav", wav_bytes(tone)
            yield f"clip{number:02d}.json", b'{"picture_s": 1.0}'

    shards.write(tmp_path / "shard-000000.tar", members())
    return tmp_path


def test_prepared_shards_are_read_and_some_are_held_out(folder):
    config = SMALL.changed({"data": str(folder)})
    training, held_out = ShardSource.of(config), ShardSource.of(config, held_out=True)
    assert (training.count, held_out.count) == (11, 8)
    heard = [training.pairs(torch.arange(11), None), held_out.pairs(torch.arange(8), None)]
    assert len(torch.cat([each.images for each in heard]).unique(dim=0)) == 19
    batch = whole(config, 0)
    assert batch.images.shape == (8, 3, 32, 32) and batch.waveforms.shape == (8, 16_000)
    assert batch.images.min() >= 0 and batch.images.max() <= 1
    assert torch.equal(whole(config, 0).images, batch.images)
    parts = next(training.clips.read(torch.tensor([3])))
    with wave.open(io.BytesIO(parts[".wav"])) as file:
        samples = np.frombuffer(file.readframes(32_000), "<i2") / 32_768
    found = training.pairs(torch.tensor([3]), None).waveforms[0]
    assert np.allclose(found, samples[8_000:24_000], atol=1e-6)  # its own second at the picture


def test_a_training_on_shards_is_judged_by_its_loss_and_says_what_it_saw(folder, tmp_path):
    out = tmp_path / "out"
    assert len(trained(out, data=str(folder), steps=2, validate_every=1)) == 2
    judged = columns(out / "run" / VALIDATION)
    assert all(map(math.isfinite, judged["loss"])) and all(map(math.isnan, judged["ciou"]))
    card = avsl.load(str(out)).card
    assert "not calibrated" in card.threshold_rule
    assert "16 pictures" in card.trained_on and "no labels" in card.trained_on


def test_too_few_clips_is_a_sentence(folder):
    with pytest.raises(SettingError, match="holds 19 prepared clips"):
        ShardSource.of(SMALL.changed({"data": str(folder), "validation_scenes": 16}))
