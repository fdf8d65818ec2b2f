"""A Hugging Face Hub on loopback that can be written to, and that fails when told to.

Use as a plugin: ``pytest_plugins = ["tests.hub_publishing"]`` gives ``writable_hub``, to which
huggingface_hub in this process is pointed, with an empty cache and a good token. It speaks what
publishing needs: whoami, create and delete, branches, YAML check, pre-upload, LFS batch, upload
and verify, commit; and what loading needs: model info and resolve. Xet it refuses, as an old Hub.
"""

import base64
import hashlib
import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import SimpleNamespace
from urllib.parse import unquote, urlsplit

import pytest

from tests.hub_endpoint import Hashed

TOKEN = "hf_good"
USER = "someone"
NAME = r"(?P<repo>[^/]+/[^/]+)"


@dataclass(frozen=True)
class Blob(Hashed):
    content: bytes
    large: bool


@dataclass
class Repo:
    """A repository: commits by id, oldest first, and where its branches are."""

    private: bool = False
    commits: dict[str, dict[str, Blob]] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)

    def commit(self, branch: str, changes: dict[str, Blob]) -> str:
        files = {**self.commits.get(self.branches.get(branch, ""), {}), **changes}
        name = hashlib.sha1(repr((len(self.commits), sorted(files))).encode()).hexdigest()
        self.commits[name] = files
        self.branches[branch] = name
        return name

    def resolved(self, revision: str) -> str | None:
        name = self.branches.get(revision, revision)
        return name if name in self.commits else None


