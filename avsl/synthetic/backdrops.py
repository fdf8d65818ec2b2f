"""Backgrounds: a room and a meadow, textured, lit and quiet; and the palettes of a scene."""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from avsl.synthetic.drawing import Colour, tinted


@dataclass(frozen=True)
class Palette:
    """The colours of one scene, chosen to go together."""

    far: Colour  # sky or wall
    near: Colour  # the floor of a room
    grass: Colour  # the ground outdoors
    accents: tuple[Colour, Colour, Colour]  # for the things that move
    ink: Colour  # outlines, eyes
    wood: Colour  # stands, sticks


PALETTES = (
    Palette(
        far=(198, 219, 222),
        near=(152, 170, 134),
        grass=(150, 178, 124),
        accents=((222, 98, 70), (240, 182, 72), (66, 116, 150)),
        ink=(48, 46, 58),
        wood=(150, 104, 70),
    ),
    Palette(
        far=(238, 212, 190),
        near=(182, 138, 116),
        grass=(180, 172, 108),
        accents=((82, 110, 164), (212, 84, 92), (246, 194, 92)),
        ink=(58, 44, 54),
        wood=(126, 84, 66),
    ),
    Palette(
        far=(188, 211, 226),
        near=(212, 194, 156),
        grass=(160, 184, 122),
        accents=((212, 86, 72), (42, 112, 138), (244, 186, 84)),
        ink=(40, 48, 62),
        wood=(142, 106, 76),
    ),
    Palette(
        far=(216, 204, 224),
        near=(146, 130, 160),
        grass=(138, 166, 138),
        accents=((238, 150, 92), (92, 144, 132), (202, 82, 122)),
        ink=(52, 42, 62),
        wood=(132, 96, 84),
    ),
)


def some_palette(rng: np.random.Generator) -> Palette:
    """One of the palettes, its accents in random order."""
    chosen = PALETTES[rng.integers(len(PALETTES))]
    first, second, third = (chosen.accents[index] for index in rng.permutation(3))
    return replace(chosen, accents=(first, second, third))


def room(
    rng: np.random.Generator, palette: Palette, width: int, height: int, floor_y: int
) -> np.ndarray:
    """A papered wall above a wooden floor that begins at ``floor_y``: uint8 (height, width, 3)."""
    picture = _graded(width, height, tinted(palette.far, 0.12), tinted(palette.far, -0.1))
    _wallpaper(picture[:floor_y], rng, tinted(palette.far, -0.13))
    picture[floor_y:] = _planks(rng, width, height - floor_y, palette.near)
    skirting = slice(floor_y - 12, floor_y)
    picture[skirting] = np.asarray(tinted(palette.far, 0.45), np.float32)
    picture[floor_y - 13 : floor_y - 11] *= 0.86
    picture[floor_y : floor_y + 6] *= np.linspace(0.72, 0.95, 6, dtype=np.float32)[:, None, None]
    return _finished(picture, rng)


def meadow(
    rng: np.random.Generator, palette: Palette, width: int, height: int, ground_y: int
) -> np.ndarray:
    """Hills under a clouded sky, grass from ``ground_y`` down: uint8 (height, width, 3)."""
    picture = _graded(width, height, tinted(palette.far, -0.06), tinted(palette.far, 0.45))
    _clouds(picture[:ground_y], rng)
    for depth, share in enumerate((0.62, 0.82)):
        mixed = tuple(
            round(share * n + (1 - share) * f)
            for n, f in zip(palette.grass, palette.far, strict=True)
        )
        top = ground_y - 66 + 30 * depth + 26 * _curve(rng, width, 150)
        _fill_below(picture, top, _textured(rng, width, height, tinted(mixed, 0.06), 4, 7))
    top = ground_y + 5 * _curve(rng, width, 90)
    grass = _textured(rng, width, height, palette.grass, 2, 12)
    _fill_below(
        picture, top, grass * np.linspace(1.12, 0.84, height, dtype=np.float32)[:, None, None]
    )
    _flowers(picture, rng, ground_y + 14, palette)
    return _finished(picture, rng)


def noise(rng: np.random.Generator, width: int, height: int, cell: float) -> np.ndarray:
    """Smooth noise of about ``cell`` pixels: float32 (height, width), mean 0, deviation 1."""
    size = (max(2, round(width / cell)), max(2, round(height / cell)))
    coarse = rng.standard_normal(size[::-1]).astype(np.float32)
    fine = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return (fine - fine.mean()) / (fine.std() + 1e-6)


def _graded(width: int, height: int, top: Colour, bottom: Colour) -> np.ndarray:
    share = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    column = np.asarray(top, np.float32) * (1 - share) + np.asarray(bottom, np.float32) * share
    return np.repeat(column[:, None], width, axis=1)


