"""Several variants on one clip: shared eyes, equal results, and numbers worked out by hand."""

import csv
from dataclasses import replace

import numpy as np
import pytest
import torch

from avsl import metrics
from avsl.compare import (
    Agreement,
    Comparison,
    Cost,
    Entrant,
    against_truth,
    agreement,
    compare,
    equal_verdicts,
    moments_csv,
    overlap,
)
from avsl.errors import Cancelled, NoSoundError, SettingError, VariantError
from avsl.localization import Localization, Provenance, Verdict
from avsl.localizer import Localizer
from avsl.models.twostream import ResNetTower, TowerConfig
from avsl.variants.frames import FrameFeatures
from tests.support import CornerVariant, tone_clip
from tests.variants.making import changing_clip, tiny_acl, tiny_two_stream

ON, OFF, QUIET = Verdict.SOUNDING, Verdict.NOT_FOUND, Verdict.SILENT
SIDE = 4


def students(count: int) -> list:
    """Two-stream variants with one image tower and heads of their own."""
    made = [tiny_two_stream(heads=1 + index % 2) for index in range(count)]
    tower = made[0].model.image_tower.state_dict()
    for seed, variant in enumerate(made):
        variant.model.image_tower.load_state_dict(tower)
        torch.manual_seed(seed)
        for head in variant.model.image_heads:
            torch.nn.init.normal_(head.proj.weight, std=0.1)
    return made


def counted(variants: list, monkeypatch) -> list[int]:
    """How many pictures each call of an image tower got, over all variants."""
    seen: list[int] = []
    for variant in variants:

        def counting(image, see=variant.see):
            seen.append(len(image))
            return see(image)

        monkeypatch.setattr(variant, "see", counting)
    return seen


def found(maps: np.ndarray, verdicts: tuple, threshold: float = 0.5) -> Localization:
    """A localization of a 4 x 4 px clip, whose maps need no resizing."""
    count = len(maps)
    return Localization(
        times_s=np.arange(count) / 2, maps=maps.astype(np.float32),
        audio_windows_s=np.zeros((count, 2)), loudness_dbfs=np.zeros(count, np.float32),
        confidence=np.ones(count, np.float32), verdicts=verdicts, duration_s=count / 2,
        width=SIDE, height=SIDE, threshold=threshold, confidence_gate=0.5,
        provenance=Provenance("v", "0", "clip", "", 2.0, -60.0),
    )  # fmt: skip


def columns(*filled: int, value: float = 0.9) -> np.ndarray:
    """A map (4, 4) with some columns filled."""
    heatmap = np.zeros((SIDE, SIDE))
    heatmap[:, list(filled)] = value
    return heatmap


def by_hand() -> Comparison:
    """Three moments: half over half, one alone, none at all; the second one's threshold is low."""
    first = found(np.stack([columns(0, 1)] * 3), (ON, ON, QUIET))
    second = found(np.stack([columns(1, 2, value=0.3)] * 3), (ON, OFF, QUIET), threshold=0.2)
    cost = Cost(1.0, 0.0, 0, 0)
    entrants = [
        Entrant(name, CornerVariant.card, each, cost)
        for name, each in (("first", first), ("second", second))
    ]
    return Comparison(tuple(entrants), 2.0, ())


# running them


def test_four_variants_with_one_eye_look_at_each_frame_once(monkeypatch):
    variants, clip = students(4), changing_clip()
    images = counted(variants, monkeypatch)
    Localizer(tiny := students(1)[0]).run(clip)
    told = compare(clip, variants)
    assert sum(images) == tiny.frames.encoded > 1
    assert [each.cost.images for each in told.entrants] == [sum(images), 0, 0, 0]
    assert told.entrants[0].cost.spared_s == 0
    assert all(each.cost.spared_s > 0 for each in told.entrants[1:])


def test_each_finds_what_it_finds_alone():
    clip = changing_clip()

    def field() -> list:
        return [*students(3), tiny_acl(), CornerVariant()]

    told = compare(clip, field(), map_rate_hz=2.0)
    shared = [entrant.localization for entrant in told.entrants]
    for variant, found_here in zip(field(), shared, strict=True):
        alone = Localizer(variant).run(clip, 2.0)
        assert np.array_equal(alone.maps, found_here.maps)
        assert np.array_equal(alone.confidence, found_here.confidence)
        assert (alone.verdicts, alone.cuts_s) == (found_here.verdicts, found_here.cuts_s)
    assert not np.array_equal(shared[0].maps, shared[2].maps), "the heads are their own"


