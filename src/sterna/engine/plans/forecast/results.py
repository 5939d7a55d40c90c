"""The forecast of a plan in figures with intervals: who moves, by when, at what cost, and what that is worth."""

from collections.abc import Callable
from datetime import date

import msgspec
import numpy as np

from sterna.engine.errors import BadInput
from sterna.engine.plans.document import Plan
from sterna.engine.plans.forecast.basis import Basis, Floats
from sterna.engine.plans.forecast.model import Aim, Model, model
from sterna.engine.plans.forecast.power import Power, powers
from sterna.engine.plans.forecast.walking import Walked, drawn, expected

LEAST_DRAWS, MOST_DRAWS = 20, 10_000
_LOW, _HIGH = 0.05, 0.95  # nine draws of ten lie between


class Range(msgspec.Struct, frozen=True, kw_only=True):
    """The mean of the draws, and the two values between which nine of ten lie."""

    low: float
    mean: float
    high: float


class GoalForecast(msgspec.Struct, frozen=True, kw_only=True):
    """One goal: the customers expected to be in its place or above on its day, and how many of them by the plan.

    `expected` is the same in closed form, `reached` the share of draws in which the wanted number is there, `months`
    the customers at the end of each month of the forecast.
    """

    goal: str
    from_place: str
    to_place: str
    wanted: int
    by: date
    moved: Range
    by_plan: Range
    expected: float
    reached: float
    months: tuple[Range, ...]


class PlaceForecast(msgspec.Struct, frozen=True, kw_only=True):
    """One place: its customers now, at the end with the plan, and what is expected there without it."""

    place: str
    now: int
    then: Range
    without: float


class Forecast(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be expected of a plan; money is in the plan's currency, None where it is not known.

    `starts` are the first days of its months. `worth` is what the places changed by the plan bring more until its
    close, `net` that without the cost. `matrix` holds the customers by first and last place, as expected. `powers` say
    of each goal whether the hold-out can show what is promised; `notes` what is left out, and why.
    """

    plan: str
    version: int
    as_of: date
    until: date
    draws: int
    seed: int
    currency: str
    source: str
    starts: tuple[date, ...]
    goals: tuple[GoalForecast, ...]
    places: tuple[PlaceForecast, ...]
    matrix: tuple[tuple[float, ...], ...]
    contacts: int
    taken: Range
    cost: Range
    worth: Range | None
    net: Range | None
    powers: tuple[Power, ...]
    notes: tuple[str, ...]


def forecast(
    plan: Plan,
    basis: Basis,
    draws: int = 200,
    seed: int = 1,
    tell: Callable[[str], None] = lambda line: None,
) -> Forecast:
    """What is to be expected of `plan` from `basis.as_of` to its close.

    `seed` makes it repeatable, `tell` hears how far it is. Raises BadInput where the plan wants more customers than a
    place holds, speaks of places that the basis does not have, or lies behind the day.
    """
    if not LEAST_DRAWS <= draws <= MOST_DRAWS:
        raise BadInput(f"{draws} draws: ask for {LEAST_DRAWS} to {MOST_DRAWS:,}")
    numbers = model(plan, basis)
    tell(f"{len(numbers.starts)} months, {len(numbers.pushes)} assets at work, {draws} draws")
    return told(plan, numbers, drawn(numbers, draws, seed), expected(numbers), seed)


def told(plan: Plan, numbers: Model, walked: Walked, mean: Walked, seed: int) -> Forecast:
    """The figures of what was drawn and of the closed form."""
    basis = numbers.basis
    known = not np.isnan(walked.worth).any()
    notes = list(numbers.notes)
    if not known:
        notes.append("what a place brings is not known, so neither is what the plan is worth")
    return Forecast(
        plan=plan.name or "",
        version=plan.version or 0,
        as_of=basis.as_of,
        until=plan.closes or basis.as_of,
        draws=len(walked.cost),
        seed=seed,
        currency=plan.currency or "",
        source=basis.source,
        starts=numbers.starts,
        goals=tuple(_goal(aim, basis, walked, mean) for aim in numbers.aims),
        places=tuple(_place(at, basis, walked, mean) for at in range(len(basis.places))),
        matrix=tuple(tuple(row) for row in mean.stood[0, -1].round(3).tolist()),
        contacts=round(float(mean.contacts[0])),
        taken=spread(walked.taken),
        cost=spread(walked.cost),
        worth=spread(walked.worth) if known else None,
        net=spread(walked.worth - walked.cost) if known else None,
        powers=powers(plan, numbers, mean),
        notes=tuple(notes),
    )


def spread(values: Floats) -> Range:
    """The mean of `values`, and the ends between which nine of ten lie."""
    low, high = np.quantile(values, [_LOW, _HIGH])
    return Range(low=float(low), mean=float(values.mean()), high=float(high))


def arrived(aim: Aim, stood: Floats, month: int) -> Floats:
    """The customers of each draw who began in the goal's place and are in its target or above after `month`."""
    found: Floats = stood[:, month, aim.origin, aim.target :].sum(axis=1)
    return found


def _goal(aim: Aim, basis: Basis, walked: Walked, mean: Walked) -> GoalForecast:
    goal, moved = aim.goal, arrived(aim, walked.stood, aim.by)
    wanted, by = goal.customers, goal.by
    if wanted is None or by is None:
        raise BadInput(f"goal {goal.id} does not say how many customers by when")
    return GoalForecast(
        goal=goal.id or "",
        from_place=basis.places[aim.origin],
        to_place=basis.places[aim.target],
        wanted=wanted,
        by=by,
        moved=spread(moved),
        by_plan=spread(arrived(aim, walked.made, aim.by)),
        expected=float(arrived(aim, mean.stood, aim.by)[0]),
        reached=float((moved >= wanted).mean()),
        months=tuple(spread(arrived(aim, walked.stood, month)) for month in range(walked.stood.shape[1])),
    )


def _place(at: int, basis: Basis, walked: Walked, mean: Walked) -> PlaceForecast:
    place = basis.places[at]
    return PlaceForecast(
        place=place,
        now=basis.headcounts.get(place, 0),
        then=spread(walked.stood[:, -1, :, at].sum(axis=1)),
        without=float((mean.stood - mean.made)[0, -1, :, at].sum()),
    )
