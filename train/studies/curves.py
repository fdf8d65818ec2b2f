"""Figures of the studies: cIoU on validation by step, from the files in train/results.

    python -m train.studies.curves [STUDY ...]

Writes STUDY.png beside each file. An arm that merely starts faster than another shows here: a fair
comparison is one whose curves have become flat. Lines are means over seeds, bands their range.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from avsl.cli_streams import print_any_name
from train.studies.summary import RESULTS, read
from train.studies.tables import MARGIN

PANEL_IN = (3.4, 2.6)
DPI = 110
COLUMNS = 3


def draw(study: dict[str, Any]) -> Figure:
    """A panel for each group of arms: of a sweep the margins of one method and noise together."""
    groups = _groups(study["arms"])
    columns = min(COLUMNS, len(groups))
    rows = -(-len(groups) // columns)
    width, height = PANEL_IN if len(groups) > 1 else (2 * PANEL_IN[0], 1.6 * PANEL_IN[1])
    figure = Figure((width * columns, height * rows), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(rows, columns, squeeze=False).flat
    for panel, (title, arms) in zip(panels, groups.items(), strict=False):
        _panel(panel, title, arms)
    for empty in list(panels):
        empty.set_axis_off()
    figure.supxlabel("step", fontsize="small")
    figure.supylabel("cIoU on validation, %", fontsize="small")
    return figure


def _groups(arms: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Arms by the title of their panel, then by their label in it."""
    found: dict[str, dict[str, Any]] = {}
    for name, arm in arms.items():
        title, parted, margin = name.rpartition(MARGIN)
        label = f"m = {margin}" if parted else name
        found.setdefault(title, {})[label] = arm
    return found


def _panel(panel: Axes, title: str, arms: dict[str, Any]) -> None:
    colours = matplotlib.colormaps["viridis" if title else "tab10"]
    for number, (label, arm) in enumerate(arms.items()):
        colour = colours(number / max(len(arms) - 0.5, 1)) if title else colours(number % 10)
        steps = arm["course"][0]["step"]
        seeds = np.array([course["ciou"] for course in arm["course"]])
        panel.plot(steps, seeds.mean(0), color=colour, label=label, linewidth=1.2)
        panel.fill_between(steps, seeds.min(0), seeds.max(0), color=colour, alpha=0.12, linewidth=0)
    panel.set_title(title, fontsize="small")
    panel.set_ylim(bottom=0)
    panel.tick_params(labelsize="x-small")
    panel.legend(fontsize="xx-small", frameon=False)


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    print_any_name()
    parser = argparse.ArgumentParser(
        "train.studies.curves", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("study", nargs="*", help="default: all that have results")
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args(arguments)
    for told in read(options.results, options.study):
        path = options.results / f"{told['study']}.png"
        draw(told).savefig(path, dpi=DPI)
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
