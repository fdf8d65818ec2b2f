"""The sounding world: pictures with sounds, as many as wanted, whose truth is known exactly.

``World().pairs("train", seed, indices)`` gives training pairs, quickly; scene number ``i`` of a
stream is the same in any batch, process and on any device.
"""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from avsl.synthetic.world.backdrop import backdrops
from avsl.synthetic.world.dials import MIDDLING, Difficulty, Recipe
from avsl.synthetic.world.draws import Draws
from avsl.synthetic.world.events import Events, cycle, draw_events, drive
from avsl.synthetic.world.hearing import waveforms
from avsl.synthetic.world.looks import LookDial, Looks, draw_looks, sprites
from avsl.synthetic.world.picture import compose, seen
from avsl.synthetic.world.scenes import Scenes, draw_placing, draw_scenes

VERSION = 1  # of the world: scenes of other versions differ
AT_ONCE = 32  # scenes made together: more do not fit the processor's cache
SPRITE_SHARE = 4 / 7  # side of a sprite as a share of the picture's
FROM_REST_S = 1 / 15  # between the moments from which a still's motion is read


@dataclass(frozen=True, eq=False)
class Pairs:
    """B pictures and B sounds, and what is true of them."""

    images: Tensor  # (B, 3, px, px) float32 in [0, 1]
    waveforms: Tensor  # (B, S) float32 in [-1, 1], 16 kHz
    masks: Tensor  # (B, N, px, px) bool: the pixels that show each object
    scenes: Scenes

    def __len__(self) -> int:
        return len(self.images)

    @property
    def truth(self) -> Tensor:
        """(B, px, px) bool: the pixels of everything in view that is heard."""
        return (self.masks & self.scenes.seen_and_heard[..., None, None]).any(1)

    @property
    def boxes(self) -> Tensor:
        """(B, N, 4) float32: x0, y0, x1, y1 in shares of the side; zeros where nothing shows."""
        return boxes_of(self.masks)


@dataclass(frozen=True)
class World:
    """A recipe and a difficulty; everything else follows from a stream's name, seed and index."""

    recipe: Recipe = field(default_factory=Recipe)
    difficulty: Difficulty = MIDDLING
    px: int = 112
    duration_s: float = 3.0
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))

    def scenes(self, stream: str, seed: int, indices: Tensor) -> Scenes:
        """Who is where and who sounds, of the scenes ``indices`` (B,) int64."""
        name = f"world {VERSION} {stream}"
        return draw_scenes(Draws.of(name, seed, indices.to(self.device)), self.recipe)

    @torch.no_grad()
    def pairs(self, stream: str, seed: int, indices: Tensor) -> Pairs:
        """Picture-and-sound pairs of the scenes ``indices`` (B,) int64 of ``stream``."""
        return self.render(self.scenes(stream, seed, indices))

    @torch.no_grad()
    def render(self, scenes: Scenes) -> Pairs:
        """Pictures and sounds of scenes drawn before; ``sounding`` may have been changed."""
        parts = [
            self._some(scenes[first : first + AT_ONCE]) for first in range(0, len(scenes), AT_ONCE)
        ]
        images, sounds, masks = (torch.cat(part) for part in zip(*parts, strict=True))
        return Pairs(images, sounds, masks, scenes)

    @torch.no_grad()
    def pictures(self, scenes: Scenes) -> tuple[Tensor, Tensor]:
        """Only the pictures of scenes (B, 3, px, px), and the masks of what they show."""
        parts = []
        for first in range(0, len(scenes), AT_ONCE):
            some = scenes[first : first + AT_ONCE]
            parts.append(self._pictured(some, self._events(some)))
        images, masks = (torch.cat(part) for part in zip(*parts, strict=True))
        return images, masks

    @torch.no_grad()
    def sounds(self, scenes: Scenes) -> Tensor:
        """Only the sounds of scenes, (B, S)."""
        return waveforms(scenes, self._events(scenes), self.difficulty, self.duration_s)

    def looks(self, scenes: Scenes) -> Looks:
        """Of the objects in view, in row order."""
        scene, slot = torch.nonzero(scenes.in_view[:, :-1], as_tuple=True)
        dial = LookDial(self.difficulty.colour, self.difficulty.look_variation)
        return draw_looks(scenes.classes[scene, slot], scenes.objects[scene, slot], dial)

    def _some(self, scenes: Scenes) -> tuple[Tensor, Tensor, Tensor]:
        events = self._events(scenes)
        sounds = waveforms(scenes, events, self.difficulty, self.duration_s)
        picture, masks = self._pictured(scenes, events)
        return picture, sounds, masks

    def _events(self, scenes: Scenes) -> Events:
        """Events of every slot, silent ones too: those move as if they sounded."""
        objects = scenes.objects
        start = 0.3 * objects.uniform("start")
        end = self.duration_s - 0.3 * objects.uniform("end")
        flat = draw_events(
            scenes.classes.flatten(), objects.flatten(), start.flatten(), end.flatten()
        )
        return flat.unflatten(scenes.classes.shape)

    def _pictured(self, scenes: Scenes, events: Events) -> tuple[Tensor, Tensor]:
        in_view = scenes.in_view[:, :-1]
        scene, slot = torch.nonzero(in_view, as_tuple=True)
        looks = self.looks(scenes)
        classes = scenes.classes[scene, slot]
        moments = self.duration_s / 2 + FROM_REST_S * torch.arange(-1, 1, device=self.device)
        moving = drive(events[scene, slot], classes, moments)
        turned = cycle(scenes.objects[scene, slot], moving, moments)
        small = sprites(looks, moving[:, -1], turned[:, -1], round(SPRITE_SHARE * self.px))
        placing = draw_placing(scenes, self.difficulty, "one")
        ground = backdrops(scenes.draws, self.difficulty, self.px)
        picture, shown = compose(ground, small, in_view, placing)
        return seen(picture, scenes.draws, self.difficulty, scenes.draws), shown > 0.5


def boxes_of(masks: Tensor) -> Tensor:
    """Tight boxes of masks (..., H, W) bool: (..., 4) as x0, y0, x1, y1 in shares of the sides;
    zeros where a mask is empty.
    """
    edges = []
    for axis in (-2, -1):  # columns that hold anything, then rows
        held = masks.any(dim=axis)
        count = held.shape[-1]
        places = torch.arange(count, device=masks.device)
        first = torch.where(held, places, count).amin(-1)
        last = torch.where(held, places + 1, 0).amax(-1)
        edges.append((first / count, last / count))
    (x0, x1), (y0, y1) = edges
    boxes = torch.stack([x0, y0, x1, y1], dim=-1)
    return torch.where(masks.any(-1).any(-1)[..., None], boxes, 0.0)
