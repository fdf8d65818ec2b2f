"""Spoiled files through the app's own reading, isolation and ``sync``: nothing but results and
sentences may come out, no process may stay, and a canary beside them must not be touched.

``python -m tests.bench.fuzz_media [--count 5000] [--seed 0] [--start 0] [--jobs 1] [--minutes 30]
[--keep FOLDER] [--trace]``. File number n depends on the seed and n alone, so a run that was cut
off goes on with ``--start``. What breaks the rule is kept in FOLDER. ``--trace`` has strace, where
there is one, list every file that a decoder opens; it takes twice as long.
"""

import argparse
import os
import re
import subprocess
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from avsl import media
from avsl.errors import AvslError
from avsl.isolation import Allowance, Keeper
from avsl.localizer import Localizer
from avsl.media import remote
from avsl.media.wav import original_sound
from avsl.settings import LIMITS
from tests.bench.fuzz_seeds import PICTURES, SOUNDS, seeds, spoiled

LIMITS_HERE = replace(LIMITS, max_duration_s=30.0)  # a spoiled header may claim ten minutes
TOLD_EVERY = 250
SENTENCE = re.compile(r"[^\x00-\x1f]{10,600}\.")
MAY_OPEN = re.compile(r"/proc/self/|/proc/|/sys/|/usr/|/lib|/etc/ld|/etc/localtime|.*\.(py|pyc|so)")


class Watched(Keeper):
    """Remembers what children took."""

    def __init__(self) -> None:
        super().__init__("avsl.media.serving")
        self.children, self.peak_kb, self.codes = 0, 0, Counter()

    @contextmanager
    def child(self, allowance: Allowance):
        with super().child(allowance) as child:
            try:
                yield child
            finally:
                child.end(0.2)
                self.children += 1
                self.peak_kb = max(self.peak_kb, child.ending.get("peak_kb", 0))
                self.codes[child.ending.get("code")] += 1


@dataclass(frozen=True)
class Outcome:
    number: int
    name: str
    kind: str
    seconds: float
    wrong: str = ""


