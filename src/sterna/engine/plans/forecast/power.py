"""Tells whether a hold-out of this size can show what a plan promises, and if not, what would.

Both arms are compared by their means, at a level of .05 on two sides, by the two-sample t test, whose statistic is a
noncentral t: Cohen 1988, Statistical power analysis for the behavioral sciences, chapter 2. A covariate that correlates
by r with the outcome leaves 1 - r^2 of its variance: Deng, Xu, Kohavi and Walker 2013, Improving the sensitivity of
online controlled experiments by utilizing pre-experiment data.
"""

from bisect import bisect_left
from math import ceil, sqrt

import msgspec
from scipy.optimize import brentq
from scipy.special import nctdtr, stdtrit  # scipy.stats says the same and takes seconds to import

from sterna.engine.errors import BadInput
from sterna.engine.plans.document import Plan
from sterna.engine.plans.forecast.basis import Basis
from sterna.engine.plans.forecast.model import Aim, Model
from sterna.engine.plans.forecast.walking import Walked

LEVEL, WISHED = 0.05, 0.8
_SURE = 6.0  # so many errors above the edge an effect is missed once in 10^9, and that is not computed
_NEVER_WRONG, _MANY = 5.0, 30
_FEWEST, _EVERYBODY = 2, 8_000_000_000


class Power(msgspec.Struct, frozen=True, kw_only=True):
    """Of one goal: what is promised a customer contacted, the arms, and the chance to see it.

    `promised` is what a contacted customer brings more until the plan's close, in its currency; `contacted` and `held`
    the customers of the arms. `power` is the chance that the comparison finds the promised effect, `detectable` the
    effect that is found in eight cases of ten, `needed` the contacted customers for which the promised one is.
    `cannot` says why there is no answer where there is none.
    """

    goal: str
    contacted: int
    held: int
    promised: float | None = None
    power: float | None = None
    detectable: float | None = None
    needed: int | None = None
    cannot: str = ""


def power_of(effect: float, deviation: float, contacted: float, held: float) -> float:
    """The chance of a two-sided t test at .05 to find a true difference `effect` of means of two arms.

    `deviation` is that of a customer within an arm. Raises BadInput for an arm of fewer than two customers.
    """
    error = _error(deviation, contacted, held)
    if error == 0:
        return 1.0 if effect else LEVEL
    shift, degrees = abs(effect) / error, contacted + held - 2
    edge = float(stdtrit(degrees, 1 - LEVEL / 2))
    if shift > edge + _SURE and degrees > _MANY:
        return 1.0
    # The wrong side is found once in 10^12 from there on, where the distribution's series does not come to an end.
    wrong = float(nctdtr(degrees, shift, -edge)) if shift < _NEVER_WRONG else 0.0
    return 1 - float(nctdtr(degrees, shift, edge)) + wrong


def detectable(deviation: float, contacted: float, held: float) -> float:
    """The difference that is found in eight cases of ten."""
    error = _error(deviation, contacted, held)
    if error == 0:
        return 0.0
    most = 4.0
    while power_of(most * error, deviation, contacted, held) < WISHED:
        most *= 2
    return error * float(
        brentq(lambda shift: power_of(shift * error, deviation, contacted, held) - WISHED, 0, most)
    )


def needed(effect: float, deviation: float, share: float) -> int | None:
    """The contacted customers with whom `effect` is found in eight cases of ten, the `share` of all being held out.

    None where as many as live on earth would not show it. Raises BadInput for a share that leaves an arm empty.
    """
    if not 0 < share < 1:
        raise BadInput(f"a hold-out is a share between 0 and 1, not {share}")

    def shown(contacted: int) -> bool:
        return power_of(effect, deviation, contacted, contacted * share / (1 - share)) >= WISHED

    low = ceil(_FEWEST * max(1.0, (1 - share) / share)) + 1
    if not shown(_EVERYBODY):
        return None
    return bisect_left(range(_EVERYBODY), True, lo=low, key=shown)


def _error(deviation: float, contacted: float, held: float) -> float:
    if contacted < _FEWEST or held < _FEWEST or deviation < 0:
        raise BadInput("two arms of two customers at least and a deviation of 0 or more are compared")
    return deviation * sqrt(1 / contacted + 1 / held)


def powers(plan: Plan, numbers: Model, mean: Walked) -> tuple[Power, ...]:
    """The power of each goal's comparison of what its customers bring, after the closed form `mean`."""
    share = (plan.hold_out.share or 0.0) if plan.hold_out else 0.0
    adjusted = bool(plan.primary and plan.primary.adjust_by)
    return tuple(_of_goal(aim, numbers, mean, share, adjusted) for aim in numbers.aims)


def _of_goal(aim: Aim, numbers: Model, mean: Walked, share: float, adjusted: bool) -> Power:
    basis, name = numbers.basis, aim.goal.id or ""
    contacted = _contacted(aim, numbers, share)
    held = round(contacted * share / (1 - share)) if 0 < share < 1 else 0
    if contacted < _FEWEST or held < _FEWEST:
        why = "fewer than two are held out" if contacted >= _FEWEST else "fewer than two are contacted"
        return Power(goal=name, contacted=contacted, held=held, cannot=why)
    worth = _gained(aim, basis, mean)
    deviation = (basis.spread or {}).get(basis.places[aim.origin])
    if worth is None or deviation is None:
        lacking = "what a place brings" if worth is None else "how far customers differ in what they bring"
        return Power(goal=name, contacted=contacted, held=held, cannot=f"{lacking} is not known")
    if adjusted:
        deviation *= sqrt(1 - basis.correlation**2)
    promised = worth / contacted
    return Power(
        goal=name,
        contacted=contacted,
        held=held,
        promised=promised,
        power=power_of(promised, deviation, contacted, held),
        detectable=detectable(deviation, contacted, held),
        needed=needed(promised, deviation, share),
    )


def _contacted(aim: Aim, numbers: Model, share: float) -> int:
    """The customers contacted for a goal: as many as its contacts, and no more than may be."""
    contacts = sum(int(push.contacts.sum()) for push in numbers.pushes if push.goal == aim.goal.id)
    holds = numbers.basis.headcounts.get(numbers.basis.places[aim.origin], 0)
    return min(contacts, round(holds * (1 - share)))


def _gained(aim: Aim, basis: Basis, mean: Walked) -> float | None:
    """What the goal's customers bring more by the plan until its close; None where a place touched has no worth."""
    changed = mean.made[0, :, aim.origin, :].sum(axis=0)
    worth = basis.worth or {}
    touched = [
        (place, float(more)) for place, more in zip(basis.places, changed, strict=True) if abs(more) > 1e-9
    ]
    if any(place not in worth for place, _ in touched):
        return None
    return sum(worth[place] * more for place, more in touched)
