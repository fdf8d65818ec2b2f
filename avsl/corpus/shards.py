"""Samples of WebDataset shards: ``ID.jpg`` with ``ID.wav`` or ``ID.flac``, or ``ID.mp4``.

The tars are indexed once, and nothing is unpacked: a worker reads its clips' bytes in place.
"""

import tarfile
from pathlib import Path

from avsl.corpus.sources import Piece, Source
from avsl.errors import MediaError
from avsl.media.endings import OF_SYSTEM, PICTURES, SOUNDS, VIDEOS, is_of_system


def samples(tars: list[Path]) -> tuple[list[Source], tuple[str, ...]]:
    """The clips of all ``tars``, and notes on samples that are none.

    Raises :class:`MediaError` for a broken shard: what it held is not known.
    """
    found, odd, of_system = [], [], 0
    for tar in tars:
        members = _members(tar)
        kept = [member for member in members if not is_of_system(member.name)]
        of_system += len(members) - len(kept)
        for name, pieces in _grouped(kept).items():
            used = _used(pieces)
            if used:
                path = f"{tar.name}/{name}{used[0].suffix}"
                found.append(Source(name, path, str(tar.absolute()), pieces=used))
            else:
                odd.append(f"{tar.name}/{name}")
    return found, _told(odd, of_system)


def _members(tar: Path) -> list[tarfile.TarInfo]:
    try:
        with tarfile.open(tar, "r:") as opened:
            return [member for member in opened if member.isfile()]
    except (tarfile.TarError, OSError) as error:
        raise MediaError(
            f'The shard "{tar}" is cut off or damaged. Make it again, or take it away.'
        ) from error


def _grouped(members: list[tarfile.TarInfo]) -> dict[str, list[Piece]]:
    """Pieces by id: a member's path up to the first dot of its name, as WebDataset has it."""
    groups: dict[str, list[Piece]] = {}
    for member in members:
        folder, slash, name = member.name.removeprefix("./").rpartition("/")
        key, _, suffix = name.partition(".")
        piece = Piece(f".{suffix.lower()}", member.offset_data, member.size)
        groups.setdefault(folder + slash + key, []).append(piece)
    return groups


def _used(pieces: list[Piece]) -> tuple[Piece, ...]:
    """The video, or picture and sound; () where a sample has neither."""
    video, picture, sound = (_first(pieces, kind) for kind in (VIDEOS, PICTURES, SOUNDS))
    if video:
        return (video,)
    return (picture, sound) if picture and sound else ()


def _first(pieces: list[Piece], suffixes: tuple[str, ...]) -> Piece | None:
    return next((piece for piece in pieces if piece.suffix in suffixes), None)


def _told(odd: list[str], of_system: int) -> tuple[str, ...]:
    notes = []
    if odd:
        names = ", ".join(odd[:3]) + (", ..." if len(odd) > 3 else "")
        count = len(odd)
        notes.append(
            f"Left out, having no video, nor picture and sound: {count} samples ({names})."
        )
    if of_system:
        notes.append(f"Left out of the shards: {of_system} {OF_SYSTEM}.")
    return tuple(notes)
