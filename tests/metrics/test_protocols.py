"""Every protocol on pictures small enough to work out by hand."""

import math

import pytest
import torch

from avsl import metrics
from avsl.metrics import Judged
from avsl.metrics.extended import top_quarter
from avsl.metrics.multisource import cap, piap, pixel_ap
from avsl.metrics.negative import auc_n
from avsl.metrics.overlap import Areas
from tests.metrics.making import LEFT, NOTHING, RIGHT, block, found


def judged(pairs, **kinds) -> Judged:
    maps, truth = zip(*pairs, strict=True)
    return Judged.of(torch.stack(maps), torch.stack(truth), **kinds)


def test_the_threshold_comes_from_validation_and_the_score_from_the_rest():
    faint, strong = 0.2 * LEFT, 0.9 * LEFT + 0.4 * RIGHT
    scores = metrics.single(
        judged([(faint, LEFT), (strong, LEFT), (strong, LEFT)], validation=[True, False, False])
    )
    chosen = found(scores, "cIoU", "sweep", "validation")
    best = found(scores, "AUC", "sweep", "test sweep (upstream)")
    assert chosen.threshold <= 0.2 and chosen.found == 2
    assert best.threshold > 0.4 and best.value == 100


def test_flickrs_consensus_counts_a_lonely_annotator_half():
    truth = metrics.consensus(torch.stack([LEFT, LEFT + RIGHT]))
    assert truth[0, 0] == 1 and truth[0, 7] == 0.5
    areas = metrics.areas_at(LEFT[None], truth[None], torch.tensor([0.5]))
    assert metrics.ciou(areas).item() == pytest.approx(32 / 48)


def test_boxes_outside_the_picture_are_cut_off():
    mask = metrics.rasterise([[-0.5, -1, 0.5, 0.25], [2, 2, 3, 3]], side_px=8)
    assert torch.equal(mask.float(), block(slice(0, 2), slice(0, 4)))
    assert metrics.rasterise([]).sum() == 0


def test_extended_counts_a_confident_map_on_silence_against_precision():
    pairs = [(LEFT, LEFT), (LEFT, LEFT), (LEFT, NOTHING), (RIGHT, LEFT)]
    good = metrics.extended(judged(pairs, confidence=[0.9, 0.8, 0.1, 0.2]), fixed=(0.5,))
    bad = metrics.extended(judged(pairs, confidence=[0.2, 0.1, 0.9, 0.8]), fixed=(0.5,))
    # Down to 0.8: both right, the misplaced one missed, so 2 * 1 * (2/3) / (1 + 2/3).
    assert found(good, "max-F1", rule="fixed").value == pytest.approx(80)
    assert found(bad, "max-F1", rule="fixed").value == pytest.approx(200 / 3)
    assert found(good, "LocAcc", rule="fixed").value == pytest.approx(200 / 3)
    assert found(good, "pIA", rule="fixed").value == 50


def test_without_confidences_the_top_quarter_of_the_map_decides():
    maps = torch.stack([block(slice(0, 2), slice(None), 0.8), 0.1 * LEFT])
    assert top_quarter(maps).tolist() == pytest.approx([0.8, 0.1])


def test_an_empty_frame_scores_what_was_left_dark():
    scores = metrics.segmentation(judged([(LEFT, NOTHING), (LEFT, LEFT)]), fixed=(0.5,))
    assert found(scores, "mIoU", rule="fixed").value == pytest.approx(75, abs=1e-4)
    assert found(scores, "F").value == pytest.approx(100)


def test_a_picture_counts_only_if_every_sound_is_found():
    always_left = judged([(LEFT, LEFT), (LEFT, RIGHT)], group=[7, 7])
    follows = judged([(LEFT, LEFT), (RIGHT, RIGHT)], group=[7, 7])
    at = {"rule": "fixed"}
    assert found(metrics.interactive(always_left, fixed=(0.5,)), "IIoU", **at).value == 0
    assert found(metrics.interactive(follows, fixed=(0.5,)), "IIoU", **at).value == 100


def test_pixel_precision_by_hand():
    # Ranked 0.9 true, 0.6 false, 0.3 true: (1/1 + 2/3) / 2; ties count as one step.
    maps = torch.tensor([[[0.9, 0.6], [0.3, 0.1]], [[0.5, 0.5], [0.5, 0.5]]])
    truth = torch.tensor([[[1.0, 0.0], [1.0, 0.0]], [[1.0, 0.0], [0.0, 0.0]]])
    assert pixel_ap(maps, truth).tolist() == pytest.approx([5 / 6, 1 / 4])


def test_swapped_sources_cost_cap_but_not_piap():
    maps, truth = torch.stack([RIGHT, LEFT]), torch.stack([LEFT, RIGHT])
    frame = torch.zeros(2, dtype=torch.long)
    assert cap(maps, truth, frame).item() == pytest.approx(0.5)  # chance: half of all is positive
    assert piap(maps, truth, frame).item() == pytest.approx(1)


