"""`sterna value`: what customers of a file will buy, and how many of them are still customers."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from sterna.cli.files.results import is_file, require_writable
from sterna.engine.errors import BadInput

if TYPE_CHECKING:
    from sterna.engine.value.backtest import BackTest
    from sterna.engine.value.forecasting import Learned
    from sterna.engine.value.models import Model
    from sterna.notebook.book import Book, Fitted
    from sterna.notebook.customer_scores import Asked, Fit, Forecast, Total
    from sterna.notebook.purchase_files import Incoming

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
    from sterna.notebook import purchase_files
    from sterna.notebook.book import Book

    require_writable(out)
    errors = Console(stderr=True, highlight=False)
    days = [None if day is None else day.date() for day in (as_of, backtest)]
    asked = _Question(_models(model or []), days[0], grain, horizon, discount, days[1], out)
    told = purchase_files.Told({"customer": customer, "date": date, "amount": amount})
    given = purchase_files.incoming(file, told)
    _require(given, asked)
    errors.print(f"reading {given.name}", markup=False)
    with Book.of(given, asked.as_of, asked.grain) as book:
        result = _answer(book, file, asked, errors)
    print(json.dumps(result.told(), indent=2) if as_json else result.sentences())


def _models(said: Sequence[str]) -> "tuple[Model, ...]":
    """The models of purchases by name; gamma-gamma is fitted wherever there is spend, and may be named too."""
    from sterna.engine.value import models

    names = [name.strip() for text in said for name in text.split(",")]
    named = [name for name in names if "".join(filter(str.isalpha, name.lower())) != "gammagamma"]
    return tuple(dict.fromkeys(models.find(name) for name in named or [DEFAULT_MODEL]))


def _require(given: "Incoming", asked: _Question) -> None:
    """Refuse what does not go together, before the file is read."""
    from sterna.notebook.book import require_fitting

    is_log = given.kind == "log"
    if is_log and asked.as_of is None:
        raise BadInput(f"{given.name} is a log: say with --as-of DATE which is the last day that counts")
    for model in asked.models:
        require_fitting(given, model)
    if asked.backtest is None:
        return
    if not is_log:
        raise BadInput(f"--backtest needs a log of purchases, and {given.name} is a summary")
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
        from sterna.notebook.book import sentences

        lines = [
            f"{self.customers:,} customers in {self.cells:,} cells, {self.rows_refused:,} rows refused",
            *(line for each in self.learned for line in sentences(each)),
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


def _answer(book: "Book", file: Path, asked: _Question, errors: Console) -> _Result:
    from sterna.notebook import customer_scores
    from sterna.notebook.customer_scores import Asked

    _tell_taken(book, errors)
    fits = [_fit(book, model, errors) for model in asked.models]
    question, first = Asked(asked.horizon, asked.discount), fits[0].fit
    cells = customer_scores.score(book.connection, first, question)
    found = customer_scores.totals(book.connection, first, question)
    # What cannot be checked is refused before anything is written.
    tests = _tests(book, asked, errors)
    return _Result(
        book.customers,
        cells,
        book.refused.num_rows,
        tuple(fit.learned for fit in fits) + (() if book.spend is None else (book.spend,)),
        asked.horizon,
        found,
        asked.discount,
        tests,
        tuple(_write(book, first, question, asked.out, file.suffix)),
    )


def _tell_taken(book: "Book", errors: Console) -> None:
    """Tell which rows were refused or set aside. Raises BadInput where no customer is left."""
    name, refused = book.given.name, book.refused
    for row in refused.slice(0, SHOWN_REFUSALS).to_pylist():
        errors.print(f"refused {name} row {row['row']}: {row['reason']}", markup=False, soft_wrap=True)
    if refused.num_rows > SHOWN_REFUSALS:
        more = refused.num_rows - SHOWN_REFUSALS
        errors.print(f"and {more:,} more refused rows; --out DIR keeps a list of all")
    for note in book.notes:
        errors.print(note, markup=False, soft_wrap=True)
    book.require_customers()


def _fit(book: "Book", model: "Model", errors: Console) -> "Fitted":
    errors.print(f"fitting {model.title}", markup=False)
    return book.learn(model)


def _tests(book: "Book", asked: _Question, errors: Console) -> "tuple[tuple[str, BackTest], ...]":
    """The back-tests by model."""
    if asked.backtest is None:
        return ()
    errors.print(f"fitting again on the days up to {asked.backtest}", markup=False)
    tests = book.back_tests(asked.models, asked.backtest)
    return tuple((model.name, test) for model, test in zip(asked.models, tests, strict=True))


def _write(book: "Book", fit: "Fit", question: "Asked", out: Path | None, suffix: str) -> list[str]:
    """Write scores and, if there are any, the refused rows beside them; returns the names of the files."""
    from sterna.notebook import customer_scores

    if out is None:
        return []
    alone = is_file(out)
    kind = ".parquet" if suffix == ".parquet" else ".csv"
    scores = out if alone else out / f"scores{kind}"
    customer_scores.write(book.connection, scores, fit, question)
    if not book.refused.num_rows:
        return [str(scores)]
    listed = scores.with_name(f"{scores.stem}.refused.csv" if alone else "refused.csv")
    customer_scores.write_refused(book.connection, listed)
    return [str(scores), str(listed)]
