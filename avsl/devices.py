"""Where networks run: the best device there is, and autocast where it is safe."""

import os
from contextlib import AbstractContextManager, nullcontext

import torch

ZERO = "SPACES_ZERO_GPU"  # set on a Space whose card is lent for single calls
_lent = False  # to this process, now


def card_is_lent() -> None:
    """Said by a process that a ZeroGPU Space has lent its card: see :mod:`avsl.ui.trust.zero`."""
    global _lent
    _lent = True


def best_device() -> torch.device:
    """cuda, else mps, else cpu. On a ZeroGPU Space the card is there only where it is lent."""
    if ZERO in os.environ and not _lent:
        return torch.device("cpu")
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def usable_cores() -> int:
    """Of the processor, those that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def autocast(device: torch.device) -> AbstractContextManager:
    """bfloat16 on GPUs that have it; float32 everywhere else (processors emulate it, slowly)."""
    if device.type == "cuda" and torch.cuda.is_bf16_supported():
        return torch.autocast("cuda", torch.bfloat16)
    return nullcontext()
