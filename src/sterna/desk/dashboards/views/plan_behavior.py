"""What customers do, as a page of a plan: where each behavior stood, beside its baseline, and what changed since."""

from collections.abc import Iterator
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from sterna.desk.config.refused import Refused
from sterna.desk.dashboards.page import Page, Section, answer
from sterna.desk.dashboards.queries.behaviors import Counting, Counts, counts
from sterna.desk.dashboards.verdict import WORDS
from sterna.desk.plans.models import Plan
from sterna.desk.users.access import Right, needs
from sterna.desk.web.components import Column, Component, Empty, Row, Table, Verdict
from sterna.desk.web.formats import decimal
from sterna.engine.errors import SternaError
from sterna.engine.measurement.statistics import Arm
from sterna.engine.plans.parts import Behavior

_STOOD = "A mean over everybody whom it is for, counted from the events; who did nothing counts as zero."
_SINCE = (
    "Each customer's days since they were drawn beside as many before, of those whose days are over. The difference "
    "is between the arms, less what the days before explain."
)


@needs(Right.READ)
def plan_behavior(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What customers do of what one version of a plan shall change, before it and since."""
    plan = get_object_or_404(Plan.objects.select_related("definition"), pk=pk)
    question = f"{plan.title}: does what customers do change?"
    trail = [("Plans", reverse("plan_list")), (plan.title, reverse("plan", args=[pk]))]
    try:
        found = counts(plan)
    except (SternaError, Refused) as error:
        nothing = Empty("What customers do.", f"{str(error)[:1].upper()}{str(error)[1:]}.")
        return answer(request, Page(question, [Section([nothing])], trail=trail, dated=False))
    return answer(
        request, Page(question, list(_sections(plan, found)), _lead(plan, found), trail=trail, dated=False)
    )


def _lead(plan: Plan, found: Counts) -> str:
    if found.newest is None or found.stood is None:
        return f"Version {plan.version}. No run has been published yet, so nothing is counted."
    return (
        f"Version {plan.version}: whoever stood in the places of its goals in the run of {found.stood.until}, counted "
        f"from the events that the run of {found.newest.until} knows."
    )


def _sections(plan: Plan, found: Counts) -> Iterator[Section]:
    yield Section([_stands(found)], "Where did it stand?", _STOOD)
    if found.findings:
        rows = [Row([f"{one.message[:1].upper()}{one.message[1:]}.", f"{one.mend[:1].upper()}{one.mend[1:]}."])
                for one in found.findings]  # fmt: skip
        columns = [Column("said", "What does not fit"), Column("mend", "What would mend it")]
        yield Section([Table("Findings", columns, rows, stacks=True)], "Does the plan say so?")
    yield Section([_since(plan, found)], "Did it change?", _SINCE)


def _stands(found: Counts) -> Component:
    rows = [
        Row(
            [
                part.title,
                part.behavior.metric or "",
                ", ".join(part.places) or "everybody",
                _stated(part.behavior),
                _mean(part),
                part.counted.customers if part.counted else None,
                f"{part.behavior.window_days} days",
                f"{part.lacking[:1].upper()}{part.lacking[1:]}",
            ]
        )
        for part in found.parts
    ]
    columns = [
        Column("part", "Part of the plan"),
        Column("metric", "Metric"),
        Column("places", "For"),
        Column("stated", "Stated, from and to"),
        Column("counted", "Counted"),
        Column("customers", "Customers", "number"),
        Column("days", "In"),
        Column("lacking", "Why it is unknown"),
    ]
    nothing = Empty("What each asset shall change.", "The plan has no asset with a behavior yet.")
    return Table("Behavior before", columns, rows, stacks=True, empty=nothing)


def _stated(behavior: Behavior) -> str:
    ends = (behavior.baseline, behavior.target)
    return " to ".join("unknown" if end is None else f"{end:g}" for end in ends)


def _mean(part: Counting) -> str | None:
    if part.counted is None:
        return None
    return f"{decimal(part.counted.mean, 2)} (give or take {decimal(1.96 * part.counted.error, 2)})"


def _since(plan: Plan, found: Counts) -> Component:
    rows = [Row(list(_changed(part))) for part in found.parts if part.arms is not None]
    columns = [
        Column("part", "Part of the plan"),
        Column("metric", "Metric"),
        Column("treated", "Treated, before and since"),
        Column("held", "Held out, before and since"),
        Column("difference", "Difference"),
        Column("interval", "95 % interval"),
        Column("waiting", "Days not over", "number"),
        Column("verdict", "Verdict"),
    ]
    why = "Nobody was drawn for it by the newest run, or the plan does not say how its events count."
    nothing = Empty(f"What version {plan.version} changed.", why)
    return Table("Behavior since", columns, rows, stacks=True, empty=nothing)


def _changed(part: Counting) -> Iterator[object]:
    arms = part.arms
    if arms is None:
        return
    verdict = arms.verdict
    yield from (part.title, part.behavior.metric or "", _both(arms.treated), _both(arms.held_out))
    yield "unknown" if verdict.effect is None else decimal(verdict.effect, 2)
    if verdict.low is None or verdict.high is None:
        yield "withheld"
    else:
        yield f"{decimal(verdict.low, 2)} to {decimal(verdict.high, 2)}"
    yield arms.waiting
    yield Verdict(WORDS[verdict.word], None, verdict.reason)


def _both(arm: Arm) -> str:
    """The mean of an arm before and since, and of how many."""
    if not arm.n:
        return "nobody yet"
    return f"{decimal((arm.sum_x or 0) / arm.n, 2)}, {decimal(arm.sum_y / arm.n, 2)} ({arm.n:,})"
