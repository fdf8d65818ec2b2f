"""The messages between a live page and its server: bytes both ways, bounded, nothing on trust.

Numbers are little endian; times are seconds on the page's own clock. To the server:

    kind u8, time f64, and then: CHOOSE a variant's name · SEE a JPEG · HEAR 16-bit mono at 16 kHz
    · STAY nothing

To the page: NEWS is kind u8 and JSON; a MAP is :data:`_MAP`, the place and what is heard (u8 length
and UTF-8 each), and the levels row by row. ``script/wire.js`` is the other end.
"""

import io
import json
import math
import struct
from dataclasses import asdict, dataclass
from enum import IntEnum, StrEnum

import numpy as np
from PIL import Image

from avsl.localization import Verdict
from avsl.settings import SAMPLE_RATE_HZ

MOST_BYTES = 400_000  # one message
MOST_SIDE_PX = 1280  # of a picture; what is wished for is far smaller
MOST_CHUNK_S = 2.0  # one piece of sound
MOST_NAME_BYTES = 200  # a variant's name
LATEST_S = 1e9  # a page that is open for thirty years

_HEAD = struct.Struct("<Bd")
_MAP = struct.Struct("<BBHHHfffffId")  # kind, verdict, height, width, side, rate, ... see ``Shown``
_VERDICTS = (*Verdict, None)
_LENGTH = struct.Struct("<I")


class Refused(Exception):
    """A message that no page of ours sends; its text is the reason the page is told."""


class Kind(IntEnum):
    """What a message is, its first byte; the two directions count on their own."""

    CHOOSE, SEE, HEAR, STAY = 1, 2, 3, 4
    MAP, NEWS = 1, 2


class Stage(StrEnum):
    """How far a visitor is, as the server knows it."""

    WAITING = "waiting"  # others have all the places
    LOADING = "loading"
    LIVE = "live"
    REFUSED = "refused"


@dataclass(frozen=True)
class Choose:
    """The visitor wants this variant."""

    variant: str


@dataclass(frozen=True, eq=False)
class See:
    """A picture, still as the JPEG it came as."""

    time_s: float
    jpeg: bytes


@dataclass(frozen=True, eq=False)
class Hear:
    """Sound: float32 (S,) in [-1, 1], ``time_s`` is its first sample's."""

    time_s: float
    samples: np.ndarray


@dataclass(frozen=True)
class Stay:
    """The visitor is still there."""


@dataclass(frozen=True)
class News:
    """What the visitor is told; ``text`` is a sentence to show, or empty."""

    stage: Stage
    text: str = ""
    side_px: int = 0  # how large pictures are wished for, and how many a second; 0: as before
    rate_hz: float = 0.0


@dataclass(frozen=True, eq=False)
class Shown:
    """One map as the page draws it."""

    time_s: float  # of its picture
    levels: np.ndarray  # uint8 (h, w): the map times 255
    verdict: Verdict | None
    confidence: float
    gate: float
    threshold: float
    loudness_dbfs: float
    dropped: int  # pictures that came too fast, so far
    side_px: int
    rate_hz: float
    where: str = ""  # the strongest region in words
    heard: str = ""  # where the variant can name it


def encode(message: Choose | See | Hear | Stay) -> bytes:
    """What a page sends."""
    match message:
        case Choose(variant):
            return _HEAD.pack(Kind.CHOOSE, 0.0) + variant.encode()
        case See(time_s, jpeg):
            return _HEAD.pack(Kind.SEE, time_s) + jpeg
        case Hear(time_s, samples):
            pcm = np.round(32767 * np.clip(samples, -1, 1)).astype("<i2")
            return _HEAD.pack(Kind.HEAR, time_s) + pcm.tobytes()
        case Stay():
            return _HEAD.pack(Kind.STAY, 0.0)


