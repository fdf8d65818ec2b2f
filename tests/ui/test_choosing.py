"""Which variants a visitor may have besides those listed, and which is taken unasked."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import pytest
import torch
from torch.nn.functional import interpolate

from avsl.checkpoint import save_folder
from avsl.errors import VariantError
from avsl.localizer import Localizer
from avsl.media import output_rate_hz, read, write_video
from avsl.synthetic.world import NAMES
from avsl.ui import copy
from avsl.ui.choosing import ALLOWED, HOSTED, admitted, for_example, for_own_clips
from avsl.ui.gallery import Gallery, offers
from avsl.ui.handlers import Api
from avsl.ui.jobs import Workspace
from avsl.ui.layout import build
from avsl.ui.live import House
from avsl.ui.page import VIDEO, Page
from avsl.ui.world_examples import FILMS, TRAINED, film
from avsl.variants import State, cards, folders
from tests.support import tone_clip
from tests.variants.making import tiny_two_stream

pytest_plugins = ["tests.hub_endpoint"]

HUB_ID = "someone/tiny"
HERE = SimpleNamespace(session_hash="anna", client=SimpleNamespace(host="127.0.0.1"))
AFAR = SimpleNamespace(session_hash="bob", client=SimpleNamespace(host="192.0.2.7"))


@pytest.fixture(autouse=True)
def nothing_ships(tmp_path, monkeypatch):
    monkeypatch.setattr(folders, "SHIPPED", tmp_path / "checkpoints")
    monkeypatch.delenv(HOSTED, raising=False)
    monkeypatch.delenv(ALLOWED, raising=False)
    offers.cache_clear()
    yield
    offers.cache_clear()


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Path:
    """A variant's folder."""
    variant = tiny_two_stream()
    variant.card = replace(variant.card, name="tiny", title="Tiny", trained_on="The world.")
    folder = tmp_path_factory.mktemp("trained") / "tiny"
    save_folder(variant, folder)
    return folder


@pytest.fixture
def published(hub, trained):
    for file in trained.iterdir():
        hub.add(HUB_ID, file.name, file.read_bytes(), large=file.suffix == ".safetensors")
    return hub


@pytest.fixture
def page(tmp_path) -> Page:
    return Page(Workspace(tmp_path / "work"))


