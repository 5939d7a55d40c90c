"""Counts the behavior that a plan shall change: where it stands before the plan, and in each arm since."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from sterna.desk.dashboards.queries.current import run_before, shown_run
from sterna.desk.experiments.models import Experiment
from sterna.desk.lakehouse.lake_query import Limits, lake_query
from sterna.desk.plans.models import Plan
from sterna.desk.runs.models import Run
from sterna.desk.runs.panels import files_of, panel_of
from sterna.engine.documents import Finding
from sterna.engine.measurement.statistics import Arm, Comparison, benjamini_hochberg, cuped, welch
from sterna.engine.measurement.verdicts import Criterion, Verdict, judge
from sterna.engine.plans import Document, of_body
from sterna.engine.plans.behavior import check_baselines, figure_of
from sterna.engine.plans.known import Counted
from sterna.engine.plans.parts import Asset, Behavior
from sterna.engine.plans.strategy import Slot
from sterna.engine.rules import compile_sums

LIMITS = Limits(threads=2, memory="2GB")
TREATED, HELD_OUT = "treated", "held out"
# Whoever the plan is for as it opens, each with the same days; nothing is asked of the days after.
_STANDING = """
with watched as (
    select people.n as customer_id, 'all' as arm, cast($on_day as date) - cast($days as integer) as before_on,
        cast($on_day as date) as on_day, cast($on_day as date) as after_on
    from standing join people on people.customer_id = standing.customer_id
    where standing.scheme = $scheme and ($everywhere or list_contains($places, standing.to_place))
)
"""
# Only whose days are over: those of whom half is still to come would count as if nothing came of it.
_DRAWN = """
with watched as (
    select people.n as customer_id, drawn.arm,
        drawn.assigned_on - cast($days as integer) as before_on, drawn.assigned_on as on_day,
        drawn.assigned_on + cast($days as integer) as after_on
    from assignments as drawn join people on people.customer_id = drawn.customer_id
    where drawn.experiment = $experiment and drawn.asset = $asset
        and drawn.assigned_on + cast($days as integer) <= cast($cut as date)
)
"""
_WAITING = """
select count(*) from assignments
where experiment = $experiment and asset = $asset and assigned_on + cast($days as integer) > cast($cut as date)
"""


@dataclass(frozen=True)
class Arms:
    """What the arms of an asset did before and since, per customer, and what the difference says.

    `waiting` are drawn and still within their days. The means are None for an arm without customers.
    """

    treated: Arm
    held_out: Arm
    waiting: int
    comparison: Comparison
    verdict: Verdict


@dataclass(frozen=True)
class Counting:
    """A part of the plan with its behavior: as stated, as counted of whom it is for, and in its arms since.

    `places` are those of its goals, none for a part that is for everybody. `lacking` says why nothing is counted.
    """

    part: str
    title: str
    behavior: Behavior
    places: tuple[str, ...]
    counted: Counted | None = None
    arms: Arms | None = None
    lacking: str = ""


@dataclass(frozen=True)
class Counts:
    """All of a plan's behaviors, the run that its customers stood in, the one that counted, and what is to be said."""

    parts: Sequence[Counting]
    findings: Sequence[Finding] = ()
    stood: Run | None = None
    newest: Run | None = None


def counts(plan: Plan) -> Counts:
    """Where the behaviors of a version stood on the day before it opens, or stand today, and what became of them.

    Raises Refused where counting takes longer than a page may, LakeMissing where the newest run's files are gone.
    """
    document = of_body(plan.definition.body)
    parts = list(_parts(document))
    newest = shown_run()
    stood = run_before(plan.opens_on) or newest
    if newest is None or stood is None:
        return Counts([replace(part, lacking="no run has been published yet") for part in parts])
    standing = files_of(stood, "places")
    if not standing:
        lacking = f"the files of the run of {stood.until} are not kept any more"
        return Counts([replace(part, lacking=lacking) for part in parts], (), stood, newest)
    files = {**panel_of(newest), "standing": standing}
    on = min(plan.opens_on, newest.until + timedelta(days=1))
    parts = [_counted(part, document, files, on) for part in parts]
    experiment, drawn = Experiment.objects.filter(plan=plan).first(), files_of(newest, "assignments")
    if experiment is not None and drawn:
        cut = newest.until + timedelta(days=1)
        parts = _with_arms(parts, experiment.name, {**files, "assignments": drawn}, cut)
    known = {part.part: part.counted for part in parts if part.counted is not None}
    return Counts(parts, list(check_baselines(document, known)), stood, newest)


