"""Which clips are to be prepared, and where their videos are."""

from collections.abc import Iterator
from pathlib import Path

from avsl.errors import MediaError
from avsl.media.endings import VIDEOS, left_out, taken
from avsl.names import encodable
from train.data import registry
from train.data.layouts import vggsound_key, videos
from train.data.store import Local, Place

CLIPS = "clips"  # the name of a set that is a folder of any videos
MOST_BYTES = 90  # of an id; a tar keeps 100 of a name


def wanted(name: str, root: Path | None, folder: Path) -> dict[str, Path | None]:
    """By id in the order of the shards; None where there is no video.

    ``name``: of an annotated set, whose annotations are below ``root``, or "clips" for all videos
    in ``folder`` and below. Raises :class:`avsl.errors.AvslError` with what is wrong.
    """
    if name == CLIPS:
        return _all_below(folder)
    if root is None:
        raise MediaError(f'The set "{name}" needs its annotations: name their folder with --root.')
    there = videos(folder, vggsound_key)
    return {each: there.get(each) for each in registry.media_ids(name, root)}


def _all_below(folder: Path) -> dict[str, Path | None]:
    """Ids are the names without suffix; a dot in one, which ends a name in a shard, becomes "_"."""
    if not folder.is_dir():
        raise MediaError(f'There is no folder "{folder}". Name the one that holds the videos.')
    found: dict[str, Path | None] = {}
    for file in _files(folder):
        name = encodable(file.stem.replace(".", "_"))
        if name in found:
            raise MediaError(
                f'"{found[name]}" and "{file}" would both be the clip "{name}". Rename one.'
            )
        if len(name.encode()) > MOST_BYTES:
            raise MediaError(f'The name "{name}" is longer than {MOST_BYTES} bytes. Shorten it.')
        found[name] = file
    if not found:
        raise MediaError(f'There are no videos in "{folder}", only {", ".join(VIDEOS)} count.')
    return found


def notes_on(name: str, folder: Path, out: Place) -> list[str]:
    """Sentences on files below ``folder`` that are no clips; those below ``out`` are not counted.

    An annotated set says itself which files it wants.
    """
    if name != CLIPS:
        return []
    made = out.folder.absolute() if isinstance(out, Local) else None
    folder = folder.absolute()
    files = (path for path in folder.rglob("*") if path.is_file())
    told = left_out((path for path in files if made not in path.parents), folder)
    return [told] if told else []


def _files(folder: Path) -> Iterator[Path]:
    """In an order that is the same on any system."""
    below = sorted(folder.rglob("*"), key=lambda path: path.relative_to(folder).parts)
    return (path for path in taken(below, folder) if path.is_file())
