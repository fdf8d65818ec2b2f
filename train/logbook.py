"""What is written and drawn while training: CSV, TensorBoard where it is there, two pictures."""

import csv
import sys
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image
from torch import Tensor

from avsl.overlay import Look, draw
from train.learning.base import Batch
from train.run_folder import write_whole
from train.validation import Validation

LOSSES, VALIDATION, SPEED = "losses.csv", "validation.csv", "speed.csv"
PICTURE_PX = 224


class Logbook:
    """Of one run; on resuming, rows of steps that will be done again are dropped."""

    def __init__(self, folder: Path, steps: int, first: int, quiet: bool = False) -> None:
        self.folder, self.steps, self.quiet = folder, steps, quiet
        self._began, self._first = time.monotonic(), first
        for name in (LOSSES, VALIDATION, SPEED):
            _drop_after(folder / name, first)
        self._board = self._open_board()

    def loss(self, step: int, row: dict[str, float]) -> None:
        """Of one step: terms of the loss, learning rate and length of the gradient."""
        _append(self.folder / LOSSES, {"step": step, **row})
        self._to_board("train", step, row)
        if not self.quiet:
            print(f"\r{self._progress(step, row['total'])}", end="", file=sys.stderr, flush=True)

    def speed(self, step: int, row: dict[str, float]) -> None:
        """Since the row before: clips a second in one process, share of waiting for data."""
        _append(self.folder / SPEED, {"step": step, **row})
        self._to_board("speed", step, row)

    def validation(self, found: Validation) -> None:
        row = asdict(found)
        step = row.pop("step")
        _append(self.folder / VALIDATION, {"step": step, **row})
        self._to_board("validation", step, row)
        if not self.quiet:
            print("\r" + " " * 78 + "\r", end="", file=sys.stderr)
        self.say(found.line)

    def say(self, sentence: str) -> None:
        print(sentence, flush=True)

    def draw_curves(self) -> None:
        """Losses, and what validation said, over the steps."""
        figure = Figure(figsize=(9, 3.2), layout="constrained")
        FigureCanvasAgg(figure)
        left, right = figure.subplots(1, 2)
        losses, judged = (columns(self.folder / name) for name in (LOSSES, VALIDATION))
        for name in losses:
            if name not in ("step", "learning_rate", "gradient"):
                left.plot(losses["step"], losses[name], label=name, linewidth=1)
        if judged:
            left.plot(judged["step"], judged["loss"], "o-", label="validation", markersize=3)
            for name, label in (("ciou", "cIoU"), ("auc", "AUC"), ("found", "found at the gate")):
                right.plot(judged["step"], judged[name], "o-", label=label, markersize=3)
        for axes, title in ((left, "loss"), (right, "validation, %")):
            axes.set(title=title, xlabel="step")
            if axes.lines:
                axes.legend(fontsize=7)
        figure.savefig(self.folder / "curves.png", dpi=110)

    def draw_maps(self, batch: Batch, truth: Tensor | None, maps: Tensor, threshold: float) -> None:
        """A few scenes side by side: the picture with the truth's outline, and below the map."""
        columns = [
            _column(image, None if truth is None else truth[row], maps[row], threshold)
            for row, image in enumerate(batch.images[: len(maps)])
        ]
        Image.fromarray(np.concatenate(columns, axis=1)).save(self.folder / "maps.png")

    def close(self) -> None:
        if self._board is not None:
            self._board.close()

    def _progress(self, step: int, loss: float) -> str:
        passed_s = time.monotonic() - self._began
        rate = (step - self._first) / passed_s
        left_s = round((self.steps - step) / rate)
        return (
            f"step {step:,} of {self.steps:,}, loss {loss:.3f}, {rate:.1f} steps/s, "
            f"{left_s // 60} min {left_s % 60:02d} s left   "
        )

    def _open_board(self):
        """TensorBoard's writer, or None where it is not installed, which is said once."""
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            self.say("TensorBoard is not installed: logs are CSV only (pip install tensorboard).")
            return None
        return SummaryWriter(str(self.folder / "tensorboard"))

    def _to_board(self, part: str, step: int, row: dict[str, float]) -> None:
        if self._board is not None:
            for name, value in row.items():
                self._board.add_scalar(f"{part}/{name}", value, step)


def columns(path: Path) -> dict[str, list[float]]:
    """A log by its columns; {} where there is none yet."""
    if not path.is_file():
        return {}
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {name: [float(row[name]) for row in rows] for name in (rows[0] if rows else ())}


def _append(path: Path, row: dict[str, float]) -> None:
    new = not path.is_file() or path.stat().st_size == 0
    with open(path, "a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, row)
        if new:
            writer.writeheader()
        writer.writerow(row)


def _drop_after(path: Path, step: int) -> None:
    """A killed run may have logged further than it was kept, and broken off within a line."""
    if not path.is_file():
        return
    if step == 0:
        path.unlink()
        return
    header, *rows = path.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [row for row in rows if row.endswith("\n") and int(row.split(",")[0]) <= step]
    write_whole(path, "".join([header, *kept]).encode())


def _column(image: Tensor, truth: Tensor | None, heat: Tensor, threshold: float) -> np.ndarray:
    size = (PICTURE_PX, PICTURE_PX)
    pixels = (image.cpu() * 255).byte().permute(1, 2, 0).numpy()
    frame = np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC))
    above = frame
    if truth is not None:
        above = draw(frame, truth.float().numpy(), 0.5, Look.CONTOUR, 1.0)
    heat = torch.nan_to_num(heat).float().numpy()
    return np.concatenate([above, draw(frame, heat, threshold, Look.HEAT, 0.65)])
