"""Calls: the three parts that a caller reads, and the task that is opened for them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any, Self

from sterna.channels.base import (
    AddressKind,
    Content,
    Field,
    Message,
    Receipt,
    Rendered,
    TransportError,
    refuse_when_closed,
)
from sterna.channels.content import fill, lint_fields
from sterna.engine.errors import BadInput

FIELDS = (
    Field("opening", True, "the first sentence the caller says"),
    Field("script", True, "what the caller talks about, in paragraphs"),
    Field("ask", True, "the one thing to ask for or to learn"),
)
EXAMPLE = {
    "opening": "Good day {{ customer.name | default: 'there' }}, this is {{ company.name }}.",
    "script": "Thank them for their time.\n\n{% if offer.name %}Tell them about {{ offer.name }}.{% endif %}",
    "ask": "Ask what would help them most, and write down the answer.",
}
HEADINGS = {"opening": "Opening", "script": "Script", "ask": "Ask"}


class TaskTransport:
    """Opens a task for a caller by the given function; whoever gives it keeps it idempotent by key."""

    def __init__(self, open_task: Callable[[Message], str]) -> None:
        self.open_task = open_task
        self.closed = False

    def send(self, message: Message) -> Receipt:
        """Open the task; its reference finds it. The callee raises TransportError when it cannot."""
        refuse_when_closed(self.closed, "phone")
        if not any(character.isdigit() for character in message.to):
            raise TransportError(permanent=True, detail=f"{message.to!r} is not a phone number: no digits")
        reference = self.open_task(message)
        return Receipt("handed over", reference, "a task is open for a caller")

    def close(self) -> None:
        """Refuse further calls."""
        self.closed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


@dataclass(frozen=True)
class PhoneChannel:
    """Calls made by a person from a task."""

    name: str = "phone"
    address_kind: AddressKind = "phone"
    fields: tuple[Field, ...] = FIELDS

    @property
    def example(self) -> Mapping[str, str]:
        """A complete variant to start from."""
        return EXAMPLE

    def lint(self, variant: Mapping[str, str]) -> tuple[str, ...]:
        """Findings about missing parts and Liquid."""
        return tuple(lint_fields(variant, self.fields))

    def render(self, content: Content) -> Rendered:
        """The opening as subject; the three parts under their headings as text and as preview."""
        parts = {
            name: fill(name, content.variant.get(name, ""), content.context).strip() for name in HEADINGS
        }
        text = "\n\n".join(f"{HEADINGS[name]}\n{part}" for name, part in parts.items())
        preview = "".join(preview_part(HEADINGS[name], part) for name, part in parts.items())
        return Rendered(self.name, parts["opening"], text, "", (), preview)

    def transport(self, settings: Mapping[str, Any]) -> TaskTransport:
        """Settings: `open_task`, a function from the message to the reference of its task.

        It must be idempotent by `message.key`: for a key it has seen it returns the reference of the task
        that is there, because after a crash the same message may come again.
        """
        if settings.keys() != {"open_task"} or not callable(settings["open_task"]):
            raise BadInput("phone: the one setting is 'open_task', a function that opens a task")
        return TaskTransport(settings["open_task"])


def preview_part(heading: str, part: str) -> str:
    """A part as HTML, with every value escaped."""
    lines = escape(part).replace("\n", "<br>")
    return f"<section><h3>{heading}</h3><p>{lines}</p></section>"


CHANNEL = PhoneChannel()
