"""A run is made again from its manifest, through the command line as a person would."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from avsl.checkpoint import save_folder
from avsl.checksum import sha256_of_words
from avsl.cli import OK, SOME_FAILED, USAGE, main
from avsl.export import FORMATS, Job, export
from avsl.localization import Localization, Verdict
from avsl.localizer import Localizer
from avsl.manifest import read_manifest
from avsl.media import output_rate_hz, read, write_video
from avsl.overlay import Style
from avsl.variants import load
from tests.support import CornerVariant, tone_clip
from tests.variants.making import changing_clip, tiny_acl, tiny_two_stream

pytest_plugins = ["tests.hub_endpoint"]
HUB_ID = "someone/tiny"
SAME = "The same maps as in the manifest, bit for bit, and the same verdicts."


@pytest.fixture(scope="module")
def film(tmp_path_factory) -> Path:
    """4 s of changing blocks with noise."""
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    clip = changing_clip()
    write_video(path, (frame for _, frame in clip.stream()), output_rate_hz(clip), clip)
    return path


@pytest.fixture(scope="module")
def tiny(tmp_path_factory) -> Path:
    """A small two-stream network as a folder."""
    folder = tmp_path_factory.mktemp("tiny") / "tiny"
    save_folder(tiny_two_stream(), folder)
    return folder


@pytest.fixture(scope="module")
def made(film, tiny, tmp_path_factory) -> Path:
    """The files of a run of ``tiny``: copy them before a test changes anything."""
    out = tmp_path_factory.mktemp("made")
    flags = ["--fps", "3", "--style", "contour", "--threshold", "0.3", "--opacity", "0.9"]
    run(film, out, "--variant", str(tiny), *flags, "--formats", "npz,csv,manifest")
    return out / film.stem


@pytest.fixture
def first(made, tmp_path) -> Path:
    """The manifest of that run, with its maps beside it."""
    shutil.copytree(made, tmp_path / "first")
    return tmp_path / "first" / "manifest.json"


def run(clip: Path, out: Path, *flags: str) -> None:
    assert main(["run", str(clip), "--out", str(out), "--quiet", *flags]) == OK


def again(manifest: Path, *flags: str) -> int:
    """Run it again, into the folder ``again`` beside the manifest unless told otherwise."""
    out = ["--out", str(manifest.parent / "again")]
    return main(["run", *out, *flags, "--manifest", str(manifest), "--quiet"])


def change(manifest: Path, **values) -> None:
    """Other values in the manifest; ``a__b`` is b inside a."""
    told = json.loads(manifest.read_text())
    for name, value in values.items():
        *above, last = name.split("__")
        place = told
        for each in above:
            place = place[each]
        place[last] = value
    manifest.write_text(json.dumps(told))


def refused(capsys, code: int) -> str:
    assert code == USAGE
    (line,) = capsys.readouterr().err.strip().splitlines()
    return line


# --- the same run ---


@pytest.mark.parametrize("variant", ["sync", "tiny"])
def test_the_maps_are_the_same_bit_for_bit(film, tiny, tmp_path, capsys, variant):
    chosen = str(tiny) if variant == "tiny" else variant
    run(film, tmp_path / "first", "--variant", chosen, "--fps", "3", "--formats", "npz,manifest")
    assert again(tmp_path / "first" / "film" / "manifest.json") == OK
    assert SAME in capsys.readouterr().out
    home = tmp_path / "first" / "film"
    places = (home, home / "again" / "film")
    one, two = (Localization.load(place / "localization.npz") for place in places)
    assert one.maps.tobytes() == two.maps.tobytes()
    assert len(one.maps) == 12
    assert (one.confidence == two.confidence).all() and one.verdicts == two.verdicts


def test_settings_and_files_are_those_of_the_manifest(first, tmp_path):
    assert again(first) == OK
    there = first.parent / "again" / "film"
    assert {path.name for path in there.iterdir()} == {
        "localization.npz", "moments.csv", "manifest.json",
    }  # fmt: skip
    assert (there / "moments.csv").read_text() == (first.parent / "moments.csv").read_text()
    second = read_manifest(there / "manifest.json")
    assert second == read_manifest(first)
    assert second.style == Style("contour", 0.3, 0.9)
    assert again(there / "manifest.json", "--out", str(tmp_path / "third")) == OK


def test_options_that_repeat_the_manifest_are_no_contradiction(first, tiny, film):
    repeated = ["--fps", "3", "--threshold", "0.3", "--style", "contour", "--variant", str(tiny)]
    assert again(first, str(film), *repeated, "--formats", "csv") == OK


def test_a_replaced_sound_is_found_again(film, tiny, tmp_path, capsys):
    still = tmp_path / "still.png"
    Image.fromarray(tone_clip().frames(np.zeros(1))[0]).save(still)
    sound = tmp_path / "sound.mp4"
    shutil.copy(film, sound)
    flags = ["--variant", str(tiny), "--formats", "npz,manifest", "--fps", "2"]
    run(still, tmp_path / "first", "--sound", str(sound), *flags)
    manifest = tmp_path / "first" / "still" / "manifest.json"
    assert again(manifest) == OK
    sound.rename(tmp_path / "moved.mp4")
    capsys.readouterr()
    assert "--sound FILE" in refused(capsys, again(manifest))
    assert again(manifest, str(still), "--sound", str(tmp_path / "moved.mp4")) == OK
    assert SAME in capsys.readouterr().out
    assert "is not the" in refused(capsys, again(manifest, str(still), "--sound", str(still)))


def test_the_audible_gate_is_remembered(film, tiny, tmp_path, capsys):
    clip, variant = read(film), load(str(tiny))
    middle_dbfs = float(np.median(Localizer(variant).run(clip, 3.0).loudness_dbfs))
    found = Localizer(variant, middle_dbfs).run(clip, 3.0)
    assert 0.3 < found.share(Verdict.SILENT) < 0.7  # by the usual gate nothing is
    files = export(Job(clip, found, Style()), tmp_path / "first", ("npz", "manifest")).files
    assert again(files["manifest"]) == OK
    assert SAME in capsys.readouterr().out


def test_int8_is_remembered(film, tmp_path, capsys):
    save_folder(tiny_acl(), tmp_path / "acl")
    flags = ["--variant", str(tmp_path / "acl"), "--int8", "--fps", "1"]
    run(film, tmp_path / "first", *flags, "--formats", "npz,manifest")
    manifest = tmp_path / "first" / "film" / "manifest.json"
    assert read_manifest(manifest).mode == "int8"
    assert again(manifest) == OK
    out = capsys.readouterr().out
    assert SAME in out and "int8" in out


def test_a_hub_id_is_made_again_at_its_commit(hub, film, tiny, tmp_path, capsys):
    for file in tiny.iterdir():
        hub.add(HUB_ID, file.name, file.read_bytes(), large=file.suffix == ".safetensors")
    commit = hub.commit(HUB_ID)
    flags = ["--variant", HUB_ID, "--fps", "1", "--formats", "npz,manifest"]
    run(film, tmp_path / "first", *flags)
    manifest = tmp_path / "first" / "film" / "manifest.json"
    assert (read_manifest(manifest).variant, read_manifest(manifest).revision) == (HUB_ID, commit)
    save_folder(tiny_two_stream(heads=2), tmp_path / "newer")  # the owner publishes another one
    hub.files.clear()
    for file in (tmp_path / "newer").iterdir():
        hub.add(HUB_ID, file.name, file.read_bytes(), large=file.suffix == ".safetensors")
    assert hub.commit(HUB_ID) != commit
    assert again(manifest) == OK
    assert SAME in capsys.readouterr().out
    said = refused(capsys, again(manifest, "--revision", "v2"))
    assert "--revision v2 contradicts the manifest" in said


# --- not the same ---


@pytest.mark.parametrize("beside", [True, False])
def test_other_maps_are_told_with_how_far_they_are_off(first, capsys, beside, monkeypatch):
    from avsl.variants.two_stream import TwoStreamVariant

    honest = TwoStreamVariant.localize

    def off(self, clip, times_s, progress):
        found = honest(self, clip, times_s, progress)
        found.maps[1, 0, 0] += 0.25 if found.maps[1, 0, 0] < 0.5 else -0.25
        return found

    monkeypatch.setattr(TwoStreamVariant, "localize", off)
    if not beside:
        (first.parent / "localization.npz").unlink()
    assert again(first, "--json") == SOME_FAILED
    told = json.loads(capsys.readouterr().out)["again"]
    assert told["same"] is False
    words = "by 0.25 at most" if beside else "cannot be said without the localization.npz"
    assert words in told["words"]


def test_maps_beside_the_manifest_that_are_of_another_run_are_not_compared_with(first, capsys):
    kept = first.parent / "localization.npz"
    then = Localization.load(kept)
    replace(then, maps=then.maps / 2).save(kept)
    change(first, found__maps_sha256="0" * 64)
    assert again(first) == SOME_FAILED
    assert "cannot be said" in capsys.readouterr().out


def test_the_same_maps_with_other_verdicts_are_not_the_same_run(first, capsys):
    change(first, found__verdicts_sha256="0" * 64)
    assert again(first) == SOME_FAILED
    assert "bit for bit, but other verdicts" in capsys.readouterr().out


def test_another_version_gate_or_library_is_told_and_run(first, capsys):
    change(first, avsl_version="0.0.7", environment__numpy="1.0", confidence_gate=0.5)
    assert again(first) == OK
    said = capsys.readouterr().out
    assert "avsl 0.0.7" in said and "numpy 1.0 then" in said and "it was 0.5" in said
    assert SAME in said


def test_guesses_are_remembered(film, tiny, tmp_path, capsys):
    flags = ["--variant", str(tiny), "--fps", "1", "--guesses"]
    run(film, tmp_path / "first", *flags, "--formats", "csv,npz,manifest")
    manifest = tmp_path / "first" / "film" / "manifest.json"
    assert "--guesses" in json.loads(manifest.read_text())["command"]
    assert again(manifest, "--guesses") == OK
    table = manifest.parent / "again" / "film" / "moments.csv"
    assert table.read_text().splitlines()[0].endswith(",kind")


def test_a_run_of_before_there_were_guesses_is_made_again(first, capsys):
    told = json.loads(first.read_text())
    del told["style"]["guesses"], told["absence_gate"]
    then = Localization.load(first.parent / "localization.npz").verdicts
    words = [Verdict.UNSEEN if each.is_abstention else each for each in then]
    told["found"]["verdicts_sha256"] = sha256_of_words(words)
    first.write_text(json.dumps(told))
    assert again(first) == OK
    assert SAME in capsys.readouterr().out
    assert "contradicts the manifest" in refused(capsys, again(first, "--guesses"))


# --- what is needed and not there ---


def test_the_clip_is_looked_for_beside_the_manifest_and_can_be_given(first, film, tmp_path, capsys):
    change(first, clip__path="/nowhere/film.mp4")
    said = refused(capsys, again(first))
    assert "film.mp4" in said and "run CLIP --manifest" in said
    shutil.copy(film, first.parent / "film.mp4")
    assert again(first) == OK
    (first.parent / "film.mp4").rename(tmp_path / "else.mp4")
    assert again(first, str(tmp_path / "else.mp4")) == OK
    assert "not at" in refused(capsys, again(first, str(tmp_path / "none.mp4")))


@pytest.mark.parametrize("where", ["recorded", "given"])
def test_another_clip_is_refused(first, tmp_path, capsys, where):
    other = tmp_path / "film.mp4"
    other.write_bytes(b"another film")
    if where == "recorded":
        change(first, clip__path=str(other))
    said = refused(capsys, again(first, *([str(other)] if where == "given" else [])))
    assert "sha256" in said and "is not the" in said
    assert not (first.parent / "again").exists()


def test_other_weights_are_refused_and_a_moved_folder_can_be_named(first, tmp_path, tiny, capsys):
    save_folder(tiny_two_stream(heads=2), tmp_path / "other")
    change(first, variant__load=str(tmp_path / "other"))
    said = refused(capsys, again(first))
    assert "weights" in said and "could not be the same" in said
    change(first, variant__load="/nowhere/tiny")
    assert "--variant FOLDER" in refused(capsys, again(first))
    assert again(first, "--variant", str(tiny)) == OK
    assert "weights" in refused(capsys, again(first, "--variant", str(tmp_path / "other")))


@pytest.mark.parametrize(
    ("option", "words"),
    [
        (["--fps", "5"], "--fps 5.0 contradicts the manifest, which says 3.0"),
        (["--style", "heat"], "which says contour"),
        (["--threshold", "0.4"], "which says 0.3"),
        (["--opacity", "0.1"], "which says 0.9"),
        (["--variant", "sync"], "--variant sync contradicts"),
        (["--revision", "v1"], "which says none"),
        (["--int8"], "--int8 contradicts the manifest, whose run was without it"),
        (["--untrained"], "whose run was without it"),
        (["--sound", "other.wav"], "the clip's own sound"),
    ],
)
def test_options_that_contradict_are_refused(first, capsys, option, words):
    assert words in refused(capsys, again(first, *option))
    assert not (first.parent / "again").exists()


def test_the_first_files_are_not_overwritten(first, tmp_path, capsys):
    home = first.parent.rename(tmp_path / "film")  # as run names the folder
    before = (home / "manifest.json").read_bytes()
    code = main(["run", "--manifest", str(home / "manifest.json"), "--out", str(tmp_path)])
    assert "--out" in refused(capsys, code)
    assert (home / "manifest.json").read_bytes() == before


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "There is no manifest"),
        ("{", "not JSON"),
        ("[1]", "is not a manifest"),
        ('{"format": "avsl.manifest/9"}', "this version"),
        ('{"format": "avsl.manifest/1", "command": "avsl run x"}', "avsl run x"),
        ('{"format": "avsl.manifest/2"}', "'variant' is missing"),
    ],
)
def test_what_is_no_manifest_is_one_sentence(tmp_path, capsys, content, words):
    path = tmp_path / "manifest.json"
    if content is not None:
        path.write_text(content)
    assert words in refused(capsys, main(["run", "--manifest", str(path)]))


@pytest.mark.parametrize(
    "hostile",
    [{"map_rate_hz": "3"}, {"style__threshold": None}, {"formats": "csv"}, {"clip": []},
     {"style__look": "smoke"}, {"style__opacity": 7}, {"variant__mode": "untrained"},
     {"clip__sha256": ""}, {"sound": {"name": 1}}, {"style__threshold": float("nan")}],
    ids=lambda each: next(iter(each)),
)  # fmt: skip
def test_a_manifest_with_wrong_values_is_one_sentence(first, capsys, hostile):
    change(first, **hostile)
    assert refused(capsys, again(first))


def test_neither_clip_nor_manifest_or_too_many_clips(first, film, capsys):
    assert "--manifest FILE" in refused(capsys, main(["run"]))
    assert "one clip" in refused(capsys, again(first, str(film), str(film)))


def test_a_clip_from_memory_says_that_it_cannot_be_found_again(tmp_path, capsys):
    clip = tone_clip()
    job = Job(clip, Localizer(CornerVariant()).run(clip), Style())
    files = export(job, tmp_path / "first", tuple(FORMATS)).files
    assert "made in memory" in refused(capsys, again(files["manifest"]))
