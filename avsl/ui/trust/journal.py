"""The log: one JSON object a line, for machines; and the counts that /stats shows.

No line has a name of a file, an address or a content: of an error only its kind and the places in
the code are told, since its text may name what a visitor sent.
"""

import json
import logging
import sys
import threading
import traceback
from collections import Counter, defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from avsl.errors import AvslError, Cancelled, LimitError
from avsl.ui.trust.record import Record

DONE, STOPPED, REFUSED, FAILED, LEFT = "done", "stopped", "refused", "failed", "left"
TOO_LONG, BUSY, TOO_LARGE = "too long", "busy", "too large"
REMEMBERED = 500  # of each stage's times
ROOT = str(Path(__file__).resolve().parents[3])
log = logging.getLogger("avsl.events")


class TookTooLong(Cancelled):
    """The job's time is over."""

    def __init__(self, sentence: str) -> None:
        AvslError.__init__(self, sentence)


class Busy(AvslError):
    """The line is full."""


class Journal:
    """Tells the log of every job and keeps count; safe to use from many threads."""

    def __init__(self) -> None:
        self._counts: Counter = Counter()
        self._stages: dict[str, deque[float]] = defaultdict(lambda: deque(maxlen=REMEMBERED))
        self._lock = threading.Lock()

    @contextmanager
    def of(self, record: Record) -> Iterator[None]:
        """Notes how the block ends."""
        outcome = DONE
        try:
            yield
        except BaseException as error:
            outcome = _outcome(error)
            raise
        finally:
            self._note(record.ended(outcome))

    def _note(self, told: dict) -> None:
        with self._lock:
            for variant in told["variants"] or ["none"]:
                self._counts[variant, told["outcome"]] += 1
            for stage, seconds in told["stages_s"].items():
                self._stages[stage].append(seconds)
        event("job", **told)

    def counts(self) -> dict[tuple[str, str], int]:
        """(variant, outcome) to jobs since the start."""
        with self._lock:
            return dict(sorted(self._counts.items()))

    def stages(self) -> dict[str, tuple[float, int]]:
        """Stage to (median seconds, how many times) of the last jobs."""
        with self._lock:
            return {name: (median(each), len(each)) for name, each in self._stages.items()}


def _outcome(error: BaseException) -> str:
    kinds = (
        (TookTooLong, TOO_LONG), (Cancelled, STOPPED), (Busy, BUSY), (LimitError, TOO_LARGE),
        (AvslError, REFUSED), (GeneratorExit, LEFT),
    )  # fmt: skip
    return next((told for kind, told in kinds if isinstance(error, kind)), FAILED)


def event(name: str, error: Exception | None = None, **facts) -> None:
    """One line in the log; a warning where there is an ``error``."""
    level = logging.INFO if error is None else logging.WARNING
    log.log(level, name, exc_info=error, extra={"facts": facts})


class AsJson(logging.Formatter):
    """A record as one line; of libraries other than ours only that they said something."""

    def format(self, record: logging.LogRecord) -> str:
        stamp = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {"time": stamp, "level": record.levelname.lower(), "logger": record.name}
        if record.name.startswith("avsl"):
            line["event"] = record.getMessage()
        line |= getattr(record, "facts", {})
        if record.exc_info and record.exc_info[1]:
            line |= _failure(record.exc_info[1])
        return json.dumps(line, default=str)


def _failure(error: BaseException) -> dict:
    """The kinds of an error and of what caused it, and where in our code and that of others."""
    kinds, each = [], error
    while each is not None and len(kinds) < 5:
        kinds.append(type(each).__name__)
        each = each.__cause__ or each.__context__
    places = [
        f"{frame.filename.removeprefix(ROOT).lstrip('/')}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)
    ]
    return {"error": kinds, "where": places[-12:]}


def write_log() -> None:
    """From now on every record of this process is a line of JSON on standard error."""
    handler = logging.StreamHandler()
    handler.setFormatter(AsJson())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("avsl").setLevel(logging.INFO)
    logging.getLogger("libav").setLevel(logging.CRITICAL)  # it names files
    traceback.print_exc = _noted  # how gradio tells of failures, with all that was sent


def _noted(*_, **__) -> None:
    """What is being handled, without its text."""
    logging.getLogger("avsl.web").warning("a request failed", exc_info=sys.exc_info())
