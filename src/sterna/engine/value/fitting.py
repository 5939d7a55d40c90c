"""Fits the models of purchases and of order value to fetched cells, and tells each fit as a plain record."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from sterna.engine.errors import BadInput
from sterna.engine.value import forecasting, spend
from sterna.engine.value.cells import Floats
from sterna.engine.value.forecasting import Learned
from sterna.engine.value.models import Model
from sterna.engine.value.terms import Horizon
from sterna.engine.value.uncertainty import relative_error

SPEND_METHOD = "gamma-gamma, maximum likelihood on weighted cells (Fader and Hardie 2013)"
HISTORY = ("frequency", "recency_weeks", "age_weeks")

Record = dict[str, Any]


@dataclass(frozen=True)
class Scored:
    """A table of scores to put into the lake, and the record of the model that they come from.

    The record holds plain values that JSON can write: model, method, customers and cells it was fitted on,
    parameters, standard_errors and log_likelihood (None where there are none), boundary (why it is not to be
    taken at its word, or None), notes (what the model takes for granted) and reason (why there is no fit at all, or
    None).
    """

    scores: pa.Table
    record: Record


def method(model: Model) -> str:
    """The name of a model of purchases as pages show it."""
    return f"{model.title}, maximum likelihood on weighted cells ({model.source})"


def score_lifetime(cells: pa.Table, model: Model, horizon: Horizon) -> Scored:
    """Scores for `cell_scores` from the rows of `cells`, times in weeks.

    expected_orders are order days of the horizon, lifetime_orders those of the longer one, each discounted to today.
    alive is unknown at a boundary, and for whoever ordered on one day only where the model just assumes it. Without a
    fit every score is unknown. Raises BadInput for a model of whole periods: orders come on any day.
    """
    if model.discrete:
        raise BadInput(f"{model.title} counts in periods, and orders come on any day: choose another model")
    x, t_x, age, weight = (floats(cells, name) for name in (*HISTORY, "customers"))
    record = _record("purchases", method(model), weight)
    record |= {"unit": "weeks", "horizon_weeks": horizon.weeks, "lifetime_weeks": horizon.lifetime_weeks}
    record |= {"yearly_discount": horizon.yearly}
    if not x.size:
        return Scored(_lifetime_table(cells, {}), record | {"reason": "Nobody has ordered anything yet."})
    learned = forecasting.learn(model, x, t_x, age, weight)
    if learned.fitted is None:
        return Scored(_lifetime_table(cells, {}), record | {"reason": learned.warnings[0]})
    scores = forecasting.score(model, learned, x, t_x, age, horizon.weeks)
    worth = forecasting.worth(model, learned, x, t_x, age, horizon.lifetime_weeks, horizon.yearly)
    error = relative_error(
        learned.fitted,
        model.parameters,
        lambda fitted, *some: model.expected(fitted, *some, horizon.weeks),
        *(x, t_x, age),
    )
    made = {
        "alive": scores.p_alive,
        "expected_orders": scores.purchases,
        "expected_error": error,
        "lifetime_orders": worth.discounted,
        "lifetime_error": worth.error,
    }
    return Scored(_lifetime_table(cells, made), record | fitted_record(learned))


def score_spend(cells: pa.Table, currency: str) -> Scored:
    """Scores for `spend_scores` from the rows of `spend_cells`: the value of an order day to come, in `currency`.

    Customers with one order day get the mean of the population. Without a fit every score is unknown.
    """
    x, repeat_spend, weight = (floats(cells, name) for name in ("frequency", "repeat_spend", "customers"))
    mean, again = repeat_spend / np.maximum(x, 1), x > 0
    record = _record("order value", SPEND_METHOD, weight[again]) | {"unit": currency}
    learned = forecasting.learn_spend(x[again], mean[again], weight[again])
    if learned.fitted is None:
        return Scored(_spend_table(cells, None, None), record | {"reason": learned.warnings[0]})

    def expected(fitted: spend.GammaGamma, *some: Floats) -> Floats:
        return spend.expected_spend(fitted, *some).spend

    error = relative_error(learned.fitted, spend.NAMES, expected, x, mean)
    found = fitted_record(learned) | {"correlation": learned.fitted.correlation}
    return Scored(_spend_table(cells, expected(learned.fitted, x, mean), error), record | found)


def floats(rows: pa.Table, name: str) -> Floats:
    """A column of `rows` as floats."""
    return np.asarray(pc.cast(rows.column(name), pa.float64()).to_numpy(), dtype=np.float64)


def _record(model: str, named: str, weight: NDArray[np.generic]) -> Record:
    return {
        "model": model,
        "method": named,
        "customers": int(np.sum(weight)),
        "cells": int(weight.size),
        "parameters": None,
        "standard_errors": None,
        "log_likelihood": None,
        "boundary": None,
        "notes": [],
        "reason": None,
    }


def fitted_record(learned: Learned) -> Record:
    """What a record says of a fit: parameters, their errors, how well it fits, and what to beware of."""
    told = learned.told()
    return {
        "parameters": told["parameters"],
        "standard_errors": learned.errors(),
        "log_likelihood": told["log_likelihood"],
        "boundary": learned.fitted.boundary,
        "notes": [*learned.notes, *(said for said in learned.warnings if said != learned.fitted.boundary)],
    }


def _lifetime_table(cells: pa.Table, made: dict[str, Floats | None]) -> pa.Table:
    table = cells.select(list(HISTORY))
    for name in ("alive", "expected_orders", "expected_error", "lifetime_orders", "lifetime_error"):
        table = table.append_column(name, _reals(made.get(name), cells.num_rows))
    return table


def _spend_table(cells: pa.Table, expected: Floats | None, error: Floats | None) -> pa.Table:
    table = cells.select(["frequency", "repeat_spend"])
    for name, values in (("expected_order_value", expected), ("order_value_error", error)):
        table = table.append_column(name, _reals(values, cells.num_rows))
    return table


def _reals(values: Floats | None, rows: int) -> pa.Array:
    """The values as a column in which everything that is not finite is unknown."""
    if values is None:
        return pa.nulls(rows, pa.float64())
    return pa.array(values, mask=~np.isfinite(values))
