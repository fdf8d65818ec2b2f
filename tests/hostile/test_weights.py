"""Weights of strangers are tensors or nothing: no file of theirs runs code, leads elsewhere or is
larger than allowed.
"""

import io
import json
import os
import pickle
import shutil

import pytest
import torch

from avsl import settings, variants
from avsl.checkpoint import convert_published, load_folder
from avsl.errors import VariantError, WeightsError
from avsl.hub import Source, fetch, fetch_folder
from avsl.variants.folders import SHIPPED

pytest_plugins = ["tests.hub_endpoint"]

SMALL = SHIPPED / "ez-vsl-tiny"
HUB_FILES = ("card.json", "model.safetensors")


class Bomb:
    """A pickle that makes a file when it is read."""

    def __init__(self, mark) -> None:
        self.mark = str(mark)

    def __reduce__(self):
        return os.mkdir, (self.mark,)


@pytest.fixture
def mark(tmp_path):
    """Where the bomb would leave its mark; the test fails if it did."""
    place = tmp_path / "owned"
    yield place
    assert not place.exists(), "a stranger's code ran"


def pickled(mark) -> bytes:
    return pickle.dumps(Bomb(mark))


def saved(mark) -> bytes:
    """The same in the zip that torch.save writes."""
    file = io.BytesIO()
    torch.save({"model": Bomb(mark)}, file)
    return file.getvalue()


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(SMALL, tmp_path / "mine")


@pytest.mark.parametrize("form", [pickled, saved])
def test_a_pickle_in_a_folder_is_no_variant(form, folder, mark):
    (folder / "model.safetensors").write_bytes(form(mark))
    with pytest.raises(VariantError):
        load_folder(folder)
    with pytest.raises(VariantError):
        variants.load(str(folder))


def test_pickles_beside_the_weights_are_not_looked_at(folder, mark):
    for name in ("pytorch_model.bin", "model.pt", "config.py", "modeling.py", "__init__.py"):
        (folder / name).write_bytes(pickled(mark) if "." in name[-4:] else b"import os")
    assert load_folder(folder).card.name


@pytest.mark.parametrize("form", [pickled, saved])
def test_a_pickle_from_the_hub_is_no_variant(form, hub, mark):
    hub.add("anna/bad", "card.json", (SMALL / "card.json").read_bytes())
    hub.add("anna/bad", "model.safetensors", form(mark))
    with pytest.raises(VariantError):
        variants.load("anna/bad")


@pytest.mark.parametrize("form", [pickled, saved])
def test_published_checkpoints_are_read_as_tensors_alone(form, mark, tmp_path):
    (tmp_path / "config.json").write_text("{}")
    for name in ("pytorch_model.bin", "beats.pt", "acl.pth"):
        (tmp_path / name).write_bytes(form(mark))
    with pytest.raises(VariantError):
        convert_published(tmp_path, tmp_path / "beats.pt", tmp_path / "acl.pth")


def test_only_the_two_files_are_fetched(hub):
    for name in ("card.json", "model.safetensors"):
        hub.add("anna/good", name, (SMALL / name).read_bytes())
    hub.add("anna/good", "pytorch_model.bin", b"never")
    got = fetch_folder("anna/good", HUB_FILES).folder
    assert sorted(path.name for path in got.iterdir()) == sorted(HUB_FILES)


def test_weights_over_the_limit_are_refused_before_they_are_fetched(hub, monkeypatch):
    hub.add("anna/huge", "card.json", (SMALL / "card.json").read_bytes())
    hub.add("anna/huge", "model.safetensors", bytes(2_000_000))
    from avsl.hub import files

    monkeypatch.setattr(files, "LIMITS", settings.Limits(max_weights_bytes=1_000_000))
    with pytest.raises(WeightsError, match="over the limit"):
        fetch_folder("anna/huge", HUB_FILES)
    with pytest.raises(WeightsError, match="over the limit"):
        fetch([Source("anna/huge", "model.safetensors")], "a test")


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "anna/../bad",
        "anna/..",
        "./bad",
        "anna/bad@../../main",
        "anna/bad@-x",
        "anna\\bad/x",
        "~/x",
        "anna/bad\0",
        "anna/bad\nx",
        "https://example.org/anna/bad",
        "file:///etc/passwd",
        "anna/" + "x" * 3000,
    ],
)
def test_a_name_that_leads_elsewhere_is_a_sentence(name, hub):
    with pytest.raises(VariantError) as error:
        variants.load(name)
    assert str(error.value).isprintable()


def test_a_card_cannot_name_a_network_that_fills_the_memory(folder):
    card = json.loads((folder / "card.json").read_text())
    card["network"] = {key: 10**9 if type(value) is int else value
                       for key, value in card["network"].items()}  # fmt: skip
    (folder / "card.json").write_text(json.dumps(card))
    with pytest.raises(VariantError):
        load_folder(folder)
