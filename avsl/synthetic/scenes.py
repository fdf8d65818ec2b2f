"""A stage: a background, a camera and actors on it, rendered to frames and to exact masks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np

from avsl.synthetic.drawing import Part, at, cover, paste
from avsl.synthetic.motion import Wander

WIDTH, HEIGHT = 640, 360  # pixels of a frame
FPS_HZ = 25
MARGIN = 60  # background beyond the frame on every side, for the camera to look at
SENSOR_NOISE = 1.6  # grey levels, standard deviation

Camera = Callable[[float], tuple[float, float]]
"""Where the scene's origin is on the frame at a time: pixels (x, y), within the margin."""


class Actor(Protocol):
    """A thing on the stage that moves."""

    name: str

    def parts(self, time_s: float) -> list[Part]:
        """How it looks at that time, the hindmost part first, shadows included."""
        ...


@dataclass(frozen=True, eq=False)
class Stage:
    """All that is needed to draw any moment of a scene."""

    background: np.ndarray  # (HEIGHT + 2 * MARGIN, WIDTH + 2 * MARGIN, 3) uint8
    actors: Sequence[Actor]  # the hindmost first
    camera: Camera

    def frames(self, times_s: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """The picture at ``times_s`` (T,): uint8 (T, HEIGHT, WIDTH, 3) RGB, with sensor noise."""
        out = np.empty((len(times_s), HEIGHT, WIDTH, 3), np.uint8)
        grain = rng.standard_normal((2 * HEIGHT, 2 * WIDTH, 3), np.float32)
        grain = np.round(SENSOR_NOISE * grain).astype(np.int16)
        for frame, time_s in zip(out, times_s, strict=True):
            self._draw(frame, float(time_s))
            y, x = rng.integers(HEIGHT), rng.integers(WIDTH)
            cv2.add(frame, grain[y : y + HEIGHT, x : x + WIDTH], dst=frame, dtype=cv2.CV_8U)
        return out

    def mask(self, name: str, time_s: float) -> np.ndarray:
        """bool (HEIGHT, WIDTH): the pixels in which the actor called ``name`` is seen."""
        camera = at(*self.camera(time_s))
        seen = np.zeros((HEIGHT, WIDTH), bool)
        for actor in self.actors:
            own = np.zeros((HEIGHT, WIDTH), bool)
            for part in actor.parts(time_s):
                if part.solid:
                    cover(own, part, camera)
            seen = seen | own if actor.name == name else seen & ~own
        return seen

    def _draw(self, frame: np.ndarray, time_s: float) -> None:
        x, y = self.camera(time_s)
        look = at(x - MARGIN, y - MARGIN)[:2]
        cv2.warpAffine(self.background, look, (WIDTH, HEIGHT), dst=frame)
        for actor in self.actors:
            for part in actor.parts(time_s):
                paste(frame, part, at(x, y))


def tripod(time_s: float) -> tuple[float, float]:
    """A camera that stands still."""
    return 0.0, 0.0


def handheld(rng: np.random.Generator, duration_s: float, pan: float, shake: float) -> Camera:
    """A camera that pans ``pan`` pixels over the clip and shakes by ``shake`` pixels."""
    across, up = Wander(rng, shake, 1.6), Wander(rng, 0.7 * shake, 1.6)
    reach = MARGIN - 4

    def camera(time_s: float) -> tuple[float, float]:
        u = time_s / duration_s
        eased = u * u * (3 - 2 * u) - 0.5
        x, y = pan * eased + across(time_s), up(time_s)
        return float(np.clip(x, -reach, reach)), float(np.clip(y, -reach, reach))

    return camera