def test_a_source_counts_alone_or_as_its_share_of_the_frame():
    pairs = [(LEFT, LEFT), (LEFT, RIGHT), (LEFT + RIGHT, LEFT + RIGHT)]
    scores = metrics.multi(
        judged(pairs, group=[0, 0, 0], mixture=[False, False, True]), fixed=(0.5,)
    )
    at = {"rule": "fixed"}
    assert found(scores, "CIoU@0.5", "source-wise", **at).value == 50
    assert found(scores, "CIoU@0.5", "frame-wise", **at).value == 100  # the mean of 1 and 0
    assert found(scores, "AUC", "source-wise", **at).value == pytest.approx(51.25)
    assert found(scores, "AUC", "frame-wise", **at).value == pytest.approx(52.5)
    assert found(scores, "CIoU@0.5", "mixture", **at).value == 100
    assert found(scores, "CAP").value == pytest.approx(75)


def test_negative_audio_by_label():
    pairs = [(LEFT, NOTHING), (NOTHING, NOTHING)]
    scores = metrics.negative(judged(pairs, labels=("noise", "silence")))
    assert found(scores, "pIA", "negative").value == 25
    assert found(scores, "pIA", "negative noise").value == 50
    assert found(scores, "AUC_N", "negative silence").value == 100
    assert auc_n(torch.tensor([1.0])).item() == pytest.approx(0.025)


def test_video_by_scenario_and_off_screen_moments():
    pairs = [(LEFT, LEFT), (RIGHT, LEFT), (NOTHING, NOTHING), (LEFT, NOTHING)]
    labels = ("single", "single", "off-screen", "off-screen")
    scores = metrics.video(judged(pairs, labels=labels, case=[0, 0, 1, 1]), fixed=(0.5,))
    at = {"rule": "fixed"}
    assert found(scores, "CIoU", "video single", **at).value == 50
    assert found(scores, "TN%", "video off-screen", **at).value == 50
    assert found(scores, "TN% area", "video off-screen", **at).value == 75
    assert found(scores, "on/off", "video", **at).value == 75
    assert found(scores, "CIoU", "video single", **at).found == 1


def test_what_is_missing_shows():
    scores = metrics.single(judged([(LEFT, LEFT)] * 2, expected=5158))
    assert {(score.found, score.expected) for score in scores} == {(2, 5158)}


@pytest.mark.parametrize("kind", ["single", "extended", "segmentation", "interactive", "multi"])
def test_nothing_to_locate_gives_nan_and_no_crash(kind):
    scores = getattr(metrics, kind)(judged([(LEFT, NOTHING), (LEFT, NOTHING)]))
    assert all(math.isnan(s.value) or 0 <= s.value <= 100 for s in scores)
    assert metrics.curves(judged([(LEFT, NOTHING)])) == []


@pytest.mark.parametrize("kind", ["single", "extended", "segmentation", "multi", "video"])
def test_one_case_has_a_value_but_no_interval(kind):
    for score in getattr(metrics, kind)(judged([(LEFT, LEFT)])):
        assert math.isnan(score.low) and math.isnan(score.high)


def test_a_set_of_validation_cases_alone_scores_nothing():
    scores = metrics.single(judged([(LEFT, LEFT)], validation=[True]))
    assert all(score.found == 0 and math.isnan(score.value) for score in scores)


def test_maps_of_another_size_than_the_truth_are_refused():
    with pytest.raises(ValueError, match="must both be"):
        Judged.of(torch.zeros(1, 4, 4), torch.zeros(1, 8, 8))


def test_curves_start_where_the_scores_are():
    lines = metrics.curves(judged([(LEFT, LEFT), (LEFT, RIGHT)]))
    success = next(line for line in lines if line.x_name == "overlap")
    assert success.y[0] == 100 and success.y[10] == 50
    assert len(next(line for line in lines if line.x_name == "map threshold").x) == 19


def test_a_single_case_whose_boxes_are_broken_is_a_failure_and_not_left_out():
    scores = metrics.single(judged([(LEFT, LEFT), (LEFT, NOTHING)], expected=2))
    score = found(scores, "cIoU", "sweep", "test sweep (upstream)")
    assert (score.value, score.found) == (50, 2)


def test_one_lucky_film_does_not_choose_the_threshold_of_videos():
    """Four maps at two thresholds: all nearly found, or one found and no other."""
    hit = torch.tensor([[0.45, 0.5], [0.45, 0.0], [0.45, 0.0], [0.45, 0.0]])
    areas = Areas(hit, torch.zeros(4, 2), torch.ones(4, 2))
    assert metrics.best(areas) == 1 and metrics.best_on_average(areas) == 0
