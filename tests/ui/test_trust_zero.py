"""On a Space that lends its graphics card for single calls, and everywhere else."""

import importlib
import pickle
import sys
from types import ModuleType

import numpy as np
import pytest

from avsl import devices, variants
from avsl.localizer import Localizer
from avsl.media import read
from avsl.progress import no_progress
from avsl.synthetic.examples import ensure_example
from avsl.ui.trust import zero
from avsl.variants.folders import shipped_folders

NETWORK = "margin-tiny"
needs_network = pytest.mark.skipif(NETWORK not in shipped_folders(), reason="ships no networks")


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return read(ensure_example("bell", tmp_path_factory.mktemp("clips")))


@pytest.fixture
def zero_space(monkeypatch):
    """The package as far as it matters: what it is given goes to another process and back."""
    calls = []

    def gpu(duration: int):
        def lend(work):
            def call(*given):
                calls.append(given)
                return pickle.loads(pickle.dumps(work(*pickle.loads(pickle.dumps(given)))))

            return call

        return lend

    spaces = ModuleType("spaces")
    spaces.GPU = gpu
    monkeypatch.setitem(sys.modules, "spaces", spaces)
    monkeypatch.setenv(devices.ZERO, "true")
    monkeypatch.setattr(devices, "_lent", False)
    importlib.reload(zero)
    yield calls
    monkeypatch.undo()
    importlib.reload(zero)


@needs_network
def test_a_network_has_the_card_and_finds_the_same(clip, zero_space):
    variant = variants.load(NETWORK)
    told = []
    found = zero.localize(variant, clip, 2.0, lambda fraction, stage: told.append(fraction))
    assert len(zero_space) == 1
    assert told == [0.0, 1.0]
    assert np.array_equal(found.maps, Localizer(variant).run(clip, 2.0).maps)
    assert found.provenance.clip_sha256 == clip.digest


def test_what_needs_no_card_takes_none(clip, zero_space):
    found = zero.localize(variants.load("sync"), clip, None, no_progress)
    assert len(found.times_s)
    assert zero_space == []


def test_where_the_card_is_not_lent_networks_are_on_the_processor(zero_space, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    assert devices.best_device().type == "cpu"
    devices.card_is_lent()
    assert devices.best_device().type == "cuda"


def test_elsewhere_the_package_is_never_asked_for(clip, monkeypatch):
    monkeypatch.delenv(devices.ZERO, raising=False)
    monkeypatch.setitem(sys.modules, "spaces", None)  # an import of it would fail
    importlib.reload(zero)
    assert len(zero.localize(variants.load("sync"), clip, None, no_progress).times_s)
