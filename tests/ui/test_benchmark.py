"""The Benchmark tab without a browser: which figures it shows, how, and what it refuses."""

import json
import math
import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from avsl.benchmark import CaseScore, Cost, Curve, Results, Row
from avsl.benchmark_words import metric_words, protocol_words
from avsl.errors import AvslError
from avsl.metrics.score import Score
from avsl.synthetic.world import VERSION
from avsl.ui import copy
from avsl.ui.benchmark import charts, views
from avsl.ui.benchmark.figures import ALL, chosen, columns, leading, metrics, sets, table_csv
from avsl.ui.benchmark.source import MAX_BYTES, Source, brought, shipped
from avsl.ui.benchmark.tab import RESULTS, Benchmark

HOSTILE = "<img src=x onerror=alert(1)>\"'`${alert(2)}{{3}}</svg><script>alert(4)</script>"
NAN = math.nan


def score(value: float, metric="cIoU", protocol="sweep", rule="validation", found=400, **more):
    return Score(protocol, metric, value, value - 2, value + 2, found, 400, 0.35, rule, **more)


def results(*rows: Row, **more) -> Results:
    return Results({"when": "today"}, {"world/single": "Scenes."}, list(rows), **more)


@pytest.fixture
def some() -> Results:
    return results(
        Row("world/single", "whole", score(NAN)),
        Row("world/single", "centre", score(9.5)),
        Row("world/single", "sync", score(63.25, found=2)),
        Row("world/single", "saliency", score(10.0)),
        Row("world/single", "sync", score(51.0, "AUC")),
        Row("world/extended", "sync", score(70.0, "AP", "extended")),
        Row("vggss", "sync", score(31.0)),
        curves=[Curve("world/single", "sync", "sweep", "overlap", "passed", [0, 1], [1, 0.25])],
        cases=[
            CaseScore("world/single", "sync", f"scene {index}", "bell", value, "ciou", "")
            for index, value in enumerate((0.1, 0.9, 0.0, 0.8))
        ],
        costs=[Cost("world/single", "sync", 400, 20.0, 512.0)],
    )


def table(found: Results, *wish: str | None) -> str:
    choice = chosen(found, *wish)
    return views.table(columns(found, choice), choice)


def rows(html: str) -> list[str]:
    return re.findall(r'<th scope="row">(.*?)</th>', html)


def page(tmp_path: Path, found: Results | None) -> Benchmark:
    if found:
        found.save(tmp_path / "results.json")
    return Benchmark(tmp_path)


def test_the_best_comes_first_by_number_and_the_undefined_last(some):
    html = table(some, "world/single", "sweep", "cIoU")
    assert rows(html) == ["sync", "saliency", "centre", "whole"]  # 10.0 before 9.5
    assert html.count(f">{copy.BEST}<") == 1
    assert html.index(f">{copy.BEST}<") < html.index("saliency")
    assert "n/a" in html.split(">whole<")[1]
    assert "nan" not in html


def test_where_less_is_better_the_least_comes_first_and_is_the_best():
    found = results(
        *(Row("quiet", name, score(value, "pIA")) for name, value in (("a", 40.0), ("b", 3.0)))
    )
    html = table(found, "quiet", None, None)
    assert rows(html) == ["b", "a"]
    assert html.index(f">{copy.BEST}<") < html.index(">a<")
    assert 'aria-sort="ascending"' in html


def test_no_figure_stands_without_its_interval_and_its_count(some):
    for wish in (("world/single", "sweep", "cIoU"), (ALL, "sweep", "cIoU")):
        html = table(some, *wish)
        cells = re.findall(r"<td.*?</td>", html)
        figures = [cell for cell in cells if copy.NOT_RUN not in cell]
        assert figures
        assert all(re.search(r"<small.*>\d+ found of 400 expected<", cell) for cell in figures)
    assert "<b>63.2</b> %" in html
    assert "61.2 to 65.2" in html
    assert "2 found of 400 expected" in html


