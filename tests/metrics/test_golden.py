"""The figures of the released ACL, SLAVC-style and SSLalignment evaluators, to 1e-6 percent."""

import pytest
import torch

from avsl import metrics
from avsl.metrics import Judged
from avsl.metrics.extended import ap, max_f1
from avsl.metrics.interactive import iauc, iiou
from tests.metrics.making import found, golden

MAPS, TRUTH, EXPECTED = golden()
IMAGES = torch.tensor(EXPECTED["images"])


def near(percent: float):
    return pytest.approx(percent, abs=1e-6)


def test_our_boxes_are_the_ground_truth():
    ours = torch.stack([metrics.rasterise(boxes) for boxes in EXPECTED["boxes"]])
    assert torch.equal(ours, TRUTH)


def test_sweep_at_every_threshold():
    overlap = metrics.ciou(metrics.sweep(MAPS, TRUTH))
    rates = 100 * metrics.success(overlap).mean(0)
    areas = 100 * metrics.auc(overlap).mean(0)
    for index, (name, figures) in enumerate(EXPECTED["acl_sweep"].items()):
        assert float(name) == pytest.approx(float(metrics.SWEEP[index]))
        assert rates[index].item() == near(figures["ciou"])
        assert areas[index].item() == near(figures["auc"])


@pytest.mark.parametrize("name", ["median", "adaptive"])
def test_median_and_adaptive_with_every_sample(name):
    figures = EXPECTED[name]
    overlap = metrics.ciou(getattr(metrics, name)(MAPS, TRUTH))
    assert overlap.tolist() == pytest.approx(figures["per_sample"], abs=1e-8)
    assert 100 * metrics.success(overlap).mean().item() == near(figures["ciou"])
    assert 100 * metrics.auc(overlap).mean().item() == near(figures["auc"])
    assert 100 * iiou(overlap, IMAGES).mean().item() == near(figures["iiou"])
    assert 100 * iauc(overlap, IMAGES).mean().item() == near(figures["iauc"])


def test_extended():
    figures = EXPECTED["extended"]
    areas = metrics.areas_at(MAPS, TRUTH, torch.tensor([figures["threshold"]])).at(0)
    right = metrics.ciou(areas) >= 0.5
    sounding = torch.tensor(figures["sounding"]).bool()
    confidence = torch.tensor(figures["confidence"])
    assert 100 * ap(right, sounding, confidence).item() == near(figures["ap"])
    assert 100 * max_f1(right, sounding, confidence).item() == near(figures["max_f1"])


def test_segmentation_at_both_thresholds():
    figures = EXPECTED["segmentation"]
    truth = TRUTH.clone()
    truth[figures["empty"]] = 0
    scores = metrics.segmentation(Judged.of(MAPS, truth), fixed=(0.3, 0.5))
    for score in (s for s in scores if s.metric == "mIoU" and s.rule == "fixed"):
        assert score.value == near(figures[str(score.threshold)]["miou"])
    assert found(scores, "F").value == near(figures["0.3"]["f"])


def test_the_same_figures_through_the_protocols():
    judged = Judged.of(MAPS, TRUTH, group=IMAGES)
    scores = metrics.single(judged)
    assert found(scores, "cIoU", "median").value == near(EXPECTED["median"]["ciou"])
    assert found(scores, "AUC", "adaptive").value == near(EXPECTED["adaptive"]["auc"])
    swept = found(scores, "cIoU", "sweep", "test sweep (upstream)")
    # 0.20 and 0.25 succeed equally often: the better AUC decides.
    assert (swept.threshold, swept.value) == (0.25, near(EXPECTED["acl_sweep"]["0.25"]["ciou"]))
    both = metrics.interactive(judged)
    assert found(both, "IIoU", rule="median").value == near(EXPECTED["median"]["iiou"])
    assert found(both, "IAUC Adaptive").value == near(EXPECTED["adaptive"]["iauc"])


def test_extended_through_the_protocol_where_silent_cases_have_no_truth():
    figures = EXPECTED["extended"]
    sounding = torch.tensor(figures["sounding"]).bool()
    truth = TRUTH * sounding[:, None, None].to(TRUTH.dtype)
    judged = Judged.of(MAPS, truth, confidence=figures["confidence"])
    scores = metrics.extended(judged, fixed=(figures["threshold"],))
    assert found(scores, "AP", rule="fixed").value == near(figures["ap"])
    assert found(scores, "max-F1", rule="fixed").value == near(figures["max_f1"])


def test_arrays_are_as_welcome_as_tensors():
    arrays = metrics.single(Judged.of(MAPS.numpy(), TRUTH.numpy()))
    assert arrays == metrics.single(Judged.of(MAPS, TRUTH))
