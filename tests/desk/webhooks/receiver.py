"""A receiver on the loopback that keeps what it is sent and answers as it is told: `with serve() as found:`."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Taken:
    """One request as it came: the path, the headers by their small names, and the body."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """What came so far, and the answer to what comes: a status, headers and a body, or a function of the request."""

    url: str = ""
    taken: list[Taken] = field(default_factory=list)
    answer: Callable[[Taken], tuple[int, dict[str, str], bytes]] = lambda taken: (204, {}, b"")

    def says(self, status: int, body: bytes = b"", **headers: str) -> None:
        """Answer so from now on."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answer = lambda taken: (status, named, body)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    found: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        taken = Taken(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
        self.found.taken.append(taken)
        status, headers, said = self.found.answer(taken)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *arguments: Any) -> None:
        """Say nothing on the screen."""


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A sender that was killed has closed the connection: that is the test, not a fault."""


@contextmanager
def serve(secure: Any = None) -> Iterator[Receiver]:
    """A receiver at `url`; with a context of TLS `secure` it is reached by https."""
    found = Receiver()
    server = _Quiet(("127.0.0.1", 0), type("Handler", (_Handler,), {"found": found}))
    if secure is not None:
        server.socket = secure.wrap_socket(server.socket, server_side=True)
    found.url = f"{'https' if secure else 'http'}://127.0.0.1:{server.server_port}/moves?from=sterna"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def raw(talk: Callable[[socket.socket], None]) -> Iterator[str]:
    """A receiver that does with each connection whatever `talk` does; its URL."""
    listening = socket.create_server(("127.0.0.1", 0))
    open_now: list[socket.socket] = []

    def accept() -> None:
        while True:
            try:
                wire, _ = listening.accept()
            except OSError:
                return
            open_now.append(wire)
            threading.Thread(target=_talk, args=(talk, wire), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
    finally:
        listening.close()
        for wire in open_now:
            wire.close()


def _talk(talk: Callable[[socket.socket], None], wire: socket.socket) -> None:
    try:
        talk(wire)
    except OSError:
        pass  # the sender went away, as some tests want it to
    finally:
        wire.close()


def drip(wire: socket.socket) -> None:
    """Answer one letter at a time, each soon enough for a timeout of a single read."""
    wire.recv(65_536)
    for letter in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 10_000:
        wire.sendall(bytes([letter]))
        time.sleep(0.05)
