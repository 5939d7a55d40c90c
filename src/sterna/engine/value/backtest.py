"""Sets a forecast against what happened, by decile of the forecast, beside the rate that anybody could count.

The naive rate is a customer's own purchases per time so far. It often ranks customers almost as well as a model: what
a model adds is the level, since it knows that some have left. So both stand in every row.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sterna.engine.errors import BadInput
from sterna.engine.value.cells import Column, Floats, columns, counts, require

BANDS = 10


@dataclass(frozen=True)
class Accuracy:
    """How near one forecast came to what happened.

    `bias` is the excess of the forecast total over the actual one, as a share (None when nothing happened);
    `mean_absolute_error` and `root_mean_square_error` are a customer's; `correlation` is Pearson's over customers,
    None where either side does not vary; `top_share` the share of what happened that the tenth of customers with the
    highest forecasts did (None when nothing happened).
    """

    total: float
    bias: float | None
    mean_absolute_error: float
    root_mean_square_error: float
    correlation: float | None
    top_share: float | None


@dataclass(frozen=True)
class Band:
    """A tenth of the customers by forecast, 1 the highest: means a customer of the forecast, the actual, the naive."""

    band: int
    customers: float
    forecast: float
    actual: float
    naive: float


@dataclass(frozen=True)
class BackTest:
    """Both accuracies, and the bands from the highest forecast to the lowest."""

    customers: int
    actual: float
    model: Accuracy
    naive: Accuracy
    bands: tuple[Band, ...]


def naive_rate(x: Column, age: Column, horizon: float) -> Floats:
    """Purchases of the next `horizon` at each customer's own rate so far, 0 for one without any past; (cells,)."""
    x, age = columns({"x": x, "age": age})
    return np.where(age > 0, x / np.where(age > 0, age, 1.0) * horizon, 0.0)


def backtest(forecast: Column, naive: Column, actual: Column, weight: Column = 1.0) -> BackTest:
    """Compare; every argument has shape (cells,), `weight` counts the customers of a cell.

    Customers with equal forecasts are shared between bands in equal parts, so that their order changes nothing.
    Raises BadInput where a figure is not finite, and when there are fewer than ten customers.
    """
    named = {"forecast": forecast, "naive": naive, "actual": actual, "weight": weight}
    forecast, naive, actual, weight = columns(named)
    counts(weight)
    for name, column in (("forecast", forecast), ("naive", naive), ("actual", actual)):
        require(np.isfinite(column), f"{name} is finite")
    if weight.sum() < BANDS:
        raise BadInput(f"a back-test needs {BANDS} customers or more, here are {weight.sum():.0f}")
    return BackTest(
        round(weight.sum()),
        float(weight @ actual),
        _accuracy(forecast, actual, weight),
        _accuracy(naive, actual, weight),
        tuple(_bands(forecast, naive, actual, weight)),
    )


def _accuracy(forecast: Floats, actual: Floats, weight: Floats) -> Accuracy:
    customers, total, happened = weight.sum(), float(weight @ forecast), float(weight @ actual)
    error = forecast - actual
    top = _shares(forecast, weight)[0]
    return Accuracy(
        total,
        total / happened - 1 if happened else None,
        float(weight @ np.abs(error) / customers),
        float(np.sqrt(weight @ error**2 / customers)),
        _correlation(forecast, actual, weight),
        float(top @ (weight * actual) / happened) if happened else None,
    )


def _correlation(one: Floats, other: Floats, weight: Floats) -> float | None:
    centered = [column - weight @ column / weight.sum() for column in (one, other)]
    spread = np.sqrt((weight @ centered[0] ** 2) * (weight @ centered[1] ** 2))
    return float(weight @ (centered[0] * centered[1]) / spread) if spread > 0 else None


def _bands(forecast: Floats, naive: Floats, actual: Floats, weight: Floats) -> list[Band]:
    bands = []
    for number, share in enumerate(_shares(forecast, weight), start=1):
        part = share * weight
        means = [float(part @ column / part.sum()) for column in (forecast, actual, naive)]
        bands.append(Band(number, float(part.sum()), *means))
    return bands


def _shares(forecast: Floats, weight: Floats) -> NDArray[np.float64]:
    """How much of each cell lies in each band, shape (BANDS, cells); columns sum to 1."""
    levels, place = np.unique(-forecast, return_inverse=True)
    held = np.bincount(place, weight, levels.size)
    ends = np.cumsum(held)
    edges = np.linspace(0, ends[-1], BANDS + 1)
    within = np.clip(edges[:, None], ends - held, ends) - (ends - held)
    return np.asarray((np.diff(within, axis=0) / held)[:, place], dtype=np.float64)
