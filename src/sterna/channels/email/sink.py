"""A mail server for this machine alone that keeps each message as a file: a demo sends nothing out."""

import socket
import time
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from sterna.channels.email.smtp import is_loopback
from sterna.engine.errors import BadInput, Unsupported

if TYPE_CHECKING:
    from aiosmtpd.smtp import SMTP, Envelope, Session


class Sink:
    """A running sink: it listens on `host` and `port` in a thread until `stop`."""

    def __init__(self, controller: Any) -> None:
        self.controller = controller
        self.host: str = controller.hostname
        self.port: int = controller.port
        self.running = True

    def stop(self) -> None:
        """End the thread; a second call does nothing."""
        if self.running:
            self.running = False
            self.controller.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class Keeper:
    """Writes messages into a folder under names that sort in the order of arrival.

    Every arrival gets a file of its own, so that a message sent twice is seen twice.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.numbers = count()

    async def handle_DATA(self, server: "SMTP", session: "Session", envelope: "Envelope") -> str:  # noqa: N802
        """Keep one message; its envelope stands in front as X-Envelope headers."""
        front = "".join(f"X-Envelope-To: {to}\r\n" for to in envelope.rcpt_tos)
        content = envelope.original_content or b""
        name = f"{time.time_ns():020}-{next(self.numbers):06}.eml"
        write_whole(
            self.folder / name, f"X-Envelope-From: {envelope.mail_from}\r\n{front}".encode() + content
        )
        return f"250 kept as {name}"


def recipients(path: Path) -> set[str]:
    """To whom a kept message was sent, by its envelope, in small letters."""
    found = set()
    with path.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            name, _, value = line.partition(": ")
            if not name.startswith("X-Envelope-"):
                break
            if name == "X-Envelope-To":
                found.add(value.strip().casefold())
    return found


def write_whole(path: Path, data: bytes) -> None:
    """Write under another name and rename, so that a reader never meets half a message."""
    partial = path.with_suffix(".partial")
    partial.write_bytes(data)
    partial.replace(path)


def serve(folder: Path | str, host: str = "127.0.0.1", port: int = 0) -> Sink:
    """Start a sink in a thread; port 0 takes a free one. Stop it with `stop` or by a `with` block.

    Raises BadInput for a host that is not this machine, and Unsupported without the package aiosmtpd.
    """
    if not is_loopback(host):
        raise BadInput(f"the mail sink listens on this machine only, not on {host!r}; use 127.0.0.1")
    try:
        from aiosmtpd.controller import Controller
    except ImportError as error:
        raise Unsupported("the mail sink needs the package aiosmtpd: install sterna[demo]") from error
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        port = usable_port(host, port)
    except OSError as error:
        raise BadInput(f"the mail sink cannot listen on {host}:{port}: {error}") from error
    controller = Controller(
        Keeper(folder), hostname=host, port=port, enable_SMTPUTF8=True, ident="sterna sink"
    )
    controller.start()
    return Sink(controller)


def usable_port(host: str, port: int = 0) -> int:
    """The port if it is free, or any free one for 0; asked first, as the server takes seconds to notice."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server: old connections linger
        probe.bind((host, port))
        found: int = probe.getsockname()[1]
        return found
