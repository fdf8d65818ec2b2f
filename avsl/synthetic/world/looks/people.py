"""Looks of people."""

from avsl.synthetic.world.looks.parts import (
    Look,
    bob,
    box,
    ellipse,
    flash,
    group,
    grow,
    hidden,
    line,
    sway,
    swing,
)

_CLOTHES = ("blue", "red", "green", "navy", "violet", "teal", "orange", "white", "slate", "pink")


def _face(y: float, eyes: float, apart: float, mouth: float, opened: float) -> tuple:
    """Eyes, brows, nose and a mouth that opens, at height ``y``."""
    return (
        ellipse(0, y, eyes, eyes * 0.8, "light", across=(2, apart), vary=0.3),
        ellipse(0, y, eyes * 0.55, eyes * 0.62, "dark", across=(2, apart), vary=0.2),
        ellipse(0, y + 0.34, mouth, 0.07, "mouth", grow(0.9, opened, (0, y + 0.3))),
    )


_MAN = Look(
    parts=(
        box(0, 0.82, 1.5, 0.62, taper=0.4, round=0.7, coat=1),
        box(0, 0.42, 0.38, 0.4, "skin"),
        box(0, 0.8, 0.16, 0.5, "accent", taper=-0.4, chance=0.5),
        *group(
            1,
            (0, 0.4),
            (
                ellipse(0, -0.24, 0.2, 0.26, "skin", across=(2, 0.92)),
                box(0, -0.24, 0.9, 1.1, "skin", round=0.85, taper=-0.12),
                ellipse(0, 0.1, 0.8, 0.5, "hair", bob(0, 0.05), style=(0.55, 1)),
                ellipse(0, -0.45, 1.0, 0.86, "hair", cut=-0.12, style=(0.15, 1)),
                box(0, -0.46, 0.26, 0.06, "hair", bob(0, -0.05), across=(2, 0.4)),
                *_face(-0.32, 0.18, 0.4, 0.38, 5.0),
                ellipse(0, -0.12, 0.14, 0.22, "skin"),
                box(0, -0.06, 0.42, 0.1, "hair", round=1, style=(0.4, 0.7)),
            ),
            bob(0, -0.06),
            swing(6),
            sway(5),
        ),
    ),
    colours={"body": _CLOTHES, "accent": ("red", "navy", "black")},
    mirrored=False,
)


_WOMAN = Look(
    parts=(
        box(0, 0.02, 1.24, 1.5, "hair", round=0.75, taper=0.2, style=(0, 0.65)),
        ellipse(0, -0.3, 1.18, 1.2, "hair", style=(0.65, 1)),
        ellipse(0, -0.9, 0.46, 0.44, "hair", style=(0.65, 1)),
        box(0, 0.84, 1.24, 0.56, taper=0.5, round=0.7, coat=1),
        box(0, 0.46, 0.28, 0.44, "skin"),
        ellipse(0, 0.6, 0.5, 0.26, "accent", hollow=0.07, chance=0.5),
        *group(
            1,
            (0, 0.4),
            (
                ellipse(0, -0.2, 0.84, 1.0, "skin", taper=-0.14),
                box(-0.22, -0.6, 0.56, 0.32, "hair", angle=-28, round=1),
                box(0.24, -0.6, 0.5, 0.3, "hair", angle=30, round=1),
                *_face(-0.26, 0.2, 0.4, 0.36, 5.0),
                ellipse(0, 0.02, 0.14, 0.14, "accent", across=(2, 0.86), chance=0.6),
            ),
            bob(0, -0.06),
            swing(6),
            sway(5),
        ),
    ),
    colours={
        "body": _CLOTHES,
        "accent": ("gold", "silver", "red"),
        "mouth": ("crimson", "red", "rose"),
    },
    mirrored=False,
)


_BABY = Look(
    parts=(
        ellipse(0, 0.66, 0.9, 0.74, coat=1),
        ellipse(-0.5, 0.56, 0.24, 0.44, "body", swing(-55, (-0.4, 0.5)), sway(10), angle=30),
        ellipse(0.5, 0.56, 0.24, 0.44, "body", swing(55, (0.4, 0.5)), sway(10), angle=-30),
        box(0, 0.5, 0.6, 0.22, "accent", round=0.9),
        *group(
            1,
            (0, 0.4),
            (
                ellipse(0, -0.26, 0.24, 0.28, "skin", across=(2, 1.2)),
                ellipse(0, -0.3, 1.26, 1.2, "skin"),
                ellipse(0, -0.08, 0.26, 0.2, "pink", grow(1.2, 1.2), across=(2, 0.74)),
                line(-0.06, -0.92, 0.1, -0.72, 0.08, "hair", bend=2.0),
                ellipse(0, -0.3, 0.15, 0.19, "dark", grow(1.3, 0.25), across=(2, 0.5), vary=0.3),
                ellipse(0, 0.0, 0.24, 0.08, "mouth", grow(1.7, 4.6)),
                ellipse(0, -0.02, 0.11, 0.2, "water", hidden(), flash(2), across=(2, 0.66)),
            ),
            sway(7),
            grow(1.05, 1.05),
        ),
    ),
    colours={
        "body": ("sky", "pink", "white", "yellow", "lime"),
        "accent": ("white", "cream", "yellow"),
    },
    mirrored=False,
)

LOOKS = {"man": _MAN, "woman": _WOMAN, "baby": _BABY}
