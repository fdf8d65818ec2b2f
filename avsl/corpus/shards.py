"""Samples of WebDataset shards: ``ID.jpg`` with ``ID.wav`` or ``ID.flac``, or ``ID.mp4``.

The tars are indexed once, and nothing is unpacked: a worker reads its clips' bytes in place.
"""

import tarfile
from pathlib import Path

from avsl.corpus.sources import Piece, Source
from avsl.errors import MediaError
from avsl.media.endings import PICTURES, SOUNDS, VIDEOS


def samples(tars: list[Path]) -> tuple[list[Source], tuple[str, ...]]:
    """The clips of all ``tars``, and notes on samples that are none.

    Raises :class:`MediaError` for a broken shard: what it held is not known.
    """
    found, odd = [], []
    for tar in tars:
        for name, pieces in _grouped(tar).items():
            kept = _kept(pieces)
            if kept:
                path = f"{tar.name}/{name}{kept[0].suffix}"
                found.append(Source(name, path, str(tar.absolute()), pieces=kept))
            else:
                odd.append(f"{tar.name}/{name}")
    return found, _told(odd)


def _grouped(tar: Path) -> dict[str, list[Piece]]:
    """Pieces by id: a member's path up to the first dot of its name, as WebDataset has it."""
    groups: dict[str, list[Piece]] = {}
    try:
        with tarfile.open(tar, "r:") as opened:
            for member in opened:
                if member.isfile():
                    folder, slash, name = member.name.removeprefix("./").rpartition("/")
                    key, _, suffix = name.partition(".")
                    piece = Piece(f".{suffix.lower()}", member.offset_data, member.size)
                    groups.setdefault(folder + slash + key, []).append(piece)
    except (tarfile.TarError, OSError) as error:
        raise MediaError(
            f'The shard "{tar}" is cut off or damaged. Make it again, or take it away.'
        ) from error
    return groups


def _kept(pieces: list[Piece]) -> tuple[Piece, ...]:
    """The video, or picture and sound; () where a sample has neither."""
    video, picture, sound = (_first(pieces, kind) for kind in (VIDEOS, PICTURES, SOUNDS))
    if video:
        return (video,)
    return (picture, sound) if picture and sound else ()


def _first(pieces: list[Piece], suffixes: tuple[str, ...]) -> Piece | None:
    return next((piece for piece in pieces if piece.suffix in suffixes), None)


def _told(odd: list[str]) -> tuple[str, ...]:
    if not odd:
        return ()
    names = ", ".join(odd[:3]) + (", ..." if len(odd) > 3 else "")
    return (f"Left out, having no video, nor picture and sound: {len(odd)} samples ({names}).",)
