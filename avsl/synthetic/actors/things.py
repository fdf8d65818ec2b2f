"""Things that sound when they are hit: a bell, a drum, a ball."""

import numpy as np

from avsl.synthetic.backdrops import Palette
from avsl.synthetic.drawing import (
    Colour,
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
from avsl.synthetic.motion import ringing, striking

BELL_PROFILE = ((0, 9), (5, 20), (16, 28), (36, 32), (58, 36), (74, 45), (84, 52))  # y, half width


class Bell:
    """A bell under a beam that is tugged and rings at ``onsets``; about 115 px wide and high."""

    def __init__(
        self, name: str, place: Point, palette: Palette, onsets: np.ndarray, size: float = 1.0
    ) -> None:
        self.name, self._onsets = name, onsets
        self._base = at(*place) @ stretch(size, size)
        self._shadow = soft_shadow(190, 24)
        self._stand = _bell_stand(palette.wood)
        self._bell = _bell_body(palette.accents[1])
        clapper = Sketch(30, 130).line([(15, 6), (15, 106)], palette.ink, 5)
        self._clapper = clapper.ellipse((15, 106), (12, 13), palette.accents[0]).sprite((15, 6))

    def parts(self, time_s: float) -> list[Part]:
        swing = 0.24 * ringing(time_s, self._onsets, 2.2, 0.3)
        yoke = self._base @ at(0, -158) @ stretch(1.1, 1.1)
        return [
            Part(self._shadow, self._base, solid=False),
            Part(self._stand, self._base, solid=False),
            Part(self._clapper, yoke @ turn(-0.6 * swing)),
            Part(self._bell, yoke @ turn(swing)),
        ]


def _bell_stand(wood: Colour) -> Sprite:
    sketch = Sketch(200, 190)
    for x in (14, 186):
        sketch.line([(x, 20), (x, 172)], wood, 10, puff=0.5)
        sketch.line([(x - 12, 174), (x + 12, 174)], wood, 9, puff=0.5)
    return sketch.line([(6, 16), (194, 16)], tinted(wood, 0.08), 12, puff=0.5).sprite((100, 176))


def _bell_body(colour: Colour) -> Sprite:
    heights, radii = np.array(BELL_PROFILE, float).T
    y = np.linspace(0, heights[-1], 40)
    r = np.interp(y, heights, radii)
    outline = np.concatenate([np.stack([62 + r, y + 14], 1), np.stack([62 - r, y + 14], 1)[::-1]])
    sketch = Sketch(124, 124).ellipse((62, 10), (8, 9), tinted(colour, -0.3))
    sketch.polygon(outline, colour, puff=1.0)
    for y, half in ((40, 29.5), (84, 42)):
        sketch.line([(62 - half, y), (62 + half, y)], tinted(colour, -0.28), 3)
    sketch.line([(12, 97), (112, 97)], tinted(colour, -0.12), 7, puff=0.6)
    return sketch.line([(42, 34), (36, 80)], tinted(colour, 0.6), 4).sprite((62, 2))


class Drum:
    """A drum beaten by two sticks in turn at ``onsets``; about 140 px wide and 130 high."""

    def __init__(
        self, name: str, place: Point, palette: Palette, onsets: np.ndarray, size: float = 1.0
    ) -> None:
        self.name, self._onsets = name, onsets
        self._base = at(*place) @ stretch(size, size)
        self._shadow = soft_shadow(160, 26)
        self._body = _drum_body(palette)
        stick = Sketch(120, 28).line([(14, 14), (96, 14)], palette.wood, 8)
        stick.ellipse((98, 14), (11, 10), tinted(palette.wood, 0.45), puff=0.7)
        self._stick = stick.ellipse((16, 14), (12, 11), (246, 242, 234), puff=0.6).sprite((16, 14))

    def parts(self, time_s: float) -> list[Part]:
        jolt = ringing(time_s, self._onsets, 8.0, 0.05)
        body = self._base @ stretch(1 + 0.05 * jolt, 1 - 0.1 * jolt)
        left, right = (striking(time_s, self._onsets[hand::2], 0.26, 0.14) for hand in (0, 1))
        hands = self._base @ at(0, -109 * (1 - 0.05 * jolt))
        return [
            Part(self._shadow, self._base, solid=False),
            Part(self._body, body),
            Part(self._stick, hands @ at(-96, 0) @ turn(0.2 - 0.55 * left)),
            Part(self._stick, hands @ at(96, 0) @ stretch(-1, 1) @ turn(0.2 - 0.55 * right)),
        ]


def _drum_body(palette: Palette) -> Sprite:
    shell = palette.accents[0]
    sketch = Sketch(150, 150).ellipse((75, 116), (66, 22), tinted(shell, -0.25))
    sketch.polygon([(9, 40), (141, 40), (141, 116), (9, 116)], shell, puff=0.7)
    x = np.linspace(12, 138, 10)
    y = np.where(np.arange(10) % 2, 112, 52)
    zigzag = np.stack([x, y + 16 * np.sqrt(1 - ((x - 75) / 70) ** 2)], 1)
    sketch.line(zigzag, tinted(shell, 0.75), 2.5)
    for level in (116, 42):
        arc = np.linspace(0, np.pi, 30)
        rim = np.stack([75 + 64 * np.cos(arc), level + 24 * np.sin(arc)], 1)
        sketch.line(rim, palette.accents[1], 10, puff=0.5)
    sketch.ellipse((75, 38), (68, 30), palette.accents[1], puff=0.3)
    return sketch.ellipse((75, 37), (61, 25.5), (246, 240, 226), puff=0.25).sprite((75, 143))


class Ball:
    """A lively ball, 92 px across, that crosses the scene and touches the ground at ``bounces``.

    Between two bounces it flies as gravity has it: the longer the interval, the higher.
    """

    GRAVITY = 900.0  # pixels per second squared
    RADIUS = 46.0

    def __init__(
        self,
        name: str,
        palette: Palette,
        ground_y: float,
        start: float,
        speed: float,
        bounces: np.ndarray,
    ) -> None:
        """``start`` x in pixels at time 0, ``speed`` in pixels per second, negative to the left."""
        self.name, self._ground_y, self._start, self._speed, self._bounces = (
            name,
            ground_y,
            start,
            speed,
            bounces,
        )
        self._skin, self._gloss = _ball_sprites(self.RADIUS, palette)
        self._shadow = soft_shadow(98, 20)

    def parts(self, time_s: float) -> list[Part]:
        x = self._start + self._speed * time_s
        height = self._height(time_s)
        squash = 0.2 * float(np.exp(-np.square((time_s - self._bounces) / 0.04)).max())
        base = (
            at(x, self._ground_y - height) @ stretch(1 + squash, 1 - squash) @ at(0, -self.RADIUS)
        )
        small = 1 - min(height / 300, 0.5)
        return [
            Part(
                self._shadow,
                at(x + 0.1 * height, self._ground_y - 1) @ stretch(small, small),
                solid=False,
            ),
            Part(self._skin, base @ turn(self._speed * time_s / self.RADIUS)),
            Part(self._gloss, base),
        ]

    def _height(self, time_s: float) -> float:
        after = int(np.clip(np.searchsorted(self._bounces, time_s), 1, len(self._bounces) - 1))
        last, next_ = self._bounces[after - 1], self._bounces[after]
        return max(self.GRAVITY / 2 * (time_s - last) * (next_ - time_s), 0.0)


def _ball_sprites(radius: float, palette: Palette) -> tuple[Sprite, Sprite]:
    middle = radius + 3
    sketch = Sketch(2 * middle, 2 * middle).ellipse(
        (middle, middle), (radius, radius), palette.accents[0], puff=0
    )
    for slice_ in range(3):
        arc = np.linspace(slice_ * 2 * np.pi / 3, slice_ * 2 * np.pi / 3 + np.pi / 3, 20)
        rim = np.stack([np.cos(arc), np.sin(arc)], 1) * radius + middle
        sketch.polygon(
            np.vstack([[middle, middle], rim]),
            ((250, 244, 232), palette.accents[1], palette.accents[2])[slice_],
            puff=0,
        )
    sketch.ellipse((middle, middle), (8, 8), (250, 244, 232), puff=0)
    gloss = Sketch(2 * middle, 2 * middle).ellipse(
        (middle * 0.7, middle * 0.62),
        (radius * 0.36, radius * 0.28),
        (255, 255, 255),
        angle=-0.7,
        puff=0,
    )
    return sketch.sprite((middle, middle)), gloss.sprite((middle, middle), opacity=0.45, blur=3)
