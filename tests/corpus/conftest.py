"""One small corpus and one quiet run over it, for all tests that compare with it."""

from pathlib import Path

import pytest

pytest.importorskip("pyarrow", reason="whole corpora need the extra scale")

from avsl.corpus import running
from avsl.corpus.settings import Settings
from avsl.corpus.source import corpus
from tests.corpus import making

SETTINGS = Settings(per_part=3, map_rate_hz=5.0)


@pytest.fixture(scope="session")
def clips(tmp_path_factory) -> Path:
    return making.folder(tmp_path_factory.mktemp("corpus") / "clips", 10)


@pytest.fixture(scope="session")
def quiet_run(clips, tmp_path_factory) -> Path:
    """The output of one worker that nobody disturbed."""
    out = tmp_path_factory.mktemp("quiet") / "out"
    running.run(running.plan(corpus(clips), SETTINGS, out), running.Crew())
    return out
