"""Looks of birds and insects."""

from avsl.synthetic.world.looks.parts import (
    Look,
    bob,
    box,
    ellipse,
    group,
    grow,
    line,
    shake,
    spots,
    stripes,
    sway,
    swing,
)

_SONGBIRD = Look(
    parts=(
        line(-0.95, 0.86, 0.95, 0.78, 0.12, "wood"),
        box(0.78, 0.5, 0.26, 0.8, "accent", swing(-16, (0.4, 0.3)), angle=118, round=0.4),
        box(0.04, 0.7, 0.05, 0.28, "beak", across=(2, 0.2)),
        ellipse(0.08, 0.22, 1.14, 0.9, angle=24, taper=-0.1),
        ellipse(-0.12, 0.36, 0.78, 0.6, "trim", grow(1.12, 1.12), angle=30),
        ellipse(
            0.3,
            0.2,
            0.76,
            0.42,
            "accent",
            swing(-14, (0, 0.1)),
            angle=28,
            texture=stripes(2, 0.3, across=False),
        ),
        *group(
            1,
            (-0.2, 0.0),
            (
                box(
                    -0.82,
                    -0.28,
                    0.14,
                    0.36,
                    "beak",
                    swing(-34, (-0.66, -0.28)),
                    angle=-82,
                    taper=0.9,
                ),
                box(-0.82, -0.36, 0.17, 0.38, "beak", angle=-92, taper=0.9),
                ellipse(-0.36, -0.32, 0.74, 0.7, coat=1),
                ellipse(-0.5, -0.38, 0.14, 0.14, "dark"),
                box(-0.22, -0.66, 0.16, 0.34, "accent", angle=28, taper=0.7, chance=0.4),
            ),
            swing(14),
        ),
    ),
    colours={
        "body": ("blue", "red", "yellow", "brown", "sky", "olive"),
        "accent": ("navy", "chestnut", "slate", "olive"),
        "trim": ("cream", "orange", "white", "yellow"),
    },
)


_OWL = Look(
    parts=(
        line(-0.9, 0.9, 0.9, 0.88, 0.15, "wood"),
        ellipse(0, 0.36, 1.16, 1.16, coat=1),
        ellipse(0, 0.46, 0.72, 0.86, "trim", grow(1.22, 1.06), texture=spots(3.4, 0.4)),
        ellipse(-0.52, 0.38, 0.32, 0.86, "accent", swing(18, (-0.5, 0.0)), angle=8),
        ellipse(0.52, 0.38, 0.32, 0.86, "accent", swing(-18, (0.5, 0.0)), angle=-8),
        *group(
            1,
            (0, 0.2),
            (
                box(-0.36, -0.72, 0.3, 0.4, "accent", angle=-22, taper=0.9, style=(0, 0.75)),
                box(0.36, -0.72, 0.3, 0.4, "accent", angle=22, taper=0.9, style=(0, 0.75)),
                ellipse(0, -0.36, 1.12, 0.8),
                ellipse(0, -0.38, 0.5, 0.5, "light", across=(2, 0.48), vary=0.4),
                ellipse(0, -0.38, 0.32, 0.32, "glow", across=(2, 0.48), vary=0.4),
                ellipse(0, -0.38, 0.19, 0.19, "dark", across=(2, 0.48), vary=0.4),
                box(0, -0.12, 0.18, 0.28, "beak", grow(1.1, 1.6, (0, -0.24)), taper=-0.8),
            ),
            bob(0, 0.1),
            sway(8),
        ),
    ),
    colours={
        "body": ("brown", "grey", "tan", "chestnut", "white"),
        "accent": ("chestnut", "slate", "brown"),
        "trim": ("cream", "sand", "white"),
        "glow": ("amber", "orange", "yellow"),
    },
)


_DUCK = Look(
    parts=(
        box(0.82, 0.12, 0.34, 0.5, angle=48, taper=0.7),
        line(-0.46, -0.3, -0.34, 0.3, 0.32, "accent"),
        ellipse(0.16, 0.42, 1.4, 0.78, taper=0.05, coat=1),
        ellipse(
            0.28,
            0.38,
            0.86,
            0.44,
            "trim",
            swing(-12, (-0.1, 0.35)),
            angle=-6,
            texture=stripes(2, 0.3, across=False),
        ),
        *group(
            1,
            (-0.36, 0.1),
            (
                box(-0.86, -0.3, 0.5, 0.14, "beak", swing(-26, (-0.66, -0.34)), round=0.9),
                box(-0.86, -0.4, 0.54, 0.17, "beak", round=0.9, angle=4),
                ellipse(-0.46, -0.46, 0.64, 0.6, "accent"),
                ellipse(-0.56, -0.54, 0.13, 0.13, "dark"),
            ),
            swing(12),
            bob(-0.06, 0),
        ),
        box(
            0, 0.84, 1.9, 0.2, "water", shake(0.04, 0.02), round=1, chance=0.7, wave=0.03, wave_x=14
        ),
    ),
    colours={
        "body": ("yellow", "white", "tan", "grey", "brown"),
        "accent": ("yellow", "green", "white", "green"),
        "trim": ("sand", "white", "brown"),
        "beak": ("orange", "amber"),
    },
)


