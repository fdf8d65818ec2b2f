"""How much of the machine the app may take; every number has an environment variable."""

import os
from dataclasses import dataclass
from pathlib import Path

FREE_SHARE = 0.6  # of the memory free at the start that jobs may have
DISK_SHARE = 0.5  # of the disk free at the start, at most
CGROUP = Path("/sys/fs/cgroup/memory.max")  # a container's own bound


@dataclass(frozen=True)
class Bounds:
    """What the jobs of everybody together, or of one session, may take."""

    job_s: float = 1200.0  # at work; waiting does not count
    memory_bytes: int = 4_000_000_000  # of all jobs at work, as estimated
    disk_bytes: int = 8_000_000_000  # results of everybody
    uploads_bytes: int = 6_000_000_000  # gradio's copies of what was sent
    session_bytes: int = 3_000_000_000  # results of one session


def bounds(folder: Path) -> Bounds:
    """Those of this machine, for an app that keeps its files in ``folder``.

    ``AVSL_JOB_MINUTES``, ``AVSL_MEMORY_MB``, ``AVSL_DISK_MB`` (results), ``AVSL_UPLOADS_MB`` and
    ``AVSL_SESSION_MB`` say otherwise; a variable that holds no positive number is as none.
    """
    usual, free = Bounds(), int(DISK_SHARE * free_disk_bytes(folder))
    return Bounds(
        job_s=60 * _number("JOB_MINUTES", usual.job_s / 60),
        memory_bytes=_bytes("MEMORY_MB", int(FREE_SHARE * free_memory_bytes())),
        disk_bytes=_bytes("DISK_MB", min(usual.disk_bytes, free)),
        uploads_bytes=_bytes("UPLOADS_MB", min(usual.uploads_bytes, free)),
        session_bytes=_bytes("SESSION_MB", min(usual.session_bytes, free)),
    )


def _bytes(name: str, otherwise: int) -> int:
    return int(1_000_000 * _number(name, otherwise / 1_000_000))


def _number(name: str, otherwise: float) -> float:
    try:
        told = float(os.environ.get(f"AVSL_{name}", ""))
    except ValueError:
        return otherwise
    return told if 0 < told < 1e12 else otherwise


def free_disk_bytes(folder: Path) -> int:
    existing = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    told = os.statvfs(existing)
    return told.f_bavail * told.f_frsize


def free_memory_bytes() -> int:
    """What could be had now; the container's bound where that is less. 4 GB where unknown."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        free = next(1024 * int(line.split()[1]) for line in lines if "MemAvailable" in line)
    except (OSError, StopIteration, ValueError):
        return Bounds.memory_bytes
    try:
        return min(free, int(CGROUP.read_text()))
    except (OSError, ValueError):  # no container, or one without a bound
        return free


def resident_bytes() -> int:
    """Memory of this process; 0 where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (OSError, ValueError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")
