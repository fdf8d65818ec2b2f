"""What the stages see and hear of the world: heard classes only, each stage its own stream."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from avsl.synthetic.world import MIDDLING, Classes, Difficulty, Recipe, Scenes, World
from avsl.synthetic.world.taxonomy import HEARD
from train.stages.sizes import IMAGE_PX, WINDOW_S


@dataclass(frozen=True)
class Source:
    """An endless stream of scenes of one recipe; ``validation`` is another one of the same kind."""

    stage: str
    recipe: Recipe
    batch: int
    seed: int = 0
    difficulty: Difficulty = MIDDLING
    px: int = IMAGE_PX

    def __post_init__(self) -> None:
        if self.recipe.classes is not Classes.HEARD:
            raise ValueError("Training meets the heard classes only.")

    @property
    def world(self) -> World:
        return World(self.recipe, self.difficulty, self.px, WINDOW_S)

    def scenes(self, step: int, validation: bool = False) -> Scenes:
        """The batch of that step."""
        indices = step * self.batch + torch.arange(self.batch)
        stream = f"{'validation' if validation else 'train'} stage {self.stage}"
        return self.world.scenes(stream, self.seed, indices)

    def small(self) -> "Source":
        """The same in pictures of half the side, which cost a quarter; a ViT takes any."""
        return replace(self, px=self.px // 2)

    def of(self, **recipe) -> "Source":
        """The same with some of the recipe changed."""
        return replace(self, recipe=replace(self.recipe, **recipe))


def in_view(scenes: Scenes) -> Tensor:
    """(B, C) bool: which of the heard classes each scene shows."""
    return _which(scenes.classes, scenes.in_view)


def sounding(scenes: Scenes) -> Tensor:
    """(B, C) bool: which of the heard classes sound."""
    return _which(scenes.classes, scenes.sounding)


def class_masks(scenes: Scenes, masks: Tensor, wanted: Tensor) -> Tensor:
    """The pixels of the class ``wanted`` (B,), counted among the heard ones: (B, px, px) bool."""
    kinds = torch.tensor(HEARD)[wanted]
    chosen = (scenes.classes[:, :-1] == kinds[:, None]) & scenes.in_view[:, :-1]
    return (masks & chosen[..., None, None]).any(1)


def _which(classes: Tensor, chosen: Tensor) -> Tensor:
    kinds = torch.tensor(HEARD)
    return ((classes[..., None] == kinds) & chosen[..., None]).any(1)
