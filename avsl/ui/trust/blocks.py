"""gradio's page, whose every failure is a sentence for the visitor and a line in our log.

By itself gradio tells the visitor nothing of what it cannot read, and the log all of it, with the
values that were sent.
"""

import logging
from typing import Any

import gradio as gr

from avsl.ui.trust import copy

log = logging.getLogger(__name__)


class Blocks(gr.Blocks):
    """As gradio's, but for how events fail."""

    async def process_api(self, *given: Any, **named: Any) -> dict[str, Any]:
        """Raises only ``gr.Error``, which gradio shows and, so marked, does not print."""
        try:
            return await super().process_api(*given, **named)
        except gr.Error as error:
            error.print_exception = False
            raise
        except Exception as error:
            log.warning("an event was not understood", exc_info=error)
            raise gr.Error(copy.NOT_UNDERSTOOD, print_exception=False) from error
