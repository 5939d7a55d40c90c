"""The spool folder: one PDF for each ledger row, whole or not there at all."""

import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Self

from sterna.channels.base import Attachment, Message, Receipt, TransportError, refuse_when_closed
from sterna.engine.errors import BadInput


@dataclass(frozen=True)
class SpoolSettings:
    """`folder` is where whoever prints looks for letters; it is made when it is absent."""

    folder: str


class SpoolTransport:
    """Puts letters into a folder; the same key overwrites its own file, so nothing doubles."""

    def __init__(self, settings: SpoolSettings) -> None:
        self.folder = Path(settings.folder)
        self.closed = False
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadInput(f"letter: the spool folder cannot be made: {error}") from error

    def send(self, message: Message) -> Receipt:
        """Write the PDF; the receipt's reference is the file's name."""
        refuse_when_closed(self.closed, "letter")
        if not message.to.strip():
            raise TransportError(permanent=True, detail="a letter needs a postal address, and there is none")
        pdf = letter_of(message)
        name = file_name(message.key)
        try:
            write_durably(self.folder / name, pdf.data)
        except OSError as error:
            raise TransportError(permanent=False, detail=f"the letter was not written: {error}") from error
        return Receipt("handed over", name, f"in the spool folder, {len(pdf.data):,} bytes")

    def close(self) -> None:
        """Refuse further letters."""
        self.closed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def file_name(key: str) -> str:
    """What the letter of a ledger row is called in the spool; the same key always gives the same name."""
    return f"{sha256(key.encode()).hexdigest()[:32]}.pdf"


def letter_of(message: Message) -> Attachment:
    """The PDF of a rendered letter."""
    for attachment in message.rendered.attachments:
        if attachment.media_type == "application/pdf":
            return attachment
    raise TransportError(permanent=True, detail="the message has no PDF to print")


def write_durably(path: Path, data: bytes) -> None:
    """Write beside, sync, rename, sync the folder: after a crash the file is whole or absent."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    with partial.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
