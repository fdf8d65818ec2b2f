"""A corpus on both engines: are the tables the same, and what does Ray cost?

``python -m tests.bench.corpus [--clips 500] [--repeat 1]`` makes short clips, some of them broken,
and localizes them with two local workers, then on a Ray cluster of two (in turns, ``--repeat``
times), and once more on Ray with one worker killed half-way. Every run's tables are compared row
for row with those of the first. A run's steady rate is that from its third part on, when all
workers have loaded what they need; what it takes beside is its start and end. Exits with 1 where
rows differ.
"""

import argparse
import json
import os
import shutil
import signal
import statistics
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from avsl.corpus import parts, running
from avsl.corpus.attempts import WORK
from avsl.corpus.settings import Settings
from avsl.corpus.source import corpus
from tests.corpus import making

DISTINCT, WORKERS, PER_PART = 25, 2, 20


@dataclass(frozen=True)
class Run:
    """What one run took."""

    out: Path
    seconds: float  # all of it, from nothing running to the manifest
    steady_clips_per_s: float
    start_s: float  # what it takes longer than at the steady rate throughout
    killed: bool = False


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=500)
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=2.0, help="of a clip")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        clips = material(place / "clips", options.clips, options.seconds)
        pairs = []
        for turn in range(options.repeat):
            pairs.append([one(clips, place, engine, turn) for engine in running.Engine])
        killed = one(clips, place, running.Engine.RAY, "killed", kill=True)
        same = all(told_same(pairs[0][0], each) for pair in pairs for each in pair)
        same &= told_same(pairs[0][0], killed) and killed.killed
        tell_overhead(pairs)
        tell_dead(pairs[0][0].out)
    return 0 if same else 1


def material(folder: Path, count: int, seconds: float) -> Path:
    """``count`` files: copies of a few clips, and every fiftieth cut off or no video."""
    made = [making.video(folder.parent / f"{seed}.mp4", seed, seconds) for seed in range(DISTINCT)]
    for index in range(count):
        file = folder / f"{index % 7}" / f"{index:05d}.mp4"
        file.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(made[index % DISTINCT], file)
        if index % 50 == 25:
            file.write_bytes(file.read_bytes()[:2000])
        if index % 50 == 40:
            file.write_text("not a video")
    return folder


def one(clips: Path, place: Path, engine: running.Engine, turn, kill: bool = False) -> Run:
    out = place / f"{engine}-{turn}"
    planned = running.plan(corpus(clips), Settings(per_part=PER_PART), out)
    over, killed = threading.Event(), []
    killer = threading.Thread(target=killing, args=(out, len(planned.parts), over, killed))
    if kill:
        killer.start()
    began = time.time()
    running.run(planned, running.Crew(engine, WORKERS))
    seconds = time.time() - began
    over.set()
    steady = steady_rate(out, len(planned.parts))
    start_s = seconds - len(planned.corpus.sources) / steady
    print(
        f"{out.name:<12}{len(planned.corpus.sources) / seconds:6.2f} clips/s in all, {steady:6.2f} "
        f"steady, start and end {start_s:5.1f} s, load {os.getloadavg()[0]:.1f}"
        + (f"; killed worker {killed}" if kill else ""),
        flush=True,
    )
    return Run(out, seconds, steady, start_s, bool(killed))


def killing(out: Path, count: int, over: threading.Event, killed: list[int]) -> None:
    """Kill one worker when half of the parts are there."""
    while not over.wait(0.005) and not killed:
        if len(list(out.glob("part-*.json"))) < count // 2:
            continue
        for file in out.glob(f"{WORK}/part-*.json"):
            try:
                pid = json.loads(file.read_text())["pid"]
                os.kill(pid, signal.SIGKILL)
                killed.append(pid)
                break
            except (OSError, ValueError):
                continue


def steady_rate(out: Path, count: int) -> float:
    """Clips a second between the second and the last record but one."""
    ends = []
    for number in range(count):
        part = parts.record(out, number)
        file = out / f"part-{number:06d}.json"
        ends.append((file.stat().st_mtime, part.clips + len(part.dead)))
    ends.sort()
    between = ends[WORKERS:-1] or ends[-1:]
    first_s = ends[WORKERS - 1][0] if len(ends) > WORKERS else ends[0][0] - 1
    return sum(clips for _, clips in between) / max(1e-3, between[-1][0] - first_s)


def told_same(first: Run, other: Run) -> bool:
    tables = ("moments", "clips", "dead-letters")
    rows = {name: making.rows(first.out, name) == making.rows(other.out, name) for name in tables}
    equal = making.content(first.out) == making.content(other.out)
    if other is not first:
        count = sum(len(making.rows(other.out, name)) for name in tables)
        words = "equal" if all(rows.values()) else f"DIFFERENT: {rows}"
        print(f"{other.out.name:<12}{count} rows {words}; files equal byte for byte: {equal}")
    return all(rows.values())


def tell_overhead(pairs: list[list[Run]]) -> None:
    whole = [ray.seconds / local.seconds - 1 for local, ray in pairs]
    steady = [local.steady_clips_per_s / ray.steady_clips_per_s - 1 for local, ray in pairs]
    print(
        f"Ray takes {statistics.median(whole):+.1%} in all and {statistics.median(steady):+.1%} at "
        f"its steady rate (median of {len(pairs)} pairs)"
    )


def tell_dead(out: Path) -> None:
    dead = making.rows(out, "dead-letters")
    print(f"{len(dead)} dead letters:")
    for row in dead[:4]:
        print(f"  {row['clip_id']}: {row['sentence']}")


if __name__ == "__main__":
    sys.exit(main())
