"""Creatures with a voice: a bird and people's faces, opening with the notes they sound."""

import numpy as np

from avsl.synthetic.backdrops import Palette
from avsl.synthetic.drawing import (
    Colour,
    Part,
    Point,
    Sketch,
    Sprite,
    at,
    soft_shadow,
    stretch,
    tinted,
    turn,
)
from avsl.synthetic.motion import Note, Wander, hop, openness, ringing


class Bird:
    """A bird on a post, its beak open while ``notes`` sound; about 120 px long and 100 high.

    Between them it looks about; ``hops`` are moments at which it shifts silently on its feet.
    """

    def __init__(
        self,
        name: str,
        place: Point,
        palette: Palette,
        notes: list[Note],
        hops: np.ndarray,
        rng: np.random.Generator,
        size: float = 1.0,
    ) -> None:
        self.name, self._notes, self._hops = name, notes, hops
        self._starts = np.array([note.start_s for note in notes])
        self._base = at(*place) @ stretch(size, size)
        self._look = Wander(rng, 0.05, 0.4)
        self._shadow = soft_shadow(70, 16)
        self._body, self._head, self._wing = _bird_sprites(palette)
        beak = Sketch(40, 20).polygon([(36, 3), (36, 13), (2, 13)], palette.accents[1], puff=0.4)
        self._beak = beak.sprite((35, 12))

    def parts(self, time_s: float) -> list[Part]:
        gape = openness(time_s, self._notes)
        bob = ringing(time_s, self._starts, 3.2, 0.13)
        rise, crouch = hop(time_s, self._hops, 0.22)
        body = (
            self._base
            @ at(0, -12 * rise)
            @ turn(-0.07 * bob)
            @ stretch(1, 1 + 0.04 * bob - 0.06 * crouch)
        )
        head = body @ at(-34, -74) @ turn(self._look(time_s) + 0.22 * gape)
        return [
            Part(self._shadow, self._base, solid=False),
            Part(self._body, body),
            Part(self._wing, body @ at(6, -58) @ turn(0.12 * bob + 0.1 * gape)),
            Part(self._beak, head @ at(-22, 2) @ stretch(0.85, -0.8) @ turn(0.55 * gape)),
            Part(self._beak, head @ at(-22, 2) @ turn(0.4 * gape)),
            Part(self._head, head),
        ]


def _bird_sprites(palette: Palette) -> tuple[Sprite, Sprite, Sprite]:
    coat = palette.accents[2]
    body = Sketch(150, 110).polygon([(96, 48), (146, 18), (148, 34), (106, 70)], palette.accents[0])
    for x in (64, 80):
        body.line([(x, 82), (x, 102), (x - 8, 104)], palette.ink, 4)
    body.ellipse((70, 54), (44, 33), coat, angle=-0.25, puff=0.8)
    body.ellipse((54, 64), (26, 20), tinted(palette.accents[1], 0.45), angle=0.35, puff=0.5)
    head = Sketch(64, 64).ellipse((32, 32), (27, 26), coat, puff=0.8)
    head.ellipse((22, 27), (6.5, 6.5), (250, 248, 240), puff=0).ellipse(
        (21, 27), (4, 4.4), palette.ink, puff=0
    )
    head.ellipse((19.6, 25.4), (1.4, 1.4), (255, 255, 255), puff=0)
    head.ellipse((29, 42), (6, 4), tinted(palette.accents[0], 0.3), puff=0)
    wing = Sketch(90, 60).ellipse((42, 24), (36, 17), palette.accents[0], angle=-0.2, puff=0.6)
    for feather in ([(32, 26), (70, 18)], [(30, 33), (62, 29)]):
        wing.line(feather, tinted(palette.accents[0], -0.25), 2.5)
    return body.sprite((72, 105)), head.sprite((32, 34)), wing.sprite((16, 26))


