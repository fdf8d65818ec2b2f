"""This package's part of the web app: its pages, and the door before all of it."""

from typing import Any

from starlette.middleware import Middleware

from avsl.ui.jobs import Workspace
from avsl.ui.live.house import House
from avsl.ui.trust.door import Door, Store
from avsl.ui.trust.routes import routes


def app_parts(workspace: Workspace, house: House) -> dict[str, Any]:
    """Arguments of the web app. Uploads lie beside the workspace's folder."""
    uploads = workspace.root.parent
    store = Store(uploads, workspace.root, workspace.limits.uploads_bytes)
    return {"routes": routes(workspace, house), "middleware": [Middleware(Door, store=store)]}
