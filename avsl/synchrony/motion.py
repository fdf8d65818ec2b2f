"""What moves: small grey frames in, one motion series per block of the picture out."""

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from avsl.shots import is_cut

SERIES_HZ = 30.0  # every series, of motion and of sound, has this rate; sample i is at i / 30 s
WORK_PIXELS = 160 * 120  # frames are analysed at about this area, whatever their shape
CELL_PX = 4  # frame difference and flow are averaged over cells of this size ...
BLOCK_PX = 8  # ... and correlated per block of this size: 20 x 15 blocks in a 4:3 frame
MAX_BLOCKS = 60  # along one side, for pictures as narrow as a ribbon
MIN_FRAME_GAP_S = 0.027  # a frame sooner after the last is skipped: 60 and 50 fps are halved
CHUNK_FRAMES = 64  # frames between progress reports, and per batch of camera fits

LONG_GAP = 2.5  # steps without a new frame after which nothing new was there to show
SHORTEST_STEP_S = 1 / 130  # of a clock that frames lie on ...
MOST_DIVISIONS = 6  # ... the shortest gap being up to this many steps ...
MOST_STEPS = 10  # ... and longer gaps too inexact to tell ...
OFF = 0.2  # ... by more than this part of a step

DIFFERENCE_FLOOR = 0.5  # grey levels: noise of sensor and codec, added before the logarithm
FLOW_FLOOR = 0.1  # working pixels a frame, likewise

DUPLICATE_SHARE = 0.12  # a frame differing less than this part of the third quartile ...
DUPLICATE_GREY = 0.25  # ... and less than this many grey levels repeats the frame before it
DUPLICATE_RATES = (0.10, 0.75)  # between these shares of frames they are a pattern, not a still

CAMERA_ROUNDS = 4  # reweighted fits of the camera's motion


@dataclass(frozen=True, eq=False)
class MouthTrack:
    """One face over N samples at SERIES_HZ, and what its mouth does."""

    start: int  # sample of the clip's series at which it begins
    boxes: np.ndarray  # (N, 4) float32: x0 y0 x1 y1 of the face as shares of the picture
    mouths: np.ndarray  # (N, 2) float32: x y of the middle of the mouth, likewise
    cues: np.ndarray  # (3, N) float32: motion and opening in grey levels, jaw in px a frame


@dataclass(frozen=True, eq=False)
class Motion:
    """How each block of the picture moves, and what the picture looks like when drawn."""

    series: np.ndarray  # (2, N, h, w) float32 at SERIES_HZ: log frame difference, log flow
    cells: np.ndarray  # (N, 2h, 2w) float16 at SERIES_HZ: how much moves, finer: see busyness
    guides: np.ndarray  # (T, 4h, 4w) uint8: the grey frame on screen at each moment
    cuts_s: tuple[float, ...]  # when each new shot begins
    mouths: tuple[MouthTrack, ...] = ()  # of the faces that were followed


@dataclass(frozen=True, eq=False)
class Measured:
    """What was measured between consecutive frames, P pairs."""

    times_s: np.ndarray  # (P + 1,) when the frames appear
    difference: np.ndarray  # (P, 2h, 2w) float32, mean absolute grey levels per cell
    flow: np.ndarray  # (P, 2h, 2w) float32, working pixels a frame, the camera's motion removed
    cut: np.ndarray  # (P,) bool: the two frames belong to different shots


def grey_differences(series: np.ndarray) -> np.ndarray:
    """How much each block changes from frame to frame, of a series (2, N, h, w) of
    :class:`Motion`: (N, h, w) float32 grey levels.
    """
    return np.exp(series[0]) - DIFFERENCE_FLOOR


def working_size(width: int, height: int) -> tuple[int, int]:
    """Size (width, height) of the frames to analyse: whole blocks, WORK_PIXELS, same aspect."""
    scale = (WORK_PIXELS / (width * height)) ** 0.5
    across, down = (
        min(max(round(side * scale / BLOCK_PX), 2), MAX_BLOCKS) for side in (width, height)
    )
    return across * BLOCK_PX, down * BLOCK_PX


def hold_frames(
    frames: Iterable[tuple[float, np.ndarray]], times_s: np.ndarray, end_s: float
) -> Iterator[tuple[float, np.ndarray]]:
    """``frames`` of an uneven video as a player shows them: each again until the next is due.

    Recorders of screens drop frames that repeat the one before. What changed then changed at the
    end of the gap, not all through it. ``times_s`` (F,) are those of all frames; short gaps stay,
    in which a camera may have moved on.
    """
    step_s = frame_step_s(times_s)
    if not np.any(np.diff(times_s) > LONG_GAP * step_s):
        yield from frames
        return
    shown = None
    for time_s, frame in itertools.chain(frames, [(end_s, None)]):
        if shown is not None and time_s - shown[0] > LONG_GAP * step_s:
            again = int((time_s - shown[0]) / step_s - 0.5)
            yield from ((time_s - k * step_s, shown[1]) for k in range(again, 0, -1))
        if frame is not None:
            yield time_s, frame
        shown = time_s, frame


