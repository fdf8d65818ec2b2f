"""What decoding in a child process costs: a whole run of a variant, as the app does it, both ways.

``python -m tests.bench.isolation [CLIP ...] [--repeat 7] [--variant sync]`` reads, localizes and
draws; the two ways take turns, so that a busy machine is as unfair to one as to the other.
"""

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path

from avsl import media
from avsl.localizer import Localizer
from avsl.overlay import Style, draw_moment
from avsl.ui.footage import Footage
from tests.bench.speed import made_clip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clips", nargs="*", type=Path)
    parser.add_argument("--repeat", type=int, default=7)
    parser.add_argument("--variant", default="sync")
    options = parser.parse_args()
    localizer = Localizer(options.variant)
    with tempfile.TemporaryDirectory() as folder:
        for clip in options.clips or [made_clip(Path(folder), 10, "1280x720")]:
            compared(clip, localizer, options.repeat)


def compared(path: Path, localizer: Localizer, repeat: int) -> None:
    for isolated in (False, True):  # to warm up: imports, the nursery, the file in memory
        seconds(path, localizer, isolated)
    here, there = [], []
    for _ in range(repeat):
        here.append(seconds(path, localizer, False))
        there.append(seconds(path, localizer, True))
    ratios = [b / a for a, b in zip(here, there, strict=True)]
    load = os.getloadavg()[0]
    print(
        f"{path.name}: in process {statistics.median(here):.2f} s, isolated "
        f"{statistics.median(there):.2f} s; ratio, median of {repeat} pairs: "
        f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f}); load {load:.1f}"
    )


def seconds(path: Path, localizer: Localizer, isolated: bool) -> float:
    media.isolate(isolated)
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        clip = media.read(path)
        found = localizer.run(clip)

        def drawn(frame, time_s, style):
            return draw_moment(frame, found, time_s, style)

        Footage(Path(folder), clip, found.times_s, drawn).draw(Style())
        return time.perf_counter() - started


if __name__ == "__main__":
    main()
