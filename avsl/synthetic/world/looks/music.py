"""Looks of bells, clocks, drums, strings and whistles."""

from avsl.synthetic.world.looks.parts import (
    Look,
    bob,
    box,
    ellipse,
    emerge,
    fade,
    flash,
    group,
    grow,
    hidden,
    line,
    shake,
    stripes,
    sway,
    swing,
    throb,
)

_BELL_METALS = ("gold", "brass", "bronze", "copper")
_VARNISHES = ("ginger", "brown", "chestnut", "mahogany", "orange", "tan")

_CHURCH_BELL = Look(
    parts=(
        box(0, -0.86, 1.7, 0.2, "wood", texture=stripes(6, 0.3)),
        box(0, 0.05, 0.16, 1.9, "wood", across=(2, 1.5), style=(0.5, 1)),
        *group(
            1,
            (0, -0.8),
            (
                ellipse(0, 0.6, 0.28, 0.34, "dark", swing(-22, (0, -0.3))),
                ellipse(0, -0.3, 0.76, 0.9),
                box(0, 0.0, 1.06, 0.96, taper=0.34, round=0.25, coat=1),
                box(0, 0.44, 1.32, 0.2, round=1),
                box(0, -0.1, 0.78, 0.07, "accent", chance=0.6),
                ellipse(0, -0.76, 0.3, 0.24, "metal"),
            ),
            swing(17),
            sway(9),
        ),
    ),
    colours={"body": _BELL_METALS, "accent": ("bronze", "chestnut", "gold")},
)

_HAND_BELL = Look(
    parts=group(
        1,
        (0, -0.95),
        (
            ellipse(0, 0.74, 0.24, 0.28, "dark", swing(-20, (0, 0))),
            box(0, -0.62, 0.2, 0.74, "wood", taper=-0.3, round=0.8, texture=fade(0.3)),
            ellipse(0, -0.92, 0.26, 0.22, "wood"),
            box(0, -0.2, 0.26, 0.14, "accent", round=0.6),
            ellipse(0, 0.1, 0.62, 0.56),
            box(0, 0.3, 0.96, 0.66, taper=0.42, round=0.3, coat=1),
            box(0, 0.62, 1.16, 0.14, round=1),
            box(0, 0.36, 0.8, 0.06, "accent", chance=0.5),
        ),
        swing(30),
        sway(12),
    ),
    colours={"body": (*_BELL_METALS, "silver"), "accent": ("gold", "crimson", "silver")},
)


_ALARM_CLOCK = Look(
    parts=group(
        1,
        (0, 0.9),
        (
            line(-0.4, 0.5, -0.56, 0.86, 0.15, "metal"),
            line(0.4, 0.5, 0.56, 0.86, 0.15, "metal"),
            line(0, -0.5, 0, -0.84, 0.09, "metal", sway(34, (0, -0.5), rate=5)),
            ellipse(-0.42, -0.58, 0.6, 0.5, "metal", angle=-32, cut=0.25),
            ellipse(0.42, -0.58, 0.6, 0.5, "metal", angle=32, cut=0.25),
            ellipse(0, 0.08, 1.36, 1.36),
            ellipse(0, 0.08, 1.08, 1.08, "light", vary=0.5),
            line(0, 0.08, -0.2, -0.09, 0.09, "dark"),
            line(0, 0.08, 0.16, -0.28, 0.07, "dark"),
            line(0, 0.08, 0.27, 0.22, 0.04, "accent", chance=0.6),
        ),
        sway(13, rate=4),
        bob(0, -0.12),
    ),
    colours={"body": ("red", "teal", "sky", "black", "gold", "pink"), "metal": ("silver", "brass")},
)

