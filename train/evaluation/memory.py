"""How much memory a stretch of work took at most."""

import resource
import sys
from pathlib import Path

_STATUS, _RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def reset_peak() -> None:
    """Forget the highest use so far, where the system can (Linux)."""
    try:
        _RESET.write_text("5")
    except OSError:
        return


def peak_mb() -> float:
    """The highest resident memory of this process since :func:`reset_peak`, else since it began."""
    try:
        lines = _STATUS.read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
    except (OSError, StopIteration):
        used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return used / (1024 * 1024 if sys.platform == "darwin" else 1024)