def frame_step_s(times_s: np.ndarray) -> float:
    """The step of the clock on which frames appear at ``times_s`` (F,): most gaps are whole
    multiples of it. The usual gap where there is no such clock; infinite for a still picture.
    """
    gaps_s = np.diff(times_s)
    gaps_s = gaps_s[gaps_s > 0]
    if not len(gaps_s):
        return np.inf
    short_s = np.percentile(gaps_s, 10, method="lower")
    for step_s in short_s / np.arange(1, MOST_DIVISIONS + 1):
        counts = gaps_s[gaps_s < MOST_STEPS * step_s] / step_s
        if step_s > SHORTEST_STEP_S and np.quantile(np.abs(counts - counts.round()), 0.9) < OFF:
            return float(step_s)
    return float(np.median(gaps_s))


def block_motion(
    frames: Iterable[tuple[float, np.ndarray]],
    duration_s: float,
    moments_s: np.ndarray,
    report: Callable[[float], None],
) -> Motion | None:
    """Motion in a stream of ``(time_s, uint8 (H, W) grey)`` of the working size.

    ``moments_s`` (T,), rising, are the moments to be drawn; ``report`` is told the time reached.
    Memory grows with the number of blocks, not of pixels. None where fewer than three different
    frames leave nothing to follow.
    """
    guides = _Guides(moments_s)
    measured = _measure(guides.watch(frames), report)
    if measured is None:
        return None
    clock_s = np.arange(max(2, int(duration_s * SERIES_HZ))) / SERIES_HZ
    moved = on_clock(measured, clock_s)
    if moved is None:
        return None
    cuts_s = tuple(measured.times_s[1:][measured.cut].tolist())
    return Motion(*moved, guides.stacked(), cuts_s)


