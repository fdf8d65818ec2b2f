"""The sounding world: endless pictures and films with sound, whose truth is known exactly.

>>> import torch
>>> from avsl.synthetic.world import World
>>> pairs = World().pairs("train", seed=0, indices=torch.arange(32))
>>> pairs.images.shape, pairs.waveforms.shape, pairs.truth.shape

Everything is drawn by torch from a stream's name, a seed and a scene's index, so a scene is the
same in any batch, in any process and, to float tolerance, on any device. ``Recipe`` says what
scenes are made of, ``Difficulty`` how hard they are to see and to hear.
"""

from avsl.synthetic.world.dials import (
    DIFFICULTIES,
    EASY,
    HARD,
    MIDDLING,
    Classes,
    Difficulty,
    Recipe,
)
from avsl.synthetic.world.film import Cinema, Film
from avsl.synthetic.world.scenes import Scenes
from avsl.synthetic.world.taxonomy import CLASSES, NAMES, SoundClass
from avsl.synthetic.world.words import captions, descriptions, names_in_view
from avsl.synthetic.world.world import VERSION, Pairs, World

__all__ = [
    "CLASSES",
    "DIFFICULTIES",
    "EASY",
    "HARD",
    "MIDDLING",
    "NAMES",
    "VERSION",
    "Cinema",
    "Classes",
    "Difficulty",
    "Film",
    "Pairs",
    "Recipe",
    "Scenes",
    "SoundClass",
    "World",
    "captions",
    "descriptions",
    "names_in_view",
]
