"""Reads a log of spend by category, and facts of wallets, out of CSV and Parquet files, naming each row refused."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from sterna.engine import money
from sterna.engine.errors import BadInput

# Names under which a column is found without being told, in lower case; the first that a file has is taken.
LOG: Mapping[str, tuple[str, ...]] = {
    "customer": ("customer", "customer_id"),
    "category": ("category", "department"),
    "amount": ("amount", "spend", "sales"),
    "date": ("date", "day"),
    "household": ("household", "household_id", "unit"),
    "currency": ("currency",),
}
FACTS: Mapping[str, tuple[str, ...]] = {
    "customer": ("customer", "customer_id"),
    "wallet": ("wallet", "amount"),
    "low": ("low",),
    "high": ("high",),
    "source": ("source",),
    "confidence": ("confidence",),
    "date": ("date", "observed_on"),
}
UNKNOWN = "unknown"
TORN = "torn"  # the role that no column has: why a row cannot be read at all
LAST_DAY = date(9999, 12, 31)
_NOISE = 1e-6  # what a float of a Parquet file may be off a whole cent by its last digits
_DELIMITERS = (",", ";", "\t", "|")

Row = tuple[int, dict[str, Any]]


@dataclass(frozen=True)
class Purchase:
    """One row of a log; the day is None where the log has none, household and currency empty where not told."""

    customer: str
    category: str
    amount: Decimal
    day: date | None
    household: str
    currency: str


@dataclass
class Log:
    """What a log holds up to the last day that counts: spend and lines by customer and category, and households.

    `rows` were read, `after` of them are later than that day; `refused` has each refused row with its reason. `until`
    is the last day that counts, None where the rows have no dates.
    """

    spend: dict[tuple[str, str], Decimal] = field(default_factory=dict)
    lines: dict[tuple[str, str], int] = field(default_factory=dict)
    households: dict[str, str] = field(default_factory=dict)
    currencies: set[str] = field(default_factory=set)
    refused: dict[int, str] = field(default_factory=dict)
    rows: int = 0
    after: int = 0
    until: date | None = None

    def take(self, one: Purchase, as_of: date | None) -> None:
        """Add a purchase, unless it is later than `as_of`."""
        if as_of is not None and one.day is not None and one.day > as_of:
            self.after += 1
            return
        if as_of is None and one.day is not None:
            self.until = max(one.day, self.until or one.day)
        key = (one.customer, one.category)
        self.spend[key] = self.spend.get(key, Decimal(0)) + one.amount
        self.lines[key] = self.lines.get(key, 0) + 1
        self.households[one.customer] = one.household or self.households.get(one.customer, one.customer)
        self.currencies.add(one.currency)


@dataclass
class Facts:
    """Rows of `wallet_facts` by customer, and each refused row with its reason."""

    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    refused: dict[int, str] = field(default_factory=dict)


def read_log(path: Path, told: Mapping[str, str | None], as_of: date | None) -> Log:
    """The log at `path`; `told` names columns that were given. Raises BadInput, also for more than one currency."""
    roles, rows = _open(path, LOG, told, needed=("customer", "category", "amount"))
    if as_of is not None and "date" not in roles:
        raise BadInput(f"{path.name} has no dates for --as-of to be compared with: say --date COLUMN")
    found = Log(until=as_of)
    for number, row in rows:
        found.rows += 1
        try:
            one = _purchase(row, roles)
        except BadInput as error:
            found.refused[number] = str(error)
            continue
        found.take(one, as_of)
    if len(found.currencies) > 1:
        raise BadInput(
            f"{path.name} has amounts in {', '.join(sorted(found.currencies))}: one file, one currency"
        )
    if not found.spend:
        raise BadInput(
            f"{path.name} has no row to learn from: {len(found.refused)} refused, {found.after} later"
        )
    return found


def _purchase(row: Mapping[str, Any], roles: Mapping[str, str]) -> Purchase:
    _refuse_torn(row)
    return Purchase(
        _customer(row),
        _text(row, "category") or UNKNOWN,
        _amount(row, "amount"),
        _day(row) if "date" in roles else None,
        _text(row, "household"),
        _text(row, "currency"),
    )


def _refuse_torn(row: Mapping[str, Any]) -> None:
    if row[TORN]:
        raise BadInput(row[TORN])


def _customer(row: Mapping[str, Any]) -> str:
    name = _text(row, "customer")
    if not name:
        raise BadInput("nothing names the customer")
    return name


def read_facts(path: Path) -> Facts:
    """The facts at `path`: a wallet, or its low and high end (empty: open); of two of a customer the newer counts."""
    roles, rows = _open(path, FACTS, {}, needed=("customer",))
    if not {"wallet", "low"} & set(roles):
        raise BadInput(f"{path.name} has no column wallet, and no low: nothing says what the wallet holds")
    found = Facts()
    for number, row in rows:
        try:
            fact = _fact(row, roles, path.name)
        except BadInput as error:
            found.refused[number] = str(error)
            continue
        there = found.rows.get(fact["customer_id"])
        if there and (there["observed_on"] or date.min) == (fact["observed_on"] or date.min):
            found.refused[number] = f"{fact['customer_id']} has a fact of that day already"
        elif not there or (fact["observed_on"] or date.min) > (there["observed_on"] or date.min):
            found.rows[fact["customer_id"]] = fact
    return found


def _fact(row: Mapping[str, Any], roles: Mapping[str, str], source: str) -> dict[str, Any]:
    _refuse_torn(row)
    wallet = _amount(row, "wallet") if _text(row, "wallet") else None
    low = _amount(row, "low") if _text(row, "low") else wallet
    high = _amount(row, "high") if _text(row, "high") else wallet
    if low is None:
        raise BadInput("nothing says what the wallet holds")
    if (
        low < 0
        or (high is not None and high < low)
        or (wallet is not None and not low <= wallet <= (high or wallet))
    ):
        raise BadInput("the wallet is not between its ends, or below zero")
    middle = money.cents((low + high) / 2) if high is not None else None
    return {
        "customer_id": _customer(row),
        "source": _text(row, "source") or source,
        "low": low,
        "mid": middle if wallet is None else wallet,
        "high": high,
        "confidence": _confidence(row),
        "observed_on": _day(row) if "date" in roles and _text(row, "date") else None,
    }


def _confidence(row: Mapping[str, Any]) -> float | None:
    text = _text(row, "confidence")
    try:
        sure = float(text) if text else None
    except ValueError:
        sure = -1.0
    if sure is not None and not 0 <= sure <= 1:
        raise BadInput(f"confidence {text!r} is not between 0 and 1")
    return sure


def _text(row: Mapping[str, Any], role: str) -> str:
    value = row.get(role)
    return "" if value is None else str(value).strip()


def _amount(row: Mapping[str, Any], role: str) -> Decimal:
    value = row.get(role)
    if isinstance(value, float) and abs(value) < 1e13 and abs(value - round(value, 2)) < _NOISE:
        return Decimal(f"{value:.2f}")
    return money.parse(_text(row, role), role)


def _day(row: Mapping[str, Any]) -> date:
    value = row.get("date")
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(_text(row, "date")[:10])
    except ValueError:
        raise BadInput(f"date {_text(row, 'date')!r} is no day such as 2024-06-30") from None


def _open(
    path: Path, known: Mapping[str, tuple[str, ...]], told: Mapping[str, str | None], needed: tuple[str, ...]
) -> tuple[dict[str, str], Iterator[Row]]:
    """The column of each role, and the rows by role with their numbers: lines of a CSV file, else counted from 1."""
    header, rows = _parquet(path) if path.suffix == ".parquet" else _csv(path)
    for role, name in told.items():
        if name is not None and name not in header:
            raise BadInput(f"{path.name} has no column {name}, given as --{role}: it has {', '.join(header)}")
    lower = {name.strip().lower(): name for name in reversed(header)}
    roles = {}
    for role, names in known.items():
        guessed = [lower[name] for name in names if name in lower]
        if given := told.get(role) or (guessed[0] if guessed else None):
            roles[role] = given
    missing = [role for role in needed if role not in roles]
    if missing:
        raise BadInput(f"{path.name} has no column for {', '.join(missing)}: it has {', '.join(header)}")
    places = {role: header.index(name) for role, name in roles.items()}
    return roles, ((number, _roled(values, places, len(header))) for number, values in rows)


def _roled(values: Sequence[Any], places: Mapping[str, int], width: int) -> dict[str, Any]:
    if len(values) != width:
        return {TORN: f"{len(values)} fields, the header has {width}"}
    return {TORN: "", **{role: values[place] for role, place in places.items()}}


def _parquet(path: Path) -> tuple[list[str], Iterator[tuple[int, Sequence[Any]]]]:
    try:
        file = pq.ParquetFile(path)
    except FileNotFoundError as error:
        raise BadInput(f"{path} cannot be read: no such file") from error
    except (OSError, pa.ArrowInvalid) as error:
        raise BadInput(f"{path.name} is no Parquet file: {error}") from error
    rows = (tuple(row.values()) for batch in file.iter_batches() for row in batch.to_pylist())
    return list(file.schema_arrow.names), enumerate(rows, 1)


def _csv(path: Path) -> tuple[list[str], Iterator[tuple[int, Sequence[Any]]]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BadInput(f"{path.name} is not UTF-8 text: byte {error.start} is not") from error
    first = text.split("\n", 1)[0]
    lines = csv.reader(
        text.splitlines(keepends=True), delimiter=max(_DELIMITERS, key=first.count), strict=True
    )
    try:
        rows = [(lines.line_num, values) for values in lines if values]
    except csv.Error as error:
        raise BadInput(f"{path.name}:{lines.line_num}: {error}") from error
    if not rows:
        raise BadInput(f"{path.name} is empty: its first line must name its columns")
    return rows[0][1], iter(rows[1:])
