"""A few fabricated files in each layout load, with the truth worked out by hand."""

import json

import numpy as np
import pytest

from avsl.errors import AvslError, SettingError
from tests.train.data.making_sets import (
    FIRST,
    SECOND,
    THIRD,
    boxes_file,
    mask,
    picture,
    sound,
    table,
    video,
    write,
)
from train.data import avsbench, interactive, registry, vggss
from train.data.cases import Kind
from train.data.layouts import vggsound_key
from train.data.media import Protocol

THREE_SECONDS = Protocol(sound_s=3.0)


def only(benchmark):
    (case,) = benchmark.cases()
    return case


def loudest_hz(waveform):
    spectrum = np.abs(np.fft.rfft(waveform))
    return spectrum.argmax() * 16_000 / len(waveform)


def box_of(truth):
    rows, columns = np.nonzero(truth)
    return columns.min(), rows.min(), columns.max() + 1, rows.max() + 1


@pytest.mark.parametrize(
    "stem", ["-26aVYRtEAc_000030", "-26aVYRtEAc_30000_40000", "-26aVYRtEAc_30_40"]
)
def test_all_of_vggsounds_names_mean_one_clip(stem):
    assert vggsound_key(stem) == "-26aVYRtEAc_000030"


def test_vggss_of_extracted_pictures_and_sounds(tmp_path):
    boxes_file(tmp_path, {FIRST: [[0.25, 0.5, 0.5, 1.0], [0.0, 0.0, 0.125, 0.25]], SECOND: []})
    picture(tmp_path / f"vggss/frames/{FIRST}.jpg", (200, 10, 10))
    sound(tmp_path / f"vggss/audio/{FIRST}.wav")
    benchmark = registry.open_set("vggss", tmp_path)
    assert (benchmark.expected, benchmark.ids()) == (5158, (FIRST,))
    assert benchmark.missing == (SECOND,)
    case = only(benchmark)
    assert case.truth.shape == (1, 224, 224) and case.truth.dtype == np.float32
    assert case.truth.sum() == 56 * 112 + 28 * 56
    assert case.truth[0, 112, 56] == 1 and case.truth[0, 111, 56] == 0
    assert (case.label, case.times_s.tolist()) == ("class of A", [5.0])
    assert len(case.clip.waveform) == 160_000
    assert case.clip.frames(case.times_s)[0, 8, 8, 0] > 150


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_annotations_are_read_as_any_program_saves_them(tmp_path, encoding):
    boxes_file(tmp_path, {FIRST: [[0, 0, 0.5, 1]]})
    file = tmp_path / "annotations/lvs/vggss.json"
    file.write_text(file.read_text(), encoding=encoding)
    assert vggss.boxes(tmp_path)[FIRST].boxes == ((0, 0, 0.5, 1),)
    (tmp_path / "list.csv").write_text(f"{FIRST};dog\n", encoding=encoding)
    assert vggss.listed_ids(tmp_path, "list.csv", "upstream") == (FIRST,)


def test_a_video_is_judged_at_five_seconds_whatever_its_rate(tmp_path):
    boxes_file(tmp_path, {FIRST: [[0, 0, 1, 1]], SECOND: [[0, 0, 1, 1]]})
    video(tmp_path / f"vggss/videos/{FIRST}.mp4", 25.0)
    video(tmp_path / "vggss/videos/BBBBBBBBBBB_7000_17000.mp4", 10.0)
    for case in registry.open_set("vggss", tmp_path).cases():
        assert case.times_s == pytest.approx([5.0], abs=1e-3)
        assert len(case.clip.frame_times_s) >= 100  # the whole video: motion can be seen
        assert abs(int(case.clip.frames(case.times_s)[0].mean()) - 90) < 4


