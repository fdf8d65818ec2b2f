"""The app in a process of its own, and what that process takes of the machine."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from avsl.errors import AvslError

APP = Path(__file__).resolve().parents[4] / "app.py"
START_S, STOP_S = 90.0, 20.0  # a busy machine takes that long at most
MIB = 2**20


class BenchError(AvslError):
    """Nothing could be measured; the text says what to do."""


@dataclass(frozen=True)
class Usage:
    """What the server's process has at one moment."""

    time_s: float  # of the moment, on the clock of ``time.monotonic``
    cpu_s: float  # processor time since it began
    memory_mib: float  # resident
    threads: int
    sockets: int  # open, listening ones and those between its own threads included


@dataclass(frozen=True)
class Server:
    """Where the app is, and its process where it is ours."""

    url: str
    pid: int | None = None

    def usage(self) -> Usage | None:
        """None where it cannot be known: another's process, a system without ``/proc``."""
        return None if self.pid is None else _usage(Path("/proc") / str(self.pid))


def _usage(process: Path) -> Usage | None:
    try:
        facts = (process / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        links = [_target(link) for link in (process / "fd").iterdir()]
    except OSError:
        return None
    # see proc(5): the name in brackets is field 2, so the first of these facts is field 3
    user, system, threads, pages = (int(facts[field - 3]) for field in (14, 15, 20, 24))
    return Usage(
        time_s=time.monotonic(),
        cpu_s=(user + system) / os.sysconf("SC_CLK_TCK"),
        memory_mib=pages * os.sysconf("SC_PAGE_SIZE") / MIB,
        threads=threads,
        sockets=sum(link.startswith("socket:") for link in links),
    )


def _target(link: Path) -> str:
    try:
        return str(link.readlink())
    except OSError:  # closed between the listing and now
        return ""


@contextmanager
def own_server() -> Iterator[Server]:
    """The app on a free port of this machine until the block ends, however it ends.

    Raises :class:`BenchError` where it does not start; nothing of it stays on disk.
    """
    if not APP.is_file():
        raise BenchError("app.py is not beside the library. Start the app and give its --url.")
    with TemporaryDirectory(prefix="avsl-bench-", ignore_cleanup_errors=True) as home:
        port, log = _free_port(), Path(home) / "log.txt"
        command = [sys.executable, str(APP), "--host", "127.0.0.1", "--port", str(port)]
        with open(log, "w", encoding="utf-8") as file:
            process = subprocess.Popen(
                command, cwd=APP.parent, env=os.environ | {"TMPDIR": home},
                stdin=subprocess.DEVNULL, stdout=file, stderr=file,
            )  # fmt: skip
        try:
            url = f"http://127.0.0.1:{port}/"
            _wait_until_it_answers(url, process, log)
            yield Server(url, process.pid)
        finally:
            _stop(process)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def _wait_until_it_answers(url: str, process: subprocess.Popen, log: Path) -> None:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline_s = time.monotonic() + START_S
    while time.monotonic() < deadline_s and process.poll() is None:
        try:
            direct.open(url, timeout=5).close()
            return
        except OSError:
            time.sleep(0.2)
    last_words = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
    said = f" It said: {last_words[0]}" if last_words else ""
    raise BenchError(f"The app did not start; try python app.py.{said}")


def _stop(process: subprocess.Popen) -> None:
    process.terminate()
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
