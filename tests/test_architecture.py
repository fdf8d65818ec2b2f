"""The dependency directions hold: train -> avsl, app -> avsl.ui -> avsl, models know no files."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CLI = ROOT / "avsl" / "cli.py"


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
    if "ui" not in path.relative_to(ROOT / "avsl").parts and path != CLI:
        assert not reaches(path, "gradio", "avsl.ui")


def test_the_command_line_reaches_the_app_only_to_measure_it():
    """live-bench is a thin shell on the app; every other command has to go without gradio."""
    bench = "avsl.ui.live.bench"
    assert reaches(CLI, "gradio", "avsl.ui") <= {bench, f"{bench}.measure", f"{bench}.table"}
    at_once = [node for node in ast.parse(CLI.read_text()).body if isinstance(node, ast.ImportFrom)]
    assert not [node.module for node in at_once if node.module.startswith("avsl.ui")]


@pytest.mark.parametrize("folder", ["avsl/synchrony", "avsl/models", "avsl/metrics"])
def test_algorithms_know_no_files_and_no_clips(folder):
    for path in files(folder):
        assert not reaches(path, "avsl.media", "avsl.clip", "avsl.variants", "pathlib", "os"), path


def test_files_stay_readable():
    lengths = {path.name: len(path.read_text().splitlines()) for path in files("avsl")}
    assert not {name: length for name, length in lengths.items() if length > 400}


def test_the_library_never_prints_or_exits():
    shells = {"cli.py", "cli_batch.py", "cli_studio.py", "__main__.py"}
    for path in files("avsl"):
        calls = {
            node.func.id
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        assert path.name in shells or not calls & {"print", "exit", "quit"}, path
