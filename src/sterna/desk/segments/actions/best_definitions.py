"""Publishes and retires definitions of best customers, and says which treatment a member of several groups gets."""

from collections.abc import Sequence
from typing import Literal

import msgspec
from django.db import connection, transaction

from sterna.desk.audit.actions import record
from sterna.desk.config.refused import Refused
from sterna.desk.segments.actions.definitions import store
from sterna.desk.segments.best_texts import read, read_book, refuse_unusable
from sterna.desk.segments.models import Definition
from sterna.desk.segments.queries import (
    ARBITRATION,
    BEST,
    arbitration_in_force,
    best_subject,
    bests_in_force,
    newest_definition,
)
from sterna.desk.users.access import Right, demand
from sterna.desk.users.models import User
from sterna.engine.value import best
from sterna.engine.value.best import Arbitration

By = Literal["order", "score"]


@transaction.atomic
def define_best(text: str | best.Definition, actor: User | None, reason: str) -> Definition:
    """Publish the next version of a definition, given or as YAML; the same words as the newest change nothing.

    It is in force from then on, at the end of the order of groups if it was not in it. Raises Refused without the
    right, a reason or the next number, BadInput for what no list could be made by.
    """
    _begin(actor, reason)
    given = read(text) if isinstance(text, str) else text
    refuse_unusable(given)
    newest = newest_definition(BEST, given.best)
    if newest is not None and best.of_body(newest.body) == _numbered(given, newest.version):
        definition, is_new = newest, False
    else:
        definition, is_new = _next(given, newest.version + 1 if newest else 1), True
    entered = _enter(given.best)
    if is_new or entered:
        subject, detail = best_subject(given.best, definition.version), {"sha256": definition.sha256}
        record("publish best customers", "definition", subject, actor, reason, detail)
    return definition


@transaction.atomic
def arbitrate(by: By, order: Sequence[str], actor: User | None, reason: str) -> Definition:
    """Say which treatment a member of several groups gets: by the `order` of groups, or by the highest score.

    A definition that `order` leaves out is retired: the next run makes no list of it. The same again changes nothing.
    """
    _begin(actor, reason)
    return _arbitrated(Arbitration(arbitration=by, order=tuple(order)), actor, reason)


@transaction.atomic
def retire_best(name: str, actor: User | None, reason: str) -> Definition:
    """Take a definition out of the order of groups; its versions and its lists stay. Once more changes nothing."""
    _begin(actor, reason)
    if newest_definition(BEST, name) is None:
        raise Refused(f"there is no definition {name}")
    standing = arbitration_in_force()
    assert standing is not None, "a definition enters the order when it is published"
    left = tuple(one for one in standing.order if one != name)
    if not left:
        raise Refused(f"{name} is the last definition in force: publish another before it goes")
    return _arbitrated(msgspec.structs.replace(standing, order=left), actor, reason)


@transaction.atomic
def publish_book(text: str, actor: User | None, reason: str) -> list[Definition]:
    """Publish the definitions of a file, and its arbitration; what stands so already stays."""
    book = read_book(text)
    published = [define_best(definition, actor, reason) for definition in book.definitions]
    if book.arbitration is not None:
        arbitrate(book.arbitration.arbitration, book.arbitration.order, actor, reason)
    return published


def _begin(actor: User | None, reason: str) -> None:
    demand(actor, Right.MANAGE)
    if not reason.strip():
        raise Refused("write why: the audit keeps it")
    with connection.cursor() as cursor:
        # Two at a time would both add to the order that they found, and one of them would be lost from it.
        cursor.execute("select pg_advisory_xact_lock(hashtextextended('best customers', 0))")


def _numbered(definition: best.Definition, version: int) -> best.Definition:
    return msgspec.structs.replace(definition, version=version)


def _next(given: best.Definition, number: int) -> Definition:
    if given.version != number:
        raise Refused(_misnumbered(given, number))
    return store(BEST, given.best, best.body(given))[0]


def _misnumbered(given: best.Definition, number: int) -> str:
    if given.version < number:
        return (
            f"version {given.version} of {given.best} was published with other words: look at it, then number "
            f"yours {number}"
        )
    return f"this would be version {number} of {given.best}, not {given.version}: number it so"


def _enter(name: str) -> bool:
    """Put a definition at the end of the order of groups; whether it was not in it."""
    standing = arbitration_in_force() or Arbitration(arbitration="order", order=(name,))
    if name not in standing.order:
        standing = msgspec.structs.replace(standing, order=(*standing.order, name))
    is_new = standing != arbitration_in_force()
    if is_new:
        _store(standing)
    _refuse_two_scales(standing)
    return is_new


def _store(wanted: Arbitration) -> Definition:
    """The next version; it carries its number, so that one that is as an older one was is a version all the same."""
    newest = newest_definition(ARBITRATION, ARBITRATION)
    version = newest.version + 1 if newest else 1
    return store(ARBITRATION, ARBITRATION, msgspec.to_builtins(wanted) | {"version": version})[0]


def _arbitrated(wanted: Arbitration, actor: User | None, reason: str) -> Definition:
    _refuse_strange(wanted)
    standing = newest_definition(ARBITRATION, ARBITRATION)
    if standing is not None and arbitration_in_force() == wanted:
        return standing
    definition = _store(wanted)
    _refuse_two_scales(wanted)
    subject = f"{ARBITRATION} {definition.version}"
    detail = {"sha256": definition.sha256, "by": wanted.arbitration, "order": list(wanted.order)}
    record("arbitrate best customers", "definition", subject, actor, reason, detail)
    return definition


def _refuse_strange(wanted: Arbitration) -> None:
    known = set(Definition.objects.filter(kind=BEST).values_list("name", flat=True))
    if wanted.arbitration not in ("order", "score"):
        raise Refused("members of several groups are treated by order or by score")
    if not wanted.order:
        raise Refused("the order names at least one group")
    if strange := next((name for name in wanted.order if name not in known), None):
        raise Refused(f"there is no definition {strange}")
    if twice := next((name for name in wanted.order if wanted.order.count(name) > 1), None):
        raise Refused(f"{twice} stands twice in the order")


def _refuse_two_scales(standing: Arbitration) -> None:
    """Scores of different scales cannot be compared, so the highest of them says nothing."""
    scales = {one.name: one.body["scale"] for one in bests_in_force()}
    if standing.arbitration == "score" and len(set(scales.values())) > 1:
        said = ", ".join(f"{name} by {scale}" for name, scale in scales.items())
        raise Refused(f"the highest score cannot decide between groups on different scales: {said}")