def decode(message: bytes) -> Choose | See | Hear | Stay:
    """The opposite of :func:`encode`; raises :class:`Refused` for anything else."""
    if not _HEAD.size <= len(message) <= MOST_BYTES:
        raise Refused("a message of an impossible size")
    kind, time_s = _HEAD.unpack_from(message)
    body = message[_HEAD.size :]
    if not (math.isfinite(time_s) and 0 <= time_s <= LATEST_S):
        raise Refused("a time that cannot be")
    if kind == Kind.CHOOSE:
        return Choose(_name(body))
    if kind == Kind.SEE:
        return See(time_s, body)
    if kind == Kind.HEAR:
        return Hear(time_s, _samples(body))
    if kind == Kind.STAY and not body:
        return Stay()
    raise Refused("a message of an unknown kind")


def _name(body: bytes) -> str:
    if not 0 < len(body) <= MOST_NAME_BYTES:
        raise Refused("a name of an impossible size")
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise Refused("a name that is no text") from error


def _samples(body: bytes) -> np.ndarray:
    if len(body) % 2 or len(body) > 2 * MOST_CHUNK_S * SAMPLE_RATE_HZ:
        raise Refused("a piece of sound of an impossible size")
    return np.frombuffer(body, "<i2").astype(np.float32) / 32768


def picture(jpeg: bytes) -> np.ndarray:
    """A JPEG as uint8 (H, W, 3) RGB; its size is looked at before it is decoded."""
    try:
        with Image.open(io.BytesIO(jpeg), formats=["JPEG"]) as image:
            if not 16 <= min(image.size) <= max(image.size) <= MOST_SIDE_PX:
                raise Refused("a picture of an impossible size")
            return np.asarray(image.convert("RGB"))
    except (OSError, ValueError, SyntaxError) as error:  # PIL raises all three for broken files
        raise Refused("a picture that is no JPEG") from error


def encode_answer(answer: News | Shown) -> bytes:
    """What the server sends."""
    if isinstance(answer, News):
        return bytes([Kind.NEWS]) + json.dumps(asdict(answer)).encode()
    height, width = answer.levels.shape
    head = _MAP.pack(
        Kind.MAP, _VERDICTS.index(answer.verdict), height, width, answer.side_px, answer.rate_hz,
        answer.confidence, answer.gate, answer.threshold, answer.loudness_dbfs, answer.dropped,
        answer.time_s,
    )  # fmt: skip
    return head + _words(answer.where) + _words(answer.heard) + answer.levels.tobytes()


def _words(text: str) -> bytes:
    words = text.encode()[:255].decode(errors="ignore").encode()  # never half a character
    return bytes([len(words)]) + words


def decode_answer(answer: bytes) -> News | Shown:
    """The opposite of :func:`encode_answer`, for clients in Python."""
    if answer[0] == Kind.NEWS:
        facts = json.loads(answer[1:])
        return News(**facts | {"stage": Stage(facts["stage"])})
    (
        _, verdict, height, width, side_px, rate_hz,
        confidence, gate, threshold, loudness_dbfs, dropped, time_s,
    ) = _MAP.unpack_from(answer)  # fmt: skip
    where, at = _read_words(answer, _MAP.size)
    heard, at = _read_words(answer, at)
    levels = np.frombuffer(answer, np.uint8, height * width, at).reshape(height, width)
    return Shown(
        time_s, levels, _VERDICTS[verdict], confidence, gate, threshold, loudness_dbfs, dropped,
        side_px, rate_hz, where, heard,
    )  # fmt: skip


def _read_words(answer: bytes, at: int) -> tuple[str, int]:
    end = at + 1 + answer[at]
    return answer[at + 1 : end].decode(), end


def bundle(messages: list[bytes]) -> bytes:
    """Several messages in one, for ways that carry one call at a time."""
    return b"".join(_LENGTH.pack(len(message)) + message for message in messages)


def unbundle(bundled: bytes) -> list[bytes]:
    """The opposite of :func:`bundle`; raises :class:`Refused` for anything else."""
    messages, at = [], 0
    while at < len(bundled):
        if at + _LENGTH.size > len(bundled):
            raise Refused("a bundle that is cut off")
        (length,) = _LENGTH.unpack_from(bundled, at)
        at += _LENGTH.size
        if at + length > len(bundled):
            raise Refused("a bundle that is cut off")
        messages.append(bundled[at : at + length])
        at += length
    return messages
