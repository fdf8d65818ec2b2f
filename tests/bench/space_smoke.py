"""As a Space runs it: ``python -m tests.bench.space_smoke``.

The repository is copied to a tree that is read-only, and ``python app.py`` runs from there as a
user without privileges, for everybody's address, with HOME and TMPDIR in a scratch folder. An
example and an upload have to work, nothing may be written elsewhere, and after SIGTERM nothing may
be left. Exits with 1 otherwise.
"""

import argparse
import os
import pwd
import secrets
import shutil
import socket
import stat
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

import httpx
from gradio_client import Client, handle_file

from tests.bench.load_material import made
from tests.bench.served import ROOT, Served, free_port, served, wait_until_it_answers

USER, PORT = "nobody", 7860
WATCHED = ("/tmp", "/var/tmp", "/dev/shm", "/root", "/home", "/data")


def copied(place: Path) -> Path:
    """What git has and what is new, without what it ignores, read-only."""
    told = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, check=True,
    )  # fmt: skip
    for name in filter(None, told.stdout.decode().split("\0")):
        source, target = ROOT / name, place / name
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
    for path in [*place.rglob("*"), place]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    return place


def stranger() -> dict:
    """Options of Popen for a user without privileges, where we may choose one."""
    if os.getuid() != 0:
        print("not root: the app runs as this user, which may write more than a Space's")
        return {}
    known = pwd.getpwnam(USER)
    return {"user": known.pw_uid, "group": known.pw_gid, "extra_groups": []}


def python_for_all() -> tuple[str, dict] | None:
    """A Python of our version that anybody may run, and what it needs to find our packages."""
    ours, same = Path(sys.executable), f"python{sys.version_info.major}.{sys.version_info.minor}"
    if _for_all(ours):
        return str(ours), {}
    packages = Path(sysconfig.get_path("purelib"))
    for python in map(Path, ("/usr/bin/" + same, "/usr/local/bin/" + same)):
        if python.exists() and _for_all(python) and _for_all(packages):
            return str(python), {"PYTHONPATH": str(packages)}
    return None


def _for_all(path: Path) -> bool:
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in path.resolve().parents)


def written(uid: int, since_s: float, but: Path) -> list[str]:
    """Files outside of ``but`` that this user made or changed."""
    found = []
    for place in WATCHED:
        for folder, names, files in os.walk(place):
            names[:] = [name for name in names if Path(folder) / name != but]
            found += [
                str(Path(folder) / name) for name in files
                if _is_new(Path(folder) / name, uid, since_s)
            ]  # fmt: skip
    return found


def _is_new(file: Path, uid: int, since_s: float) -> bool:
    try:
        told = file.lstat()
    except OSError:
        return False
    return told.st_uid == uid and told.st_mtime >= since_s


def port() -> int:
    """A Space's own, if it is free."""
    with socket.socket() as asked:
        taken = asked.connect_ex(("127.0.0.1", PORT)) == 0
    return free_port() if taken else PORT


def example(url: str, config: dict) -> str:
    """Press the first example, as the page does; what the server said last."""
    button = next(
        each["id"] for each in config["components"]
        if str(each["props"].get("elem_id", "")).startswith("example-")
    )  # fmt: skip
    pressed = next(each for each in config["dependencies"] if [button, "click"] in each["targets"])
    session = secrets.token_hex(6)
    asked = {"data": ["sync"], "fn_index": pressed["id"], "session_hash": session}
    with httpx.Client(base_url=url, timeout=120) as http:
        http.post("/gradio_api/queue/join", json=asked).raise_for_status()
        with http.stream("GET", f"/gradio_api/queue/data?session_hash={session}") as told:
            for line in told.iter_lines():
                if "process_completed" in line:
                    if '"success":true' not in line.replace(" ", ""):
                        raise SystemExit(f"the example failed: {line[:500]}")
                    return line.split('"output"')[-1]
    raise SystemExit("the example never ended")


def used(app: Served, material: Path) -> list[str]:
    """Do what a visitor does; what went wrong."""
    wrong = []
    clip = made(material, 2).clips[1]
    client = Client(app.url, verbose=False, download_files=False, analytics_enabled=False)
    print(f"an example: {example(app.url, client.config)[:200]}")
    started_s = time.monotonic()
    _, words, told = client.predict(handle_file(str(clip.path)), api_name="/localize")
    print(f"an upload: {words!r} after {time.monotonic() - started_s:.1f} s")
    if told["provenance"]["clip_sha256"] != clip.sha256:
        wrong.append("the answer is of another clip")
    client.predict(told["result"], api_name="/bundle")
    client.close()
    return wrong


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.parse_args()
    base = Path(tempfile.mkdtemp(prefix="avsl-bench-space-"))
    base.chmod(0o755)
    scratch = base / "scratch"
    for folder in (scratch, scratch / "home", scratch / "tmp"):
        folder.mkdir()
    tree, options, wrong = copied(base / "tree"), stranger(), []
    python, packages = (options and python_for_all()) or (sys.executable, {})
    if options and not (packages or _for_all(Path(python))):
        print(f"{USER} may not run {python}, nor is there another: the app runs as this user")
        options = {}
    uid = options.get("user", os.getuid())
    for folder in (scratch, scratch / "home", scratch / "tmp"):
        os.chown(folder, uid, -1)
    began_s = time.time()
    environment = {
        "GRADIO_SERVER_NAME": "0.0.0.0",
        "GRADIO_SERVER_PORT": str(port()),
        "SPACE_ID": "somebody/avsl",
        **packages,
    }
    with served(scratch, environment, tree, python, **options) as app:
        wait_until_it_answers(app, "/healthz")
        print(f"{app.url} as {pwd.getpwuid(uid).pw_name}: {app.answer('/healthz')}")
        wrong += used(app, base / "material")
        pid, root = app.process.pid, list(app.temporary.glob("avsl-*"))
        app.stop()
        wrong += [] if app.process.returncode == 0 else [f"it ended with {app.process.returncode}"]
        wrong += [f"a traceback: {line}" for line in app.complaints()]
        print(f"it kept its files in {[str(path) for path in root]}")
    wrong += [f"left behind: {path}" for path in app.files()]
    wrong += [f"still running: {pid}"] if Path(f"/proc/{pid}").exists() else []
    if options:
        wrong += [f"written outside: {path}" for path in written(uid, began_s, base)]
    home = [str(path.relative_to(scratch)) for path in (scratch / "home").rglob("*")]
    print(f"in its HOME afterwards: {home[:10]}")
    for problem in wrong:
        print(f"  WRONG {problem}")
    if wrong:
        print(app.log.read_text(errors="replace")[-3000:])
    _remove(base)
    sys.exit(bool(wrong))


def _remove(base: Path) -> None:
    for path in [base, *base.rglob("*")]:
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o755)
    shutil.rmtree(base)


if __name__ == "__main__":
    main()
