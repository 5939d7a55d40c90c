"""Spreads the scores of cells over the customers who share them, adds them up, and sets a forecast beside what came."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from sterna.engine.errors import BadInput
from sterna.engine.lake import arrow
from sterna.engine.value import backtest, forecasting, spend
from sterna.engine.value.backtest import BackTest
from sterna.engine.value.cells import Floats
from sterna.engine.value.forecasting import Learned
from sterna.engine.value.models import Model
from sterna.engine.value.uncertainty import NORMAL_95, interval, relative_error
from sterna.notebook import customer_cells
from sterna.notebook.customer_cells import PERIODS, TRIPLE, Span
from sterna.notebook.purchase_files import column

MONEY = "decimal(18, 2)"
_OPTIONAL = ("discounted", "error", "purchases_error")  # columns of the scores that not everybody asks for


@dataclass(frozen=True)
class Asked:
    """What is to be forecast: how many weeks, and the yearly discount where lifetime values are asked for.

    With `ranges` the purchases of each customer have their 95 % interval.
    """

    horizon: int
    discount: float | None = None
    ranges: bool = False


@dataclass(frozen=True)
class Fit:
    """A model as it was learned, with that of spend (None where there is none) and the columns that it takes."""

    model: Model
    learned: Learned
    spent: Learned | None
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Total:
    """A sum over all customers with its 95 % interval; None where it is unknown."""

    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Forecast:
    """The totals of the horizon, and the mean P(alive)."""

    purchases: Total
    spend: Total
    lifetime_value: Total
    p_alive_mean: float | None


def names(model: Model, is_log: bool) -> tuple[str, ...]:
    """The columns of `customers` that the model takes for x, t_x and age."""
    return PERIODS if model.discrete and is_log else TRIPLE


def score(connection: duckdb.DuckDBPyConnection, fit: Fit, asked: Asked) -> int:
    """Make `scored`, a row for each of `customers` with their scores; returns how many different histories there are.

    Raises BadInput for a discount below 0.
    """
    model, learned = fit.model, fit.learned
    x, t_x, age, _ = customer_cells.cells(connection, fit.columns)
    scores = forecasting.score(model, learned, x, t_x, age, asked.horizon)
    own = dict(zip(fit.columns, (x, t_x, age), strict=True))
    own |= {"p_alive": scores.p_alive, "purchases": scores.purchases}
    if asked.discount is not None:
        worth = forecasting.worth(model, learned, x, t_x, age, asked.horizon, asked.discount)
        own |= {"discounted": worth.discounted, "error": worth.error}
    if asked.ranges:
        own |= {"purchases_error": _purchases_error(fit, x, t_x, age, asked.horizon)}
    _put(connection, "cell_scores", own)
    _put_spend(connection, fit.spent)
    _join(connection, fit.columns, [name for name in _OPTIONAL if name in own])
    return x.size


def _purchases_error(fit: Fit, x: Floats, t_x: Floats, age: Floats, horizon: int) -> Floats:
    """The standard error of the log of the purchases expected, NaN where it is unknown."""
    found = None
    if fit.learned.fitted is not None:
        found = relative_error(
            fit.learned.fitted,
            fit.model.parameters,
            lambda moved: fit.model.expected(moved, x, t_x, age, horizon),
        )
    return np.full(x.size, np.nan) if found is None else found


def totals(connection: duckdb.DuckDBPyConnection, fit: Fit, asked: Asked) -> Forecast:
    """The totals of `scored`, which must have been made for the same question."""
    cells = customer_cells.cells(connection, fit.columns)
    return Forecast(
        _purchases(fit, cells, asked.horizon),
        _money(connection, fit, asked, "purchases"),
        _money(connection, fit, asked, "discounted"),
        forecasting.mean_alive(fit.model, fit.learned, *cells),
    )


def _put(connection: duckdb.DuckDBPyConnection, name: str, columns: dict[str, Floats]) -> None:
    """Hold the columns as a table in which NaN is unknown."""
    connection.register("held", pa.table({key: column(values) for key, values in columns.items()}))
    known = ", ".join(f"case when not isnan({key}) then {key} end as {key}" for key in columns)
    connection.execute(f"create or replace table {name} as select {known} from held")
    connection.unregister("held")


def _put_spend(connection: duckdb.DuckDBPyConnection, spent: Learned | None) -> None:
    x, mean, _ = customer_cells.spend_cells(connection)
    expected, error = np.full(x.size, np.nan), np.full(x.size, np.nan)
    if spent is not None and spent.fitted is not None:
        expected = spend.expected_spend(spent.fitted, x, mean).spend
        found = relative_error(
            spent.fitted, spend.NAMES, lambda fitted: spend.expected_spend(fitted, x, mean).spend
        )
        error = error if found is None else found
    columns = {"frequency": x, "monetary": mean, "order_value": expected, "order_error": error}
    _put(connection, "spend_scores", columns)
    pooled = np.array([np.nan if spent is None or spent.fitted is None else spent.fitted.population_mean])
    found = (
        None if spent is None or spent.fitted is None else relative_error(spent.fitted, spend.NAMES, _pooled)
    )
    _put(connection, "pooled", {"mean": pooled, "mean_error": np.array([np.nan]) if found is None else found})


def _pooled(fitted: Any) -> Floats:
    return np.array([fitted.population_mean])


def _join(connection: duckdb.DuckDBPyConnection, columns: tuple[str, ...], optional: Sequence[str]) -> None:
    """A customer of whose spend nothing is known gets the mean; one who got all of it back is unknown."""
    chosen = ", ".join(["p_alive", "purchases", *optional])
    connection.execute(
        f"""
        create or replace table scored as
        select
            customers.*, {chosen},
            case when monetary is null then mean else order_value end as order_value,
            case when monetary is null then mean_error else order_error end as order_error
        from customers join cell_scores using ({", ".join(columns)})
        left join spend_scores using (frequency, monetary)
        cross join pooled
        """
    )


def _purchases(fit: Fit, cells: tuple[Floats, ...], horizon: int) -> Total:
    if fit.learned.fitted is None:
        return Total(None)
    x, t_x, age, weight = cells

    def bought(moved: Any) -> Floats:
        return np.array([weight @ fit.model.expected(moved, x, t_x, age, horizon)])

    return _total([(fit.learned.fitted, fit.model.parameters, bought)])


Part = tuple[Any, tuple[str, ...], Callable[[Any], Floats]]


def _total(parts: list[Part]) -> Total:
    """The figure of the first part, with the errors of all parts, which are independent of one another."""
    fitted, _, figure = parts[0]
    errors = [relative_error(fitted, names, figure) for fitted, names, figure in parts]
    known = [error for error in errors if error is not None]
    error = np.sqrt(sum(one**2 for one in known)) if len(known) == len(errors) else None
    value = figure(fitted)
    low, high = interval(value, error)
    return Total(*(float(each[0]) if np.isfinite(each[0]) else None for each in (value, low, high)))


def _money(connection: duckdb.DuckDBPyConnection, fit: Fit, asked: Asked, counted: str) -> Total:
    """The spend of all customers: of purchases times order values, each sum taken anew as parameters move."""
    model, fitted = fit.model, fit.learned.fitted
    spender = None if fit.spent is None else fit.spent.fitted
    if fitted is None or spender is None or (counted == "discounted" and asked.discount is None):
        return Total(None)
    listed = ", ".join(fit.columns)
    x, t_x, age, value = customer_cells.floats(
        connection,
        f"select {listed}, coalesce(fsum(weight * order_value), 0) from scored group by {listed} order by {listed}",
    )
    frequency, monetary, bought = customer_cells.floats(
        connection,
        f"select frequency, monetary, coalesce(fsum(weight * {counted}), 0) from scored where order_value is not null "
        "group by all order by all",
    )
    rate = float(np.log1p(asked.discount or 0.0) / forecasting.WEEKS_A_YEAR)

    def by_purchases(moved: Any) -> Floats:
        if counted == "purchases":
            return np.array([value @ model.expected(moved, x, t_x, age, asked.horizon)])
        return np.array([value @ model.discounted(moved, x, t_x, age, asked.horizon, rate)])

    def by_spend(moved: Any) -> Floats:
        return np.array([bought @ spend.expected_spend(moved, frequency, monetary).spend])

    return _total([(fitted, model.parameters, by_purchases), (spender, spend.NAMES, by_spend)])


def write(connection: duckdb.DuckDBPyConnection, path: Path, fit: Fit, asked: Asked) -> None:
    """Write `scored` in the order of the rows, as CSV or Parquet; money to the cent. Raises BadInput."""
    _copy(connection, _listed(fit, asked), path)


def table(connection: duckdb.DuckDBPyConnection, fit: Fit, asked: Asked) -> pa.Table:
    """What `write` writes, in memory."""
    return connection.sql(_listed(fit, asked)).to_arrow_table()


def _listed(fit: Fit, asked: Asked) -> str:
    """The SQL of the scores as they are handed out."""
    value = "discounted * order_value"
    # Two independent relative errors add up in squares; 1.96 of them on either side hold 95 %.
    spread = f"exp({NORMAL_95} * sqrt(error * error + order_error * order_error))"
    chosen = {"expected_purchases": "purchases"}
    if asked.ranges:
        bound = f"exp({NORMAL_95} * purchases_error)"
        chosen |= {
            "expected_purchases_low": f"purchases / {bound}",
            "expected_purchases_high": f"purchases * {bound}",
        }
    chosen |= {
        "expected_order_value": f"try_cast(order_value as {MONEY})",
        "expected_spend": f"try_cast(purchases * order_value as {MONEY})",
    }
    if asked.discount is not None:
        chosen |= {
            "lifetime_value": f"try_cast({value} as {MONEY})",
            "lifetime_value_low": f"try_cast({value} / {spread} as {MONEY})",
            "lifetime_value_high": f"try_cast({value} * {spread} as {MONEY})",
        }
    listed = ", ".join(f"{sql} as {name}" for name, sql in chosen.items())
    columns = ", ".join(fit.columns)
    return f"select customer_id, {columns}, weight, monetary, p_alive, {listed} from scored order by row"


def write_refused(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Write `refused`, a row and its reason, as CSV in the order of the rows. Raises BadInput."""
    _copy(connection, "select row, reason from refused order by row", path)


