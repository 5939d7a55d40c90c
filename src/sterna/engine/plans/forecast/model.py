"""Turns a plan and its basis into numbers by place and month: who is pushed where, how strongly, and at which cost."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from itertools import accumulate, pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sterna.engine.errors import BadInput
from sterna.engine.plans.dependencies import last_there, open_before
from sterna.engine.plans.document import Plan
from sterna.engine.plans.forecast.basis import Basis, require_sound
from sterna.engine.plans.forecast.calendar import contacts, month_of, month_starts
from sterna.engine.plans.parts import Asset, Effect, Goal

# The ends of a stated effect hold it in nine cases of ten; so wide is a normal distribution there, in its deviations.
NINE_IN_TEN = 2 * 1.6448536269514722


class Push(NamedTuple):
    """One asset at work for one goal: `contacts` by month go to those who began in place `origin`.

    Of these contacts the share `take_up` takes it up, and of those the share `lift` is in place `target` who would not
    be there; `deviation` is how uncertain that is. `cost` is that of a contact, `unit_cost` that of a taking up, in the
    plan's currency; `most` takings up there are.
    """

    asset: str
    goal: str
    origin: int
    target: int
    contacts: NDArray[np.int64]
    take_up: float
    lift: float
    deviation: float
    cost: float
    unit_cost: float
    most: int


class Aim(NamedTuple):
    """One goal in numbers: from place `origin` to `target` or above by the end of month `by`; `wanted` customers."""

    goal: Goal
    origin: int
    target: int
    by: int


class Model(NamedTuple):
    """All that the closed form and the draws go by; `notes` say what is left out and why."""

    basis: Basis
    starts: tuple[date, ...]
    aims: tuple[Aim, ...]
    pushes: tuple[Push, ...]
    notes: tuple[str, ...]


def model(plan: Plan, basis: Basis) -> Model:
    """The numbers of `plan` on `basis`. Raises BadInput for what cannot be, as a goal larger than its place."""
    require_sound(basis)
    starts = month_starts(plan, basis.as_of)
    aims = tuple(_aims(plan, basis, starts))
    pushes, notes = _pushes(plan, basis, starts, {aim.goal.id or "": aim for aim in aims})
    return Model(basis, starts, aims, tuple(pushes), tuple(notes))


def _aims(plan: Plan, basis: Basis, starts: tuple[date, ...]) -> Iterator[Aim]:
    ranks = {place: rank for rank, place in enumerate(basis.places)}
    for goal in plan.goals:
        for place in (goal.from_place, goal.to_place):
            if place not in ranks:
                raise BadInput(f"goal {goal.id}: {place!r} is none of the places {', '.join(basis.places)}")
        if goal.customers is None or goal.by is None:
            raise BadInput(f"goal {goal.id} does not say how many customers by when")
        held = basis.headcounts.get(goal.from_place or "", 0)
        if goal.customers > held:
            raise BadInput(
                f"goal {goal.id} wants {goal.customers} customers, and {goal.from_place} holds {held}"
            )
        yield Aim(goal, ranks[goal.from_place or ""], ranks[goal.to_place or ""], month_of(starts, goal.by))


def _pushes(
    plan: Plan, basis: Basis, starts: tuple[date, ...], aims: Mapping[str, Aim]
) -> tuple[list[Push], list[str]]:
    planned: dict[str, list[tuple[float, list[float]]]] = {}
    assets: dict[str, Asset] = {}
    held_until, notes = _held(plan, starts[0])
    for asset, route, by_month in contacts(plan, starts, held_until):
        assets[asset.id or ""] = asset
        planned.setdefault(asset.id or "", []).append((float(route.contact_cost or 0), by_month))
    pushes, notes = list[Push](), [*notes, *_lost(plan, starts, held_until, planned)]
    left = {name: _audience(aim, basis, plan) for name, aim in aims.items()}
    for name, asset in assets.items():
        served = [aims[goal] for goal in asset.goals if goal in aims]
        if not served:
            notes.append(f"asset {name} serves no goal: it costs, and moves nobody")
        elif asset.effect is None or asset.effect.lift is None:
            notes.append(f"asset {name} states no lift: it costs, and moves nobody")
        at_work: list[Aim | None] = [*served] or [None]
        for aim in at_work:
            share = left[aim.goal.id or ""] / sum(left[one.goal.id or ""] for one in served) if aim else 1.0
            pushes.append(_push(asset, aim, planned[name], share, plan, notes, left))
    for asset in plan.assets:
        if (asset.id or "") not in assets:
            notes.append(f"asset {asset.id} has no planned contacts ahead: it moves nobody")
    return pushes, notes


def _held(plan: Plan, first: date) -> tuple[dict[str, date], list[str]]:
    """The assets that something they need keeps back beyond the first day, each until when, and what is overdue.

    What should be there by now and is still open has no day to go by: it is taken as there, and the notes say so.
    """
    held_until, overdue = dict[str, date](), dict[str, list[str]]()
    for name in (asset.id for asset in plan.assets if asset.id):
        if (last := last_there(plan, name)) and last > first:
            held_until[name] = last
        for needed in open_before(plan, name):
            if needed.by and needed.by < first:
                said = f"{needed.id} was due on {needed.by} and is still open: it is taken as there for "
                overdue.setdefault(said, []).append(name)
    return held_until, [said + ", ".join(names) for said, names in overdue.items()]


def _lost(
    plan: Plan,
    starts: tuple[date, ...],
    held_until: Mapping[str, date],
    planned: Mapping[str, list[tuple[float, list[float]]]],
) -> Iterator[str]:
    """How many contacts ahead each asset that is held back loses by it."""
    if not held_until:
        return
    ahead = defaultdict[str, float](float)
    for asset, _, by_month in contacts(plan, starts):
        ahead[asset.id or ""] += sum(by_month)
    for name, day in held_until.items():
        if (lost := ahead[name] - sum(sum(by) for _, by in planned.get(name, ()))) > 0:
            of_all = f"{lost:,.0f} of its {ahead[name]:,.0f} contacts ahead are not made"
            yield f"asset {name} is held back until {day} by what it needs: {of_all}"


def _audience(aim: Aim, basis: Basis, plan: Plan) -> float:
    """The customers who may be contacted for a goal: its audience at most, without those who are held out."""
    held = basis.headcounts.get(basis.places[aim.origin], 0)
    out = (plan.hold_out.share or 0.0) if plan.hold_out else 0.0
    return max(1.0, min(held, aim.goal.size if aim.goal.size is not None else held) * (1 - out))


def _push(
    asset: Asset,
    aim: Aim | None,
    planned: list[tuple[float, list[float]]],
    share: float,
    plan: Plan,
    notes: list[str],
    left: Mapping[str, float],
) -> Push:
    months = np.array([sum(month) for month in zip(*(by for _, by in planned), strict=True)]) * share
    total = float(months.sum())
    cost = sum(each * sum(by) for each, by in planned) * share / total if total else 0.0
    if aim is not None and total > (most := left[aim.goal.id or ""] * plan.times(asset)):
        notes.append(
            f"asset {asset.id} plans {total:,.0f} contacts for {aim.goal.id}, and {most:,.0f} can be had"
        )
        months *= most / total
    effect = (asset.effect or Effect()) if aim else Effect()
    low, high = effect.low, effect.high
    return Push(
        asset=asset.id or "",
        goal=(aim.goal.id or "") if aim else "",
        origin=aim.origin if aim else 0,
        target=aim.target if aim else 0,
        contacts=_whole(months),
        take_up=1.0 if effect.take_up is None else effect.take_up,
        lift=effect.lift or 0.0,
        deviation=0.0 if low is None or high is None else (high - low) / NINE_IN_TEN,
        cost=cost,
        unit_cost=float(asset.unit_cost or 0),
        most=10**9 if asset.capacity is None else int(asset.capacity * share),
    )


def _whole(months: NDArray[np.float64]) -> NDArray[np.int64]:
    """Whole contacts that follow the sum of the planned ones, so that none is lost by rounding each month."""
    sums = [0, *(round(total) for total in accumulate(months.tolist()))]
    return np.array([after - before for before, after in pairwise(sums)], dtype=np.int64)
