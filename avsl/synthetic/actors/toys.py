"""Toys that move in silence: a frog, a pinwheel, a pendulum."""

import numpy as np

from avsl.synthetic.backdrops import Palette
from avsl.synthetic.drawing import (
    Part,
    Point,
    Sketch,
    Sprite,
    at,
    soft_shadow,
    stretch,
    tinted,
    turn,
)
from avsl.synthetic.motion import gusts, hop


class Frog:
    """A toy frog that jumps on its own, silently; about 110 px wide and 80 high."""

    def __init__(
        self, name: str, place: Point, palette: Palette, jumps: np.ndarray, size: float = 1.0
    ) -> None:
        self.name, self._jumps = name, jumps
        self._base = at(*place) @ stretch(size, size)
        self._shadow = soft_shadow(104, 20)
        self._body = _frog_body(palette)

    def parts(self, time_s: float) -> list[Part]:
        height, crouch = hop(time_s, self._jumps, 0.34)
        small = 1 - 0.35 * height
        pose = at(0, -64 * height) @ stretch(
            1 + 0.12 * crouch - 0.06 * height, 1 - 0.2 * crouch + 0.1 * height
        )
        return [
            Part(self._shadow, self._base @ stretch(small, small), solid=False),
            Part(self._body, self._base @ pose),
        ]


def _frog_body(palette: Palette) -> Sprite:
    green = palette.accents[2]
    sketch = Sketch(124, 96)
    for x, lean in ((24, 0.5), (100, -0.5)):
        sketch.ellipse((x, 70), (19, 14), tinted(green, -0.15), angle=lean)
        sketch.ellipse((x, 86), (20, 6), tinted(green, -0.1))
    sketch.ellipse((62, 60), (44, 32), green, puff=0.8)
    sketch.ellipse((62, 70), (29, 19), tinted(green, 0.55), puff=0.4)
    for x in (40, 84):
        sketch.ellipse((x, 25), (15, 15), green, puff=0.7)
        sketch.ellipse((x, 23), (9.5, 9.5), (252, 250, 244), puff=0.1).ellipse(
            (x, 24), (4.5, 5.5), palette.ink, puff=0
        )
    sketch.line([(36, 52), (50, 58), (62, 60), (74, 58), (88, 52)], tinted(green, -0.5), 3)
    for x in (46, 78):
        sketch.ellipse((x, 88), (13, 5.5), tinted(green, 0.1))
    return sketch.sprite((62, 92))


class Pinwheel:
    """A paper wheel on a stick that gusts spin up; about 110 px across, its stick 120 high."""

    def __init__(
        self, name: str, place: Point, palette: Palette, gust_times: np.ndarray, size: float = 1.0
    ) -> None:
        self.name, self._gusts = name, gust_times
        self._base = at(*place) @ stretch(size, size)
        self._shadow = soft_shadow(46, 12)
        self._stick = (
            Sketch(20, 140).line([(10, 6), (10, 132)], palette.wood, 6, puff=0.5).sprite((10, 134))
        )
        sketch = Sketch(120, 120)
        for blade in range(5):
            pivot = at(60, 60) @ turn(blade * 2 * np.pi / 5)
            outline = np.array([(0, 0), (6, -30), (26, -50), (34, -34), (14, -8)], float)
            moved = outline @ pivot[:2, :2].T + pivot[:2, 2]
            sketch.polygon(moved, palette.accents[blade % 2], puff=0.3)
            sketch.polygon(moved[[0, 3, 4]], tinted(palette.accents[blade % 2], -0.25), puff=0)
        self._wheel = sketch.ellipse(
            (60, 60), (7, 7), tinted(palette.accents[2], 0.2), puff=0.8
        ).sprite((60, 60))

    def parts(self, time_s: float) -> list[Part]:
        return [
            Part(self._shadow, self._base, solid=False),
            Part(self._stick, self._base),
            Part(
                self._wheel,
                self._base @ at(0, -128) @ turn(np.pi * gusts(time_s, self._gusts, 0.4)),
            ),
        ]


class Pendulum:
    """A pendulum under a shelf, swinging evenly and silently; about 70 px wide and 150 long."""

    def __init__(
        self,
        name: str,
        place: Point,
        palette: Palette,
        rate_hz: float,
        phase: float,
        size: float = 1.0,
    ) -> None:
        self.name, self._rate_hz, self._phase = name, rate_hz, phase
        self._base = at(*place) @ stretch(size, size)
        self._shelf = (
            Sketch(110, 30).line([(12, 12), (98, 12)], palette.wood, 14, puff=0.6).sprite((55, 14))
        )
        bob = Sketch(80, 170).line([(40, 6), (40, 124)], palette.ink, 4)
        bob.ellipse((40, 124), (32, 32), palette.accents[2], puff=0.9)
        self._bob = bob.ellipse(
            (40, 124), (14, 14), tinted(palette.accents[2], 0.4), puff=0.5
        ).sprite((40, 6))

    def parts(self, time_s: float) -> list[Part]:
        angle = 0.42 * np.sin(2 * np.pi * self._rate_hz * time_s + self._phase)
        return [
            Part(self._bob, self._base @ turn(angle)),
            Part(self._shelf, self._base, solid=False),
        ]
