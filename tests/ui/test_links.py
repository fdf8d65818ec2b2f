"""Links that bring an example back, and what strangers may not do with them."""

from dataclasses import replace
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qs, parse_qsl

import pytest

from avsl.media import output_rate_hz, write_video
from avsl.overlay import Style
from avsl.ui import copy, gallery, handlers, links
from avsl.ui.choosing import ALLOWED, HOSTED
from avsl.ui.gallery import Offer, offers
from avsl.ui.jobs import Line, Workspace
from avsl.ui.page import VIDEO, Page
from avsl.ui.shelf import Shelf
from avsl.variants import State
from tests.support import CornerVariant, tone_clip

HERE = SimpleNamespace(host="127.0.0.1")
HUB_ID = "someone/tiny"


@pytest.fixture(autouse=True)
def private(monkeypatch):
    monkeypatch.delenv(HOSTED, raising=False)
    monkeypatch.delenv(ALLOWED, raising=False)


def make_film(folder: Path) -> Path:
    path = folder / "film.mp4"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        clip = tone_clip(2.0, 160, 120)
        write_video(path, (frame for _, frame in clip.stream()), output_rate_hz(clip), clip)
    return path


@pytest.fixture
def corner(monkeypatch) -> CornerVariant:
    """The only variant there is."""
    variant = CornerVariant()
    monkeypatch.setattr(handlers.variants, "cards", lambda: [variant.card])
    return variant


@pytest.fixture
def page(tmp_path, corner, monkeypatch) -> Page:
    """With one example, called film."""
    for module in (gallery, links):
        monkeypatch.setattr(module, "offers", lambda: [Offer("film", "A film", make_film)])
    loaded = []

    def load(name, progress):
        loaded.append(name)
        return corner

    page = Page(Workspace(tmp_path / "work", Line(slots=2), Shelf(load)))
    page.loaded = loaded
    return page


def silent_bar(fraction, desc):
    """Stands in for gradio's progress bar."""


def visit(page: Page, query: str, own: str = "corner") -> list[dict]:
    request = SimpleNamespace(session_hash="a", client=HERE, query_params=dict(parse_qsl(query)))
    return list(page.arrive(own, request, silent_bar))


def final(steps: list[dict]) -> dict:
    """What the page shows in the end."""
    shown: dict = {}
    for step in steps:
        shown |= step
    return shown


def linked(html: str) -> dict[str, str]:
    """The link in a box, by key."""
    query = unescape(html.split('data-query="')[1].split('"')[0])
    return {key: value for key, (value,) in parse_qs(query).items()}


# --- what a link may say ---


def test_a_whole_link_is_read():
    query = "example=bell&variant=sync&look=contour&threshold=0.4&opacity=0.6&utm_source=x"
    link = links.parsed(dict(parse_qsl(query)))
    assert link.complaints == ()
    assert (link.example.name, link.variant) == ("bell", "sync")
    assert link.style == Style("contour", 0.4, 0.6)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("example", "../../etc/passwd"),
        ("example", "<script>alert(1)</script>"),
        ("variant", HUB_ID),
        ("variant", "/tmp"),
        ("variant", "sync@v2"),
        ("look", "smoke"),
        ("threshold", "0"),
        ("threshold", "nan"),
        ("threshold", "1e999"),
        ("threshold", "0.4; rm -rf"),
        ("opacity", "-1"),
        ("opacity", ""),
        ("opacity", "9" * 5000),
    ],
)
def test_hostile_values_are_left_out_with_a_short_sentence(key, value):
    link = links.parsed({"example": "bell", key: value})
    (complaint,) = link.complaints
    assert f"The link's {key} " in complaint
    assert value[:40] in complaint or not value
    assert len(complaint) < 400
    kept = replace(link, complaints=())
    assert kept == (links.Link() if key == "example" else links.Link(example=offers()[0]))


def test_a_threshold_without_an_example_is_told_to_do_nothing():
    link = links.parsed({"threshold": "0.4", "look": "boxes"})
    assert (link.threshold, link.look, link.complaints) == (
        None, "boxes", (copy.LINK_THRESHOLD_ALONE,),
    )  # fmt: skip


def test_a_hub_id_is_taken_only_where_the_host_allows_it(monkeypatch):
    monkeypatch.setenv(ALLOWED, HUB_ID)
    assert links.parsed({"variant": HUB_ID}).variant == HUB_ID
    assert links.parsed({"variant": f"{HUB_ID}@other"}).complaints
    monkeypatch.setenv(HOSTED, "someone/space")
    monkeypatch.delenv(ALLOWED)
    assert links.parsed({"variant": HUB_ID}).variant is None


