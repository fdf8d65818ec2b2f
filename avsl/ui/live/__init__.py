"""The Live tab: camera and microphone in the browser, maps from the server while it sounds."""

from avsl.ui.live.house import House
from avsl.ui.live.kept import kept
from avsl.ui.live.socket import route
from avsl.ui.live.tab import style_sheet, tab

__all__ = ["House", "kept", "route", "style_sheet", "tab"]
