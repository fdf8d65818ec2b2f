"""Examples from the sounding world: films of the things that the small trained variants know."""

from dataclasses import dataclass, replace
from pathlib import Path

from avsl import media
from avsl.synthetic.world import MIDDLING, Cinema, Film, Recipe, World

STREAM, SEED = "examples", 0
FPS_HZ, DURATION_S, PX = 16.0, 6.0, 320
CLEAR = replace(MIDDLING, name="clear", sensor_noise=0.01, blur=0.0)  # pleasant to look at
TRAINED = "acl-tiny"  # of the variants that ship, the one to show these with


@dataclass(frozen=True)
class FilmCard:
    """A scene of the world to offer."""

    name: str
    title: str
    recipe: Recipe
    index: int  # of the scene in its stream
    by_motion: bool  # whether it can be solved without a trained variant
    suits: str = TRAINED


PAIR = (0, 1)  # weights of one and of two: two things in view
FILMS = (
    FilmCard("world-turns", "The cow or the cat?", Recipe(objects=PAIR, sounding=(0, *PAIR)), 31,
             by_motion=True),
    FilmCard("world-steady", "The kettle, not the cat", Recipe(objects=PAIR), 424,
             by_motion=False),
)  # fmt: skip


def film(card: FilmCard) -> Film:
    """Always the same for the same card and version of the world."""
    world = World(card.recipe, CLEAR, PX, DURATION_S)
    return Cinema(world, FPS_HZ).film(STREAM, SEED, card.index)


def ensure_film(card: FilmCard, folder: Path) -> Path:
    """The film's mp4 in ``folder``, made on first use; :class:`StorageError` if it cannot be."""
    path = folder / f"{card.name}.mp4"
    if not path.exists():
        clip = film(card).clip(card.name)
        media.write_video(path, media.constant_rate(clip, FPS_HZ), FPS_HZ, clip)
    return path
