"""Walks customers month by month through the places, with the plan and without: as expected, and drawn by chance.

In a month everybody first moves as customers of their place did before. Then those whom an asset brings to its goal's
place are set there, out of those who began in the goal's first place and stand below its target; who was to be kept
before anybody left is kept when somebody does. Afterwards they behave as everybody in the place where they are, so a
part of an effect fades. A lift below 0 goes the other way. What the plan changes is followed beside the counts, as
the difference that it makes to what is expected of each place, so that it is not drowned by moves that come anyway.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sterna.engine.plans.forecast.basis import Floats, monthly
from sterna.engine.plans.forecast.model import Model, Push

Counts = NDArray[np.int64]


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


class _State:
    """Where customers stand in each draw, what the plan made of it, and what is still to come of an asset."""

    def __init__(self, model: Model, chances: Floats, worth: Floats) -> None:
        draws, places = len(chances), len(model.basis.places)
        self.chances, self.worth_of = chances, worth
        self.stood = np.zeros((draws, places, places), dtype=np.float64)
        self.stood[:, range(places), range(places)] = model.basis.opening()
        self.made = np.zeros_like(self.stood)
        self.waiting = np.zeros((len(model.pushes), draws))
        self.taken = np.zeros((len(model.pushes), draws))
        self.cost = np.zeros(draws)
        self.worth = np.zeros(draws)


def expected(model: Model) -> Walked:
    """What is to be expected, in closed form: every chance at its mean, nothing drawn.

    Where an asset brings more than there are to be brought the draws differ from it, as the fewer of two numbers is
    on average below the fewer of their averages.
    """
    state = _State(model, monthly(model.basis.chances(), model.basis.months)[0][None], _worth(model)[None])
    lifts = np.array([[push.lift] for push in model.pushes])
    return _walk(model, state, lifts, None)


def drawn(model: Model, draws: int, seed: int, uncertain: bool = True) -> Walked:
    """`draws` courses of the same months, each with its own chances, lifts and worth out of what is believed of them.

    Without `uncertain` only what customers do is left to chance. The chances of moves and the lifts have streams of
    their own, so that two plans are compared in the same worlds.
    """
    world, effects, happening = (np.random.default_rng(one) for one in np.random.SeedSequence(seed).spawn(3))
    basis = model.basis
    if uncertain:
        chances = np.stack([monthly(one, basis.months)[0] for one in basis.drawn_chances(draws, world)])
        error = np.array([basis.worth_error.get(place, 0.0) for place in basis.places])
        worth = _worth(model) + error * world.standard_normal((draws, len(error)))
    else:
        chances = np.repeat(monthly(basis.chances(), basis.months)[0][None], draws, axis=0)
        worth = np.repeat(_worth(model)[None], draws, axis=0)
    lifts = _lifts(model, draws, effects, uncertain)
    return _walk(model, _State(model, chances, worth), lifts, happening)


def _lifts(model: Model, draws: int, rng: np.random.Generator, uncertain: bool) -> Floats:
    """The lift of each push in each draw; that of an asset is one and the same for all its goals."""
    by_asset: dict[str, Floats] = {}
    for push in model.pushes:
        if push.asset not in by_asset:
            by_asset[push.asset] = rng.standard_normal(draws) * uncertain
    rows = [np.clip(push.lift + push.deviation * by_asset[push.asset], -1.0, 1.0) for push in model.pushes]
    return np.array(rows).reshape(len(model.pushes), draws)


def _worth(model: Model) -> Floats:
    known = model.basis.worth
    if known is None:
        return np.full(len(model.basis.places), np.nan)
    return np.array([known.get(place, np.nan) for place in model.basis.places])


def _walk(model: Model, state: _State, lifts: Floats, rng: np.random.Generator | None) -> Walked:
    stood, made = [], []
    for month in range(len(model.starts)):
        state.stood = _moved(state.stood, state.chances, rng)
        state.made = state.made @ state.chances
        for index, push in enumerate(model.pushes):
            _push(state, index, push, month, lifts[index], rng)
        # A place whose worth is unknown counts for nothing only where the plan changes nothing of it.
        changed = state.made.sum(axis=1)
        state.worth += np.where(np.abs(changed) > 1e-12, changed * state.worth_of, 0.0).sum(axis=1)
        stood.append(state.stood.copy())
        made.append(state.made.copy())
    contacts = np.full(len(state.cost), float(sum(push.contacts.sum() for push in model.pushes)))
    return Walked(
        np.stack(stood, 1), np.stack(made, 1), contacts, state.taken.sum(axis=0), state.cost, state.worth
    )


def _moved(stood: Floats, chances: Floats, rng: np.random.Generator | None) -> Floats:
    if rng is None:
        return stood @ chances
    drawn = rng.multinomial(stood.astype(np.int64), chances[:, None, :, :])
    return drawn.sum(axis=2).astype(np.float64)


def _push(
    state: _State, index: int, push: Push, month: int, lift: Floats, rng: np.random.Generator | None
) -> None:
    contacts = int(push.contacts[month])
    left = push.most - state.taken[index]
    if rng is None:
        taken = np.minimum(contacts * push.take_up, left)
        brought = taken * np.abs(lift)
    else:
        taken = np.minimum(rng.binomial(contacts, push.take_up, len(left)), left)
        brought = rng.binomial(taken.astype(np.int64), np.abs(lift)).astype(np.float64)
    state.taken[index] += taken
    state.cost += contacts * push.cost + taken * push.unit_cost
    if push.lift or push.deviation:
        state.waiting[index] += np.where(lift < 0, -brought, brought)
        _bring(state, index, push, rng)


def _bring(state: _State, index: int, push: Push, rng: np.random.Generator | None) -> None:
    """Set those who wait in the target, or back from it, as far as there are such customers."""
    here = state.stood[:, push.origin, :]
    before = here.copy()
    back = push.origin if push.origin < push.target else max(push.target - 1, 0)
    waiting = state.waiting[index]
    up = np.minimum(np.maximum(waiting, 0.0), here[:, : push.target].sum(axis=1))
    here[:, : push.target] -= _out_of(here[:, : push.target], up, rng)
    here[:, push.target] += up
    down = np.minimum(np.maximum(-waiting, 0.0), here[:, push.target :].sum(axis=1))
    if back < push.target:
        here[:, push.target :] -= _out_of(here[:, push.target :], down, rng)
        here[:, back] += down
    else:
        down = np.zeros_like(down)
    state.waiting[index] = waiting - up + down
    state.made[:, push.origin, :] += here - before


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
