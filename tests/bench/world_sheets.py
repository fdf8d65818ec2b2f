"""Pictures of the world to look at: 64 scenes with their masks, 16 films with their lanes.

    python -m tests.bench.world_sheets [--out avsl/synthetic/world] [--level middling]

A sounding object has a thick bright outline, a silent one a thin dark one. Under each film strip
lie the lanes of its objects: bright while heard, dark while it mimes in silence.
"""

import argparse
from pathlib import Path

import cv2
import numpy as np
import torch

from avsl.synthetic.world import DIFFICULTIES, NAMES, Cinema, Classes, Film, Recipe, World
from avsl.synthetic.world.dials import MOST_OBJECTS
from avsl.synthetic.world.world import Pairs

SIDE = 128
CAPTION_PX = 14
HEARD, SILENT, PAPER, INK = (255, 176, 0), (40, 40, 60), (250, 248, 244), (30, 30, 30)
ACROSS, STRIP_FRAMES, STRIPS = 8, 8, 16
JPEG_QUALITY = 82


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("avsl/synthetic/world"))
    parser.add_argument("--level", choices=DIFFICULTIES, default="middling")
    options = parser.parse_args()
    level = DIFFICULTIES[options.level]
    options.out.mkdir(parents=True, exist_ok=True)
    world = World(Recipe(classes=Classes.ALL, off_screen=0.1), level, px=SIDE)
    write(options.out / "scenes.jpg", scenes_sheet(world.pairs("sheet", 0, torch.arange(64))))
    films = Cinema(World(Recipe(classes=Classes.ALL), level, px=SIDE, duration_s=8.0), cuts=0.2)
    strips = [film_strip(films.film("sheet", 0, index)) for index in range(STRIPS)]
    columns = [np.vstack(strips[i::2]) for i in range(2)]
    write(options.out / "films.jpg", np.hstack(columns))


def write(path: Path, picture: np.ndarray) -> None:
    cv2.imwrite(str(path), picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])


def scenes_sheet(pairs: Pairs) -> np.ndarray:
    tiles = []
    for row in range(len(pairs)):
        picture = as_uint8(pairs.images[row])
        sounding = pairs.scenes.sounding[row]
        outline(picture, pairs.masks[row], sounding)
        heard = [NAMES[kind] for kind in pairs.scenes.classes[row][sounding].tolist()]
        away = " (away)" if sounding[-1] else ""
        tiles.append(np.vstack([picture, caption(", ".join(heard) + away, SIDE)]))
    rows = [np.hstack(tiles[first : first + ACROSS]) for first in range(0, len(tiles), ACROSS)]
    return np.vstack(rows)


def film_strip(film: Film) -> np.ndarray:
    """Frames in a row, over a lane for each object."""
    count = len(film.frames)
    chosen = (np.arange(STRIP_FRAMES) + 0.5) / STRIP_FRAMES * count
    frames = []
    for index in chosen.astype(int):
        frame = as_uint8(film.frames[index])
        outline(frame, film.masks[index], film.on[index])
        frames.append(cv2.resize(frame, (SIDE * 3 // 4,) * 2, interpolation=cv2.INTER_AREA))
    strip = np.hstack(frames)
    lanes = []
    slots = torch.nonzero(film.scene.in_view[0, :-1])[:, 0].tolist()
    for slot in slots:
        lane = np.full((CAPTION_PX, strip.shape[1], 3), PAPER, np.uint8)
        columns = np.arange(strip.shape[1]) * count // strip.shape[1]
        lane[3:-3, film.on[columns, slot].numpy()] = HEARD
        lanes.append(label(lane, NAMES[int(film.scene.classes[0, slot])]))
    below = CAPTION_PX * (MOST_OBJECTS - len(slots)) + 6
    return np.vstack([strip, *lanes, np.full((below, strip.shape[1], 3), PAPER, np.uint8)])


def outline(picture: np.ndarray, masks: torch.Tensor, sounding: torch.Tensor) -> None:
    for slot, mask in enumerate(masks.numpy().astype(np.uint8)):
        edges, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        heard = bool(sounding[slot])
        cv2.drawContours(picture, edges, -1, HEARD if heard else SILENT, 2 if heard else 1)


def caption(text: str, width: int) -> np.ndarray:
    return label(np.full((CAPTION_PX, width, 3), PAPER, np.uint8), text or "(silence)")


def label(lane: np.ndarray, text: str) -> np.ndarray:
    where = (3, CAPTION_PX - 4)
    return cv2.putText(lane, text, where, cv2.FONT_HERSHEY_SIMPLEX, 0.34, INK, 1, cv2.LINE_AA)


def as_uint8(image: torch.Tensor) -> np.ndarray:
    return np.ascontiguousarray((image * 255).round().byte().permute(1, 2, 0).numpy())


if __name__ == "__main__":
    main()
