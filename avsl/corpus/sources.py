"""One clip of a corpus, before anything is read of it."""

from dataclasses import dataclass
from pathlib import PurePosixPath


@dataclass(frozen=True)
class Piece:
    """Where the bytes of one file lie in a shard."""

    suffix: str  # ".jpg"
    offset: int
    size: int


@dataclass(frozen=True)
class Source:
    """Where a clip is; picklable, for workers."""

    id: str
    path: str  # as the input names it, the same wherever the input lies
    media: str  # absolute path or URL: a video, a picture with ``sound``, or the shard
    sound: str = ""  # absolute path or URL of a sound to use instead of the clip's own
    pieces: tuple[Piece, ...] = ()  # of a sample in a shard: picture and sound, or video


def is_url(name: str) -> bool:
    """Whether it is for fsspec: "s3://bucket/clip.mp4"."""
    return "://" in name


def id_of(name: str) -> str:
    """A clip's id where none is given: its name without ending, "a/b.mp4" -> "a/b"."""
    name = name.partition("://")[2] if is_url(name) else name
    path = PurePosixPath(name)
    return path.with_suffix("").as_posix().lstrip("/") if path.name else name