_WALL_CLOCK = Look(
    parts=(
        box(0, 0.5, 0.88, 1.04, "wood", round=0.15),
        box(0, 0.5, 0.66, 0.86, "dark", round=0.15, vary=0.5),
        line(0, 0.1, 0, 0.72, 0.07, "metal", swing(36, (0, 0.05)), sway(10)),
        ellipse(0, 0.72, 0.32, 0.32, "metal", swing(36, (0, 0.05)), sway(10)),
        box(0, -0.2, 1.4, 1.36, round=0.3, style=(0, 0.25), coat=1),
        ellipse(0, -0.2, 1.46, 1.46, style=(0.25, 0.8), coat=1),
        box(0, -0.2, 1.06, 1.06, "wood", angle=45, round=0.3, style=(0.8, 1)),
        ellipse(0, -0.2, 1.14, 1.14, "light", vary=0.4),
        box(0, -0.2, 0.05, 0.12, "dark", down=(2, 0.88), vary=0),
        box(0, -0.2, 0.12, 0.05, "dark", across=(2, 0.88), vary=0),
        line(0, -0.2, -0.22, -0.36, 0.1, "dark"),
        line(0, -0.2, 0.03, -0.58, 0.075, "dark", swing(14, (0, -0.2))),
        line(-0.05, -0.13, 0.3, 0.09, 0.05, "accent", swing(75, (0, -0.2))),
    ),
    colours={"body": ("brown", "mahogany", "white", "black", "navy"), "accent": ("red", "orange")},
)

_DRUM = Look(
    parts=(
        box(0, 0.62, 0.14, 0.5, "metal", across=(3, 0.5), style=(0.6, 1)),
        box(0, 0.2, 1.3, 0.86, round=0.2, texture=stripes(4, 0.25), coat=1),
        box(0, 0.2, 0.05, 0.8, "trim", across=(5, 0.27), chance=0.7),
        ellipse(0, 0.62, 1.34, 0.34, "accent"),
        box(0, 0.44, 1.29, 0.32, round=0.2),
        ellipse(0, -0.2, 1.4, 0.5, "accent"),
        ellipse(0, -0.24, 1.2, 0.38, "light", grow(1.04, 0.72)),
        line(-0.98, -0.86, -0.22, -0.52, 0.1, "wood", swing(24, (-0.98, -0.86)), texture=fade(0.2)),
        line(0.98, -0.86, 0.22, -0.52, 0.1, "wood", swing(-16, (0.98, -0.86)), texture=fade(0.2)),
    ),
    colours={
        "body": ("red", "blue", "navy", "crimson", "teal", "brown"),
        "accent": ("gold", "silver", "white"),
        "trim": ("white", "gold"),
    },
)

_TAMBOURINE = Look(
    parts=group(
        1,
        (0.1, 0.3),
        (
            ellipse(0, 0, 1.5, 1.44, "light", style=(0, 0.6), coat=1),
            ellipse(0, 0, 1.72, 1.64, "wood", hollow=0.24),
            ellipse(0, 0, 0.34, 0.24, "metal", shake(0.05, 0.05, 3), across=(2, 1.6), vary=0.5),
            ellipse(0, 0, 0.24, 0.34, "metal", shake(0.05, -0.05, 3), down=(2, 1.52), vary=0.5),
            ellipse(0, 0, 0.28, 0.28, "metal", across=(2, 1.12), down=(2, 1.08), vary=0.5),
            ellipse(0, 0, 0.1, 0.1, "dark", across=(2, 1.6), vary=0),
            ellipse(0, 0, 0.1, 0.1, "dark", across=(2, 1.12), down=(2, 1.08), vary=0),
            box(0, 0.02, 0.9, 0.5, "accent", round=0.9, style=(0, 0.2)),
        ),
        swing(26),
        sway(14),
        bob(0.12, -0.22),
    ),
    colours={"wood": (*_VARNISHES, "red", "blue"), "metal": ("gold", "silver", "brass")},
)


def _mallet(x: float, y: float, to_x: float, to_y: float, turn: float, number: int) -> tuple:
    parts = (line(x, y, to_x, to_y, 0.07, "wood"), ellipse(to_x, to_y, 0.22, 0.22, "dark"))
    return group(number, (x, y), parts, swing(turn))


