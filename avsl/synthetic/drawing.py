"""Sprites: small shaded pictures drawn once, then moved, turned and stretched onto frames.

Places are in frame pixels, x right and y down; angles in radians, positive clockwise on screen.
Transforms are 3 x 3 matrices that compose with ``@``, the outermost first.
"""

from dataclasses import dataclass

import cv2
import numpy as np

DENSITY = 2  # sprite samples per frame pixel
OVERSAMPLE = 2  # drawing samples per sprite sample
LIGHT = np.array([-0.6, -0.8])  # from the upper left, unit length

Colour = tuple[int, int, int]  # RGB, 0 to 255
Point = tuple[float, float]


@dataclass(frozen=True, eq=False)
class Sprite:
    """A picture with transparency whose anchor goes where a transform sends the origin."""

    rgba: np.ndarray  # (h, w, 4) uint8, colours multiplied by alpha, DENSITY samples per pixel
    anchor: Point  # in frame pixels from the sprite's upper left corner


@dataclass(frozen=True, eq=False)
class Part:
    """A sprite in its place; ``solid`` parts make up the object, the others are its shadow."""

    sprite: Sprite
    transform: np.ndarray  # (3, 3) from the sprite's anchor frame to the scene
    solid: bool = True


def at(x: float, y: float) -> np.ndarray:
    """The transform (3, 3) that moves the origin to (x, y)."""
    return np.array([[1.0, 0.0, x], [0.0, 1.0, y], [0.0, 0.0, 1.0]])


def turn(angle: float) -> np.ndarray:
    """The transform (3, 3) that turns clockwise on screen by ``angle`` radians."""
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])


def stretch(x: float, y: float) -> np.ndarray:
    """The transform (3, 3) that scales about the origin; negative values mirror."""
    return np.diag([x, y, 1.0])


def paste(canvas: np.ndarray, part: Part, camera: np.ndarray) -> None:
    """Blend one part onto ``canvas`` uint8 (H, W, 3) in place."""
    warped, (rows, columns) = _warped(part, camera, *canvas.shape[:2])
    if warped is None:
        return
    under = canvas[rows, columns]
    keep = cv2.cvtColor(255 - warped[..., 3], cv2.COLOR_GRAY2RGB)
    under[:] = cv2.add(warped[..., :3], cv2.multiply(under, keep, scale=1 / 255))


def cover(mask: np.ndarray, part: Part, camera: np.ndarray) -> None:
    """Set ``mask`` bool (H, W) in place wherever the part is more than half opaque."""
    warped, (rows, columns) = _warped(part, camera, *mask.shape)
    if warped is not None:
        mask[rows, columns] |= warped[..., 3] > 127


def _warped(part: Part, camera: np.ndarray, height: int, width: int):
    """The part's pixels inside the frame, (h, w, 4) uint8 or None, and where they go."""
    rgba, (anchor_x, anchor_y) = part.sprite.rgba, part.sprite.anchor
    half = 0.5 / DENSITY
    from_samples = at(half - anchor_x, half - anchor_y) @ stretch(1 / DENSITY, 1 / DENSITY)
    matrix = at(-0.5, -0.5) @ camera @ part.transform @ from_samples
    h, w = rgba.shape[:2]
    corners = matrix @ np.array([[0, w, 0, w], [0, 0, h, h], [1, 1, 1, 1]], np.float64)
    x0, y0 = np.maximum(np.floor(corners[:2].min(axis=1)).astype(int), 0)
    x1, y1 = np.minimum(np.ceil(corners[:2].max(axis=1)).astype(int) + 1, (width, height))
    where = slice(y0, y1), slice(x0, x1)
    if x1 <= x0 or y1 <= y0:
        return None, where
    local = (at(-x0, -y0) @ matrix)[:2]
    size = (int(x1 - x0), int(y1 - y0))
    return cv2.warpAffine(rgba, local, size, flags=cv2.INTER_LINEAR), where


