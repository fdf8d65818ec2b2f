"""What a worker is at, on disk: when it is killed, the next one knows which clip it died of.

A clip whose worker died ``MOST_DEATHS`` times becomes a dead letter, whichever engine started the
workers. Deaths count within one run of the command only: who kills the whole run and starts it
again has no clip condemned for that.
"""

import json
import os
from pathlib import Path

WORK = ".work"  # folder below the output, gone when all is done
LOADING = ""  # in place of a clip's id
MOST_DEATHS = 3


class Attempt:
    """One worker's try at one part."""

    def __init__(self, out: Path, run: str, part: int) -> None:
        self._file, self._run = out / WORK / f"part-{part:06d}.json", run
        told = self._told()
        self.deaths: dict[str, int] = dict(told.get("deaths", {}))
        if "at" in told:
            self.deaths[told["at"]] = self.deaths.get(told["at"], 0) + 1

    def begins(self, at: str) -> None:
        """Say what comes next: a clip's id, or ``LOADING``."""
        self._file.parent.mkdir(exist_ok=True)
        place = self._file.with_suffix(f".{os.getpid()}")
        told = {"run": self._run, "at": at, "pid": os.getpid(), "deaths": self.deaths}
        place.write_text(json.dumps(told), encoding="utf-8")
        place.replace(self._file)

    def hopeless(self, at: str) -> bool:
        """Whether it cost too many workers to be tried again."""
        return self.deaths.get(at, 0) >= MOST_DEATHS

    def over(self) -> None:
        """Nothing of this part is under way any more."""
        self._file.unlink(missing_ok=True)

    def _told(self) -> dict:
        try:
            told = json.loads(self._file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return told if told.get("run") == self._run else {}