_XYLOPHONE = Look(
    parts=(
        line(-0.9, 0.14, 0.9, 0.3, 0.1, "wood"),
        line(-0.9, 0.66, 0.9, 0.5, 0.1, "wood"),
        *(
            box(0.26 * place, 0.4, 0.22, 0.88 - 0.09 * place, colour, vary=0.15)
            for place, colour in zip(range(-3, 4), ("body", "accent", "trim") * 3, strict=False)
        ),
        *_mallet(-0.75, -0.8, -0.28, -0.34, 26, 1),
        *_mallet(0.85, -0.85, 0.42, -0.36, -26, 2),
    ),
    colours={
        "body": ("red", "orange", "brown"),
        "accent": ("yellow", "green", "tan"),
        "trim": ("blue", "violet", "chestnut"),
    },
)


def _tuned(parts: tuple, angle: float) -> tuple:
    """The parts of a string instrument drawn upright, leaning by ``angle`` degrees."""
    return tuple(part.turned(angle) for part in parts)


_GUITAR = Look(
    parts=group(
        1,
        (0.3, 0.8),
        _tuned(
            (
                box(0, -0.42, 0.17, 1.1, "wood", round=0.2),
                box(0, -0.98, 0.27, 0.32, "trim", taper=-0.25),
                ellipse(0, -0.98, 0.09, 0.08, "metal", across=(2, 0.36), down=(2, 0.16), vary=0),
                ellipse(0, 0.16, 0.84, 0.74),
                ellipse(0, 0.62, 1.12, 0.92, coat=1),
                ellipse(0, 0.3, 0.38, 0.38, "dark", grow(1.15, 1.15), vary=0.5),
                box(0, 0.8, 0.46, 0.1, "trim"),
                box(0, 0.0, 0.02, 1.62, "light", shake(0.03, 0, 6), across=(3, 0.045), vary=0),
                box(
                    0.3,
                    0.3,
                    0.24,
                    0.26,
                    "accent",
                    shake(-0.3, 0.04, 2),
                    bob(-0.34, 0.16),
                    taper=-0.9,
                ),
            ),
            38,
        ),
        swing(-7),
        sway(4, rate=2),
    ),
    colours={
        "body": (*_VARNISHES, "red", "black"),
        "trim": ("black", "mahogany"),
        "accent": ("white", "red", "teal"),
    },
)

_VIOLIN = Look(
    parts=_tuned(
        (
            ellipse(0, 0.06, 0.66, 0.6),
            box(0, 0.36, 0.46, 0.5, round=0.2),
            ellipse(0, 0.64, 0.84, 0.66),
            line(0, -0.98, 0, 0.3, 0.15, "dark"),
            ellipse(0, -1.02, 0.22, 0.2, "wood"),
            line(-0.16, 0.3, -0.2, 0.52, 0.06, "dark", vary=0),
            line(0.16, 0.3, 0.2, 0.52, 0.06, "dark", vary=0),
            box(0, 0.78, 0.2, 0.34, "dark", taper=-0.4),
            box(0, 0.1, 0.02, 1.2, "light", across=(2, 0.05), vary=0),
            *group(
                2,
                (0, 0.34),
                (
                    line(-0.85, 0.34, 0.75, 0.3, 0.07, "wood", bend=0.06),
                    line(-0.85, 0.42, 0.75, 0.38, 0.03, "light"),
                    box(0.72, 0.35, 0.16, 0.15, "dark"),
                ),
                shake(0.3, -0.02),
                bob(-0.22, 0),
            ),
        ),
        34,
    ),
    colours={"body": _VARNISHES, "wood": ("mahogany", "brown")},
)

_FLUTE = Look(
    parts=group(
        1,
        (-0.9, -0.3),
        (
            box(0, 0, 1.9, 0.2, round=0.6, texture=stripes(3, 0.15)),
            box(-0.62, -0.09, 0.34, 0.14, "metal", round=0.9),
            ellipse(-0.62, -0.09, 0.12, 0.07, "dark"),
            box(0.93, 0, 0.12, 0.26, "accent"),
            box(-0.3, 0, 0.1, 0.25, "accent"),
            ellipse(0.28, 0, 0.13, 0.13, "dark", across=(5, 0.22), vary=0.3),
            ellipse(0.06, -0.17, 0.15, 0.32, "skin", bob(0, 0.1), across=(3, 0.2)),
            ellipse(0.62, -0.22, 0.15, 0.32, "skin", shake(0, 0.1, 2), across=(2, 0.2)),
            ellipse(0.35, 0.17, 0.8, 0.18, "skin", chance=0.4),
        ),
        swing(15),
        sway(8),
    ),
    colours={
        "body": ("silver", "gold", "brown", "tan", "black"),
        "accent": ("gold", "silver", "cream"),
    },
)

