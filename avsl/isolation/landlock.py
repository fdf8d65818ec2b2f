"""Linux's Landlock: from now on this process sees no file but those named, and connects nowhere.

It holds against code that a decoder was tricked into running, which no check of ours would. Where
the system has none (another system, an old or a closed kernel) everything else still holds.
"""

import ctypes
import os
import sys
from collections.abc import Iterable
from pathlib import Path

_CREATE, _ADD, _RESTRICT = 444, 445, 446  # system calls, the same on every processor
_ASK_VERSION = 1
_BENEATH = 1  # the kind of rule
_NO_NEW_PRIVILEGES = 38  # for prctl
_RUN, _READ_FILE, _READ_FOLDER = 1 << 0, 1 << 2, 1 << 3
_READ = _READ_FILE | _READ_FOLDER | _RUN
_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}  # version -> how many rights on files it knows; then 16
_TCP = 0b11  # bind, connect
_OUTSIDE = 0b11  # abstract sockets of others, signals to others


class _Ruleset(ctypes.Structure):
    _fields_ = [("files", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scope", ctypes.c_uint64)]


class _Rule(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("allowed", ctypes.c_uint64), ("folder", ctypes.c_int32)]


def version() -> int:
    """Of this kernel's Landlock; 0 where there is none."""
    if sys.platform != "linux":
        return 0
    return max(0, _libc().syscall(_CREATE, None, 0, _ASK_VERSION))


def only_read(paths: Iterable[Path]) -> bool:
    """Nothing but ``paths`` and what is below them can be opened from now on, and only to read.
    What is open stays open. False where this system cannot do it.
    """
    known = version()
    if not known:
        return False
    libc = _libc()
    rights = (1 << _RIGHTS.get(known, 16)) - 1
    ruleset = _Ruleset(rights, _TCP if known >= 4 else 0, _OUTSIDE if known >= 6 else 0)
    size = 8 * (1 + (known >= 4) + (known >= 6))
    rules = libc.syscall(_CREATE, ctypes.byref(ruleset), size, 0)
    if rules < 0:
        return False
    try:
        for path in paths:
            _allow(libc, rules, path)
        libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        return libc.syscall(_RESTRICT, rules, 0) == 0
    finally:
        os.close(rules)


def _allow(libc: ctypes.CDLL, rules: int, path: Path) -> None:
    try:
        there = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:  # not on this machine
        return
    try:
        rule = _Rule(_READ if path.is_dir() else _READ_FILE, there)
        libc.syscall(_ADD, rules, _BENEATH, ctypes.byref(rule), 0)
    finally:
        os.close(there)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
