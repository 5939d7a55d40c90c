"""A book of customers: what they bought, read once, and the models that learn from it."""

import tempfile
import weakref
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Self

import duckdb
import pyarrow as pa

from sterna.engine import money
from sterna.engine.errors import BadInput
from sterna.engine.value import concentration, forecasting, models
from sterna.engine.value.backtest import BackTest
from sterna.engine.value.cells import Column
from sterna.engine.value.concentration import Curve
from sterna.engine.value.forecasting import Learned, Scores
from sterna.engine.value.models import Model
from sterna.notebook import customer_cells, customer_scores
from sterna.notebook.customer_cells import Span
from sterna.notebook.customer_scores import Asked, Fit, Forecast
from sterna.notebook.purchase_files import LOG, Incoming

LONGEST = 5200  # weeks that may be forecast


class Book:
    """Customers of a log or of a summary, as `notebook.read` gives them.

    It holds its rows in tables of its own until it is closed or no longer used; what it hands out stays.
    """

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, given: Incoming, as_of: date | None, grain: str
    ) -> None:
        self.connection = connection
        self.given = given
        self.as_of = as_of
        self.grain = grain
        self._weeks_counted = False
        self._closing: weakref.finalize[[], Book] | None = None

    @classmethod
    def of(cls, given: Incoming, as_of: date | None, grain: str) -> "Book":
        """Read what comes in to its end. Raises BadInput where that fails; rows that are none are in `refused`."""
        with ExitStack() as opened:
            scratch = opened.enter_context(tempfile.TemporaryDirectory(prefix="sterna-value-"))
            connection = opened.enter_context(customer_cells.tables(Path(scratch)))
            if given.kind == LOG and as_of is not None:
                customer_cells.take_log(connection, given, as_of)
                customer_cells.histories(connection, Span(as_of, grain))
            else:
                customer_cells.take_summary(connection, given, grain)
            book = cls(connection, given, as_of, grain)
            # A book of which nobody calls close gives its memory and its folder back with its last user.
            book._closing = weakref.finalize(book, opened.pop_all().close)
        return book

    def close(self) -> None:
        """Give back memory and disk; a closed book cannot be asked any more."""
        if self._closing is not None:
            self._closing()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        until = "" if self.as_of is None else f" up to {self.as_of}"
        refused = f", {self.refused.num_rows:,} rows refused" if self.refused.num_rows else ""
        return "\n".join([f"{self.customers:,} customers of {self.given.name}{until}{refused}", *self.notes])

    @property
    def is_log(self) -> bool:
        """Whether it was made of purchases, and not of summaries."""
        return self.given.kind == LOG

    @cached_property
    def customers(self) -> int:
        """How many customers there are to learn from."""
        found = self.connection.execute("select coalesce(sum(weight), 0) from customers").fetchall()
        return int(found[0][0])

    @cached_property
    def refused(self) -> pa.Table:
        """The rows that were not taken, in order: `row` and `reason`."""
        return self.connection.sql("select row, reason from refused order by row").to_arrow_table()

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """What was done with rows that are neither plain purchases nor refused: after the last day, refunds, zeros."""
        return tuple(customer_cells.notes(self.connection, self.given, self.as_of))

    def require_customers(self) -> None:
        """Raises BadInput where no row was taken."""
        if not self.customers:
            raise BadInput(
                f"{self.given.name} has no customer to learn from: {self.refused.num_rows:,} rows refused"
            )

    def fit(self, model: str = "bg-nbd") -> "Fitted":
        """The model of that name (see engine.value.models.MODELS), by maximum likelihood.

        Raises BadInput for a name that is none, and with the reason where nothing can be learned.
        """
        found = models.find(model)
        require_fitting(self.given, found)
        fitted = self.learn(found)
        if fitted.learned.fitted is None:
            raise BadInput(f"{found.name} learns nothing of {self.given.name}: {fitted.learned.warnings[0]}")
        return fitted

    def learn(self, model: Model) -> "Fitted":
        """As fit; but where nothing can be learned the answer has no parameters, and the reason as its warning."""
        columns = customer_scores.names(model, self.is_log)
        if columns == customer_cells.PERIODS and not self._weeks_counted and self.as_of is not None:
            customer_cells.weeks_as_opportunities(self.connection, self.as_of)
            self._weeks_counted = True
        learned = forecasting.learn(model, *customer_cells.cells(self.connection, columns))
        return Fitted(self, model, learned)

    @cached_property
    def spend(self) -> Learned | None:
        """Gamma-gamma, the model of spend; None where there is no amount at all."""
        if not {"amount", "monetary"} & set(self.given.roles):
            return None
        learned = forecasting.learn_spend(*customer_cells.spend_cells(self.connection))
        without = customer_cells.without_spend(self.connection)
        return replace(learned, warnings=(*learned.warnings, *without))

    def back_tests(self, tested: Sequence[Model], until: date) -> list[BackTest]:
        """The models learned on the days up to `until`, each against the days after it. Raises BadInput."""
        as_of = _day_of_a_log(self, "a back-test")
        with self._earlier(until) as then:
            found = []
            for model in tested:
                learned = then.learn(model).learned
                if learned.fitted is None:
                    raise BadInput(
                        f"no back-test of {model.name} on the days up to {until}: {learned.warnings[0]}"
                    )
                span = Span(until, self.grain)
                found.append(customer_scores.compare_back(then.connection, model, learned, span, as_of))
            return found

    @contextmanager
    def _earlier(self, until: date) -> Iterator["Book"]:
        """The same log as it stood on an earlier day, in a schema that hides the customers of today."""
        with self.connection.cursor() as cursor:
            cursor.execute("create schema earlier")
            try:
                cursor.execute("set search_path = 'earlier,main'")
                customer_cells.histories(cursor, Span(until, self.grain))
                yield Book(cursor, self.given, until, self.grain)
            finally:
                cursor.execute("drop schema earlier cascade")

    def concentration(self) -> Curve:
        """What each customer has brought up to `as_of`, refunds taken off, from the one who brought most.

        Of revenue; for a profit of your own use engine.value.concentration.curve. Raises BadInput for a summary,
        which does not hold the first purchase, and without amounts.
        """
        _day_of_a_log(self, "concentration")
        if "amount" not in self.given.roles:
            raise BadInput(f"concentration needs amounts, and {self.given.name} has no column for them")
        found = self.connection.execute(
            "select sum(amount) from log where reason is null and day <= $as_of "
            "and row not in (select row from refused) group by customer_id",
            {"as_of": self.as_of},
        )
        return concentration.curve([money.cents(amount) for (amount,) in found.fetchall()])


