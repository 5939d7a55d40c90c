"""Turns one assumption at a time to its ends, and tells which of them the forecast hangs on most."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

import msgspec
import numpy as np

from sterna.engine.plans.document import Plan
from sterna.engine.plans.forecast.basis import Basis, Floats
from sterna.engine.plans.forecast.model import NINE_IN_TEN, Model, model
from sterna.engine.plans.forecast.results import arrived
from sterna.engine.plans.forecast.walking import Course, expected, stated

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
    def ends(self) -> str:
        """The ends in words: whole numbers from 100 up, three digits below."""
        written = (f"{end:,.0f}" if abs(end) >= 100 else f"{end:.3g}" for end in (self.low, self.high))
        return " to ".join(written)

    @property
    def swing(self) -> tuple[float, float]:
        """How far the outcome goes between the ends: in net where it is known, then in customers."""
        net = abs((self.net_high or 0.0) - (self.net_low or 0.0))
        return net, abs(self.moved_high - self.moved_low)


class _Turned(NamedTuple):
    """One assumption, its ends, and what sets it in one draw of a course."""

    assumption: str
    ends: tuple[float, float]
    turn: Callable[[Course, int, float], None]


def sensitivity(plan: Plan, basis: Basis) -> list[Lever]:
    """Every assumption with what hangs on it, the weightiest first: all in closed form, one turned at a time.

    Lifts go to their stated ends, shares of taking up a quarter down and up, contacts a quarter down and up together,
    the chance to rise from a place and the worth of a place to the ends of what the counts leave open in nine of ten.
    """
    numbers = model(plan, basis)
    turned = [*_effects(numbers), _contacts(numbers), *_rises(numbers), *_worths(numbers)]
    # Two draws an assumption, one for each end, and all of them walked at once.
    course = stated(numbers, 2 * len(turned))
    for at, one in enumerate(turned):
        for draw, end in zip((2 * at, 2 * at + 1), one.ends, strict=True):
            one.turn(course, draw, end)
    walked = expected(numbers, course)
    moved = sum((arrived(aim, walked.stood, aim.by) for aim in numbers.aims), np.zeros(2 * len(turned)))
    net = walked.worth - walked.cost
    levers = [
        _lever(one, moved[2 * at : 2 * at + 2], net[2 * at : 2 * at + 2]) for at, one in enumerate(turned)
    ]
    return sorted(levers, key=lambda lever: lever.swing, reverse=True)


def _lever(one: _Turned, moved: Floats, net: Floats) -> Lever:
    low, high = (None if np.isnan(value) else float(value) for value in net)
    return Lever(
        assumption=one.assumption, low=one.ends[0], high=one.ends[1], moved_low=float(moved[0]),
        moved_high=float(moved[1]), net_low=low, net_high=high,
    )  # fmt: skip


def _effects(numbers: Model) -> Iterator[_Turned]:
    by_asset: dict[str, list[int]] = {}
    for index, push in enumerate(numbers.pushes):
        if push.lift or push.deviation:
            by_asset.setdefault(push.asset, []).append(index)
    for name, pushes in by_asset.items():
        first = numbers.pushes[pushes[0]]
        half = first.deviation * NINE_IN_TEN / 2
        if half:
            yield _Turned(
                f"lift of {name}", (first.lift - half, first.lift + half), partial(_set_lift, pushes)
            )
        shares = (first.take_up * (1 - _UP_OR_DOWN), min(1.0, first.take_up * (1 + _UP_OR_DOWN)))
        yield _Turned(f"take-up of {name}", shares, partial(_set_take_up, pushes))


def _set_lift(pushes: list[int], course: Course, draw: int, end: float) -> None:
    course.lifts[pushes, draw] = min(1.0, max(-1.0, end))


def _set_take_up(pushes: list[int], course: Course, draw: int, end: float) -> None:
    course.take_up[pushes, draw] = end


def _contacts(numbers: Model) -> _Turned:
    total = float(sum(push.contacts.sum() for push in numbers.pushes))

    def turn(course: Course, draw: int, end: float) -> None:
        if total:
            course.contacts[:, :, draw] *= end / total

    return _Turned("contacts made", (total * (1 - _UP_OR_DOWN), total * (1 + _UP_OR_DOWN)), turn)


def _rises(numbers: Model) -> Iterator[_Turned]:
    basis = numbers.basis
    chances, counts = basis.chances(), basis.counts()
    for origin in sorted({aim.origin for aim in numbers.aims}):
        risen = float(chances[origin, origin + 1 :].sum())
        if 0 < risen < 1:
            half = NINE_IN_TEN / 2 * float(np.sqrt(risen * (1 - risen) / (counts[origin].sum() + 1)))
            ends = (max(0.0, risen - half), min(1.0, risen + half))
            yield _Turned(
                f"chance to rise from {basis.places[origin]}", ends, partial(_set_rise, origin, risen)
            )


def _set_rise(origin: int, risen: float, course: Course, draw: int, end: float) -> None:
    row = course.chances[draw, origin]
    row[: origin + 1] *= (1 - end) / (1 - risen)
    row[origin + 1 :] *= end / risen


def _worths(numbers: Model) -> Iterator[_Turned]:
    basis = numbers.basis
    for place, worth in (basis.worth or {}).items():
        half = NINE_IN_TEN / 2 * basis.worth_error.get(place, 0.0)
        if half:
            at = basis.places.index(place)
            yield _Turned(
                f"worth of a month in {place}", (worth - half, worth + half), partial(_set_worth, at)
            )


def _set_worth(at: int, course: Course, draw: int, end: float) -> None:
    course.worth[draw, at] = end