@pytest.fixture(scope="module")
def clip(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("clips") / "tone.mp4"
    source = tone_clip(2.0, 160, 120)
    write_video(path, (frame for _, frame in source.stream()), output_rate_hz(source), source)
    return path


def silent_bar(fraction, desc):
    """Stands in for gradio's progress bar."""


def refused(name: str, request=HERE) -> str:
    with pytest.raises(VariantError) as error:
        admitted(name, request)
    return str(error.value)


# what may be asked for


def test_on_ones_own_machine_any_id_and_any_folder_will_do(trained):
    for name in ("sync", HUB_ID, f"{HUB_ID}@v2", str(trained)):
        assert admitted(f" {name} ", HERE) == name
    assert refused("  ") == copy.NO_NAME


def test_from_elsewhere_folders_are_out_of_reach(trained, monkeypatch):
    assert admitted(HUB_ID, AFAR) == HUB_ID
    monkeypatch.chdir(trained.parent.parent)
    beside = f"{trained.parent.name}/tiny"  # looks like an id
    for name in (str(trained), str(trained / "none"), beside, "..", "none"):
        for request in (AFAR, SimpleNamespace(session_hash="no address"), None):
            said = refused(name, request)
            assert "only on the machine that runs this page" in said and "sync, acl" in said
    assert admitted(beside, HERE) == beside


@pytest.mark.parametrize("public", [{HOSTED: "us/avsl"}, {}], ids=["space", "own server"])
def test_a_public_page_loads_what_it_is_told_to_and_no_more(public, trained, monkeypatch):
    for name, value in {**public, ALLOWED: f"{HUB_ID}, lab/big@v2,,"}.items():
        monkeypatch.setenv(name, value)
    for name in ("sync", HUB_ID, "lab/big@v2"):
        assert admitted(name, HERE) == admitted(name, AFAR) == name
    for name in ("someone/else", f"{HUB_ID}@refs/pr/1", "lab/big", str(trained), "."):
        said = refused(name)
        assert f"loads: sync, acl, acl+sync, {HUB_ID}, lab/big@v2. Run avsl on your own" in said


def test_a_space_without_a_list_loads_no_others(monkeypatch, trained):
    monkeypatch.setenv(HOSTED, "us/avsl")
    for name in (HUB_ID, str(trained), f"{trained}+sync"):
        assert "loads: sync, acl, acl+sync." in refused(name)
    page = build(Workspace("unused"), House())
    (button,) = [b for b in page.blocks.values() if getattr(b, "elem_id", "") == "load"]
    assert not button.parent.visible


def test_a_folder_of_an_allowed_name_is_no_hub_id(monkeypatch, trained):
    monkeypatch.chdir(trained.parent.parent)
    name = f"{trained.parent.name}/tiny"
    monkeypatch.setenv(ALLOWED, name)
    assert "public page" in refused(name)


def test_clients_of_the_api_are_held_to_the_same(page, clip, trained, monkeypatch):
    api = Api(page.workspace)
    for name in (str(trained), "nothing", ""):
        with pytest.raises(gr.Error):
            api.localize(str(clip), variant=name, request=AFAR, progress=silent_bar)
    _, _, report = api.localize(
        str(clip), variant=str(trained), request=HERE, progress=silent_bar
    )  # fmt: skip
    assert report["provenance"]["variant"] == "tiny"
    monkeypatch.setenv(HOSTED, "us/avsl")
    with pytest.raises(gr.Error, match="public page"):
        api.localize(str(clip), variant=HUB_ID, request=HERE, progress=silent_bar)


# another variant on the page


def ended(page: Page, wanted: str, others=()) -> dict:
    *_, end = page.load(wanted, [*others], HERE, silent_bar)
    return end


def test_a_hub_id_is_loaded_shown_and_can_be_run(page, published, clip):
    busy, end = page.load(f" {HUB_ID} ", [], HERE, silent_bar)
    assert copy.LOADING in busy["status"]["value"] and busy["load"]["interactive"] is False
    assert end["variant"]["value"] == HUB_ID == end["own"]
    assert end["variant"]["choices"][-1] == (HUB_ID, HUB_ID)
    assert [name for _, name in end["variant"]["choices"]] == ["sync", "acl", "acl+sync", HUB_ID]
    assert "Trained on: The world." in end["card"] and end["others"] == [HUB_ID]
    assert end["status"]["visible"] is False and end["load"]["interactive"] is True
    assert page.card(HUB_ID) == end["card"]
    files = {"path": str(clip)}, None, None, None
    *_, drawn = page.run(VIDEO, *files, HUB_ID, "heat", 0.7, False, HERE, silent_bar)
    found = page.workspace.find(drawn["result"])
    assert found.localization.provenance.variant == HUB_ID
    assert found.card.title == "Tiny"


def test_loading_shows_the_download(page, published):
    published.files[-1].bytes_per_s = published.files[0].bytes_per_s = 4e6
    told = []
    list(page.load(HUB_ID, [], HERE, lambda fraction, desc: told.append(desc)))
    assert any("downloading" in stage for stage in told)


def test_a_folder_and_a_name_that_is_listed(page, trained):
    end = ended(page, str(trained), [HUB_ID])
    assert end["others"] == [HUB_ID, str(trained)]
    again = ended(page, str(trained), end["others"])
    assert again["others"] == end["others"]
    listed = ended(page, "sync", end["others"])
    assert listed["variant"]["value"] == "sync" and listed["others"] == end["others"]


def test_loading_again_takes_what_is_new(page, tmp_path):
    variant = tiny_two_stream()
    save_folder(variant, tmp_path / "mine")
    assert "Trained on" not in ended(page, str(tmp_path / "mine"))["card"]
    variant.card = replace(variant.card, trained_on="Much more.")
    save_folder(variant, tmp_path / "mine")
    assert "Trained on: Much more." in ended(page, str(tmp_path / "mine"))["card"]


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ("", copy.NO_NAME),
        ("nothing", "There is no variant called"),
        ("someone/else", "no such repository, or it is private"),
        (f"{HUB_ID}@v9", "the file is not there"),
        ("some one/tiny", "no repository: write owner/name"),
        (".", "There is no card.json"),
    ],
)
def test_a_wrong_name_is_one_sentence_and_the_choice_stays(page, published, wanted, words):
    with pytest.warns(UserWarning):  # gradio's toast, outside a server
        end = ended(page, wanted)
    assert words in end["status"]["value"].replace("&#x27;", "'")
    assert 'role="alert"' in end["status"]["value"] and end["load"]["interactive"] is True
    assert "variant" not in end and "others" not in end


