"""Looks of tools and machines."""

from avsl.synthetic.world.looks.parts import (
    Look,
    bob,
    box,
    ellipse,
    emerge,
    flash,
    group,
    grow,
    hidden,
    line,
    shake,
    spots,
    stripes,
    sway,
    swing,
    throb,
)

_HAMMER = Look(
    parts=(
        box(-0.56, 0.86, 0.8, 0.22, "dark", taper=0.2),
        box(-0.56, 0.66, 0.6, 0.26, "trim", taper=-0.4),
        box(-0.56, 0.44, 0.12, 0.3, "metal", bob(0, 0.1), style=(0, 0.6)),
        *group(
            1,
            (0.85, 0.55),
            (
                line(0.85, 0.5, -0.38, -0.36, 0.17, "wood", texture=stripes(5, 0.2)),
                line(0.85, 0.5, 0.52, 0.27, 0.24, "accent", chance=0.7),
                box(-0.44, -0.4, 0.36, 0.96, "metal", angle=35, round=0.25, style=(0, 0.7)),
                box(-0.44, -0.4, 0.56, 0.9, "metal", angle=35, round=0.2, style=(0.7, 1)),
                box(-0.64, -0.1, 0.44, 0.2, "metal", angle=35, round=0.3),
                box(-0.2, -0.76, 0.3, 0.36, "metal", angle=35, taper=0.8, style=(0, 0.4)),
            ),
            swing(-26),
        ),
    ),
    colours={"accent": ("red", "black", "yellow", "blue"), "trim": ("slate", "grey")},
)


_SAW = Look(
    parts=(
        box(-0.2, 0.58, 1.4, 0.5, "wood", round=0.9, texture=stripes(1.6, 0.35, across=False)),
        ellipse(0.5, 0.58, 0.3, 0.5, "trim", texture=spots(1.5, 0.3)),
        *group(
            1,
            (0.5, 0.1),
            (
                box(
                    -0.25, 0.22, 0.1, 0.14, "metal", angle=4, taper=-1, across=(14, 0.096), vary=0.2
                ),
                box(-0.24, 0.04, 0.44, 1.36, "metal", angle=-90, taper=0.5, round=0.1),
                box(0.6, 0.02, 0.5, 0.62, "accent", angle=12, round=0.6),
                box(0.62, 0.04, 0.18, 0.3, "dark", angle=12, round=0.9),
            ),
            bob(-0.34, 0.16),
            shake(0.3, -0.04),
        ),
        ellipse(-0.5, 0.98, 0.12, 0.08, "trim", hidden(), flash(3), across=(3, 0.2)),
    ),
    colours={
        "accent": ("brown", "red", "orange", "tan", "black"),
        "trim": ("sand", "cream", "tan"),
    },
)


_DRILL = Look(
    parts=(
        ellipse(-0.96, -0.28, 0.16, 0.16, "glow", hidden(), flash(5), down=(2, 0.34)),
        *group(
            1,
            (0.5, 0.2),
            (
                box(0.52, 0.3, 0.36, 0.86, angle=-12, round=0.5),
                box(0.62, 0.8, 0.66, 0.3, "trim", round=0.3),
                box(0.24, 0.12, 0.12, 0.24, "accent", angle=20),
                box(
                    -0.72,
                    -0.28,
                    0.5,
                    0.1,
                    "metal",
                    shake(0, 0.03, 9),
                    round=0.3,
                    texture=stripes(5, 0.6),
                ),
                box(-0.4, -0.28, 0.36, 0.34, "dark", angle=-90, taper=0.5, texture=stripes(3, 0.4)),
                box(0.24, -0.28, 1.1, 0.54, round=0.4, coat=1),
                box(0.62, -0.28, 0.1, 0.42, "trim", across=(2, 0.2)),
                box(-0.14, -0.28, 0.22, 0.5, "trim", chance=0.6),
            ),
            bob(-0.14, 0.03),
            shake(0.05, 0.05, 5),
        ),
    ),
    colours={
        "body": ("yellow", "teal", "red", "orange", "lime", "blue"),
        "trim": ("black", "slate"),
    },
)


