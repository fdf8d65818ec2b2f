"""From a map to one score: the maximum, or a softmax that sharpens into it while training."""

from torch import Tensor

SOFTEST, SHARPEST = 5.0, 200.0  # per unit of cosine: nearly the mean, nearly the maximum
MAXIMUM = 0.0


def pool(
    maps: Tensor, progress: float = 1.0, anneal: float = 0.0, sharpness: float = MAXIMUM
) -> Tensor:
    """(..., h, w) to (...), at ``progress`` in [0, 1] of the training.

    By the maximum, as EZ-VSL, FNAC and MarginNCE pool throughout, or by a soft one of
    ``sharpness``. Over the first ``anneal`` of the training the sharpness grows into it
    geometrically: a small network that starts with the maximum follows whatever place happened to
    be best at first, and learns little. One that ends with it lights up single places, not things.
    """
    if progress < anneal:
        last = sharpness or SHARPEST
        return soft_maximum(maps, SOFTEST * (last / SOFTEST) ** (progress / anneal))
    return soft_maximum(maps, sharpness) if sharpness else maps.amax((-2, -1))


def soft_maximum(maps: Tensor, sharpness: float) -> Tensor:
    """Mean under softmax(sharpness * maps): 0 the plain mean, infinite the maximum."""
    places = maps.flatten(-2)
    return ((sharpness * places).softmax(-1) * places).sum(-1)
