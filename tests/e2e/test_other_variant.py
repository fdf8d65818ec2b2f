"""A variant that the page does not list, by its Hub id; and examples that bring their own."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from avsl.checkpoint import save_folder
from avsl.ui.world_examples import TRAINED
from avsl.variants.folders import shipped_folders
from tests.e2e.conftest import App, started
from tests.e2e.test_localize import PLAYED, run, upload, wait_for_result
from tests.variants.making import tiny_two_stream

pytest_plugins = ["tests.hub_endpoint"]

HUB_ID = "someone/tiny"
LONG_MS = 60_000


@pytest.fixture
def hub(hub_endpoint, tmp_path):
    save_folder(tiny_two_stream(), tmp_path / "tiny")
    for file in (tmp_path / "tiny").iterdir():
        large = file.suffix == ".safetensors"
        hub_endpoint.add(HUB_ID, file.name, file.read_bytes(), large=large, bytes_per_s=400_000)
    return hub_endpoint


@pytest.fixture
def app(hub, tmp_path) -> Iterator[App]:
    """Instead of the app that all other tests share: one with an empty cache and this Hub."""
    with started(tmp_path, hub.environment(tmp_path)) as app:
        yield app


def load(page: Page, name: str) -> None:
    page.fill("#other-name textarea, #other-name input", name)
    page.click("#load")


def chosen(page: Page):
    return page.locator("#variant input:checked")


def test_a_hub_id_is_typed_loaded_chosen_and_run(open_page, clips, hub, app):
    page = open_page()
    page.locator("#other-variant").get_by_text("Another variant").click()
    load(page, "someone/else")
    problem = page.locator("#status [role=alert]")
    expect(problem).to_contain_text("no such repository", timeout=LONG_MS)
    expect(chosen(page)).to_have_value("sync")

    load(page, HUB_ID)
    expect(page.locator("#status")).to_contain_text("downloading", timeout=LONG_MS)
    expect(chosen(page)).to_have_value(HUB_ID, timeout=LONG_MS)
    assert problem.count() == 0
    expect(page.locator("#variant-card")).to_contain_text("two small networks")
    page.locator("#variant input[value=sync]").check()
    expect(page.locator("#variant-card")).not_to_contain_text("two small networks")
    page.locator("#variant").get_by_label(HUB_ID).check()
    expect(page.locator("#variant-card")).to_contain_text("two small networks")

    upload(page, clips["bell"])
    expect(chosen(page)).to_have_value(HUB_ID)
    run(page)
    wait_for_result(page)
    assert page.eval_on_selector("#overlay video", PLAYED)["frames"] > 10
    assert "Two streams" in page.inner_text("#provenance")
    assert open_page().locator("#variant").get_by_label(HUB_ID).count() == 0  # of the others
    assert "Traceback" not in app.log.read_text()


def test_a_film_of_the_world_brings_its_variant_and_an_upload_goes_back(open_page, clips):
    page = open_page()
    page.click("#example-world-turns")
    wait_for_result(page)
    expect(chosen(page)).to_have_value(TRAINED if TRAINED in shipped_folders() else "sync")
    page.click('#video [aria-label="Clear"]')
    page.wait_for_selector("#video input[type=file]", state="attached")
    upload(page, clips["bell"])
    expect(chosen(page)).to_have_value("sync")
