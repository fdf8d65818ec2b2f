"""The files that users take home: each is read back and says what the localization says."""

import csv
import json
import zipfile

import numpy as np
import pytest
from PIL import Image

from avsl import timeline
from avsl.captions import captions, webvtt
from avsl.errors import SettingError, StorageError
from avsl.export import FORMATS, Job, bundle, export, rle
from avsl.localization import Localization, Verdict
from avsl.localizer import Localizer
from avsl.media import read
from avsl.overlay import Style
from tests.support import CornerVariant, tone_clip


@pytest.fixture(scope="module")
def job() -> Job:
    clip = tone_clip(duration_s=3.0, silent_after_s=2.0)
    return Job(clip, Localizer(CornerVariant(unsure_from_s=1.0)).run(clip), Style())


@pytest.fixture(scope="module")
def files(job, tmp_path_factory):
    return export(job, tmp_path_factory.mktemp("out") / "clip", tuple(FORMATS)).files


def test_overlay_video_plays_with_its_sound_at_the_clips_length_and_rate(job, files):
    video = read(files["video"])
    assert video.duration_s == pytest.approx(3.0, abs=0.1)
    assert video.fps_hz == pytest.approx(job.clip.fps_hz, rel=0.01)
    assert (video.width, video.height) == (64, 48)
    heard = video.waveform[:16000]
    assert np.abs(np.fft.rfft(heard)).argmax() == pytest.approx(440, abs=2)
    assert np.abs(video.waveform[36000:46000]).max() < 0.02


def test_overlay_video_shows_the_region_only_while_it_sounds(job, files):
    early, unseen, silent = read(files["video"]).frames(np.array([0.4, 1.5, 2.5])).astype(int)
    plain = job.clip.frames(np.array([0.0]))[0].astype(int)
    corner = np.s_[30:46, 2:28]
    assert np.abs(early[corner] - plain[corner]).mean() > 25
    assert np.abs(unseen[corner] - plain[corner]).mean() < 8
    assert np.abs(silent[corner] - plain[corner]).mean() < 8


def test_masks_are_black_and_white_and_empty_when_nothing_is_shown(job, files):
    masks = sorted(files["masks"].iterdir())
    assert len(masks) == len(job.localization.times_s)
    first, last = (np.asarray(Image.open(path)) for path in (masks[0], masks[-1]))
    assert first.shape == (48, 64)
    assert set(np.unique(first)) == {0, 255}
    assert first[40, 10] == 255
    assert first[10, 50] == 0
    assert not last.any()


def test_frames_are_one_a_moment(job, files):
    assert len(list(files["frames"].iterdir())) == len(job.localization.times_s)


def test_npz_is_the_localization(job, files):
    again = Localization.load(files["npz"])
    assert np.array_equal(again.maps, job.localization.maps)


def test_csv_has_a_row_a_moment_with_its_verdict(job, files):
    rows = list(csv.DictReader(files["csv"].open()))
    assert len(rows) == len(job.localization.times_s)
    assert rows[0]["where"] == "lower left"
    assert rows[0]["verdict"] == Verdict.SOUNDING
    assert rows[-1]["verdict"] == Verdict.SILENT
    assert rows[-1]["where"] == ""


def test_coco_masks_decode_to_the_region(job, files):
    coco = json.loads(files["coco"].read_text())
    assert len(coco["images"]) == len(job.localization.times_s)
    first = coco["annotations"][0]
    inside = decode(first["segmentation"])
    assert inside.sum() == first["area"]
    assert inside[40, 10]
    assert not inside[10, 50]
    assert first["bbox"] == [0, 24, 32, 24]
    assert all(a["image_id"] < 10 for a in coco["annotations"]), "none after the first second"


def test_coco_masks_of_regions_in_each_others_boxes_stay_apart(tmp_path):
    variant, clip = CornerVariant(), tone_clip(duration_s=1.0)
    found = Localizer(variant).run(clip, map_rate_hz=1)
    found.maps[:] = 0
    found.maps[:, 1:11, 1:3] = found.maps[:, 9:11, 1:15] = 0.9  # an L ...
    found.maps[:, 3:6, 8:12] = 0.8  # ... and a block within its box
    path = export(Job(clip, found, Style()), tmp_path, ("coco",)).files["coco"]
    ell, block = (decode(a["segmentation"]) for a in json.loads(path.read_text())["annotations"])
    assert ell[40, 8]
    assert block[18, 40]
    assert not (ell & block).any()
    assert not ell[18, 40]


