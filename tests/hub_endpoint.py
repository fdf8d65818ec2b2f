"""A Hugging Face Hub on loopback: files in the Hub's layout and every way in which a Hub can fail.

Use as a plugin: ``pytest_plugins = ["tests.hub_endpoint"]`` gives the fixtures ``hub_endpoint``
(a server) and ``hub`` (a server to which huggingface_hub in this process is pointed, with an empty
cache). ``HubEndpoint.environment`` does the same for another process.
"""

import hashlib
import os
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import unquote

import pytest

BLOCK_BYTES = 1 << 16
GOLDEN = Path(__file__).parent / "golden" / "acl_small"
_RESOLVE = re.compile(r"/(?:(spaces|datasets)/)?([^/]+/[^/]+)/resolve/([^/]+)/(.+)")
_PREFIXES = {"spaces": "space", "datasets": "dataset", None: "model"}


class Hashed:
    """How the Hub names a file's bytes; for anything with ``content`` and ``large`` (git-lfs)."""

    content: bytes
    large: bool

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @property
    def etag(self) -> str:
        if self.large:
            return self.sha256
        return hashlib.sha1(b"blob %d\0" % len(self.content) + self.content).hexdigest()


@dataclass(eq=False)
class HubFile(Hashed):
    """One file, and the faults it is to be served with."""

    repo: str
    file: str
    content: bytes
    repo_type: str = "model"
    large: bool = True  # as git-lfs: the etag is the sha256, the bytes come from another host
    status: int = 200  # 401: private, 403: gated, 404: missing, 503: the server is in trouble
    cut_after_bytes: int | None = None  # once; counted from where the answer starts
    served: bytes | None = None  # what is sent instead of the content
    bytes_per_s: float | None = None
    announced_bytes: int | None = None  # a size that the headers claim
    ranges: bool = True  # False: an asked range is ignored
    xet: bool = False  # offered over Xet too, which this server does not speak


@dataclass
class Transfer:
    """An answer with bytes; counted before they are sent, so that no test runs ahead of it."""

    file: str
    start_bytes: int
    sent_bytes: int
    authorized: bool


