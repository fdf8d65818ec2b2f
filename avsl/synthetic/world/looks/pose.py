"""Where the parts of objects are at a moment: their rest, moved by drive and cycle."""

import torch
from torch import Tensor

from avsl.synthetic.world.looks.parts import FIELDS, MOTION
from avsl.synthetic.world.shapes import SHAPE

AT = {name: place for place, name in enumerate(FIELDS)}
_OWN = slice(AT[MOTION[0]], AT[MOTION[-1]] + 1)
_GROUP = slice(AT["group_" + MOTION[0]], AT["group_" + MOTION[-1]] + 1)
_PLACE = slice(0, 5)  # x, y, w, h, angle lead the fields of a shape


def posed(parts: Tensor, drive: Tensor, cycle: Tensor) -> Tensor:
    """Shapes (K, P, len(SHAPE)) of parts (K, P, len(FIELDS)) at drive (K,) and cycle (K,)."""
    drive, cycle = drive[:, None], cycle[:, None]
    shapes = parts[..., : len(SHAPE)].clone()
    place = _moved(shapes[..., _PLACE], parts[..., _OWN], drive, cycle)
    shapes[..., _PLACE] = _moved(place, parts[..., _GROUP], drive, cycle)
    shapes[..., AT["scroll"]] += parts[..., AT["scrolling"]] * (cycle % 1) * (drive > 0)
    turns = cycle * parts[..., AT["rate"]] + parts[..., AT["phase"]]
    blink = (0.5 + 0.8 * torch.sin(2 * torch.pi * turns)).clamp(0, 1)
    shown = 1 - parts[..., AT["hide"]] * (1 - drive.clamp(0, 1) ** 0.5)
    shapes[..., AT["opacity"]] *= shown * (1 - parts[..., AT["flash"]] * drive * (1 - blink))
    return shapes


def _moved(place: Tensor, motion: Tensor, drive: Tensor, cycle: Tensor) -> Tensor:
    """x, y, half sizes and angle (K, P, 5) after a motion (K, P, len(MOTION))."""
    x, y, w, h, angle = place.unbind(-1)
    m = dict(zip(MOTION, motion.unbind(-1), strict=True))
    beat = drive * torch.sin(2 * torch.pi * (cycle * m["rate"] + m["phase"]))
    turn = m["swing"] * drive + m["sway"] * beat + m["spin"] * cycle * m["rate"]
    wider = torch.lerp(m["rest_x"], m["full_x"], drive) * (1 + m["throb_x"] * beat)
    higher = torch.lerp(m["rest_y"], m["full_y"], drive) * (1 + m["throb_y"] * beat)
    across, down = (x - m["pivot_x"]) * wider, (y - m["pivot_y"]) * higher
    cos, sin = torch.cos(turn), torch.sin(turn)
    return torch.stack(
        (
            m["pivot_x"] + across * cos - down * sin + m["bob_x"] * drive + m["shake_x"] * beat,
            m["pivot_y"] + across * sin + down * cos + m["bob_y"] * drive + m["shake_y"] * beat,
            w * wider,
            h * higher,
            angle + turn,
        ),
        -1,
    )
