"""A mail server that answers as it is told, or hangs up, at each step of SMTP."""

import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Self

DROP = None
Reply = str | None | Callable[[int], str | None]
USUAL: Mapping[str, Reply] = {
    "CONNECT": "220 scripted",
    "EHLO": "250 scripted",
    "MAIL": "250 ok",
    "RCPT": "250 ok",
    "DATA": "354 go on",
    "CONTENT": "250 queued as 7",
    "RSET": "250 ok",
    "NOOP": "250 ok",
    "QUIT": "221 bye",
}


class ScriptedServer:
    """Listens on a free port; `replies` overrides the usual answers, None hangs up instead of answering.

    A reply may be a function of how often its step was reached on this server, from 1.
    """

    def __init__(self, replies: Mapping[str, Reply] | None = None) -> None:
        self.replies = {**USUAL, **(replies or {})}
        self.steps: list[str] = []
        self.contents: list[bytes] = []
        self.connections: list[socket.socket] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self.listener.getsockname()[1])
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections.append(connection)
            threading.Thread(target=self.talk, args=(connection,), daemon=True).start()

    def talk(self, connection: socket.socket) -> None:
        stream = connection.makefile("rb")
        try:
            alive = self.answer(connection, "CONNECT")
            while alive and (line := stream.readline()):
                step = line.split()[0].decode().upper()
                alive = self.answer(connection, step)
                if alive and step == "DATA" and alive.startswith("354"):
                    self.contents.append(read_content(stream.readline))
                    alive = self.answer(connection, "CONTENT")
        except OSError:
            return
        finally:
            stream.close()
            hang_up(connection)

    def answer(self, connection: socket.socket, step: str) -> str:
        """Answer a step; nothing when the connection is to end."""
        self.steps.append(step)
        reply = self.replies[step]
        if callable(reply):
            reply = reply(self.steps.count(step))
        if reply is DROP:
            return ""
        connection.sendall(f"{reply}\r\n".encode())
        return "" if step == "QUIT" or reply.startswith("421") else reply

    def hang_up_all(self) -> None:
        """What a server does to connections that were idle for too long."""
        for connection in self.connections:
            hang_up(connection)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        hang_up(self.listener)
        self.hang_up_all()

    @property
    def settings(self) -> dict[str, object]:
        return {"host": "127.0.0.1", "port": self.port, "timeout": 5.0}


def hang_up(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()


def read_content(readline: Callable[[], bytes]) -> bytes:
    lines = []
    while (line := readline()) not in (b".\r\n", b""):
        lines.append(line[1:] if line.startswith(b"..") else line)
    return b"".join(lines)
