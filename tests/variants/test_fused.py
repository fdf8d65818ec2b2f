"""What a thing is, and which one moves with the sound: the two together."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

import avsl.variants
from avsl import Localization
from avsl.checkpoint import save_folder
from avsl.clip import Clip
from avsl.compare import compare
from avsl.errors import VariantError
from avsl.live import watcher_for
from avsl.live.sound import Sound
from avsl.localization import Verdict
from avsl.localizer import Localizer
from avsl.settings import SAMPLE_RATE_HZ
from avsl.variants.base import Evidence, origin_of
from avsl.variants.folders import shipped_folders
from avsl.variants.fused import FusedVariant
from avsl.variants.sync import SyncVariant
from tests.variants.making import changing_clip, tiny_acl

FPS_HZ, DURATION_S, SIDE = 25.0, 8.0, 160
LEFT, RIGHT = (40, 80), (120, 80)  # where two discs stand, x and y
RADIUS = 24
TIMES_S = np.arange(1.0, 7.0, 0.5)
needs_shipped = pytest.mark.skipif(
    "acl-tiny" not in shipped_folders(), reason="the shipped variants are not here"
)


class BothMarked:
    """Stands for a network that marks both discs alike, whatever is heard."""

    card = replace(tiny_acl().card, name="both", threshold=0.6, confidence_gate=0.5)
    device = "cpu"

    def localize(self, clip, times_s, progress=None):
        one = np.zeros((28, 28), np.float32)
        for x, y in (LEFT, RIGHT):
            cv2.circle(one, (x * 28 // SIDE, y * 28 // SIDE), RADIUS * 28 // SIDE, 0.99, -1)
        count = len(times_s)
        windows_s = np.stack([times_s, times_s], axis=1)
        sure = np.full(count, 0.6, np.float32)
        return Evidence(np.stack([one] * count), sure, windows_s, (), ("disc",) * count)


def twins(sounding: str) -> Clip:
    """Two discs that hop, each to a rhythm of its own; clicks go with one of them."""
    rng = np.random.default_rng(3)
    beats = {side: np.cumsum(rng.uniform(0.35, 0.9, 8)) for side in ("left", "right")}
    count = round(FPS_HZ * DURATION_S)
    frames = rng.integers(90, 110, (1, SIDE, SIDE, 3), dtype=np.uint8).repeat(count, axis=0)
    for index, frame in enumerate(frames):
        for side, (x, y) in (("left", LEFT), ("right", RIGHT)):
            since_s = index / FPS_HZ - beats[side]
            hop = 10 * np.exp(-since_s[since_s >= 0] / 0.1).max(initial=0.0)
            cv2.circle(frame, (x, round(y - hop)), RADIUS, (230, 230, 230), -1)
            cv2.circle(frame, (x, round(y - hop)), RADIUS // 2, (30, 30, 30), 4)
    sound = np.zeros(round(DURATION_S * SAMPLE_RATE_HZ), np.float32)
    click = 0.5 * rng.standard_normal(1600) * np.exp(-np.arange(1600) / 300)
    for beat_s in beats[sounding]:
        start = round(beat_s * SAMPLE_RATE_HZ)
        sound[start : start + 1600] += click[: len(sound) - start]
    return Clip.from_arrays(frames, FPS_HZ, sound.clip(-1, 1), name="twins")


@pytest.mark.parametrize("sounding", ["left", "right"])
def test_of_two_twins_the_one_that_sounds_is_marked_whole(sounding):
    found = Localizer(FusedVariant(BothMarked())).run(twins(sounding), map_rate_hz=2.0)
    shown = found.maps[[verdict is Verdict.SOUNDING for verdict in found.verdicts]]
    assert len(shown) >= 6
    left, right = shown[:, :, :14], shown[:, :, 14:]
    source, twin = (left, right) if sounding == "left" else (right, left)
    disc = BothMarked().localize(None, TIMES_S).maps[0][:, :14].sum() / 0.99
    marked = (source >= found.threshold).sum((1, 2))
    assert (source.max((1, 2)) > twin.max((1, 2))).all(), "the peak is on the source"
    assert (marked >= 0.8 * disc).all(), "the whole of it is marked"
    assert (twin < found.threshold).all(), "nothing of its twin is"
    assert set(found.labels) == {"disc"}


def test_a_still_picture_is_left_to_the_semantic_part_and_that_is_said():
    clip = twins("left")
    still = Clip.from_arrays(clip.frames(TIMES_S[:1]), 0.5, clip.waveform)
    semantic = BothMarked()
    found = FusedVariant(semantic).localize(still, TIMES_S[:1])
    assert np.array_equal(found.maps, semantic.localize(still, TIMES_S[:1]).maps)
    assert found.confidence == pytest.approx(0.6 / 0.5)
    assert any("Too little motion or sound" in note for note in found.notes)


def test_what_moves_with_the_sound_is_surer_than_what_does_not():
    clip, variant = twins("left"), FusedVariant(BothMarked())
    other = clip.with_sound(np.roll(clip.waveform, SAMPLE_RATE_HZ), "Shifted.")
    own, foreign = (variant.localize(each, TIMES_S).confidence for each in (clip, other))
    assert own.mean() > foreign.mean()


def test_a_saved_localization_comes_back(tmp_path):
    found = Localizer(FusedVariant(BothMarked())).run(twins("left"), map_rate_hz=2.0)
    found.save(tmp_path / "found.npz")
    again = Localization.load(tmp_path / "found.npz")
    assert np.array_equal(again.maps, found.maps)
    assert again.provenance == found.provenance and again.provenance.variant == "both+sync"


def test_a_folder_with_sync_behind_it_loads(tmp_path):
    save_folder(tiny_acl(), tmp_path / "mine")
    variant = avsl.variants.load(f"{tmp_path / 'mine'}+sync")
    assert isinstance(variant, FusedVariant) and variant.card.name.endswith("+sync")
    origin = origin_of(variant)
    assert origin.asked == f"{tmp_path / 'mine'}+sync" and origin.weights_sha256
    assert isinstance(avsl.variants.load(origin.asked), FusedVariant)


def test_a_hub_id_with_sync_behind_it_is_fetched_without_it(monkeypatch, tmp_path):
    save_folder(tiny_acl(), tmp_path / "mine")
    asked = []

    def fetch(repo, files, progress, revision):
        asked.append((repo, revision))
        return type("Fetched", (), {"folder": tmp_path / "mine", "commit": "c0ffee", "note": ""})

    monkeypatch.setattr(avsl.variants.hub, "fetch_folder", fetch)
    variant = avsl.variants.load("user/name@v2+sync")
    assert asked == [("user/name", "v2")] and variant.card.name == "user/name@v2+sync"
    assert origin_of(variant).asked == "user/name+sync"
    assert origin_of(variant).revision == "c0ffee"


@pytest.mark.parametrize("name", ["sync+sync", "+sync", "acl+sync+sync"])
def test_what_cannot_be_fused_is_said_in_a_sentence(name):
    with pytest.raises(VariantError, match="goes behind one variant that looks at frames"):
        avsl.variants.load(name)


def test_an_unknown_name_is_said_without_its_suffix():
    with pytest.raises(VariantError, match="no variant called 'nothing'"):
        avsl.variants.load("nothing+sync")


def test_the_list_has_it_and_its_state_is_the_semantic_parts():
    listed = {card.name: card for card in avsl.variants.cards()}
    assert listed["acl+sync"].state is listed["acl"].state
    assert listed["acl+sync"].download == listed["acl"].download
    assert avsl.variants.commands("acl+sync") == avsl.variants.commands("acl")


def test_in_a_comparison_its_semantic_part_looks_at_no_frame_again():
    semantic = tiny_acl()
    found = compare(changing_clip(), [semantic, FusedVariant(semantic), SyncVariant()])
    plain, fused, _ = found.entrants
    assert plain.cost.images > 0 and fused.cost.images == 0
    assert fused.cost.weights_bytes == plain.cost.weights_bytes


def test_live_it_gives_a_map_for_every_frame():
    watcher = watcher_for(FusedVariant(tiny_acl()))
    clip = changing_clip(4.0, 10.0)
    sound = Sound(clip.waveform, 0, 0.0)
    for time_s, frame in zip(clip.frame_times_s, clip.frames(clip.frame_times_s), strict=True):
        sighting = watcher.look(time_s, frame, sound)
        assert sighting.map.min() >= 0 and sighting.map.max() <= 1
        assert np.isfinite(sighting.confidence)


@needs_shipped
def test_the_shipped_one_loads_by_name():
    variant = avsl.variants.load("acl-tiny+sync")
    assert variant.card.name == "acl-tiny+sync" and variant.card.confidence_gate == 1.0
    assert "acl-tiny+sync" in {card.name for card in avsl.variants.cards()}
