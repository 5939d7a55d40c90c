"""The door of every medium: what a channel is given, what it answers, and how channels are found."""

import pkgutil
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from importlib import import_module
from types import MappingProxyType, ModuleType
from typing import Any, Literal, Protocol, Self, TypeVar

import msgspec

from sterna import channels
from sterna.engine.errors import BadInput, SternaError

AddressKind = Literal["email", "postal", "phone"]
Settings = TypeVar("Settings")


class ContentError(BadInput):
    """A variant cannot be rendered; `field` is the part at fault, the message says how to mend it."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field


class TransportError(SternaError):
    """A message did not leave, or nobody knows whether it did.

    `permanent`: trying again cannot help, the ledger writes failed.
    `outcome_unknown`: the other side may have taken it, so the ledger writes unknown and does not
    send again; it excludes `permanent`.
    """

    def __init__(self, permanent: bool, detail: str, outcome_unknown: bool = False) -> None:
        super().__init__(detail)
        self.permanent = permanent
        self.detail = detail
        self.outcome_unknown = outcome_unknown


@dataclass(frozen=True, slots=True)
class Content:
    """What one person is to get: the author's text for the medium, and what that text may speak of.

    `variant` maps the channel's fields to Liquid source. `context` holds plain values: `customer`,
    `company`, `offer`, and under `facts` the values that `content.personal_context` chose.
    """

    variant: Mapping[str, str]
    context: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a message."""

    name: str
    media_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message as one person gets it; `preview_html` shows it on a page of the desk."""

    medium: str
    subject: str
    text: str
    html: str
    attachments: tuple[Attachment, ...]
    preview_html: str


@dataclass(frozen=True, slots=True)
class Message:
    """A rendered message with its address, ready for a transport.

    `key` is the natural key of its row in the send ledger: the same key is the same message, whatever
    the number of attempts. `to` and `sender` are addresses of the medium's kind. `headers` go out with
    media that have headers, and are left alone by the others.
    """

    key: str
    medium: str
    to: str
    sender: str
    rendered: Rendered
    reply_to: str | None = None
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a transport was told: `reference` finds the message on the other side."""

    state: Literal["handed over", "confirmed"]
    reference: str
    detail: str


class Transport(Protocol):
    """Carries messages of one medium. `send` raises TransportError; `close` may be called twice."""

    def send(self, message: Message) -> Receipt:
        """Hand one message over."""

    def close(self) -> None:
        """Release what is held; a closed transport refuses to send."""

    def __enter__(self) -> Self:
        """Use the transport in a `with` block."""

    def __exit__(self, *exception: object) -> None:
        """Close it."""


@dataclass(frozen=True, slots=True)
class Field:
    """One part that an author writes for a medium."""

    name: str
    required: bool
    help: str


class Channel(Protocol):
    """A medium. A package under `sterna.channels` becomes one by exposing it as `CHANNEL`.

    `example` is a complete variant that lints clean: authors start from it.
    """

    name: str
    address_kind: AddressKind
    fields: tuple[Field, ...]
    example: Mapping[str, str]

    def lint(self, variant: Mapping[str, str]) -> tuple[str, ...]:
        """What is wrong with a variant: each finding says which field, what, and how to mend it."""

    def render(self, content: Content) -> Rendered:
        """The variant as one person gets it; raises ContentError."""

    def transport(self, settings: Mapping[str, Any]) -> Transport:
        """A transport by these settings; raises BadInput when they are wrong."""


def discover(package: ModuleType = channels) -> dict[str, Channel]:
    """Every channel below `package`, by name and in the order of the names.

    A channel is a subpackage that exposes `CHANNEL`: adding or deleting a folder is all it takes.
    Raises BadInput when two of them claim one name.
    """
    found: dict[str, Channel] = {}
    for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        channel = getattr(import_module(module.name), "CHANNEL", None) if module.ispkg else None
        if channel is None:
            continue
        if channel.name in found:
            raise BadInput(f"{module.name}: another channel is already called {channel.name!r}; rename one")
        found[channel.name] = channel
    return dict(sorted(found.items()))


def read_settings(kind: type[Settings], settings: Mapping[str, Any], medium: str) -> Settings:
    """`settings` as the dataclass `kind`; raises BadInput naming the setting at fault."""
    known = {part.name: part for part in fields(kind)}  # type: ignore[arg-type]
    if unknown := sorted(settings.keys() - known.keys()):
        raise BadInput(f"{medium}: unknown setting {unknown[0]!r}; known are {', '.join(sorted(known))}")
    required = {name for name, part in known.items() if part.default is MISSING}
    if absent := sorted(required - settings.keys()):
        raise BadInput(f"{medium}: the setting {absent[0]!r} is missing")
    try:
        return msgspec.convert(dict(settings), kind)
    except msgspec.ValidationError as error:
        raise BadInput(f"{medium}: {error}") from error


def refuse_when_closed(closed: bool, medium: str) -> None:
    """Raise TransportError when a transport is used after `close`: a later attempt may well succeed."""
    if closed:
        raise TransportError(permanent=False, detail=f"{medium}: the transport is closed")
