"""The app, with a synchrony that takes ten times as long as it does."""

import time

import app
from avsl.live.sync import SyncWatcher

TIMES = 10
_look = SyncWatcher.look


def slowly(watcher: SyncWatcher, *given):
    started_s = time.perf_counter()
    sighting = _look(watcher, *given)
    time.sleep((TIMES - 1) * (time.perf_counter() - started_s))
    return sighting


if __name__ == "__main__":
    SyncWatcher.look = slowly
    app.main()
