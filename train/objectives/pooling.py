"""From a map to one score: the maximum, or a softmax that sharpens into it while training."""

from torch import Tensor

SOFTEST, SHARPEST = 5.0, 200.0  # per unit of cosine: nearly the mean, nearly the maximum


def pool(maps: Tensor, progress: float = 1.0, anneal: float = 0.0) -> Tensor:
    """(..., h, w) to (...), at ``progress`` in [0, 1] of the training.

    Over the first ``anneal`` of the training the sharpness grows geometrically, and from there on
    it is the maximum, as EZ-VSL, FNAC and MarginNCE pool throughout. A small network that starts
    with the maximum follows whatever place happened to be best at first, and learns little.
    """
    if progress >= anneal:
        return maps.amax((-2, -1))
    return soft_maximum(maps, SOFTEST * (SHARPEST / SOFTEST) ** (progress / anneal))


def soft_maximum(maps: Tensor, sharpness: float) -> Tensor:
    """Mean under softmax(sharpness * maps): 0 the plain mean, infinite the maximum."""
    places = maps.flatten(-2)
    return ((sharpness * places).softmax(-1) * places).sum(-1)
