"""`sterna value`: what customers of a file will buy, and how many of them are still customers."""

import json
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from sterna.engine.errors import BadInput

if TYPE_CHECKING:
    import duckdb

    from sterna.cli.files.customer_scores import Forecast, Total
    from sterna.cli.files.purchase_files import Incoming
    from sterna.engine.value.backtest import BackTest
    from sterna.engine.value.forecasting import Learned
    from sterna.engine.value.models import Model

SHOWN_REFUSALS = 20
DEFAULT_MODEL = "bg-nbd"
_DAYS = ["%Y-%m-%d"]


class Grain(StrEnum):
    """How times are taken: to the day, or rounded to weeks."""

    DAY = "day"
    WEEK = "week"


@dataclass(frozen=True)
class _Question:
    """What the command was asked, apart from the file."""

    models: "tuple[Model, ...]"
    as_of: date | None
    grain: str
    horizon: int
    discount: float | None
    backtest: date | None
    out: Path | None


def value_command(
    file: Annotated[Path, typer.Argument(help="Purchases or summaries of customers, CSV or Parquet.")],
    as_of: Annotated[
        datetime | None,
        typer.Option(formats=_DAYS, metavar="DATE", help="The last day that counts; ages run to it."),
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option(
            help="One of bg-nbd, mbg-nbd, pareto-nbd, bg-bb, sbg; may be repeated, the first scores."
        ),
    ] = None,
    customer: Annotated[str | None, typer.Option(help="The column that names the customer.")] = None,
    date: Annotated[str | None, typer.Option(help="The column with the day of a purchase.")] = None,
    amount: Annotated[str | None, typer.Option(help="The column with the amount of a purchase.")] = None,
    grain: Annotated[
        Grain, typer.Option(help="Whether times are exact or rounded to weeks, for many customers.")
    ] = Grain.DAY,
    horizon: Annotated[int, typer.Option(min=1, max=5200, help="Forecast so many weeks.")] = 26,
    discount: Annotated[
        float | None, typer.Option(min=0, help="Add lifetime values, discounted so much a year, such as 0.1.")
    ] = None,
    backtest: Annotated[
        datetime | None,
        typer.Option(
            formats=_DAYS, metavar="DATE", help="Learn up to this day and check on the days after it."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="A folder for all results, or a .csv or .parquet file for the scores.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Fit models of purchases to come and score every customer with the first of them."""
    from sterna.cli.files import customer_cells, purchase_files

    errors = Console(stderr=True, highlight=False)
    days = [None if day is None else day.date() for day in (as_of, backtest)]
    asked = _Question(_models(model or []), days[0], grain, horizon, discount, days[1], out)
    given = purchase_files.incoming(file, {"customer": customer, "date": date, "amount": amount})
    _require(given, asked)
    with (
        tempfile.TemporaryDirectory(prefix="sterna-value-") as scratch,
        customer_cells.tables(Path(scratch)) as connection,
    ):
        result = _answer(connection, given, asked, errors)
    print(json.dumps(result.told(), indent=2) if as_json else result.sentences())


def _models(said: Sequence[str]) -> "tuple[Model, ...]":
    """The models of purchases by name; gamma-gamma is fitted wherever there is spend, and may be named too."""
    from sterna.engine.value import models

    names = [name.strip() for text in said for name in text.split(",")]
    named = [name for name in names if "".join(filter(str.isalpha, name.lower())) != "gammagamma"]
    return tuple(dict.fromkeys(models.find(name) for name in named or [DEFAULT_MODEL]))


def _require(given: "Incoming", asked: _Question) -> None:
    """Refuse what does not go together, before the file is read."""
    is_log = given.kind == "log"
    if is_log and asked.as_of is None:
        raise BadInput(f"{given.path.name} is a log: say with --as-of DATE which is the last day that counts")
    if is_log and any(model.name == "sbg" for model in asked.models):
        raise BadInput(
            "sbg is of contracts, whose ends are seen: it needs a summary with frequency, recency, age"
        )
    if asked.backtest is None:
        return
    if not is_log:
        raise BadInput(f"--backtest needs a log of purchases, and {given.path.name} is a summary")
    if asked.as_of is not None and asked.backtest >= asked.as_of:
        raise BadInput(
            f"--backtest {asked.backtest} is not before --as-of {asked.as_of}: no days are left to check"
        )
    if any(model.discrete for model in asked.models):
        raise BadInput("--backtest counts days with a purchase, and bg-bb weeks: leave one of them out")


@dataclass(frozen=True)
class _Result:
    """Everything that is told of a file."""

    customers: int
    cells: int
    rows_refused: int
    learned: "tuple[Learned, ...]"
    horizon: int
    forecast: "Forecast"
    discount: float | None
    tests: "tuple[tuple[str, BackTest], ...]"
    written: tuple[str, ...]

    def told(self) -> dict[str, Any]:
        """The result as JSON: its shape is that of the documentation."""
        found = self.forecast
        told: dict[str, Any] = {
            "customers": self.customers,
            "cells": self.cells,
            "rows_refused": self.rows_refused,
            "models": [each.told() for each in self.learned],
            "forecast": {
                "horizon_weeks": self.horizon,
                "purchases": found.purchases.value,
                "spend": None if found.spend.value is None else round(found.spend.value, 2),
                "p_alive_mean": found.p_alive_mean,
            },
        }
        if self.discount is not None:
            told["lifetime_value"] = {
                name: None if value is None else round(value, 2)
                for name, value in asdict(found.lifetime_value).items()
            } | {"discount": self.discount}
        if self.tests:
            told["backtest"] = {name: asdict(test) for name, test in self.tests}
        return told

    def sentences(self) -> str:
        """The result as a person reads it."""
        lines = [
            f"{self.customers:,} customers in {self.cells:,} cells, {self.rows_refused:,} rows refused",
            *(line for each in self.learned for line in _model_lines(each)),
            f"next {self.horizon} weeks: {_total_text(self.forecast.purchases)} purchases, "
            f"{_total_text(self.forecast.spend)} spend, mean P(alive) {_unknown(self.forecast.p_alive_mean, '.3f')}",
        ]
        if self.discount is not None:
            lines.append(
                f"lifetime value, {self.discount:.1%} a year: {_total_text(self.forecast.lifetime_value)}"
            )
        for name, test in self.tests:
            lines += _test_lines(name, test)
        if self.written:
            lines.append(f"written: {', '.join(self.written)}")
        return "\n".join(lines)


def _model_lines(learned: "Learned") -> list[str]:
    parameters, errors = learned.told()["parameters"] or {}, learned.errors() or {}
    told = [
        f"{name} {value:.4g}" + (f" ({errors[name]:.2g})" if name in errors else "")
        for name, value in parameters.items()
    ]
    if learned.fitted is not None:
        told.append(f"log-likelihood {learned.fitted.log_likelihood:,.1f}")
    return [
        f"{learned.title}: {', '.join(told) or 'not fitted'}",
        *(f"  {text}" for text in (*learned.warnings, *learned.notes)),
    ]


def _total_text(total: "Total") -> str:
    if total.value is None:
        return "unknown"
    between = "" if total.low is None else f" ({total.low:,.0f} to {total.high:,.0f})"
    return f"{total.value:,.0f}{between}"


def _unknown(value: float | None, form: str) -> str:
    return "unknown" if value is None else format(value, form)


def _test_lines(name: str, test: "BackTest") -> list[str]:
    lines = [f"{name} against what {test.customers:,} customers did, {test.actual:,.0f} purchases:"]
    for what, found in (("model", test.model), ("naive rate", test.naive)):
        lines.append(
            f"  {what}: {found.total:,.0f}, off by {_unknown(found.bias, '+.1%')}, mean error a customer "
            f"{found.mean_absolute_error:.3f}, correlation {_unknown(found.correlation, '.3f')}, "
            f"top tenth {_unknown(found.top_share, '.1%')}"
        )
    lines.append("  tenth  forecast  actual  naive")
    for band in test.bands:
        lines.append(f"  {band.band:5}  {band.forecast:8.3f}  {band.actual:6.3f}  {band.naive:5.3f}")
    return lines


def _answer(
    connection: "duckdb.DuckDBPyConnection", given: "Incoming", asked: _Question, errors: Console
) -> _Result:
    from sterna.cli.files import customer_cells, customer_scores
    from sterna.cli.files.customer_scores import Asked

    is_log = given.kind == "log"
    customers, refused = _taken(connection, given, asked, errors)
    learned = tuple(_learn(connection, model, is_log, errors) for model in asked.models)
    spent = _learn_spend(connection, given, errors)
    columns = customer_scores.names(asked.models[0], is_log)
    found = customer_scores.forecast(
        connection, asked.models[0], learned[0], spent, columns, Asked(asked.horizon, asked.discount)
    )
    cells = customer_cells.cells(connection, columns)[0].size
    # What cannot be checked is refused before anything is written.
    tests = _tests(connection, asked, errors)
    written = _write(connection, asked, given.path.suffix, columns, refused)
    everything = learned if spent is None else (*learned, spent)
    return _Result(
        customers, cells, refused, everything, asked.horizon, found, asked.discount, tests, tuple(written)
    )


def _taken(
    connection: "duckdb.DuckDBPyConnection", given: "Incoming", asked: _Question, errors: Console
) -> tuple[int, int]:
    """Read the file into tables and tell what was refused or set aside; how many customers and refused rows."""
    from sterna.cli.files import customer_cells

    errors.print(f"reading {given.path.name}", markup=False)
    if given.kind == "log" and asked.as_of is not None:
        customer_cells.take_log(connection, given, asked.as_of)
        discrete = any(model.discrete for model in asked.models)
        customer_cells.histories(connection, customer_cells.Span(asked.as_of, asked.grain, discrete))
    else:
        customer_cells.take_summary(connection, given, asked.grain)
    refused = _tell_refused(connection, given, errors)
    for note in customer_cells.notes(connection, given, asked.as_of):
        errors.print(note, markup=False, soft_wrap=True)
    ((customers,),) = connection.execute("select coalesce(sum(weight), 0) from customers").fetchall()
    if not customers:
        raise BadInput(f"{given.path.name} has no customer to learn from: {refused:,} rows refused")
    return int(customers), refused


def _tell_refused(connection: "duckdb.DuckDBPyConnection", given: "Incoming", errors: Console) -> int:
    (count,) = connection.execute("select count(*) from refused").fetchall()[0]
    shown = connection.execute(
        "select row, reason from refused order by row limit $shown", {"shown": SHOWN_REFUSALS}
    )
    for row, reason in shown.fetchall():
        errors.print(f"refused {given.path.name} row {row}: {reason}", markup=False, soft_wrap=True)
    if count > SHOWN_REFUSALS:
        errors.print(f"and {count - SHOWN_REFUSALS:,} more refused rows; --out DIR keeps a list of all")
    return int(count)


def _learn(
    connection: "duckdb.DuckDBPyConnection", model: "Model", is_log: bool, errors: Console
) -> "Learned":
    from sterna.cli.files import customer_cells, customer_scores
    from sterna.engine.value import forecasting

    errors.print(f"fitting {model.title}", markup=False)
    return forecasting.learn(model, *customer_cells.cells(connection, customer_scores.names(model, is_log)))


def _learn_spend(
    connection: "duckdb.DuckDBPyConnection", given: "Incoming", errors: Console
) -> "Learned | None":
    """Gamma-gamma, or None where the file has no spend at all."""
    from sterna.cli.files import customer_cells
    from sterna.engine.value import forecasting

    if not {"amount", "monetary"} & set(given.roles):
        return None
    errors.print("fitting gamma-gamma", markup=False)
    learned = forecasting.learn_spend(*customer_cells.spend_cells(connection))
    return replace(learned, warnings=(*learned.warnings, *customer_cells.without_spend(connection)))


def _tests(
    connection: "duckdb.DuckDBPyConnection", asked: _Question, errors: Console
) -> "tuple[tuple[str, BackTest], ...]":
    """The back-tests by model, for which `customers` are made anew as they were on that day."""
    from sterna.cli.files import customer_cells, customer_scores

    if asked.backtest is None or asked.as_of is None:
        return ()
    span = customer_cells.Span(asked.backtest, asked.grain)
    customer_cells.histories(connection, span)
    tests = []
    for model in asked.models:
        learned = _learn(connection, model, True, errors)
        if learned.fitted is None:
            raise BadInput(
                f"no back-test of {model.name} on the days up to {asked.backtest}: {learned.warnings[0]}"
            )
        found = customer_scores.compare_back(connection, model, learned, span, asked.as_of)
        tests.append((model.name, found))
    return tuple(tests)


def _write(
    connection: "duckdb.DuckDBPyConnection",
    asked: _Question,
    suffix: str,
    columns: tuple[str, ...],
    refused: int,
) -> list[str]:
    """Write scores and, if there are any, the refused rows beside them; returns the names of the files."""
    from sterna.cli.files import customer_scores

    if asked.out is None:
        return []
    alone = asked.out.suffix in (".csv", ".parquet")
    kind = ".parquet" if suffix == ".parquet" else ".csv"
    scores = asked.out if alone else asked.out / f"scores{kind}"
    customer_scores.write(connection, scores, columns, asked.discount is not None)
    if not refused:
        return [str(scores)]
    listed = scores.with_name(f"{scores.stem}.refused.csv" if alone else "refused.csv")
    customer_scores.write_refused(connection, listed)
    return [str(scores), str(listed)]
