"""Lays two forecasts side by side, and a forecast beside what happened."""

from collections.abc import Mapping

import msgspec
import numpy as np

from sterna.engine.errors import BadInput
from sterna.engine.plans.document import Plan
from sterna.engine.plans.forecast.basis import Basis, Floats
from sterna.engine.plans.forecast.model import Model, model
from sterna.engine.plans.forecast.results import Forecast, Range, arrived, spread
from sterna.engine.plans.forecast.walking import Walked, drawn


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One figure of two versions: each by itself, and the second less the first in the same worlds."""

    figure: str
    first: Range
    second: Range
    more: Range


class Happened(msgspec.Struct, frozen=True, kw_only=True):
    """One goal, forecast and seen: `inside` says whether what happened lies between the ends of the forecast."""

    goal: str
    wanted: int
    forecast: Range
    happened: int
    inside: bool


def beside(first: Plan, second: Plan, basis: Basis, draws: int = 200, seed: int = 1) -> list[Difference]:
    """What the second plan does more than the first: customers moved by each, cost, worth and net.

    Both are drawn in the same worlds, so that the difference is that of the plans. Raises BadInput for two plans of
    different currencies, and what `forecast` raises.
    """
    if first.currency != second.currency:
        raise BadInput(f"one plan counts in {first.currency} and the other in {second.currency}")
    pair = [(one, drawn(one, draws, seed)) for one in (model(first, basis), model(second, basis))]
    figures = [_figures(numbers, walked) for numbers, walked in pair]
    return [
        Difference(
            figure=name,
            first=spread(figures[0][name]),
            second=spread(figures[1][name]),
            more=spread(figures[1][name] - figures[0][name]),
        )
        for name in figures[0]
        if name in figures[1]
    ]


def _figures(numbers: Model, walked: Walked) -> dict[str, Floats]:
    figures = {f"moved, {aim.goal.id}": arrived(aim, walked.stood, aim.by) for aim in numbers.aims}
    figures |= {f"by the plan, {aim.goal.id}": arrived(aim, walked.made, aim.by) for aim in numbers.aims}
    figures["cost"] = walked.cost
    if not np.isnan(walked.worth).any():
        figures |= {"worth": walked.worth, "net": walked.worth - walked.cost}
    return figures


def back_test(
    found: Forecast, moved: Mapping[tuple[str, str], int], places: tuple[str, ...]
) -> list[Happened]:
    """Each goal of a forecast beside the customers who were seen to go from place to place in its months.

    `moved` counts them by first and last place. Nine of ten should lie inside, over many goals and plans.
    """
    ranks = {place: rank for rank, place in enumerate(places)}
    told = []
    for goal in found.goals:
        seen = sum(
            count
            for (start, end), count in moved.items()
            if start == goal.from_place and ranks.get(end, -1) >= ranks[goal.to_place]
        )
        inside = goal.moved.low <= seen <= goal.moved.high
        told.append(
            Happened(goal=goal.goal, wanted=goal.wanted, forecast=goal.moved, happened=seen, inside=inside)
        )
    return told
