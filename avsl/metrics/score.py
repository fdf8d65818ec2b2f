"""One number of one protocol, with everything needed to read it honestly."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Score:
    """``value`` with its 95 % bootstrap interval; percentages unless ``unit`` says otherwise."""

    protocol: str  # "sweep", "median", "adaptive", "extended", ...
    metric: str  # "cIoU", "AUC", "AP", ...
    value: float  # nan where undefined
    low: float
    high: float
    found: int  # cases that were scored
    expected: int  # cases that the set has
    threshold: float | None = None  # of the maps, where the protocol has one
    rule: str = ""  # what chose the threshold: "validation", "test sweep (upstream)", "median", ...
    unit: str = "%"