def _copy(connection: duckdb.DuckDBPyConnection, sql: str, path: Path) -> None:
    kind = "parquet, compression zstd" if path.suffix == ".parquet" else "csv, header"
    try:
        with arrow.replacing(path) as unfinished:
            target = str(unfinished).replace("'", "''")
            connection.execute(f"copy ({sql}) to '{target}' (format {kind})")
    except (duckdb.Error, OSError) as error:
        raise BadInput(f"{path} cannot be written: {str(error).splitlines()[0]}") from error


def compare_back(
    connection: duckdb.DuckDBPyConnection, model: Model, learned: Learned, span: Span, as_of: date
) -> BackTest:
    """The forecast made of `customers` up to the day of the span against their purchases from then until `as_of`."""
    weeks = (as_of - span.until).days / 7
    x, t_x, age, _ = customer_cells.cells(connection)
    expected = model.expected(learned.fitted, x, t_x, age, weeks)
    naive = backtest.naive_rate(x, age, weeks)
    _put(
        connection,
        "forecasts",
        {"frequency": x, "recency": t_x, "age": age, "expected": expected, "naive": naive},
    )
    return backtest.backtest(
        *customer_cells.floats(
            connection,
            """
            with later as (
                select customer_id, count(distinct day) as bought from log
                where reason is null and day > $until and day <= $as_of and coalesce(amount, 0) >= 0
                group by customer_id
            )
            select expected, naive, coalesce(bought, 0), count(*)
            from customers join forecasts using (frequency, recency, age) left join later using (customer_id)
            group by all order by all
            """,
            until=span.until,
            as_of=as_of,
        )
    )
