"""Posts messages over one connection, each within a time that no receiver can stretch; follows nothing."""

import io
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from http.client import HTTPException, HTTPResponse
from ipaddress import ip_address
from typing import Any

from sterna.desk.webhooks.addresses import Target, refuse, resolve, target
from sterna.engine.errors import BadInput

CONNECT_SECONDS = 5.0
# For one message from its first byte to the end of what is read of the answer.
SECONDS = 15.0
EXCERPT = 300
# More than that is not read to its end: the connection is closed instead.
MOST_READ = 16_384


@dataclass(frozen=True)
class Answer:
    """What a receiver said: the status and how its words begin; no status, and why, when it did not answer."""

    status: int | None
    words: str
    wait: str = ""

    @property
    def is_taken(self) -> bool:
        """Whether the receiver has the message."""
        return self.status is not None and 200 <= self.status < 300


class _Line:
    """A connected socket that is read and written until a moment and not longer, however slowly it drips."""

    def __init__(self, wire: socket.socket) -> None:
        self.wire = wire
        self.until = 0.0

    def limit(self) -> None:
        """Wait for the next bytes at most as long as is left."""
        left = self.until - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        self.wire.settimeout(left)

    def makefile(self, mode: str) -> io.BufferedReader:
        """What http.client reads an answer from."""
        return io.BufferedReader(_Drip(self))


class _Drip(io.RawIOBase):
    def __init__(self, line: _Line) -> None:
        self._line = line

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._line.limit()
        return self._line.wire.recv_into(buffer)


class Connection:
    """One connection to a receiver, opened when the first message leaves and kept from one to the next."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._line: _Line | None = None

    def post(self, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send one message and return what came of it; whatever goes wrong is an answer without a status."""
        reused = self._line is not None
        try:
            return self._exchange(headers, body)
        except (OSError, HTTPException, BadInput) as error:
            self.close()
            # A receiver may have closed what was left open: that says nothing of this message.
            if reused and isinstance(error, ConnectionError):
                return self.post(headers, body)
            return Answer(None, f"no answer: {str(error) or type(error).__name__}"[:EXCERPT])

    def close(self) -> None:
        """Give the connection up."""
        if self._line is not None:
            self._line.wire.close()
            self._line = None

    def _exchange(self, headers: Mapping[str, str], body: bytes) -> Answer:
        found = target(self._url)
        line = self._line = self._line or _Line(_connected(found))
        line.until = time.monotonic() + SECONDS
        line.limit()
        line.wire.sendall(_head(found, headers, len(body)) + body)
        response = HTTPResponse(line, method="POST")  # type: ignore[arg-type]
        response.begin()
        told = self._read(response)
        words = told[: 4 * EXCERPT].decode("utf-8", "replace").replace("\0", "\ufffd")
        return Answer(response.status, words[:EXCERPT], response.headers.get("retry-after", ""))

    def _read(self, response: HTTPResponse) -> bytes:
        """How the answer begins. Once its status was read, nothing that follows can take that back."""
        try:
            told = response.read(MOST_READ)
        except (OSError, HTTPException):
            told = b""
            response.will_close = True
        if response.will_close or not response.isclosed():
            self.close()
        return told


def _head(found: Target, headers: Mapping[str, str], length: int) -> bytes:
    lines = {"Host": found.named, "User-Agent": "Sterna", "Content-Type": "application/json", **headers}
    told = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"POST {found.path} HTTP/1.1\r\n{told}Content-Length: {length}\r\n\r\n".encode("ascii")


def _connected(found: Target) -> socket.socket:
    """A socket to the first address that answers, encrypted where the URL says so.

    Every address of the name was asked for anew and checked, and the one that answered is checked once more.
    """
    failed = OSError(f"{found.host} has no address")
    for family, there in resolve(found):
        wire = socket.socket(family, socket.SOCK_STREAM)
        wire.settimeout(CONNECT_SECONDS)
        try:
            wire.connect(there)
            refuse(ip_address(str(wire.getpeername()[0]).partition("%")[0]), found.host)
            wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return _trusted().wrap_socket(wire, server_hostname=found.host) if found.is_secure else wire
        except OSError as error:
            wire.close()
            failed = error
        except BadInput:
            wire.close()
            raise
    raise failed


@cache
def _trusted() -> ssl.SSLContext:
    """The certificates that this machine trusts, read once."""
    return ssl.create_default_context()
