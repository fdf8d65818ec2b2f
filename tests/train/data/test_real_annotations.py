"""The published lists, and the two clips of VGG-SS that are at hand."""

import json

import pytest

from tests.support import SHARED
from train.data import doctor, flickr, registry, vggss
from train.data.doctor import Problem
from train.data.truths import union

DATA = SHARED / "data"
pytestmark = pytest.mark.skipif(
    not (DATA / "annotations").is_dir(), reason="needs the shared annotations"
)
HERE = ("edObQJBoSPU_000060", "3qesirWAGt4_000020")


def test_all_of_vggss_parses():
    boxes = vggss.boxes(DATA)
    assert len(boxes) == vggss.CLIPS == 5158
    assert len({each.label for each in boxes.values()}) == 221


def has_area(box):
    return box[2] > box[0] and box[3] > box[1]


def test_two_clips_are_left_without_truth_by_broken_boxes():
    known = vggss.boxes(DATA)
    broken = {name: each for name, each in known.items() if not all(map(has_area, each.boxes))}
    assert len(broken) == 18
    assert {name for name, each in broken.items() if not union(each.boxes).any()} == {
        "M1P1xla8rg0_000000",
        "MKC9LvRivTM_000030",
    }


def test_heard_and_unheard_share_no_clip_and_no_class():
    known = vggss.boxes(DATA)
    heard = vggss.listed_ids(DATA, "slavc/vggss_heard_test.csv", "")
    unheard = vggss.listed_ids(DATA, "slavc/vggss_unheard_test.csv", "")
    assert (len(heard), len(unheard)) == (vggss.HEARD, vggss.UNHEARD) == (2564, 2575)
    classes = [{known[name].label for name in names} for names in (heard, unheard)]
    assert [len(each) for each in classes] == [110, 110] and not classes[0] & classes[1]


def test_extended_lists_hold_as_many_silent_as_sounding():
    pairs = vggss.silent_pairs(DATA / "annotations/slavc/vggss_test_plus_silent.csv")
    assert len(pairs) == len(vggss.boxes(DATA))
    assert sum(seen == heard for seen, heard in pairs) == 379
    pairs = vggss.silent_pairs(DATA / "annotations/slavc/flickr_test_plus_silent.csv")
    assert len(pairs) == len(flickr.picture_ids(DATA)) == flickr.PICTURES


def test_the_doctor_finds_the_two_clips_that_are_there(capsys):
    assert doctor.main(["--root", str(DATA), "--set", "vggss", "--json"]) == 0
    (report,) = json.loads(capsys.readouterr().out)
    assert set(report["found"]) == set(HERE)
    assert (report["expected"], len(report["missing"])) == (5158, 5156)
    rates = [each for each in report["findings"] if each["problem"] == Problem.RATE]
    assert len(rates) == len(report["findings"]) == 2  # both have 30 frames a second


def test_each_open_set_has_one_of_them():
    heard, unheard = (registry.open_set(f"vggss/{part}", DATA) for part in ("heard", "unheard"))
    assert heard.ids() + unheard.ids() == HERE[::-1]
    (case,) = unheard.cases()
    assert (case.label, case.times_s.tolist()) == ("helicopter", [5.0])
