"""Publishes tier schemes: bands that place every amount exactly once, written out edge by edge."""

import msgspec
from django.db import transaction

from sterna.desk.audit.actions import record
from sterna.desk.config.refused import Refused
from sterna.desk.segments.actions.definitions import publish_definition
from sterna.desk.segments.group_queries import GROUPS
from sterna.desk.segments.models import Definition
from sterna.desk.segments.queries import SCHEME, newest_definition
from sterna.desk.users.access import Right, demand
from sterna.desk.users.models import User
from sterna.engine.segments import Scheme, check_scheme

MEASURES = ("spend",)
LONGEST_NAME = 80


@transaction.atomic
def publish_scheme(scheme: Scheme, actor: User | None, reason: str, version: int | None = None) -> Definition:
    """The definition of `scheme`; the same bands again are the same row, others a new version.

    Raises BadInput for bands with a gap, an overlap or a closed top, Refused without a reason, for a name that no page
    could show, or when it would not become the `version` that its author wrote down.
    """
    demand(actor, Right.MANAGE)
    if not reason.strip():
        raise Refused("write why the tiers change: the audit keeps it")
    check_scheme(scheme)
    _check_names(scheme)
    if newest_definition(GROUPS, scheme.name) is not None:
        raise Refused(f"{scheme.name} is what the groups are called: give the tiers another name")
    if scheme.measure not in MEASURES:
        raise Refused(f"tiers are cut by {', '.join(MEASURES)}, not by {scheme.measure!r}")
    definition = publish_definition(SCHEME, scheme.name, msgspec.to_builtins(scheme), actor)
    if version is not None and definition.version != version:
        raise Refused(
            f"these tiers would be version {definition.version} of {scheme.name}, not {version}: number them so"
        )
    detail = {"sha256": definition.sha256}
    key = f"publish tiers {scheme.name} {definition.version}"
    record("publish tiers", "definition", f"{scheme.name} {definition.version}", actor, reason, detail, key)
    return definition


def _check_names(scheme: Scheme) -> None:
    """Tiers stand in the addresses of pages, where "/" separates, "all" means every tier and dots lead elsewhere."""
    for name in (scheme.name, *(band.place for band in scheme.bands)):
        if not name.strip() or name != name.strip() or len(name) > LONGEST_NAME:
            raise Refused(
                f"{name!r} cannot be a name: use 1 to {LONGEST_NAME} letters without spaces around them"
            )
        if "/" in name or not name.isprintable() or name in ("all", ".", ".."):
            raise Refused(
                f"{name!r} cannot be a name: it stands in addresses, where it would mean something else"
            )
