"""Letters on trial: a spool folder, and what was printed read back from the PDF."""

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pypdf
import pytest

from sterna.channels.base import Channel, Message, Rendered, TransportError

variant = {
    "subject": "For {{ customer.name }}",
    "body": "Hello {{ customer.name }},\nof {{ facts.town }}.\n\nA second paragraph.",
    "salutation": "Dear {{ customer.name }},",
}
faults = (
    ({**variant, "salutation": "{% for %}"}, "salutation", "Liquid, line 1"),
    ({**variant, "body": "one\n{{ x"}, "body", "Liquid, line 2"),
)
address = "Ann\n1 Main Street\nSpringfield"
sender = "Corner Shop"
same_key_twice = 1
bad_settings: dict[str, Any] = {"folder": "/dev/null/spool"}


@dataclass
class Sheet:
    identity: str
    text: str


@dataclass
class Tray:
    settings: Mapping[str, Any]
    folder: Path

    def arrivals(self) -> list[Sheet]:
        return [Sheet(path.name, pdf_text(path.read_bytes())) for path in sorted(self.folder.iterdir())]


def pdf_text(data: bytes) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages)


def shown(rendered: Rendered) -> str:
    return pdf_text(rendered.attachments[0].data)


@contextmanager
def receiving(folder: Path) -> Iterator[Tray]:
    yield Tray({"folder": folder / "spool"}, folder / "spool")


def refusal(channel: Channel, folder: Path, message: Message, permanent: bool) -> TransportError:
    folder.mkdir()
    with channel.transport({"folder": folder / "spool"}) as transport:
        (folder / "spool").rmdir()
        message = replace(message, to=" ") if permanent else message
        with pytest.raises(TransportError) as caught:
            transport.send(message)
    return caught.value