class Sketch:
    """Draws one sprite, shape over shape, in frame pixels from its upper left corner."""

    def __init__(self, width: float, height: float, seed: int = 0) -> None:
        self._scale = DENSITY * OVERSAMPLE
        size = (round(height * self._scale), round(width * self._scale))
        self._colour = np.zeros((*size, 3), np.float32)
        self._alpha = np.zeros(size, np.float32)
        grain = np.random.default_rng(seed).standard_normal((round(height), round(width)))
        self._grain = cv2.resize(grain.astype(np.float32), size[::-1])

    def ellipse(
        self, centre: Point, radii: Point, colour: Colour, angle: float = 0.0, puff: float = 0.5
    ) -> "Sketch":
        """An ellipse turned by ``angle`` radians; ``puff`` 0 is flat, 1 strongly rounded."""
        around = np.linspace(0, 2 * np.pi, 73)[:-1]
        outline = np.stack([radii[0] * np.cos(around), radii[1] * np.sin(around)], axis=1)
        return self.polygon(outline @ turn(angle)[:2, :2].T + centre, colour, puff)

    def polygon(self, points: np.ndarray, colour: Colour, puff: float = 0.5) -> "Sketch":
        """A filled outline (N, 2)."""
        stamp = np.zeros(self._alpha.shape, np.uint8)
        cv2.fillPoly(stamp, [self._fixed(points)], 255, shift=4)
        return self._stamp(stamp, colour, puff)

    def line(
        self, points: np.ndarray, colour: Colour, thickness: float, puff: float = 0.2
    ) -> "Sketch":
        """A stroke through points (N, 2) with round ends."""
        stamp = np.zeros(self._alpha.shape, np.uint8)
        wide = max(1, round(thickness * self._scale))
        cv2.polylines(stamp, [self._fixed(points)], False, 255, wide, shift=4)
        return self._stamp(stamp, colour, puff)

    def sprite(self, anchor: Point, opacity: float = 1.0, blur: float = 0.0) -> Sprite:
        """What was drawn, blurred by ``blur`` pixels and made ``opacity`` opaque."""
        grain = 1 + 0.018 * self._grain[..., None]
        rgba = np.dstack([np.clip(self._colour * grain, 0, 255), self._alpha * 255])
        rgba[..., :3] *= self._alpha[..., None]
        small = cv2.resize(
            rgba, None, fx=1 / OVERSAMPLE, fy=1 / OVERSAMPLE, interpolation=cv2.INTER_AREA
        )
        small = cv2.GaussianBlur(small, (0, 0), 0.6 + blur * DENSITY)
        return Sprite(np.clip(small * opacity + 0.5, 0, 255).astype(np.uint8), anchor)

    def _fixed(self, points: np.ndarray) -> np.ndarray:
        return np.round(np.asarray(points, np.float64) * self._scale * 16).astype(np.int32)

    def _stamp(self, stamp: np.ndarray, colour: Colour, puff: float) -> "Sketch":
        """Lay a shape (H, W) uint8 over what is there, lit as a cushion."""
        x, y, w, h = cv2.boundingRect(stamp)
        softness = max(min(w, h) / 5, 1.0)
        pad = round(2 * softness) + 8
        window = (slice(max(y - pad, 0), y + h + pad), slice(max(x - pad, 0), x + w + pad))
        alpha = stamp[window].astype(np.float32) / 255
        shade = (_cushion_light(alpha, softness) * puff)[..., None]
        paint = np.asarray(colour, np.float32) * (1 + 0.7 * np.minimum(shade, 0))
        paint += (255 - paint) * (0.8 * np.maximum(shade, 0))
        self._colour[window] += (paint - self._colour[window]) * alpha[..., None]
        np.maximum(self._alpha[window], alpha, out=self._alpha[window])
        return self


def _cushion_light(alpha: np.ndarray, softness: float) -> np.ndarray:
    """Light on a cushion of this outline (H, W): float32 (H, W) in [-1, 1], 0 where it is flat."""
    coarse = cv2.resize(alpha, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    height = cv2.GaussianBlur(coarse, (0, 0), max(softness / 4, 0.6))
    slope_y, slope_x = np.gradient(height)
    light = -(slope_x * LIGHT[0] + slope_y * LIGHT[1]) * softness * 0.6
    return cv2.resize(np.clip(light, -1, 1), alpha.shape[::-1])


def soft_shadow(width: float, height: float) -> Sprite:
    """A blurred dark ellipse of these full axes, anchored at its middle."""
    margin = 10
    sketch = Sketch(width + 2 * margin, height + 2 * margin)
    middle = (width / 2 + margin, height / 2 + margin)
    sketch.ellipse(middle, (width / 2, height / 2), (30, 26, 40), puff=0)
    return sketch.sprite(middle, opacity=0.38, blur=4)


def tinted(colour: Colour, by: float) -> Colour:
    """``colour`` made lighter (``by`` > 0, towards white) or darker (< 0, towards black)."""
    goal = 255 if by > 0 else 0
    return tuple(round(value + (goal - value) * abs(by)) for value in colour)