def on_clock(measured: Measured, clock_s: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """The series (2, N, h, w) and cells (N, 2h, 2w) of a :class:`Motion` at ``clock_s`` (N,).

    None where fewer than three different frames leave nothing to follow.
    """
    keep = ~_duplicates(measured.difference.mean(axis=(1, 2)))
    if keep.sum() < 2:
        return None
    times_s = measured.times_s[np.concatenate([[True], keep])]
    middle_s = (times_s[1:] + times_s[:-1]) / 2
    rows = _held_over_cuts(measured.cut)[keep]
    difference, flow = measured.difference[rows], measured.flow[rows]
    series = np.stack(
        [
            _resampled(np.log(_without_dips(_blocks(cells)) + floor), middle_s, clock_s)
            for cells, floor in ((difference, DIFFERENCE_FLOOR), (flow, FLOW_FLOOR))
        ]
    )
    nearest = np.round(np.interp(clock_s, middle_s, np.arange(len(middle_s)))).astype(int)
    return series, busyness(difference, flow)[nearest]


class _Guides:
    """Keeps, at half size, the frame on screen at each moment while the frames stream by."""

    def __init__(self, moments_s: np.ndarray) -> None:
        self._moments_s = moments_s
        self._kept: list[np.ndarray] = []

    def watch(
        self, frames: Iterable[tuple[float, np.ndarray]]
    ) -> Iterable[tuple[float, np.ndarray]]:
        shown = None
        for time_s, frame in frames:
            small = cv2.resize(frame, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
            self._keep_until(time_s, small if shown is None else shown)
            shown = small
            yield time_s, frame
        if shown is not None:
            self._keep_until(np.inf, shown)

    def _keep_until(self, time_s: float, shown: np.ndarray) -> None:
        while len(self._kept) < len(self._moments_s) and self._moments_s[len(self._kept)] < time_s:
            self._kept.append(shown)

    def stacked(self) -> np.ndarray:
        return np.stack(self._kept)


def _measure(
    frames: Iterable[tuple[float, np.ndarray]], report: Callable[[float], None]
) -> Measured | None:
    """Frame difference and residual flow between consecutive frames, in chunks."""
    estimator = flow_estimator()
    times_s: list[float] = []
    cuts: list[bool] = []
    differences: list[np.ndarray] = []
    flows: list[np.ndarray] = []
    waiting: list[np.ndarray] = []  # raw flow of the current chunk
    previous = None
    for time_s, frame in frames:
        if previous is not None:
            if time_s - times_s[-1] < MIN_FRAME_GAP_S:
                continue
            difference, flow = compared(estimator, previous, frame)
            differences.append(difference)
            waiting.append(flow)
            cuts.append(is_cut(previous, frame))
        times_s.append(time_s)
        previous = frame
        if len(waiting) == CHUNK_FRAMES:
            flows.append(without_camera(np.stack(waiting)))
            waiting.clear()
            report(time_s)
    if waiting:
        flows.append(without_camera(np.stack(waiting)))
    if len(differences) < 2:
        return None
    return Measured(np.array(times_s), np.stack(differences), np.concatenate(flows), np.array(cuts))


def flow_estimator() -> cv2.DISOpticalFlow:
    """What :func:`compared` follows the picture with; it keeps its memory between frames."""
    return cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_FAST)


def compared(
    estimator: cv2.DISOpticalFlow, previous: np.ndarray, frame: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Two grey frames uint8 (H, W) -> per cell, float32: mean absolute difference (2h, 2w) in
    grey levels and mean flow (2h, 2w, 2) in pixels, the camera's motion included.
    """
    return _cells(cv2.absdiff(frame, previous)), _cells(_flow(estimator, previous, frame))


def _flow(estimator: cv2.DISOpticalFlow, previous: np.ndarray, frame: np.ndarray) -> np.ndarray:
    """Dense optical flow (Kroeger 2016): float32 (H, W, 2) pixels."""
    if np.array_equal(previous, frame):
        return np.zeros((*frame.shape, 2), np.float32)
    return estimator.calc(previous, frame, None)


def _cells(pixels: np.ndarray) -> np.ndarray:
    """Mean over cells: (H, W) or (H, W, 2) -> float32 (H / CELL_PX, W / CELL_PX) or with 2."""
    height, width = pixels.shape[0] // CELL_PX, pixels.shape[1] // CELL_PX
    return cv2.resize(
        pixels.astype(np.float32, copy=False), (width, height), interpolation=cv2.INTER_AREA
    )


def without_camera(flow: np.ndarray) -> np.ndarray:
    """Speed relative to the camera: flow (F, h, w, 2) -> float32 (F, h, w), pixels a frame.

    An affine motion of the whole picture is fitted by reweighted least squares, in which what
    moves otherwise loses its say, and subtracted.
    """
    count, height, width, _ = flow.shape
    y, x = np.mgrid[:height, :width].astype(np.float32)
    terms = np.stack([np.ones_like(x), x / width - 0.5, y / height - 0.5], axis=-1).reshape(-1, 3)
    vectors = flow.reshape(count, -1, 2)
    weights = np.ones((count, height * width), np.float32)
    for _ in range(CAMERA_ROUNDS):
        weighted = weights[:, None] * terms.T  # (F, 3, cells)
        normal = weighted @ terms + 1e-4 * np.eye(3, dtype=np.float32)
        camera = np.linalg.solve(normal, weighted @ vectors)  # (F, 3, 2)
        speed = np.linalg.norm(vectors - terms @ camera, axis=-1)
        scale = 1.5 * np.median(speed, axis=1, keepdims=True) + 0.05
        weights = 1 / (1 + (speed / scale) ** 2)
    return speed.reshape(count, height, width).astype(np.float32)


def _duplicates(difference: np.ndarray) -> np.ndarray:
    """Frames that repeat the one before, from mean grey differences (P,): bool (P,).

    Converters repeat frames to raise a frame rate; the gap they leave in every series is no
    motion. Of two in a row only the first counts, so a true standstill stays.
    """
    limit = min(DUPLICATE_SHARE * np.percentile(difference, 75), DUPLICATE_GREY)
    repeated = difference < limit
    repeated[1:] &= ~repeated[:-1]
    few, many = DUPLICATE_RATES
    if not few <= repeated.mean() <= many:
        return np.zeros(len(difference), bool)
    return repeated


def _held_over_cuts(cut: np.ndarray) -> np.ndarray:
    """Which pair of frames speaks for each, (P,): at a cut, no motion, the pair before."""
    return np.maximum.accumulate(np.where(cut, 0, np.arange(len(cut))))


def _blocks(cells: np.ndarray) -> np.ndarray:
    """Mean over 2 x 2 cells: (P, 2h, 2w) -> (P, h, w)."""
    count, height, width = cells.shape
    return cells.reshape(count, height // 2, 2, width // 2, 2).mean(axis=(2, 4))


def _without_dips(series: np.ndarray) -> np.ndarray:
    """Fill dips of one sample: a morphological closing over time of (P, h, w).

    A picture within the picture may repeat frames while the rest moves on.
    """
    pairs = np.maximum(series[:-1], series[1:])
    out = series.copy()
    out[1:-1] = np.minimum(pairs[:-1], pairs[1:])
    return out


def _resampled(series: np.ndarray, times_s: np.ndarray, clock_s: np.ndarray) -> np.ndarray:
    """Linear interpolation of (P, h, w) at ``times_s`` to ``clock_s`` (N,), held at the ends."""
    place = np.interp(clock_s, times_s, np.arange(len(times_s)))
    before = np.minimum(place.astype(int), len(times_s) - 2)
    share = (place - before).astype(np.float32)[:, None, None]
    return (1 - share) * series[before] + share * series[before + 1]


def busyness(difference: np.ndarray, flow: np.ndarray) -> np.ndarray:
    """Geometric mean of difference and flow, (P, 2h, 2w): large only where both are.

    Flow leaks into plain areas, where nothing differs; the difference shows every edge while the
    camera moves, where no flow is left.
    """
    busyness = difference * flow
    return np.sqrt(busyness, out=busyness).astype(np.float16)
