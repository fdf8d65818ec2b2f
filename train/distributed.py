"""One process or several (``torchrun``), over gloo or nccl: who am I, gather, average.

Every function does nothing in a single process, so that the training reads the same either way.
"""

import os
import socket
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn

from avsl.devices import best_device
from avsl.errors import SettingError

MEETING, STARTS = "avsl meeting", "avsl starts"  # keys of torchrun's store
MEET_S, TRY_S = 600, 5


@dataclass(frozen=True)
class Joined:
    """Where this process is."""

    device: torch.device
    restarted: bool = False  # torchrun started all of them anew after a failure; rank 0 knows


@contextmanager
def processes(device: str = "auto") -> Iterator[Joined]:
    """Joins the others where ``torchrun`` started this process."""
    several = "WORLD_SIZE" in os.environ and "LOCAL_RANK" in os.environ
    chosen = best_device() if device == "auto" else torch.device(device)
    if not several:
        yield Joined(chosen)
        return
    if chosen.type == "cuda":
        chosen = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
        torch.cuda.set_device(chosen)
    store, starts = _meet(int(os.environ["RANK"]))
    dist.init_process_group(
        "nccl" if chosen.type == "cuda" else "gloo",
        store=store, rank=int(os.environ["RANK"]), world_size=int(os.environ["WORLD_SIZE"]),
    )  # fmt: skip
    try:
        yield Joined(chosen, starts > 1)
    finally:
        dist.destroy_process_group()


def _meet(rank: int) -> tuple[dist.Store, int]:
    """A store of this start alone, kept by rank 0, and which start it is, for rank 0 to know.

    torchrun's own store outlives a restart, and with it the addresses of processes that are dead:
    processes that meet there wait for those for half an hour, every now and then
    (pytorch/pytorch#135712). How often each node was restarted differs from node to node, too.
    """
    host, port = os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"])
    kept = os.environ.get("TORCHELASTIC_USE_AGENT_STORE") == "True"
    if not kept:
        return dist.TCPStore(host, port, is_master=rank == 0), 1
    shared = dist.TCPStore(host, port, is_master=False)
    if rank == 0:
        mine = dist.TCPStore(host, 0, is_master=True, wait_for_workers=False)
        starts = shared.add(STARTS, 1)
        shared.set(MEETING, str(mine.port))
        return mine, starts
    deadline = time.monotonic() + MEET_S
    while time.monotonic() < deadline:
        told = int(shared.get(MEETING))
        if _answers(host, told):  # what is told at first may be the port of a dead process
            return dist.TCPStore(host, told, is_master=False), 1
        time.sleep(0.1)
    raise SettingError(f"The process of rank 0 did not answer at {host} within {MEET_S} s.")


def _answers(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=TRY_S):
            return True
    except OSError:
        return False


def count() -> int:
    """How many processes train together."""
    return dist.get_world_size() if dist.is_initialized() else 1


def rank() -> int:
    """Which of them this is; 0 writes files."""
    return dist.get_rank() if dist.is_initialized() else 0


def told(what: Any) -> Any:
    """What rank 0 knows, such as a state to resume from; the others need not see its files."""
    if count() == 1:
        return what
    said = [what]
    dist.broadcast_object_list(said, 0)
    return said[0]


def gathered(values: Tensor) -> Tensor:
    """(B, ...) of every process, in order of rank: (B * processes, ...); gradients flow back."""
    return _Gather.apply(values) if count() > 1 else values


def summed(values: Tensor) -> Tensor:
    """Over all processes; gradients flow back."""
    return _Sum.apply(values) if count() > 1 else values


def mean(values: dict[str, Tensor]) -> dict[str, float]:
    """Scalars, averaged over all processes."""
    stacked = summed(torch.stack([value.detach().float() for value in values.values()]))
    return dict(zip(values, (stacked / count()).tolist(), strict=True))


def average_gradients(parameters: Iterable[nn.Parameter]) -> None:
    """The gradient of the mean of all processes' losses; one message for all parameters."""
    if count() == 1:
        return
    gradients = [each.grad for each in parameters if each.grad is not None]
    flat = torch.cat([gradient.flatten() for gradient in gradients])
    dist.all_reduce(flat)
    flat /= count()
    for gradient, mine in zip(gradients, flat.split([g.numel() for g in gradients]), strict=True):
        gradient.copy_(mine.view_as(gradient))


def agree(flag: bool, device: torch.device) -> bool:
    """What the process of rank 0 says; the others wait for it."""
    if count() == 1:
        return flag
    said = torch.tensor(int(flag), device=device)
    dist.broadcast(said, 0)
    return bool(said)


class _Gather(torch.autograd.Function):
    @staticmethod
    def forward(ctx, values: Tensor) -> Tensor:
        parts = [torch.empty_like(values) for _ in range(count())]
        dist.all_gather(parts, values.contiguous())
        return torch.cat(parts)

    @staticmethod
    def backward(ctx, gradient: Tensor) -> Tensor:
        # Each process has a loss of its own over all values; the gradient of mine is their sum.
        gradient = gradient.contiguous()
        dist.all_reduce(gradient)
        return gradient.chunk(count())[rank()]


class _Sum(torch.autograd.Function):
    @staticmethod
    def forward(ctx, values: Tensor) -> Tensor:
        total = values.clone()
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx, gradient: Tensor) -> Tensor:
        total = gradient.clone()
        dist.all_reduce(total)
        return total


class SharedBatchNorm2d(nn.BatchNorm2d):
    """Batch norm with the statistics of all processes' batches, which are of equal size.

    torch's SyncBatchNorm knows cuda alone; this one works wherever ``all_reduce`` does.
    """

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or count() == 1:
            return super().forward(x)
        wide = x.float()
        average = summed(wide.mean((0, 2, 3))) / count()
        centred = wide - average[:, None, None]
        variance = summed(centred.square().mean((0, 2, 3))) / count()
        self._remember(average.detach(), variance.detach(), count() * x.numel() // x.shape[1])
        normal = centred * torch.rsqrt(variance + self.eps)[:, None, None]
        if self.affine:
            normal = normal * self.weight[:, None, None] + self.bias[:, None, None]
        return normal.to(x.dtype)

    @torch.no_grad()
    def _remember(self, average: Tensor, variance: Tensor, places: int) -> None:
        self.num_batches_tracked += 1
        self.running_mean.lerp_(average, self.momentum)
        self.running_var.lerp_(variance * places / (places - 1), self.momentum)


def share_batch_norms(module: nn.Module) -> nn.Module:
    """Every BatchNorm2d below ``module`` becomes a shared one, with the same names and weights."""
    for child in module.modules():
        if type(child) is nn.BatchNorm2d:
            child.__class__ = SharedBatchNorm2d
    return module
