"""Draws flat shaded shapes in batches: boxes, ellipses, rings and what bends out of them.

A picture is a stack of at most P shapes, each a row of numbers named in ``SHAPE``; unused rows
have opacity 0. Every shape is one signed distance, the corner norm of a rounded box (Quilez,
"2D distance functions"), whose coordinates may first be bent, repeated and tapered. An ellipse is
the box that is all corner. So one run of arithmetic draws every kind.

Pictures are cut into small tiles, and only the shapes that touch a tile are worked out there. The
pairs of tile and shape are sorted by what the shape needs (a texture, a bend, ...), so that no
pixel pays for what its shape does not have; then the shapes of each tile are laid over each other.
"""

import math

import torch
from torch import Tensor

EXTENT = 1.15  # a picture shows the coordinates -EXTENT to EXTENT, y down
TILE_PX = 16
_PAIRS = {"cpu": 384, "cuda": 65536}  # pairs at a time: on a CPU what stays in the cache
_TILES = {"cpu": 96, "cuda": 65536}
_PICTURES = {"cpu": 192, "cuda": 4096}
_EDGE = 0.11  # how far the darkening reaches in from the outline
_EDGE_SHADE = 0.62  # brightness at the very outline
_LIGHT = 0.2  # brighter to the upper left by this much
_SMALLEST = 1e-3

SHAPE: tuple[str, ...] = (
    *("x", "y", "w", "h", "angle"),  # centre, half sizes, radians clockwise
    "ellipse",  # 1: an ellipse, 0: a box
    "round",  # rounding of a box's corners, 0 to 1: a share of its smaller half size
    "taper",  # narrower towards the top (1: to nothing) or the bottom (negative)
    "bend",  # parabola along the width; positive: ends up
    "hollow",  # thickness of the wall; 0: filled
    "cut",  # what lies below this share of the half height is cut off; 1: nothing
    *("columns", "rows", "pitch_x", "pitch_y"),  # copies at -columns to columns; 0.5: a pair
    "scroll",  # moves copies down, in pitches
    *("wave", "wave_x", "wave_y"),  # depth of a wavy outline, its waves in radians per unit
    *("texture", "gain", "threshold"),  # darker by ``texture`` where the waves pass the threshold
    *("waves_x", "waves_y", "phase_x", "phase_y"),  # radians per half size
    "opacity",
)
AT = {name: place for place, name in enumerate(SHAPE)}
_NEEDS = ("texture", "wave", "bend", "columns", "rows", "hollow")  # where not 0


def paint(shapes: Tensor, colours: Tensor, size_px: int) -> Tensor:
    """Pictures (K, 4, s, s) of K stacks of shapes: red, green, blue times alpha, and alpha.

    ``shapes`` (K, P, len(SHAPE)) back to front, ``colours`` (K, P, 3) in [0, 1].
    """
    count = _PICTURES.get(shapes.device.type, 192)
    pieces = zip(shapes.split(count), colours.split(count), strict=True)
    return torch.cat([_painted(*piece, size_px) for piece in pieces])


def extents(shapes: Tensor) -> tuple[Tensor, Tensor]:
    """Half sizes of shapes (..., len(SHAPE)) along their own axes, and along those of the picture.

    Both (..., 2), and with all copies; never too small.
    """
    part = {name: shapes[..., place] for name, place in AT.items()}
    swollen = part["ellipse"] * part["taper"].abs().clamp(max=0.95)  # an egg's thick end
    w = part["w"] / (1 - swollen**2).sqrt()
    w = w + part["wave"].abs() + part["columns"] * part["pitch_x"]
    h = part["h"] + part["wave"].abs() + part["rows"] * part["pitch_y"] + part["bend"].abs() * w**2
    cos, sin = torch.cos(part["angle"]).abs(), torch.sin(part["angle"]).abs()
    box = torch.stack((w * cos + h * sin, w * sin + h * cos), -1)
    oval = torch.stack((torch.hypot(w * cos, h * sin), torch.hypot(w * sin, h * cos)), -1)
    alone = (part["ellipse"] > 0) & (part["columns"] + part["rows"] + part["bend"].abs() == 0)
    return torch.stack((w, h), -1), torch.where(alone[..., None], oval, box)


