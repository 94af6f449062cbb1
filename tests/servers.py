"""A real HTTP server on a free port that speaks chat completions, and goes wrong on demand."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

GOOD = """\
Move the tool to the goal, closer is better.

```python
def compute_reward(tcp_pos, goal_pos):
    near = torch.exp(-torch.norm(goal_pos - tcp_pos, dim=-1) / 0.1)
    return near, {"near": near}
```
"""


@dataclass(frozen=True)
class Exchange:
    """One request as it reached the server."""

    number: int
    path: str
    key: str
    body: dict[str, object]
    headers: Mapping[str, str] = field(default_factory=dict)
    """Their names in lower case."""

    @property
    def text(self) -> str:
        """All messages, joined."""
        messages = self.body["messages"]
        assert isinstance(messages, list)
        return "\n".join(message["content"] for message in messages)


@dataclass(frozen=True)
class Reaction:
    """What the server does about a request."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    reset_after: int | None = None
    """Break the connection after so many bytes of the body."""
    drip_s: float = 0.0
    """Pause after every byte."""
    wire: Callable[[], Iterable[bytes]] | None = None
    """Everything that is sent, status line and headers too, piece by
    piece; the connection is closed after it."""
    sent: Callable[[], None] = lambda: None
    """Called once all of it is sent."""


class ChatServer(ThreadingHTTPServer):
    """Answers each request by ``react``; remembers what it was asked and what it charged for."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, react: Callable[[Exchange], Reaction], port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.react = react
        self.requests: list[Exchange] = []
        self.charged: list[Exchange] = []
        """Requests whose completion was sent to the last byte."""
        self.connections = 0
        self.lock = threading.Lock()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Count whoever comes, whatever he asks."""
        self.connections += 1
        super().process_request(request, client_address)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that leave early are no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: ChatServer  # pyright: ignore[reportIncompatibleVariableOverride]

    def do_GET(self) -> None:
        self._react({})

    def do_POST(self) -> None:
        self._react(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def _react(self, body: dict[str, object]) -> None:
        with self.server.lock:
            headers = {name.lower(): value for name, value in self.headers.items()}
            exchange = Exchange(
                len(self.server.requests), self.path, headers.get("authorization", ""), body, headers
            )
            self.server.requests.append(exchange)
        reaction = self.server.react(exchange)
        time.sleep(reaction.delay_s)
        with suppress(ConnectionError):
            self._send(reaction)
            reaction.sent()
            if reaction.status == 200 and reaction.reset_after is None and reaction.wire is None:
                with self.server.lock:
                    self.server.charged.append(exchange)

    def _send(self, reaction: Reaction) -> None:
        if reaction.reset_after == 0:
            self._reset()
            return
        if reaction.wire:
            self.close_connection = True
            for piece in reaction.wire():
                self.wfile.write(piece)
            return
        self.send_response(reaction.status)
        for name, value in {
            "Content-Type": "application/json",
            **reaction.headers,
            "Content-Length": str(len(reaction.body)),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        if reaction.drip_s:
            for byte in reaction.body:
                self.wfile.write(bytes([byte]))
                time.sleep(reaction.drip_s)
        else:
            self.wfile.write(reaction.body[: reaction.reset_after])
        if reaction.reset_after is not None:
            self._reset()

    def _reset(self) -> None:
        """Close with RST, as a crashed peer does."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def serving(react: Callable[[Exchange], Reaction], port: int = 0) -> Iterator[ChatServer]:
    """A running server, stopped at the end."""
    server = ChatServer(react, port)
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.02), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def completion(
    content: object = GOOD,
    finish: str = "stop",
    usage: dict[str, object] | None = None,
    message: dict[str, object] | None = None,
) -> Reaction:
    """A well-formed answer."""
    counts = {"prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150} if usage is None else usage
    choice = {
        "index": 0,
        "finish_reason": finish,
        "message": {"role": "assistant", "content": content, **(message or {})},
    }
    return raw(
        {
            "id": "x",
            "object": "chat.completion",
            "created": 0,
            "model": "m",
            "choices": [choice],
            "usage": counts,
        }
    )


def raw(content: object, status: int = 200, **headers: str) -> Reaction:
    """Any JSON."""
    return Reaction(
        status,
        json.dumps(content).encode(),
        {name.replace("_", "-"): value for name, value in headers.items()},
    )


def refusal(
    status: int, message: str = "no", param: str | None = None, code: str | None = None, **headers: str
) -> Reaction:
    """An error as OpenAI phrases it."""
    return raw(
        {"error": {"message": message, "type": "error", "param": param, "code": code}}, status, **headers
    )


def in_turn(*reactions: Reaction) -> Callable[[Exchange], Reaction]:
    """React to the first request by the first, and so on; the last one stays."""
    return lambda exchange: reactions[min(exchange.number, len(reactions) - 1)]
