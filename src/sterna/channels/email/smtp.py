"""SMTP: connections kept open between messages, and every failure put in its class."""

import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import ip_address
from queue import Empty, LifoQueue
from typing import Self

from sterna.channels.base import Message, Receipt, TransportError, refuse_when_closed
from sterna.channels.email.mime import Wire, build
from sterna.engine.errors import BadInput

CLOSING = 421  # the server is going away; the message itself is not at fault
# It wants a login, or another one (RFC 4954 section 6): the settings are at fault, not any of the messages.
LOGIN = frozenset((530, 534, 535, 538))


@dataclass(frozen=True)
class SmtpSettings:
    """Where mail goes.

    `tls` speaks TLS from the first byte, `starttls` after the greeting. `ca_file` names certificates to
    trust besides the system's. `timeout` is in seconds, for each answer. A connection is renewed after
    `per_connection` messages; up to `connections` threads send at the same time.
    """

    host: str
    port: int = 25
    username: str = ""
    password: str = field(default="", repr=False)
    starttls: bool = False
    tls: bool = False
    ca_file: str = ""
    timeout: float = 30.0
    per_connection: int = 100
    connections: int = 1
    helo: str = ""


class SmtpTransport:
    """A pool of connections; safe to use from several threads."""

    def __init__(self, settings: SmtpSettings) -> None:
        check(settings)
        self.closed = False
        self.idle: LifoQueue[Connection] = LifoQueue()
        for _ in range(settings.connections):
            self.idle.put(Connection(settings))

    def send(self, message: Message) -> Receipt:
        """Hand one message to the server: `handed over` once it has said that it takes it.

        Sending the same key again gives the same Message-ID but a second copy: the ledger decides.
        """
        wire = build(message, datetime.now(UTC))
        with self.connection() as connection:
            answer = connection.deliver(wire)
        return Receipt("handed over", wire.message_id, answer)

    @contextmanager
    def connection(self) -> "Iterator[Connection]":
        """A connection of the pool, for this thread alone."""
        connection = self.idle.get()
        try:
            refuse_when_closed(self.closed, "email")
            yield connection
        finally:
            self.idle.put(connection)
            if self.closed:  # closed by another thread meanwhile
                self.close()

    def close(self) -> None:
        """Say goodbye on every idle connection; those in use follow when their message is through."""
        self.closed = True
        idle = []
        with suppress(Empty):
            while True:
                idle.append(self.idle.get_nowait())
        for connection in idle:
            connection.quit()
            self.idle.put(connection)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def check(settings: SmtpSettings) -> None:
    """Raise BadInput for settings that cannot work, or that would send a password in clear text."""
    if settings.connections < 1 or settings.per_connection < 1 or settings.timeout <= 0:
        raise BadInput("email: connections, per_connection and timeout must be above zero")
    if settings.tls and settings.starttls:
        raise BadInput("email: choose tls or starttls, not both")
    if settings.username and not (settings.tls or settings.starttls or is_loopback(settings.host)):
        raise BadInput("email: a password would go in clear text; set starttls or tls")


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, by its address or as localhost."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Connection:
    """One SMTP connection: opened when needed, renewed when used up or dropped."""

    def __init__(self, settings: SmtpSettings) -> None:
        self.settings = settings
        self.smtp: smtplib.SMTP | None = None
        self.sent = 0

    def deliver(self, wire: Wire) -> str:
        """Send a message and return the server's answer.

        Up to the server's go-ahead for the content nothing is handed over: a loss there is temporary,
        and when the connection had been idle it is tried once more on a new one. After it, a loss leaves
        the outcome unknown.
        """
        if self.sent >= self.settings.per_connection:
            self.quit()
        reused = self.smtp is not None
        try:
            self.offer(wire)
        except ConnectionLost:
            if not reused:
                raise
            self.offer(wire)
        answer = self.content(wire.data)
        self.sent += 1
        return answer

    def offer(self, wire: Wire) -> None:
        """The envelope, up to the server's go-ahead."""
        with self.losing("before the content"):
            smtp = self.smtp or self.open()
            options = self.options(smtp, wire)
            self.expect(smtp.mail(wire.sender, options), "the sender", {250})
            self.expect(smtp.rcpt(wire.to), "the recipient", {250, 251})
            self.expect(smtp.docmd("DATA"), "the message", {354})

    def content(self, data: bytes) -> str:
        """The content and its final dot; from here on silence means that the server may have it."""
        smtp = self.smtp
        assert smtp is not None
        try:
            smtp.send(data.replace(b"\r\n.", b"\r\n..") + b".\r\n")
            code, text = smtp.getreply()
        except OSError as error:  # smtplib's errors are among them
            self.drop()
            raise unknown(f"the connection was lost after the content was sent: {error}") from error
        if not 200 <= code < 600:
            self.drop()
            raise unknown(f"the server's answer after the content makes no sense: {code}")
        self.expect((code, text), "the content", {250})
        return readable(code, text)

    def options(self, smtp: smtplib.SMTP, wire: Wire) -> list[str]:
        """Options for MAIL; raises when the address needs SMTPUTF8 and the server has it not."""
        if not wire.utf8:
            return []
        if not smtp.has_extn("smtputf8"):
            raise TransportError(
                permanent=True,
                detail=f"the address {wire.to!r} (or its sender) has letters beyond ASCII before the @, "
                f"and the server does not offer SMTPUTF8",
            )
        return ["SMTPUTF8", "BODY=8BITMIME"]

    def expect(self, reply: tuple[int, bytes], what: str, wanted: set[int]) -> None:
        """Raise the server's refusal in its class, the connection left fit for the next message."""
        code, text = reply
        if code in wanted:
            return
        if code == CLOSING or code < 200:
            self.drop()
        else:
            self.reset()
        raise TransportError(
            permanent=500 <= code < 600 and code not in LOGIN,
            detail=f"the server refused {what}: {readable(code, text)}",
        )

    def reset(self) -> None:
        """Forget the half-offered message, or the connection if that fails."""
        try:
            if self.smtp is not None and self.smtp.rset()[0] == 250:
                return
        except OSError:
            pass
        self.drop()

    def open(self) -> smtplib.SMTP:
        """Connect, encrypt and log in. A refusal here says nothing about the message: it is temporary."""
        settings = self.settings
        helo = settings.helo or socket.gethostname()
        secure = context(settings)
        try:
            if settings.tls:
                smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                    settings.host, settings.port, helo, timeout=settings.timeout, context=secure
                )
            else:
                smtp = smtplib.SMTP(settings.host, settings.port, helo, settings.timeout)
        except OSError as error:
            raise unreachable(settings, error) from error
        try:
            log_in(smtp, settings, secure)
        except OSError as error:
            smtp.close()
            raise unreachable(settings, error) from error
        self.smtp, self.sent = smtp, 0
        return smtp

    @contextmanager
    def losing(self, stage: str) -> Iterator[None]:
        """Turn a lost connection into a temporary error, and forget the connection."""
        try:
            yield
        except OSError as error:
            self.drop()
            raise ConnectionLost(False, f"the connection was lost {stage}: {error}") from error
        except TransportError as error:
            if self.smtp is None and not error.permanent and not isinstance(error, ConnectionLost):
                raise ConnectionLost(False, error.detail) from error
            raise

    def drop(self) -> None:
        """Close the socket without a word."""
        if self.smtp is not None:
            self.smtp.close()
        self.smtp, self.sent = None, 0

    def quit(self) -> None:
        """Say goodbye; a server that is gone is gone."""
        with suppress(OSError):
            if self.smtp is not None:
                self.smtp.quit()
        self.drop()


