"""Marking on a frame what sounds, so that the variants of a comparison can be judged by it."""

from avsl.ui.studio.marking.place import place, table
from avsl.ui.studio.marking.stage import marked_at, stage, style_sheet

__all__ = ["marked_at", "place", "stage", "style_sheet", "table"]