def test_three_seconds_of_sound_around_the_frame(tmp_path):
    boxes_file(tmp_path, {FIRST: [[0, 0, 1, 1]]})
    video(tmp_path / f"vggss/videos/{FIRST}.mp4")
    case = only(registry.open_set("vggss", tmp_path, protocol=THREE_SECONDS))
    assert (len(case.clip.waveform), case.clip.duration_s) == (48_000, 3.0)
    assert case.times_s == pytest.approx([1.5], abs=1e-3)
    assert abs(int(case.clip.frames(case.times_s)[0].mean()) - 90) < 4
    assert case.clip.frame_times_s[0] == 0 and case.clip.frame_times_s[-1] < 3


def test_broken_files_are_left_out_with_a_sentence(tmp_path, caplog):
    boxes_file(tmp_path, {FIRST: [[0, 0, 1, 1]], SECOND: [[0, 0, 1, 1]], THIRD: [[0, 0, 1, 1]]})
    (tmp_path / "videos").mkdir()
    (tmp_path / f"videos/{FIRST}.mp4").write_bytes(b"no video at all" * 50)
    video(tmp_path / f"videos/{SECOND}.mp4", seconds=2.0)
    picture(tmp_path / f"frames/{THIRD}.jpg")
    sound(tmp_path / f"audio/{THIRD}.wav")
    benchmark = registry.open_set("vggss", tmp_path)
    assert len(benchmark.ids()) == 3
    assert [case.id for case in benchmark.cases()] == [THIRD]
    assert "ends at 2.0 s, before the frame at 5 s" in caplog.text and FIRST in caplog.text


def test_heard_and_unheard_and_sslalignments_list_are_parts_of_vggss(tmp_path):
    boxes_file(tmp_path, {name: [[0, 0, 0.5, 1]] for name in (FIRST, SECOND, THIRD)})
    for name in (FIRST, SECOND, THIRD):
        picture(tmp_path / f"vggss/frames/{name}.jpg")
        sound(tmp_path / f"vggss/audio/{name}.wav", 1.0)
    write(tmp_path / "annotations/slavc/vggss_heard_test.csv", f"{FIRST}\n{THIRD}\n")
    write(tmp_path / "annotations/slavc/vggss_unheard_test.csv", f"{SECOND}\r\n")
    write(tmp_path / "annotations/sslalignment/ours_vggss.txt", "BBBBBBBBBBB_7000_17000\n")
    assert registry.open_set("vggss/heard", tmp_path).ids() == (FIRST, THIRD)
    assert registry.open_set("vggss/unheard", tmp_path).ids() == (SECOND,)
    assert registry.open_set("vggss/4655", tmp_path).ids() == (SECOND,)


def test_extended_vggss_pairs_a_picture_with_a_foreign_sound(tmp_path):
    boxes_file(tmp_path, {FIRST: [[0, 0, 0.5, 1]], SECOND: [[0, 0, 0.5, 1]]})
    for name, hz in ((FIRST, 400.0), (SECOND, 1600.0)):
        picture(tmp_path / f"vggss/frames/{name}.jpg")
        sound(tmp_path / f"vggss/audio/{name}.wav", 1.0, hz)
    rows = [("video", "audio", "label"), (FIRST, SECOND, "non-sounding")]
    table(tmp_path / "annotations/slavc/vggss_test_plus_silent.csv", *rows)
    benchmark = registry.open_set("vggss/extended", tmp_path)
    assert (benchmark.kind, benchmark.expected) == (Kind.EXTENDED, 10_316)
    cases = {case.id: case for case in benchmark.cases()}
    assert cases.keys() == {FIRST, SECOND, f"{FIRST}+{SECOND}"}
    silent = cases[f"{FIRST}+{SECOND}"]
    assert silent.truth.sum() == 0 and cases[FIRST].truth.sum() > 0
    assert loudest_hz(silent.clip.waveform) == pytest.approx(1600, abs=5)


def flickr_xml(*boxes):
    people = [
        "<object><bbox><id>0</id>"
        + "".join(f"<v{i}>{value}</v{i}>" for i, value in enumerate(box))
        + "</bbox></object>"
        for box in boxes
    ]
    return f"<annotation>{''.join(people)}</annotation>"


