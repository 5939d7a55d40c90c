"""Lists of best customers as a run published them: their overlap, one treatment for each, and what a plan reaches."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef

from sterna.desk.dashboards.queries.current import shown_run
from sterna.desk.plans.models import Plan
from sterna.desk.runs.models import Run
from sterna.desk.segments.models import BestMember, BestPeriod, Definition
from sterna.desk.segments.queries import BEST, arbitration_in_force, bests_in_force
from sterna.desk.values.models import Model, Worth
from sterna.engine.value import best
from sterna.engine.value.best import Arbitration

# Which group treats a member: the first in the order, or the one of the highest score, which the order settles.
_CHOSEN = """
select distinct on (m.customer_id) m.customer_id, m.best,
    (select array_agg(a.best order by array_position(%(order)s, a.best::text)) from segments_bestmember as a
        where a.run_id = %(run)s and a.customer_id = m.customer_id and a.best = any(%(order)s)) as groups
from segments_bestmember as m
where m.run_id = %(run)s and m.best = any(%(order)s) and m.customer_id = any(%(customers)s)
order by m.customer_id, case when %(by_score)s then m.score end desc, array_position(%(order)s, m.best::text)
"""
_TREATED = """
with standing as (
    select m.customer_id, m.best, row_number() over (
            partition by m.customer_id
            order by case when %(by_score)s then m.score end desc, array_position(%(order)s, m.best::text)
        ) as position, count(*) over (partition by m.customer_id) as groups
    from segments_bestmember as m where m.run_id = %(run)s and m.best = any(%(order)s)
)
select best, count(*), count(*) filter (where groups > 1) from standing where position = 1 group by best
"""
_OVERLAP = """
select a.best, b.best, count(*) from segments_bestmember as a
join segments_bestmember as b on b.run_id = a.run_id and b.customer_id = a.customer_id
where a.run_id = %s group by a.best, b.best
"""
_SUMS = """
select sum(w.spend), count(w.spend), sum(w.expected_spend), count(w.expected_spend)
from segments_bestmember as m join values_worth as w on w.run_id = m.run_id and w.customer_id = m.customer_id
where m.run_id = %s and m.best = %s
"""
_REACH = """
with contacted as (
    select distinct coalesce(c.redirects_to_id, c.id) as id from contacts_contact as k
    join customers_customer as c on c.id = k.customer_id
    where k.run_id = %(run)s and k.plan_id = %(plan)s and k.state <> 'withdrawn'
), reached as (
    select id from contacted
    union all select c.id from customers_customer as c join contacted on c.redirects_to_id = contacted.id
), found as (
    select m.best, count(*) as reached, sum(w.headroom) as room, count(*) - count(w.headroom) as unknown
    from reached join segments_bestmember as m on m.customer_id = reached.id and m.run_id = %(run)s
    left join values_worth as w on w.run_id = m.run_id and w.customer_id = m.customer_id
    group by m.best
)
select m.best, count(*), coalesce(max(f.reached), 0), max(f.room), coalesce(max(f.unknown), 0)
from segments_bestmember as m left join found as f on f.best = m.best
where m.run_id = %(run)s group by m.best
"""


@dataclass(frozen=True)
class Listed:
    """A definition of best customers beside the list that a run made of it.

    `definition` is the version of the list, where there is none the newest. `newest` is the newest version; `record` is
    what the run says of the list, None where it made none.
    """

    definition: best.Definition
    newest: int
    in_force: bool
    record: Mapping[str, Any] | None

    @property
    def state(self) -> str:
        """Where it stands, in words."""
        if not self.in_force:
            return "retired"
        if self.record is None:
            return "from the next run on"
        if self.record["version"] != self.newest:
            return f"version {self.newest} from the next run on"
        return "in force"


def listed(run: Run | None) -> list[Listed]:
    """The definitions in force, in the order of the groups; then those that the run made a list of and are retired."""
    records = _records(run) if run else {}
    in_force = {one.name: one for one in bests_in_force()}
    retired = sorted(records.keys() - in_force.keys())
    stored = {(one.name, one.version): one for one in Definition.objects.filter(kind=BEST, name__in=records)}
    found = []
    for name in (*in_force, *retired):
        record = records.get(name)
        shown = stored[name, record["version"]] if record else in_force[name]
        newest = in_force[name].version if name in in_force else shown.version
        found.append(Listed(best.of_body(shown.body), newest, name in in_force, record))
    return found


def arbitration(run: Run | None) -> Arbitration | None:
    """Which treatment a member of several groups gets: now by the newest run, and as it was then by an older one."""
    newest = shown_run()
    is_past = run is not None and newest is not None and run.pk != newest.pk
    return arbitration_in_force(run.started_at if run and is_past else None)


def _records(run: Run) -> dict[str, Mapping[str, Any]]:
    found = Model.objects.filter(run_id=run.pk, name__startswith="best ").values_list("body", flat=True)
    return {body["best"]: body for body in found}


def periods(run: Run) -> dict[tuple[str, str], BestPeriod]:
    """What became of the value of the best since the period before, by definition and measure."""
    return {(one.best, one.measure): one for one in BestPeriod.objects.filter(run_id=run.pk)}


def overlap(run: Run) -> dict[tuple[str, str], int]:
    """How many are on both of two lists of a run; on one, where both are the same."""
    with connection.cursor() as cursor:
        cursor.execute(_OVERLAP, [run.pk])
        return {(one, other): number for one, other, number in cursor.fetchall()}


@dataclass(frozen=True)
class Treated:
    """How many get the treatment of a group, and how many of them are in another group too."""

    customers: int
    of_several: int


def treated(run: Run, arbitration: Arbitration) -> dict[str, Treated]:
    """By group, who gets its treatment: each member of any group counts once."""
    with connection.cursor() as cursor:
        cursor.execute(_TREATED, _terms(run, arbitration))
        return {name: Treated(customers, several) for name, customers, several in cursor.fetchall()}


@dataclass(frozen=True)
class Standing:
    """The group that treats a customer, all groups in the order of the arbitration, and why it is that one."""

    group: str
    groups: tuple[str, ...]
    why: str


def standings(run: Run, arbitration: Arbitration, customers: Collection[UUID]) -> dict[UUID, Standing]:
    """The one treatment of each of some customers who are in a group of the arbitration."""
    terms = _terms(run, arbitration) | {"customers": list(customers)}
    with connection.cursor() as cursor:
        cursor.execute(_CHOSEN, terms)
        return {one: _standing(group, groups, arbitration) for one, group, groups in cursor.fetchall()}


def _standing(group: str, groups: Sequence[str], arbitration: Arbitration) -> Standing:
    if len(groups) == 1:
        return Standing(group, (group,), "")
    if arbitration.arbitration == "order":
        return Standing(group, tuple(groups), f"{' before '.join(groups)}, as declared")
    return Standing(group, tuple(groups), f"the highest score of {', '.join(groups)}")


def _terms(run: Run, arbitration: Arbitration) -> dict[str, Any]:
    order = list(arbitration.order)
    return {"run": run.pk, "order": order, "by_score": arbitration.arbitration == "score"}


def members(run: Run, name: str) -> Any:
    """Who is on a list of a run; in what order is for the page to say."""
    return BestMember.objects.filter(run_id=run.pk, best=name).select_related("customer")


def published(run: Run, name: str, version: int) -> dict[UUID, int] | None:
    """The ranks of a list as a run published it; None where it made none by this version."""
    record = _records(run).get(name)
    if record is None or record["version"] != version:
        return None
    found = BestMember.objects.filter(run_id=run.pk, best=name).values_list("customer_id", "rank")
    return dict(found)


def member_sums(run: Run, name: str) -> dict[str, tuple[Decimal | None, int]]:
    """What the members of a list spent and are expected to spend together, and of how many each is known."""
    with connection.cursor() as cursor:
        cursor.execute(_SUMS, [run.pk, name])
        spend, spend_known, to_come, to_come_known = cursor.fetchone()
    return {"spend": (spend, spend_known), "expected_spend": (to_come, to_come_known)}


def figures(run: Run, customers: Collection[UUID], names: Sequence[str]) -> dict[UUID, Mapping[str, Any]]:
    """Measures of some customers as of a run."""
    rows = Worth.objects.filter(run_id=run.pk, customer__in=customers).values("customer_id", *names)
    return {row["customer_id"]: row for row in rows}


@dataclass(frozen=True)
class Reach:
    """What a plan's contacts do for the best by one definition: `room` is the headroom of those who are reached.

    None where it is known of none of them; `unknown` counts of how many it is not.
    """

    best: int
    reached: int
    room: Decimal | None
    unknown: int


def reach(run: Run, plan: Plan) -> dict[str, Reach]:
    """By definition, how many of the best of `run` the contacts reach that the run planned by `plan`."""
    with connection.cursor() as cursor:
        cursor.execute(_REACH, {"run": run.pk, "plan": plan.pk})
        return {name: Reach(*counted) for name, *counted in cursor.fetchall()}


def kept_runs() -> list[Run]:
    """The published runs whose rows of each customer are still here: of them a list can be computed anew."""
    rows = Worth.objects.filter(run_id=OuterRef("pk"))
    return list(
        Run.objects.filter(Exists(rows), published_at__isnull=False).order_by("-until", "-published_at")
    )
