"""The tab "Swap the sound": pictures by sounds in a grid, any pair a click away.

``swap.css`` and ``swap.js`` are the grid's looks and keys.
"""

from pathlib import Path

HERE = Path(__file__).parent


def style_sheet() -> str:
    """The tab's looks."""
    return (HERE / "swap.css").read_text(encoding="utf-8")