def test_different_eyes_are_told_apart():
    plain = tiny_two_stream()
    other = tiny_two_stream()
    torch.nn.init.zeros_(other.model.image_tower.conv1.weight)
    larger = tiny_two_stream()
    larger.image_px = 128
    guided = plain.object_guided(ResNetTower(3, TowerConfig(width=8, blocks=(1, 1, 1, 1))))
    strided = tiny_two_stream()
    image = replace(strided.model.config.image, strides=(1, 1))
    strided.model.config = replace(strided.model.config, image=image)
    acl = tiny_acl()
    eyes = [each.eye_key for each in (plain, other, larger, guided, strided, acl, acl.in_int8())]
    assert len(set(eyes)) == len(eyes)
    first, two_headed = students(2)
    assert first.eye_key == two_headed.eye_key, "heads are no part of the eye"
    assert tiny_acl().eye_key == acl.eye_key


def test_those_that_ship_share_their_eyes(monkeypatch):
    names = ["lvs-tiny", "ez-vsl-tiny", "slavc-tiny", "margin-tiny", "acl-tiny", "acl-tiny-guided"]
    told = compare(changing_clip(2.0), names)
    assert [each.cost.images > 0 for each in told.entrants] == [True, *[False] * 3, True, False]
    assert all(each.cost.weights_bytes > 1e6 for each in told.entrants)


def test_variants_get_their_own_store_back_even_if_stopped():
    variants = students(2)
    own = [variant.frames for variant in variants]

    def stop(fraction, stage):
        if "looking" in stage:
            raise Cancelled

    with pytest.raises(Cancelled):
        compare(changing_clip(), variants, progress=stop)
    assert [variant.frames for variant in variants] == own


def test_what_does_not_fit_is_encoded_again_and_right():
    clip, times_s = changing_clip(), np.arange(20) / 5
    small, plenty = students(2)
    small.frames = FrameFeatures(most_bytes=100)
    first, second = (small.localize(clip, times_s) for _ in range(2))
    assert np.array_equal(first.maps, second.maps)
    plenty.localize(clip, times_s)
    plenty.localize(clip, times_s)
    assert small.frames.encoded == 2 * plenty.frames.encoded


def test_another_clip_or_other_moments_are_looked_at_anew():
    (variant,) = students(1)
    times_s = np.arange(8) / 2
    once = variant.localize(changing_clip(), times_s)
    variant.localize(changing_clip(), times_s)  # another object, the same pictures
    variant.localize(changing_clip(), times_s[:4])
    assert variant.frames.encoded == 8 + 8 + 4
    assert np.array_equal(variant.localize(changing_clip(), times_s).maps, once.maps)


def test_the_lowest_rate_serves_all_and_is_told():
    slow, quick = CornerVariant(), CornerVariant()
    slow.card = replace(slow.card, map_rate_hz=4.0)
    told = compare(tone_clip(), [slow, quick])
    assert told.map_rate_hz == 4.0 and len(told.times_s) == 8
    assert "4 moments a second" in told.notes[0]
    assert told.names == ("corner", "corner (2)")
    assert compare(tone_clip(), [slow, quick], map_rate_hz=3.0).notes == ()


def test_progress_rises_and_names_the_variant():
    calls: list[tuple[float, str]] = []
    compare(changing_clip(), [CornerVariant(), "sync"], progress=lambda *call: calls.append(call))
    fractions = [fraction for fraction, _ in calls]
    assert fractions == sorted(fractions) and fractions[-1] <= 1
    assert any(stage.startswith("corner: ") for _, stage in calls)
    calls.clear()
    compare(changing_clip(), students(2), progress=lambda *call: calls.append(call))
    assert any("going through" in stage for _, stage in calls), "where nothing is encoded too"


def test_what_cannot_be_compared_is_a_sentence():
    with pytest.raises(SettingError, match="two variants"):
        compare(tone_clip(), ["sync"])
    with pytest.raises(VariantError, match="no variant called"):
        compare(tone_clip(), ["sync", "nothing"])
    mute = replace(tone_clip(), waveform=np.zeros(0, np.float32))
    with pytest.raises(NoSoundError):
        compare(mute, [CornerVariant(), CornerVariant()])


# where they agree


