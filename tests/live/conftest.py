"""The clock that live sessions measure costs with, in the tests' hands."""

import pytest

from avsl.live import session
from tests.live.making import Ticking


@pytest.fixture
def ticking(monkeypatch) -> Ticking:
    clock = Ticking()
    monkeypatch.setattr(session, "perf_counter", clock)
    return clock