def test_flickrs_truth_is_half_where_one_annotator_saw_it(tmp_path):
    table(tmp_path / "annotations/lvs/flickr_test.csv", ("11", "202"), ("12", "0"))
    xml = flickr_xml((0, 0, 128, 256), (64, 0, 256, 256), (64, 0, 128, 256))
    write(tmp_path / "flickr/Annotations/11.xml", xml)
    picture(tmp_path / "flickr/frames/11.jpg")
    sound(tmp_path / "flickr/audio/11.wav", 2.0)
    benchmark = registry.open_set("flickr", tmp_path)
    assert (benchmark.expected, benchmark.ids()) == (250, ("11",))
    truth = only(benchmark).truth[0]
    assert truth[100, 10] == 0.5 and truth[100, 60] == 1.0 and truth[100, 200] == 0.5
    assert [truth[0, column] for column in (55, 56, 111, 112)] == [0.5, 1, 1, 0.5]


def test_extended_flickr(tmp_path):
    table(tmp_path / "annotations/lvs/flickr_test.csv", ("11", "202"))
    rows = [("video", "audio", "label"), ("11", "12", "non-sounding")]
    table(tmp_path / "annotations/slavc/flickr_test_plus_silent.csv", *rows)
    write(tmp_path / "flickr/Annotations/11.xml", flickr_xml((0, 0, 128, 256)))
    picture(tmp_path / "flickr/extend_frames/11.jpg")
    for name in ("11", "12"):
        sound(tmp_path / f"flickr/extend_audio/{name}.wav", 1.0)
    benchmark = registry.open_set("flickr/extended", tmp_path)
    assert benchmark.ids() == ("11", "11+12") and benchmark.expected == 500
    assert [case.truth.max() for case in benchmark.cases()] == [0.5, 0]


def test_avsbench_s4_in_its_official_layout(tmp_path):
    home = tmp_path / "avsbench/Single-source"
    rows = [("name", "start", "category", "split"), ("x_1", 5, "dog_barking", "test")]
    rows += [("y_1", 5, "dog_barking", "val"), ("z_1", 5, "dog_barking", "train")]
    table(home / "s4_meta_data.csv", *rows)
    for name, part in (("x_1", "test"), ("y_1", "val")):
        place = f"{part}/dog_barking/{name}"
        for number in range(1, 6):
            level = 40 * number
            picture(home / f"s4_data/visual_frames/{place}/{name}_{number}.png", (level,) * 3)
            mask(home / f"s4_data/gt_masks/{place}/{name}_{number}.png", (0, 0, 20 * number, 224))
        sound(home / f"s4_data/audio_wav/{place}.wav", 5.0)
    benchmark = registry.open_set("avsbench/s4", tmp_path)
    assert (benchmark.kind, benchmark.ids()) == (Kind.SEGMENTATION, ("x_1",))
    assert benchmark.expected == 740
    validation, test = benchmark.cases(limit=1)
    assert validation.validation and (validation.id, test.id) == ("y_1", "x_1")
    assert test.truth.sum(axis=(1, 2)).tolist() == [224 * 20 * n for n in range(1, 6)]
    seen = test.clip.frames(test.times_s).mean(axis=(1, 2, 3))
    assert seen == pytest.approx([40, 80, 120, 160, 200], abs=2)
    assert (test.times_s.astype(int) == np.arange(5)).all()


