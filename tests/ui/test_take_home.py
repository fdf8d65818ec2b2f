"""The bundle that a visitor takes home, and the same result made again of it at home."""

import json
import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from avsl.cli import OK, USAGE, main
from avsl.export import DEFAULT_FORMATS
from avsl.manifest import read_manifest
from avsl.media import output_rate_hz, write_video
from avsl.overlay import Style
from avsl.ui.handlers import Api
from avsl.ui.jobs import Workspace
from tests.variants.making import changing_clip

ANNA = SimpleNamespace(session_hash="anna", client=SimpleNamespace(host="127.0.0.1"))


@pytest.fixture
def mine(tmp_path) -> Path:
    """The visitor's own copy of what is uploaded."""
    path = tmp_path / "my film.mp4"
    clip = changing_clip()
    write_video(path, (frame for _, frame in clip.stream()), output_rate_hz(clip), clip)
    return path


@pytest.fixture
def home(mine, tmp_path) -> Path:
    """The unpacked bundle of a run that was redrawn; the app has forgotten its copies."""
    workspace = Workspace(tmp_path / "work")
    api = Api(workspace)
    result = api.localize(str(mine), None, "sync", "heat", None, 0.7, 2.0, request=ANNA)[2]
    api.redraw(result["result"], "contour", 0.4, 0.8, request=ANNA)
    archive = Path(api.bundle(result["result"], request=ANNA))
    assert archive.name == "my film-avsl.zip"
    zipfile.ZipFile(archive).extractall(tmp_path / "home")
    workspace.close("anna")
    return tmp_path / "home"


def test_one_zip_holds_everything_under_tidy_names(home):
    assert {path.name for path in home.iterdir()} == {
        "README.txt", "manifest.json", "overlay.mp4", "share.png", "timeline.png",
        "localization.npz", "masks", "coco.json", "moments.csv", "captions.vtt",
    }  # fmt: skip
    assert np.asarray(Image.open(home / "share.png")).shape[1] == 1200


def test_the_manifest_knows_the_settings_and_not_where_the_server_kept_the_clip(home, mine):
    manifest = read_manifest(home / "manifest.json")
    assert (manifest.clip.name, manifest.clip.path) == (mine.name, None)
    assert manifest.style == Style("contour", 0.4, 0.8)
    assert manifest.formats == DEFAULT_FORMATS
    assert (manifest.variant, manifest.map_rate_hz) == ("sync", 2.0)
    whole = "".join(p.read_text() for p in home.iterdir() if p.suffix in (".json", ".txt"))
    assert str(home.parent / "work") not in whole


def test_the_readme_says_in_two_sentences_how_to_make_it_again(home, mine):
    words = (home / "README.txt").read_text()
    assert mine.name in words and "python -m avsl run --manifest manifest.json" in words
    assert json.loads((home / "manifest.json").read_text())["again"] in words
    assert words.split("\n\n")[0].replace("0.1.0", "").count(".\n") == 1


def test_the_run_is_made_again_with_the_clip_beside_it_or_given(home, mine, tmp_path, capsys):
    again = ["run", "--manifest", str(home / "manifest.json"), "--out", str(tmp_path / "again")]
    capsys.readouterr()
    assert main([*again, "--quiet"]) == USAGE
    assert "CLIP" in capsys.readouterr().err
    assert main([*again, "--quiet", str(mine)]) == OK
    assert "The same maps as in the manifest, bit for bit" in capsys.readouterr().out
    mine.rename(home / mine.name)
    assert main([*again, "--quiet", "--json"]) == OK
    assert json.loads(capsys.readouterr().out)["again"]["same"] is True
    made = tmp_path / "again" / mine.stem
    assert (made / "moments.csv").read_bytes() == (home / "moments.csv").read_bytes()