class WritableHub:
    """The server. ``faults`` maps a step to what goes wrong in it: "cut" (the connection ends
    half way), "cut after" (it ends when the work is done), or a status.
    """

    def __init__(self) -> None:
        self.repos: dict[str, Repo] = {}
        self.stored: dict[str, bytes] = {}  # large files by sha256
        self.faults: dict[str, str | int] = {}
        self.role = "write"
        self.closed = False
        self.steps: list[str] = []
        handler = type("Handler", (_Handler,), {"hub": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        """Answer nobody from now on, on open connections neither."""
        self.closed = True
        self._server.shutdown()
        self._server.server_close()

    def add(self, repo: str, **files: bytes) -> Repo:
        """A repository that is there already; keywords name its files, dots as underscores."""
        self.repos[repo] = Repo()
        named = {name.replace("_", "."): Blob(data, False) for name, data in files.items()}
        self.repos[repo].commit("main", {".gitattributes": Blob(b"", False), **named})
        return self.repos[repo]

    def files(self, repo: str, revision: str = "main") -> dict[str, Blob]:
        found = self.repos[repo]
        return found.commits[found.resolved(revision)]


class _Handler(BaseHTTPRequestHandler):
    hub: WritableHub
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else 40 ms an answer

    def log_message(self, *args) -> None:
        pass

    def _handle(self) -> None:
        if self.hub.closed:
            return self._cut()
        path = urlsplit(self.path).path
        for verb, pattern, step, answer in ROUTES:
            if verb == self.command and (found := re.fullmatch(pattern, path)):
                with suppress(ConnectionError):
                    self._step(step, answer, {k: unquote(v) for k, v in found.groupdict().items()})
                return None
        return self._send(404, {"error": f"no route {self.command} {path}"})

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _handle

    def _step(self, step: str, answer: Callable, found: dict[str, str]) -> None:
        self.hub.steps.append(step)
        fault = self.hub.faults.get(step)
        if fault == "cut":
            self.rfile.read(int(self.headers.get("Content-Length") or 0) // 2)
            return self._cut()
        self.body = self._read()
        if isinstance(fault, int):
            return self._send(fault, {"error": "told to"})
        public = step in ("resolve", "upload", "verify")  # the storage has no tokens
        if not public and self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return self._send(401, {"error": "Invalid username or password."})
        if fault == "cut after":
            self._send = lambda *args: self._cut()
        return answer(self, **found)

    def _read(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        data = b""
        while size := int(self.rfile.readline(), 16):
            data += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return data

    def _cut(self) -> None:
        self.close_connection = True
        self.connection.close()

    def _send(self, status: int, told: object = None, headers: dict | None = None) -> None:
        data = told if isinstance(told, bytes) else json.dumps(told).encode()
        self.send_response(status)
        sent = {"Content-Length": str(len(data)), "Content-Type": "application/json"}
        for name, text in (sent | (headers or {})).items():
            self.send_header(name, text)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def _repo(self, repo: str) -> Repo | None:
        found = self.hub.repos.get(repo)
        if not found:
            self._send(404, {"error": "Repository not found"}, {"X-Error-Code": "RepoNotFound"})
        return found

    # accounts and repositories

    def whoami(self) -> None:
        token = {"accessToken": {"role": self.hub.role}}
        self._send(200, {"name": USER, "orgs": [{"name": "lab"}], "auth": token})

    def create(self) -> None:
        asked = json.loads(self.body)
        name = f"{asked.get('organization') or USER}/{asked['name']}"
        if name in self.hub.repos:
            return self._send(409, {"error": "You already created this model repo"})
        repo = self.hub.repos[name] = Repo(asked.get("visibility") == "private")
        repo.commit("main", {".gitattributes": Blob(b"", False)})
        return self._send(200, {"url": f"{self.hub.url}/{name}"})

    def delete(self) -> None:
        asked = json.loads(self.body)
        del self.hub.repos[f"{asked.get('organization') or USER}/{asked['name']}"]
        self._send(200, {})

    def info(self, repo: str, revision: str = "main") -> None:
        if not (found := self._repo(repo)):
            return None
        if not (commit := found.resolved(revision)):
            return self._send(404, {"error": "no"}, {"X-Error-Code": "RevisionNotFound"})
        siblings = []
        for name, blob in found.commits[commit].items():
            lfs = {"size": len(blob.content), "sha256": blob.sha256, "pointerSize": 100}
            siblings.append(
                {"rfilename": name, "size": len(blob.content), "blobId": blob.etag}
                | ({"lfs": lfs} if blob.large else {})
            )
        told = {"id": repo, "sha": commit, "private": found.private, "siblings": siblings}
        return self._send(200, told)

    def refs(self, repo: str) -> None:
        if found := self._repo(repo):
            branches = [
                {"name": name, "ref": f"refs/heads/{name}", "targetCommit": commit}
                for name, commit in found.branches.items()
            ]
            self._send(200, {"branches": branches, "tags": [], "converts": []})

    def branch(self, repo: str, name: str) -> None:
        if found := self._repo(repo):
            found.branches[name] = found.branches["main"]
            self._send(200, {})

    def unbranch(self, repo: str, name: str) -> None:
        if found := self._repo(repo):
            del found.branches[name]
            self._send(200, {})

    # uploading

    def yaml(self) -> None:
        fine = json.loads(self.body)["content"].startswith("---\n")
        wrong = [] if fine else [{"message": "no metadata"}]
        self._send(200 if fine else 400, {"errors": wrong, "warnings": []})

    def preupload(self, repo: str, revision: str) -> None:
        if not (found := self._repo(repo)):
            return
        there = found.commits[found.resolved(revision)]
        answers = [
            {
                "path": file["path"],
                "uploadMode": "lfs" if file["path"].endswith(".safetensors") else "regular",
                "shouldIgnore": False,
                **({"oid": there[file["path"]].etag} if file["path"] in there else {}),
            }
            for file in json.loads(self.body)["files"]
        ]
        self._send(200, {"files": answers})

    def xet(self, repo: str, revision: str) -> None:
        self._send(404, {"error": "no Xet here"})

    def batch(self, repo: str) -> None:
        objects = []
        for each in json.loads(self.body)["objects"]:
            if each["oid"] not in self.hub.stored:
                each["actions"] = {
                    "upload": {"href": f"{self.hub.url}/storage/{each['oid']}"},
                    "verify": {"href": f"{self.hub.url}/{repo}.git/info/lfs/verify"},
                }
            objects.append(each)
        self._send(200, {"transfer": "basic", "objects": objects})

    def upload(self, oid: str) -> None:
        if hashlib.sha256(self.body).hexdigest() != oid:
            return self._send(400, {"error": "other bytes than announced"})
        self.hub.stored[oid] = self.body
        return self._send(200, {})

    def verify(self, repo: str) -> None:
        asked = json.loads(self.body)
        kept = self.hub.stored.get(asked["oid"])
        self._send(200 if kept is not None and len(kept) == asked["size"] else 404, {})

    def commit(self, repo: str, revision: str) -> None:
        if not (found := self._repo(repo)):
            return None
        header, *lines = [json.loads(line) for line in self.body.splitlines()]
        if header["value"].get("parentCommit") != found.resolved(revision):
            return self._send(412, {"error": "The branch has moved"})
        changes = {}
        for line in lines:
            value = line["value"]
            if line["key"] == "lfsFile":
                if value["oid"] not in self.hub.stored:
                    return self._send(400, {"error": "a large file is missing"})
                changes[value["path"]] = Blob(self.hub.stored[value["oid"]], True)
            else:
                changes[value["path"]] = Blob(base64.b64decode(value["content"]), False)
        oid = found.commit(revision, changes)
        return self._send(
            200, {"commitOid": oid, "commitUrl": f"{self.hub.url}/{repo}/commit/{oid}"}
        )

    # downloading

    def resolve(self, repo: str, revision: str, file: str) -> None:
        if not (found := self._repo(repo)):
            return None
        if not (commit := found.resolved(revision)):
            return self._send(404, {}, {"X-Error-Code": "RevisionNotFound"})
        if not (blob := found.commits[commit].get(file)):
            return self._send(404, {}, {"X-Error-Code": "EntryNotFound"})
        headers = {"ETag": f'"{blob.etag}"', "X-Repo-Commit": commit}
        return self._send(200, blob.content, headers)


API = f"/api/models/{NAME}"
ROUTES = [
    ("GET", "/api/whoami-v2", "whoami", _Handler.whoami),
    ("POST", "/api/repos/create", "create", _Handler.create),
    ("DELETE", "/api/repos/delete", "delete", _Handler.delete),
    ("GET", API, "info", _Handler.info),
    ("GET", f"{API}/revision/(?P<revision>[^/]+)", "info", _Handler.info),
    ("GET", f"{API}/refs", "refs", _Handler.refs),
    ("POST", f"{API}/branch/(?P<name>[^/]+)", "branch", _Handler.branch),
    ("DELETE", f"{API}/branch/(?P<name>[^/]+)", "unbranch", _Handler.unbranch),
    ("POST", "/api/validate-yaml", "yaml", _Handler.yaml),
    ("POST", f"{API}/preupload/(?P<revision>[^/]+)", "preupload", _Handler.preupload),
    ("GET", f"{API}/xet-write-token/(?P<revision>[^/]+)", "xet", _Handler.xet),
    ("POST", rf"/{NAME}\.git/info/lfs/objects/batch", "batch", _Handler.batch),
    ("PUT", "/storage/(?P<oid>[0-9a-f]+)", "upload", _Handler.upload),
    ("POST", rf"/{NAME}\.git/info/lfs/verify", "verify", _Handler.verify),
    ("POST", f"{API}/commit/(?P<revision>[^/]+)", "commit", _Handler.commit),
    *((verb, f"/{NAME}/resolve/(?P<revision>[^/]+)/(?P<file>.+)", "resolve", _Handler.resolve)
      for verb in ("GET", "HEAD")),
]  # fmt: skip


@pytest.fixture
def writable_hub(tmp_path, monkeypatch) -> Iterator[WritableHub]:
    """An empty Hub to which this process is pointed, as the user "someone" of the group "lab"."""
    from huggingface_hub import constants
    from huggingface_hub.utils import _http as http
    from huggingface_hub.utils import disable_progress_bars, enable_progress_bars

    hub = WritableHub()
    template = hub.url + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "ENDPOINT", hub.url)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hf" / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    quick = SimpleNamespace(sleep=lambda seconds: None, time=time.time)  # between its tries
    monkeypatch.setattr(http, "time", quick)
    monkeypatch.setenv("AVSL_WEIGHTS", str(tmp_path / "weights"))
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    disable_progress_bars()
    yield hub
    enable_progress_bars()
    hub.close()
