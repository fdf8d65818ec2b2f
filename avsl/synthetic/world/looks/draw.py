"""Draws what objects of given classes look like, and paints them at a moment."""

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from avsl.errors import SettingError
from avsl.synthetic.world.draws import Draws
from avsl.synthetic.world.looks.colours import NAMED, rgb
from avsl.synthetic.world.looks.parts import FIELDS, SLOTS, Look
from avsl.synthetic.world.looks.pose import AT, posed
from avsl.synthetic.world.looks.tables import LOOKS
from avsl.synthetic.world.shapes import extents, paint
from avsl.synthetic.world.taxonomy import NAMES

REACH = 1.06  # an object is scaled so that no part goes further from the middle, at any drive
GROUPS = 5
_STATES = ((0.0, 0.3), (0.5, 0.3), *((1.0, 0.382 * step + 0.07) for step in range(13)))
_OPTIONS = 12  # colours to choose from per slot; shorter lists are repeated
_FIXED = ("dark", "light", "mouth")  # eyes and outlines look the same on everything
_USUAL = {
    "body": ("grey",),
    "accent": ("red", "blue", "green"),
    "trim": ("slate", "cream"),
    "skin": ("pale skin", "light skin", "brown skin", "dark skin"),
    "hair": ("black", "brown", "chestnut", "gold", "ginger", "grey", "slate"),
    "beak": ("orange", "amber", "slate", "yellow"),
    "comb": ("red", "crimson"),
    "pink": ("pink", "rose"),
    "metal": ("silver", "grey", "brass", "slate"),
    "wood": ("brown", "tan", "mahogany", "chestnut"),
    "glass": ("sky", "navy", "slate"),
    "water": ("water", "sky"),
    "fire": ("fire", "orange", "red"),
    "glow": ("ember", "amber"),
    "mouth": ("crimson", "mahogany"),
    "dark": ("black",),
    "light": ("white", "white", "cream"),
}


@dataclass(frozen=True)
class LookDial:
    """How hard looks are."""

    colour: float = 0.5  # share of an object's colours that follow its class; 0: any colours
    variation: float = 1.0  # scale of the jitter of places, sizes and textures; 0: none

    def __post_init__(self) -> None:
        if not (0 <= self.colour <= 1 and 0 <= self.variation <= 1.5):
            raise SettingError(
                "Choose a look's colour from 0 to 1 and its variation from 0 to 1.5."
            )


@dataclass(frozen=True, eq=False)
class Looks:
    """What K objects look like, all random choices made."""

    parts: Tensor  # (K, P, len(FIELDS)) float32, back to front
    colours: Tensor  # (K, P, 3) float32 in [0, 1]

    def __getitem__(self, index) -> "Looks":
        return Looks(self.parts[index], self.colours[index])

    def __len__(self) -> int:
        return len(self.parts)


@torch.no_grad()
def draw_looks(classes: Tensor, draws: Draws, dial: LookDial) -> Looks:
    """Looks of K objects of ``classes`` (K,) int64, by the draws of K keys."""
    table, choices, mirrored = _compiled(classes.device)
    parts = table[classes]
    parts[..., AT["opacity"]] *= _present(parts, draws, dial.variation)
    _patterned(parts, draws, dial.variation)
    _jittered(parts, draws, dial.variation)
    mirror = draws.chance("mirror", 0.5 * min(dial.variation, 1.0)) & mirrored[classes]
    _flipped(parts, mirror)
    _fitted(parts)
    palette = _palette(choices[classes], draws, dial)
    slots = parts[..., AT["slot"]].long()
    return Looks(parts, torch.gather(palette, 1, slots[..., None].expand(*slots.shape, 3)))


@torch.no_grad()
def sprites(looks: Looks, drive: Tensor, cycle: Tensor, size_px: int) -> Tensor:
    """Pictures (K, 4, size_px, size_px) float32 of objects at a moment, anti-aliased.

    ``drive`` (K,) in [0, 1] is how strongly they sound or mime, ``cycle`` (K,) the turns made by
    what turns or shakes. Red, green and blue times alpha, and alpha, in [0, 1].
    """
    return paint(posed(looks.parts, drive, cycle), looks.colours, size_px)