_KETTLE = Look(
    parts=(
        ellipse(
            0.95,
            -0.5,
            0.44,
            0.36,
            "light",
            emerge(0.1, 0.1, (0.75, -0.25)),
            hidden(),
            throb(0.15, 0.15, rate=3),
            wave=0.03,
            wave_x=20,
            wave_y=20,
        ),
        ellipse(
            0.86,
            -0.84,
            0.62,
            0.46,
            "light",
            emerge(0.1, 0.1, (0.75, -0.25)),
            hidden(),
            flash(3, 0.5),
            wave=0.04,
            wave_x=16,
            wave_y=16,
        ),
        ellipse(-0.08, -0.42, 0.95, 0.86, "dark", hollow=0.12, cut=0.1),
        line(0.3, 0.32, 0.74, -0.2, 0.2, "body"),
        box(-0.08, 0.3, 1.24, 0.9, taper=0.36, round=0.5, coat=1),
        ellipse(-0.08, -0.14, 0.66, 0.2, "metal", shake(0, 0.05, 5), bob(0, -0.08)),
        ellipse(-0.08, -0.27, 0.18, 0.17, "dark", shake(0, 0.05, 5), bob(0, -0.08)),
        box(-0.08, 0.56, 1.24, 0.1, "accent", chance=0.5),
        box(-0.08, 0.82, 1.36, 0.14, "dark", round=0.6),
        ellipse(-0.08, 0.79, 0.26, 0.2, "glow", emerge(0.3, 0.05), flash(4), across=(3, 0.36)),
    ),
    colours={
        "body": ("silver", "red", "copper", "teal", "grey", "cream"),
        "accent": ("white", "gold", "black"),
    },
)

_WHISTLE = Look(
    parts=(
        line(0.36, -0.62, 0.7, -0.78, 0.12, "metal", hidden(), flash(4)),
        line(0.2, -0.7, 0.24, -1.0, 0.12, "metal", hidden(), flash(4, 0.5)),
        line(0.0, -0.66, -0.24, -0.92, 0.12, "metal", hidden(), flash(4)),
        *group(
            1,
            (-0.9, -0.2),
            (
                ellipse(0.86, 0.42, 0.34, 0.34, "metal", hollow=0.09),
                box(-0.32, -0.1, 1.2, 0.36, round=0.25),
                ellipse(0.34, 0.2, 0.98, 0.96, coat=1),
                box(0.16, -0.2, 0.36, 0.18, "dark", round=0.3),
                ellipse(0.34, 0.2, 0.62, 0.62, "accent", chance=0.5),
                ellipse(0.34, 0.2, 0.24, 0.24, "dark", shake(0.14, 0.1, 3), bob(0.02, -0.12)),
                box(-0.86, -0.1, 0.14, 0.42, "trim"),
            ),
            swing(-10),
            sway(4, rate=4),
        ),
    ),
    colours={
        "body": ("silver", "red", "orange", "blue", "yellow", "black"),
        "trim": ("black", "silver"),
    },
)

LOOKS = {
    "church bell": _CHURCH_BELL,
    "hand bell": _HAND_BELL,
    "alarm clock": _ALARM_CLOCK,
    "wall clock": _WALL_CLOCK,
    "drum": _DRUM,
    "tambourine": _TAMBOURINE,
    "xylophone": _XYLOPHONE,
    "guitar": _GUITAR,
    "violin": _VIOLIN,
    "flute": _FLUTE,
    "kettle": _KETTLE,
    "whistle": _WHISTLE,
}
