"""Looks of animals."""

from avsl.synthetic.world.looks.parts import (
    Look,
    bob,
    box,
    ellipse,
    group,
    grow,
    line,
    spots,
    sway,
    swing,
    throb,
)

_COATS = ("brown", "black", "ginger", "cream", "white", "grey", "tan", "chestnut")


def _legs(y: float, length: float, width: float, colour: str, x: float = 0.15) -> tuple:
    """Two pairs of legs under a body seen from the side."""
    return (
        box(x, y, width, length, colour, across=(2, 0.84), round=0.6),
        box(x, y, width, length, colour, across=(2, 0.5), round=0.6),
    )


_DOG = Look(
    parts=(
        line(0.66, 0.1, 0.92, -0.34, 0.13, "body", sway(26, (0.64, 0.12), 2), bend=0.4),
        *_legs(0.68, 0.52, 0.18, "body"),
        box(0.16, 0.26, 1.14, 0.54, round=0.9, coat=1),
        *group(
            1,
            (-0.2, 0.2),
            (
                line(-0.3, 0.16, -0.42, -0.2, 0.34, "body"),
                box(-0.78, -0.1, 0.4, 0.14, "trim", swing(-30, (-0.6, -0.1)), round=0.8),
                ellipse(-0.46, -0.34, 0.66, 0.6),
                box(-0.8, -0.22, 0.46, 0.26, "trim", round=0.8),
                ellipse(-0.98, -0.29, 0.17, 0.15, "dark"),
                ellipse(-0.56, -0.42, 0.12, 0.13, "dark"),
                ellipse(
                    -0.2,
                    -0.26,
                    0.28,
                    0.56,
                    "accent",
                    sway(12, (-0.22, -0.5)),
                    angle=-12,
                    style=(0, 0.6),
                ),
                box(-0.3, -0.7, 0.26, 0.4, "accent", angle=14, taper=0.8, style=(0.6, 1)),
                box(-0.34, 0.06, 0.42, 0.1, "comb", angle=24, chance=0.4),
            ),
            swing(17),
            bob(-0.08, -0.05),
        ),
    ),
    colours={
        "body": _COATS,
        "accent": ("brown", "black", "chestnut"),
        "trim": ("cream", "tan", "white", "brown"),
    },
)


_CAT = Look(
    parts=(
        line(0.52, 0.72, 0.84, -0.2, 0.15, "body", sway(16, (0.5, 0.72)), bend=-0.4),
        ellipse(0.12, 0.46, 0.96, 1.0, taper=0.25, coat=1),
        box(-0.12, 0.7, 0.18, 0.5, "body", across=(2, 0.26), round=0.9),
        ellipse(-0.12, 0.42, 0.36, 0.5, "trim", chance=0.6),
        *group(
            1,
            (-0.1, 0.0),
            (
                box(-0.4, -0.72, 0.36, 0.44, angle=-16, taper=0.9, round=0.2),
                box(0.2, -0.72, 0.36, 0.44, angle=16, taper=0.9, round=0.2),
                ellipse(-0.1, -0.36, 0.98, 0.8, coat=1),
                ellipse(
                    -0.1, -0.42, 0.2, 0.22, "glow", grow(1.0, 0.35), across=(2, 0.42), vary=0.4
                ),
                ellipse(
                    -0.1, -0.42, 0.07, 0.19, "dark", grow(1.0, 0.35), across=(2, 0.42), vary=0.2
                ),
                ellipse(-0.1, -0.2, 0.42, 0.26, "trim"),
                box(-0.1, -0.25, 0.13, 0.1, "pink", taper=-0.7, vary=0.5),
                ellipse(-0.1, -0.12, 0.24, 0.05, "mouth", grow(1.1, 3.6, (-0.1, -0.16))),
                box(-0.1, -0.2, 0.28, 0.025, "light", across=(2, 0.8), down=(2, 0.09), vary=0.2),
            ),
            swing(-9),
            bob(0, -0.07),
        ),
    ),
    colours={
        "body": ("ginger", "black", "grey", "white", "tan", "brown"),
        "trim": ("white", "cream"),
        "glow": ("lime", "amber", "sky", "green"),
    },
)