def test_avsbench_ms3_official_and_flat_and_its_empty_masks(tmp_path):
    rows = [("video_id", "split"), ("x_1", "test"), ("w_2", "test")]
    table(tmp_path / "avsbench/Multi-sources/ms3_meta_data.csv", *rows)
    official, flat = tmp_path / "avsbench/Multi-sources/ms3_data", tmp_path / "AVS1/ms3"
    for number in range(1, 6):
        picture(official / f"visual_frames/x_1/x_1.mp4_{number}.png")
        box = None if number == 1 else (0, 0, 112, 112)
        mask(official / f"gt_masks/test/x_1/x_1_{number}.png", box)
        picture(flat / f"visual_frames/w_2_{number}.png")
        mask(flat / f"gt_masks/w_2_{number}.png", (0, 0, 112, 112), on=1)  # 0 and 1, not 255
    sound(official / "audio_wav/test/x_1.wav", 5.0)
    sound(flat / "audio_wav/w_2.wav", 5.0)
    first, second = registry.open_set("avsbench/ms3", tmp_path).cases()
    assert first.truth.sum(axis=(1, 2)).tolist() == [0, *[112 * 112] * 4]
    assert second.truth.sum(axis=(1, 2)).tolist() == [112 * 112] * 5


def test_avsbench_takes_the_video_where_there_is_one(tmp_path):
    home = tmp_path / "avsbench/Multi-sources"
    table(home / "ms3_meta_data.csv", ("video_id", "split"), ("x_1", "test"))
    video(home / "ms3_data/raw_videos/x_1.mp4", seconds=5.0)
    for number in range(1, 6):
        mask(home / f"ms3_data/gt_masks/test/x_1/x_1_{number}.png", (0, 0, 9, 9))
    case = only(avsbench.subset(avsbench.MS3, tmp_path))
    assert len(case.clip.frame_times_s) == 125
    seen = case.clip.frames(case.times_s).mean(axis=(1, 2, 3))
    assert seen == pytest.approx([40, 50, 60, 70, 80], abs=3)


def is3(tmp_path):
    names = [f"cat_dog_7_{source}" for source in ("cat", "dog")]
    away = "/elsewhere/synthetic3241"
    boxes = ([0.0, 0.0, 111.0, 224.0], [111.0, 0.0, 224.0, 224.0])
    rows = [
        {"image": f"{away}/visual_frames/{n}.jpg", "audio": f"{away}/audio_wav/{n}.wav"}
        for n in (names[0], "fox_owl_1_fox", names[1])
    ]
    for row, box in zip(rows, (boxes[0], boxes[0], boxes[1]), strict=True):
        row["gt_box"] = box
    write(tmp_path / "annotations/sslalignment/synthetic3240_bbox.json", json.dumps(rows))
    for row in rows:
        name = row["image"].rpartition("/")[2]
        row["gt_box"] = f"{away}/gt_masks/{name}"
        mask(tmp_path / f"is3/gt_masks/{name}", (0, 0, 50, 50), side=112)
    write(tmp_path / "annotations/sslalignment/synthetic3240_seg.json", json.dumps(rows))
    for name in (*names, "fox_owl_1_fox"):
        picture(tmp_path / f"is3/visual_frames/{name}.jpg")
        sound(tmp_path / f"is3/audio_wav/{name}.wav", 1.0)


def test_is3_keeps_the_sounds_of_a_picture_together(tmp_path):
    is3(tmp_path)
    benchmark = registry.open_set("is3", tmp_path)
    assert (benchmark.kind, benchmark.expected) == (Kind.INTERACTIVE, 6480)
    cases = list(benchmark.cases())
    assert [case.group for case in cases] == ["cat_dog_7", "cat_dog_7", "fox_owl_1"]
    assert [case.label for case in cases] == ["cat", "dog", "fox"]
    assert [box_of(c.truth[0]) for c in cases[:2]] == [(0, 0, 111, 224), (111, 0, 224, 224)]


def test_is3_with_masks_for_its_truth(tmp_path):
    is3(tmp_path)
    masks = interactive.collection(interactive.IS3, tmp_path, Protocol(), interactive.Truth.MASK)
    left, top, right, bottom = box_of(next(masks.cases()).truth[0])
    assert (left, top) == (0, 0) and abs(right - 100) <= 2 and abs(bottom - 100) <= 2


