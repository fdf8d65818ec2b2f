"""The Studio: several variants side by side, whether one of them listens, and swapped sounds.

``yardstick.json`` holds the listening scores of the variants that ship.
"""

from avsl.ui.studio.api import endpoints
from avsl.ui.studio.tabs import style_sheet, tabs, wire

__all__ = ["endpoints", "style_sheet", "tabs", "wire"]
