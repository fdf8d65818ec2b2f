"""Variants as folders: what comes back, what is refused, and those that ship beside the package."""

import json
import logging
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

import avsl
from avsl.checkpoint import load_folder, save_folder
from avsl.cli import OK, main
from avsl.errors import VariantError
from avsl.ui import views
from avsl.variants import State, folders
from tests.variants.making import changing_clip, tiny_acl, tiny_two_stream

TIMES_S = np.array([0.0, 1.0, 2.5])
WORLD = "The procedural world: cartoon scenes, so expect less on real videos."
KINDS = ("whole", "half")
MAKERS = {
    "acl": tiny_acl,
    "two-stream": tiny_two_stream,
    "two heads": lambda: tiny_two_stream(heads=2),
}


@pytest.fixture(scope="module")
def saved(tmp_path_factory) -> dict[str, Path]:
    """A folder of each family."""
    out = {}
    for name in ("acl", "two-stream"):
        variant = MAKERS[name]()
        variant.card = replace(variant.card, name="trained", title=name, trained_on=WORLD)
        out[name] = tmp_path_factory.mktemp("saved") / "folder"
        save_folder(variant, out[name])
    return out


@pytest.fixture
def shipped(saved, tmp_path, monkeypatch) -> Path:
    """A checkpoints folder with a variant of each family."""
    monkeypatch.setattr(folders, "SHIPPED", tmp_path / "checkpoints")
    for name, folder in saved.items():
        shutil.copytree(folder, tmp_path / "checkpoints" / f"{name}-tiny")
    return tmp_path / "checkpoints"


def edited(folder: Path, tmp_path: Path, **changes) -> Path:
    """A copy with parts of its card.json changed, or taken out where None."""
    copy = Path(shutil.copytree(folder, tmp_path / "edited"))
    told = json.loads((copy / "card.json").read_text()) | changes
    told = {name: value for name, value in told.items() if value is not None}
    (copy / "card.json").write_text(json.dumps(told))
    return copy


def names() -> list[str]:
    return [card.name for card in avsl.variants.cards()]


# there and back


@pytest.mark.parametrize("name", MAKERS)
def test_a_folder_gives_back_the_same_maps(name, tmp_path):
    variant = MAKERS[name]()
    variant.card = replace(variant.card, name="mine", threshold=0.37, trained_on=WORLD)
    save_folder(variant, tmp_path / "mine")
    again = avsl.load(str(tmp_path / "mine"))
    assert again.card == variant.card
    assert again.model.config == variant.model.config
    for kept in variant.inputs:
        assert getattr(again, kept) == getattr(variant, kept), kept
    ours, theirs = (each.localize(changing_clip(), TIMES_S) for each in (variant, again))
    assert np.array_equal(ours.maps, theirs.maps)
    assert np.array_equal(ours.confidence, theirs.confidence)
    assert ours.labels == theirs.labels


@pytest.mark.parametrize("name", MAKERS)
def test_half_the_size_gives_nearly_the_same_maps(name, tmp_path):
    variant = MAKERS[name]()
    save_folder(variant, tmp_path / "whole")
    save_folder(variant, tmp_path / "half", half=True)
    bytes_ = {kind: (tmp_path / kind / "model.safetensors").stat().st_size for kind in KINDS}
    large = sum(each.numel() for each in variant.model.parameters() if each.numel() > 1000)
    assert bytes_["whole"] - bytes_["half"] == pytest.approx(2 * large, rel=0.01)
    again = load_folder(tmp_path / "half")
    assert {each.dtype for each in again.model.parameters()} == {torch.float32}
    ours, theirs = (each.localize(changing_clip(), TIMES_S) for each in (variant, again))
    assert np.abs(ours.maps - theirs.maps).max() < 0.01
    assert np.abs(ours.confidence - theirs.confidence).max() < 0.01


def test_only_large_numbers_within_its_range_are_halved(tmp_path):
    variant = tiny_two_stream()
    name, large = max(variant.model.named_parameters(), key=lambda each: each[1].numel())
    large.data.view(-1)[0] = 1e6  # infinite in half precision
    save_folder(variant, tmp_path / "half", half=True)
    kept = load_file(tmp_path / "half" / "model.safetensors")
    assert kept[name].dtype == torch.float32 and kept[name].max() == 1e6
    kinds = {each.numel() > 1000 for each in kept.values() if each.dtype == torch.float16}
    assert kinds == {True}


def test_an_acl_saved_before_there_were_families_loads(saved, tmp_path):
    folder = edited(saved["acl"], tmp_path, family=None)
    assert load_folder(folder).window_s == 1.28


def test_the_card_of_two_streams_says_how_cosines_become_maps(saved):
    assert (
        "sigmoid((cosine - 0.4) / 0.2)"
        in json.loads((saved["two-stream"] / "card.json").read_text())["map"]
    )


