"""The notebook does what it says."""

import json
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_the_notebook_runs_from_top_to_bottom(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    cells = json.loads((ROOT / "train/studio.ipynb").read_text())["cells"]
    known: dict = {}
    for cell in cells:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == [], "outputs are not kept in the repository"
            exec("".join(cell["source"]), known)
    said = capsys.readouterr().out
    assert "acl-tiny     cIoU" in said
    assert "istens" in said
