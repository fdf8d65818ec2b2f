"""Every benchmark set by name: the world's, which are generated, and the real ones on this disk."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from avsl.errors import SettingError
from train.data import avsbench, duet, flickr, interactive, vggss
from train.data.cases import BenchmarkSet
from train.data.layouts import vggsound_key
from train.data.media import Protocol

Factory = Callable[[], BenchmarkSet]

WHOLE_CLIP = Protocol()

_REAL: dict[str, Callable[[Path, Protocol], BenchmarkSet]] = {
    "vggss": vggss.single,
    "vggss/4655": vggss.ssl_list,
    "vggss/heard": vggss.heard,
    "vggss/unheard": vggss.unheard,
    "vggss/extended": vggss.extended,
    "flickr": flickr.single,
    "flickr/extended": flickr.extended,
    "avsbench/s4": lambda root, protocol: avsbench.subset(avsbench.S4, root),
    "avsbench/ms3": lambda root, protocol: avsbench.subset(avsbench.MS3, root),
    "is3": partial(interactive.collection, interactive.IS3),
    "vpo/ss": partial(interactive.collection, interactive.VPO_SS),
    "vpo/ms": partial(interactive.collection, interactive.VPO_MS),
    "vggsound-duet": duet.vggsound_duet,
    "music-duet": duet.music_duet,
}


def real_names() -> tuple[str, ...]:
    """Of the sets that are read from disk."""
    return tuple(_REAL)


def names() -> tuple[str, ...]:
    """Of all sets."""
    return (*_world(0), *_REAL)


def sets(root: Path, seed: int = 0, protocol: Protocol = WHOLE_CLIP) -> dict[str, Factory]:
    """Every set by name, made when called.

    ``root`` is the data root of README.md; ``seed`` is of the world's scenes; ``protocol`` says how
    much sound of a real clip is heard. A factory raises :class:`AvslError` with a sentence where
    the annotations are missing.
    """
    made: dict[str, Factory] = {name: partial(_same, each) for name, each in _world(seed).items()}
    return made | {name: partial(make, Path(root), protocol) for name, make in _REAL.items()}


def open_set(
    name: str,
    root: Path,
    seed: int = 0,
    protocol: Protocol = WHOLE_CLIP,
) -> BenchmarkSet:
    """One set; raises :class:`AvslError` with a sentence where it is unknown or not there."""
    if name in _REAL:  # the world need not be made for it
        return _REAL[name](Path(root), protocol)
    world = _world(seed)
    if name not in world:
        known = ", ".join((*world, *_REAL))
        raise SettingError(f'There is no benchmark set "{name}". There are: {known}.')
    return world[name]


def media_ids(name: str, root: Path) -> tuple[str, ...]:
    """The VGGSound clips whose videos a set needs, in the order of its annotations.

    Raises :class:`SettingError` for a set that is not made of videos.
    """
    if name not in ("vggsound-duet", *(each for each in _REAL if each.startswith("vggss"))):
        raise SettingError(
            f'"{name}" is not made of VGGSound videos, so there is nothing to prepare. '
            "Sets that are: vggss and those that begin with it, and vggsound-duet."
        )
    found = open_set(name, root)
    ids = [*found.ids(), *found.missing]
    plain = [part for each in ids for part in each.partition("/")[0].split("+")]
    order = {each: place for place, each in enumerate(vggss.boxes(root))}
    unique = sorted(set(plain), key=lambda each: (order.get(each, len(order)), each))
    return tuple(map(vggsound_key, unique))


def _same(benchmark: BenchmarkSet) -> BenchmarkSet:
    return benchmark


def _world(seed: int) -> dict[str, BenchmarkSet]:
    from train.data import world

    return {each.name: each for each in world.world_sets(seed)}
