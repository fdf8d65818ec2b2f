"""What a person marked, and the files it comes in."""

import json

import numpy as np
import pytest
from PIL import Image

from avsl.annotation import (
    Annotation,
    Marks,
    Stroke,
    on_moments,
    read_annotations,
    write_annotations,
)
from avsl.errors import LimitError, MediaError, SettingError
from avsl.metrics.boxes import SIDE_PX
from tests.support import SHARED

WIDE = 16 / 9


def test_boxes_and_strokes_together_are_the_truth():
    marks = Marks(((0.0, 0.0, 0.5, 0.5),), (Stroke(0.05, ((0.75, 0.75),)),))
    mask = marks.mask(WIDE)
    assert mask[: SIDE_PX // 2, : SIDE_PX // 2].all()
    rows, columns = np.nonzero(mask[SIDE_PX // 2 :, SIDE_PX // 2 :])
    # round on the frame of 16:9, so that it is taller than wide in the square
    assert (np.ptp(columns) + 1) / SIDE_PX == pytest.approx(0.1, abs=0.01)
    assert (np.ptp(rows) + 1) / SIDE_PX == pytest.approx(0.1 * WIDE, abs=0.015)
    assert not Marks().mask(WIDE).any()


def test_a_stroke_is_drawn_from_point_to_point():
    mask = Marks(strokes=(Stroke(0.02, ((0.1, 0.5), (0.9, 0.5), (0.9, 0.9))),)).mask(1.0)
    assert mask[SIDE_PX // 2, round(0.5 * SIDE_PX)]
    assert mask[round(0.7 * SIDE_PX), round(0.9 * SIDE_PX)]
    assert not mask[round(0.7 * SIDE_PX), round(0.5 * SIDE_PX)]


def test_annotations_go_to_the_nearest_moment_and_the_last_one_counts():
    times_s = np.array([0.0, 0.5, 1.0])
    first, later = Marks(((0, 0, 0.5, 1),)), Marks(((0.5, 0, 1, 1),))
    made = [Annotation(0.9, first), Annotation(0.1, first), Annotation(1.2, later)]
    masks, moments = on_moments(made, times_s, 1.0)
    assert moments == [0, 2]
    assert masks[0][:, 0].all()
    assert masks[1][:, -1].all()
    assert not masks[1][:, 0].any()


def test_a_file_of_annotations_comes_back(tmp_path):
    made = [
        Annotation(0.5, Marks(((0.1, 0.2, 0.3, 0.4),), (Stroke(0.1, ((0.5, 0.5), (0.6, 0.5))),))),
        Annotation(1.5, Marks()),
        Annotation(2.5, Marks(painted=np.tri(SIDE_PX, dtype=bool))),  # of a mask's file
    ]
    write_annotations(tmp_path / "marks.json", "clip.mp4", made)
    found, notes = read_annotations(tmp_path / "marks.json", "clip.mp4", 9.0)
    assert [each.time_s for each in found] == [0.5, 1.5, 2.5]
    for before, after in zip(made, found, strict=True):
        assert (before.marks.mask(WIDE) == after.marks.mask(WIDE)).all()
    assert notes == ()


def test_a_picture_is_a_mask_and_its_transparent_parts_are_not_marked(tmp_path):
    layers = np.zeros((90, 160, 4), np.uint8)
    layers[:45, :, :3] = 255
    layers[:, :80, 3] = 255
    Image.fromarray(layers).save(tmp_path / "mask.png")
    (found,), (note,) = read_annotations(tmp_path / "mask.png", "clip.mp4", 1.5)
    mask = found.marks.mask(WIDE)
    half = SIDE_PX // 2
    assert found.time_s == 1.5
    assert mask[:half, :half].all()
    assert mask.sum() == half * half
    assert "160x90" in note


def test_a_list_of_boxes_is_of_the_moment_asked_for(tmp_path):
    (tmp_path / "boxes.json").write_text("[[0.25, 0.25, 0.75, 0.75]]")
    ((found,), _) = read_annotations(tmp_path / "boxes.json", "clip.mp4", 1.5)
    assert found.time_s == 1.5
    assert found.marks.mask(WIDE).mean() == pytest.approx(0.25)


VGGSS = [
    {"file": "abcdefghijk_000020", "class": "dog", "bbox": [[0, 0, 0.5, 1], [-2.9e16, 0, 0.2, 0]]},
    {"file": "lmnopqrstuv_000020", "class": "cat", "bbox": [[0.5, 0, 1, 1]]},
    {"file": "lmnopqrstuv_000090", "class": "cat", "bbox": [[0.5, 0, 1, 1]]},
]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_list_of_boxes_may_begin_with_a_mark_of_its_encoding(tmp_path, encoding):
    (tmp_path / "b.json").write_text("[[0, 0, 0.5, 0.5]]", encoding=encoding)
    (only,), _ = read_annotations(tmp_path / "b.json", "clip.mp4", 0.0)
    assert only.marks.boxes == ((0.0, 0.0, 0.5, 0.5),)


def test_the_list_of_vggss_knows_its_clips_by_either_name(tmp_path):
    (tmp_path / "vggss.json").write_text(json.dumps(VGGSS))
    for name in ("abcdefghijk_000020.mp4", "abcdefghijk_20000_30000.mp4"):
        ((found,), _) = read_annotations(tmp_path / "vggss.json", name, 0.0)
        assert found.time_s == 5.0
        assert found.marks.boxes == ((0, 0, 0.5, 1),)  # the broken one is cut away
    for name in ("lmnopqrstuv_1000_2000.mp4", "other.mp4"):
        with pytest.raises(SettingError, match="of the clip"):
            read_annotations(tmp_path / "vggss.json", name, 0.0)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the annotations of VGG-SS are not on this machine")
def test_the_true_list_of_vggss():
    file = SHARED / "data/annotations/lvs/vggss.json"
    ((found,), _) = read_annotations(file, "3qesirWAGt4_20000_30000.mp4", 0.0)
    assert found.time_s == 5.0
    assert 0.01 < found.marks.mask(WIDE).mean() < 0.9


@pytest.mark.parametrize(
    "content",
    [
        "not json",
        "{}",
        "3",
        '[["a", 0, 1, 1]]',
        "[[0, 0, 1]]",
        "[[0.5, 0.5, 0.5, 0.5]]",
        "[[0, 0, NaN, 1]]",
        "[[0, 0, true, 1]]",
        '[{"file": 3}]',
        '{"kind": "avsl-annotation", "moments": [{"time_s": 0, "boxes": 3}]}',
        '{"kind": "avsl-annotation", "moments": [{"time_s": Infinity}]}',
        '{"kind": "avsl-annotation", "moments": 3}',
        '{"kind": "avsl-annotation", "moments": [{"time_s": 0, "strokes": [{"radius": 9e9, '
        '"points": [[0, 0]]}]}]}',
        "[" * 100_000,
    ],
)
def test_broken_lists_get_a_sentence(tmp_path, content):
    (tmp_path / "boxes.json").write_text(content)
    with pytest.raises((MediaError, SettingError)) as caught:
        read_annotations(tmp_path / "boxes.json", "clip.mp4", 0.0)
    assert str(caught.value).endswith(".")


def test_what_is_no_picture_gets_a_sentence(tmp_path):
    (tmp_path / "mask.png").write_text("no picture")
    with pytest.raises(MediaError, match="neither a picture"):
        read_annotations(tmp_path / "mask.png", "clip.mp4", 0.0)


def test_too_many_marks_are_refused():
    with pytest.raises(LimitError, match="64 boxes"):
        Marks.from_dict({"boxes": [[0, 0, 1, 1]] * 65})
