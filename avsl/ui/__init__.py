"""The app: a gradio page and an HTTP API over the library.

Importing it sets gradio up to keep to itself: no analytics, no history, no request to anywhere.
"""

import os

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("GRADIO_RUN_HISTORY", "False")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

from avsl.ui.layout import build, launch_options  # gradio reads the above when it is imported

__all__ = ["build", "launch_options"]
