"""Negatives of all processes: the same gradients as one process with the whole batch, and no
process ever holds the maps of all pictures with all sounds.
"""

from math import prod
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch import Tensor, nn

from avsl.models.acl import Masker
from avsl.models.published import build
from avsl.synthetic.world import Recipe, World
from tests.train.small import SMALL
from tests.train.stages.micro import PX, micro
from train import distributed
from train.config import TrainConfig
from train.learning import Batch, learner
from train.objectives import Moment, total
from train.stages import backbone
from train.stages.sizes import CLASS_NAMES

PAIRS, PROCESSES = 10, 2  # no layer is 10 wide
FAMILY = ("ez_vsl", "fnac", "lvs", "margin_nce", "slavc")
ACL = ("acl", "acl-few", "acl-recomputed")
FEW = {"decoded_negatives": 3}


def config_of(name: str, folder: Path) -> TrainConfig:
    if name in FAMILY:
        settings = {"dim": 8, "image": {"width": 8}, "audio": {"width": 8}, "image_dropout": 0.0}
        ema = 0.9 if name == "slavc" else 0.0
        return SMALL.changed({
            "objective": name, "objective_settings": {}, "network_settings": settings,
            "ema_decay": ema, "batch": PAIRS,
        })  # fmt: skip
    settings = {"acl": {}, "acl-few": FEW, "acl-recomputed": {"recompute": True}}[name]
    settings = {"empty": 2, **settings}
    return TrainConfig(
        objective="acl", start=str(folder), px=PX, sound_s=1.0, batch=PAIRS,
        network_settings=settings,
    )  # fmt: skip


def step(name: str, folder: Path, rank: int = 0, processes: int = 1) -> dict[str, Tensor]:
    """Gradients of this process's share of the batch, and the numbers kept for the way back."""
    torch.manual_seed(0)
    student = learner(config_of(name, folder))
    for part in student.module.modules():
        if isinstance(part, nn.Dropout):
            part.p = 0.0
    px, sound_s = student.config.px, student.config.sound_s
    pairs = World(Recipe(), px=px, duration_s=sound_s).pairs("train", 0, torch.arange(PAIRS))
    share = slice(rank * PAIRS // processes, (rank + 1) * PAIRS // processes)
    batch = Batch(pairs.images, pairs.waveforms)[share]
    kept: list[torch.Size] = []

    def keep(value: Tensor) -> Tensor:
        kept.append(value.shape)
        return value

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda value: value):
        loss = total(student.loss(student.prepare(batch), Moment(progress=0.5)))
    loss.backward()
    learned = student.trainable()
    distributed.average_gradients(learned)
    found = {str(number): each.grad.clone() for number, each in enumerate(learned)}
    return {**found, "loss": distributed.mean({"loss": loss})["loss"], "kept": kept}


def draw_nothing() -> None:
    """Masks without noise and without edges, and each picture with the sounds after its own."""
    Masker.hard = Masker.soft
    torch.randint = lambda high, size: torch.zeros(size, dtype=torch.long)
    torch.randperm = torch.arange


def share_of(rank: int, folder: Path) -> None:
    torch.set_num_threads(1)
    draw_nothing()
    meeting = f"file://{folder / 'meeting'}"
    dist.init_process_group("gloo", init_method=meeting, rank=rank, world_size=PROCESSES)
    found = {name: step(name, folder, rank, PROCESSES) for name in (*FAMILY, *ACL)}
    torch.save(found, folder / f"{rank}.pt")
    dist.destroy_process_group()


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("shared")
    torch.manual_seed(0)
    backbone.save(build(micro()), folder, {"class_names": CLASS_NAMES})
    return folder


@pytest.fixture(scope="module")
def alone(folder) -> dict:
    drawn = Masker.hard, torch.randint, torch.randperm
    draw_nothing()
    try:
        return {name: step(name, folder) for name in (*FAMILY, *ACL)}
    finally:
        Masker.hard, torch.randint, torch.randperm = drawn


@pytest.fixture(scope="module")
def shared(folder) -> list[dict]:
    mp.spawn(share_of, (folder,), nprocs=PROCESSES)
    return [torch.load(folder / f"{rank}.pt") for rank in range(PROCESSES)]


@pytest.mark.parametrize("name", [*FAMILY, *ACL])
def test_two_processes_take_the_step_of_one_with_the_whole_batch(name, alone, shared):
    for process in shared:
        assert process[name]["loss"] == pytest.approx(alone[name]["loss"], rel=1e-4)
        largest = max(alone[name][key].abs().max() for key in alone[name] if key.isdigit())
        for key in (key for key in alone[name] if key.isdigit()):
            difference = (process[name][key] - alone[name][key]).abs().max()
            assert difference < 1e-3 * largest, key


@pytest.mark.parametrize("name", [*FAMILY, "acl"])
def test_no_process_holds_maps_of_all_pictures_with_all_sounds(name, alone, shared):
    def of_all(kept: list[torch.Size]) -> list[torch.Size]:
        return [shape for shape in kept if len(shape) > 2 and shape.count(PAIRS) == 2]

    assert of_all(alone[name]["kept"])
    assert not of_all(shared[0][name]["kept"])


def test_recomputing_takes_the_same_step_in_less_memory(alone):
    plain, recomputed = alone["acl"], alone["acl-recomputed"]
    for key in (key for key in plain if key.isdigit()):
        assert torch.allclose(recomputed[key], plain[key], rtol=1e-4, atol=1e-7)
    numbers = [sum(map(prod, each["kept"])) for each in (recomputed, plain)]
    assert numbers[0] < 0.5 * numbers[1]
