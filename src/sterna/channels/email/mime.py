"""A message as the bytes that go over SMTP: written directly, which is many times faster."""

import base64
import re
from binascii import b2a_qp
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from hashlib import sha256
from urllib.parse import quote

from sterna.channels.base import Attachment, Message, TransportError

ADDRESS = re.compile(
    r"(?:(?P<name>[^<>]*?)\s*<(?P<inside>[^<>\s]+)>|(?P<bare>[^<>\s]+))"  # Ann <ann@x.org>, or ann@x.org
)
LOCAL = re.compile(r"[^\s()<>,;:\\\"\[\]@\x00-\x20\x7f\ud800-\udfff]+")
DOMAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
HEADER_NAME = re.compile(r"[A-Za-z0-9-]+")
SPECIAL = re.compile(r"[^A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]")
RESERVED = frozenset(
    "from sender to cc bcc subject date message-id mime-version reply-to received return-path".split()  # noqa: SIM905
)
LINE = 76
LONGEST_LINE = 998  # RFC 5322 section 2.1.1
WORD_BYTES = 42  # so that an encoded word stays within the 75 characters of RFC 2047 section 2


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An address with its display name; `domain` is in ASCII, `local` may not be."""

    name: str
    local: str
    domain: str

    @property
    def address(self) -> str:
        """The bare address."""
        return f"{self.local}@{self.domain}"

    def header(self) -> str:
        """The address as it stands in a header."""
        return f"{phrase(self.name)} <{self.address}>" if self.name else self.address


@dataclass(frozen=True, slots=True)
class Wire:
    """What SMTP needs: the envelope, and the message in bytes with CRLF at each line's end.

    `utf8` says that an address has letters beyond ASCII before the @, which needs SMTPUTF8 (RFC 6531).
    """

    sender: str
    to: str
    data: bytes
    utf8: bool
    message_id: str


def build(message: Message, sent_at: datetime) -> Wire:
    """The message for the wire: the same message and instant give the same bytes.

    `sent_at` is an instant with its zone, for the Date header. Raises a permanent TransportError for an
    address or header that cannot be sent, among them one that smuggles in a line break; for the sender it
    is temporary, as the settings are at fault and not this message.
    """
    sender, to = own_mailbox(message.sender), mailbox(message.to, "recipient")
    message_id = f"<{digest(message.key)}@{sender.domain}>"
    head = [
        fold("From", sender.header()),
        fold("To", to.header()),
        fold("Subject", words(single_line("subject", message.rendered.subject))),
        f"Date: {format_datetime(sent_at)}",
        f"Message-ID: {message_id}",
        "MIME-Version: 1.0",
        *more_headers(message),
    ]
    body = [*head, *entity(message), ""]
    utf8 = not (sender.local.isascii() and to.local.isascii())
    return Wire(sender.address, to.address, "\r\n".join(body).encode(), utf8, message_id)


def digest(key: str) -> str:
    """The part of a Message-ID that names a ledger row; the same key gives the same one for ever."""
    return sha256(key.encode()).hexdigest()[:40]


def more_headers(message: Message) -> Iterator[str]:
    """Reply-To and the headers that came with the message."""
    if message.reply_to:
        yield fold("Reply-To", mailbox(message.reply_to, "reply-to").header())
    for name, value in message.headers.items():
        if not HEADER_NAME.fullmatch(name) or name.lower() in RESERVED or name.lower().startswith("content-"):
            raise refused(f"the header {name!r} may not be given with a message")
        yield fold(name, words(single_line(name, value)))


def mailbox(written: str, role: str) -> Mailbox:
    """An address as it was written, alone or with a name before it in angle brackets."""
    match = ADDRESS.fullmatch(single_line(role, written).strip())
    bare = (match["inside"] or match["bare"]) if match else ""
    local, _, domain = bare.rpartition("@")
    if match is None or not LOCAL.fullmatch(local) or len(bare) > 320:
        raise refused(f"the {role} {written!r} is not an e-mail address")
    return Mailbox(unquoted((match["name"] or "").strip()), local, ascii_domain(domain, written, role))


def own_mailbox(written: str) -> Mailbox:
    """The sender: were it refused for good, one wrong setting would fail every contact that is due."""
    try:
        return mailbox(written, "sender")
    except TransportError as error:
        raise TransportError(False, error.detail) from error


def unquoted(name: str) -> str:
    """A display name without the quotes that it may have been written in."""
    quoted = len(name) > 1 and name[0] == name[-1] == '"'
    return re.sub(r"\\(.)", r"\1", name[1:-1]) if quoted else name


def ascii_domain(domain: str, written: str, role: str) -> str:
    """The domain in ASCII (IDNA), as the domain name system has it."""
    try:
        plain = domain if domain.isascii() else domain.encode("idna").decode()
    except UnicodeError as error:
        raise refused(f"the {role} {written!r} has a domain that cannot exist: {error}") from error
    if not DOMAIN.fullmatch(plain) or ".." in plain:
        raise refused(f"the {role} {written!r} has a domain that cannot exist")
    return plain


def single_line(name: str, value: str) -> str:
    """The value, unless it has a line break or another control character: it could add headers."""
    if CONTROL.search(value):
        raise refused(f"the {name} has a line break or control character in it: {value[:80]!r}")
    return value


def refused(detail: str) -> TransportError:
    """The error for a message that can never be sent as it is."""
    return TransportError(permanent=True, detail=detail)


def phrase(name: str) -> str:
    """A display name: as it is, quoted, or in encoded words."""
    if not name.isascii() or "=?" in name:
        return words(name)
    return '"' + name.replace("\\", r"\\").replace('"', r"\"") + '"' if SPECIAL.search(name) else name


def words(value: str) -> str:
    """Text for a header: ASCII stays, the rest becomes encoded words (RFC 2047) on lines of their own.

    Text that looks like an encoded word is encoded too, or a reader would decode it.
    """
    if value.isascii() and "=?" not in value:
        return value
    return " ".join(f"=?utf-8?b?{base64.b64encode(part).decode()}?=" for part in pieces(value))


def pieces(value: str) -> Iterator[bytes]:
    """UTF-8 in pieces that do not cut a character."""
    part = b""
    for character in value:
        encoded = character.encode("utf-8", "replace")
        if len(part) + len(encoded) > WORD_BYTES:
            yield part
            part = b""
        part += encoded
    yield part


def fold(name: str, value: str) -> str:
    """A header, broken before a blank where its line would be too long."""
    whole = f"{name}: {value}"
    if len(whole) <= LINE:
        return whole
    lines = [f"{name}:"]
    for word in value.split(" "):
        if len(lines[-1]) + 1 + len(word) > LINE and lines[-1].strip() and lines[-1] != f"{name}:":
            lines.append("")
        lines[-1] += f" {word}"
    if any(len(line.encode()) > LONGEST_LINE for line in lines):
        raise refused(f"the {name} has a word too long for a header line")
    return "\r\n".join(lines)


def entity(message: Message) -> list[str]:
    """The body with its own headers: text and HTML as alternatives, attachments beside them."""
    # A boundary with "=_" cannot occur in either encoding used below.
    boundary = f"=_{digest(message.key)[:24]}"
    rendered = message.rendered
    parts = [text_part("plain", rendered.text)]
    if rendered.html:
        parts = [multipart("alternative", f"{boundary}_a", [*parts, text_part("html", rendered.html)])]
    if rendered.attachments:
        parts = [multipart("mixed", f"{boundary}_m", [*parts, *map(attachment_part, rendered.attachments)])]
    return parts[0]


def multipart(subtype: str, boundary: str, parts: list[list[str]]) -> list[str]:
    """Parts between boundaries."""
    lines = [f'Content-Type: multipart/{subtype}; boundary="{boundary}"', ""]
    for part in parts:
        lines += [f"--{boundary}", *part]
    return [*lines, f"--{boundary}--", ""]


def text_part(subtype: str, text: str) -> list[str]:
    """Text in UTF-8: quoted-printable, or base64 where most of it is not ASCII."""
    unified = text.replace("\r\n", "\n").replace("\r", "\n")
    raw = unified.encode("utf-8", "replace")
    dense = len(raw) > 1.3 * len(unified)
    encoding = "base64" if dense else "quoted-printable"
    encoded = base64_lines(raw.replace(b"\n", b"\r\n")) if dense else b2a_qp(raw, istext=True).decode()
    return [
        f"Content-Type: text/{subtype}; charset=utf-8",
        f"Content-Transfer-Encoding: {encoding}",
        "",
        encoded.replace("\n", "\r\n"),
    ]


def attachment_part(attachment: Attachment) -> list[str]:
    """A file in base64; its name in the extended form of RFC 2231, which any name survives."""
    if CONTROL.search(attachment.media_type + attachment.name) or "/" not in attachment.media_type:
        raise refused(f"the attachment {attachment.name!r} has an unfit name or media type")
    name = quote(attachment.name, safe="", errors="replace")
    return [
        f"Content-Type: {attachment.media_type}",
        f"Content-Disposition: attachment; filename*=utf-8''{name}",
        "Content-Transfer-Encoding: base64",
        "",
        base64_lines(attachment.data).replace("\n", "\r\n"),
    ]


def base64_lines(data: bytes) -> str:
    """Base64 in lines of 76 characters."""
    return base64.encodebytes(data).decode().rstrip("\n")