def _parts(document: Document) -> Iterator[Counting]:
    places = {goal.id: goal.from_place or "" for goal in document.plan.goals}
    everything: Sequence[Asset | Slot] = (*document.plan.assets, *document.plan.slots)
    for part in everything:
        behavior, name = part.behavior, part.id or ""
        if behavior is None or not behavior.window_days:
            continue
        serves = part.goals if isinstance(part, Asset) else ()
        title = (part.title if isinstance(part, Asset) else None) or f"Slot {name}"
        lacking = "" if behavior.counts else "the plan does not say how its events count it"
        standing = tuple(dict.fromkeys(places[goal] for goal in serves if goal in places))
        yield Counting(name, title, behavior, standing, lacking=lacking)


def _asked(part: Counting, watched: str, files: Mapping[str, Sequence[str]], **given: Any) -> dict[str, Arm]:
    """The sums of each arm among those watched."""
    if part.behavior.counts is None:
        return {}
    compiled = compile_sums(figure_of(part.behavior.counts), "shelves")
    asked = {"days": part.behavior.window_days, **given, **compiled.parameters}
    rows = lake_query(watched + compiled.sql, files, asked, limits=LIMITS)
    return {
        arm: Arm(customers, sum_y, sum_yy, sum_x, sum_xx, sum_xy)
        for arm, customers, sum_x, sum_xx, sum_y, sum_yy, sum_xy in rows
    }


def _counted(part: Counting, document: Document, files: Mapping[str, Sequence[str]], on: date) -> Counting:
    if part.lacking:
        return part
    terms = {"scheme": document.plan.scheme, "everywhere": not part.places, "places": list(part.places)}
    found = _asked(part, _STANDING, files, on_day=on, **terms).get("all")
    if found is None or found.sum_x is None or found.sum_xx is None:
        return replace(part, lacking="nobody stands where its goals begin")
    mean = found.sum_x / found.n
    spread = max(found.sum_xx / found.n - mean**2, 0.0)
    return replace(part, counted=Counted(mean=mean, customers=found.n, error=(spread / found.n) ** 0.5))


def _with_arms(
    parts: Sequence[Counting], experiment: str, files: Mapping[str, Sequence[str]], cut: date
) -> list[Counting]:
    """The parts with their arms, each judged by a p that knows of the comparisons beside it."""
    drawn = {part.part: found for part in parts if (found := _drawn(part, experiment, files, cut))}
    compared = {
        name: (cuped if min(treated.n, held_out.n) > 1 else welch)(treated, held_out)
        for name, (treated, held_out, _) in drawn.items()
    }
    adjusted = dict(zip(compared, benjamini_hochberg([one.p for one in compared.values()]), strict=True))
    made = []
    for part in parts:
        if part.part in drawn:
            comparison = compared[part.part]
            verdict = judge(comparison, _criterion(part.behavior), adjusted[part.part])
            made.append(replace(part, arms=Arms(*drawn[part.part], comparison, verdict)))
        else:
            made.append(part)
    return made


def _drawn(
    part: Counting, experiment: str, files: Mapping[str, Sequence[str]], cut: date
) -> tuple[Arm, Arm, int] | None:
    """The sums of both arms and how many still wait for their days to be over; None where nobody was drawn."""
    if part.lacking:
        return None
    terms = {"experiment": experiment, "asset": part.part, "cut": cut}
    found = _asked(part, _DRAWN, files, **terms)
    ((waiting,),) = lake_query(_WAITING, files, terms | {"days": part.behavior.window_days})
    nobody = Arm(0, 0.0, 0.0, 0.0, 0.0, 0.0)
    arms = found.get(TREATED, nobody), found.get(HELD_OUT, nobody)
    return (*arms, waiting) if found or waiting else None


def _criterion(behavior: Behavior) -> Criterion:
    """Judged by the change that the plan promises: a smaller one is less than was wanted."""
    change = (behavior.target or 0.0) - (behavior.baseline or 0.0)
    return Criterion(abs(change) or 1.0, "up" if change >= 0 else "down")
