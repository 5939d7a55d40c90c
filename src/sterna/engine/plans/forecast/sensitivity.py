"""Turns one assumption at a time to its ends, and tells which of them the forecast hangs on most."""

from collections.abc import Iterator

import msgspec
import numpy as np

from sterna.engine.plans.document import Plan
from sterna.engine.plans.forecast.basis import Basis
from sterna.engine.plans.forecast.model import NINE_IN_TEN, Model, model
from sterna.engine.plans.forecast.results import arrived
from sterna.engine.plans.forecast.walking import expected

_UP_OR_DOWN = 0.25  # how far a share that nobody gave ends for is turned, as a part of it


class Lever(msgspec.Struct, frozen=True, kw_only=True):
    """One assumption at its two ends: the customers in their goals' places, and worth less cost, at each end.

    `assumption` names it in words, `low` and `high` are its ends in those words' unit. The nets are None where worth is
    not known.
    """

    assumption: str
    low: float
    high: float
    moved_low: float
    moved_high: float
    net_low: float | None
    net_high: float | None

    @property
    def swing(self) -> tuple[float, float]:
        """How far the outcome goes between the ends: in net where it is known, then in customers."""
        net = abs((self.net_high or 0.0) - (self.net_low or 0.0))
        return net, abs(self.moved_high - self.moved_low)


def sensitivity(plan: Plan, basis: Basis) -> list[Lever]:
    """Every assumption with what hangs on it, the weightiest first: all in closed form, one turned at a time.

    Lifts go to their stated ends, shares of taking up a quarter down and up, contacts a quarter down and up together,
    the chance to rise from a place and the worth of a place to the ends of what the counts leave open in nine of ten.
    """
    numbers = model(plan, basis)
    levers = [*_effects(numbers), _contacts(numbers), *_rises(numbers), *_worths(numbers)]
    return sorted(levers, key=lambda lever: lever.swing, reverse=True)


def _outcome(numbers: Model) -> tuple[float, float | None]:
    walked = expected(numbers)
    moved = sum(float(arrived(aim, walked.stood, aim.by)[0]) for aim in numbers.aims)
    net = float(walked.worth[0] - walked.cost[0])
    return moved, None if np.isnan(net) else net


def _lever(assumption: str, ends: tuple[float, float], low: Model, high: Model) -> Lever:
    (moved_low, net_low), (moved_high, net_high) = _outcome(low), _outcome(high)
    return Lever(
        assumption=assumption, low=ends[0], high=ends[1], moved_low=moved_low, moved_high=moved_high,
        net_low=net_low, net_high=net_high,
    )  # fmt: skip


def _effects(numbers: Model) -> Iterator[Lever]:
    for name in dict.fromkeys(push.asset for push in numbers.pushes if push.lift or push.deviation):
        first = next(push for push in numbers.pushes if push.asset == name)
        half = first.deviation * NINE_IN_TEN / 2
        lifts = (first.lift - half, first.lift + half)
        if half:
            yield _lever(
                f"lift of {name}", lifts, *(_with(numbers, name, lift=end, deviation=0.0) for end in lifts)
            )
        shares = (first.take_up * (1 - _UP_OR_DOWN), min(1.0, first.take_up * (1 + _UP_OR_DOWN)))
        yield _lever(f"take-up of {name}", shares, *(_with(numbers, name, take_up=end) for end in shares))


def _with(numbers: Model, asset: str, **changed: float) -> Model:
    pushes = tuple(push._replace(**changed) if push.asset == asset else push for push in numbers.pushes)  # type: ignore[arg-type]
    return numbers._replace(pushes=pushes)


def _contacts(numbers: Model) -> Lever:
    def turned(by: float) -> Model:
        pushes = (push._replace(contacts=np.rint(push.contacts * by).astype(int)) for push in numbers.pushes)
        return numbers._replace(pushes=tuple(pushes))

    total = float(sum(push.contacts.sum() for push in numbers.pushes))
    ends = (1 - _UP_OR_DOWN, 1 + _UP_OR_DOWN)
    return _lever("contacts made", (total * ends[0], total * ends[1]), *(turned(end) for end in ends))


def _rises(numbers: Model) -> Iterator[Lever]:
    basis = numbers.basis
    chances, counts = basis.chances(), basis.counts()
    for origin in sorted({aim.origin for aim in numbers.aims}):
        risen = float(chances[origin, origin + 1 :].sum())
        if not 0 < risen < 1:
            continue
        half = NINE_IN_TEN / 2 * float(np.sqrt(risen * (1 - risen) / (counts[origin].sum() + 1)))
        ends = (max(0.0, risen - half), min(1.0, risen + half))
        turned = [numbers._replace(basis=_rising(basis, origin, risen, end)) for end in ends]
        yield _lever(f"chance to rise from {basis.places[origin]}", ends, *turned)


def _rising(basis: Basis, origin: int, risen: float, end: float) -> Basis:
    """The basis with so many more or fewer risers from a place, in counts that keep its row's sum and shape."""
    weighed = basis.counts()[origin] + 0.5
    row = np.concatenate(
        [weighed[: origin + 1] * (1 - end) / (1 - risen), weighed[origin + 1 :] * end / risen]
    )
    moved = [list(map(float, each)) for each in basis.moved]
    moved[origin] = (row - 0.5).tolist()
    return msgspec.structs.replace(basis, moved=tuple(tuple(each) for each in moved))


def _worths(numbers: Model) -> Iterator[Lever]:
    basis = numbers.basis
    for place, worth in (basis.worth or {}).items():
        half = NINE_IN_TEN / 2 * basis.worth_error.get(place, 0.0)
        if half:
            ends = (worth - half, worth + half)
            turned = [
                numbers._replace(
                    basis=msgspec.structs.replace(basis, worth={**(basis.worth or {}), place: end})
                )
                for end in ends
            ]
            yield _lever(f"worth of a month in {place}", ends, *turned)
