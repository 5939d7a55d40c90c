"""What a plan does for the best customers, as a part of the plan's page."""

from django.db.models import QuerySet
from django.urls import reverse

from sterna.desk.contacts.models import Contact
from sterna.desk.dashboards.best_words import how_listed
from sterna.desk.dashboards.page import Section
from sterna.desk.dashboards.queries import best
from sterna.desk.plans.models import Plan
from sterna.desk.runs.models import Run
from sterna.desk.web.components import Column, Component, Empty, Failed, Number, Row, Table

TITLE = "What does it do for the best customers?"
LEAD = "Contacts that the shown run planned by this version; what is expected is the headroom of those who are reached."


def best_reached(plan: Plan, run: Run | None) -> list[Section]:
    """Each list of the run beside the plan's contacts of it, with a flag where none of the best is reached."""
    listed = [one for one in best.listed(run) if _members(one)] if run else []
    if run is None or not listed:
        return []
    if plan.state == Plan.State.DRAFT:
        nothing = Empty(
            "Which of the best customers it reaches.", "Nobody is contacted by a plan before it is live."
        )
        return [Section([nothing], TITLE)]
    if run.until >= plan.closes_on and not _contacts(run, plan).exists():
        return [Section([_over(run, plan)], TITLE)]
    reached = best.reach(run, plan)
    missed = [one for one in listed if one.in_force and reached[one.definition.best].reached == 0]
    flags: list[Component] = [_flag(run, plan, missed)] if missed else []
    return [Section([*flags, _table(run, listed, reached)], TITLE, LEAD)]


def _contacts(run: Run, plan: Plan) -> QuerySet[Contact]:
    return Contact.objects.filter(run_id=run.pk, plan=plan).exclude(state=Contact.State.WITHDRAWN)


def _over(run: Run, plan: Plan) -> Empty:
    """That nobody is reached any more is no fault of a plan that has come to its end."""
    return Empty(
        "Which of the best customers it reaches.",
        f"It ends on {plan.closes_on}, so the run of {run.until} planned nothing more by it. "
        "With an earlier day above, the page says whom it reached.",
    )


def _flag(run: Run, plan: Plan, missed: list[best.Listed]) -> Failed:
    """What R15 asks to be said aloud: whom of the best the plan leaves out altogether."""
    lists = [
        f"of the {_members(one):,} by {one.definition.best}, version {one.definition.version}"
        for one in missed
    ]
    kept = (
        "Whom it reaches stands in the outbox."
        if _contacts(run, plan).exists()
        else "The shown run planned no contact by it."
    )
    return Failed(
        f"It reaches none of the best customers: none {', none '.join(lists)}.",
        kept,
        "Widen a goal to where they stand, or plan for them apart.",
        "Who they are",
        reverse("best_customers"),
    )


def _members(one: best.Listed) -> int:
    return one.record["members"] if one.record else 0


def _table(run: Run, listed: list[best.Listed], reached: dict[str, best.Reach]) -> Table:
    rows = [
        Row(
            [
                one.definition.title,
                found.best,
                found.reached,
                found.reached / found.best,
                _room(run, one, found),
                found.unknown,
            ],
            reverse("best_list", args=[one.definition.best]),
        )
        for one in listed
        for found in [reached[one.definition.best]]
    ]
    columns = [
        Column("list", "Best customers by"),
        Column("best", "Members", "number"),
        Column("reached", "Reached", "number"),
        Column("share", "Of them", "percent"),
        Column("room", "Expected of those", "component", unit=run.brief["currency"]),
        Column("unknown", "Unknown of", "number"),
    ]
    return Table("Best customers reached", columns, rows, stacks=True)


def _room(run: Run, one: best.Listed, found: best.Reach) -> Number:
    meaning = "The headroom of the members that the contacts reach, summed."
    how = how_listed(run, one.definition, meaning)
    if found.reached == 0:
        return Number("Expected of those", "none", "text", None, how, compact=True)
    return Number("Expected of those", found.room, "money_exact", None, how, compact=True)