def test_a_figure_tells_its_protocol_threshold_and_rule_on_hover(some):
    tips = re.findall(r'title="(sync on .*?)"', table(some, "world/single", "sweep", "cIoU"))
    assert protocol_words("sweep").partition(";")[0] in tips[0]
    assert "Threshold 0.35; rule: validation." in tips[0]
    assert "2 found of 400 expected" in tips[0]


def test_all_sets_are_columns_and_what_was_not_run_says_so():
    found = results(
        Row("one", "a", score(1.0)), Row("two", "a", score(2.0)), Row("two", "b", score(3.0))
    )
    choice = chosen(found, ALL, "sweep", "cIoU")
    assert [column.set for column in columns(found, choice)] == ["one", "two"]
    html = table(found, ALL, "sweep", "cIoU")
    assert rows(html) == ["a", "b"]
    assert html.count(f"<span>{copy.NOT_RUN}</span>") == 1


def test_two_rules_of_one_metric_never_share_a_column():
    upstream = score(66.0, rule="test sweep (upstream)")
    found = results(Row("one", "a", score(60.0)), Row("one", "a", upstream))
    assert metrics(found, "one", "sweep") == ["cIoU, validation", "cIoU, test sweep (upstream)"]
    assert "60.0" in table(found, "one", "sweep", "cIoU, validation")
    assert "66.0" in table(found, "one", "sweep", "cIoU, validation")


def test_two_thresholds_of_one_rule_never_share_a_column():
    fixed = [replace(score(each), rule="fixed", threshold=each / 100) for each in (30.0, 50.0)]
    found = results(*(Row("one", "a", each) for each in fixed))
    assert metrics(found, "one", "sweep") == ["cIoU, fixed 0.3", "cIoU, fixed 0.5"]


def test_the_curves_of_a_rule_stand_with_its_figures():
    found = results(
        Row("one", "a", score(60.0)),
        Row("one", "a", score(66.0, rule="upstream")),
        curves=[
            Curve("one", "a", rule, "overlap", "success", [0, 1], [1, 0])
            for rule in ("validation", "upstream", "median")
        ],
    )
    choice = chosen(found, "one", "sweep", "cIoU, upstream")
    html = charts.plots(found, columns(found, choice), choice)
    assert copy.curve_title("success", "overlap", "one", "upstream") in html
    assert html.count("<circle") == 2


@pytest.mark.parametrize(
    ("metric", "words"),
    [
        ("cIoU, validation", "at least one half"),
        ("CIoU@0.3", "at least 0.3"),
        ("CIoU", "averaged"),
        ("IIoU Adaptive", "every one of the sources"),
        ("TN%", "nothing marked"),
        ("something new", ""),
    ],
)
def test_metrics_are_told_apart_as_the_papers_spell_them(metric, words):
    assert words in metric_words(metric)
    assert words or not metric_words(metric)


def test_a_choice_that_the_results_lack_becomes_one_they_have(some):
    assert sets(some) == ["world/single", "world/extended", "vggss"]
    choice = chosen(some, "world/extended", "sweep", "cIoU")
    assert (choice.protocol, choice.metric) == ("extended", "AP")
    assert chosen(some, "gone", None, None).set == "world/single"


def test_a_late_answer_does_not_take_back_a_newer_choice(some, tmp_path):
    own = page(tmp_path, some)
    same = own.show(None, "world/single", "sweep", "AUC")
    assert not [name for name in ("set", "protocol", "metric") if "value" in same[name]]
    moved = own.show(None, "world/extended", "sweep", "AUC")
    assert (moved["protocol"]["value"], moved["metric"]["value"]) == ("extended", "AP")


