"""What a plan's forecast goes by: the run before it opens, the moves that run knows of, and what was seen since."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any

from sterna.desk.config import options
from sterna.desk.dashboards.queries import places
from sterna.desk.dashboards.queries.current import opening
from sterna.desk.lakehouse.lake_query import lake_query
from sterna.desk.plans.models import Plan
from sterna.desk.plans.queries import dependencies_now
from sterna.desk.runs.models import Run
from sterna.engine.plans import Plan as Document
from sterna.engine.plans import of_body
from sterna.engine.plans.forecast import Basis, Difference, Forecast, Happened, Lever
from sterna.engine.plans.forecast import back_test as test
from sterna.engine.plans.forecast import beside as lay_beside
from sterna.engine.plans.forecast import forecast as tell
from sterna.engine.plans.forecast import sensitivity as weigh
from sterna.engine.segments.months import months_before

NONE, _ = places.OUTSIDE
# What each customer spent by month, put into places by the earlier and by the later of two windows and by all of the
# plan's length; edges are multiplied out, so that a shorter window is compared with its part of an edge, to the cent.
_HALVES = """
with spans as (
    select
        customers.customer_id,
        coalesce(sum(amount) filter (month >= $first and month < $middle), 0) as earlier,
        coalesce(sum(amount) filter (month >= $middle and month < $ended), 0) as later,
        coalesce(sum(amount) filter (month >= $opened and month < $ended), 0) as whole,
        customers.first_seen_on < $middle as seen
    from customers
    left join category_months using (customer_id)
    group by customers.customer_id, customers.first_seen_on
),
edges as (
    select unnest($names) as place, unnest($lows)::decimal(18, 2) as low, unnest($highs)::decimal(18, 2) as high
),
placed as (
    select
        coalesce(before.place, 'none') as from_place, coalesce(after.place, 'none') as to_place,
        coalesce(stands.place, 'none') as stands, earlier, later, whole, seen
    from spans
    left join edges as before on earlier * $window >= before.low * $part
        and (before.high is null or earlier * $window < before.high * $part)
    left join edges as after on later * $window >= after.low * $part
        and (after.high is null or later * $window < after.high * $part)
    left join edges as stands on whole >= stands.low and (stands.high is null or whole < stands.high)
)
"""
_MOVED = _HALVES + "select from_place, to_place, count(*) from placed where seen group by all order by all"
_BROUGHT = (
    _HALVES
    + """
select to_place, avg(cast(later as double)), coalesce(stddev_samp(cast(later as double)), 0), count(*)
from placed group by to_place order by to_place
"""
)
_SPREAD = (
    _HALVES
    + """
select stands, coalesce(stddev_samp(cast(whole as double)), 0),
    (select corr(cast(earlier as double), cast(later as double)) from placed where seen)