def test_agreement_is_none_one_the_other_or_both():
    first, second = (entrant.localization for entrant in by_hand().entrants)
    one, both, two, none = Agreement.FIRST, Agreement.BOTH, Agreement.SECOND, Agreement.NEITHER
    told = agreement(first, second, 0)
    assert told.dtype == np.uint8 and told.tolist() == [[one, both, two, none]] * SIDE
    assert agreement(first, second, 1).tolist() == [[one, one, none, none]] * SIDE
    assert not agreement(first, second, 2).any()
    shared = agreement(first, second, 0, threshold=0.5)  # which the second does not reach
    assert shared.tolist() == [[one, one, none, none]] * SIDE


def test_maps_of_any_size_meet_on_one_grid():
    clip = tone_clip(width=640, height=480)
    told = compare(clip, [CornerVariant(), CornerVariant()])
    first, second = (entrant.localization for entrant in told.entrants)
    second = replace(second, maps=second.maps.repeat(3, axis=1).repeat(3, axis=2))
    both = agreement(first, second, 0)
    assert both.shape == (120, 160)
    assert (both == Agreement.BOTH).mean() == pytest.approx(0.25, abs=0.03)
    assert np.isin(both, [Agreement.FIRST, Agreement.SECOND]).mean() < 0.03


def test_iou_over_time_and_its_mean():
    told = overlap(by_hand())
    assert told.ious.shape == (2, 2, 3)
    assert told.ious[0, 1] == pytest.approx([1 / 3, 0, 1]), "both empty is 1, one empty is 0"
    assert np.array_equal(told.ious, told.ious.swapaxes(0, 1))
    assert (told.ious[0, 0] == 1).all()
    assert told.areas.tolist() == [[0.5, 0.5, 0], [0.5, 0, 0]]
    assert told.mean == pytest.approx(np.array([[1, 1 / 3], [1 / 3, 1]]))
    never = overlap(by_hand(), threshold=0.5)
    assert np.isnan(never.mean[0, 1]), "the second never shows anything at 0.5"


def test_verdicts_in_common():
    assert equal_verdicts(by_hand()) == pytest.approx(np.array([[1, 2 / 3], [2 / 3, 1]]))


# who is right


def test_the_truth_is_judged_by_the_metrics_as_they_are():
    rng = np.random.default_rng(0)
    told = by_hand()
    truth = (rng.random((3, SIDE, SIDE)) > 0.5).astype(np.uint8)
    truth[2] = 0
    for entrant, right in zip(told.entrants, against_truth(told, truth), strict=True):
        said = entrant.localization
        shown = torch.from_numpy(np.stack([said.shown(index) for index in range(3)]))
        levels = torch.tensor([said.threshold], dtype=torch.float64)
        direct = metrics.ciou(metrics.areas_at(shown, torch.from_numpy(truth), levels).at(0))[:2]
        assert right.overlaps[:2] == pytest.approx(direct.numpy()) and np.isnan(right.overlaps[2])
        assert right.ciou == pytest.approx(float(direct.mean()))
        assert right.success == pytest.approx(float(metrics.success(direct).mean()))
        assert right.auc == pytest.approx(float(metrics.auc(direct).mean()))
        assert right.dark == 1.0
        judged = metrics.Judged.of(shown, truth)
        scores = {
            score.metric: score.value
            for score in metrics.video(judged, fixed=(said.threshold,))
            if score.rule == "fixed"
        }
        assert scores["CIoU"] == pytest.approx(100 * right.ciou)
        assert scores["TN%"] == pytest.approx(100 * right.dark)


def test_one_mask_or_one_box_holds_for_all_moments():
    told = by_hand()
    mask = columns(0, 1, value=1.0)
    one, box = against_truth(told, mask), against_truth(told, np.array([0, 0, 2, SIDE]))
    assert one[0].overlaps.tolist() == [1, 1, 0]
    assert box[0].overlaps[0] == pytest.approx(1, abs=0.15), "the map's edge is soft when enlarged"
    assert np.isnan(one[0].dark)
    with pytest.raises(SettingError, match="3 moments"):
        against_truth(told, np.zeros((5, SIDE, SIDE)))


def test_a_row_a_moment_in_the_table(tmp_path):
    told = by_hand()
    moments_csv(told, tmp_path / "moments.csv")
    rows = list(csv.DictReader((tmp_path / "moments.csv").open()))
    assert [float(row["time_s"]) for row in rows] == [0, 0.5, 1]
    assert [row["second_verdict"] for row in rows] == [ON, OFF, QUIET]
    assert [float(row["first_area"]) for row in rows] == [0.5, 0.5, 0]
    assert [float(row["iou_first_second"]) for row in rows] == pytest.approx(
        [1 / 3, 0, 1], abs=1e-3
    )