_COW = Look(
    parts=(
        line(0.86, 0.0, 0.92, 0.6, 0.08, "body", sway(18, (0.86, 0.0))),
        *_legs(0.72, 0.5, 0.18, "trim", 0.2),
        ellipse(0.5, 0.56, 0.32, 0.26, "pink"),
        box(0.24, 0.22, 1.36, 0.76, round=0.55, texture=spots(1.6, 0.8, 0.15)),
        *group(
            1,
            (-0.3, 0.0),
            (
                line(-0.86, -0.64, -0.2, -0.64, 0.11, "light", bend=1.3),
                ellipse(-0.53, -0.5, 0.3, 0.18, "accent", across=(2, 0.8)),
                box(-0.53, -0.3, 0.62, 0.8, taper=-0.15, round=0.8),
                box(-0.53, 0.12, 0.46, 0.12, "pink", bob(0, 0.1), round=0.9),
                box(-0.53, 0.08, 0.4, 0.06, "mouth", grow(1, 3.4), vary=0.4),
                box(-0.53, -0.05, 0.62, 0.32, "pink", round=0.9),
                ellipse(-0.53, -0.06, 0.09, 0.12, "dark", across=(2, 0.26), vary=0.3),
                ellipse(-0.53, -0.42, 0.12, 0.15, "dark", across=(2, 0.38), vary=0.3),
            ),
            swing(12),
            bob(-0.03, -0.1),
        ),
    ),
    colours={
        "body": ("white", "white", "cream", "tan", "brown"),
        "accent": ("black", "brown", "chestnut"),
        "trim": ("white", "cream", "brown", "black"),
    },
)


_SHEEP = Look(
    parts=(
        *_legs(0.74, 0.46, 0.14, "accent", 0.14),
        ellipse(
            0.86, 0.12, 0.26, 0.26, "body", sway(20, (0.7, 0.12)), wave=0.03, wave_x=20, wave_y=20
        ),
        ellipse(0.14, 0.2, 1.36, 0.92, wave=0.07, wave_x=15, wave_y=15, texture=spots(4, 0.15)),
        *group(
            1,
            (-0.3, 0.1),
            (
                ellipse(-0.36, -0.22, 0.3, 0.15, "accent", sway(14, (-0.5, -0.24)), angle=16),
                ellipse(-0.9, -0.22, 0.28, 0.15, "accent", angle=-16),
                ellipse(-0.63, -0.02, 0.24, 0.14, "accent", bob(0, 0.17)),
                ellipse(-0.63, 0.02, 0.24, 0.1, "mouth", grow(1, 2.4)),
                ellipse(-0.63, -0.2, 0.46, 0.6, "accent", taper=0.2),
                ellipse(-0.62, -0.5, 0.5, 0.34, "body", wave=0.05, wave_x=20, wave_y=20),
                ellipse(-0.63, -0.24, 0.11, 0.12, "light", across=(2, 0.22), vary=0.3),
                ellipse(-0.63, -0.23, 0.06, 0.07, "dark", across=(2, 0.22), vary=0.2),
            ),
            swing(14),
            bob(-0.04, -0.08),
        ),
    ),
    colours={
        "body": ("white", "cream", "white", "grey", "sand"),
        "accent": ("black", "slate", "chestnut", "tan"),
    },
)


_FROG = Look(
    parts=(
        ellipse(0, 0.62, 0.56, 0.66, "body", across=(2, 1.24), taper=0.2),
        ellipse(0, 0.9, 0.5, 0.18, "accent", across=(2, 1.24)),
        ellipse(0, 0.42, 1.3, 1.0, coat=1),
        ellipse(0, 0.5, 0.8, 0.62, "trim", grow(1.5, 1.35, (0, 0.62)), throb(0.08, 0.08)),
        box(0, 0.82, 0.2, 0.36, "accent", across=(2, 0.5), round=0.8),
        *group(
            1,
            (0, 0.2),
            (
                ellipse(0, -0.36, 0.46, 0.46, across=(2, 0.78), vary=0.4),
                ellipse(0, -0.02, 1.36, 0.74),
                ellipse(0, -0.38, 0.3, 0.3, "light", across=(2, 0.78), vary=0.4),
                ellipse(0, -0.37, 0.16, 0.2, "dark", across=(2, 0.78), vary=0.3),
                box(0, 0.08, 0.96, 0.05, "mouth", grow(0.8, 5), bend=0.12, round=1),
            ),
            bob(0, -0.14),
        ),
    ),
    colours={
        "body": ("green", "lime", "olive", "teal"),
        "accent": ("olive", "green", "lime"),
        "trim": ("cream", "yellow", "sand"),
    },
)

LOOKS = {"dog": _DOG, "cat": _CAT, "cow": _COW, "sheep": _SHEEP, "frog": _FROG}
