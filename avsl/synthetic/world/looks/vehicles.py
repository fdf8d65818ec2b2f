"""Looks of vehicles."""

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
    spin,
    stripes,
    sway,
    swing,
    throb,
)

_PAINTS = ("red", "blue", "green", "yellow", "orange", "teal", "white", "black", "silver", "navy")


def _wheels(y: float, apart: float, size: float, copies: int = 2) -> tuple:
    return (
        ellipse(0, y, size, size, "dark", across=(copies, apart), vary=0.4),
        ellipse(0, y, size / 2, size / 2, "metal", across=(copies, apart), vary=0.4),
    )


_AMBULANCE = Look(
    parts=(
        *group(
            1,
            (0, 0.6),
            (
                ellipse(0.3, -0.68, 0.5, 0.5, "glow", hidden(), flash(1.5)),
                ellipse(-0.02, -0.68, 0.5, 0.5, "accent", hidden(), flash(1.5, 0.5)),
                box(0.14, -0.58, 0.4, 0.2, "trim", round=0.6),
                box(0.3, 0.02, 1.24, 1.06, round=0.16),
                box(-0.5, 0.22, 0.8, 0.68, round=0.35, taper=0.15),
                box(-0.58, 0.06, 0.36, 0.3, "glass", taper=0.2),
                box(0.0, 0.3, 1.7, 0.13, "accent"),
                box(0.42, -0.12, 0.4, 0.13, "accent", vary=0.2),
                box(0.42, -0.12, 0.13, 0.4, "accent", vary=0.2),
                box(-0.88, 0.36, 0.12, 0.14, "glow"),
            ),
            shake(0, 0.02, 3),
        ),
        *_wheels(0.58, 1.0, 0.42),
    ),
    colours={
        "body": ("white", "white", "cream", "yellow"),
        "accent": ("red", "red", "orange", "blue"),
        "glow": ("sky", "blue"),
        "trim": ("blue", "red"),
    },
)


_CAR = Look(
    parts=(
        *group(
            1,
            (0.6, 0.5),
            (
                box(0.1, -0.16, 1.16, 0.66, taper=0.35, round=0.4, style=(0, 0.65)),
                box(0.2, -0.16, 1.3, 0.66, taper=0.15, round=0.4, style=(0.65, 1)),
                box(0.11, -0.12, 0.4, 0.36, "glass", across=(2, 0.46), taper=0.15),
                box(0, 0.26, 1.86, 0.5, round=0.55, coat=1),
                box(0.1, 0.22, 0.12, 0.05, "metal", chance=0.7),
                box(0, 0.36, 1.84, 0.07, "accent", chance=0.4),
                box(-0.86, 0.18, 0.2, 0.18, "light", round=0.8),
                ellipse(-0.92, 0.18, 0.3, 0.34, "glow", hidden(), grow(1.2, 1.2)),
                box(0.88, 0.2, 0.1, 0.18, "accent"),
            ),
            swing(7),
            sway(3, rate=4),
            bob(0, -0.07),
        ),
        *_wheels(0.5, 1.12, 0.46),
    ),
    colours={"body": _PAINTS, "accent": ("red", "crimson", "white")},
)


_MOTORBIKE = Look(
    parts=(
        ellipse(
            0.94, 0.26, 0.36, 0.32, "light", hidden(), flash(4), wave=0.03, wave_x=20, wave_y=20
        ),
        ellipse(1.06, 0.06, 0.3, 0.28, "light", hidden(), flash(4, 0.5)),
        ellipse(0, 0.5, 0.76, 0.76, "dark", across=(2, 1.16), hollow=0.19, vary=0.4),
        ellipse(0, 0.5, 0.2, 0.2, "metal", across=(2, 1.16)),
        *group(
            1,
            (0.3, 0.6),
            (
                line(0.0, 0.44, 0.86, 0.36, 0.14, "metal"),
                line(-0.58, 0.5, -0.34, -0.26, 0.1, "metal"),
                box(0.0, 0.36, 0.5, 0.42, "trim", round=0.4, texture=stripes(3, 0.4, across=False)),
                ellipse(-0.08, 0.02, 0.72, 0.42, coat=1),
                box(0.46, 0.04, 0.72, 0.2, "dark", angle=-8, round=0.9),
                line(-0.36, -0.3, -0.1, -0.38, 0.1, "dark"),
                ellipse(-0.46, -0.1, 0.26, 0.28, "glow"),
            ),
            shake(0.02, 0.07, 4),
            swing(11),
        ),
    ),
    colours={"body": _PAINTS, "trim": ("slate", "grey")},
)


