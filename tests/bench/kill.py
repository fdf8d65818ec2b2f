"""Killed in the middle: ``python -m tests.bench.kill --times 20``.

By turns the app and a run on the command line are killed with SIGKILL at a random moment of a
job. The next start of the app has to be clean, with nothing of the killed one left and a first job
that is done; of the files of the command line each that has its name has to be whole. Exits with
1 otherwise.
"""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from pathlib import Path

from gradio_client import Client, handle_file
from PIL import Image

import avsl
from avsl.localization import Localization
from tests.bench.load_material import Material, Sent, made
from tests.bench.served import ROOT, Served, served, wait_until_it_answers


def asked(app: Served, sent: Sent) -> dict:
    """A clip through the app, and all its files in one zip."""
    client = Client(app.url, verbose=False, download_files=False, analytics_enabled=False)
    *_, told = client.predict(handle_file(str(sent.path)), api_name="/localize")
    client.predict(told["result"], api_name="/bundle")
    client.close()
    return told


def _quietly(app: Served, sent: Sent) -> None:
    try:
        asked(app, sent)
    except Exception:
        return  # the app was killed meanwhile, which is what this is about


def killed_app(scratch: Path, material: Material, dice: random.Random) -> list[str]:
    """Kill an app at work, start the next in the same place; what is wrong then."""
    with served(scratch) as app:
        wait_until_it_answers(app, "/healthz")
        for _ in range(3):
            sent = dice.choice(material.clips)
            threading.Thread(target=_quietly, args=(app, sent), daemon=True).start()
        time.sleep(dice.uniform(0.1, 4.0))
        app.kill()
        old = {folder.name for folder in app.temporary.glob("avsl-*")}
    wrong = []
    with served(scratch) as app:
        wait_until_it_answers(app, "/healthz")
        now = {folder.name for folder in app.temporary.glob("avsl-*")}
        wrong += [f"of the killed app is left: {name}" for name in old & now]
        sent = dice.choice(material.clips)
        if asked(app, sent)["provenance"]["clip_sha256"] != sent.sha256:
            wrong.append("an answer of another clip")
        wrong += [f"its log has a {line}" for line in app.complaints()]
    return wrong + [f"left behind: {path}" for path in app.files()]


def killed_run(scratch: Path, material: Material, dice: random.Random) -> list[str]:
    """Kill a run on the command line; which of its files are half."""
    out = scratch / f"out-{dice.randrange(10**9)}"
    clip = material.clips[-1].path
    command = [sys.executable, "-m", "avsl", "run", str(clip), "--out", str(out)]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    deadline_s = time.monotonic() + 90
    while not list(out.glob("*/*")) and process.poll() is None and time.monotonic() < deadline_s:
        time.sleep(0.01)
    time.sleep(dice.uniform(0.0, 1.5))
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    files = [path for path in out.rglob("*") if path.is_file() and not _is_hidden(path, out)]
    return [f"half a file: {path}" for path in files if not _whole(path)]


def _is_hidden(path: Path, below: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(below).parts)


def _whole(path: Path) -> bool:
    """Whether it can be read to its end."""
    try:
        match path.suffix:
            case ".json":
                json.loads(path.read_text())
            case ".npz":
                Localization.load(path)
            case ".png":
                Image.open(path).load()
            case ".mp4":
                sum(1 for _ in avsl.read(path).stream())
            case ".zip":
                return zipfile.ZipFile(path).testzip() is None
            case _:
                return path.stat().st_size > 0
    except Exception:
        return False
    return True


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    scratch, dice = Path(tempfile.mkdtemp(prefix="avsl-bench-kill-")), random.Random(options.seed)
    material, wrong = made(scratch / "material", 6), []
    for number in range(options.times):
        kill = killed_app if number % 2 == 0 else killed_run
        found = kill(scratch, material, dice)
        print(f"{number + 1:3d} {kill.__name__:<11} {'; '.join(found) or 'clean'}", flush=True)
        wrong += found
    shutil.rmtree(scratch, ignore_errors=True)
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
