"""Where networks run: the best device there is, and autocast where it is safe."""

from contextlib import AbstractContextManager, nullcontext

import torch


def best_device() -> torch.device:
    """cuda, else mps, else cpu."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def autocast(device: torch.device) -> AbstractContextManager:
    """bfloat16 on GPUs that have it; float32 everywhere else (processors emulate it, slowly)."""
    if device.type == "cuda" and torch.cuda.is_bf16_supported():
        return torch.autocast("cuda", torch.bfloat16)
    return nullcontext()
