"""Messages between two processes that need not trust each other: JSON and arrays of numbers.

A message is a length (4 bytes), that many bytes of JSON, then the raw bytes of its arrays. All that
it makes the receiver set aside is bounded, and reading it runs no code of the sender's.
"""

import json
import math
import socket
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

KINDS_OF_NUMBERS = ("|u1", "<f4", "<f8")
MOST_JSON_BYTES = 1 << 20
MOST_ARRAY_BYTES = 1 << 29  # an hour of sound at 16 kHz has half of that
LOOK_EVERY_S = 0.1  # how often who waits is asked whether to go on
_LENGTH = struct.Struct("<I")


class Closed(Exception):
    """The other side is gone, or sends what is no message."""


@dataclass(frozen=True)
class Message:
    """``kind`` says what it is, ``told`` is plain JSON, ``arrays`` are writable."""

    kind: str
    told: dict = field(default_factory=dict)
    arrays: Sequence[np.ndarray] = ()


class Wire:
    """One end of a connection; for one thread at a time."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end

    def send(self, message: Message) -> None:
        """Blocks while the other side is behind; raises :class:`Closed` where there is none."""
        arrays = [np.ascontiguousarray(array) for array in message.arrays]
        shapes = [[array.dtype.str, array.shape] for array in arrays]
        head = json.dumps([message.kind, message.told, shapes]).encode()
        try:
            self._end.sendall(_LENGTH.pack(len(head)) + head)
            for array in arrays:
                if array.size:
                    self._end.sendall(memoryview(array).cast("B"))
        except OSError as error:
            raise Closed from error

    def receive(self, waiting: Callable[[], None] | None = None) -> Message:
        """The next message. ``waiting`` is called ten times a second while there is nothing, and
        may raise to give up. Raises :class:`Closed`.
        """
        self._end.settimeout(LOOK_EVERY_S if waiting else None)
        (length,) = _LENGTH.unpack(self._bytes(_LENGTH.size, waiting))
        if length > MOST_JSON_BYTES:
            raise Closed
        kind, told, shapes = _parsed(self._bytes(length, waiting))
        return Message(kind, told, [self._array(*each, waiting) for each in shapes])

    def _array(self, numbers: str, shape: list[int], waiting) -> np.ndarray:
        array = np.empty(shape, numbers)
        if array.size:
            self._fill(memoryview(array).cast("B"), waiting)
        return array

    def _bytes(self, length: int, waiting) -> bytes:
        data = bytearray(length)
        self._fill(memoryview(data), waiting)
        return bytes(data)

    def _fill(self, view: memoryview, waiting) -> None:
        while view:
            try:
                got = self._end.recv_into(view)
            except TimeoutError:
                waiting()
                continue
            except OSError as error:
                raise Closed from error
            if not got:
                raise Closed
            view = view[got:]

    def close(self) -> None:
        self._end.close()


def _parsed(head: bytes) -> tuple[str, dict, list]:
    """What the JSON says, if it is what :meth:`Wire.send` writes."""
    try:
        kind, told, shapes = json.loads(head)
        sizes = [math.prod(shape) * np.dtype(numbers).itemsize for numbers, shape in shapes]
        plain = all(numbers in KINDS_OF_NUMBERS for numbers, _ in shapes)
        whole = all(type(side) is int and side >= 0 for _, shape in shapes for side in shape)
    except (ValueError, TypeError, RecursionError) as error:
        raise Closed from error
    if not (isinstance(kind, str) and isinstance(told, dict) and plain and whole):
        raise Closed
    if sum(sizes) > MOST_ARRAY_BYTES:
        raise Closed
    return kind, told, shapes