_TYPEWRITER = Look(
    parts=(
        *group(
            1,
            (0, -0.4),
            (
                box(0, -0.62, 0.9, 0.7, "light", round=0.1, texture=stripes(3, 0.35, across=False)),
                box(0, -0.3, 1.5, 0.24, "dark", round=0.9),
                ellipse(0, -0.3, 0.2, 0.3, "metal", across=(2, 1.6)),
            ),
            bob(-0.22, 0),
        ),
        box(0, 0.06, 1.5, 0.6, taper=0.15, coat=1),
        box(0, 0.56, 1.84, 0.72, taper=0.2),
        box(0, -0.02, 0.6, 0.24, "dark", round=0.8),
        line(
            0,
            0.04,
            -0.02,
            -0.3,
            0.07,
            "metal",
            emerge(1, 0.4, (0, 0.05)),
            hidden(),
            across=(2, 0.2),
        ),
        ellipse(0, 0.42, 0.17, 0.14, "accent", across=(7, 0.22), vary=0.3),
        ellipse(0, 0.58, 0.17, 0.14, "accent", bob(0, 0.1), across=(6, 0.23), vary=0.3),
        ellipse(0, 0.74, 0.17, 0.14, "accent", across=(7, 0.23), vary=0.3),
        box(0, 0.88, 0.8, 0.08, "accent", bob(0, 0.03), round=1),
    ),
    colours={
        "body": ("black", "teal", "red", "slate", "sky", "olive"),
        "accent": ("white", "cream", "silver"),
    },
)


_TELEPHONE = Look(
    parts=(
        box(0, 0.42, 1.5, 0.96, taper=0.45, round=0.35, coat=1),
        box(0, 0.84, 1.7, 0.2, "trim", round=0.4),
        box(0, -0.12, 0.22, 0.24, across=(2, 0.6)),
        ellipse(0, 0.4, 0.7, 0.62, "light", style=(0, 0.65)),
        ellipse(
            0,
            0.4,
            0.62,
            0.54,
            "dark",
            style=(0, 0.65),
            hollow=0.17,
            wave=0.035,
            wave_x=22,
            wave_y=22,
        ),
        ellipse(0, 0.4, 0.26, 0.22, "accent", style=(0, 0.65)),
        box(0, 0.42, 0.15, 0.13, "light", across=(3, 0.22), down=(3, 0.19), style=(0.65, 1)),
        *group(
            1,
            (0, -0.4),
            (
                line(-0.7, -0.4, 0.7, -0.4, 0.26, bend=-0.25),
                ellipse(0, -0.26, 0.46, 0.36, across=(2, 1.36)),
            ),
            bob(0, -0.22),
            sway(11, rate=5),
        ),
    ),
    colours={
        "body": ("red", "black", "cream", "teal", "green"),
        "trim": ("black", "slate", "gold"),
    },
)


_ROBOT = Look(
    parts=(
        box(0, 0.82, 0.26, 0.34, "trim", across=(2, 0.42)),
        line(-0.5, 0.2, -0.8, 0.6, 0.16, "metal", swing(80, (-0.5, 0.2)), sway(12)),
        line(0.5, 0.2, 0.8, 0.6, 0.16, "metal", swing(-80, (0.5, 0.2)), sway(12)),
        box(0, 0.36, 0.9, 0.76, round=0.2, coat=1),
        box(0, 0.36, 0.46, 0.34, "trim", texture=spots(2, 0.6)),
        *group(
            1,
            (0, -0.05),
            (
                line(0, -0.6, 0, -0.86, 0.06, "metal"),
                ellipse(0, -0.9, 0.2, 0.2, "accent", grow(1.5, 1.5), throb(0.2, 0.2, rate=3)),
                box(0, -0.34, 1.06, 0.66, round=0.3),
                ellipse(0, -0.42, 0.26, 0.26, "glow", grow(1.25, 1.25), across=(2, 0.48), vary=0.4),
                ellipse(0, -0.42, 0.1, 0.1, "dark", across=(2, 0.48), vary=0.4),
                box(0, -0.14, 0.5, 0.08, "dark", grow(1, 2.6), round=0.3),
            ),
            swing(6),
            sway(6),
        ),
    ),
    colours={
        "body": ("silver", "teal", "orange", "sky", "grey", "yellow"),
        "trim": ("slate", "black", "navy"),
        "glow": ("ember", "lime", "sky"),
    },
)

LOOKS = {
    "hammer": _HAMMER,
    "saw": _SAW,
    "drill": _DRILL,
    "typewriter": _TYPEWRITER,
    "telephone": _TELEPHONE,
    "robot": _ROBOT,
}
