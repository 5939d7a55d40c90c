"""Letters as a channel: what an author writes, and the page that it becomes for one person."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

import msgspec

from sterna.channels.base import (
    AddressKind,
    Attachment,
    Content,
    ContentError,
    Field,
    Rendered,
    read_settings,
)
from sterna.channels.content import fill, lint_fields
from sterna.channels.letter.spool import SpoolSettings, SpoolTransport
from sterna.channels.letter.typesetting import typeset

FIELDS = (
    Field("subject", True, "the line above the letter"),
    Field("body", True, "the letter, its paragraphs parted by empty lines"),
    Field("salutation", False, "the greeting, such as Dear Ann,"),
    Field("closing", False, "the words before the signature, such as Yours sincerely,"),
    Field("signature", False, "who signs; without it the company's name"),
)
EXAMPLE = {
    "subject": "A word from {{ company.name }}",
    "salutation": "Dear {{ customer.name | default: 'customer' }},",
    "body": "Thank you for your custom.\n\n{% if offer.name %}This is yours: {{ offer.name }}.{% endif %}",
    "closing": "Yours sincerely,",
    "signature": "{{ company.name }}",
}
ADDRESS_LINES = 6  # as many as the window of an envelope shows


class Page(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a letter is set, out of `context["letter"]`.

    `date` is a day, or text that is written as it stands. `font_folder` holds fonts for scripts that the
    built-in one lacks.
    """

    paper: str = "a4"
    date: Any = ""
    lang: str = "en"
    font_folder: str = ""


@dataclass(frozen=True)
class LetterChannel:
    """Letters for a window envelope."""

    name: str = "letter"
    address_kind: AddressKind = "postal"
    fields: tuple[Field, ...] = FIELDS

    @property
    def example(self) -> Mapping[str, str]:
        """A complete variant to start from."""
        return EXAMPLE

    def lint(self, variant: Mapping[str, str]) -> tuple[str, ...]:
        """Findings about missing parts and Liquid."""
        return tuple(lint_fields(variant, self.fields))

    def render(self, content: Content) -> Rendered:
        """The letter as text and as the PDF `letter.pdf`.

        The context gives `customer.address` and `company.address` (lines, or one text with line breaks),
        `customer.name`, `company.name`, and under `letter` what `Page` lists; the day is the caller's.
        """
        context = content.context
        parts = {name: written(name, content) for name in (field.name for field in self.fields)}
        company = str(of(context, "company").get("name", ""))
        parts["signature"] = parts["signature"] or company
        page = read_page(of(context, "letter"))
        pdf = typeset(layout(parts, page, context, company), page.font_folder)
        text = "\n\n".join(
            parts[name] for name in ("salutation", "body", "closing", "signature") if parts[name]
        )
        attachment = Attachment("letter.pdf", "application/pdf", pdf)
        return Rendered(self.name, parts["subject"], text, "", (attachment,), preview(parts["subject"], text))

    def transport(self, settings: Mapping[str, Any]) -> SpoolTransport:
        """Setting: `folder`, the spool folder."""
        plain = {name: str(value) if name == "folder" else value for name, value in settings.items()}
        return SpoolTransport(read_settings(SpoolSettings, plain, self.name))


def written(name: str, content: Content) -> str:
    """One part as this person gets it, its line breaks unified."""
    filled = fill(name, content.variant.get(name, ""), content.context)
    return filled.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ").strip()


def of(context: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A mapping of the context, empty when it is absent."""
    value = context.get(name) or {}
    if not isinstance(value, Mapping):
        raise ContentError(name, "it must be a mapping of names to values")
    return value


def read_page(settings: Mapping[str, Any]) -> Page:
    """How the letter is set; raises ContentError naming what is wrong."""
    try:
        page = msgspec.convert(dict(settings), Page)
    except msgspec.ValidationError as error:
        raise ContentError("letter", str(error)) from error
    if page.paper not in ("a4", "us-letter"):
        raise ContentError("letter", f"the paper {page.paper!r} is not known; use a4 or us-letter")
    return page


def layout(parts: Mapping[str, str], page: Page, context: Mapping[str, Any], company: str) -> dict[str, Any]:
    """The data that `letter.typ` sets."""
    customer = of(context, "customer")
    address = [line for line in [str(customer.get("name") or ""), *lines(customer.get("address"))] if line]
    if not lines(customer.get("address")):
        raise ContentError("customer.address", "a letter needs the customer's postal address")
    if len(address) > ADDRESS_LINES:
        raise ContentError(
            "customer.address", f"the envelope shows {ADDRESS_LINES} lines, not {len(address)}"
        )
    return {
        "paper": page.paper,
        "lang": page.lang,
        "date": written_date(page),
        "company": company,
        "sender": lines(of(context, "company").get("address")),
        "address": address,
        "subject": " ".join(parts["subject"].split()),
        "salutation": parts["salutation"],
        "body": paragraphs(parts["body"]),
        "closing": parts["closing"],
        "signature": parts["signature"].split("\n"),
    }


def lines(value: Any) -> list[str]:
    """An address as lines, from a list or from a text with line breaks."""
    parts = value.splitlines() if isinstance(value, str) else list(value or ())
    return [" ".join(str(part).split()) for part in parts if str(part).strip()]


def paragraphs(body: str) -> list[list[str]]:
    """Paragraphs at empty lines, each as its lines."""
    blocks: list[list[str]] = [[]]
    for line in body.split("\n"):
        if line.strip():
            blocks[-1].append(line.strip())
        elif blocks[-1]:
            blocks.append([])
    return [block for block in blocks if block]


def written_date(page: Page) -> str:
    """The date as the letter shows it: a day is written in the manner of the paper's countries."""
    if not isinstance(page.date, datetime.date):
        return str(page.date)
    month = f"{page.date:%B}"
    if page.paper == "us-letter":
        return f"{month} {page.date.day}, {page.date.year}"
    return f"{page.date.day} {month} {page.date.year}"


def preview(subject: str, text: str) -> str:
    """The letter as HTML for a page of the desk, with every value escaped."""
    body = "".join(f"<p>{escape(block).replace(chr(10), '<br>')}</p>" for block in text.split("\n\n"))
    return f"<article><h3>{escape(subject)}</h3>{body}</article>"


CHANNEL = LetterChannel()
