"""Reads a book of customers out of whatever an analyst has at hand."""

from datetime import date, datetime
from os import PathLike
from pathlib import Path
from typing import Any

from sterna.engine.errors import BadInput
from sterna.notebook import purchase_files, purchase_tables
from sterna.notebook.book import Book
from sterna.notebook.purchase_files import LOG, LOG_NAMES, SUMMARY_NAMES, Told

GRAINS = ("day", "week")
ROLES = tuple(dict.fromkeys([*LOG_NAMES, *SUMMARY_NAMES]))


def read(
    data: Any,
    *,
    as_of: date | str | None = None,
    grain: str = "day",
    customer: str | None = None,
    date: str | None = None,
    amount: str | None = None,
    **others: str,
) -> Book:
    """The book of customers in `data`: the path of a CSV or Parquet file, a data frame, an Arrow table, a dict.

    A log has columns customer_id, date and amount, or those named; it needs `as_of`, the last day that counts. A
    summary has frequency, recency and age in weeks, and optionally customer_id, monetary and weight; `others` name
    its columns. With `grain` "week" both times are rounded, for millions of customers. Raises BadInput.
    """
    _require(others, grain)
    told = Told({"customer": customer, "date": date, "amount": amount, **others}, "{0}=")
    if isinstance(data, str | PathLike):
        given = purchase_files.incoming(Path(data), told)
    else:
        given = purchase_tables.incoming(data, told)
    if given.kind == LOG and as_of is None:
        raise BadInput(f"{given.name} is a log: say with as_of= which is the last day that counts")
    book = Book.of(given, None if as_of is None else _day(as_of), grain)
    try:
        book.require_customers()
    except BadInput:
        book.close()
        raise
    return book


def _require(others: dict[str, str], grain: str) -> None:
    unknown = sorted(set(others) - set(ROLES))
    if unknown:
        raise BadInput(f"there is no column {unknown[0]}= to name: there are {', '.join(ROLES)}")
    if grain not in GRAINS:
        raise BadInput(f"grain is one of {', '.join(GRAINS)}, and {grain!r} is not")


def _day(said: date | str) -> date:
    if isinstance(said, datetime):
        return said.date()
    if isinstance(said, date):
        return said
    try:
        return date.fromisoformat(said)
    except (TypeError, ValueError):
        raise BadInput(f"as_of is a day such as 2026-06-30, and {said!r} is none") from None
