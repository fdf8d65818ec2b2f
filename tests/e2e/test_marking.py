"""Marking the truth of one's own clip, and every variant judged by it."""

import json

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from avsl.ui.studio.marking import copy
from tests.e2e.test_studio import upload, visit, wait_for_result


def compared(open_page, clip, **options) -> Page:
    """The Compare tab with a finished comparison, its marking open."""
    page = open_page(**options)
    visit(page, "compare")
    upload(page, "compare", clip)
    page.click("#compare-run")
    wait_for_result(page, "compare")
    page.click(f"#compare-marking button:has-text('{copy.TITLE}')")
    page.wait_for_selector("#compare-stage img")
    page.wait_for_timeout(300)
    return page


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Over the frame, in fractions of it."""
    page.locator("#compare-stage canvas").scroll_into_view_if_needed()
    area = page.locator("#compare-stage canvas").bounding_box()
    (x0, y0), (x1, y1) = (
        (area["x"] + x * area["width"], area["y"] + y * area["height"]) for x, y in (start, end)
    )
    page.mouse.move(x0, y0)
    page.mouse.down()
    page.mouse.move((x0 + x1) / 2, (y0 + y1) / 2)
    page.mouse.move(x1, y1)
    page.mouse.up()


def scores(page: Page) -> dict[str, list[str]]:
    """The table: the row of each variant."""
    rows = page.locator("#compare-marked tbody tr").all()
    return {row.locator("th").inner_text(): row.locator("td").all_inner_texts() for row in rows}


def said(page: Page):
    return page.locator("#compare-stage [role=status]")


def test_a_box_and_a_brush_judge_every_variant(open_page, clips):
    page = compared(open_page, clips["turns"])
    expect(page.locator("#compare-marked")).to_contain_text(copy.UNMARKED)
    drag(page, (0.05, 0.1), (0.45, 0.9))
    expect(page.locator("#compare-marked")).to_contain_text("1 moment is marked")
    left = scores(page)
    assert set(left) == {"sync", "acl-tiny"}
    page.click("#compare-stage [data-part=clear]")
    expect(page.locator("#compare-marked")).to_contain_text(copy.UNMARKED)
    page.check("#compare-stage input[value=brush]")
    drag(page, (0.6, 0.5), (0.9, 0.5))
    expect(said(page)).to_contain_text("1 strokes")
    expect(page.locator("#compare-marked tbody tr")).to_have_count(2)
    assert scores(page) != left
    page.click("#compare-stage [data-part=undo]")  # back to nothing
    expect(page.locator("#compare-marked")).to_contain_text(copy.UNMARKED)
    page.click("#compare-stage [data-part=undo]")  # back to the box
    expect(page.locator("#compare-marked tbody tr")).to_have_count(2)
    assert scores(page) == left


def test_marks_stay_with_their_moment_and_go_home(open_page, clips):
    page = compared(open_page, clips["bell"])
    drag(page, (0.2, 0.2), (0.6, 0.7))
    expect(page.locator("#compare-marked")).to_contain_text("1 moment is")
    first = page.get_attribute("#compare-stage .avsl-marking", "data-index")
    field = page.locator("#compare-moment input[type=number], #compare-moment input").first
    field.fill("0.5")
    field.press("Enter")
    expect(said(page)).to_contain_text("not marked")
    assert page.get_attribute("#compare-stage .avsl-marking", "data-index") != first
    page.click("#compare-stage [data-part=nothing]")
    expect(page.locator("#compare-marked")).to_contain_text("2 moments are")
    assert all(row[-1] in {"0.00", "1.00"} for row in scores(page).values())  # Left dark
    page.click("#compare-prepare")
    with page.expect_download() as saving:
        page.locator("#compare-files a[download$='.json']").click(timeout=90_000)
    with open(saving.value.path()) as file:
        moments = json.load(file)["moments"]
    assert [len(each["boxes"]) for each in moments] == [0, 1]
    assert moments[1]["boxes"][0] == pytest.approx([0.2, 0.2, 0.6, 0.7], abs=0.01)


def test_a_mask_or_boxes_from_a_file(open_page, clips, tmp_path):
    page = compared(open_page, clips["turns"])
    Image.new("L", (64, 36), 255).save(tmp_path / "all.png")
    page.set_input_files("#compare-truth-file input[type=file]", str(tmp_path / "all.png"))
    expect(page.locator("#compare-taken")).to_contain_text("64x36")
    expect(said(page)).to_contain_text("mask of the file")
    expect(page.locator("#compare-marked")).to_contain_text("1 moment is")
    whole = scores(page)
    page.click("#compare-truth-file button[aria-label*='lear' i]")
    (tmp_path / "boxes.json").write_text("[[0.5, 0.1, 0.95, 0.9]]")
    page.set_input_files("#compare-truth-file input[type=file]", str(tmp_path / "boxes.json"))
    expect(said(page)).to_contain_text("1 boxes")
    expect(page.locator("#compare-marked tbody tr")).to_have_count(2)
    assert scores(page) != whole
    page.click("#compare-truth-file button[aria-label*='lear' i]")
    (tmp_path / "boxes.json").write_text('{"no": "boxes"}')
    page.set_input_files("#compare-truth-file input[type=file]", str(tmp_path / "boxes.json"))
    expect(page.locator("#compare-taken")).to_contain_text("no list of boxes")


def test_a_box_without_a_mouse(open_page, clips):
    page = compared(open_page, clips["turns"])
    page.locator("#compare-stage summary").press("Enter")
    fields = page.locator("#compare-stage input[type=number]").all()
    for field, value in zip(fields, (10, 10, 5, 90), strict=True):
        field.fill(str(value))
    page.locator("#compare-stage [data-part=add]").press("Enter")
    expect(said(page)).to_contain_text("left before right")
    page.locator("#compare-stage input[type=number]").nth(2).fill("60")
    page.locator("#compare-stage [data-part=add]").press("Enter")
    expect(said(page)).to_contain_text("1 boxes")
    expect(page.locator("#compare-marked tbody tr")).to_have_count(2)
