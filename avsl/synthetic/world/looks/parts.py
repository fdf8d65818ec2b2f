"""The words in which the looks of classes are written: parts, how they move, what they are made of.

Coordinates are those of an object: about -1 to 1, y down (it is scaled to fit in the end). Sizes
are full widths and heights, angles degrees clockwise. A part is a row of numbers, given by name to
``ellipse``, ``box`` and ``line``: those of ``FIELDS``, ``style=(low, high)`` for a part that only
some styles have, ``texture=stripes(...)``, ``across=(copies, pitch)`` and ``down``. Motions are
rows of numbers too, made by ``swing`` and its like, and add up.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import atan2, cos, degrees, hypot, pi, radians, sin

from avsl.synthetic.world.shapes import SHAPE

MOTION: tuple[str, ...] = (
    *("swing", "sway", "spin"),  # radians: by drive, by drive and sine of the cycle, per turn
    *("pivot_x", "pivot_y"),  # what it turns about
    *("bob_x", "bob_y"),  # moved by drive
    *("shake_x", "shake_y"),  # moved by drive and sine of the cycle
    *("rest_x", "rest_y", "full_x", "full_y"),  # size at drive 0 and 1, times the written one
    *("throb_x", "throb_y"),  # size by drive and sine of the cycle
    *("rate", "phase"),  # turns of this part per turn of the cycle; an offset in turns
)
_STILL = dict.fromkeys(MOTION, 0.0) | dict.fromkeys(
    ("rest_x", "rest_y", "full_x", "full_y", "rate"), 1.0
)
_DIRECTED = ("pivot_", "bob_", "shake_")  # what has a direction, beside the place
FIELDS: tuple[str, ...] = (
    *SHAPE,
    *MOTION,
    *(f"group_{name}" for name in MOTION),  # of the group of parts that this one belongs to
    *("hide", "flash", "scrolling"),  # unseen at rest; blinks by the cycle; repeats run down
    *("chance", "style_low", "style_high"),  # how often the part is there; for which styles
    *("vary", "coat", "slot", "group"),  # jitter; fur or paint may be patterned; colour; group
)
SLOTS: tuple[str, ...] = (
    *("body", "accent", "trim", "skin", "hair", "beak", "comb", "pink"),
    *("metal", "wood", "glass", "water", "fire", "glow", "mouth", "dark", "light"),
)
_PLAIN = dict.fromkeys(FIELDS, 0.0) | {
    "cut": 1.0,
    "opacity": 1.0,
    "chance": 1.0,
    "style_high": 1.0,
    "vary": 1.0,
    **_STILL,
    **{f"group_{name}": value for name, value in _STILL.items()},
}


@dataclass(frozen=True)
class Part:
    """One shape of an object: a value for each of ``FIELDS``."""

    values: dict[str, float]

    def turned(self, angle: float) -> "Part":
        """Turned about the middle by ``angle`` degrees, its motions too."""
        values, cosine, sine = dict(self.values), cos(radians(angle)), sin(radians(angle))
        for prefix in ("", *(f"{group}{name}" for group in ("", "group_") for name in _DIRECTED)):
            x, y = self.values[f"{prefix}x"], self.values[f"{prefix}y"]
            values[f"{prefix}x"] = x * cosine - y * sine
            values[f"{prefix}y"] = x * sine + y * cosine
        return Part(values | {"angle": self.values["angle"] + radians(angle)})

    def row(self) -> list[float]:
        return [self.values[name] for name in FIELDS]


@dataclass(frozen=True)
class Move:
    """Numbers of some of ``MOTION`` and of the switches beside it."""

    values: dict[str, float]
    about: tuple[float, float] | None = None


@dataclass(frozen=True)
class Look:
    """How a class looks: parts from back to front, and the colours its objects may have."""

    parts: tuple[Part, ...]
    colours: dict[str, Sequence[str]] = field(default_factory=dict)
    mirrored: bool = True  # also seen from the other side


def ellipse(x, y, w, h, colour="body", *moves: Move, **more) -> Part:
    return _part(x, y, w, h, colour, *moves, ellipse=1.0, **more)


def box(x, y, w, h, colour="body", *moves: Move, **more) -> Part:
    return _part(x, y, w, h, colour, *moves, **({"round": 0.3} | more))


def line(x1, y1, x2, y2, width, colour="dark", *moves: Move, **more) -> Part:
    """A stroke with round ends from one point to another."""
    length, angle = hypot(x2 - x1, y2 - y1), degrees(atan2(y2 - y1, x2 - x1))
    more = {"angle": angle, "round": 1.0} | more
    return _part((x1 + x2) / 2, (y1 + y2) / 2, length + width, width, colour, *moves, **more)


def group(number: int, about: tuple[float, float], parts: Sequence[Part], *moves: Move) -> tuple:
    """Parts that move as one, and whose place and size are varied as one, about a point."""
    motion = {f"group_{name}": value for name, value in _moved(moves, about).items()}
    return tuple(
        replace(part, values=part.values | motion | {"group": float(number)}) for part in parts
    )


def swing(amount: float, about: tuple[float, float] | None = None) -> Move:
    """Turned by ``amount`` degrees at full drive, about a point (or the part's centre)."""
    return Move({"swing": radians(amount)}, about)


def sway(amount: float, about=None, rate: float = 1.0, phase: float = 0.0) -> Move:
    """Turned back and forth by ``amount`` degrees with the cycle."""
    return Move({"sway": radians(amount), "rate": rate, "phase": phase}, about)


def spin(rate: float = 1.0, about=None) -> Move:
    """Turned round ``rate`` times a cycle."""
    return Move({"spin": 2 * pi, "rate": rate}, about)


def bob(x: float, y: float) -> Move:
    """Moved by so much at full drive."""
    return Move({"bob_x": x, "bob_y": y})


def shake(x: float, y: float, rate: float = 1.0, phase: float = 0.0) -> Move:
    """Moved back and forth by so much with the cycle."""
    return Move({"shake_x": x, "shake_y": y, "rate": rate, "phase": phase})


def grow(x: float = 1.0, y: float = 1.0, about=None) -> Move:
    """As many times as large at full drive."""
    return Move({"full_x": x, "full_y": y}, about)


def emerge(x: float = 1.0, y: float = 1.0, about=None) -> Move:
    """As many times as large at rest: 0 is nothing, and the written size is that of full drive."""
    return Move({"rest_x": x, "rest_y": y}, about)


def throb(x: float, y: float, about=None, rate: float = 1.0, phase: float = 0.0) -> Move:
    """Larger and smaller by this share with the cycle."""
    return Move({"throb_x": x, "throb_y": y, "rate": rate, "phase": phase}, about)


def hidden() -> Move:
    """Seen only while driven."""
    return Move({"hide": 1.0})


def flash(rate: float = 1.0, phase: float = 0.0) -> Move:
    """Seen and unseen with the cycle while driven."""
    return Move({"flash": 1.0, "rate": rate, "phase": phase})


def scroll() -> Move:
    """Its rows run down by a pitch a cycle."""
    return Move({"scrolling": 1.0})


def stripes(count: float, depth: float = 0.5, across: bool = True, sharp: float = 3.0) -> dict:
    """Texture: dark bands side by side (``across``) or above each other."""
    axis = "waves_x" if across else "waves_y"
    return {"texture": depth, axis: pi * count, "gain": sharp, "threshold": -0.1}


def spots(count: float, depth: float = 0.5, threshold: float = 0.2) -> dict:
    """Texture: dark patches."""
    turns = pi * count
    return {
        "texture": depth,
        "waves_x": turns,
        "waves_y": turns * 0.8,
        "gain": 4.0,
        "threshold": threshold,
    }


def fade(depth: float = 0.4) -> dict:
    """Texture: darker towards the bottom; negative: towards the top."""
    toward = 0.0 if depth > 0 else pi
    return {
        "texture": abs(depth),
        "waves_y": pi / 2,
        "phase_y": pi / 2 + pi + toward,
        "gain": 0.5,
        "threshold": -1.0,
    }


def _part(x, y, w, h, colour, *moves: Move, **more) -> Part:
    angle = radians(more.pop("angle", 0.0))
    texture = more.pop("texture", {})
    style = more.pop("style", (0.0, 1.0))
    given = {"x": x, "y": y, "w": w / 2, "h": h / 2, "angle": angle, "slot": SLOTS.index(colour)}
    given |= {"style_low": style[0], "style_high": style[1], **texture}
    for name, count, pitch in (("across", "columns", "pitch_x"), ("down", "rows", "pitch_y")):
        copies, apart = more.pop(name, (1, 0.0))
        given |= {count: (copies - 1) / 2, pitch: apart}
    given |= more
    unknown = set(given) - set(FIELDS)
    if unknown:
        raise TypeError(f"parts know no {', '.join(sorted(unknown))}")
    return Part(_PLAIN | given | _moved(moves, (x, y)))


def _moved(moves: Sequence[Move], centre: tuple[float, float]) -> dict[str, float]:
    """The motions as one; they share a pivot, a rate and a phase, so the last given count."""
    about = [move.about for move in moves if move.about is not None]
    values = _STILL | {"pivot_x": centre[0], "pivot_y": centre[1]}
    if about:
        values |= {"pivot_x": about[-1][0], "pivot_y": about[-1][1]}
    for move in moves:
        values |= move.values
    return values
