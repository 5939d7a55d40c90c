"""Fits the models of purchases and of order value to fetched cells, and tells each fit as a plain record."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from sterna.engine.errors import BadInput
from sterna.engine.value import lifetime, spend
from sterna.engine.value.cells import Floats

LIFETIME_METHOD = "BG/NBD, maximum likelihood on weighted cells (Fader, Hardie and Lee 2005)"
SPEND_METHOD = "gamma-gamma, maximum likelihood on weighted cells (Fader and Hardie 2013)"

Record = dict[str, Any]


@dataclass(frozen=True)
class Scored:
    """A table of scores to put into the lake, and the record of the model that they come from.

    The record holds plain values that JSON can write: model, method, customers and cells it was fitted on,
    parameters, standard_errors and log_likelihood (None where there are none), boundary (why it is not to be
    taken at its word, or None) and reason (why there is no fit at all, or None).
    """

    scores: pa.Table
    record: Record


def score_lifetime(cells: pa.Table, horizon_weeks: int) -> Scored:
    """Scores for `cell_scores` from the rows of `cells`, times in weeks.

    expected_orders are order days in the next `horizon_weeks`. alive is unknown at a boundary, and for whoever
    ordered on one day only: the model sets it to 1 there by assumption. Without a fit every score is unknown.
    """
    x, t_x, age, weight = (_floats(cells, name) for name in cells.column_names)
    record = _record("purchases", LIFETIME_METHOD, weight) | {"unit": "weeks", "horizon_weeks": horizon_weeks}
    keys = cells.select(["frequency", "recency_weeks", "age_weeks"])
    if not x.size:
        return Scored(
            _lifetime_table(keys, None, None), record | {"reason": "Nobody has ordered anything yet."}
        )
    try:
        model = lifetime.fit(x, t_x, age, weight)
    except BadInput as refused:
        return Scored(_lifetime_table(keys, None, None), record | {"reason": _sentence(refused)})
    expected = lifetime.expected_purchases(model, x, t_x, age, horizon_weeks)
    alive = np.where(x > 0, lifetime.alive(model, x, t_x, age), np.nan)
    return Scored(_lifetime_table(keys, alive, expected), record | _fitted(model, lifetime.NAMES))


def score_spend(histories: pa.Table, currency: str) -> Scored:
    """Scores for `spend_scores` from the rows of `histories`: the value of an order day to come, in `currency`.

    Customers with one order day get the mean of the population. Without a fit every score is unknown.
    """
    x, repeat_spend = (_floats(histories, name) for name in ("frequency", "repeat_spend"))
    again = x > 0
    # Equal histories are one cell: fed in the order of the cells, a new name for a customer changes no digit.
    unique, counted = np.unique(np.stack([x[again], repeat_spend[again]]), axis=1, return_counts=True)
    record = _record("order value", SPEND_METHOD, counted) | {"unit": currency}
    try:
        model = spend.fit(unique[0], unique[1] / np.maximum(unique[0], 1), counted)
    except BadInput as refused:
        return Scored(_spend_table(histories, None), record | {"reason": _sentence(refused)})
    expected, _ = spend.expected_spend(model, x, repeat_spend / np.maximum(x, 1))
    return Scored(
        _spend_table(histories, expected),
        record | _fitted(model, spend.NAMES) | {"correlation": model.correlation},
    )


def _floats(rows: pa.Table, name: str) -> Floats:
    return np.asarray(pc.cast(rows.column(name), pa.float64()).to_numpy(), dtype=np.float64)


def _record(model: str, method: str, weight: NDArray[np.generic]) -> Record:
    return {
        "model": model,
        "method": method,
        "customers": int(np.sum(weight)),
        "cells": int(weight.size),
        "parameters": None,
        "standard_errors": None,
        "log_likelihood": None,
        "boundary": None,
        "reason": None,
    }


def _fitted(model: lifetime.BetaGeometric | spend.GammaGamma, names: tuple[str, ...]) -> Record:
    errors = model.standard_errors
    return {
        "parameters": {name: float(getattr(model, name)) for name in names},
        "standard_errors": None if errors is None else dict(zip(names, errors, strict=True)),
        "log_likelihood": float(model.log_likelihood),
        "boundary": model.boundary,
    }


def _sentence(refused: BadInput) -> str:
    text = str(refused)
    return f"{text[0].upper()}{text[1:]}."


def _lifetime_table(keys: pa.Table, alive: Floats | None, expected: Floats | None) -> pa.Table:
    alive_column, expected_column = _reals(alive, keys.num_rows), _reals(expected, keys.num_rows)
    return keys.append_column("alive", alive_column).append_column("expected_orders", expected_column)


def _spend_table(histories: pa.Table, expected: Floats | None) -> pa.Table:
    column = _reals(expected, histories.num_rows)
    return histories.select(["customer_id"]).append_column("expected_order_value", column)


def _reals(values: Floats | None, rows: int) -> pa.Array:
    """The values as a column in which everything that is not finite is unknown."""
    if values is None:
        return pa.nulls(rows, pa.float64())
    return pa.array(values, mask=~np.isfinite(values))
