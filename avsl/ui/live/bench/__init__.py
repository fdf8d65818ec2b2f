"""How well a server carries live visitors: a clip replayed by many of them at once, measured.

``footage`` is what they show, ``client`` is one of them, ``server`` is the app in a process of its
own, ``measuring`` brings them together and ``report`` says what came of it.
"""

from avsl.ui.live.bench.measuring import measure
from avsl.ui.live.bench.report import Report, table
from avsl.ui.live.bench.server import BenchError

__all__ = ["BenchError", "Report", "measure", "table"]
