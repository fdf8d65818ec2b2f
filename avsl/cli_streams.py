"""What the command lines print on."""

import sys


def print_any_name() -> None:
    """Let standard output and standard error spell out what their encoding lacks (a name of a file
    in a narrow code page, say) instead of raising.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # not where a notebook took its place
            stream.reconfigure(errors="backslashreplace")
