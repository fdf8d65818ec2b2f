"""Looks of water and fire."""

from avsl.synthetic.world.looks.parts import (
    Look,
    Part,
    box,
    ellipse,
    emerge,
    flash,
    group,
    grow,
    hidden,
    line,
    scroll,
    stripes,
    sway,
    throb,
)

_FOUNTAIN = Look(
    parts=(
        ellipse(
            0,
            0.5,
            0.76,
            2.0,
            "water",
            emerge(0.5, 0.1, (0, 0.5)),
            hidden(),
            hollow=0.13,
            cut=0.05,
            across=(2, 0.72),
        ),
        ellipse(
            0,
            0.5,
            0.4,
            1.4,
            "water",
            emerge(0.5, 0.1, (0, 0.5)),
            hidden(),
            hollow=0.1,
            cut=0.05,
            across=(2, 0.4),
        ),
        box(
            0,
            -0.48,
            0.22,
            0.9,
            "water",
            emerge(0.6, 0.05, (0, -0.1)),
            taper=0.5,
            round=1,
            texture=stripes(3, 0.2, across=False),
        ),
        ellipse(0, -0.1, 0.1, 0.16, "water", hidden(), scroll(), across=(4, 0.44), down=(3, 0.34)),
        box(0, 0.4, 0.24, 0.8, taper=-0.2),
        box(0, 0.06, 0.84, 0.2, taper=-0.5, round=0.4),
        ellipse(0, -0.02, 0.74, 0.12, "water"),
        box(0, 0.76, 1.84, 0.4, taper=-0.25, round=0.3, coat=1),
        ellipse(0, 0.6, 1.66, 0.2, "water", throb(0.04, 0.3, rate=2)),
    ),
    colours={"body": ("grey", "silver", "sand", "slate", "cream")},
)


_RAIN_CLOUD = Look(
    parts=(
        box(
            -0.05,
            0.36,
            0.1,
            0.26,
            "water",
            hidden(),
            scroll(),
            across=(5, 0.3),
            down=(4, 0.4),
            round=1,
            angle=8,
        ),
        box(
            0.08,
            0.3,
            0.07,
            0.2,
            "water",
            hidden(),
            scroll(),
            across=(4, 0.3),
            down=(3, 0.4),
            round=1,
            angle=8,
        ),
        box(0.1, 0.42, 0.3, 0.7, "glow", hidden(), flash(2), angle=14, taper=-0.8, style=(0, 0.3)),
        *group(
            1,
            (0, -0.4),
            (
                ellipse(-0.5, -0.36, 0.8, 0.62),
                ellipse(0.54, -0.34, 0.8, 0.6),
                ellipse(-0.12, -0.62, 0.8, 0.72),
                ellipse(0.26, -0.5, 0.7, 0.64, chance=0.7),
                box(0, -0.24, 1.7, 0.4, round=1),
            ),
            throb(0.04, 0.05, rate=2),
            grow(1.05, 0.9),
        ),
    ),
    colours={"body": ("grey", "slate", "silver", "white")},
)


def _flame(x: float, w: float, h: float, colour: str, phase: float) -> Part:
    """A tongue of fire that stands at y = 0.62."""
    moves = (emerge(0.6, 0.06, (x, 0.62)), throb(0.1, 0.22, (x, 0.62), 2.3, phase))
    return ellipse(x, 0.62 - h / 2, w, h, colour, *moves, sway(9, (x, 0.62), 2.3, phase), taper=0.6)


_CAMPFIRE = Look(
    parts=(
        ellipse(0, -0.2, 0.09, 0.09, "glow", hidden(), flash(3), across=(3, 0.5), down=(2, 0.5)),
        _flame(-0.3, 0.6, 0.96, "fire", 0.3),
        _flame(0.32, 0.6, 0.86, "fire", 0.7),
        _flame(0.02, 0.9, 1.5, "fire", 0.0),
        _flame(0.0, 0.56, 0.96, "glow", 0.4),
        line(-0.76, 0.5, 0.7, 0.84, 0.24, "wood", texture=stripes(6, 0.3)),
        line(0.76, 0.5, -0.7, 0.84, 0.24, "wood", texture=stripes(6, 0.3)),
        ellipse(0, 0.9, 0.32, 0.24, "metal", across=(6, 0.33), chance=0.6),
    ),
    colours={
        "glow": ("ember", "yellow"),
        "metal": ("grey", "slate"),
        "wood": ("brown", "chestnut"),
    },
)

LOOKS = {"fountain": _FOUNTAIN, "rain cloud": _RAIN_CLOUD, "campfire": _CAMPFIRE}
