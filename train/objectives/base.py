"""The contract of an objective, and what it may want to know beside the network's output."""

from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, ClassVar, Protocol

from torch import Tensor

from avsl.models.twostream import TwoStreamOutput

TWO_STREAM, CLIP = "two-stream", "clip"  # whose output an objective takes


def alone(rows: Tensor) -> Tensor:
    """A process by itself, or one that shares no negatives, has all rows there are."""
    return rows


@dataclass(frozen=True)
class Moment:
    """Where the training stands and what else is known of the batch."""

    progress: float = 1.0  # share of the training that is done, in [0, 1]
    exclude: Tensor | None = None  # (B, B) bool: pairs that are not to be negatives
    target: TwoStreamOutput | None = None  # of the averaged network on this batch, for SLAVC
    # One row for each picture of this process, (b, ...), to those of all processes, (B, ...).
    # Maps with other clips' sounds stay where their pictures are; numbers made of them travel.
    together: Callable[[Tensor], Tensor] = alone


class Objective(Protocol):
    """A frozen dataclass of settings that turns a network's output into a loss.

    The loss is a scalar, or a frozen dataclass of scalar terms with a ``total``.
    """

    family: ClassVar[str]  # TWO_STREAM: takes a TwoStreamOutput; CLIP: an ACL's TrainingOutput
    heads: ClassVar[int]  # projections of each tower that it needs
    needs_target: ClassVar[bool]  # whether ``moment.target`` must be given
    margin: float  # negative: a less strict boundary

    def __call__(self, out: Any, moment: Moment) -> Any: ...


def total(loss: Any) -> Tensor:
    """What to minimise of a loss."""
    return loss.total if is_dataclass(loss) else loss


def terms(loss: Any) -> dict[str, Tensor]:
    """The loss by its terms, ``total`` among them, to log; detached scalars."""
    named = {"total": total(loss)}
    if is_dataclass(loss):
        named |= {field.name: getattr(loss, field.name) for field in fields(loss)}
    return {name: value.detach() for name, value in named.items()}
