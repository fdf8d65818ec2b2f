"""When the graphics card's memory is short: smaller batches, then the processor, and a word of it.

A card may be shared, so what fitted a minute ago need not fit now.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import torch
from torch import nn

CPU = torch.device("cpu")
SMALLER = (
    "The memory of the graphics card was short, so it was given less at a time; the maps are the "
    "same."
)
ON_THE_PROCESSOR = (
    "The memory of the graphics card did not suffice, so the processor did the work; it takes "
    "longer, and the last digits of the maps may differ."
)

T = TypeVar("T")


def in_parts(work: Callable[..., T], *batches: Any) -> list[T]:
    """What ``work`` makes of ``batches``, sequences of one length, or of halves of them, of halves
    of those, ... where the memory does not suffice for more at once.

    Raises ``torch.OutOfMemoryError`` where it does not even suffice for one.
    """
    try:
        return [work(*batches)]
    except torch.OutOfMemoryError:
        count = len(batches[0])
        if count <= 1:
            raise
    # out of the handler, whose traceback holds on to what filled the memory
    torch.cuda.empty_cache()
    half = count // 2
    first = in_parts(work, *(batch[:half] for batch in batches))
    return first + in_parts(work, *(batch[half:] for batch in batches))


@contextmanager
def on_the_processor(variant: Any) -> Iterator[None]:
    """The variant's networks are on the processor meanwhile, and go back if they can."""
    home = variant.device
    _move(variant, CPU)
    torch.cuda.empty_cache()
    try:
        yield
    finally:
        try:
            _move(variant, home)
        except torch.OutOfMemoryError:  # what went there comes back
            _move(variant, CPU)


def _move(variant: Any, device: torch.device) -> None:
    for part in list(vars(variant).values()):
        if isinstance(part, nn.Module):
            part.to(device)
    for name in ("_probes", "eye_key"):  # worked out there
        vars(variant).pop(name, None)
    variant.device = device