class Fuzz:
    def __init__(self, folder: Path, seed: int, keep: Path) -> None:
        self.folder, self.seed, self.keep = folder, seed, keep
        self.files = seeds(folder / "seeds")
        self.canary = folder / "canary.mp4"
        self.canary.write_bytes((folder / "seeds" / "h264.mp4").read_bytes())
        self.watched = Watched()
        remote.keeper = self.watched
        media.isolate()
        self.sync = Localizer("sync", limits=LIMITS_HERE)
        self.work = folder / "work"
        self.work.mkdir()

    def one(self, number: int) -> Outcome:
        rng = np.random.default_rng([self.seed, number])
        source = self.files[number % len(self.files)]
        path = self.work / f"{number}-{source.name}"
        path.write_bytes(spoiled(source.read_bytes(), rng, self.canary))
        started = time.perf_counter()
        kind, wrong = self._outcome(path, source.name)
        seconds = time.perf_counter() - started
        if wrong:
            self.keep.mkdir(parents=True, exist_ok=True)
            (self.keep / path.name).write_bytes(path.read_bytes())
        path.unlink()
        return Outcome(number, source.name, kind, seconds, wrong)

    def _outcome(self, path: Path, name: str) -> tuple[str, str]:
        try:
            kind = self._used(path, name)
        except AvslError as error:
            cause = type(error.__cause__).__name__ if error.__cause__ else ""
            wrong = "" if SENTENCE.fullmatch(str(error)) else f"no sentence: {error!r}"
            broken = "contract" if cause in ("Crashed", "Hung", "Tired", "Overgrown") else ""
            return f"{type(error).__name__}{f' ({cause})' if broken else ''}", wrong
        except Exception as error:
            return "UNEXPECTED", f"{type(error).__name__}: {error}"
        return kind, ""

    def _used(self, path: Path, name: str) -> str:
        seeds_at = self.folder / "seeds"
        pair = (path, None)
        if name in SOUNDS:
            pair = (seeds_at / "h264.mp4", path)
        elif name in PICTURES:
            pair = (path, seeds_at / "pcm.wav")
        clip = media.read(*pair, limits=LIMITS_HERE)
        assert np.isfinite(clip.waveform).all() and np.abs(clip.waveform).max(initial=0) <= 1
        if not clip.has_sound:
            return "result (silent)"
        found = self.sync.run(clip)
        assert np.isfinite(found.maps).all() and 0 <= found.maps.min() <= found.maps.max() <= 1
        for block in original_sound(clip).blocks:
            assert np.isfinite(block).all()
        return "result (with notes)" if clip.notes else "result"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--start", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--keep", type=Path, default=Path("/tmp/fuzz-wrong"))
    parser.add_argument("--trace", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        (Path(folder) / "seeds").mkdir()
        run(Fuzz(Path(folder), options.seed, options.keep), options)


def run(fuzz: Fuzz, options: argparse.Namespace) -> None:
    ends_s = time.monotonic() + 60 * options.minutes
    outcomes: list[Outcome] = []
    fuzz.one(0)  # a nursery, and warm caches
    resident = rss_kb(fuzz.watched.pid) / 1e3
    print(f"{len(fuzz.files)} kinds of file; nursery {resident:.0f} MB resident", flush=True)
    alarm = arm(fuzz.canary)
    trace = strace(fuzz.watched.pid, fuzz.folder) if options.trace else None
    lock = threading.Lock()

    def one(number: int) -> None:
        if time.monotonic() < ends_s:
            outcome = fuzz.one(number)
            with lock:
                outcomes.append(outcome)
                if outcome.wrong:
                    print(f"WRONG {outcome}", flush=True)
                if len(outcomes) % TOLD_EVERY == 0:
                    kinds = dict(Counter(each.kind for each in outcomes))
                    print(f"{len(outcomes)} done, {kinds}", flush=True)

    with ThreadPoolExecutor(options.jobs) as pool:
        list(pool.map(one, range(options.start, options.start + options.count)))
    report(fuzz, outcomes)
    print("canary:", "TOUCHED" if alarm and touched(fuzz.canary) else "not read" if alarm else "?")
    print("children left:", children_of(fuzz.watched.pid))
    if trace is not None:
        print("opened besides the files given:", opened(trace, fuzz.folder))
    pid = fuzz.watched.pid
    fuzz.watched.close()
    print("nursery gone:", not Path(f"/proc/{pid}").exists())


def report(fuzz: Fuzz, outcomes: list[Outcome]) -> None:
    for kind, count in Counter(each.kind for each in outcomes).most_common():
        print(f"{count:6d}  {kind}")
    slow = sorted(outcomes, key=lambda each: -each.seconds)[:5]
    for each in slow:
        print(f"slow: {each.number} {each.name}, {each.kind}, {each.seconds:.1f} s")
    print(f"median {np.median([each.seconds for each in outcomes]):.2f} s")
    watched = fuzz.watched
    print(f"{watched.children} children, endings {dict(watched.codes)}")
    print(f"largest child: {watched.peak_kb / 1e3:.0f} MB, pages shared with the nursery included")
    last = max((each.number for each in outcomes), default=0)
    print(f"files: {len(outcomes)}, wrong: {sum(bool(e.wrong) for e in outcomes)}, last: {last}")


def arm(canary: Path) -> bool:
    """An access time older than the last change: the next read moves it, unless the disk is mounted
    so that it never does.
    """
    os.utime(canary, (1, time.time()))
    canary.read_bytes()
    works = touched(canary)
    os.utime(canary, (1, time.time()))
    return works


def touched(canary: Path) -> bool:
    return canary.stat().st_atime > 1.5


def rss_kb(pid: int) -> int:
    return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1])


def children_of(pid: int) -> list[str]:
    told = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True)
    return told.stdout.split()


def strace(pid: int, folder: Path) -> Path:
    log = folder / "strace.txt"
    calls = "trace=open,openat,openat2,connect,execve"
    subprocess.Popen(
        ["strace", "-f", "-qq", "-s", "500", "-e", calls, "-p", str(pid), "-o", str(log)]
    )
    time.sleep(1)
    return log


def opened(log: Path, folder: Path) -> list[str]:
    """All but the files given, system libraries, and the decoder's own code."""
    paths = re.findall(r'(?:openat2?|open|connect|execve)\((?:AT_FDCWD, )?([^)]*)', log.read_text())
    names = {(re.search(r'"([^"]*)"', each) or [each, each])[1] for each in paths}
    given = (str(folder / "work"), str(folder / "seeds"))
    return sorted(name for name in names if not name.startswith(given) and not MAY_OPEN.match(name))


if __name__ == "__main__":
    main()
