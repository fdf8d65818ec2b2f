"""What is said of files that are not taken."""

from pathlib import Path

from avsl.media.endings import left_out


def files(*names: str) -> list[Path]:
    return [Path(name) for name in names]


def test_nothing_is_said_where_all_is_taken():
    assert left_out(files("a.mp4", "b.MPG")) == ""


def test_the_most_frequent_kinds_are_named_first_and_many_are_counted():
    told = left_out(files("a.mp4", "b.TXT", "c.txt", "readme", *(f"x.{n:02d}" for n in range(12))))
    kinds = told.removesuffix(".").split(": ")[1].split(", ")
    assert kinds[:2] == ["2 .txt", "1 .00"]
    assert len(kinds) == 11 and kinds[-1] == "4 other kinds"
