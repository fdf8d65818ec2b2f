"""When sources are heard, and the motion that goes with it."""

from dataclasses import dataclass

import torch
from torch import Tensor

from avsl.synthetic.world.draws import Draws
from avsl.synthetic.world.taxonomy import CLASSES, Rhythm

STRIKE_FALL_S = 0.11  # how fast what was struck comes back to rest
LEAD_S = 0.06  # a blow is seen to begin this long before it is heard
EDGE_S = 0.05  # how fast a call or a steady sound opens and closes
SHORTEST_STEP_S = 0.09  # from onset to onset, of all classes
HOLD_S = 0.4  # a source still counts as heard this long after an event


@dataclass(frozen=True, eq=False)
class Events:
    """At most E events of each of K sources, in order of time; ``level`` 0 where there is none."""

    onset_s: Tensor  # (K, E) float32
    duration_s: Tensor  # (K, E) of the excitation: what rings out is not counted
    level: Tensor  # (K, E) in [0, 1]

    def __getitem__(self, index) -> "Events":
        return Events(self.onset_s[index], self.duration_s[index], self.level[index])

    def unflatten(self, shape: tuple[int, ...]) -> "Events":
        """The same with sources in ``shape`` instead of K in a row."""
        parts = (self.onset_s, self.duration_s, self.level)
        return Events(*(part.unflatten(0, shape) for part in parts))


def draw_events(classes: Tensor, draws: Draws, start_s: Tensor, end_s: Tensor) -> Events:
    """Events of K sources of ``classes`` (K,) that lie within ``start_s`` to ``end_s`` (K,).

    A steady source has one event as long as its span; others fill it with their own rhythm.
    """
    table = _table(classes.device)[classes]  # (K, 5): gap low, high, length low, high, steady
    longest_s = float((end_s - start_s).max()) if len(classes) else 0.0
    count = int(longest_s / SHORTEST_STEP_S) + 2
    pace = draws.uniform("pace", low=0.0, high=1.0)[:, None]  # quick and slow ones of a class
    spread = draws.uniform("gaps", count)
    share = 0.6 * pace + 0.4 * spread
    gap = table[:, 0:1] + (table[:, 1:2] - table[:, 0:1]) * share
    length = table[:, 2:3] + (table[:, 3:4] - table[:, 2:3]) * draws.uniform("lengths", count)
    steady = table[:, 4:5] > 0
    span = (end_s - start_s)[:, None]
    step = gap + torch.where(table[:, 5:6] > 0, 0.0, 1.0) * length  # strikes: onset to onset
    first = gap[:, :1] * draws.uniform("first", 1)
    onset = start_s[:, None] + first + torch.cumsum(step, 1) - step
    level = draws.uniform("levels", count, low=0.55, high=1.0)
    fits = onset + length <= end_s[:, None]
    alone = torch.arange(count, device=classes.device) == 0
    return Events(
        torch.where(steady, start_s[:, None].expand_as(onset), onset),
        torch.where(steady, span.expand_as(length), length),
        torch.where(steady, alone.float(), torch.where(fits, level, 0.0)),
    )


def drive(events: Events, classes: Tensor, times_s: Tensor) -> Tensor:
    """How much each of K sources moves at times (T,): (K, T) in [0, 1], 0 at rest.

    What is struck jumps with the blow and falls back; calls open and close with the sound.
    """
    since = times_s[None, None] - events.onset_s[..., None]  # (K, E, T)
    struck = _table(classes.device)[classes, 5][:, None, None] > 0
    rise = ((since + LEAD_S) / LEAD_S).clamp(0, 1)
    blow = rise * torch.exp(-since.clamp(min=0) / STRIKE_FALL_S)
    left = events.duration_s[..., None] - since
    held = (torch.minimum(since, left) / EDGE_S + 1).clamp(0, 1)
    return (torch.where(struck, blow, held) * events.level[..., None]).amax(1)


def heard_at(events: Events, times_s: Tensor) -> Tensor:
    """Whether each of K sources is heard at times (T,), short pauses included: (K, T) bool."""
    since = times_s[None, None] - events.onset_s[..., None]
    near = (since > -HOLD_S / 4) & (since < events.duration_s[..., None] + HOLD_S)
    return (near & (events.level[..., None] > 0)).any(1)


def cycle(draws: Draws, active: Tensor, times_s: Tensor) -> Tensor:
    """Turns made by what turns or shakes while its source is active: (K, T), from a random start.

    ``active`` (K, T) is the drive at evenly spaced ``times_s`` (T,).
    """
    rate_hz = draws.uniform("turning", low=1.6, high=3.2)[:, None]
    step_s = float(times_s[1] - times_s[0]) if len(times_s) > 1 else 0.0
    turned = torch.cumsum(active, 1) * step_s * rate_hz
    return turned + draws.uniform("turned")[:, None]


def _table(device: torch.device) -> Tensor:
    rows = [
        (*kind.gap_s, *kind.length_s, kind.rhythm is Rhythm.STEADY, kind.rhythm is Rhythm.STRIKES)
        for kind in CLASSES
    ]
    return torch.tensor(rows, dtype=torch.float32, device=device)