def test_bars_and_curves_carry_names_values_and_tooltips(some):
    choice = chosen(some, "world/single", "sweep", "cIoU")
    html = charts.plots(some, columns(some, choice), choice)
    assert html.count('role="img"') == html.count("<desc>") == 2
    assert "sync 63.2 % (61.2 to 65.2)" in html
    assert "<title>sync: passed 0.25 at overlap 1</title>" in html
    widths = [float(width) for width in re.findall(r'"fill" x="0" y="\d+" width="([\d.]+)"', html)]
    assert widths == pytest.approx([253, 40, 38, 0], abs=0.1)  # percent of 400
    assert copy.NO_CURVES not in html


@pytest.mark.parametrize("wild", [NAN, math.inf, -math.inf, -5.0, 1e300])
def test_no_number_breaks_a_drawing(wild):
    found = results(
        Row("one", "a", score(wild)),
        Row("one", "b", score(wild, unit="m")),
        curves=[
            Curve("one", "a", "sweep", "x", "y", [0.0, wild], [wild, 1.0]),
            Curve("one", "b", "sweep", "x", "z", [], []),
        ],
    )
    choice = chosen(found, None, None, None)
    html = charts.plots(found, columns(found, choice), choice) + table(found, None, None, None)
    drawn = re.findall(r' (?:x|y|x1|width|height|cx|cy|d|viewBox)="(.*?)"', html)
    assert not [each for each in drawn if "nan" in each or "inf" in each]


def test_the_undefined_has_no_bar_and_no_interval():
    found = results(Row("one", "a", score(NAN)), Row("one", "b", score(5.0)))
    choice = chosen(found, None, None, None)
    assert charts.plots(found, columns(found, choice), choice).count('class="range"') == 1


def test_cases_best_first_worst_first_and_honest_without_pictures(some):
    html = views.cases(Source(some, "x.json"), "world/single", "sync", [])
    best, worst = html.split(copy.WORST_CASES)
    assert re.findall(r"scene \d", best) == ["scene 1", "scene 3"]
    assert re.findall(r"scene \d", worst) == ["scene 2", "scene 0"]
    assert html.count(copy.NO_PICTURE_OF_CASE) == 4
    assert copy.NO_CASES in views.cases(Source(some, "x.json"), "vggss", "sync", [])
    assert copy.NO_PICTURES in views.shown(Source(some, "x.json"))


def test_pictures_come_from_beside_the_shipped_results_only(some, tmp_path):
    folder = tmp_path / "results"
    (folder / "cases").mkdir(parents=True)
    (folder / "cases" / "a.jpg").write_bytes(b"picture")
    (tmp_path / "secret.jpg").write_bytes(b"secret")
    own = Source(some, "results.json", folder)
    assert own.picture("cases/a.jpg")
    assert not own.picture("../secret.jpg")
    assert not own.picture(str(tmp_path / "secret.jpg"))
    assert not own.picture("")
    assert not Source(some, "brought.json").picture("cases/a.jpg")


def test_nothing_in_a_file_becomes_markup(tmp_path):
    hostile = Results(
        {HOSTILE: HOSTILE, "when": HOSTILE},
        {HOSTILE: HOSTILE},
        [Row(HOSTILE, HOSTILE, Score(HOSTILE, HOSTILE, 1, 0, 2, 1, 1, 0.5, HOSTILE, HOSTILE))],
        [Curve(HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, [0.0, 1.0], [0.0, 1.0])],
        [CaseScore(HOSTILE, HOSTILE, HOSTILE, HOSTILE, 1.0, HOSTILE, HOSTILE)],
        [Cost(HOSTILE, HOSTILE, 1, 1.0, 1.0)],
    )
    shown = page(tmp_path, hostile).show(None, None, None, None)
    drawn = "".join(value for value in shown.values() if isinstance(value, str))
    assert drawn.count("alert(1)") > 10
    assert "<img" not in drawn
    assert "<script" not in drawn
    assert not re.search(r'<[a-z]+(?: [\w-]+(?:="[^"]*")?)*[^ \w>"=/-]', drawn)  # no broken tag


