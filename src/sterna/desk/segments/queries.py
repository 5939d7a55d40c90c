"""Reads about definitions: the newest of a kind, and who is best by which of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import msgspec

from sterna.desk.audit.models import Entry
from sterna.desk.segments.models import BestMember, Definition
from sterna.engine.value.best import Arbitration

SCHEME, PLAN, BEST, ARBITRATION = "scheme", "plan", "best", "arbitration"


def newest_definition(kind: str, name: str | None = None) -> Definition | None:
    """The newest version of a definition of `kind`; without a name, the one that was published last."""
    found = Definition.objects.filter(kind=kind)
    if name is not None:
        return found.filter(name=name).order_by("-version").first()
    return found.order_by("-created_at", "-version").first()


def arbitration_in_force(at: datetime | None = None) -> Arbitration | None:
    """Which treatment a member of several groups gets, now or as it was `at` an instant; None before the first one."""
    found = Definition.objects.filter(kind=ARBITRATION, name=ARBITRATION)
    newest = (found.filter(created_at__lte=at) if at else found).order_by("-version").first()
    if newest is None:
        return None
    said = {
        name: newest.body[name] for name in Arbitration.__struct_fields__
    }  # the body has its version beside it
    return msgspec.convert(said, Arbitration)


def bests_in_force() -> list[Definition]:
    """The newest version of each definition of best customers that the newest arbitration names, in its order."""
    arbitration = arbitration_in_force()
    if arbitration is None:
        return []
    named = Definition.objects.filter(kind=BEST, name__in=arbitration.order)
    newest = {one.name: one for one in named.order_by("name", "version")}
    return [newest[name] for name in arbitration.order if name in newest]


def best_versions(name: str) -> list[Definition]:
    """Every version of a definition of best customers, the newest first."""
    return list(Definition.objects.filter(kind=BEST, name=name).order_by("-version"))


@dataclass(frozen=True)
class Made:
    """Who published a version of a definition, when, and why."""

    by: str
    at: datetime
    reason: str


def best_subject(name: str, version: int) -> str:
    """How the audit names a version of a definition of best customers."""
    return f"{BEST} {name} {version}"


def made(definitions: Iterable[Definition]) -> dict[int, Made]:
    """By version, who published each of some versions of one definition, as the audit keeps it."""
    subjects = {best_subject(one.name, one.version): one for one in definitions}
    lines = Entry.objects.filter(subject_kind="definition", subject__in=subjects).select_related("actor")
    return {
        subjects[line.subject].version: Made(
            line.actor.name if line.actor else "Sterna", line.at, line.reason
        )
        for line in lines.order_by("-at", "-id")
    }


def published_list(run_id: UUID, best: str) -> list[UUID]:
    """Who is on a list of best customers as a run published it, in the order of their ranks."""
    found = BestMember.objects.filter(run_id=run_id, best=best).order_by("rank", "pk")
    return list(found.values_list("customer_id", flat=True))


def excepted(before: date) -> Mapping[UUID, str]:
    """Who is in group C on the day before `before`, with the reason: they are never candidates for a move.

    Nobody, as long as the desk keeps no groups.
    """
    return {}
