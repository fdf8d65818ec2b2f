"""What is wrong with files is told by kind, and only the unreadable fails."""

import numpy as np

from tests.media.making import make, tone
from tests.train.data.making_sets import (
    FIRST,
    SECOND,
    THIRD,
    boxes_file,
    picture,
    sound,
    video,
    wav_bytes,
)
from train.data import doctor
from train.data.doctor import Problem


def root_of(tmp_path, *names):
    boxes_file(tmp_path, {name: [[0, 0, 1, 1]] for name in names})
    return tmp_path


def problems(root):
    report = doctor.examine("vggss", root)
    return {finding.problem: finding for finding in report.findings}, report


def test_a_sound_set_has_nothing_to_tell(tmp_path, capsys):
    root = root_of(tmp_path, FIRST, SECOND)
    video(root / f"vggss/videos/{FIRST}.mp4")
    found, report = problems(root)
    assert not found and report.missing == (SECOND,)
    assert report.sentence == "vggss: 1 found of 5,158 expected"
    assert doctor.main(["--root", str(root), "--set", "vggss"]) == 0
    assert "5,158" in capsys.readouterr().out


def test_corrupt_files_are_told_and_fail(tmp_path, capsys):
    root = root_of(tmp_path, FIRST, SECOND, THIRD)
    (root / "vggss/videos").mkdir(parents=True)
    (root / f"vggss/videos/{FIRST}.mp4").write_bytes(b"\0" * 4000)
    video(root / f"vggss/videos/{SECOND}.mp4", with_sound=False)
    picture(root / f"vggss/frames/{THIRD}.jpg")
    sound(root / f"vggss/audio/{THIRD}.wav")
    whole = root / f"vggss/frames/{THIRD}.jpg"
    whole.write_bytes(whole.read_bytes()[:200])
    report = doctor.examine("vggss", root)
    assert report.count(Problem.UNREADABLE) == 3 == len(report.findings)
    assert all(finding.sentence.endswith(".") for finding in report.findings)
    assert doctor.main(["--root", str(root), "--set", "vggss"]) == 1
    assert "has no sound" in capsys.readouterr().out


def test_clips_whose_sound_is_digital_silence_are_told_as_muted(tmp_path):
    root = root_of(tmp_path, FIRST, SECOND, THIRD)
    for name, level in ((FIRST, 0.0), (SECOND, 1e-3)):
        picture(root / f"vggss/frames/{name}.jpg")
        file = root / f"vggss/audio/{name}.wav"
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(wav_bytes(level * tone(10.0, 16_000)))
    times_s = np.arange(250) / 25
    (root / "vggss/videos").mkdir()
    frames = np.zeros((250, 32, 32, 3), np.uint8)
    make(root / f"vggss/videos/{THIRD}.mp4", frames, times_s, np.zeros((480_000, 1), np.float32))
    report = doctor.examine("vggss", root)
    assert [finding.problem for finding in report.findings] == [Problem.MUTED] * 2
    assert not any(SECOND in finding.where for finding in report.findings)
    assert doctor.main(["--root", str(root), "--set", "vggss"]) == 0


def test_wrong_rates_and_lengths_are_told_and_forgiven(tmp_path):
    root = root_of(tmp_path, FIRST, SECOND)
    video(root / f"vggss/videos/{FIRST}.mp4", fps_hz=10.0, seconds=7.0)
    picture(root / f"vggss/frames/{SECOND}.jpg")
    sound(root / f"vggss/audio/{SECOND}.wav", rate_hz=22_050)
    report = doctor.examine("vggss", root)
    told = [(finding.problem, finding.sentence) for finding in report.findings]
    assert [problem for problem, _ in told] == [Problem.RATE, Problem.LENGTH, Problem.RATE]
    assert "10.00 frames" in told[0][1] and "7.0 s" in told[1][1] and "22050" in told[2][1]
    assert doctor.main(["--root", str(root), "--set", "vggss"]) == 0


def test_quick_looks_and_decodes_nothing(tmp_path):
    root = root_of(tmp_path, FIRST)
    (root / "videos").mkdir()
    (root / f"videos/{FIRST}.mp4").write_bytes(b"x")
    report = doctor.examine("vggss", root, quick=True)
    assert report.found == (FIRST,) and not report.findings


def test_missing_annotations_are_no_failure(tmp_path, capsys):
    assert doctor.main(["--root", str(tmp_path)]) == 0
    assert "vggss.json" in capsys.readouterr().out


def test_an_unknown_set_is_a_sentence(tmp_path, capsys):
    assert doctor.main(["--root", str(tmp_path), "--set", "nothing"]) == 2
    assert "There is no benchmark set" in capsys.readouterr().err
