"""The Benchmark tab, driven in a real browser as a person would."""

import base64
import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from avsl.benchmark import CaseScore, Curve, Results, Row
from avsl.metrics.score import Score
from avsl.ui import copy
from avsl.ui.benchmark.tab import RESULTS

HOSTILE = "<img src=x onerror=window.hurt=1>${window.hurt=1}{{window}}`"


def score(value: float, low: float, high: float, found: int, metric: str = "cIoU") -> Score:
    return Score("sweep", metric, value, low, high, found, 5158, 0.35, "validation")


@pytest.fixture(scope="module")
def mine(tmp_path_factory) -> Path:
    """A results file of somebody else: no pictures, an undefined value, names that bite."""
    rows = [
        Row("one", "centre", score(9.5, 8, 11, 5158)),
        Row("one", "sync", score(63.2, 60, 66, 5158)),
        Row("one", "none", score(float("nan"), float("nan"), float("nan"), 2)),
        Row("one", "whole", score(10.0, 9, 12, 5158)),
        Row("one", "centre", score(31.0, 30, 32, 5158, "AUC")),
        Row("one", "sync", score(30.0, 29, 31, 5158, "AUC")),
        Row("two", HOSTILE, score(44.4, 40, 48, 2)),
    ]
    curve = Curve("one", "sync", "sweep", "overlap", "passed", [0.0, 0.5, 1.0], [1.0, 0.6, 0.0])
    cases = [CaseScore("two", HOSTILE, HOSTILE, "bell", 0.7, "ciou", "../../secret.jpg")]
    path = tmp_path_factory.mktemp("mine") / "mine.json"
    Results({"when": "a rainy day"}, {"one": "Set one."}, rows, [curve], cases).save(path)
    return path


def visit(page: Page) -> None:
    tab = page.get_by_role("tab", name=copy.TAB_BENCHMARK, exact=True)
    if not tab.is_visible():  # on a phone the last tabs are in a menu
        page.get_by_label("More tabs").first.click()
        tab = page.locator(".overflow-dropdown button", has_text=copy.TAB_BENCHMARK)
    tab.click()
    expect(page.locator("#benchmark-shown p")).not_to_be_empty()


def choose(page: Page, what: str, name: str) -> None:
    page.click(f"#benchmark-{what} input")
    page.get_by_role("option", name=name, exact=True).click()


def bring(page: Page, path: Path) -> None:
    with page.expect_file_chooser() as choosing:
        page.click("#benchmark-open")
    choosing.value.set_files(str(path))


def order(page: Page) -> list[str]:
    return page.locator("#benchmark-table tbody th").all_inner_texts()


def header(page: Page, name: str):
    return page.locator("#benchmark-table thead button", has_text=re.compile(f"^{name}$"))


def test_somebodys_results_sorted_pointed_at_and_pressed(open_page, mine, tmp_path, app):
    page = open_page(reduced_motion="reduce")
    visit(page)
    bring(page, mine)
    expect(page.locator("#benchmark-shown")).to_contain_text("mine.json")
    expect(page.locator("#benchmark-shown")).to_contain_text(copy.NO_PICTURES)
    sorts_by_number_whatever_the_direction(page)
    figures_tell_what_they_rest_on(page)
    names_that_bite_stay_words(page)
    rubbish_is_refused_in_a_sentence(page, tmp_path)
    assert "Traceback" not in app.log.read_text()


def sorts_by_number_whatever_the_direction(page: Page) -> None:
    assert order(page) == ["sync", "whole", "centre", "none"]
    header(page, "cIoU").focus()
    page.keyboard.press("Enter")
    assert order(page) == ["centre", "whole", "sync", "none"]  # 9.5, 10.0, 63.2, and n/a last
    expect(page.locator("#benchmark-table th[aria-sort=ascending]")).to_have_text("cIoU")
    header(page, "AUC").click()
    assert order(page)[:2] == ["centre", "sync"]
    header(page, copy.VARIANT_COLUMN).click()
    assert order(page) == ["centre", "none", "sync", "whole"]
    choose(page, "metric", "AUC")
    expect(page.locator("#benchmark-table th[aria-sort=descending]")).to_have_text("AUC")
    assert order(page)[:2] == ["centre", "sync"]
    choose(page, "metric", "cIoU")
    expect(page.locator("#benchmark-table th[aria-sort=descending]")).to_have_text("cIoU")