_ROOSTER = Look(
    parts=(
        line(0.5, 0.1, 0.8, -0.7, 0.2, "trim", swing(10, (0.4, 0.2)), bend=0.5),
        line(0.5, 0.2, 1.0, -0.4, 0.2, "trim", swing(14, (0.4, 0.2)), bend=0.5),
        line(0.5, 0.3, 1.05, 0.0, 0.2, "accent", swing(18, (0.4, 0.2)), bend=0.5),
        box(0.1, 0.78, 0.07, 0.44, "beak", across=(2, 0.26)),
        ellipse(0.14, 0.3, 1.0, 0.72, angle=-10),
        ellipse(
            0.26,
            0.3,
            0.6,
            0.4,
            "accent",
            swing(-18, (0, 0.2)),
            texture=stripes(2, 0.3, across=False),
        ),
        *group(
            1,
            (-0.2, 0.2),
            (
                box(-0.3, -0.12, 0.52, 0.8, "accent", angle=-12, taper=0.45, round=0.7, coat=1),
                ellipse(-0.36, -0.76, 0.4, 0.3, "comb", wave=0.05, wave_x=28),
                ellipse(-0.52, -0.32, 0.16, 0.3, "comb", sway(20)),
                box(
                    -0.72,
                    -0.46,
                    0.12,
                    0.26,
                    "beak",
                    swing(-36, (-0.6, -0.48)),
                    angle=-80,
                    taper=0.9,
                ),
                box(-0.72, -0.54, 0.15, 0.28, "beak", angle=-94, taper=0.9),
                ellipse(-0.42, -0.52, 0.42, 0.42, "accent"),
                ellipse(-0.5, -0.56, 0.1, 0.1, "dark"),
            ),
            swing(20),
        ),
    ),
    colours={
        "body": ("chestnut", "white", "black", "ginger", "brown"),
        "accent": ("orange", "gold", "white", "ginger"),
        "trim": ("teal", "black", "navy", "green"),
        "beak": ("amber", "yellow"),
    },
)


_CRICKET = Look(
    parts=(
        line(-0.66, -0.1, -0.98, -0.86, 0.045, "dark", sway(10, (-0.66, -0.1)), bend=0.5),
        line(-0.56, -0.14, -0.62, -0.9, 0.045, "dark", sway(-10, (-0.56, -0.14)), bend=0.4),
        line(-0.4, 0.3, -0.62, 0.72, 0.06, "accent"),
        line(-0.1, 0.34, -0.2, 0.74, 0.06, "accent"),
        box(0.14, 0.14, 1.3, 0.4, angle=4, round=1, texture=stripes(7, 0.35)),
        ellipse(
            0.3,
            -0.06,
            1.1,
            0.28,
            "trim",
            swing(-16, (-0.3, 0.0)),
            sway(9, rate=6),
            texture=stripes(2, 0.2),
        ),
        ellipse(-0.58, 0.04, 0.5, 0.48, coat=1),
        ellipse(-0.68, -0.02, 0.14, 0.16, "dark"),
        *group(
            1,
            (0.1, 0.2),
            (
                line(0.12, 0.24, 0.62, -0.56, 0.2, "accent", taper=0.4),
                line(0.62, -0.56, 0.86, 0.74, 0.08, "accent"),
                line(0.86, 0.74, 1.02, 0.76, 0.07, "accent"),
            ),
            swing(-9),
            sway(8, rate=5),
        ),
    ),
    colours={
        "body": ("green", "lime", "olive", "brown", "black"),
        "accent": ("olive", "green", "brown", "chestnut"),
        "trim": ("lime", "sand", "tan"),
    },
)


_BEE = Look(
    parts=group(
        1,
        (0, 0),
        (
            ellipse(0.14, -0.5, 0.44, 0.9, "light", sway(34, (0.06, -0.06), 5), angle=28),
            ellipse(-0.14, -0.52, 0.46, 0.96, "light", sway(-34, (0.0, -0.06), 5), angle=-8),
            box(0.9, 0.26, 0.14, 0.3, "dark", angle=100, taper=0.9),
            box(-0.1, 0.66, 0.05, 0.34, "dark", across=(3, 0.3)),
            ellipse(0.2, 0.22, 1.36, 0.84, angle=4, texture=stripes(2.6, 0.85, sharp=8)),
            ellipse(-0.58, 0.16, 0.62, 0.62, "accent"),
            ellipse(-0.7, 0.1, 0.2, 0.22, "light"),
            ellipse(-0.72, 0.1, 0.1, 0.12, "dark"),
            line(-0.66, -0.1, -0.86, -0.46, 0.06, "dark", sway(12, (-0.66, -0.1)), bend=0.5),
            line(-0.5, -0.12, -0.58, -0.5, 0.06, "dark", sway(12, (-0.5, -0.12)), bend=0.5),
        ),
        bob(0, -0.08),
        shake(0.06, 0.05, 2),
    ),
    colours={
        "body": ("yellow", "amber", "gold"),
        "accent": ("black", "brown", "chestnut", "amber"),
    },
)

LOOKS = {
    "songbird": _SONGBIRD,
    "owl": _OWL,
    "duck": _DUCK,
    "rooster": _ROOSTER,
    "cricket": _CRICKET,
    "bee": _BEE,
}
