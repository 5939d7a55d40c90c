"""Reads about receivers and their messages: how each stands, what there is to choose from, and what waits."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from sterna.desk.segments.group_queries import terms_definition
from sterna.desk.segments.models import Definition
from sterna.desk.segments.queries import SCHEME
from sterna.desk.segments.ruled_queries import ruled_in_force, scheme_of
from sterna.desk.segments.tier_queries import schemes_in_force
from sterna.desk.webhooks.models import Endpoint, Message
from sterna.engine.segments.groups import GROUPS

MOVED, PUBLISHED, TEST = "customer.moved", "run.published", "sterna.test"
TYPES: Mapping[str, str] = {MOVED: "a customer moved", PUBLISHED: "a run was published"}
# What a scheme places in, by the kind of its definition.
KINDS: Mapping[str, str] = {SCHEME: "tiers", "groups": "groups", "segments": "segments", "stages": "stages"}


@dataclass(frozen=True)
class Offered:
    """A scheme that customers have a place in: its name, its kind as messages say it, and its places in order."""

    name: str
    kind: str
    places: tuple[str, ...]


def offered() -> list[Offered]:
    """Every scheme in force, tiers first."""
    terms = terms_definition()
    found = [*schemes_in_force(), *([terms] if terms else []), *ruled_in_force()]
    return [Offered(one.name, KINDS[one.kind], _places(one)) for one in found]


def _places(definition: Definition) -> tuple[str, ...]:
    body: Mapping[str, Any] = definition.body
    if definition.kind == SCHEME:
        return tuple(band["place"] for band in body["bands"])
    return tuple(GROUPS) if definition.kind == "groups" else scheme_of(definition).places


@dataclass(frozen=True)
class Standing:
    """An endpoint, and how many of its messages wait and have failed for good."""

    endpoint: Endpoint
    waiting: int
    failed: int


def standings() -> list[Standing]:
    """Every endpoint with how it stands, by name."""
    found = Endpoint.objects.annotate(
        waiting=Count("messages", filter=Q(messages__state=Message.State.WAITING)),
        failed=Count("messages", filter=Q(messages__state=Message.State.FAILED)),
    )
    return [Standing(one, one.waiting, one.failed) for one in found.order_by("name")]


def states(endpoint: Endpoint) -> dict[str, int]:
    """How many messages of an endpoint are in each state."""
    found = Message.objects.filter(endpoint=endpoint).values_list("state")
    return dict(found.annotate(many=Count("pk")).order_by())


def messages(endpoint: Endpoint, state: str = "", text: str = "") -> QuerySet[Message]:
    """The messages of an endpoint, of one state or of one customer's id if asked for."""
    found = Message.objects.filter(endpoint=endpoint)
    if state in Message.State.values:
        found = found.filter(state=state)
    return found.filter(customer=_uuid(text)) if text else found


def _uuid(text: str) -> UUID:
    """An id as somebody typed it; one that is none is nobody's."""
    try:
        return UUID(text.strip())
    except ValueError:
        return UUID(int=0)


def failed_since(endpoint: Endpoint, since: datetime) -> QuerySet[Message]:
    """What failed for good of all that was made since."""
    return Message.objects.filter(endpoint=endpoint, state=Message.State.FAILED, made_at__gte=since)


def stopped() -> QuerySet[Endpoint]:
    """The endpoints that Sterna itself disabled."""
    return Endpoint.objects.filter(state__in=(Endpoint.State.GONE, Endpoint.State.FAILING))
