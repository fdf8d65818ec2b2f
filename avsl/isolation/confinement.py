"""What a child of the nursery may not do, set on itself before it touches a stranger's file."""

import contextlib
import ctypes
import os
import resource
import signal
import struct
import sys
from pathlib import Path

from avsl.isolation import landlock

ORDER = struct.Struct("<QI")  # for :func:`limit`, as the nursery is sent it
SYSTEM_CODE = ("/usr", "/lib", "/lib64", "/etc/ld.so.cache")
PROCESSOR = ("/proc/cpuinfo", "/sys/devices/system/cpu")  # libraries look what it can do
PR_SET_PDEATHSIG = 1
GRACE_S = 5  # between the signal that can be told apart and the one that cannot be survived
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with(parent: int) -> None:
    """Be killed when ``parent``, the process that forked this one, ends (Linux; elsewhere the
    nursery kills its children before it goes).
    """
    if _LIBC is not None:
        _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it went before this was set
        os._exit(1)


def limit(memory_bytes: int, cpu_s: int) -> None:
    """At most ``memory_bytes`` more address space than now, ``cpu_s`` seconds of computing, no byte
    written to any file, no core dump; the first to go where the machine runs out of memory.
    """
    _set(resource.RLIMIT_CORE, 0)
    _set(resource.RLIMIT_FSIZE, 0)
    _set(resource.RLIMIT_CPU, cpu_s, cpu_s + GRACE_S)
    with contextlib.suppress(OSError):  # only Linux has it, and only there it counts
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        _set(resource.RLIMIT_AS, pages * resource.getpagesize() + memory_bytes)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")


def only_read(*files: Path) -> bool:
    """See no file from now on but these, and what Python and its libraries have on the disk.
    False where the system cannot see to that.
    """
    packages = [each for each in sys.path if each.endswith("-packages")]  # a user's own, for one
    ours = [sys.prefix, sys.base_prefix, Path(__file__).parents[1], *packages]
    code = [*ours, *SYSTEM_CODE, *PROCESSOR]
    return landlock.only_read([*files, *map(Path, code)])


def _set(kind: int, soft: int, hard: int | None = None) -> None:
    """Never above what is allowed already."""
    hard = soft if hard is None else hard
    allowed = resource.getrlimit(kind)[1]
    if allowed != resource.RLIM_INFINITY:
        soft, hard = min(soft, allowed), min(hard, allowed)
    resource.setrlimit(kind, (soft, hard))
