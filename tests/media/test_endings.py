"""What is taken of a folder, and what is said of the rest."""

from pathlib import Path

import pytest

from avsl.media.endings import PICTURES, SOUNDS, VIDEOS, left_out, taken

FOLDER = Path("/__MACOSX/clips")  # what lies above is nobody's business


def files(*names: str) -> list[Path]:
    return [FOLDER / name for name in names]


def test_nothing_is_said_where_all_is_taken():
    assert left_out(files("a.mp4", "b.MPG"), FOLDER) == ""


def test_the_most_frequent_kinds_are_named_first_and_many_are_counted():
    others = files("a.mp4", "b.TXT", "c.txt", "readme", *(f"x.{n:02d}" for n in range(12)))
    told = left_out(others, FOLDER)
    kinds = told.removesuffix(".").split(": ")[1].split(", ")
    assert kinds[:2] == ["2 .txt", "1 .00"]
    assert len(kinds) == 11 and kinds[-1] == "4 other kinds"


@pytest.mark.parametrize(
    "name", ["._a.mp4", "b/._a.mp4", "__MACOSX/a.mp4", "b/@eaDir/a.mp4", ".DS_Store", "Thumbs.db"]
)
def test_what_a_system_put_there_is_left_out_and_counted(name):
    some = files("a.mp4", name)
    assert taken(some, FOLDER) == some[:1]
    assert "1 files of the system" in left_out(some, FOLDER)


def test_an_ending_has_one_meaning():
    endings = (*VIDEOS, *PICTURES, *SOUNDS)
    assert len(set(endings)) == len(endings)
