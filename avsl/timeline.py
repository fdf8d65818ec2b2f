"""The clip's clock as a picture: waveform, loudness, confidence and a verdict lane."""

import io

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from avsl.audio import FLOOR_DBFS
from avsl.localization import Localization, Verdict, spans
from avsl.overlay import VERDICT_RGB
from avsl.settings import SAMPLE_RATE_HZ

INK = "#22222a"
ENVELOPE_POINTS = 1200  # min and max of the waveform per point; more cannot be seen


def figure(localization: Localization, waveform: np.ndarray) -> Figure:
    """A matplotlib figure of four lanes over seconds; ``waveform`` (S,) at 16 kHz."""
    chart = Figure(figsize=(10, 4.4), layout="constrained", facecolor="white")
    lanes = chart.subplots(4, sharex=True, height_ratios=(3, 2, 2, 1))
    _waveform_lane(lanes[0], waveform)
    _loudness_lane(lanes[1], localization)
    _confidence_lane(lanes[2], localization)
    _verdict_lane(lanes[3], localization)
    for lane in lanes:
        _dress(lane)
    lanes[-1].set_xlim(0, localization.duration_s)
    lanes[-1].set_xlabel("seconds", color=INK)
    _key(chart, localization)
    return chart


def png(localization: Localization, waveform: np.ndarray) -> bytes:
    """:func:`figure` as a PNG file's bytes."""
    out = io.BytesIO()
    FigureCanvasAgg(figure(localization, waveform)).print_png(out)
    return out.getvalue()


def _waveform_lane(lane: Axes, waveform: np.ndarray) -> None:
    low, high, times_s = envelope(waveform)
    lane.fill_between(times_s, low, high, color=INK, linewidth=0.6)
    reach = max(0.05, float(np.abs(waveform).max(initial=0)))
    lane.set_ylim(-1.05 * reach, 1.05 * reach)
    lane.set_ylabel("waveform")


def envelope(
    waveform: np.ndarray, points: int = ENVELOPE_POINTS
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(low, high, times_s), each (P,) with P at most ``points``: the waveform's extremes per point.

    ``waveform`` is (S,) at 16 kHz.
    """
    step = max(1, -(-len(waveform) // points))
    starts = np.arange(0, len(waveform), step)
    if not len(starts):
        return np.zeros(1), np.zeros(1), np.zeros(1)
    low = np.minimum.reduceat(waveform, starts)
    high = np.maximum.reduceat(waveform, starts)
    return low, high, (starts + step / 2) / SAMPLE_RATE_HZ


def _loudness_lane(lane: Axes, localization: Localization) -> None:
    lane.plot(localization.times_s, localization.loudness_dbfs, color=INK, linewidth=1.2)
    audible = localization.provenance.audible_dbfs
    lane.axhline(audible, color=INK, linewidth=0.8, linestyle=":")
    lane.set_ylim(max(FLOOR_DBFS, audible - 20), 0)
    lane.set_ylabel("dBFS")


def _confidence_lane(lane: Axes, localization: Localization) -> None:
    times, confidence = localization.times_s, localization.confidence
    gate = localization.confidence_gate
    colour = _hex(Verdict.SOUNDING)
    lane.plot(times, confidence, color=colour, linewidth=1.2)
    lane.fill_between(times, gate, confidence, where=confidence >= gate, color=colour, alpha=0.4)
    lane.axhline(gate, color=colour, linewidth=0.8, linestyle=":")
    lane.set_ylim(min(0, float(confidence.min())), max(1.5 * gate, 1.1 * float(confidence.max())))
    lane.set_ylabel("confidence")


def _verdict_lane(lane: Axes, localization: Localization) -> None:
    for span in spans(localization):
        lane.axvspan(span.start_s, span.end_s, color=_hex(span.verdict), linewidth=0)
    lane.set_yticks([])
    lane.set_ylabel("verdict")


def _dress(lane: Axes) -> None:
    """No frame, small letters."""
    lane.set_facecolor("none")
    lane.tick_params(colors=INK, labelsize=8)
    lane.yaxis.label.set_color(INK)
    lane.yaxis.label.set_fontsize(9)
    for edge in lane.spines.values():
        edge.set_visible(False)


def _key(chart: Figure, localization: Localization) -> None:
    """Every verdict but the one that few variants know, unless it is given."""
    told = [each for each in Verdict if each is not Verdict.UNSEEN or localization.share(each)]
    patches = [Patch(color=_hex(verdict), label=verdict.value) for verdict in told]
    chart.legend(
        handles=patches, loc="outside lower right", ncols=4, frameon=False, labelcolor=INK,
        fontsize=9,
    )  # fmt: skip


def _hex(verdict: Verdict) -> str:
    return "#{:02x}{:02x}{:02x}".format(*VERDICT_RGB[verdict])