class HubEndpoint:
    """The server; ``files`` may be changed at any time."""

    def __init__(self) -> None:
        self.files: list[HubFile] = []
        self.heads = 0  # questions about a file
        self.transfers: list[Transfer] = []
        self.port = 0
        self.up()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def add(self, repo: str, file: str, content: bytes, **faults) -> HubFile:
        """Publish a file; the keywords are those of :class:`HubFile`."""
        self.files.append(HubFile(repo, file, content, **faults))
        return self.files[-1]

    def add_golden(self) -> None:
        """The small ACL with random weights, where the published files lie."""
        space = {"repo_type": "space"}
        clipseg, acl = "CIDAS/clipseg-rd64-refined", "swimmiing/ACL-SSL-zeroshot-demo"
        beats = "BEATs_iter3_plus_AS2M_finetuned_on_AS2M_cpt2.pt"
        self.add(clipseg, "config.json", (GOLDEN / "clipseg/config.json").read_bytes(), large=False)
        self.add(clipseg, "model.safetensors", (GOLDEN / "clipseg/model.safetensors").read_bytes())
        self.add(acl, "pretrain/Param_best.pth", (GOLDEN / "Param_best.pth").read_bytes(), **space)
        for repo, folder in ((acl, "pretrain"), ("tsinghua-ee/SALMONN-7B-gradio", "beats")):
            self.add(repo, f"{folder}/{beats}", (GOLDEN / "beats.pt").read_bytes(), **space)

    def commit(self, repo: str) -> str:
        """The newest commit of a repository: another one as soon as a file is added or changed."""
        files = [file.file + file.sha256 for file in self.files if file.repo == repo]
        return hashlib.sha1(repr((repo, files)).encode()).hexdigest()

    def sent_bytes(self) -> int:
        return sum(transfer.sent_bytes for transfer in self.transfers)

    def environment(self, home: Path, **more: str) -> dict[str, str]:
        """For another process: this endpoint, an own cache in ``home``, nothing of the user's."""
        kept = {name: text for name, text in os.environ.items() if not name.startswith("HF_")}
        return kept | {
            "HF_ENDPOINT": self.url,
            "HF_HOME": str(home / "hf"),
            "AVSL_WEIGHTS": str(home / "weights"),
            "HF_HUB_DISABLE_UPDATE_CHECK": "1",
            "HF_HUB_DISABLE_TELEMETRY": "1",
            **more,
        }

    def up(self) -> None:
        """Listen, on the same port as before."""
        handler = type("Handler", (_Handler,), {"hub": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), handler)
        self.port = self._server.server_port
        self._thread = Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def down(self) -> None:
        """Refuse connections from now on."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    """/OWNER/NAME/resolve/REVISION/FILE, before it /spaces or /datasets; /cdn/ for large files."""

    hub: HubEndpoint
    protocol_version = "HTTP/1.1"

    def log_message(self, *args) -> None:
        pass

    def do_HEAD(self) -> None:
        self.hub.heads += "/resolve/" in self.path
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        with suppress(ConnectionError):  # the client has gone
            if self.path.startswith("/cdn/"):
                index = int(self.path.removeprefix("/cdn/"))
                return self._send(self.hub.files[index])
            return self._resolve()

    def _resolve(self) -> None:
        found = _RESOLVE.fullmatch(unquote(self.path))
        if not found:
            return self._head(404)
        prefix, repo, revision, file = found.groups()
        in_repo = [f for f in self.hub.files if (f.repo_type, f.repo) == (_PREFIXES[prefix], repo)]
        if not in_repo:
            return self._head(401, {"X-Error-Code": "RepoNotFound"})
        wanted = next((f for f in reversed(in_repo) if f.file == file), None)
        if wanted is None or wanted.status == 404:
            return self._head(404, {"X-Error-Code": "EntryNotFound"})
        if wanted.status != 200:
            return self._head(
                wanted.status, {"X-Error-Code": "GatedRepo"} if wanted.status == 403 else {}
            )
        if revision not in ("main", self.hub.commit(repo)):
            return self._head(404, {"X-Error-Code": "RevisionNotFound"})
        return self._redirect(wanted) if wanted.large else self._send(wanted)

    def _redirect(self, file: HubFile) -> None:
        """As the Hub does for large files: to another host, with what the client has to know."""
        headers = {
            "Location": f"http://localhost:{self.hub.port}/cdn/{self.hub.files.index(file)}",
            "X-Repo-Commit": self.hub.commit(file.repo),
            "X-Linked-Etag": f'"{file.etag}"',
            "X-Linked-Size": str(file.announced_bytes or len(file.content)),
        }
        if file.xet:
            headers["X-Xet-Hash"] = "0123456789abcdef" * 4
            headers["Link"] = f'<{self.hub.url}/xet-read-token>; rel="xet-auth"'
        self._head(302, headers)

    def _send(self, file: HubFile) -> None:
        content = file.content if file.served is None else file.served
        asked = file.ranges and re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        start = int(asked[1]) if asked else 0
        if asked and start >= len(content):
            self._head(416)
            return
        headers = {
            "Accept-Ranges": "bytes",
            "ETag": f'"{file.etag}"',
            "X-Repo-Commit": self.hub.commit(file.repo),
            "Content-Length": str(len(content) - start),
        }
        if asked:
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        self._head(206 if asked else 200, headers)
        if self.command == "GET":
            self._body(file, content, start)

    def _body(self, file: HubFile, content: bytes, start: int) -> None:
        cut, file.cut_after_bytes = file.cut_after_bytes, None
        end = len(content) if cut is None else start + cut
        transfer = Transfer(file.file, start, 0, "Authorization" in self.headers)
        self.hub.transfers.append(transfer)
        for position in range(start, end, BLOCK_BYTES):
            block = content[position : min(position + BLOCK_BYTES, end)]
            transfer.sent_bytes += len(block)
            self.wfile.write(block)
            if file.bytes_per_s:
                time.sleep(len(block) / file.bytes_per_s)

    def _head(self, status: int, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Connection", "close")
        for name, text in ({"Content-Length": "0"} | (headers or {})).items():
            self.send_header(name, text)
        self.end_headers()
        self.close_connection = True


@pytest.fixture
def hub_endpoint() -> Iterator[HubEndpoint]:
    """An empty Hub on loopback."""
    endpoint = HubEndpoint()
    yield endpoint
    with suppress(OSError):
        endpoint.down()


@pytest.fixture
def hub(hub_endpoint, tmp_path, monkeypatch) -> HubEndpoint:
    """The same, with huggingface_hub and avsl in this process pointed to it and to ``tmp_path``."""
    from huggingface_hub import constants

    template = hub_endpoint.url + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "ENDPOINT", hub_endpoint.url)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hf" / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setenv("AVSL_WEIGHTS", str(tmp_path / "weights"))
    return hub_endpoint
