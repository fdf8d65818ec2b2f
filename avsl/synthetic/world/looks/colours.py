"""Colours by name, as hue in turns, saturation and value, and the palettes drawn from them."""

import torch
from torch import Tensor

NAMED: dict[str, tuple[float, float, float]] = {
    "red": (0.99, 0.8, 0.85),
    "crimson": (0.96, 0.8, 0.65),
    "orange": (0.07, 0.8, 0.95),
    "amber": (0.11, 0.8, 0.98),
    "yellow": (0.15, 0.75, 0.97),
    "gold": (0.12, 0.72, 0.86),
    "brass": (0.115, 0.6, 0.75),
    "bronze": (0.08, 0.6, 0.6),
    "copper": (0.05, 0.6, 0.75),
    "lime": (0.24, 0.7, 0.8),
    "green": (0.33, 0.65, 0.65),
    "olive": (0.19, 0.55, 0.5),
    "teal": (0.49, 0.65, 0.65),
    "sky": (0.55, 0.5, 0.95),
    "blue": (0.6, 0.75, 0.8),
    "navy": (0.63, 0.65, 0.42),
    "violet": (0.75, 0.5, 0.75),
    "pink": (0.94, 0.4, 0.97),
    "rose": (0.97, 0.5, 0.85),
    "white": (0.1, 0.03, 0.97),
    "cream": (0.11, 0.2, 0.95),
    "silver": (0.58, 0.06, 0.8),
    "grey": (0.6, 0.06, 0.58),
    "slate": (0.6, 0.18, 0.42),
    "black": (0.65, 0.15, 0.17),
    "chestnut": (0.04, 0.65, 0.48),
    "brown": (0.065, 0.55, 0.48),
    "tan": (0.085, 0.45, 0.75),
    "sand": (0.1, 0.33, 0.86),
    "ginger": (0.07, 0.7, 0.83),
    "mahogany": (0.02, 0.65, 0.4),
    "pale skin": (0.06, 0.28, 0.96),
    "light skin": (0.07, 0.4, 0.88),
    "brown skin": (0.065, 0.5, 0.66),
    "dark skin": (0.06, 0.5, 0.45),
    "water": (0.55, 0.45, 0.95),
    "fire": (0.05, 0.85, 1.0),
    "ember": (0.14, 0.75, 1.0),
}


def rgb(hsv: Tensor) -> Tensor:
    """Hue in turns (any real number), saturation and value in [0, 1] -> RGB (..., 3)."""
    hue, saturation, value = hsv.unbind(-1)
    steps = torch.tensor([5.0, 3.0, 1.0], device=hsv.device)
    place = (steps + 6 * hue[..., None]) % 6
    dip = torch.minimum(place, 4 - place).clamp(0, 1)
    return value[..., None] * (1 - saturation[..., None] * dip)
