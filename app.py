"""Start the app: ``python app.py [--host 0.0.0.0] [--port 7860]``. Also the Space's entry point.

gradio's own variables work too: GRADIO_SERVER_NAME, GRADIO_SERVER_PORT, GRADIO_ROOT_PATH.
"""

import argparse
import os
import signal
import sys
from pathlib import Path

PERSISTENT = Path("/data")  # of a Space that has such a disk


def main() -> None:
    parser = argparse.ArgumentParser(description="Show where a sound comes from, in a browser.")
    parser.add_argument("--host", help="address to listen on (default: this machine only)")
    parser.add_argument("--port", type=int, help="port (default: the first free from 7860)")
    options = parser.parse_args()

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # so that what is opened is closed
    keep_weights()
    from avsl.nest import nest

    with nest() as root:
        os.environ["GRADIO_TEMP_DIR"] = str(root)  # uploads too; gradio reads it at import
        from avsl.ui import build, launch_options
        from avsl.ui.jobs import Workspace
        from avsl.ui.live import House
        from avsl.ui.trust import journal, warm

        journal.write_log()
        house, workspace = House(), Workspace(root / "results")
        demo = build(workspace, house)
        warm.warm(workspace.shelf)
        demo.launch(
            server_name=options.host, server_port=options.port, **launch_options(house, workspace)
        )


def keep_weights(persistent: Path = PERSISTENT) -> None:
    """On a Space downloads go to its persistent disk, if it has one; nothing that visitors send
    does. To be called before huggingface_hub is imported.
    """
    if "SPACE_ID" in os.environ and "HF_HOME" not in os.environ and os.access(persistent, os.W_OK):
        os.environ["HF_HOME"] = str(persistent / ".huggingface")


if __name__ == "__main__":
    main()
