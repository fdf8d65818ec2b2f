"""One ACL, however it is come by: released files, a folder, the Hub, the command line."""

import json

import numpy as np
import pytest

import avsl
from avsl.cli import OK, USAGE, main
from avsl.errors import VariantError
from avsl.synthetic import ensure_example
from avsl.variants.base import State
from tests.models.golden_parity import GOLDEN
from tests.support import tone_clip

pytest_plugins = ["tests.hub_endpoint"]

TIMES_S = np.array([0.0, 0.5])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("converted") / "acl"
    arguments = ["--clipseg", str(GOLDEN / "clipseg"), "--beats", str(GOLDEN / "beats.pt")]
    code = main(["convert", *arguments, "--acl", str(GOLDEN / "Param_best.pth"), "--out", str(out)])
    assert code == OK
    return out


def maps(variant) -> np.ndarray:
    return variant.localize(tone_clip(), TIMES_S).maps


def test_folder_and_download_give_the_same_maps(folder, hub):
    hub.add_golden()
    assert {card.name: card.state for card in avsl.variants.cards()}["acl"] is State.NEEDS_DOWNLOAD
    downloaded = avsl.load("acl")
    assert np.array_equal(maps(downloaded), maps(avsl.load(str(folder))))
    assert {card.name: card.state for card in avsl.variants.cards()}["acl"] is State.READY


def test_a_folder_on_the_hub_is_a_variant(folder, hub):
    for file in folder.iterdir():
        hub.add("someone/acl", file.name, file.read_bytes(), large=file.suffix == ".safetensors")
    assert np.array_equal(maps(avsl.load("someone/acl")), maps(avsl.load(str(folder))))


def test_run_takes_a_folder(folder, tmp_path, capsys):
    clip = ensure_example("bell", tmp_path)
    arguments = ["--variant", str(folder), "--fps", "0.5", "--formats", "csv", "--json", "--quiet"]
    assert main(["run", str(clip), "--out", str(tmp_path), *arguments]) == OK
    report = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert report["variant"] == "acl"
    assert any("squashed" in note for note in report["notes"])


def test_int8_is_close_and_says_so(folder):
    exact = avsl.load(str(folder))
    quick = exact.in_int8()
    evidence = quick.localize(tone_clip(), TIMES_S)
    assert np.abs(evidence.maps - maps(exact)).mean() < 0.02
    assert any("int8" in note for note in evidence.notes)


def test_words_ground_like_sounds(folder):
    variant = avsl.load(str(folder))
    dog, bell = (
        variant.localize_text(tone_clip(), TIMES_S, text).maps for text in ("a dog", "a bell")
    )
    assert dog.shape == bell.shape
    assert not np.allclose(dog, bell)


def test_a_folder_that_does_not_fit_its_card_is_refused(folder, tmp_path):
    card = json.loads((folder / "card.json").read_text())
    card["network"]["clipseg"]["decoder_width"] = 20
    (tmp_path / "card.json").write_text(json.dumps(card))
    (tmp_path / "model.safetensors").write_bytes((folder / "model.safetensors").read_bytes())
    with pytest.raises(VariantError, match="does not fit its card"):
        avsl.load(str(tmp_path))


@pytest.mark.parametrize("wrong", [["--int8"], ["--untrained"]])
def test_sync_has_neither_int8_nor_weights(wrong, tmp_path, capsys):
    assert main(["run", "clip.mp4", "--out", str(tmp_path), "--quiet", *wrong]) == USAGE
    assert capsys.readouterr().err.startswith("avsl: ")
