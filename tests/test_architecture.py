"""The dependency directions hold: train -> avsl, app -> avsl.ui -> avsl, models know no files."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def files(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def reaches(path: Path, *packages: str) -> set[str]:
    return {
        name
        for name in imports(path)
        if any(name == package or name.startswith(package + ".") for package in packages)
    }


@pytest.mark.parametrize("path", files("avsl"), ids=lambda path: str(path.relative_to(ROOT)))
def test_the_library_needs_neither_the_app_nor_training(path):
    assert not reaches(path, "train", "app", "tests")
    if "ui" not in path.relative_to(ROOT / "avsl").parts:
        assert not reaches(path, "gradio", "avsl.ui")


@pytest.mark.parametrize("folder", ["avsl/synchrony", "avsl/models", "avsl/metrics"])
def test_algorithms_know_no_files_and_no_clips(folder):
    for path in files(folder):
        assert not reaches(path, "avsl.media", "avsl.clip", "avsl.variants", "pathlib", "os"), path


def test_files_stay_readable():
    lengths = {path.name: len(path.read_text().splitlines()) for path in files("avsl")}
    assert not {name: length for name, length in lengths.items() if length > 400}


def test_the_library_never_prints_or_exits():
    shells = {"cli.py", "__main__.py"}
    for path in files("avsl"):
        calls = {
            node.func.id
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        assert path.name in shells or not calls & {"print", "exit", "quit"}, path
