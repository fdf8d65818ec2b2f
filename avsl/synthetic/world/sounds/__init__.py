"""How the classes of the world sound: small physical models of each, batched and seeded."""

from collections.abc import Callable, Hashable, Iterator

import torch
from torch import Tensor

from avsl.synthetic.world.draws import Draws
from avsl.synthetic.world.events import Events
from avsl.synthetic.world.sounds.dsp import normalised
from avsl.synthetic.world.sounds.machines import MACHINES
from avsl.synthetic.world.sounds.ranges import SoundDial
from avsl.synthetic.world.sounds.struck import STRUCK, Struck, strike
from avsl.synthetic.world.sounds.textures import TEXTURES, Texture, pour
from avsl.synthetic.world.sounds.tones import Tone, sound, vowels_of
from avsl.synthetic.world.sounds.voices import VOICES
from avsl.synthetic.world.sounds.winds import WINDS
from avsl.synthetic.world.taxonomy import NAMES

__all__ = ["SoundDial", "synthesise"]

AT_ONCE = 16  # sources rendered together: so many stay in the processor's cache
_FULL = SoundDial()
_ROWS = STRUCK | VOICES | WINDS | MACHINES | TEXTURES


def synthesise(
    classes: Tensor, draws: Draws, events: Events, samples: int, dial: SoundDial = _FULL
) -> Tensor:
    """The sound of K sources of ``classes`` (K,) during their ``events``: (K, samples).

    float32 at 16 kHz. The loudest 50 ms of each have an RMS of 0.1; a source without events is
    exactly silent. A source sounds the same whatever else is in the batch.
    """
    out = torch.zeros(len(classes), samples, device=draws.keys.device)
    names = [NAMES[i] for i in classes.tolist()]
    live = (events.level > 0).any(1).tolist()
    rows = {i: _ROWS[name] for i, name in enumerate(names) if live[i]}
    for family, here in _grouped(rows):
        kinds = [rows[i] for i in here]
        out[here] = normalised(family(kinds, draws[here], events[here], samples, dial))
    return out


def _grouped(
    rows: dict[int, Struck | Texture | Tone],
) -> Iterator[tuple[Callable[..., Tensor], list[int]]]:
    """The model and the places of sources that can be rendered together, a few at a time."""
    groups: dict[Hashable, list[int]] = {}
    for place, row in rows.items():
        groups.setdefault(_model(row), []).append(place)
    for (family, _), here in groups.items():
        for start in range(0, len(here), AT_ONCE):
            yield family, here[start : start + AT_ONCE]


def _model(row: Struck | Texture | Tone) -> tuple[Callable[..., Tensor], Hashable]:
    """What renders a row, and what the rows of one call must have in common."""
    if isinstance(row, Struck):
        return strike, row.long
    return (pour, None) if isinstance(row, Texture) else (sound, vowels_of(row))