# --- what the page does with it ---


def test_a_link_runs_its_example_in_its_style(page):
    steps = visit(page, "example=film&variant=corner&look=contour&threshold=0.95&opacity=0.9")
    end = final(steps)
    assert (end["look"], end["opacity"], end["threshold"]["value"]) == ("contour", 0.9, 0.95)
    assert end["variant"]["value"] == "corner" and "own" not in end
    assert Path(end["clip"]).name == "film.mp4"
    assert page.workspace.find(end["result"]).style == Style("contour", 0.95, 0.9)
    assert "no region" in end["words"]  # its maps reach 0.9
    assert end["link_note"]["visible"] is False
    assert end["run"]["interactive"] is True and end["status"]["visible"] is False


def test_a_plain_visit_changes_nothing(page):
    for query in ("", "utm_source=x&__theme=dark"):
        (step,) = visit(page, query)
        assert step == {"link_note": {"__type__": "update", "value": "", "visible": False}}


def test_a_hostile_link_gives_a_sentence_and_a_usable_page(page):
    end = final(visit(page, "example=%3Cimg%20src=x%3E&variant=evil/model&opacity=2"))
    note = end["link_note"]
    assert note["visible"] and note["value"].count("The link") == 3
    assert "<img" not in note["value"]
    assert page.loaded == [] and "result" not in end and "clip" not in end
    assert end["variant"]["value"] == "corner"


def test_what_is_left_out_stays_told_beside_the_result(page):
    end = final(visit(page, "example=film&variant=evil/model"))
    assert end["result"] and page.loaded == ["corner"]
    assert end["link_note"]["visible"] and "evil/model" in end["link_note"]["value"]
    again = page.run(VIDEO, {"path": end["clip"]}, None, None, None, "corner", "heat", 0.7, False,
                     SimpleNamespace(session_hash="a", client=HERE), silent_bar)  # fmt: skip
    assert next(again)["link_note"]["visible"] is False
    again.close()


def test_a_link_downloads_nothing(page, corner, monkeypatch):
    large = replace(corner.card, name="large", title="Large", state=State.NEEDS_DOWNLOAD)
    monkeypatch.setattr(handlers.variants, "cards", lambda: [corner.card, large])
    end = final(visit(page, "example=film&variant=large"))
    assert page.loaded == []
    assert end["variant"]["value"] == "large" and end["clip"] and end["result"] is None
    assert "has to be downloaded" in end["link_note"]["value"]
    assert end["run"]["interactive"] is True and end["status"]["visible"] is False
    assert end["empty"]["visible"] is True


def test_settings_alone_are_restored_without_a_run(page):
    end = final(visit(page, "look=spotlight&variant=corner"))
    assert (end["look"], end["own"]) == ("spotlight", "corner")
    assert "result" not in end and page.loaded == []


# --- the link that is shown ---


def test_the_link_under_a_result_brings_it_back(page):
    end = final(visit(page, "example=film&look=boxes"))
    values = {"example": "film", "variant": "corner", "look": "boxes", "threshold": "0.5",
              "opacity": f"{Style.opacity:g}"}  # fmt: skip
    assert linked(end["link"]) == values
    after = page.inspect(end["result"], 0.5, "contour", 0.3, 1.0, False)
    assert linked(after["link"]) == values | {
        "look": "contour", "threshold": "0.3", "opacity": "1",
    }  # fmt: skip
    restored = links.parsed(linked(after["link"]))
    assert (restored.complaints, restored.style) == ((), Style("contour", 0.3, 1.0))


def test_there_is_none_to_ones_own_clip_even_if_it_is_called_as_an_example(page, tmp_path):
    page.gallery.clip(gallery.offers()[0])
    path = tmp_path / "film.mp4"
    clip = tone_clip(1.0, 160, 120)
    write_video(path, (frame for _, frame in clip.stream()), output_rate_hz(clip), clip)
    request = SimpleNamespace(session_hash="a", client=HERE)
    files = {"path": str(path)}, None, None, None
    run = page.run(VIDEO, *files, "corner", "heat", 0.7, False, request, silent_bar)
    assert final(run)["link"] == ""


def test_there_is_none_to_a_variant_that_links_may_not_name(page, corner):
    end = final(visit(page, "example=film"))
    result = page.workspace.find(end["result"])
    offer, style = gallery.offers()[0], Style()
    assert links.query_of(result, offer, style)
    for made in ({"variant": HUB_ID}, {"loaded_as": "/home/me/corner"}):
        made = replace(result.localization.provenance, **made)
        result.localization = replace(result.localization, provenance=made)
        assert links.query_of(result, offer, style) == ""