def test_guesses_have_a_name_of_their_own_and_are_left_out_unless_asked_for(job, files, tmp_path):
    style = Style(guesses=True)
    written = export(Job(job.clip, job.localization, style), tmp_path, ("csv", "coco")).files
    rows = list(csv.DictReader(written["csv"].open()))
    kinds = {row["verdict"]: (row["kind"], row["where"]) for row in rows}
    assert kinds == {
        Verdict.SOUNDING: ("source", "lower left"),
        Verdict.NOT_FOUND: ("guess", "lower left"),
        Verdict.SILENT: ("", ""),
    }
    coco = json.loads(written["coco"].read_text())
    assert [each["name"] for each in coco["categories"]] == ["sounding", "guess"]
    of = {category: [each["image_id"] for each in coco["annotations"]
                     if each["category_id"] == category] for category in (1, 2)}  # fmt: skip
    assert of == {1: [*range(10)], 2: [*range(10, len(of[2]) + 10)]}
    assert [each["id"] for each in coco["annotations"]] == [*range(1, len(coco["annotations"]) + 1)]
    assert "guess" not in files["csv"].read_text() + files["coco"].read_text()


def decode(segmentation: dict) -> np.ndarray:
    flat, value = [], 0
    for count in segmentation["counts"]:
        flat += [value] * count
        value = 1 - value
    return np.array(flat).reshape(segmentation["size"], order="F").astype(bool)


@pytest.mark.parametrize("filled", [0.0, 0.3, 1.0])
def test_run_lengths_decode_to_the_mask(filled):
    inside = np.random.default_rng(0).random((7, 5)) < filled
    assert np.array_equal(decode(rle(inside)), inside)


def test_captions_are_those_of_the_localization_at_the_threshold_drawn(job, files):
    assert files["vtt"].read_text(encoding="utf-8") == webvtt(captions(job.localization, 0.5))


def test_manifest_names_variant_rate_style_and_clip(job, files):
    manifest = json.loads(files["manifest"].read_text())
    assert manifest["provenance"]["variant"] == "corner"
    assert manifest["style"]["threshold"] == 0.5
    assert "--fps 10" in manifest["command"]
    assert manifest["verdict_shares"]["nothing audible"] == pytest.approx(
        job.localization.share(Verdict.SILENT)
    )


def test_timeline_is_a_picture(files):
    assert Image.open(files["timeline"]).width >= 800


def test_timeline_envelope_keeps_the_extremes():
    sound = np.zeros(100_000, np.float32)
    sound[77_777], sound[12] = 0.9, -0.8
    low, high, times_s = timeline.envelope(sound)
    assert len(times_s) <= timeline.ENVELOPE_POINTS
    assert (low.min(), high.max()) == pytest.approx((-0.8, 0.9))


def test_redrawing_never_runs_the_variant(tmp_path):
    variant, clip = CornerVariant(), tone_clip()
    found = Localizer(variant).run(clip)
    for threshold in (0.3, 0.95):
        export(Job(clip, found, Style(threshold=threshold)), tmp_path / str(threshold))
    assert variant.calls == 1
    few, many = (len(list(tmp_path.glob(f"{t}/overlay.mp4"))) for t in ("0.3", "0.95"))
    assert few == many == 1


def test_bundle_holds_every_file(files, tmp_path):
    archive = bundle(files["manifest"].parent, tmp_path / "bundle.zip")
    names = set(zipfile.ZipFile(archive).namelist())
    assert {"overlay.mp4", "manifest.json", "moments.csv"} <= names
    assert any(name.startswith("masks/") for name in names)


def test_unknown_format_is_refused(job, tmp_path):
    with pytest.raises(SettingError, match="Formats: video"):
        export(job, tmp_path, ("gif",))


def test_a_full_disk_is_a_sentence(job, tmp_path, monkeypatch):
    from avsl import storage

    usage = type("usage", (), {"free": 1000})
    monkeypatch.setattr(storage.shutil, "disk_usage", lambda place: usage)
    with pytest.raises(StorageError, match="Free some space"):
        export(job, tmp_path / "out")
    assert not (tmp_path / "out").exists()
