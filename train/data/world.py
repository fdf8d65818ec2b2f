"""The world's benchmark sets: generated on the fly, fixed by seed and the world's version."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain, islice

import numpy as np
import torch
from torch import Tensor

from avsl.clip import Clip
from avsl.synthetic.world import HARD, NAMES, VERSION, Cinema, Classes, Recipe, Scenes, World
from train.data.cases import TRUTH_PX, Case, Kind

AT_ONCE = 16  # scenes generated together
MOMENTS_HZ = 2.0  # judged in films
MIXTURE = "mixture"
AS_DRAWN: dict[str, tuple[int, ...] | None] = {"": None}  # each picture with its own sound
EACH_ALONE = {"source0": (0,), "source1": (1,)}  # each of the first two objects alone
ALONE_AND_MIXED = {**EACH_ALONE, MIXTURE: (0, 1)}


@dataclass(frozen=True)
class Part:
    """Scenes of one make, ``count`` of them in the test set."""

    name: str
    recipe: Recipe
    count: int


@dataclass(frozen=True)
class PictureSet:
    """Still pictures with 3 s of sound."""

    name: str
    kind: Kind
    about: str
    parts: tuple[Part, ...]
    hearings: dict[str, tuple[int, ...] | None] = field(default_factory=lambda: AS_DRAWN)
    world: World = field(default_factory=lambda: World(px=TRUTH_PX))
    seed: int = 0
    validation_share: float = 0.2  # validation cases as a share of the test cases

    @property
    def expected(self) -> int:
        return len(self.ids())

    def ids(self) -> tuple[str, ...]:
        return tuple(self._ids("test", 1.0))

    def cases(self, limit: int | None = None) -> Iterator[Case]:
        validation = self._cases("validation", self.validation_share)
        return chain(validation, islice(self._cases("test", 1.0), limit))

    def _batches(self, share: float) -> Iterator[tuple[Part, range]]:
        """Runs of scenes, the parts taking turns, so that the first cases hold some of each."""
        done = dict.fromkeys(self.parts, 0)
        wanted = {part: round(share * part.count) for part in self.parts}
        while any(done[part] < wanted[part] for part in self.parts):
            for part in self.parts:
                last = min(done[part] + AT_ONCE, wanted[part])
                yield part, range(done[part], last)
                done[part] = last

    def _ids(self, stream: str, share: float) -> Iterator[str]:
        for part, indices in self._batches(share):
            for index in indices:
                for hearing in self.hearings:
                    yield _id(stream, part, index, hearing)

    def _cases(self, stream: str, share: float) -> Iterator[Case]:
        for part, indices in self._batches(share):
            if not indices:
                continue
            world = replace(self.world, recipe=part.recipe)
            scenes = world.scenes(
                f"{stream} {self.name} {part.name}", self.seed, torch.tensor(indices)
            )
            yield from self._of(world, scenes, stream, part, indices)

    def _of(
        self, world: World, scenes: Scenes, stream: str, part: Part, indices: range
    ) -> Iterator[Case]:
        pictures, masks = world.pictures(scenes)
        hearings = {name: _hearing(scenes, slots) for name, slots in self.hearings.items()}
        heard = [(name, each, world.sounds(each)) for name, each in hearings.items()]
        images = _as_uint8(pictures)
        for row, index in enumerate(indices):
            for name, hearing, sounds in heard:
                marked = masks[row] & hearing.seen_and_heard[row, :, None, None]
                yield Case(
                    id=_id(stream, part, index, name),
                    clip=Clip.from_arrays(
                        images[row : row + 1], 1 / world.duration_s, sounds[row].numpy(),
                        name=_id(stream, part, index, name),
                    ),
                    times_s=np.array([world.duration_s / 2]),
                    truth=marked.any(0, keepdim=True).float().numpy(),
                    group=_id(stream, part, index, ""),
                    label=_heard_name(hearing, row) if marked.any() else part.name,
                    mixture=name == MIXTURE,
                    validation=stream == "validation",
                )  # fmt: skip


@dataclass(frozen=True)
class FilmSet:
    """Films in the four scenarios of AVATAR (arXiv 2507.04667)."""

    name: str
    about: str
    scenarios: tuple[Part, ...]
    cinema: Cinema
    kind: Kind = Kind.VIDEO
    seed: int = 0
    validation_each: int = 8  # films of each scenario that thresholds are chosen on

    @property
    def expected(self) -> int:
        return len(self.ids())

    def ids(self) -> tuple[str, ...]:
        return tuple(_id("test", part, index, "") for part, index in self._order("test"))

    def cases(self, limit: int | None = None) -> Iterator[Case]:
        for stream, most in (("validation", None), ("test", limit)):
            for part, index in islice(self._order(stream), most):
                yield self._case(stream, part, index)

    def _order(self, stream: str) -> Iterator[tuple[Part, int]]:
        """The scenarios in turn."""
        most = max(part.count for part in self.scenarios)
        for index in range(most):
            for part in self.scenarios:
                if index < (part.count if stream == "test" else self.validation_each):
                    yield part, index

    def _case(self, stream: str, part: Part, index: int) -> Case:
        cinema = replace(self.cinema, world=replace(self.cinema.world, recipe=part.recipe))
        film = cinema.film(f"{stream} {self.name} {part.name}", self.seed, index)
        step = round(cinema.fps_hz / MOMENTS_HZ)
        judged = slice(step // 2, None, step)
        name = _id(stream, part, index, "")
        return Case(
            id=name,
            clip=film.clip(name),
            times_s=film.times_s[judged],
            truth=film.truth[judged].float().numpy(),
            group=name,
            label=part.name,
            validation=stream == "validation",
        )


def world_sets(seed: int = 0) -> tuple[PictureSet | FilmSet, ...]:
    """All sets of the world; another ``seed`` gives other scenes of the same kind."""
    one = Recipe()  # one of one to four objects sounds
    unheard = Recipe(classes=Classes.UNHEARD)
    two = Recipe(objects=(0, 1, 1, 0.5))
    several = replace(two, sounding=(0, 0, 1, 0.5))
    off_screen, silent = Recipe(off_screen=1.0), Recipe(sounding=(1.0,))
    pictures = partial(PictureSet, seed=seed)
    return (
        pictures(
            "world/single",
            Kind.SINGLE,
            _about("one of one to four objects sounds"),
            (Part("one", one, 500),),
        ),
        pictures(
            "world/open-set-heard",
            Kind.SINGLE,
            _about("as world/single, classes that training meets"),
            (Part("heard", one, 300),),
        ),
        pictures(
            "world/open-set-unheard",
            Kind.SINGLE,
            _about("as world/single, classes that training never meets"),
            (Part("unheard", unheard, 300),),
        ),
        pictures(
            "world/extended",
            Kind.EXTENDED,
            _about("half of the pictures show nothing that is heard: silence, or out of view"),
            (
                Part("sounding", one, 200),
                Part("off-screen", off_screen, 100),
                Part("silent", silent, 100),
            ),
        ),
        pictures(
            "world/segmentation-one",
            Kind.SEGMENTATION,
            _about("one source, or now and then none in view"),
            (Part("one", one, 180), Part("none", off_screen, 20)),
        ),
        pictures(
            "world/segmentation-several",
            Kind.SEGMENTATION,
            _about("two or three sources at once, or now and then none in view"),
            (Part("several", several, 180), Part("none", off_screen, 20)),
        ),
        pictures(
            "world/interactive",
            Kind.INTERACTIVE,
            _about("each picture with each of two sounds"),
            (Part("two", two, 150),),
            EACH_ALONE,
        ),
        pictures(
            "world/multi",
            Kind.MULTI,
            _about("each picture with each of two sounds, and with both at once"),
            (Part("two", two, 150),),
            ALONE_AND_MIXED,
        ),
        pictures(
            "world/noisy",
            Kind.SINGLE,
            _about("clutter, noise and at times a second sound from out of view (hard setting)"),
            (Part("noisy", Recipe(intruder=0.5), 200),),
            world=World(px=TRUTH_PX, difficulty=HARD),
        ),
        FilmSet(
            "world/video",
            _about("films of 8 s in four scenarios; silent things mime, some films have a cut"),
            (
                Part("single", Recipe(objects=(1, 2, 1)), 16),
                Part("mixed", Recipe(objects=(0, 2, 1), sounding=(0, 0, 1)), 16),
                Part("multi-entity", Recipe(objects=(0, 2, 1), twins=1.0), 16),
                Part("off-screen", Recipe(objects=(1, 2, 1), off_screen=1.0), 16),
            ),
            Cinema(World(px=TRUTH_PX, duration_s=8.0), cuts=0.25),
            seed=seed,
        ),
    )


def _hearing(scenes: Scenes, slots: tuple[int, ...] | None) -> Scenes:
    """The same pictures with only ``slots`` sounding; as drawn for None."""
    if slots is None:
        return scenes
    sounding = torch.zeros_like(scenes.sounding)
    sounding[:, list(slots)] = True
    return replace(scenes, sounding=sounding)


def _about(what: str) -> str:
    return f"Generated scenes with exact truth, world version {VERSION}: {what}."


def _id(stream: str, part: Part, index: int, hearing: str) -> str:
    return "-".join(filter(None, [stream, part.name, f"{index:04d}", hearing]))


def _heard_name(scenes: Scenes, row: int) -> str:
    """What sounds, in view or not; "" for nothing."""
    kinds = scenes.classes[row][scenes.sounding[row]].tolist()
    return ", ".join(NAMES[kind] for kind in kinds)


def _as_uint8(images: Tensor) -> np.ndarray:
    """(B, 3, px, px) in [0, 1] -> uint8 (B, px, px, 3)."""
    return (images * 255).round().byte().permute(0, 2, 3, 1).contiguous().numpy()
