"""Learns a model from cells, scores them, and says in sentences what of it is not to be taken at its word."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sterna.engine.errors import BadInput
from sterna.engine.value import spend
from sterna.engine.value.cells import Column, Floats, columns, in_blocks
from sterna.engine.value.models import Model
from sterna.engine.value.uncertainty import relative_error

GAMMA_GAMMA, SPEND_SOURCE = "gamma-gamma", "Fader and Hardie 2013"
WEEKS_A_YEAR = 365.25 / 7
TIED = 0.3  # a correlation of spend with frequency from which on gamma-gamma's assumption is in doubt


@dataclass(frozen=True)
class Learned:
    """A model as it was learned, or why it could not be: then `fitted` is None and `warnings` says it.

    `warnings` are of this fit, `notes` of what the model takes for granted of any customers.
    """

    name: str
    title: str
    source: str
    names: tuple[str, ...]
    fitted: Any
    warnings: tuple[str, ...]
    notes: tuple[str, ...] = ()

    def told(self) -> dict[str, Any]:
        """What is printed of it: model, parameters and log-likelihood (None without a fit), warnings."""
        return {
            "model": self.name,
            "parameters": self._named(
                None if self.fitted is None else [getattr(self.fitted, n) for n in self.names]
            ),
            "log_likelihood": None if self.fitted is None else float(self.fitted.log_likelihood),
            "warnings": list(self.warnings),
        }

    def errors(self) -> dict[str, float] | None:
        """The standard errors by parameter, None where they are unknown."""
        return self._named(getattr(self.fitted, "standard_errors", None))

    def _named(self, values: Sequence[float] | None) -> dict[str, float] | None:
        if values is None:
            return None
        return {name: float(value) for name, value in zip(self.names, values, strict=True)}


@dataclass(frozen=True)
class Scores:
    """P(alive) and purchases of the horizon by cell, shape (cells,), NaN where unknown.

    `p_alive` is also empty where the model only assumes it.
    """

    p_alive: Floats
    purchases: Floats


@dataclass(frozen=True)
class Worth:
    """Purchases of the horizon in the money of today, by cell, and the standard error of their log; shape (cells,)."""

    discounted: Floats
    error: Floats


def learn(model: Model, x: Column, t_x: Column, age: Column, weight: Column) -> Learned:
    """`model` of maximum likelihood, columns as its `fit` takes them, of shape (cells,)."""
    fitted, warnings = _tried(lambda: model.fit(x, t_x, age, weight))
    notes: tuple[str, ...] = ()
    if fitted is not None and model.assumes_alive and not fitted.boundary:
        x, weight = columns({"x": x, "weight": weight})
        notes = (_assumed(model, int(weight[x == 0].sum())),) if (x == 0).any() else ()
    return Learned(model.name, model.title, model.source, model.parameters, fitted, warnings, notes)


def learn_spend(x: Column, mean_spend: Column, weight: Column) -> Learned:
    """The gamma-gamma model of maximum likelihood, columns as spend.fit takes them, of shape (cells,)."""
    fitted, warnings = _tried(lambda: spend.fit(x, mean_spend, weight))
    tie = getattr(fitted, "correlation", None)
    if tie is not None and abs(tie) > TIED:
        warnings += (
            f"Spend a purchase is tied to how often a customer buys (correlation {tie:.2f}), which the model rules "
            "out: its forecasts are drawn to the wrong mean.",
        )
    return Learned(GAMMA_GAMMA, GAMMA_GAMMA, SPEND_SOURCE, spend.NAMES, fitted, warnings)


def score(model: Model, learned: Learned, x: Column, t_x: Column, age: Column, horizon: float) -> Scores:
    """Scores of cells for the next `horizon` weeks (periods of a discrete model); NaN where nothing was learned."""
    x, t_x, age = columns({"x": x, "t_x": t_x, "age": age})
    if learned.fitted is None:
        return Scores(_unknown(x), _unknown(x))
    fitted = learned.fitted
    p_alive = in_blocks(lambda *cells: model.alive(fitted, *cells), x, t_x, age)
    if model.assumes_alive:
        p_alive = np.where(x > 0, p_alive, np.nan)
    return Scores(p_alive, in_blocks(lambda *cells: model.expected(fitted, *cells, horizon), x, t_x, age))


def worth(
    model: Model, learned: Learned, x: Column, t_x: Column, age: Column, horizon: float, yearly: float
) -> Worth:
    """As score, with `yearly` the discount of a year, such as .1, and a week or period 7 days; raises BadInput."""
    x, t_x, age = columns({"x": x, "t_x": t_x, "age": age})
    if not np.isfinite(yearly) or yearly < 0:
        raise BadInput(f"a yearly discount is at least 0, such as 0.1, and {yearly} is not")
    if learned.fitted is None:
        return Worth(_unknown(x), _unknown(x))
    rate = float(np.log1p(yearly) / WEEKS_A_YEAR)

    roughly = model.roughly or model.discounted
    error = relative_error(
        learned.fitted,
        model.parameters,
        lambda fitted, *cells: roughly(fitted, *cells, horizon, rate),
        *(x, t_x, age),
    )
    discounted = in_blocks(
        lambda *cells: model.discounted(learned.fitted, *cells, horizon, rate), x, t_x, age
    )
    return Worth(discounted, _unknown(x) if error is None else error)


def _unknown(x: Floats) -> Floats:
    return np.full(x.size, np.nan)


def mean_alive(
    model: Model, learned: Learned, x: Column, t_x: Column, age: Column, weight: Column
) -> float | None:
    """The mean P(alive) of the customers, with those of whom the model assumes it; None where it is unknown."""
    if learned.fitted is None or learned.fitted.boundary:
        return None
    (weight,) = columns({"weight": weight})
    p_alive = model.alive(learned.fitted, x, t_x, age)
    return float(np.sum(p_alive * weight) / np.sum(np.broadcast_to(weight, p_alive.shape)))


def _assumed(model: Model, once: int) -> str:
    return (
        f"{model.title} lets nobody leave before a second purchase: P(alive) of the {once:,} customers with one "
        "purchase is 1 by assumption; it counts so in the mean and is left out of the scores."
    )


def _tried(fit: Callable[[], Any]) -> tuple[Any, tuple[str, ...]]:
    try:
        fitted = fit()
    except BadInput as refused:
        text = str(refused)
        return None, (f"{text[0].upper()}{text[1:]}.",)
    return fitted, ((fitted.boundary,) if fitted.boundary else ())