from placed group by stands order by stands
"""
)
_MONTHS = "select min(month), max(month) from category_months"


@dataclass(frozen=True)
class Ground:
    """The basis of a forecast and the run it was read from; or why there is none."""

    basis: Basis | None = None
    run: Run | None = None
    lacking: str = ""


def ground(plan: Plan) -> Ground:
    """What was known on the last day before `plan` opened, or today of one to come, of who moves where.

    The moves that the run counted are taken where it saw somebody start in every tier; else those between the halves
    of the months that it holds, by as much smaller edges, where the tiers go by what is spent.
    """
    published = Run.objects.filter(published_at__isnull=False, until__lt=plan.opens_on)
    run = published.order_by("-until", "-published_at").first()
    if run is None:
        return Ground(lacking=f"No run tells where customers stood before {plan.opens_on}")
    scheme = plan.definition.body.get("scheme")
    if scheme not in {one["name"] for one in places.schemes(run)}:
        return Ground(run=run, lacking=f"The run of {run.until} placed nobody by {scheme}")
    counted = _counted(run, scheme)
    started = {start for start, _ in counted}
    if all(place in started for place in _standing(counted) if place != NONE):
        return Ground(_of_cells(run, scheme, counted), run)
    if not _spends(run, scheme) or not _files(run):
        lacking = f"The run of {run.until} is the first: it saw nobody move, and no months before it are kept"
        return Ground(run=run, lacking=lacking)
    return _of_months(run, scheme, counted)


def _counted(run: Run, scheme: str) -> dict[tuple[str, str], int]:
    cells = places.cells(run, scheme).filter(customers__gt=0)
    return {(cell.from_place, cell.to_place): cell.customers for cell in cells}


def _standing(counted: Mapping[tuple[str, str], int]) -> dict[str, int]:
    by_place = sorted((end, customers) for (_, end), customers in counted.items())
    return {place: sum(n for _, n in rows) for place, rows in groupby(by_place, key=lambda row: row[0])}


def _ladder(run: Run, scheme: str) -> tuple[str, ...]:
    return (NONE, *(place.name for place in reversed(places.ladder(run, scheme))))


def _of_cells(run: Run, scheme: str, counted: Mapping[tuple[str, str], int]) -> Basis:
    named, months = _ladder(run, scheme), int(places.terms(run, scheme)["window_months"])
    worth = None
    if places.unit(run, scheme) is not None and _spends(run, scheme):
        sums = {place: (Decimal(0), 0) for place in named}
        for cell in places.cells(run, scheme):
            amount, customers = sums[cell.to_place]
            sums[cell.to_place] = (amount + cell.to_amount, customers + cell.customers)
        worth = {
            place: float(amount) / customers / months
            for place, (amount, customers) in sums.items()
            if customers
        }
    return Basis(
        as_of=run.until,
        places=named,
        months=months,
        moved=_matrix(named, counted),
        headcounts=_standing(counted),
        worth=worth,
        source=f"the moves of the {months} months up to {run.until}",
    )


def _matrix(named: Sequence[str], counted: Mapping[tuple[str, str], int]) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(counted.get((start, end), 0) for end in named) for start in named)


def _spends(run: Run, scheme: str) -> bool:
    return str(places.terms(run, scheme)["measure"]) == "spend"


def _files(run: Run) -> dict[str, list[str]]:
    folder = options.home() / "runs" / str(run.pk)
    found = {name: folder / f"{name}.parquet" for name in ("customers", "category_months")}
    return (
        {name: [str(path)] for name, path in found.items()} if all(p.exists() for p in found.values()) else {}
    )


def _of_months(run: Run, scheme: str, counted: Mapping[tuple[str, str], int]) -> Ground:
    window, files = int(places.terms(run, scheme)["window_months"]), _files(run)
    ended = run.until + timedelta(days=1)
    ((begins, _),) = lake_query(_MONTHS, files, {})
    part = min(window, _months_between(begins, ended) // 2) if begins and ended.day == 1 else 0
    if part < 1:
        return Ground(
            run=run, lacking=f"Fewer than two whole months lie before {ended}: nobody can be seen to move"
        )
    bands = [band for band in places.ladder(run, scheme) if band.low is not None]
    asked: dict[str, Any] = {
        "first": months_before(ended, 2 * part), "middle": months_before(ended, part), "ended": ended,
        "opened": months_before(ended, window), "window": window, "part": part,
        "names": [band.name for band in bands], "lows": [str(band.low) for band in bands],
        "highs": [None if band.high is None else str(band.high) for band in bands],
    }  # fmt: skip
    moved = {(start, end): number for start, end, number in lake_query(_MOVED, files, asked)}
    brought = {
        place: (mean / part, spread / part / number**0.5)
        for place, mean, spread, number in lake_query(_BROUGHT, files, asked)
    }
    spreads = list(lake_query(_SPREAD, files, asked))
    named = _ladder(run, scheme)
    return Ground(
        Basis(
            as_of=run.until,
            places=named,
            months=window,
            moved=_matrix(named, moved),
            headcounts=_standing(counted),
            worth={place: mean for place, (mean, _) in brought.items()},
            worth_error={place: error for place, (_, error) in brought.items()},
            spread={place: spread for place, spread, _ in spreads},
            correlation=float(next((each for *_, each in spreads if each is not None), 0.0)),
            source=_said(begins, part, window, run.until),
        ),
        run,
    )


def _said(begins: date, part: int, window: int, until: date) -> str:
    return (
        f"what was bought in the {part} months up to {until} beside the {part} before, by {part} parts of {window} of "
        f"each edge, and taken for two windows of {window} months: purchases are known from {begins:%B %Y} only"
    )


def _months_between(first: date, last: date) -> int:
    return (last.year - first.year) * 12 + last.month - first.month


@dataclass(frozen=True)
class Told:
    """A plan's forecast, what it hangs on, and what was seen of its goals since; `compared` says by which run."""

    forecast: Forecast
    levers: Sequence[Lever]
    happened: Sequence[Happened] = ()
    compared: Run | None = None


def told(plan: Plan, basis: Basis) -> Told:
    """The forecast of `plan`, beside what happened where a run measured just the plan's period. Raises BadInput."""
    document = _document(plan)
    found, levers = tell(document, basis), weigh(document, basis)
    run = _measured(plan)
    if run is None:
        return Told(found, levers)
    seen = _counted(run, str(plan.definition.body["scheme"]))
    return Told(found, levers, test(found, seen, basis.places), run)


def _document(plan: Plan) -> Document:
    """The plan as it is written, with the days of what it waits for as they were last said."""
    return dependencies_now(plan, of_body(plan.definition.body).plan)


def _measured(plan: Plan) -> Run | None:
    """The run that measured from the day on which the plan opened to that on which it closed, published last."""
    ended = Run.objects.filter(published_at__isnull=False, until=plan.closes_on).order_by("-published_at")
    return next((run for run in ended if opening(run) == plan.opens_on), None)


def beside(first: Plan, second: Plan, basis: Basis) -> list[Difference]:
    """What the second plan would do more than the first. Raises BadInput where they cannot be compared."""
    return lay_beside(_document(first), _document(second), basis)
