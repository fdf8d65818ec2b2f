"""Scenes as numbers: which classes are in view, where, how large, and which of them sound."""

from dataclasses import dataclass, fields

import torch
from torch import Tensor

from avsl.synthetic.world.dials import MOST_OBJECTS, Difficulty, Recipe
from avsl.synthetic.world.draws import Draws

# An object's size is its side as a share of the picture's, by how many there are. Large ones are
# needed: protocols that mark half of the picture can find nothing else.
SIZES = torch.tensor([[0.5, 1.3], [0.42, 0.85], [0.35, 0.62], [0.3, 0.5]])
PLACES_TRIED = 16


@dataclass(frozen=True, eq=False)
class Placing:
    """Where N objects of B scenes stand; x right, y down, in shares of the picture's side."""

    centre: Tensor  # (B, N, 2)
    size: Tensor  # (B, N): side of the square that the object fills
    angle: Tensor  # (B, N): radians, clockwise


@dataclass(frozen=True, eq=False)
class Scenes:
    """B scenes of N object slots; later slots stand in front. One more slot is out of view."""

    draws: Draws  # of the scenes, keys (B,)
    classes: Tensor  # (B, N + 1) int64; the last is the class that is heard from out of view
    in_view: Tensor  # (B, N + 1) bool
    sounding: Tensor  # (B, N + 1) bool
    matched: Tensor  # (B,) bool: False where the sound is of another scene

    def __len__(self) -> int:
        return len(self.classes)

    def __getitem__(self, index) -> "Scenes":
        return Scenes(*(getattr(self, part.name)[index] for part in fields(self)))

    @property
    def objects(self) -> Draws:
        """Draws of every slot, keys (B, N + 1)."""
        return self.draws.of_each("object", self.classes.shape[1])

    @property
    def seen_and_heard(self) -> Tensor:
        """(B, N) bool: the sources in view, which a map should mark."""
        return (self.sounding & self.in_view)[:, :-1]


def draw_scenes(draws: Draws, recipe: Recipe) -> Scenes:
    """Scenes of keys (B,). What sounds is chosen last and blindly, so nothing in the picture
    tells it from what is silent.
    """
    count = 1 + draws.choice("how many objects", torch.tensor(recipe.objects))
    slots = torch.arange(MOST_OBJECTS + 1, device=count.device)
    in_view = slots < count[:, None]
    classes = _distinct_classes(draws, recipe)
    heard_in_view = draws.choice("how many sound", torch.tensor(recipe.sounding))
    turn = draws.order("who sounds", MOST_OBJECTS)
    rank = _rank_among(turn, in_view[:, :-1])
    sounding = in_view[:, :-1] & (rank < heard_in_view[:, None])
    classes = _with_twins(draws, recipe, classes, sounding, in_view)

    away = draws.chance("off screen", recipe.off_screen)
    matched = ~draws.chance("mismatched", recipe.mismatched)
    elsewhere = away | ~matched
    outside = elsewhere | draws.chance("intruder", recipe.intruder)
    sounding = torch.cat([sounding & ~elsewhere[:, None], outside[:, None]], dim=1)
    stray = _weighted_class(draws, recipe)  # of another scene: whatever it is
    classes[:, -1] = torch.where(matched, classes[:, -1], stray)
    return Scenes(draws, classes, in_view, sounding, matched)


def draw_placing(scenes: Scenes, difficulty: Difficulty, shot: str) -> Placing:
    """Places for the objects in view: each the first of some tries that is clear of the others,
    or else the one that is clearest.
    """
    draws = scenes.draws.of_each("place " + shot, MOST_OBJECTS)
    in_view = scenes.in_view[:, :-1]
    low, high = SIZES.to(in_view.device)[in_view.sum(1) - 1].unbind(1)
    share = draws.uniform("size")
    size = low[:, None] + (high - low)[:, None] * share
    angle = 0.3 * draws.normal("angle").clamp(-2, 2)
    tries = draws.uniform("tries", PLACES_TRIED, 2)  # (B, N, P, 2)
    margin = (0.42 * size)[..., None, None].clamp(max=0.5)
    tries = margin + (1 - 2 * margin) * tries
    centres: list[Tensor] = []
    for slot in range(MOST_OBJECTS):
        crowding = torch.zeros_like(tries[:, slot, :, 0])
        for other, centre in enumerate(centres):
            apart = (tries[:, slot] - centre[:, None]).norm(dim=-1)
            smaller = torch.minimum(size[:, slot], size[:, other])[:, None]
            wanted = 0.42 * (size[:, slot] + size[:, other])[:, None]
            wanted = wanted - 0.84 * difficulty.overlap * smaller
            crowding = torch.maximum(crowding, (wanted - apart).clamp(min=0))
        best = crowding.argmin(dim=1)
        centres.append(tries[:, slot][torch.arange(len(best), device=best.device), best])
    return Placing(torch.stack(centres, dim=1), size, angle)


def _distinct_classes(draws: Draws, recipe: Recipe) -> Tensor:
    """(B, N + 1) int64: classes drawn by weight without putting back."""
    indices = torch.tensor(recipe.classes.indices, device=draws.keys.device)
    weights = _class_weights(recipe).to(indices.device)
    luck = -torch.log1p(-draws.uniform("classes", len(indices))) / weights  # exponential races
    return indices[luck.argsort(dim=1, stable=True)[:, : MOST_OBJECTS + 1]]


def _weighted_class(draws: Draws, recipe: Recipe) -> Tensor:
    indices = torch.tensor(recipe.classes.indices, device=draws.keys.device)
    return indices[draws.choice("class of another scene", _class_weights(recipe))]


def _class_weights(recipe: Recipe) -> Tensor:
    return (1.0 + torch.arange(len(recipe.classes.indices))) ** -recipe.imbalance


def _rank_among(turn: Tensor, present: Tensor) -> Tensor:
    """(B, N): the place of each slot in a random order of those present; the others come last."""
    last = torch.where(present, turn, turn + turn.shape[1])
    return last.argsort(dim=1, stable=True).argsort(dim=1, stable=True)


def _with_twins(
    draws: Draws, recipe: Recipe, classes: Tensor, sounding: Tensor, in_view: Tensor
) -> Tensor:
    """Some silent objects become another one of what sounds."""
    silent = in_view[:, :-1] & ~sounding
    first_silent = silent & (silent.cumsum(1) == 1)
    model = classes[:, :-1].gather(1, sounding.float().argmax(1, keepdim=True))
    twin = draws.chance("twin", recipe.twins)[:, None] & first_silent & sounding.any(1)[:, None]
    return torch.cat([torch.where(twin, model, classes[:, :-1]), classes[:, -1:]], dim=1)
