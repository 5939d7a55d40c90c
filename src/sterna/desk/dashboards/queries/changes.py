"""What would change if a version of a plan were launched: its parts, whom it is for, and what waits to leave."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Count

from sterna.desk.contacts.models import Contact
from sterna.desk.plans.models import Plan
from sterna.desk.segments.ruled_queries import headcounts
from sterna.engine.plans import Plan as Document
from sterna.engine.plans import of_body
from sterna.engine.plans.differing import Difference, differences
from sterna.engine.plans.parts import Goal


@dataclass(frozen=True)
class Place:
    """A place of the plan's scheme, who stands in it now, and what the two versions want of them.

    `before` and `after` say per goal what is wanted, as "to silver: 120"; empty where a version wants nothing.
    """

    name: str
    customers: int
    before: tuple[str, ...]
    after: tuple[str, ...]

    @property
    def becomes(self) -> str:
        """What a launch makes of whoever stands here: aimed at newly, no longer, otherwise or as before."""
        if self.before == self.after:
            return "as before"
        if not self.before:
            return "newly aimed at"
        return "otherwise" if self.after else "no longer aimed at"


@dataclass(frozen=True)
class Waiting:
    """The contacts of an asset that wait to leave, and how many were handed over; `stays` where it is in both."""

    asset: str
    waiting: int
    left: int
    stays: bool


@dataclass(frozen=True)
class Changes:
    """What differs from `other`, the version in force, or where none is, the newest one launched before."""

    other: Plan
    parts: Sequence[Difference]
    places: Sequence[Place]
    waiting: Sequence[Waiting]
    draws_anew: bool


def version_before(plan: Plan) -> Plan | None:
    """The live version of the same plan, else the newest that was in force; None where there never was another."""
    others = Plan.objects.filter(name=plan.name).exclude(pk=plan.pk).select_related("definition")
    live = others.filter(state=Plan.State.LIVE).first()
    return live or others.filter(launched_at__isnull=False, version__lt=plan.version).first()


def changes(plan: Plan, other: Plan) -> Changes:
    """What launching `plan` would change where `other` is, or was, in force."""
    first, second = (of_body(one.definition.body).plan for one in (other, plan))
    return Changes(
        other,
        differences(first, second),
        _places(first, second),
        _waiting(other, second),
        _draws_anew(first, second),
    )


def _places(first: Document, second: Document) -> list[Place]:
    """Every place that a goal of either starts in, with the people of the second's scheme."""
    standing = headcounts(second.scheme) if second.scheme else {}
    before, after = (_wanted(one.goals) for one in (first, second))
    named = dict.fromkeys([*before, *after])
    return [Place(name, standing.get(name, 0), before.get(name, ()), after.get(name, ())) for name in named]


def _wanted(goals: Sequence[Goal]) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for goal in goals:
        start = goal.from_place or ""
        wanted = "keep" if goal.from_place == goal.to_place else f"to {goal.to_place}"
        found[start] = (*found.get(start, ()), f"{wanted}: {goal.customers}, by {goal.by}")
    return found


def _waiting(other: Plan, second: Document) -> list[Waiting]:
    kept = {asset.id for asset in second.assets}
    counted: Counter[tuple[str, bool]] = Counter()
    found = Contact.objects.filter(plan=other).exclude(state=Contact.State.WITHDRAWN).order_by()
    for asset, state, number in found.values_list("asset", "state").annotate(Count("pk")):
        counted[asset, state == Contact.State.PLANNED] += number
    named = sorted({asset for asset, _ in counted})
    return [Waiting(name, counted[name, True], counted[name, False], name in kept) for name in named]


def _draws_anew(first: Document, second: Document) -> bool:
    """Whether customers get other arms: what draws them is the salt and the share of the hold-out."""
    drawn = [(one.hold_out.salt, one.hold_out.share) if one.hold_out else None for one in (first, second)]
    return drawn[0] != drawn[1]
