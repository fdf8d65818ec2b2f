"""What children do in the tests: whatever they are asked, and some of it is bad."""

import ctypes
import os
import signal
import time
from pathlib import Path
from unittest.mock import patch

import numpy as np

from avsl.isolation import Message, Wire
from avsl.isolation.confinement import only_read
from avsl.media import serving


def serve(wire: Wire) -> None:
    """``asked.kind`` names a deed below, else a job of the app's children. A media job whose file
    is called ``segv.mp4``, ``hang.mp4``, ... does that deed while it seems to decode.
    """
    wire.send(Message("ready"))
    asked = wire.receive()
    deed = DEEDS.get(asked.kind) or DEEDS.get(Path(asked.told.get("path", "")).stem)
    (deed or serving.answer)(wire, asked)


def _segv(wire, asked):
    ctypes.string_at(0)


def _abort(wire, asked):
    os.abort()


def _stumble(wire, asked):
    """Python code raises what nobody expects; the decoder itself is well."""
    with patch.dict(serving.JOBS, {asked.kind: lambda asked: iter([int("not a number")])}):
        serving.answer(wire, asked)


def _hang(wire, asked):
    time.sleep(3600)


def _deaf(wire, asked):
    """Hangs with every signal that can be ignored ignored."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGPIPE, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    wire.send(Message("pid", {"pid": os.getpid()}))
    time.sleep(3600)


def _spin(wire, asked):
    while True:
        pass


def _beat(wire, asked):
    for _ in range(8):
        wire.send(Message("beat"))
        time.sleep(0.25)
    wire.send(Message("done"))


def _grow(wire, asked):
    held = []
    try:
        while True:
            held.append(np.ones(10_000_000, np.uint8))
    except MemoryError:
        held.clear()
        wire.send(Message("overgrown"))


def _write(wire, asked):
    try:
        Path(asked.told["file"]).write_bytes(b"x" * 100)
        wire.send(Message("written"))
    except OSError:
        wire.send(Message("not written"))


def _flood(wire, asked):
    """More than anybody reads."""
    while True:
        wire.send(Message("block", {}, [np.zeros(1_000_000, np.uint8)]))


def _garble(wire, asked):
    wire._end.sendall(b"\xff" * 1000)
    time.sleep(3600)


def _pickle(wire, asked):
    """Claims an array of Python objects, which reading would have to unpickle."""
    head = b'["clip", {}, [["|O", [1]]]]'
    wire._end.sendall(len(head).to_bytes(4, "little") + head + b"cos\nsystem\n")
    time.sleep(3600)


def _huge(wire, asked):
    """Claims an array that no machine has memory for."""
    head = b'["clip", {}, [["|u1", [1000000, 1000000, 1000]]]]'
    wire._end.sendall(len(head).to_bytes(4, "little") + head)
    time.sleep(3600)


def _lie(wire, asked):
    """A clip of numbers that are none."""
    nan = np.full(100, np.nan, np.float32)
    told = {"duration_s": 1.0, "notes": [], "digest": "", "digests": [""], "size": [8, 8]}
    wire.send(Message("clip", {**told, "track": None, "moves": False}, [nan, nan]))


def _echo(wire, asked):
    wire.send(Message("echo", asked.told, asked.arrays))


def _peek(wire, asked):
    """Looks around once it is confined to one file."""
    confined = only_read(Path(asked.told["file"]))
    seen = [os.environ.get("HF_TOKEN")]
    for path in asked.told["others"]:
        try:
            seen.append(Path(path).read_bytes().hex())
        except OSError:
            seen.append(None)
    wire.send(Message("seen", {"confined": confined, "seen": seen}))


_ALL = [_segv, _abort, _hang, _deaf, _spin, _beat, _grow, _write, _flood, _garble, _pickle, _huge]
DEEDS = {deed.__name__[1:]: deed for deed in [*_ALL, _stumble, _lie, _echo, _peek]}