def require_fitting(given: Incoming, model: Model) -> None:
    """Raises BadInput for a model that cannot learn of what came in."""
    if given.kind == LOG and model.name == "sbg":
        raise BadInput(
            "sbg is of contracts, whose ends are seen: it needs a summary with frequency, recency, age"
        )


def _day_of_a_log(book: Book, what: str) -> date:
    if not book.is_log or book.as_of is None:
        raise BadInput(f"{what} needs a log of purchases, and {book.given.name} is a summary")
    return book.as_of


@dataclass(frozen=True, repr=False)
class Fitted:
    """A model that has learned of a book, and what it says of the customers."""

    book: Book
    model: Model
    learned: Learned

    def __repr__(self) -> str:
        return "\n".join(line for each in self._parts() for line in sentences(each))

    def _parts(self) -> list[Learned]:
        return [self.learned] if self.book.spend is None else [self.learned, self.book.spend]

    @property
    def parameters(self) -> dict[str, float] | None:
        """The parameters by the names of the literature; None where nothing was learned."""
        found: dict[str, float] | None = self.learned.told()["parameters"]
        return found

    @property
    def standard_errors(self) -> dict[str, float] | None:
        """Those of the parameters, of the observed information; None where they are unknown."""
        return self.learned.errors()

    @property
    def log_likelihood(self) -> float | None:
        """The log-likelihood of all customers; None where nothing was learned."""
        found: float | None = self.learned.told()["log_likelihood"]
        return found

    @property
    def warnings(self) -> tuple[str, ...]:
        """What of this fit, and of the one of spend, is not to be taken at its word."""
        return tuple(text for each in self._parts() for text in each.warnings)

    @property
    def notes(self) -> tuple[str, ...]:
        """What the model takes for granted of any customers."""
        return self.learned.notes

    @property
    def fit(self) -> Fit:
        """What the scoring needs of it."""
        columns = customer_scores.names(self.model, self.book.is_log)
        return Fit(self.model, self.learned, self.book.spend, columns)

    def predict(self, weeks: int = 26, discount: float | None = 0.1) -> pa.Table:
        """A row for each customer, in the order of the book: the scores of the next `weeks` (periods of bg-bb, sbg).

        Columns: customer_id, the history as the model takes it, weight, monetary, p_alive, expected_purchases with
        _low and _high, expected_order_value, expected_spend, and unless `discount`, that of a year, is None:
        lifetime_value with _low and _high. Money is decimal; null is unknown. Raises BadInput.
        """
        asked = Asked(_weeks(weeks), discount, ranges=True)
        customer_scores.score(self.book.connection, self.fit, asked)
        return customer_scores.table(self.book.connection, self.fit, asked)

    def totals(self, weeks: int = 26, discount: float | None = 0.1) -> Forecast:
        """The sums over all customers with their 95 % intervals, and the mean P(alive). Raises BadInput."""
        asked = Asked(_weeks(weeks), discount)
        customer_scores.score(self.book.connection, self.fit, asked)
        return customer_scores.totals(self.book.connection, self.fit, asked)

    def at(self, frequency: Column, recency: Column, age: Column, weeks: int = 26) -> Scores:
        """The scores of any histories, whoever has them; NaN where unknown. Raises BadInput for impossible ones."""
        return forecasting.score(self.model, self.learned, frequency, recency, age, _weeks(weeks))

    def back_test(self, weeks: int = 26) -> BackTest:
        """The same model, learned without the last `weeks` of the log, against what was bought in them.

        By tenth of the forecast, beside the naive rate (see engine.value.backtest). Raises BadInput for a summary,
        for a model that counts periods, and where the days before teach nothing.
        """
        as_of = _day_of_a_log(self.book, "a back-test")
        if self.model.discrete:
            raise BadInput(f"a back-test counts days with a purchase, and {self.model.name} weeks")
        (found,) = self.book.back_tests([self.model], as_of - timedelta(weeks=_weeks(weeks)))
        return found


def sentences(learned: Learned) -> list[str]:
    """What a person reads of a fit: parameters with their standard errors, then its warnings and notes."""
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


def _weeks(weeks: int) -> int:
    if not float(weeks).is_integer() or not 1 <= weeks <= LONGEST:
        raise BadInput(f"weeks are a whole number from 1 to {LONGEST:,}, and {weeks} is not")
    return int(weeks)
