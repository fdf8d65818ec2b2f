"""The gallery of "Swap the sound": pictures of the sounding world, and sounds to play to them.

What is in it was chosen for what there is to see: every picture has the sound of each of its
things, most things stand somewhere else in another picture, and every sound but one belongs to a
picture and to others not at all. Where things stand is drawn: of each picture the first scene of
its stream in which all of them are seen whole, whatever a variant makes of it.
"""

import threading
from dataclasses import dataclass, replace
from functools import cache
from itertools import count

import numpy as np
import torch
from torch import Tensor

from avsl.swap import Sound, Still
from avsl.synthetic.world import CLASSES, NAMES, Recipe, Scenes, World
from avsl.synthetic.world.world import boxes_of
from avsl.ui.world_examples import CLEAR

PICTURES = (
    ("baby", "guitar", "dog"),
    ("kettle", "church bell", "helicopter"),
    ("dog", "kettle"),
    ("church bell", "helicopter"),
)
AWAY = "owl"  # heard, and in none of the pictures
SEED = 0
PX, DURATION_S = 320, 3.0
APART = replace(CLEAR, name="apart", overlap=0.0)  # nothing hides behind anything
LEAST_SEEN = 0.04  # share of the picture that each thing has to cover
EDGE = 0.005  # share of the side that stays free around them


@dataclass(frozen=True, eq=False)
class SoundingGallery:
    """P pictures and N sounds, and where the things are that make them."""

    stills: tuple[Still, ...]  # (P,)
    sounds: tuple[Sound, ...]  # (N,) named after what makes them
    masks: dict[tuple[Still, str], np.ndarray]  # bool (H, W): where the thing of that name is

    def tells(self, still: Still, name: str) -> bool:
        """Whether it is known if, and where, a thing of that name is in the picture."""
        return still in self.stills and any(name == sound.name for sound in self.sounds)


def sounding_gallery() -> SoundingGallery:
    """Made when first asked for, once for everybody; always the same for one version of the
    world.
    """
    with _lock:
        return _made()


_lock = threading.Lock()


@cache
def _made() -> SoundingGallery:
    names = tuple(dict.fromkeys(name for kinds in PICTURES for name in kinds))
    sounds = tuple(Sound(name, _heard(name)) for name in (*names, AWAY))
    stills, masks = [], {}
    for kinds in PICTURES:
        frame, shown = _seen(kinds)
        still = Still(_listed(kinds), frame)
        stills.append(still)
        masks |= {(still, name): mask for name, mask in zip(kinds, shown, strict=True)}
    return SoundingGallery(tuple(stills), sounds, masks)


def _seen(kinds: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """A picture of things, uint8 (H, W, 3), and where each is: bool (things, H, W)."""
    world = _world()
    for index in count():
        images, masks = world.pictures(_scene(world, kinds, index))
        shown = masks[0, : len(kinds)]
        if _whole(shown):
            frame = (images[0] * 255).round().byte().permute(1, 2, 0)
            return frame.numpy(), shown.numpy()
    raise AssertionError  # a stream has no end


def _whole(shown: Tensor) -> bool:
    """Whether things (N, H, W) are large enough and none is cut off at an edge."""
    boxes = boxes_of(shown)
    inside = (boxes[:, :2] >= EDGE).all() and (boxes[:, 2:] <= 1 - EDGE).all()
    return bool(inside and shown.float().mean((1, 2)).min() >= LEAST_SEEN)


def _heard(name: str) -> np.ndarray:
    """(S,) float32 mono 16 kHz: one thing alone."""
    world = _world()
    return world.sounds(_scene(world, (name,), 0))[0].numpy()


def _world() -> World:
    return World(Recipe(), APART, PX, DURATION_S)


def _scene(world: World, kinds: tuple[str, ...], index: int) -> Scenes:
    """Scene ``index`` of the stream of these things, all of them in view and sounding."""
    drawn = world.scenes(f"swap {', '.join(kinds)}", SEED, torch.tensor([index]))
    classes = drawn.classes.clone()
    classes[0, : len(kinds)] = torch.tensor([NAMES.index(name) for name in kinds])
    there = (torch.arange(classes.shape[1]) < len(kinds))[None]
    return replace(drawn, classes=classes, in_view=there, sounding=there)


def _listed(kinds: tuple[str, ...]) -> str:
    """ "a dog and a kettle"."""
    nouns = [CLASSES[NAMES.index(name)].noun for name in kinds]
    return f"{', '.join(nouns[:-1])} and {nouns[-1]}"
