"""Publishes tier schemes: bands that place every amount exactly once, written out edge by edge."""

from collections.abc import Iterable

from django.db import transaction

from sterna.desk.audit.actions import record
from sterna.desk.config import clock
from sterna.desk.config.refused import Refused
from sterna.desk.customers.queries import classes
from sterna.desk.segments.actions.definitions import publish_definition
from sterna.desk.segments.group_queries import GROUPS
from sterna.desk.segments.models import Definition, Retirement
from sterna.desk.segments.queries import SCHEME, newest_definition
from sterna.desk.segments.tier_queries import retired
from sterna.desk.users.access import Right, demand
from sterna.desk.users.models import User
from sterna.engine.segments import FACT, Scheme, check_scheme, scheme_body
from sterna.engine.value.catalogue import BY_NAME

LONGEST_NAME = 80


@transaction.atomic
def publish_scheme(scheme: Scheme, actor: User | None, reason: str, version: int | None = None) -> Definition:
    """The definition of `scheme`; the same terms again are the same row, others a new version.

    A scheme that was retired is in force again. Raises BadInput for bands with a gap, an overlap or a closed top,
    Refused without a reason, for a name that no page could show, a measure that nobody measures, or when it would not
    become the `version` that its author wrote down.
    """
    demand(actor, Right.MANAGE)
    if not reason.strip():
        raise Refused("write why the tiers change: the audit keeps it")
    refuse_scheme(scheme)
    if newest_definition(GROUPS, scheme.name) is not None:
        raise Refused(f"{scheme.name} is what the groups are called: give the tiers another name")
    Retirement.objects.filter(scheme=scheme.name).delete()
    definition = publish_definition(SCHEME, scheme.name, scheme_body(scheme), actor, newest=True)
    if version is not None and definition.version != version:
        raise Refused(
            f"these tiers would be version {definition.version} of {scheme.name}, not {version}: number them so"
        )
    detail = {"sha256": definition.sha256}
    key = f"publish tiers {scheme.name} {definition.version}"
    record("publish tiers", "definition", f"{scheme.name} {definition.version}", actor, reason, detail, key)
    return definition


@transaction.atomic
def retire_scheme(name: str, actor: User | None, reason: str) -> None:
    """Have runs place nobody by a scheme any more, unless a plan goes by it; what was said of the past stays."""
    demand(actor, Right.MANAGE)
    if not reason.strip():
        raise Refused("write why the tiers are retired: the audit keeps it")
    if newest_definition(SCHEME, name) is None:
        raise Refused(f"there is no scheme {name}")
    if name in retired():
        raise Refused(f"{name} is retired already")
    Retirement.objects.create(scheme=name, retired_at=clock.now())
    record("retire tiers", "definition", f"{SCHEME} {name}", actor, reason)


def refuse_scheme(scheme: Scheme) -> None:
    """Raise BadInput or Refused for a scheme that could not be published, saying what would mend it."""
    check_scheme(scheme)
    check_names(scheme.name, [band.place for band in scheme.bands])
    _check_measure(scheme.measure)


def _check_measure(measure: str) -> None:
    if measure.startswith(FACT):
        name, tree = measure.removeprefix(FACT), classes()
        if name not in tree:
            raise Refused(f"the taxonomy has no class {name}")
        if tree.at(name).holds != "number":
            raise Refused(
                f"{name} holds {tree.at(name).holds or 'nothing'}: tiers go by a fact that is a number"
            )
    elif measure not in BY_NAME:
        raise Refused(f"{measure!r} is no measure of value, and {FACT}CLASS would be one of a fact")


def check_names(scheme: str, places: Iterable[str]) -> None:
    """Raise Refused for names that no page could show.

    They stand in addresses, where "/" separates, "all" means every place and dots lead elsewhere.
    """
    for name in (scheme, *places):
        if not name.strip() or name != name.strip() or len(name) > LONGEST_NAME:
            raise Refused(
                f"{name!r} cannot be a name: use 1 to {LONGEST_NAME} letters without spaces around them"
            )
        if "/" in name or not name.isprintable() or name in ("all", ".", ".."):
            raise Refused(
                f"{name!r} cannot be a name: it stands in addresses, where it would mean something else"
            )
