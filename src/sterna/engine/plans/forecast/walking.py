"""Walks customers month by month through the places, with the plan and without: as expected, and drawn by chance.

The past tells where customers are a whole period later, and not in which of its months they moved: each month of a
period is as likely as another. So in a month its share of those who have not had their turn move as customers of their
place did before, and with the end of the period all have. Then those whom an asset brings to its goal's place are set
there, out of those who began in the goal's first place and stand below its target; who was to be kept before anybody
left is kept when somebody does. They have had their turn, and in the next period behave as everybody in that place,
so a part of an effect fades. A lift below 0 goes the other way. What the plan changes is followed beside the counts, as
the difference that it makes to what is expected of each place, so that it is not drowned by moves that come anyway.
"""

from typing import NamedTuple

import numpy as np

from sterna.engine.plans.forecast.basis import Floats
from sterna.engine.plans.forecast.model import Model, Push

_WAITS, _MOVED = 0, 1  # who has not had the turn of this period, and who has


class Walked(NamedTuple):
    """What came of the months: each array has the draws first; the closed form has one draw.

    `stood` are customers by month, first place and place; `made` the part of them that is the plan's doing; `contacts`,
    `taken` and `cost` are sums over the plan, `worth` what the changed places bring in all, NaN where it is unknown.
    """

    stood: Floats
    made: Floats
    contacts: Floats
    taken: Floats
    cost: Floats
    worth: Floats


class Course(NamedTuple):
    """What is taken for true in each draw, the draws last but in `chances` and `worth`.

    `chances` are those of moves in a period, by draw, place and place; `worth` what a month in each place brings, by
    draw and place. `lifts` and `take_up` are by push, `contacts` by push and month.
    """

    chances: Floats
    worth: Floats
    lifts: Floats
    take_up: Floats
    contacts: Floats


class _State:
    """Where customers stand in each draw, what the plan made of it, and what is still to come of an asset.

    `stood` and `made` are by draw, first place, whether they had their turn in the period, and place.
    """

    def __init__(self, model: Model, course: Course) -> None:
        draws, places = len(course.chances), len(model.basis.places)
        self.course = course
        self.stood = np.zeros((draws, places, 2, places), dtype=np.float64)
        self.stood[:, range(places), _WAITS, range(places)] = model.basis.opening()
        self.made = np.zeros_like(self.stood)
        self.pending = np.zeros((len(model.pushes), draws))
        self.taken = np.zeros((len(model.pushes), draws))
        self.cost = np.zeros(draws)
        self.worth = np.zeros(draws)


def stated(model: Model, draws: int) -> Course:
    """Every chance at its mean and every share as stated, the same in each of `draws`, to be turned by the caller."""
    pushes, places, months = len(model.pushes), len(model.basis.places), len(model.starts)
    contacts = np.array([push.contacts for push in model.pushes], dtype=np.float64).reshape(pushes, months, 1)
    lifts, taken = (
        np.array(shares, dtype=np.float64).reshape(pushes, 1)
        for shares in ([push.lift for push in model.pushes], [push.take_up for push in model.pushes])
    )
    return Course(
        np.broadcast_to(model.basis.chances(), (draws, places, places)).copy(),
        np.broadcast_to(_worth(model), (draws, places)).copy(),
        np.repeat(lifts, draws, axis=1),
        np.repeat(taken, draws, axis=1),
        np.repeat(contacts, draws, axis=2),
    )


def expected(model: Model, course: Course | None = None) -> Walked:
    """What is to be expected, in closed form, as stated or of each draw of `course`: nothing left to chance.

    Where an asset brings more than there are to be brought the draws differ from it, as the fewer of two numbers is
    on average below the fewer of their averages.
    """
    return _walk(model, course or stated(model, 1), None)


def drawn(model: Model, draws: int, seed: int, uncertain: bool = True) -> Walked:
    """`draws` courses of the same months, each with its own chances, lifts and worth out of what is believed of them.

    Without `uncertain` only what customers do is left to chance. The chances of moves and the lifts have streams of
    their own, so that two plans are compared in the same worlds.
    """
    world, effects, happening = np.random.default_rng(seed).spawn(3)
    basis, course = model.basis, stated(model, draws)
    if uncertain:
        error = np.array([basis.worth_error.get(place, 0.0) for place in basis.places])
        course = course._replace(
            chances=basis.drawn_chances(draws, world),
            worth=course.worth + error * world.standard_normal((draws, len(error))),
            lifts=_lifts(model, draws, effects),
        )
    return _walk(model, course, happening)


def _lifts(model: Model, draws: int, rng: np.random.Generator) -> Floats:
    """The lift of each push in each draw; that of an asset is one and the same for all its goals."""
    by_asset: dict[str, Floats] = {}
    for push in model.pushes:
        if push.asset not in by_asset:
            by_asset[push.asset] = rng.standard_normal(draws)
    rows = [np.clip(push.lift + push.deviation * by_asset[push.asset], -1.0, 1.0) for push in model.pushes]
    return np.array(rows).reshape(len(model.pushes), draws)


