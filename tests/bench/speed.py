"""How long and how much memory one clip takes, split by stage.

``python -m tests.bench.speed [CLIP] [--seconds 10] [--size 1280x720] [--fps 10] [--repeat 3]``
makes a clip of that length where none is given. Machines are noisy: read the medians.
"""

import argparse
import resource
import statistics
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np

from avsl import synthetic
from avsl.clip import Clip
from avsl.export import FORMATS, Job, export
from avsl.localizer import Localizer
from avsl.media import read, write_video
from avsl.overlay import Style
from avsl.settings import SAMPLE_RATE_HZ


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clip", nargs="?", type=Path)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--size", default="1280x720")
    parser.add_argument("--fps", type=float, default=10)
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = options.clip or made_clip(Path(folder), options.seconds, options.size)
        runs = [measured(path, Path(folder) / "out", options.fps) for _ in range(options.repeat)]
    report(path, runs)


def made_clip(folder: Path, seconds: float, size: str) -> Path:
    """An example repeated to ``seconds`` at ``size``, written as people's clips are."""
    width, height = map(int, size.split("x"))
    example = synthetic.make(synthetic.examples()[0].name).clip
    small = [frame for _, frame in example.stream()]
    rate_hz = example.fps_hz
    count = round(seconds * rate_hz)
    frames = (cv2.resize(small[index % len(small)], (width, height)) for index in range(count))
    sound = np.resize(example.waveform, round(seconds * SAMPLE_RATE_HZ))
    shell = Clip("made", seconds, example.source, sound)
    path = folder / "made.mp4"
    write_video(path, frames, rate_hz, shell)
    return path


def measured(path: Path, out: Path, map_rate_hz: float) -> dict[str, float]:
    """Seconds of read, localize and each export of one clip; and its length."""
    stages = {}
    started = time.perf_counter()
    clip = read(path)
    stages["read"] = time.perf_counter() - started
    found = Localizer("sync").run(clip, map_rate_hz)
    stages["localize"] = time.perf_counter() - started - stages["read"]
    for name in ("video", "timeline", "npz", "masks", "coco", "csv"):
        began = time.perf_counter()
        export(Job(clip, found, Style()), out, (name,))
        stages[f"write {FORMATS[name].file}"] = time.perf_counter() - began
    return {"clip": clip.duration_s, **stages}


def report(path: Path, runs: list[dict[str, float]]) -> None:
    """Medians over the runs, the real-time factor, and the peak memory of both processes."""
    seconds = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
    length_s = seconds.pop("clip")
    print(f"{path.name}: {length_s:.1f} s, median of {len(runs)} runs")
    for name, value in seconds.items():
        print(f"  {name:<24}{value:8.2f} s  {value / length_s:6.2f} x real time")
    core = sum(seconds[name] for name in ("read", "localize", "write overlay.mp4"))
    print(f"  read + localize + video {core:8.2f} s  {core / length_s:6.2f} x real time")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"  peak memory of this process: {peak:.0f} MB")


if __name__ == "__main__":
    main()