def test_vpo_expects_as_many_as_its_list(tmp_path):
    rows = [
        {"image": f"/x/000000489267_{n}.jpg", "audio": f"/y/000000489267_{n}.wav", "gt_box": b}
        for n, b in ((1, [0, 0, 9, 9]), (2, [9, 0, 20, 9]))
    ]
    write(tmp_path / "annotations/vpo_ms_bbox.json", json.dumps(rows))
    picture(tmp_path / "COCO_AV_MS/visual_frames/000000489267_1.jpg")
    sound(tmp_path / "COCO_AV_MS/audio_wav/000000489267_1.wav", 1.0)
    benchmark = registry.open_set("vpo/ms", tmp_path)
    assert (benchmark.expected, len(benchmark.ids()), len(benchmark.missing)) == (2, 1, 1)
    assert only(benchmark).group == "000000489267"


def test_vggsound_duet_stands_two_clips_side_by_side(tmp_path):
    boxes_file(tmp_path, {FIRST: [[0, 0, 1, 1]], SECOND: [[0.5, 0, 1, 1]]})
    table(
        tmp_path / "annotations/avgn/vggsound_duet_test.csv",
        (FIRST, "a", SECOND, "b"),
        (SECOND, "b", THIRD, "c"),
    )
    for name, colour, hz in ((FIRST, (250, 0, 0), 400.0), (SECOND, (0, 0, 250), 1600.0)):
        picture(tmp_path / f"vggss/frames/{name}.jpg", colour)
        sound(tmp_path / f"vggss/audio/{name}.wav", 1.0, hz)
    first, second, both = registry.open_set("vggsound-duet", tmp_path).cases()
    assert [case.mixture for case in (first, second, both)] == [False, False, True]
    assert box_of(first.truth[0]) == (0, 0, 112, 224)
    assert box_of(second.truth[0]) == (168, 0, 224, 224)
    assert (both.truth == np.maximum(first.truth, second.truth)).all()
    assert loudest_hz(first.clip.waveform) == pytest.approx(400, abs=5)
    assert loudest_hz(second.clip.waveform) == pytest.approx(1600, abs=5)
    frame = both.clip.frames(both.times_s)[0]
    assert frame.shape == (224, 448, 3) and frame[9, 9, 0] > 200 and frame[9, 440, 2] > 200


def test_music_duets_boxes_are_corner_and_size(tmp_path):
    row = {"file": "IIIIIIIIIII_003_00111", "class_src1": "cello", "class_src2": "acoustic_guitar"}
    row |= {"bbox_src1": [0.25, 0.25, 0.25, 0.5], "bbox_src2": [0.75, 0.5, 0.25, 0.25]}
    write(tmp_path / "annotations/avgn/music_duet.json", json.dumps([row]))
    picture(tmp_path / "music_duet/frames/IIIIIIIIIII_003_00111.jpg")
    sound(tmp_path / "music_duet/audio/IIIIIIIIIII.wav", 1.0)
    first, second, both = registry.open_set("music-duet", tmp_path).cases()
    assert (first.label, second.label) == ("cello", "acoustic guitar")
    assert box_of(first.truth[0]) == (56, 56, 112, 168)
    assert box_of(second.truth[0]) == (168, 112, 224, 168)
    assert both.mixture and both.truth.sum() == first.truth.sum() + second.truth.sum()


@pytest.mark.parametrize("name", registry.real_names())
def test_missing_annotations_are_a_sentence_with_a_place(tmp_path, name):
    with pytest.raises(AvslError, match=r"are missing: put .*They are (in|at) ") as raised:
        registry.open_set(name, tmp_path)
    assert str(tmp_path) in str(raised.value)


def test_an_unknown_set_is_answered_with_the_known_ones(tmp_path):
    with pytest.raises(SettingError, match="vggss/heard"):
        registry.open_set("vgss", tmp_path)


def test_the_registry_holds_the_world_and_the_real_sets(tmp_path):
    factories = registry.sets(tmp_path)
    assert set(factories) == set(registry.names())
    assert factories["world/single"]().name == "world/single"
