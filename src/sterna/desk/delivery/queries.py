"""Which channels are on, and by which settings they send."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sterna.channels.base import Channel, Message, discover
from sterna.desk.config import options


@dataclass(frozen=True)
class Outlet:
    """A channel that is on, with its settings.

    `repeatable`: its transport is idempotent by key, so that after a crash the same message may be handed over again.
    Where it is not, a message in doubt stays in doubt: nobody gets it twice.
    """

    channel: Channel
    sender: str
    settings: Mapping[str, Any] = field(repr=False)
    repeatable: bool


def outlets(open_task: Callable[[Message], str]) -> dict[str, Outlet]:
    """Every channel that is on, by medium; `open_task` opens the task of a phone call, idempotent by key.

    A channel without settings here is there for rendering only: what is due through it waits.
    """
    company = options.text("STERNA_COMPANY")
    known = {
        "email": (options.text("STERNA_MAIL_FROM"), _smtp(), False),
        "letter": (company, {"folder": str(options.home() / "letters")}, True),
        "phone": (company, {"open_task": open_task}, True),
    }
    return {
        medium: Outlet(channel, *known[medium])
        for medium, channel in discover().items()
        if medium in known and (medium != "email" or options.text("STERNA_SMTP_HOST"))
    }


def _smtp() -> dict[str, Any]:
    return {
        "host": options.text("STERNA_SMTP_HOST"),
        "port": options.number("STERNA_SMTP_PORT"),
        "username": options.text("STERNA_SMTP_USER"),
        "password": options.text("STERNA_SMTP_PASSWORD"),
        "starttls": options.flag("STERNA_SMTP_STARTTLS"),
    }
