"""Signed links to a customer's own pages: nobody logs in, and nobody can make one up."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.core import signing

from sterna.desk.config import clock, options
from sterna.desk.config.refused import Refused
from sterna.desk.customers.models import Customer

PAGE, STOP = "customers.preferences", "customers.stop"


class LinkEnded(Refused):
    """The link was right and is too old."""


@dataclass(frozen=True)
class Stop:
    """What a link to say no names: whose no, by which medium, for which purpose."""

    customer: Customer
    medium: str
    purpose: str


def page(customer: UUID, since: date | None = None) -> str:
    """The address of a customer's own page; it works for STERNA_LINK_DAYS from `since` (None: today) on."""
    until = (since or clock.today()) + timedelta(days=options.number("STERNA_LINK_DAYS"))
    return f"{_public()}/preferences/{_signed(PAGE, {'c': customer.hex, 'u': until.isoformat()})}"


def stop(customer: UUID, medium: str, purpose: str) -> str:
    """The address that says no to one medium for one purpose; it never ends, for a no harms nobody."""
    return f"{_public()}/stop/{_signed(STOP, {'c': customer.hex, 'm': medium, 'p': purpose})}"


def opened(token: str) -> Customer:
    """Whose page a link opens. Raises LinkEnded for an old one, Refused for one that was made up or leads to nobody."""
    told = _told(PAGE, token)
    if clock.today() > date.fromisoformat(told["u"]):
        raise LinkEnded(f"this link worked until {told['u']}: use the one in our newest e-mail")
    return _customer(told)


def stopped(token: str) -> Stop:
    """What a link to say no means; raises Refused for one that was made up or leads to nobody."""
    told = _told(STOP, token)
    return Stop(_customer(told), told["m"], told["p"])


def _signed(salt: str, told: dict[str, str]) -> str:
    # The same link on the same day: what leaves is what was worded, whoever words it.
    return signing.Signer(salt=salt).sign_object(told)


def _told(salt: str, token: str) -> dict[str, Any]:
    try:
        told: dict[str, Any] = signing.Signer(salt=salt).unsign_object(token)
    except signing.BadSignature:
        raise Refused("this link is not one of ours, or a part of it is missing: copy it whole") from None
    return told


def _customer(told: dict[str, Any]) -> Customer:
    found = Customer.objects.select_related("redirects_to").filter(pk=UUID(told["c"])).first()
    if found is None:
        raise Refused("nothing is kept of whom this link was made for")
    return found.redirects_to or found


def _public() -> str:
    return options.text("STERNA_PUBLIC_URL").rstrip("/") or f"http://{options.text('STERNA_ADDRESS')}"
