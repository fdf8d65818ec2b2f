"""Sound and sight on one clock: the timeline under a result video, which follows it and leads it.

A :class:`Score` says what stands on it, :func:`timeline` draws it, :func:`place` puts it on the
page, where a script ties it to the video.
"""

from avsl.ui.timeline.component import place, style_sheet
from avsl.ui.timeline.copy import MARKED
from avsl.ui.timeline.drawing import timeline
from avsl.ui.timeline.score import Curve, Score, Track

__all__ = ["MARKED", "Curve", "Score", "Track", "place", "style_sheet", "timeline"]