def _painted(shapes: Tensor, colours: Tensor, size_px: int) -> Tensor:
    side = math.ceil(size_px / TILE_PX)
    touching = _touching(shapes, side, size_px)  # (K, tiles, P)
    picture, tile, part = touching.nonzero().unbind(1)
    corner = torch.stack((tile % side, tile // side), 1) * TILE_PX
    covered, shade, place = _pairs(shapes[picture, part], corner, size_px)
    tiles = _tiles(touching.flatten(0, 1).sum(1), covered, shade, place, colours[picture, part])
    tiles = tiles.reshape(len(shapes), side, side, 4, TILE_PX, TILE_PX).permute(0, 3, 1, 4, 2, 5)
    whole = side * TILE_PX
    return tiles.reshape(len(shapes), 4, whole, whole)[..., :size_px, :size_px]


def _touching(shapes: Tensor, side: int, size_px: int) -> Tensor:
    """Which shapes may be seen in which of ``side`` times ``side`` tiles: (K, tiles, P) bool."""
    pixel = 2 * EXTENT / size_px
    steps = (torch.arange(side, device=shapes.device) + 0.5) * TILE_PX * pixel - EXTENT
    across = steps.repeat(side)[:, None] - shapes[:, None, :, AT["x"]]
    down = steps.repeat_interleave(side)[:, None] - shapes[:, None, :, AT["y"]]
    reach = (TILE_PX / 2 + 1) * pixel
    own, seen = (half[:, None] for half in extents(shapes))
    near = (across.abs() < seen[..., 0] + reach) & (down.abs() < seen[..., 1] + reach)
    cos, sin = (turn(shapes[:, None, :, AT["angle"]]) for turn in (torch.cos, torch.sin))
    corner = reach * (cos.abs() + sin.abs())
    near &= (across * cos + down * sin).abs() < own[..., 0] + corner
    near &= (down * cos - across * sin).abs() < own[..., 1] + corner
    return near & (shapes[:, None, :, AT["opacity"]] > 0)


def _tiles(
    counts: Tensor, covered: Tensor, shade: Tensor, place: Tensor, colours: Tensor
) -> Tensor:
    """Tiles (T, 4, N) whose ``counts`` (T,) of shapes lie one after the other, back to front.

    Of pair i, ``covered`` and ``shade`` (M + 1, N) are in row ``place[i]``; the last is empty.
    """
    tiles = covered.new_zeros(len(counts), 4, covered.shape[1])
    start = counts.cumsum(0) - counts
    place = torch.cat((place, place.new_tensor([len(place)])))
    colours = torch.cat((colours, torch.zeros_like(colours[:1])))
    order = counts.argsort(stable=True)[int((counts == 0).sum()) :]
    for chunk in order.split(_TILES.get(covered.device.type, 96)):
        if not len(chunk):
            break
        level = torch.arange(int(counts[chunk[-1]]), device=counts.device)
        there = level < counts[chunk, None]
        pair = torch.where(there, start[chunk, None] + level, len(place) - 1)
        row = place[pair]
        tiles[chunk] = _stacked(covered[row], shade[row], colours[pair])
    return tiles


def _stacked(covered: Tensor, shade: Tensor, colours: Tensor) -> Tensor:
    """Covers and shades (n, P, N) of stacks, back to front -> (n, 4, N), premultiplied."""
    seen = torch.ones_like(covered[:, 0])
    for place in reversed(range(covered.shape[1])):
        covered[:, place].mul_(seen)
        seen.sub_(covered[:, place])
    picture = covered.new_empty(len(covered), 4, covered.shape[2])
    alpha = torch.sub(1, seen).clamp_(0, 1)
    picture[:, 3] = alpha
    painted = torch.bmm(colours.transpose(1, 2), covered.mul_(shade))
    picture[:, :3] = torch.minimum(painted, alpha[:, None])
    return picture


def _pairs(rows: Tensor, corner: Tensor, size_px: int) -> tuple[Tensor, Tensor, Tensor]:
    """Covers and shades (M + 1, N) of M shapes in tiles, and which row each has there (M,)."""
    needs = _needs(rows)
    order = needs.argsort(stable=True)
    place = torch.empty_like(order)
    place[order] = torch.arange(len(order), device=order.device)
    covered = rows.new_zeros(len(rows) + 1, TILE_PX**2)
    shade = torch.zeros_like(covered)
    kinds, counts = needs.unique(return_counts=True)
    done = 0
    for kind, count in zip(kinds.tolist(), counts.tolist(), strict=True):
        for first in range(done, done + count, _PAIRS.get(rows.device.type, 384)):
            span = slice(first, min(first + _PAIRS.get(rows.device.type, 384), done + count))
            pair = order[span]
            _draw(rows[pair], corner[pair], kind, size_px, covered[span], shade[span])
        done += count
    return covered, shade, place


def _needs(rows: Tensor) -> Tensor:
    """What shapes need beyond the plain, a bit each (M,)."""
    bits = [_column(rows, name) != 0 for name in _NEEDS]
    tapered, ellipse = _column(rows, "taper") != 0, _column(rows, "ellipse") > 0
    bits += [_column(rows, "cut") < 1, tapered & ellipse, tapered & ~ellipse]
    bits.append(ellipse & (_column(rows, "w") != _column(rows, "h")))
    return sum(bit.long() << place for place, bit in enumerate(bits))


def _named_needs(kind: int) -> set[str]:
    names = (*_NEEDS, "cut", "egg", "wedge", "oval")
    return {name for place, name in enumerate(names) if kind >> place & 1}


def _draw(
    rows: Tensor, corner: Tensor, kind: int, size_px: int, covered: Tensor, shade: Tensor
) -> None:
    """Fills the covers and shades (R, N) of R shapes of a kind, in tiles at ``corner``."""
    part = {name: rows[:, place, None, None] for name, place in AT.items()}
    part |= _corners(part, size_px)
    x, y = _pixels(corner, size_px)
    needs = _named_needs(kind)
    distance, texture = _distances(part, x, y, needs)
    torch.mul(distance.flatten(1), -size_px / (2 * EXTENT), out=covered)
    covered.add_(0.5).clamp_(0, 1).mul_(part["opacity"][..., 0])
    light = _shades(part, x, y, distance)
    if texture is not None:
        light.mul_(texture)
    shade.copy_(light.flatten(1))


def _corners(part: dict[str, Tensor], size_px: int) -> dict[str, Tensor]:
    """Sizes, and the radii of the corners; none is sharper than a pixel shows."""
    w, h = part["w"].clamp(min=_SMALLEST), part["h"].clamp(min=_SMALLEST)
    smaller = torch.minimum(w, h)
    sharpest = smaller.clamp(max=1.2 * EXTENT / size_px)
    radius = torch.maximum(smaller * part["round"].clamp(0.1, 1), sharpest)
    ellipse = part["ellipse"] > 0
    radii = torch.where(ellipse, w, radius), torch.where(ellipse, h, radius)
    return {"w": w, "h": h, "corner_x": radii[0], "corner_y": radii[1]}


def _pixels(corner: Tensor, size_px: int) -> tuple[Tensor, Tensor]:
    """Pixel centres of tiles: x (R, 1, t) and y (R, t, 1)."""
    steps = torch.arange(TILE_PX, device=corner.device) + corner[..., None] + 0.5
    centres = steps * (2 * EXTENT / size_px) - EXTENT
    return centres[:, 0, None, :], centres[:, 1, :, None]


def _distances(part: dict[str, Tensor], x: Tensor, y: Tensor, needs: set[str]) -> tuple:
    """Signed distances (R, t, t) to R shapes, negative inside, and their texture, if any.

    The coordinates u and v are a shape's own, in units of its corners.
    """
    unit_x, unit_y = part["corner_x"], part["corner_y"]
    across, down = x - part["x"], y - part["y"]
    cos, sin = torch.cos(part["angle"]), torch.sin(part["angle"])
    u = (cos / unit_x) * across + (sin / unit_x) * down
    v = (-sin / unit_y) * across + (cos / unit_y) * down
    texture = _texture(part, u, v) if "texture" in needs else None
    wave = _outline_wave(part, u, v) if "wave" in needs else None
    if "bend" in needs:
        v.addcmul_(u * u, part["bend"] * unit_x.square() / unit_y)
    if "columns" in needs:
        _repeat(u, part["pitch_x"] / unit_x, part["columns"], 0.0)
    if "rows" in needs:
        _repeat(v, part["pitch_y"] / unit_y, part["rows"], part["scroll"])
    below = v * unit_y - part["cut"] * part["h"] if "cut" in needs else None
    if "egg" in needs:
        u.mul_((v.clamp(-1, 1) * -part["taper"]).add_(1))
    u.abs_()
    if "wedge" in needs:
        u.add_(_narrowing(part, v))
    distance = _corner_distance(part, u, v, "oval" in needs)
    if wave is not None:
        distance.add_(wave)
    if "hollow" in needs:
        distance.add_(part["hollow"] / 2).abs_().sub_(part["hollow"] / 2)
    return distance if below is None else torch.maximum(distance, below), texture


def _corner_distance(part: dict[str, Tensor], u: Tensor, v: Tensor, uneven: bool) -> Tensor:
    """The distance to a rounded box from how far beyond its corners' centres; ``u`` is absolute.

    Where corners are ``uneven`` (ellipses) the norm is divided by its slope, to first order.
    """
    u.sub_(part["w"] / part["corner_x"] - 1).clamp_(min=0)
    v.abs_().sub_(part["h"] / part["corner_y"] - 1).clamp_(min=0)
    u.mul_(u)
    v.mul_(v)
    norm = (u + v).sqrt_()
    if not uneven:
        return norm.sub_(1).mul_(part["corner_x"])
    slope = u.div_(part["corner_x"].square()).add_(v.div_(part["corner_y"].square()))
    return norm.mul_(norm - 1).mul_(slope.clamp_(min=1e-8).rsqrt_())


def _texture(part: dict[str, Tensor], u: Tensor, v: Tensor) -> Tensor:
    """What a texture multiplies the brightness with."""
    along = part["waves_x"] * part["corner_x"] / part["w"]
    down = part["waves_y"] * part["corner_y"] / part["h"]
    pattern = (u * along).add_(part["phase_x"]).cos_()
    pattern.mul_((v * down).add_(part["phase_y"]).cos_())
    pattern.sub_(part["threshold"]).mul_(part["gain"]).clamp_(0, 1)
    return pattern.mul_(-part["texture"]).add_(1)


def _outline_wave(part: dict[str, Tensor], u: Tensor, v: Tensor) -> Tensor:
    """What a wavy outline adds to the distance."""
    wave = (u * (part["wave_x"] * part["corner_x"])).cos_()
    return wave.mul_((v * (part["wave_y"] * part["corner_y"])).cos_()).mul_(part["wave"])


def _repeat(grid: Tensor, pitch: Tensor, most: Tensor, scroll: Tensor | float) -> None:
    """Coordinates become those seen from the nearest of copies at -most to most pitches."""
    start = most % 1 + scroll  # half a pitch off for an even number of copies
    first, last = torch.ceil(-most - start), torch.floor(most - start)
    copy = (grid / pitch).sub_(start).round_().clamp_(first, last).add_(start)
    grid.sub_(copy.mul_(pitch))


def _narrowing(part: dict[str, Tensor], v: Tensor) -> Tensor:
    """How much narrower wedges are at each height, in corners."""
    down = part["h"] / part["corner_y"]
    slope = part["taper"].abs() / 2 * part["w"] / part["corner_x"] / down
    return (v * (-slope * torch.sign(part["taper"]))).add_(slope * down)


def _shades(part: dict[str, Tensor], x: Tensor, y: Tensor, distance: Tensor) -> Tensor:
    """Brightness (R, t, t): light from the upper left, darker towards the outline."""
    depth = torch.minimum(part["corner_x"], part["corner_y"])
    wall = part["hollow"]
    depth = torch.where(wall > 0, torch.minimum(depth, wall / 2), depth).clamp(max=_EDGE)
    shade = distance.mul_((_EDGE_SHADE - 1) / depth).add_(_EDGE_SHADE).clamp_(_EDGE_SHADE, 1)
    whole_w = part["w"] + part["columns"] * part["pitch_x"]
    whole_h = part["h"] + part["rows"] * part["pitch_y"]
    size = torch.maximum(whole_w, whole_h) / _LIGHT
    light = (1 + (part["x"] - x) / size) + (part["y"] - y) / size
    return shade.mul_(light.clamp_(0.6, 1.4))


def _column(rows: Tensor, name: str) -> Tensor:
    return rows[..., AT[name]]