def figures_tell_what_they_rest_on(page: Page) -> None:
    best = page.locator("#benchmark-table tbody tr").first.locator("td button").first
    expect(best).to_contain_text("63.2 % best")
    expect(best).to_contain_text("60.0 to 66.0")
    expect(best).to_contain_text("5,158 found of 5,158 expected")
    assert "Threshold 0.35; rule: validation" in best.get_attribute("title")
    bars = page.locator("#benchmark-plots .bar")
    assert bars.count() == 4
    assert copy.UNDEFINED in bars.last.inner_html()
    point = page.locator("#benchmark-plots circle").nth(1)
    point.hover()
    assert point.locator("title").text_content() == "sync: passed 0.6 at overlap 0.5"
    page.locator("#benchmark-table tr", has_text="whole").locator("td button").first.click()
    expect(page.locator("#benchmark-cases h2")).to_have_text(copy.cases_of("whole", "one"))
    expect(page.locator("#benchmark-cases h2")).to_be_focused()
    bars.first.click()
    expect(page.locator("#benchmark-cases h2")).to_have_text(copy.cases_of("sync", "one"))


def names_that_bite_stay_words(page: Page) -> None:
    choose(page, "set", "two")
    expect(page.locator("#benchmark-table tbody th")).to_have_text([HOSTILE])
    expect(page.locator("#benchmark-table")).to_contain_text("2 found of 5,158 expected")
    expect(page.locator("#benchmark-cases .missing")).to_have_text([copy.NO_PICTURE_OF_CASE])
    choose(page, "set", copy.ALL_SETS)
    expect(page.locator("#benchmark-table thead th")).to_have_count(3)
    assert page.evaluate("window.hurt") is None
    assert page.locator("#benchmark img").count() == 0


def rubbish_is_refused_in_a_sentence(page: Page, folder: Path) -> None:
    rubbish = folder / "notes.json"
    rubbish.write_text("Milk, bread, a new drum.")
    bring(page, rubbish)
    problem = page.locator("#benchmark-problem [role=alert]")
    expect(problem).to_contain_text('"notes.json" is not a results file')
    expect(page.locator("#benchmark-shown")).to_contain_text("mine.json")
    page.click("#benchmark-close")
    expect(page.locator("#benchmark-shown")).not_to_contain_text("mine.json")
    expect(problem).to_have_count(0)


def test_the_shipped_results_their_cases_and_their_files(open_page):
    page = open_page(color_scheme="dark")
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_timeout(500)  # until the last tabs are in their menu
    visit(page)
    expect(page.locator("#benchmark-table tbody th").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    shipped = json.loads((RESULTS / "results.json").read_text())
    for name in [*dict.fromkeys(row["set"] for row in shipped["rows"]), copy.ALL_SETS]:
        choose(page, "set", name)
        expect(page.locator("#benchmark-table caption")).to_contain_text(name)
    case = shipped["cases"][0]
    choose(page, "set", case["set"])
    expect(page.locator("#benchmark-table caption")).to_contain_text(case["set"])
    expect(page.locator("#benchmark-cases h2")).to_contain_text(case["set"])
    name = page.get_by_role("rowheader", name=case["variant"], exact=True)
    page.locator("#benchmark-table tr", has=name).locator("td button").first.click()
    expect(page.locator("#benchmark-cases h2")).to_have_text(
        copy.cases_of(case["variant"], case["set"])
    )
    opened = page.locator("#benchmark-cases .case button").first
    expect(opened.locator("img")).to_have_js_property("complete", True)
    assert opened.locator("img").evaluate("(image) => image.naturalWidth") > 100
    opened.click()
    expect(opened).to_have_attribute("aria-expanded", "true")
    link = page.get_by_role("link", name=copy.DOWNLOAD_JSON)
    data = link.get_attribute("href").split(",", 1)[1]
    assert json.loads(base64.b64decode(data))["rows"] == shipped["rows"]
    with page.expect_download() as saving:
        page.get_by_role("link", name=copy.DOWNLOAD_CSV).click()
    assert len(saving.value.path().read_text().splitlines()) == 1 + len(shipped["rows"])