_TRAIN = Look(
    parts=(
        ellipse(-0.56, -0.78, 0.4, 0.34, "light", emerge(0.1, 0.1, (-0.6, -0.5)), hidden()),
        ellipse(-0.2, -0.88, 0.6, 0.4, "light", emerge(0.1, 0.1, (-0.6, -0.5)), hidden()),
        box(0, 0.86, 1.96, 0.08, "metal", round=0.2),
        *group(
            1,
            (0, 0.7),
            (
                box(-0.6, -0.34, 0.26, 0.5, "trim", taper=-0.35),
                ellipse(-0.1, -0.24, 0.3, 0.34, "accent"),
                box(-0.24, 0.1, 1.3, 0.6, round=0.6, coat=1),
                box(-0.24, 0.1, 0.08, 0.6, "accent", across=(3, 0.4)),
                box(0.58, -0.06, 0.66, 0.98, round=0.1),
                box(0.58, -0.24, 0.4, 0.34, "glass"),
                box(0.58, -0.58, 0.84, 0.13, "trim"),
                box(-0.02, 0.46, 1.8, 0.18, "trim", round=0.2),
                ellipse(-0.88, 0.0, 0.16, 0.24, "glow", grow(1.5, 1.5)),
                box(-0.88, 0.68, 0.3, 0.3, "accent", taper=0.7),
            ),
            bob(0, -0.05),
            shake(0, 0.03, 3),
        ),
        *_wheels(0.66, 0.44, 0.38, 4),
    ),
    colours={
        "body": ("black", "green", "red", "blue", "navy"),
        "accent": ("red", "gold", "brass"),
        "trim": ("slate", "crimson", "black"),
    },
)


_HELICOPTER = Look(
    parts=group(
        1,
        (0, 0),
        (
            box(0.56, -0.06, 0.3, 0.9, angle=90, taper=0.6, round=0.3),
            box(0.92, -0.18, 0.2, 0.36, "accent", taper=0.4),
            box(0.96, -0.2, 0.46, 0.08, "dark", spin(3), round=1),
            line(-0.2, -0.2, -0.2, -0.56, 0.1, "metal"),
            line(-0.55, 0.6, 0.25, 0.6, 0.08, "metal"),
            box(-0.15, 0.5, 0.06, 0.28, "metal", across=(2, 0.4)),
            ellipse(-0.2, 0.08, 1.06, 0.72, coat=1),
            ellipse(-0.46, 0.02, 0.44, 0.44, "glass"),
            box(0.02, 0.26, 0.7, 0.08, "accent", chance=0.7),
            box(-0.2, -0.58, 1.5, 0.08, "dark", throb(0.4, 0, rate=2), round=1),
            box(-0.2, -0.58, 1.9, 0.2, "trim", emerge(0.3, 0.2), hidden(), flash(3), round=1),
        ),
        bob(0, -0.14),
        sway(4),
    ),
    colours={
        "body": ("red", "yellow", "olive", "navy", "white", "orange"),
        "accent": ("white", "black", "red"),
        "trim": ("silver", "grey"),
    },
)

LOOKS = {
    "ambulance": _AMBULANCE,
    "car": _CAR,
    "motorbike": _MOTORBIKE,
    "train": _TRAIN,
    "helicopter": _HELICOPTER,
}
