"""A language model on loopback: speaks the chat-completions API and fails in every known way."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

KEY = "sk-right"


@dataclass
class Reply:
    """One answer of the server."""

    text: str = (
        '{"sounding": ["a dog barking"], "silent": ["a parked car"], "background": "a yard"}'
    )
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    after_s: float = 0.0
    cut: bool = False  # the connection ends in the middle of the answer
    raw: bytes | None = None  # instead of a chat completion
    usage: bool = True


class LanguageModel:
    """``reply(question, number of the request about that clip)`` says what is answered; the
    clip is known by its label, "label: NAME".
    """

    def __init__(self) -> None:
        self.reply: Callable[[str, int], Reply] = lambda label, attempt: Reply()
        self.asked: list[str] = []  # the label of every request, in order
        self.bodies: list[dict] = []
        self.times_s: list[float] = []
        self.most_at_once = self._at_once = 0
        self._lock = threading.Lock()
        handler = type("Handler", (_Handler,), {"model": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.01,), daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def take(self, body: dict) -> Reply:
        (said, *_) = body["messages"][1]["content"]
        label = said["text"].removeprefix("The sound: ").rstrip(".")
        with self._lock:
            self.asked.append(label)
            self.bodies.append(body)
            self.times_s.append(time.monotonic())
            attempt = self.asked.count(label)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        reply = self.reply(label, attempt)
        time.sleep(reply.after_s)
        with self._lock:
            self._at_once -= 1
        return reply


class _Handler(BaseHTTPRequestHandler):
    model: LanguageModel
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else 40 ms an answer

    def log_message(self, *args) -> None:
        pass

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with suppress(ConnectionError):
            if self.path != "/v1/chat/completions":
                return self._send(Reply(status=404, raw=b"{}"))
            if self.headers.get("Authorization") != f"Bearer {KEY}":
                with self.model._lock:
                    self.model.asked.append("")
                error = b'{"error": {"message": "Incorrect API key provided."}}'
                return self._send(Reply(status=401, raw=error))
            return self._send(self.model.take(body))

    def _send(self, reply: Reply) -> None:
        completion = {"choices": [{"message": {"role": "assistant", "content": reply.text}}]}
        if reply.usage:
            completion["usage"] = {"prompt_tokens": 1000, "completion_tokens": 50}
        data = json.dumps(completion).encode() if reply.raw is None else reply.raw
        self.send_response(reply.status)
        for name, text in ({"Content-Length": str(len(data))} | reply.headers).items():
            self.send_header(name, text)
        self.end_headers()
        if reply.cut:
            self.wfile.write(data[: len(data) // 2])
            self.wfile.flush()
            self.close_connection = True
            self.connection.close()
            return
        self.wfile.write(data)


@pytest.fixture
def language_model() -> Iterator[LanguageModel]:
    model = LanguageModel()
    yield model
    model.close()