class ConnectionLost(TransportError):
    """The server went away before it was given the content: temporary, and safe to try again."""


def log_in(smtp: smtplib.SMTP, settings: SmtpSettings, secure: ssl.SSLContext | None) -> None:
    """Greet, encrypt where set, and log in where a user is set."""
    smtp.ehlo_or_helo_if_needed()
    if settings.starttls:
        smtp.starttls(context=secure)
        smtp.ehlo()
    if settings.username:
        smtp.login(settings.username, settings.password)


def context(settings: SmtpSettings) -> ssl.SSLContext | None:
    """TLS that checks the server's certificate and name."""
    if not (settings.tls or settings.starttls):
        return None
    secure = ssl.create_default_context()
    if settings.ca_file:
        secure.load_verify_locations(settings.ca_file)
    return secure


def unreachable(settings: SmtpSettings, error: OSError) -> TransportError:
    """The error for a server that could not be made ready to take messages."""
    return TransportError(False, f"cannot use the server {settings.host}:{settings.port}: {error}")


def unknown(detail: str) -> TransportError:
    """The error after which nobody knows whether the message arrived."""
    return TransportError(permanent=False, detail=detail, outcome_unknown=True)


def readable(code: int, text: bytes) -> str:
    """A server's answer in one line."""
    return f"{code} {text.decode('utf-8', 'replace')}".replace("\n", " ").strip()