@lru_cache(maxsize=4)
def _compiled(device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """Parts (C, P, len(FIELDS)), colours (C, slots, options, 3), whether mirrored (C,)."""
    looks = [LOOKS[name] for name in NAMES]
    most = max(len(look.parts) for look in looks)
    table = torch.zeros(len(looks), most, len(FIELDS))
    for place, look in enumerate(looks):
        table[place, : len(look.parts)] = torch.tensor([part.row() for part in look.parts])
    colours = torch.tensor([_options(look) for look in looks])
    mirrored = torch.tensor([look.mirrored for look in looks])
    return table.to(device), colours.to(device), mirrored.to(device)


def _options(look: Look) -> list:
    named = [(_USUAL | look.colours)[slot] for slot in SLOTS]
    return [[NAMED[names[i % len(names)]] for i in range(_OPTIONS)] for names in named]


def _present(parts: Tensor, draws: Draws, variation: float) -> Tensor:
    """Which parts an object has, by its style and by chance: (K, P); the usual ones unvaried."""
    freedom = min(variation, 1.0)
    style = 0.5 + freedom * (draws.uniform("style")[:, None] - 0.5)
    luck = 0.5 + freedom * (draws.uniform("present", parts.shape[1]) - 0.5)
    fits = (parts[..., AT["style_low"]] <= style) & (style < parts[..., AT["style_high"]])
    return fits & (luck <= parts[..., AT["chance"]])


def _patterned(parts: Tensor, draws: Draws, variation: float) -> None:
    """Coats become plain, striped or spotted, and patterns vary."""
    count = parts.shape[1]
    kind = draws.uniform("coat")[:, None]
    coat = (parts[..., AT["coat"]] > 0) & (variation > 0)
    striped = coat & (kind > 0.45)
    waves = draws.uniform("coat/waves", 2, low=0.6, high=3.6)[:, None] * torch.pi
    waves_y = waves[..., 1] * (kind > 0.7)
    _put(parts, "texture", striped, draws.uniform("coat/depth", low=0.25, high=0.75)[:, None])
    _put(parts, "waves_x", striped, waves[..., 0])
    _put(parts, "waves_y", striped, waves_y)
    _put(parts, "gain", striped, draws.uniform("coat/gain", low=1.0, high=5.0)[:, None])
    _put(parts, "threshold", striped, draws.uniform("coat/share", low=-0.3, high=0.4)[:, None])
    pattern = parts[..., AT["gain"]] > 0.9  # what fades keeps its place
    for name in ("waves_x", "waves_y"):
        share = draws.uniform("pattern/" + name, count, low=-0.3, high=0.3) * variation
        parts[..., AT[name]] *= 1 + share * pattern
    for name in ("phase_x", "phase_y"):
        shift = draws.uniform("pattern/" + name, count, low=-1.5, high=1.5) * variation
        moving = pattern & (parts[..., AT["waves" + name[-2:]]] > 0)
        parts[..., AT[name]] += shift * moving


def _put(parts: Tensor, name: str, chosen: Tensor, value: Tensor) -> None:
    parts[..., AT[name]] = torch.where(chosen, value, parts[..., AT[name]])


def _jittered(parts: Tensor, draws: Draws, variation: float) -> None:
    """Places, sizes and angles of parts, of groups of parts and of the whole, each a little off."""
    count = parts.shape[1]
    vary = parts[..., AT["vary"]] * variation
    for name, spread in (("x", 0.02), ("y", 0.02), ("angle", 0.06)):
        parts[..., AT[name]] += (
            draws.uniform("part/" + name, count, low=-spread, high=spread) * vary
        )
    both = draws.uniform("part/size", count, low=-0.1, high=0.1)
    for name in ("w", "h"):
        own = draws.uniform("part/" + name, count, low=-0.07, high=0.07)
        parts[..., AT[name]] *= 1 + (both + own) * vary
    _grouped(parts, draws, variation)
    aspect = draws.uniform("aspect", low=-0.16, high=0.16) * variation
    _stretched(parts, torch.exp(aspect)[:, None], torch.exp(-aspect)[:, None])


def _grouped(parts: Tensor, draws: Draws, variation: float) -> None:
    """Groups of parts larger or smaller about their pivot, and moved."""
    group = parts[..., AT["group"]].long()
    grouped = (group > 0) * variation
    larger = torch.gather(draws.uniform("group/size", GROUPS, low=-0.17, high=0.17), 1, group)
    scale = 1 + larger * grouped
    for name, size, pivot in (("x", "w", "pivot_x"), ("y", "h", "pivot_y")):
        moved = torch.gather(draws.uniform("group/" + name, GROUPS, low=-0.04, high=0.04), 1, group)
        centre = parts[..., AT["group_" + pivot]]
        for place in (name, pivot):
            parts[..., AT[place]] = (
                centre + (parts[..., AT[place]] - centre) * scale + moved * grouped
            )
        parts[..., AT["group_" + pivot]] += moved * grouped
        parts[..., AT[size]] *= scale
        parts[..., AT["pitch_" + name]] *= scale


def _stretched(parts: Tensor, wider: Tensor, higher: Tensor) -> None:
    """Objects wider and higher; a turned part by the share of its axes in each direction."""
    cos, sin = torch.cos(parts[..., AT["angle"]]), torch.sin(parts[..., AT["angle"]])
    along = torch.sqrt((wider * cos) ** 2 + (higher * sin) ** 2)
    across = torch.sqrt((wider * sin) ** 2 + (higher * cos) ** 2)
    round_one = parts[..., AT["spin"]] != 0  # what turns stays round
    for name, scale in (("w", along), ("h", across), ("pitch_x", along), ("pitch_y", across)):
        parts[..., AT[name]] *= torch.where(round_one, 1.0, scale)
    for axis, scale in (("x", wider), ("y", higher)):
        parts[..., AT[axis]] *= scale
        for prefix in ("", "group_"):
            parts[..., AT[f"{prefix}pivot_{axis}"]] *= scale


_TURNED = ("swing", "sway", "spin", "pivot_x", "bob_x", "shake_x")
_MIRRORED = ("x", "angle", *_TURNED, *(f"group_{name}" for name in _TURNED))


def _flipped(parts: Tensor, mirror: Tensor) -> None:
    """The objects to ``mirror`` (K,) seen from the other side."""
    sign = torch.where(mirror, -1.0, 1.0)[:, None, None]
    parts[..., [AT[name] for name in _MIRRORED]] *= sign


_LENGTHS = ("pivot_x", "pivot_y", "bob_x", "bob_y", "shake_x", "shake_y")
_SCALED = (
    *("x", "y", "w", "h", "pitch_x", "pitch_y", "hollow", "wave"),
    *(f"{prefix}{name}" for prefix in ("", "group_") for name in _LENGTHS),
)
_PER_LENGTH = ("bend", "wave_x", "wave_y")


def _fitted(parts: Tensor) -> None:
    """Objects moved to the middle and scaled to reach just as far as ``REACH`` when they move."""
    low, high = _extents(parts)
    middle, half = (low + high) / 2, ((high - low) / 2).amax(-1)
    for axis, name in enumerate("xy"):
        for field in (name, f"pivot_{name}", f"group_pivot_{name}"):
            parts[..., AT[field]] -= middle[:, axis, None]
    scale = (REACH / half.clamp(min=1e-3))[:, None, None]
    parts[..., [AT[name] for name in _SCALED]] *= scale
    parts[..., [AT[name] for name in _PER_LENGTH]] /= scale


def _extents(parts: Tensor) -> tuple[Tensor, Tensor]:
    """The lowest and highest x and y (K, 2) that objects reach over drives and cycles."""
    states = torch.tensor(_STATES, device=parts.device).repeat_interleave(len(parts), 0)
    shapes = posed(parts.repeat(len(_STATES), 1, 1), *states.unbind(1))
    own, half = extents(shapes)
    turning = (parts[..., AT["spin"], None] != 0).repeat(len(_STATES), 1, 1)
    half = torch.where(turning, own.norm(dim=-1, keepdim=True), half)
    centre = shapes[..., :2]
    seen = shapes[..., AT["opacity"], None] > 0
    low = torch.where(seen, centre - half, torch.inf).amin(1)
    high = torch.where(seen, centre + half, -torch.inf).amax(1)
    count = len(_STATES)
    return (low.reshape(count, -1, 2).amin(0), high.reshape(count, -1, 2).amax(0))


def _palette(options: Tensor, draws: Draws, dial: LookDial) -> Tensor:
    """Red, green and blue (K, slots, 3), some of the class's ``options`` (K, slots, N, 3)."""
    count = len(SLOTS)
    place = (draws.uniform("colour/option", count) * _OPTIONS).long()
    chosen = torch.gather(options, 2, place[..., None, None].expand(*place.shape, 1, 3))[:, :, 0]
    spread = torch.tensor([0.03, 0.1, 0.1], device=options.device)
    shift = draws.uniform("colour/shift", count, 3, low=-1.0, high=1.0) * spread
    free = draws.uniform("colour/free", count, 3)
    low = torch.tensor([0.0, 0.1, 0.3], device=options.device)
    anything = low + free * torch.tensor([1.0, 0.75, 0.68], device=options.device)
    fixed = torch.tensor([slot in _FIXED for slot in SLOTS], device=options.device)
    follows = (draws.uniform("colour/follows", count) < dial.colour) | fixed
    hsv = torch.where(follows[..., None], chosen + shift * chosen[..., 1:2].clamp(0.3), anything)
    hsv[..., 1:] = hsv[..., 1:].clamp(0, 1)
    return rgb(hsv)
