"""Live: frames and sound of a client as they come, a map of the newest frame as soon as it can be.

``session`` keeps the newest frame and the rolling sound, a ``Watcher`` per kind of variant looks
at them (``sync``, ``image_audio``, ``fused``), ``pace`` says how much a client should send,
``rooms`` shares one worker among the clients.
"""

from avsl.live import fused, image_audio, sync  # noqa: F401  each registers its kind of watcher
from avsl.live.rooms import LiveRooms, Seat
from avsl.live.session import LiveMap, LiveSession
from avsl.live.watcher import Sighting, Watcher, watcher_for

__all__ = ["LiveMap", "LiveRooms", "LiveSession", "Seat", "Sighting", "Watcher", "watcher_for"]
