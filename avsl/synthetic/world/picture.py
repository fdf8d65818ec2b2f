"""Objects laid over a backdrop and seen through a camera: pictures and exact masks."""

import torch
import torch.nn.functional as F
from torch import Tensor

from avsl.synthetic.world.backdrop import grid
from avsl.synthetic.world.dials import Difficulty
from avsl.synthetic.world.draws import Draws
from avsl.synthetic.world.scenes import Placing

SPRITE_REACH = 1.15  # sprites cover object coordinates from minus to plus this
REFERENCE_PX = 112  # blur and noise are stated at this side, and look alike at any other


def compose(
    backdrop: Tensor, sprites: Tensor, in_view: Tensor, placing: Placing
) -> tuple[Tensor, Tensor]:
    """Lay objects over backdrops, later slots in front.

    ``backdrop`` (B, 3, px, px), ``sprites`` (K, 4, s, s) premultiplied, one for each True in
    ``in_view`` (B, N) in row order. Returns pictures (B, 3, px, px) and the share of each pixel
    that shows each object, (B, N, px, px).
    """
    px = backdrop.shape[-1]
    picture = backdrop.clone()
    shown = backdrop.new_zeros(*in_view.shape, px, px)
    row = torch.cumsum(in_view.flatten(), 0).reshape(in_view.shape) - 1
    for slot in range(in_view.shape[1]):
        here = torch.nonzero(in_view[:, slot])[:, 0]
        if not len(here):
            continue
        to_sprite = _to_sprite(placing, here, slot)
        places = F.affine_grid(to_sprite, (len(here), 4, px, px), align_corners=False)
        laid = F.grid_sample(sprites[row[here, slot]], places, align_corners=False)
        behind = 1 - laid[:, 3:]
        picture[here] = picture[here] * behind + laid[:, :3]
        if slot:
            shown[here, :slot] *= behind
        shown[here, slot] = laid[:, 3]
    return picture, shown


def _to_sprite(placing: Placing, here: Tensor, slot: int) -> Tensor:
    """(B', 2, 3): from picture coordinates in [-1, 1] to sprite coordinates in [-1, 1]."""
    centre = 2 * placing.centre[here, slot] - 1
    scale = 1 / (placing.size[here, slot] * SPRITE_REACH)
    c = torch.cos(placing.angle[here, slot]) * scale
    s = torch.sin(placing.angle[here, slot]) * scale
    turn = torch.stack([torch.stack([c, s], -1), torch.stack([-s, c], -1)], dim=-2)
    return torch.cat([turn, -turn @ centre[..., None]], dim=-1)


def seen(picture: Tensor, draws: Draws, difficulty: Difficulty, sensor: Draws) -> Tensor:
    """What a camera makes of pictures (B, 3, px, px): light, lens and sensor; in [0, 1].

    ``sensor`` (B,) draws the noise, which differs from frame to frame; the rest does not.
    """
    px = picture.shape[-1]
    picture = picture * _light(draws, px)
    picture = _blurred(picture, draws.uniform("blur") * difficulty.blur)
    deviation = difficulty.sensor_noise * px / REFERENCE_PX * draws.uniform("noise level")
    noise = sensor.noise("sensor", 3, px, px)
    return (picture + deviation[:, None, None, None] * noise).clamp(0, 1)


def _light(draws: Draws, px: int) -> Tensor:
    """Brightness, tint and a slope of light across the picture: (B, 3, px, px) about 1."""
    x, y = grid(px, draws.keys.device)
    angle = draws.uniform("light angle", 1, 1, high=2 * torch.pi)
    slope = draws.uniform("light slope", 1, 1, high=0.5)
    across = 1 + slope * ((x - 0.5) * torch.cos(angle) + (y - 0.5) * torch.sin(angle))
    tint = draws.uniform("tint", 3, 1, 1, low=0.92, high=1.08)
    return across[:, None] * tint * draws.uniform("exposure", 1, 1, 1, low=0.75, high=1.15)


def _blurred(picture: Tensor, share: Tensor) -> Tensor:
    """Mix pictures with softer ones by ``share`` (B,) in [0, 1]."""
    reach = max(1, round(1.5 * picture.shape[-1] / REFERENCE_PX))
    soft = _box_mean(_box_mean(picture, reach, -1), reach, -2)
    return torch.lerp(picture, soft, share[:, None, None, None])


def _box_mean(picture: Tensor, reach: int, axis: int) -> Tensor:
    """The mean of each pixel and ``reach`` neighbours on either side, along one axis."""
    pad = (reach, reach, 0, 0) if axis == -1 else (0, 0, reach, reach)
    padded, size = F.pad(picture, pad, mode="replicate"), picture.shape[axis]
    total = padded.narrow(axis, 0, size).clone()
    for shift in range(1, 2 * reach + 1):
        total += padded.narrow(axis, shift, size)
    return total / (2 * reach + 1)