def test_without_results_the_tab_says_which_command_makes_them(tmp_path):
    shown = page(tmp_path, None).show(None, None, None, None)
    assert copy.BENCHMARK_COMMAND in shown["shown"]
    assert shown["table"] == shown["plots"] == shown["cases"] == ""


def test_a_file_is_shown_instead_until_it_is_closed(some, tmp_path):
    own = page(tmp_path, results(Row("shipped", "sync", score(1.0))))
    some.save(tmp_path / "mine.json")
    opened = own.open({"path": str(tmp_path / "mine.json")})
    assert "mine.json" in opened["shown"]
    assert "63.2" in opened["table"]
    again = own.show(opened["source"], "vggss", None, None)
    assert "31.0" in again["table"]
    closed = own.close()
    assert closed["source"] is None
    assert "1.0" in closed["table"]


def broken(**changes) -> str:
    kept = json.loads(json.dumps({"version": 1, "made": {}, "sets": {}, "rows": []}))
    kept |= {"curves": [], "cases": [], "costs": []}
    row = {"set": "a", "variant": "b", "score": score(1.0).__dict__ | changes}
    return json.dumps(kept | {"rows": [row]})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("notes.json", "milk, bread"),
        ("empty.json", ""),
        ("list.json", "[1, 2]"),
        ("deep.json", "[" * 100_000),
        ("bytes.json", "\udcff"),
        ("later.json", '{"version": 99}'),
        ("string.json", broken(value="high")),
        ("null.json", broken(found=None)),
        ("large.json", broken(value=10**400)),
        ("unknown.json", broken(smell="sweet")),
        ("rowless.json", json.dumps(json.loads(broken()) | {"rows": []})),
        ("number.json", json.dumps(json.loads(broken()) | {"sets": 5})),
        ("made.json", json.dumps(json.loads(broken()) | {"made": {"when": 5}})),
        ("results.csv", broken()),
        ("huge.json", " " * (MAX_BYTES + 1)),
    ],
)
def test_rubbish_gets_a_sentence_that_names_it(some, tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text, errors="surrogateescape")
    with pytest.raises(AvslError, match=re.escape(name)):
        brought(path)
    updates = page(tmp_path, some).open({"path": str(path)})
    assert list(updates) == ["problem"]  # what is on the page stays
    assert name in updates["problem"]["value"]


def test_a_press_shows_the_cases_of_that_figure_only(some, tmp_path):
    own = page(tmp_path, some)
    pressed = SimpleNamespace(_data={"set": "vggss", "variant": "sync"})
    html = own.cases(None, ALL, "sweep", "cIoU", pressed)["cases"]
    assert copy.cases_of("sync", "vggss") in html
    assert "31.0" in html
    assert "63.2" not in html
    for odd in ({}, {"set": ["vggss"], "variant": None}, None):
        assert own.cases(None, ALL, "sweep", "cIoU", SimpleNamespace(_data=odd)) == {}


def test_the_csv_has_every_row(some):
    lines = table_csv(some).splitlines()
    assert len(lines) == 1 + len(some.rows)
    assert lines[3] == "world/single,sync,sweep,cIoU,63.25,61.25,65.25,%,2,400,0.35,validation"


def test_the_shipped_results_are_of_the_world_as_it_is_now():
    told = shipped(RESULTS).results.sets
    assert len(told) >= 10 and all(f"world version {VERSION}:" in about for about in told.values())


def test_the_shipped_results_can_be_shown_and_their_pictures_are_there():
    shown = Benchmark().show(None, None, None, None)
    assert "found of" in shown["table"]
    source = shipped(RESULTS)
    named = {case.picture for case in source.results.cases if case.picture}
    assert named == {
        path.relative_to(RESULTS).as_posix() for path in (RESULTS / "cases").rglob("*.jpg")
    }
    choice = chosen(source.results, ALL, None, None)
    assert leading(columns(source.results, choice), choice).figures