class Face:
    """A head with shoulders; its mouth opens with ``notes``; about 115 px wide and 140 high.

    ``chews`` are the moments of a closed mouth at work; both lists may be empty.
    """

    def __init__(
        self,
        name: str,
        place: Point,
        palette: Palette,
        coat: int,
        notes: list[Note],
        chews: np.ndarray,
        rng: np.random.Generator,
        size: float = 1.0,
    ) -> None:
        self.name, self._notes, self._chews = name, notes, chews
        self._base = at(*place) @ stretch(size, size)
        self._nod, self._sway = Wander(rng, 0.02, 0.5), Wander(rng, 1.5, 0.4)
        self._blinks = rng.uniform(0.5, 3.5) + np.cumsum(rng.uniform(1.8, 4.0, 8))
        skin = SKINS[rng.integers(len(SKINS))]
        self._shoulders = _shoulders(palette.accents[coat], skin)
        self._head = _head(skin, HAIRS[rng.integers(len(HAIRS))], int(rng.integers(3)))
        self._eye, self._lid = _eyes(palette.ink, skin)
        arch = [(6, 12), (12, 7), (20, 5), (28, 6), (34, 9)]
        self._brow = Sketch(40, 16).line(arch, palette.ink, 3.2).sprite((20, 8))
        self._mouth, self._lips = _mouth(skin)

    def parts(self, time_s: float) -> list[Part]:
        gape = openness(time_s, self._notes)
        chew = _pulses(time_s, self._chews, 0.3)
        drop = gape + 0.75 * chew
        neck = self._base @ at(self._sway(time_s), -46) @ turn(self._nod(time_s))
        face = neck @ at(0, -96) @ stretch(1 - 0.02 * drop, 1 + 0.085 * drop)
        shut = _pulses(time_s, self._blinks, 0.18) > 0.4
        return [
            Part(self._shoulders, self._base, solid=False),
            Part(self._head, face),
            *(self._sight(face, side, shut) for side in (-1, 1)),
            *(
                Part(self._brow, face @ at(24 * side, 9 - 5 * gape) @ stretch(-side, 1))
                for side in (-1, 1)
            ),
            *self._speech(face, gape, chew),
        ]

    def _sight(self, face: np.ndarray, side: int, shut: bool) -> Part:
        return Part(self._lid if shut else self._eye, face @ at(23 * side, 29))

    def _speech(self, face: np.ndarray, gape: float, chew: float) -> list[Part]:
        place = face @ at(3 * chew, 71 + 3 * gape)
        if gape < 0.05:
            return [Part(self._lips, place @ stretch(1 - 0.2 * chew, 1))]
        return [Part(self._mouth, place @ stretch(1.05 - 0.25 * gape, 0.12 + 0.88 * gape))]


SKINS = ((244, 204, 174), (226, 172, 134), (186, 128, 92), (140, 94, 68))
HAIRS = ((66, 48, 44), (124, 76, 48), (196, 146, 78), (48, 48, 62), (164, 72, 48))


def _shoulders(coat: Colour, skin: Colour) -> Sprite:
    sketch = Sketch(210, 110).polygon(
        [(86, 18), (124, 18), (128, 60), (82, 60)], tinted(skin, -0.16), puff=0.2
    )
    sketch.ellipse((105, 108), (92, 60), coat, puff=0.6)
    return sketch.ellipse((105, 50), (26, 9), tinted(coat, -0.2), puff=0.2).sprite((105, 92))


def _head(skin: Colour, hair: Colour, cut: int) -> Sprite:
    """A head whose anchor lies between the brows' height and the hairline; three haircuts."""
    sketch = Sketch(150, 180)
    if cut == 0:
        sketch.ellipse((75, 78), (64, 66), hair, puff=0.5)
        sketch.polygon([(12, 80), (138, 80), (132, 132), (18, 132)], hair, puff=0.3)
    for x in (20, 130):
        sketch.ellipse((x, 90), (10, 14), tinted(skin, -0.08), puff=0.5)
    if cut == 1:
        sketch.ellipse((75, 22), (26, 20), hair, puff=0.7)
    sketch.ellipse((75, 62), (56, 50), hair, puff=0.5)
    sketch.ellipse((75, 92), (54, 62), skin, puff=0.55)
    fringe = [
        (22, 78),
        (28, 46),
        (52, 24),
        (98, 24),
        (122, 46),
        (128, 78),
        (112, 58),
        (84, 50),
        (48, 56),
    ]
    sketch.polygon(fringe, hair, puff=0.4)
    blush = tuple(round(0.82 * s + 0.18 * r) for s, r in zip(skin, (226, 84, 84), strict=True))
    for x in (40, 110):
        sketch.ellipse((x, 112), (13, 9), blush, puff=0)
    sketch.ellipse((75, 104), (8, 7), tinted(skin, -0.06), puff=0.9)
    return sketch.sprite((75, 58))


def _eyes(ink: Colour, skin: Colour) -> tuple[Sprite, Sprite]:
    opened = Sketch(30, 30).ellipse((15, 15), (9, 10.5), (252, 250, 246), puff=0.15)
    opened.ellipse((15, 16), (5.2, 6), ink, puff=0).ellipse(
        (13, 13.6), (1.8, 1.8), (255, 255, 255), puff=0
    )
    closed = Sketch(30, 30).line([(6, 15), (15, 19), (24, 15)], tinted(skin, -0.5), 3)
    return opened.sprite((15, 15)), closed.sprite((15, 15))


def _mouth(skin: Colour) -> tuple[Sprite, Sprite]:
    wide = Sketch(60, 52).ellipse((30, 26), (25, 21), (170, 66, 70), puff=0.2)
    wide.ellipse((30, 26), (21, 17), (70, 24, 34), puff=0).ellipse(
        (30, 36), (13, 6), (214, 98, 104), puff=0.3
    )
    wide.polygon([(15, 15), (45, 15), (41, 21), (19, 21)], (250, 246, 238), puff=0)
    lips = Sketch(60, 20).line([(10, 8), (30, 13), (50, 8)], tinted(skin, -0.45), 5)
    return wide.sprite((30, 24)), lips.sprite((30, 10))


def _pulses(time_s: float, onsets: np.ndarray, width_s: float) -> float:
    """A smooth bump of this width from each onset on: [0, 1]."""
    u = (time_s - onsets) / width_s
    return float(
        np.where((u > 0) & (u < 1), np.sin(np.pi * np.clip(u, 0, 1)) ** 2, 0.0).max(initial=0.0)
    )
