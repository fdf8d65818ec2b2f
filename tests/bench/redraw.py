"""How fast a result is drawn anew: ``python -m tests.bench.redraw CLIP``."""

import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from avsl.media import output_frames, output_rate_hz
from avsl.overlay import Look, Style
from avsl.progress import no_progress
from avsl.ui.handlers import Wish, localized
from avsl.ui.jobs import Run, Workspace
from avsl.ui.page import Page

ROUNDS = 10  # inspected frames a style


def main(clip: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(folder)
        steps = localized(workspace, "bench", Wish(clip), Run(no_progress))
        started = time.perf_counter()
        next(steps)
        verdict_s = time.perf_counter() - started
        result, result_id = next(steps)
        print(f"first result: verdict after {verdict_s:.2f} s, "
              f"video after {time.perf_counter() - started:.2f} s")  # fmt: skip
        page = Page(workspace)
        for look in Look:
            milliseconds = 1000 * _moment_s(page, result_id, result, look)
            print(f"inspected frame, {look:<10}{milliseconds:6.1f} ms")
        frames = output_frames(result.clip, output_rate_hz(result.clip))
        for look in Look:
            started = time.perf_counter()
            result.draw(Style(look))
            seconds = time.perf_counter() - started
            print(f"whole video, {look:<10}{seconds:6.2f} s, {frames / seconds:.0f} frames/s")


def _moment_s(page: Page, result_id: str, result, look: Look) -> float:
    """Median seconds from the handler's call to its answer."""
    taken = []
    for time_s in np.linspace(0, result.clip.duration_s, ROUNDS):
        started = time.perf_counter()
        assert "picture" in page.inspect(result_id, float(time_s), look, 0.4, 0.8, False)
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