# what is refused, with what is wrong


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"format": "other/9"}, "not a card of this version"),
        ({"family": "three-stream"}, r"does not know \(three-stream\).*acl, two-stream"),
        ({"family": "acl"}, "does not describe a network of the family acl"),
        ({"network": {"dim": 3}}, "does not describe a network"),
        ({"network": None}, "does not describe a network"),
        ({"image_px": 10_000_000}, "image_px as a number from 16 to 2048"),
        ({"window_s": None}, "window_s as a number from 0.1 to 60"),
        ({"card": {"threshold": "half"}}, "threshold of its card is no number"),
        ({"card": None}, "has no card"),
    ],
)
def test_a_card_that_does_not_fit(saved, tmp_path, changes, sentence):
    with pytest.raises(VariantError, match=sentence):
        load_folder(edited(saved["two-stream"], tmp_path, **changes))


def test_weights_of_another_size(saved, tmp_path):
    sizes = json.loads((saved["two-stream"] / "card.json").read_text())["network"]
    folder = edited(saved["two-stream"], tmp_path, network=sizes | {"dim": 64})
    with pytest.raises(VariantError, match="does not fit its card"):
        load_folder(folder)


@pytest.mark.parametrize("text", ["[1]", "{", None])
def test_no_card_at_all(text, tmp_path):
    if text is not None:
        (tmp_path / "card.json").write_text(text)
    with pytest.raises(VariantError, match=r"card\.json"):
        load_folder(tmp_path)


# those that ship


def test_shipped_variants_go_by_name(shipped, saved):
    single = ["sync", "acl", "acl-tiny", "two-stream-tiny"]
    assert names() == [*single, "acl+sync", "acl-tiny+sync"]
    variant = avsl.load("two-stream-tiny")
    assert variant.card.name == "two-stream-tiny"
    theirs = load_folder(saved["two-stream"]).localize(changing_clip(), TIMES_S)
    assert np.array_equal(variant.localize(changing_clip(), TIMES_S).maps, theirs.maps)
    card = {card.name: card for card in avsl.variants.cards()}["acl-tiny"]
    assert card.state is State.READY and card.trained_on == WORLD
    assert avsl.variants.commands("acl-tiny") == []
    with pytest.raises(VariantError, match="has no revisions"):
        avsl.load("acl-tiny", revision="main")
    with pytest.raises(VariantError, match="sync, acl, acl-tiny, two-stream-tiny"):
        avsl.load("nothing")


def test_the_list_and_the_app_say_what_they_were_trained_on(shipped, capsys):
    assert main(["list"]) == OK
    assert f"Trained on: {WORLD}" in capsys.readouterr().out
    assert main(["list", "--json"]) == OK
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows["two-stream-tiny"]["trained_on"] == WORLD
    (last,) = [card for card in avsl.variants.cards() if card.name == "two-stream-tiny"]
    shown = views.card(last)
    assert WORLD in shown and "Outlines are rough" in shown
    assert "Trained on" not in views.card(avsl.variants.cards()[0])


def test_the_app_offers_them_after_the_default(shipped):
    from avsl.ui.jobs import Workspace
    from avsl.ui.layout import build
    from avsl.ui.live import House

    page = build(Workspace(shipped.parent / "work"), House())
    (radio,) = [b for b in page.blocks.values() if getattr(b, "elem_id", "") == "variant"]
    assert [name for _, name in radio.choices] == names() and radio.value == "sync"


def break_json(folder: Path) -> None:
    (folder / "card.json").write_text("{")


def leave_a_pointer(folder: Path) -> None:
    (folder / "model.safetensors").write_text("version https://git-lfs.github.com/spec/v1\n")


def cut(folder: Path) -> None:
    whole = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(whole[: len(whole) // 2])


def lose_weights(folder: Path) -> None:
    (folder / "model.safetensors").unlink()


@pytest.mark.parametrize("damage", [break_json, leave_a_pointer, cut, lose_weights])
def test_a_broken_one_is_left_out_with_a_sentence(shipped, damage, caplog):
    damage(shipped / "acl-tiny")
    with caplog.at_level(logging.WARNING):
        assert names() == names() == ["sync", "acl", "two-stream-tiny", "acl+sync"]
    (said,) = [record.message for record in caplog.records]
    assert said.startswith("acl-tiny is left out: ")
    with pytest.raises(VariantError):
        avsl.load("acl-tiny")


def test_without_the_folder_nothing_is_listed(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(folders, "SHIPPED", tmp_path / "checkpoints")
    assert names() == ["sync", "acl", "acl+sync"] and not caplog.records
    (tmp_path / "checkpoints" / "notes").mkdir(parents=True)  # somebody else's
    assert names() == ["sync", "acl", "acl+sync"] and not caplog.records


def test_one_that_takes_a_built_in_name_does_not_replace_it(shipped):
    (shipped / "acl-tiny").rename(shipped / "sync")
    assert names() == ["sync", "acl", "two-stream-tiny", "acl+sync"]
    assert avsl.load("sync").card.licence == "MIT"
