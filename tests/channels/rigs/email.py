"""E-mail on trial: a sink on this machine, and a scripted server that refuses."""

import email
import email.policy
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sterna.channels.base import Channel, Message, Rendered, TransportError
from sterna.channels.email.sink import serve
from tests.channels.servers import ScriptedServer

BODY = "Hello {{ customer.name }}, of {{ facts.town }}"
variant = {
    "subject": "For {{ facts.town }}",
    "mjml": f"<mjml><mj-body><mj-section><mj-column><mj-text>{BODY}</mj-text></mj-column></mj-section>"
    f"</mj-body></mjml>",
    "text": BODY,
}


def with_text(part: str) -> dict[str, str]:
    return {**variant, "mjml": variant["mjml"].replace(BODY, part)}


faults = (
    (with_text("{% if a < b %}x{% endif %}"), "mjml", "'<', which breaks MJML's XML"),
    (with_text('</mj-text><mj-button href="{{ a | default: "b" }}">x'), "mjml", "double quotes"),
    (with_text("</mj-text><mj-txt>x</mj-txt><mj-text>"), "mjml", "no element <mj-txt>"),
    (with_text("</mj-text><mj-image width='{{ w }}px' src='a'/><mj-text>"), "mjml", "{{ w }} is lost"),
    ({**variant, "mjml": "<mjml><mj-body><mj-section>"}, "mjml", "MJML"),
    ({**variant, "text": ""}, "text", "required"),
    ({**variant, "subject": "one\ntwo"}, "subject", "line break"),
)
address = "Ann Example <ann@customer.example>"
sender = "Corner Shop <shop@shop.example>"
same_key_twice = 2  # SMTP knows no keys: the ledger keeps a message from going twice
bad_settings = {"host": "mail.example", "username": "u", "password": "p"}


@dataclass
class Mail:
    identity: str
    text: str


@dataclass
class Inbox:
    settings: Mapping[str, Any]
    folder: Path

    def arrivals(self) -> list[Mail]:
        return [read(path) for path in sorted(self.folder.glob("*.eml"))]


def read(path: Path) -> Mail:
    parsed = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    body = parsed.get_body(("plain",))
    assert body is not None
    return Mail(str(parsed["Message-ID"]), body.get_content())


def shown(rendered: Rendered) -> str:
    return rendered.text


@contextmanager
def receiving(folder: Path) -> Iterator[Inbox]:
    with serve(folder / "mail") as sink:
        yield Inbox({"host": sink.host, "port": sink.port, "timeout": 5.0}, folder / "mail")


def refusal(channel: Channel, folder: Path, message: Message, permanent: bool) -> TransportError:
    answer = "550 no such user" if permanent else "450 mailbox busy"
    refused = pytest.raises(TransportError)
    with (
        ScriptedServer({"RCPT": answer}) as server,
        channel.transport(server.settings) as transport,
        refused as caught,
    ):
        transport.send(message)
    return caught.value