def _textured(
    rng: np.random.Generator, width: int, height: int, colour: Colour, cell: float, depth: float
) -> np.ndarray:
    """A colour with two octaves of noise, ``depth`` grey levels strong: float32 (H, W, 3)."""
    grain = noise(rng, width, height, cell) + 0.8 * noise(rng, width, height, 5 * cell)
    return np.asarray(colour, np.float32) + depth / 1.3 * grain[..., None]


def _wallpaper(picture: np.ndarray, rng: np.random.Generator, colour: Colour) -> None:
    """A printed pattern of sprigs or stripes, faded unevenly, in place."""
    height, width = picture.shape[:2]
    ink = np.zeros((2 * height, 2 * width), np.uint8)
    if rng.random() < 0.5:
        pitch = int(rng.integers(34, 48))
        for row, y in enumerate(range(pitch // 2, height, pitch)):
            for x in range((row % 2) * pitch // 2, width + pitch, pitch):
                _sprig(ink, 2 * x, 2 * y, rng.uniform(0, 2 * np.pi))
    else:
        pitch = int(rng.integers(22, 34))
        for x in range(0, width, pitch):
            cv2.rectangle(ink, (2 * x, 0), (2 * x + pitch, 2 * height), 190, -1)
    print_ = cv2.resize(ink, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    print_ *= 0.75 + 0.2 * noise(rng, width, height, 60)
    picture += (np.asarray(colour, np.float32) - picture) * np.clip(print_, 0, 1)[..., None]
    picture += 2.5 * noise(rng, width, height, 3)[..., None]


def _sprig(ink: np.ndarray, x: int, y: int, angle: float) -> None:
    for petal in range(5):
        a = angle + petal * 2 * np.pi / 5
        centre = (round(x + 9 * np.cos(a)), round(y + 9 * np.sin(a)))
        cv2.ellipse(ink, centre, (7, 4), np.degrees(a), 0, 360, 220, -1, cv2.LINE_AA)


def _planks(rng: np.random.Generator, width: int, height: int, colour: Colour) -> np.ndarray:
    """Floor boards that widen towards the viewer: float32 (height, width, 3)."""
    grain = cv2.resize(noise(rng, width // 12, height, 1.5), (width, height))
    boards = (
        np.asarray(colour, np.float32)
        + 7 * grain[..., None]
        + 3 * noise(rng, width, height, 2)[..., None]
    )
    vanishing = -1.6 * height
    rows = np.arange(height, dtype=np.float32)[:, None]
    spread = (np.arange(width, dtype=np.float32)[None] - width / 2) / (rows - vanishing) * height
    index = spread / 20
    boards += (
        7
        * rng.standard_normal(4096).astype(np.float32)[np.floor(index).astype(int) % 4096][
            ..., None
        ]
    )
    gap = np.abs(index - np.round(index)) < 0.02
    boards[gap] *= 0.8
    return boards


def _clouds(sky: np.ndarray, rng: np.random.Generator) -> None:
    height, width = sky.shape[:2]
    billow = (
        noise(rng, width, height, 90)
        + 0.5 * noise(rng, width, height, 34)
        + 0.25 * noise(rng, width, height, 14)
    )
    veil = (
        np.clip((billow - 0.3) / 1.6, 0, 0.75)
        * np.linspace(1, 0.5, height, dtype=np.float32)[:, None]
    )
    sky += (250 - sky) * veil[..., None]
    sky += 1.5 * noise(rng, width, height, 3)[..., None]


def _curve(rng: np.random.Generator, width: int, cell: float) -> np.ndarray:
    """A smooth random line (width,) with deviation about 1."""
    return noise(rng, width, 2, cell)[0]


def _fill_below(picture: np.ndarray, top: np.ndarray, paint: np.ndarray) -> None:
    rows = np.arange(len(picture), dtype=np.float32)[:, None]
    share = np.clip(rows - top[None] + 0.5, 0, 1)[..., None]
    picture += (paint - picture) * share


def _flowers(picture: np.ndarray, rng: np.random.Generator, from_y: int, palette: Palette) -> None:
    height, width = picture.shape[:2]
    for _ in range(width // 9):
        centre = (int(rng.integers(width)), int(rng.integers(from_y, height)))
        colour = tinted(palette.accents[rng.integers(3)], 0.35)
        radius = 1 + (centre[1] - from_y) // 45
        cv2.circle(picture, centre, radius, colour, -1, cv2.LINE_AA)


def _finished(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Soft light from the upper left and uneven exposure: float32 -> uint8 (H, W, 3)."""
    height, width = picture.shape[:2]
    x, y = (
        np.linspace(0, 1, width, dtype=np.float32)[None],
        np.linspace(0, 1, height, dtype=np.float32)[:, None],
    )
    away = np.square(x - 0.35) + 0.7 * np.square(y - 0.3)
    light = 1.05 - 0.28 * away + 0.012 * noise(rng, width, height, 120)
    return np.clip(picture * light[..., None], 0, 255).astype(np.uint8)
