"""Adds, changes, stops and removes the endpoints that other systems listen at, and the secrets they check with."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction

from sterna.desk.audit.actions import record
from sterna.desk.config import clock
from sterna.desk.config.refused import Refused
from sterna.desk.users.access import Right, demand
from sterna.desk.users.models import User
from sterna.desk.webhooks.addresses import resolve, target
from sterna.desk.webhooks.models import Endpoint
from sterna.desk.webhooks.queries import KINDS, TYPES, offered
from sterna.desk.webhooks.signing import fingerprint, secret_of

SALT_BYTES = 32
LONGEST_NAME = 80
# The names of a receiver and its filter, which every change writes down.
_TOLD = ("name", "url", "types", "schemes", "kinds", "places")


@dataclass(frozen=True)
class Wanted:
    """What somebody typed of an endpoint; an empty list of schemes, kinds or places lets all of them through."""

    name: str
    url: str
    types: Sequence[str]
    schemes: Sequence[str] = ()
    kinds: Sequence[str] = ()
    places: Sequence[str] = ()


@transaction.atomic
def add_endpoint(wanted: Wanted, actor: User | None) -> tuple[Endpoint, str]:
    """Have Sterna send to an address from now on; returns the endpoint with its secret, which is shown this once.

    Raises Refused for a name that is taken and a filter that nothing passes, BadInput for an address that messages
    must not go to.
    """
    demand(actor, Right.ADMINISTER)
    checked = _checked(wanted, None)
    salt = secrets.token_bytes(SALT_BYTES)
    made = Endpoint.objects.create(
        **checked, salt=salt, fingerprint=fingerprint(salt), created_at=clock.now()
    )
    record("added endpoint", "endpoint", str(made.pk), actor, detail=checked)
    return made, secret_of(salt)


@transaction.atomic
def change_endpoint(endpoint: Endpoint, wanted: Wanted, actor: User | None) -> Endpoint:
    """Send elsewhere, or other messages, from now on; what waits already goes to the new address."""
    demand(actor, Right.ADMINISTER)
    held = _held(endpoint)
    for name, value in (checked := _checked(wanted, held)).items():
        setattr(held, name, value)
    # Another address has not failed yet.
    held.failures, held.failing_since, held.rests_until = 0, None, None
    held.save()
    record("changed endpoint", "endpoint", str(held.pk), actor, detail=checked)
    return held


def _checked(wanted: Wanted, known: Endpoint | None) -> dict[str, str | list[str]]:
    name, url = " ".join(wanted.name.split()), wanted.url.strip()
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise Refused(
            f"an endpoint needs a name of at most {LONGEST_NAME} letters, such as the system that listens"
        )
    others = Endpoint.objects.exclude(pk=known.pk) if known else Endpoint.objects.all()
    if others.filter(name=name).exists():
        raise Refused(f"there is an endpoint {name} already")
    check_url(url)
    if not wanted.types:
        raise Refused("choose at least one thing that it is told of")
    found, before = offered(), known or Endpoint(schemes=[], kinds=[], places=[])
    schemes = {one.name for one in found} | set(before.schemes)
    places = {f"{one.name}/{place}" for one in found for place in one.places} | set(before.places)
    return {
        "name": name,
        "url": url,
        "types": _of("type of message", wanted.types, TYPES),
        "schemes": _of("scheme", wanted.schemes, schemes),
        "kinds": _of("kind of scheme", wanted.kinds, KINDS.values()),
        "places": _of("place", wanted.places, places),
    }


def _of(what: str, given: Sequence[str], known: Iterable[str]) -> list[str]:
    for one in set(given) - set(known):
        raise Refused(f"there is no {what} {one[:80]!r}")
    return sorted(set(given))


def check_url(url: str) -> None:
    """Raise BadInput for an address that messages must not go to; a name that leads nowhere today may do tomorrow."""
    found = target(url)
    try:
        resolve(found)
    except OSError:
        return


@transaction.atomic
def rotate(endpoint: Endpoint, both_for: timedelta, actor: User | None) -> str:
    """Sign with a new secret and return it; for `both_for` longer every message has a signature of each.

    Raises Refused while the former one still counts: a third would leave a receiver that changed late without any.
    """
    demand(actor, Right.ADMINISTER)
    held = _held(endpoint)
    if both_for and held.former_until is not None and held.former_until > clock.now():
        raise Refused(
            f"the secret before still counts until {held.former_until:%Y-%m-%d %H:%M} UTC: wait, or rotate so that no "
            "former secret counts any more"
        )
    salt = secrets.token_bytes(SALT_BYTES)
    held.former_salt, held.former_until = (held.salt, clock.now() + both_for) if both_for else (None, None)
    held.salt, held.fingerprint = salt, fingerprint(salt)
    held.save(update_fields=["salt", "fingerprint", "former_salt", "former_until"])
    until = held.former_until.isoformat() if held.former_until else None
    record(
        "rotated endpoint secret",
        "endpoint",
        str(held.pk),
        actor,
        detail={"name": held.name, "both_until": until},
    )
    return secret_of(salt)


@transaction.atomic
def disable(endpoint: Endpoint, actor: User | None, reason: str) -> None:
    """Send nothing more and write no messages; what waits stays until it is enabled again."""
    demand(actor, Right.ADMINISTER)
    held = _held(endpoint)
    if held.state != Endpoint.State.ENABLED:
        raise Refused(f"{held.name} is disabled already")
    _turn(held, Endpoint.State.DISABLED, actor, reason)


@transaction.atomic
def enable(endpoint: Endpoint, actor: User | None, reason: str) -> None:
    """Send again: what waits leaves at once, moves from now on are told; those in between were never written."""
    demand(actor, Right.ADMINISTER)
    held = _held(endpoint)
    if held.state == Endpoint.State.ENABLED:
        raise Refused(f"{held.name} is enabled already")
    held.failures, held.failing_since, held.rests_until = 0, None, None
    _turn(held, Endpoint.State.ENABLED, actor, reason)


def _turn(held: Endpoint, state: Endpoint.State, actor: User | None, reason: str) -> None:
    held.state = state
    held.save()
    record(f"{state.value} endpoint", "endpoint", str(held.pk), actor, _why(reason), {"name": held.name})


@transaction.atomic
def delete(endpoint: Endpoint, actor: User | None, reason: str) -> int:
    """Remove an endpoint with all its messages; returns how many of them waited and are not sent.

    Raises Refused while it is enabled: what a run is just writing would be lost without anybody having meant it.
    """
    demand(actor, Right.ADMINISTER)
    held = _held(endpoint, to_the_end=True)
    if held.state == Endpoint.State.ENABLED:
        raise Refused(f"{held.name} is enabled: disable it first")
    waiting = held.messages.filter(state="waiting").count()
    told = {**{name: getattr(held, name) for name in _TOLD}, "not sent": waiting}
    record("deleted endpoint", "endpoint", str(held.pk), actor, _why(reason), told)
    held.messages.all().delete()
    held.delete()
    return waiting


def _why(reason: str) -> str:
    if not reason.strip():
        raise Refused("write why: the audit keeps it beside your name")
    return reason.strip()[:300]


def _held(endpoint: Endpoint, to_the_end: bool = False) -> Endpoint:
    """The endpoint as it stands, locked; `to_the_end` also against whoever is just writing messages for it."""
    held = Endpoint.objects.select_for_update(no_key=not to_the_end).filter(pk=endpoint.pk).first()
    if held is None:
        raise Refused(f"{endpoint.name} is not there any more")
    return held
