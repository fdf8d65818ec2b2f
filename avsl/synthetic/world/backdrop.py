"""What is behind the objects: textured grounds and clutter that is of no class."""

import torch
import torch.nn.functional as F
from torch import Tensor

from avsl.synthetic.world.dials import Difficulty
from avsl.synthetic.world.draws import Draws

OCTAVES = (3, 6, 13, 28)  # cells across, the coarse ones stronger
MOST_CLUTTER = 10


def grid(px: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """x (1, px) and y (px, 1) of pixel centres, in [0, 1]."""
    along = (torch.arange(px, device=device) + 0.5) / px
    return along[None, :], along[:, None]


def backdrops(draws: Draws, difficulty: Difficulty, px: int) -> Tensor:
    """Pictures without objects of keys (B,): (B, 3, px, px) in [0, 1]."""
    x, y = grid(px, draws.keys.device)
    base = _muted(draws.uniform("base", 3, low=0.18, high=0.85))
    ground = _muted(draws.uniform("ground", 3, low=0.15, high=0.8))
    horizon = draws.uniform("horizon", low=0.35, high=1.1)[:, None, None]
    soft = draws.uniform("soft horizon", low=0.01, high=0.3)[:, None, None]
    below = torch.sigmoid((y - horizon) / soft)[:, None].expand(-1, 1, px, px)
    picture = base[..., None, None] + (ground - base)[..., None, None] * below
    picture = picture + difficulty.backdrop_contrast * 0.5 * _texture(draws, px)
    return _cluttered(picture, draws, difficulty, x, y).clamp(0, 1)


def _muted(colour: Tensor, saturation: float = 0.45) -> Tensor:
    """Colours (..., 3) with only a share of their saturation."""
    grey = colour.mean(dim=-1, keepdim=True)
    return grey + saturation * (colour - grey)


def clutter_pieces(draws: Draws, difficulty: Difficulty) -> Tensor:
    """How many pieces of clutter lie about: (B,) int64."""
    pieces = (draws.uniform("clutter") * 2 * difficulty.clutter).round().long()
    return pieces.clamp(max=MOST_CLUTTER)


def _texture(draws: Draws, px: int) -> Tensor:
    """Smooth colour noise of several sizes and some stripes: (B, 3, px, px) about 0."""
    total = torch.zeros(*draws.keys.shape, 3, 1, 1, device=draws.keys.device)
    for octave, cells in enumerate(OCTAVES):
        grey = draws.uniform(f"grey {cells}", 1, cells, cells, low=-1)
        colour = draws.uniform(f"colour {cells}", 3, cells, cells, low=-1)
        strength = draws.uniform(f"strength {cells}", 1, 1, 1) / (1 + 0.5 * octave)
        total = _resized(total, cells) + strength * (0.7 * grey + 0.2 * colour)
    total = _resized(total, px)
    x, y = grid(px, draws.keys.device)
    angle = draws.uniform("stripe angle", 1, 1, high=torch.pi)
    waves = draws.uniform("stripes", 1, 1, low=4, high=22)
    along = (x * torch.cos(angle) + y * torch.sin(angle)) * waves
    strength = 0.8 * (draws.uniform("stripe strength", 1, 1) - 0.7).clamp(min=0)
    return total + (strength * torch.sin(2 * torch.pi * along))[:, None]


def _resized(noise: Tensor, side: int) -> Tensor:
    return F.interpolate(noise, (side, side), mode="bilinear", align_corners=True)


def _cluttered(picture: Tensor, draws: Draws, difficulty: Difficulty, x: Tensor, y: Tensor):
    """Plain shapes, rounded to boxy, laid over the picture."""
    count = clutter_pieces(draws, difficulty)
    pieces = draws.of_each("clutter", MOST_CLUTTER)
    centre = pieces.uniform("centre", 2)
    radii = pieces.uniform("radii", 2, low=0.03, high=0.2)
    angle = pieces.uniform("angle", high=torch.pi)
    colours = _muted(pieces.uniform("colour", 3, low=0.05, high=0.95), 0.7)
    power = pieces.uniform("power", low=1.0, high=4.0)
    for piece in range(MOST_CLUTTER):
        here = torch.nonzero(count > piece)[:, 0]
        if not len(here):
            break
        c, s = torch.cos(angle[here, piece]), torch.sin(angle[here, piece])
        dx = x - centre[here, piece, 0, None, None]
        dy = y - centre[here, piece, 1, None, None]
        u = (dx * c[:, None, None] + dy * s[:, None, None]) / radii[here, piece, 0, None, None]
        v = (dy * c[:, None, None] - dx * s[:, None, None]) / radii[here, piece, 1, None, None]
        p = 2 * power[here, piece, None, None]
        inside = u.abs().clamp(max=4).pow(p) + v.abs().clamp(max=4).pow(p)
        alpha = torch.sigmoid((1 - inside) * 6)[:, None]
        shade = colours[here, piece][..., None, None] * (1 - 0.25 * v.clamp(-1, 1))[:, None]
        picture = picture.index_copy(0, here, torch.lerp(picture[here], shade, alpha))
    return picture