def _worth(model: Model) -> Floats:
    known = model.basis.worth
    if known is None:
        return np.full(len(model.basis.places), np.nan)
    return np.array([known.get(place, np.nan) for place in model.basis.places])


def _walk(model: Model, course: Course, rng: np.random.Generator | None) -> Walked:
    state = _State(model, course)
    stood, made, period = [], [], model.basis.months
    for month in range(len(model.starts)):
        _turn(state, month % period, period, rng)
        for index, push in enumerate(model.pushes):
            _push(state, index, push, month, rng)
        # A place whose worth is unknown counts for nothing only where the plan changes nothing of it.
        changed = state.made.sum(axis=(1, 2))
        state.worth += np.where(np.abs(changed) > 1e-12, changed * course.worth, 0.0).sum(axis=1)
        stood.append(state.stood.sum(axis=2))
        made.append(state.made.sum(axis=2))
    contacts = course.contacts.sum(axis=(0, 1))
    return Walked(
        np.stack(stood, 1), np.stack(made, 1), contacts, state.taken.sum(axis=0), state.cost, state.worth
    )


def _turn(state: _State, month: int, period: int, rng: np.random.Generator | None) -> None:
    """The month's share of those who wait moves; with the first month of a period everybody waits again."""
    if month == 0:
        for each in (state.stood, state.made):
            each[:, :, _WAITS] += each[:, :, _MOVED]
            each[:, :, _MOVED] = 0
    share = 1 / (period - month)
    waits = state.stood[:, :, _WAITS]
    if rng is None:
        movers = waits * share
        there = movers @ state.course.chances
    else:
        going = rng.binomial(waits.astype(np.int64), share)
        movers = going.astype(np.float64)
        there = rng.multinomial(going, state.course.chances[:, None]).sum(axis=2).astype(np.float64)
    state.stood[:, :, _WAITS] -= movers
    state.stood[:, :, _MOVED] += there
    changed = state.made[:, :, _WAITS] * share
    state.made[:, :, _WAITS] -= changed
    state.made[:, :, _MOVED] += changed @ state.course.chances


def _push(state: _State, index: int, push: Push, month: int, rng: np.random.Generator | None) -> None:
    course = state.course
    contacts, take_up, lift = course.contacts[index, month], course.take_up[index], course.lifts[index]
    left = push.most - state.taken[index]
    if rng is None:
        taken = np.minimum(contacts * take_up, left)
        brought = taken * np.abs(lift)
    else:
        taken = np.minimum(rng.binomial(contacts.astype(np.int64), take_up), left)
        brought = rng.binomial(taken.astype(np.int64), np.abs(lift)).astype(np.float64)
    state.taken[index] += taken
    state.cost += contacts * push.cost + taken * push.unit_cost
    if lift.any():
        state.pending[index] += np.where(lift < 0, -brought, brought)
        _bring(state, index, push, rng)


def _bring(state: _State, index: int, push: Push, rng: np.random.Generator | None) -> None:
    """Set those who are pending in the target, or back from it, as far as there are such customers."""
    here = state.stood[:, push.origin]
    before = here.copy()
    back = push.origin if push.origin < push.target else push.target - 1
    pending = state.pending[index]
    up = _carried(here[:, :, : push.target], pending, rng)
    here[:, _MOVED, push.target] += up
    down = np.zeros_like(up)
    if back >= 0:
        down = _carried(here[:, :, push.target :], -pending, rng)
        here[:, _MOVED, back] += down
    state.pending[index] = pending - up + down
    state.made[:, push.origin] += here - before


def _carried(out_of: Floats, wanted: Floats, rng: np.random.Generator | None) -> Floats:
    """Take as many as are `wanted` and there in each draw from `out_of`, a view of where they stand; how many."""
    number: Floats = np.clip(wanted, 0.0, out_of.sum(axis=(1, 2)))
    flat = out_of.reshape(len(out_of), -1)
    out_of -= _out_of(flat, number, rng).reshape(out_of.shape)
    return number


def _out_of(here: Floats, number: Floats, rng: np.random.Generator | None) -> Floats:
    """`number` customers out of the places `here` in each draw, each customer as likely as another."""
    whole = here.sum(axis=1)
    if rng is None:
        return here * np.divide(number, whole, out=np.zeros_like(number), where=whole > 0)[:, None]
    taken = np.zeros_like(here)
    rest, wanted = whole.copy(), number.copy()
    for place in range(here.shape[1]):
        there = here[:, place]
        some = rng.hypergeometric(
            there.astype(np.int64), (rest - there).astype(np.int64), wanted.astype(np.int64)
        )
        taken[:, place] = some
        rest, wanted = rest - there, wanted - some
    return taken
