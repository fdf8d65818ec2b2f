"""Trainings of a second: a very small network on very small pictures."""

from pathlib import Path

import pytest
import torch

from train.config import TrainConfig
from train.logbook import LOSSES, columns
from train.train import train

# No narrower than 8 channels: the gradient of a strided 1 x 1 convolution of fewer writes past its
# memory in torch 2.12 on processors without AVX-512.
SMALL = TrainConfig(
    name="small",
    objective="margin_nce",
    objective_settings={"temperature": 0.07, "anneal": 0.5},
    network_settings={"dim": 8, "image": {"width": 8}, "audio": {"width": 8}},
    px=32,
    sound_s=1.0,
    batch=8,
    steps=4,
    validate_every=4,
    validation_scenes=8,
    pictures=2,
    workers=0,
    threads=1,
    log_every=1,
    device="cpu",
)


@pytest.fixture
def one_thread():
    """Sums of one thread are the same to the bit in any process."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def losses(out: Path) -> list[float]:
    """Of every step of the training in ``out``."""
    return columns(out / "run" / LOSSES)["total"]


def trained(out: Path, resume: bool = False, **changes) -> list[float]:
    """Train here and now; the losses."""
    train(SMALL.changed(changes), out, resume)
    return losses(out)
