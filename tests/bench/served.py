"""``app.py`` in a process of its own and a scratch folder, for the scripts that trouble it."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
START_S, STOP_S = 120.0, 30.0  # a busy machine takes that long at most
MB = 1_000_000


@dataclass(frozen=True)
class Served:
    """The app under test."""

    url: str
    scratch: Path  # its HOME and TMPDIR are in here
    process: subprocess.Popen
    log: Path

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    @property
    def temporary(self) -> Path:
        return self.scratch / "tmp"

    def memory_bytes(self) -> int:
        """Of the app and its children; what they share is counted once."""
        return sum(_proportional_bytes(pid) for pid in family(self.process.pid))

    def files(self) -> list[Path]:
        """What it keeps on disk now."""
        return sorted(path for path in self.temporary.rglob("*") if path.is_file())

    def answer(self, path: str, timeout_s: float = 10.0) -> dict:
        """What it says as JSON at ``path``."""
        with urllib.request.urlopen(f"{self.url}{path}", timeout=timeout_s) as told:
            return json.load(told)

    def complaints(self) -> list[str]:
        """The lines of its log that begin a traceback."""
        told = self.log.read_text(errors="replace").splitlines()
        return [line for line in told if line.startswith("Traceback")]

    def kill(self) -> None:
        """As the system kills who takes too much: it learns nothing of it."""
        for pid in family(self.process.pid):
            os.kill(pid, signal.SIGKILL)
        self.process.wait(STOP_S)

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.kill()


@contextmanager
def served(
    scratch: Path | None = None,
    environment: dict[str, str] | None = None,
    root: Path = ROOT,
    python: str = sys.executable,
    **options,
) -> Iterator[Served]:
    """The app from the folder ``root``, until the block ends; ``options`` are those of Popen."""
    scratch = scratch or Path(tempfile.mkdtemp(prefix="avsl-bench-"))
    for name in ("home", "tmp"):
        (scratch / name).mkdir(exist_ok=True)
    port = int((environment or {}).get("GRADIO_SERVER_PORT", free_port()))
    log = scratch.with_name(f"{scratch.name}.log") if options else scratch / "log.txt"
    variables = os.environ | {
        "HOME": str(scratch / "home"),
        "TMPDIR": str(scratch / "tmp"),
        "HF_HUB_OFFLINE": "1",
        "GRADIO_ANALYTICS_ENABLED": "False",
        "GRADIO_SERVER_PORT": str(port),
        "PYTHONDONTWRITEBYTECODE": "1",
        **(environment or {}),
    }
    with open(log, "a") as file:
        process = subprocess.Popen(
            [python, "app.py"], cwd=root, env=variables, stdout=file, stderr=file, **options
        )
    app = Served(f"http://127.0.0.1:{port}", scratch, process, log)
    try:
        wait_until_it_answers(app)
        yield app
    finally:
        if app.alive:
            app.stop()


def wait_until_it_answers(app: Served, path: str = "/") -> None:
    deadline_s = time.monotonic() + START_S
    while time.monotonic() < deadline_s:
        if not app.alive:
            break
        try:
            urllib.request.urlopen(app.url + path, timeout=5).close()
            return
        except OSError:
            time.sleep(0.2)
    raise SystemExit(f"The app does not answer:\n{app.log.read_text()[-3000:]}")


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def family(pid: int) -> list[int]:
    """A process and all below it."""
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        children = [int(child) for task in tasks for child in _children(task)]
    except OSError:
        return [pid]
    return [pid, *(each for child in children for each in family(child))]


def _children(task: Path) -> list[str]:
    try:
        return (task / "children").read_text().split()
    except OSError:  # a thread that has just ended
        return []


def _proportional_bytes(pid: int) -> int:
    """See proc(5): each shared page divided by how many share it."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(1024 * int(line.split()[1]) for line in lines if line.startswith("Pss:"))