def test_offline_the_copy_that_is_used_says_so(page, published):
    ended(page, HUB_ID)
    published.down()
    assert "could not be brought up to date" in ended(page, HUB_ID)["card"]


def test_a_name_that_is_gone_says_so(page):
    assert "There is no variant called" in page.card("someone/gone")


# what is taken unasked


def test_own_clips_get_the_best_of_those_that_are_ready(hub):
    assert for_own_clips(cards()).name == "sync"
    sync, acl, fused = cards()
    ready = replace(acl, state=State.READY)
    tiny = replace(ready, name=TRAINED)
    assert for_own_clips([sync, ready, tiny]).name == "acl"
    assert for_own_clips([sync, acl, tiny]).name == "sync"
    both = replace(fused, state=State.READY)
    assert for_own_clips([sync, ready, tiny, both]).name == "acl+sync"


@pytest.fixture
def ships(trained, tmp_path) -> None:
    """The trained variant lies in checkpoints/."""
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / TRAINED).symlink_to(trained)
    offers.cache_clear()


def test_without_trained_variants_examples_are_those_that_motion_solves():
    assert {offer.name for offer in offers() if offer.suits} == {"world-turns"}
    assert {for_example(offer, "mine") for offer in offers()} == {"mine"}


def test_films_of_the_world_get_the_variant_that_knows_it(ships):
    suited = {offer.name for offer in offers() if offer.suits == TRAINED}
    assert suited == {"world-turns", "world-steady"}
    for offer in offers():
        assert for_example(offer, "mine") == (TRAINED if offer.name in suited else "mine")


def test_an_example_comes_with_its_variant(page, ships):
    offer = next(each for each in offers() if each.name == "world-steady")
    video, variant = page.example(offer, "sync")
    assert variant == TRAINED
    clip = read(video["value"])
    assert clip.has_sound and clip.duration_s == pytest.approx(6.0, abs=0.1)
    poster = Gallery(page.workspace.root / "examples").poster(offer)
    assert poster.suffix == ".jpg" and poster.stat().st_size > 2000


def test_sync_finds_what_sounds_in_the_film_that_motion_solves():
    made = film(next(card for card in FILMS if card.by_motion))
    found = Localizer("sync").run(made.clip("film"))
    right = []
    for index, time_s in enumerate(found.times_s):
        frame, shown = min(int(time_s * made.fps_hz), len(made.on) - 1), found.shown(index)
        if shown.any() and made.on[frame].any():
            peak = torch.from_numpy(shown == shown.max())[None, None].float()
            truth = made.truth[frame]
            right.append(bool((interpolate(peak, truth.shape)[0, 0].bool() & truth).any()))
    assert len(right) > 40 and sum(right) > 0.75 * len(right)


@pytest.mark.parametrize(
    ("card", "heard"), zip(FILMS, [{"cow", "cat"}, {"kettle"}], strict=True), ids=str
)
def test_a_film_shows_what_its_title_says(card, heard):
    made = film(card)
    (classes,), (sounding,) = made.scene.classes.tolist(), made.scene.sounding.tolist()
    assert {NAMES[kind] for kind, on in zip(classes, sounding, strict=True) if on} == heard
    assert made.on[:, :-1].any(1).float().mean() > 0.5  # heard most of the time, and in view
    assert not made.on[:, -1].any()
