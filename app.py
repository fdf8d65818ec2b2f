"""Start the app: ``python app.py [--host 0.0.0.0] [--port 7860]``. Also the Space's entry point.

gradio's own variables work too: GRADIO_SERVER_NAME, GRADIO_SERVER_PORT, GRADIO_ROOT_PATH.
"""

import argparse
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path


def main() -> None:
    parser = argparse.ArgumentParser(description="Show where a sound comes from, in a browser.")
    parser.add_argument("--host", help="address to listen on (default: this machine only)")
    parser.add_argument("--port", type=int, help="port (default: the first free from 7860)")
    options = parser.parse_args()

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # so that the finally below is reached
    root = Path(tempfile.mkdtemp(prefix="avsl-"))
    os.environ["GRADIO_TEMP_DIR"] = str(root)  # uploads too; gradio reads it at import
    try:
        from avsl.ui import build, launch_options
        from avsl.ui.jobs import Workspace
        from avsl.ui.live import House

        house = House()
        build(Workspace(root / "results"), house).launch(
            server_name=options.host, server_port=options.port, **launch_options(house)
        )
    finally:
        shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    main()
