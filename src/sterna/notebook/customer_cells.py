"""Turns purchases or summaries into customers and the cells of them, in DuckDB; every row is taken or refused."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from sterna.engine.errors import BadInput
from sterna.engine.value.cells import Floats
from sterna.notebook.purchase_files import LOG, Incoming

TRIPLE = ("frequency", "recency", "age")
PERIODS = ("taken", "last_taken", "periods")  # the same of a log, as numbers of whole weeks
NAMED = 5  # rows or customers that a sentence names
_MONEY = "decimal(38, 4)"


@contextmanager
def tables(scratch: Path, memory: str = "1GB", threads: int = 2) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection of its own that spills to `scratch`."""
    settings: dict[str, Any] = {
        "threads": threads,
        "memory_limit": memory,
        "temp_directory": str(scratch),
        "TimeZone": "UTC",
        "autoinstall_known_extensions": "false",
    }
    with duckdb.connect(":memory:", config=settings) as connection:
        yield connection


@dataclass(frozen=True)
class Span:
    """Up to which day a log counts, and how its times are rounded."""

    until: date
    grain: str


def take_log(connection: duckdb.DuckDBPyConnection, given: Incoming, as_of: date) -> None:
    """Make `log` with the rows of the file, and `refused` with those that are none; raises BadInput."""
    roles = given.roles
    amount = _number(given, "amount", _MONEY) if "amount" in roles else f"cast(null as {_MONEY})"
    reasons = {
        f"{_text(given, 'customer')} = ''": f"'nothing in column {_quoted(roles['customer'])}'",
        f"{_day(given)} is null": _quoting(roles["date"], _text(given, "date"), "is no day"),
    }
    if "amount" in roles:
        reasons[f"{amount} is null"] = _quoting(roles["amount"], _text(given, "amount"), "is no number")
    currency = f"upper({_text(given, 'currency')})" if "currency" in roles else "''"
    given.into(
        connection,
        f"create table log as select row, {_text(given, 'customer')} as customer_id, {_day(given)} as day, "
        f"{amount} as amount, {currency} as currency, {_case(reasons)} as reason "
        f"from {given.source}{_unless_blank(given)}",
    )
    _one_currency(connection, given.name)
    connection.execute("create table refused as select row, reason from log where reason is not null", None)
    # A return by somebody who had bought nothing by then belongs to no purchase that is known.
    connection.execute(
        "insert into refused select row, 'amount ' || amount || ' is a refund to ' || customer_id || "
        "', who had bought nothing by then' from log left join "
        "(select customer_id, min(day) as first from log where reason is null and coalesce(amount, 0) >= 0 "
        "group by customer_id) using (customer_id) "
        "where reason is null and amount < 0 and day <= $as_of and (first is null or first > day)",
        {"as_of": as_of},
    )
    _refuse_broken(connection, given)


def take_summary(connection: duckdb.DuckDBPyConnection, given: Incoming, grain: str) -> None:
    """Make `customers` out of the rows of a summary, and `refused`; raises BadInput where the file ends early."""
    roles = [role for role in given.roles if role != "customer"]
    typed = [f"{_number(given, role)} as {role}, {role} as {role}_raw" for role in roles]
    known = "case when frequency > 0 and isfinite(monetary) then monetary end"
    monetary = known if "monetary" in roles else "cast(null as double)"
    typed += [] if "weight" in roles else ["cast(1 as double) as weight"]
    customer = _text(given, "customer") if "customer" in given.roles else "row"
    rounded = "round({0})" if grain == "week" else "{0}"
    given.into(
        connection,
        f"create table customers as select row, customer_id, frequency, {rounded.format('recency')} as recency, "
        f"{rounded.format('age')} as age, {monetary} as monetary, weight, {_case(_summary_reasons(given))} as reason "
        f"from (select row, {customer} as customer_id, {', '.join(typed)} from {given.source}{_unless_blank(given)})",
    )
    connection.execute("create table refused as select row, reason from customers where reason is not null")
    if _refuse_broken(connection, given):
        connection.execute("delete from customers where reason is not null")


def _summary_reasons(given: Incoming) -> dict[str, str]:
    """What is wrong with a row of a summary, and how it is said."""
    said = {role: _text(given, role, f"{role}_raw") for role in given.roles}
    number, count = "is no number from 0", "is no whole number from"
    reasons = {
        _unfit("frequency", whole=True): _quoting("frequency", said["frequency"], f"{count} 0"),
        _unfit("age"): _quoting("age", said["age"], number),
        _unfit("recency"): _quoting("recency", said["recency"], number),
        "recency > age": f"'recency ' || {said['recency']} || ' is above age ' || {said['age']}",
        "frequency = 0 and recency > 0": f"'recency ' || {said['recency']} || ' of somebody who never bought again'",
    }
    if "monetary" in said:
        money = said["monetary"]
        unread = f"monetary is null and lower({money}) not in ('', 'nan', 'null')"
        reasons["monetary < 0"] = f"'monetary ' || {money} || ' is below 0'"
        reasons[unread] = _quoting("monetary", money, "is no number")
    if "weight" in said:
        nobody = f"{_unfit('weight', whole=True)} or weight < 1"
        reasons[nobody] = _quoting("weight", said["weight"], f"{count} 1")
    return reasons


def _quoting(column: str, text: str, fault: str) -> str:
    """The SQL of a sentence such as: amount 'five' is no number."""
    return f"'{_quoted(column)} ''' || {text} || ''' {fault}'"


def _unfit(column: str, whole: bool = False) -> str:
    broken = f" or {column} <> floor({column})" if whole else ""
    return f"({column} is null or not isfinite({column}) or {column} < 0{broken})"


def _case(reasons: Mapping[str, str]) -> str:
    whens = " ".join(f"when {condition} then {sentence}" for condition, sentence in reasons.items())
    return f"case {whens} end"


def _quoted(name: str) -> str:
    return name.replace("'", "''")


def _text(given: Incoming, role: str, column: str | None = None) -> str:
    """The SQL of a role's value as trimmed text; a whole number in a column with gaps reads as a float: 8.0 is 8."""
    column = column or role
    if pa.types.is_floating(given.types[role]):
        whole = f"case when {column} = floor({column}) then cast(try_cast({column} as bigint) as varchar) end"
        return f"coalesce({whole}, cast({column} as varchar), '')"
    return f"coalesce(trim(cast({column} as varchar)), '')"


def _number(given: Incoming, role: str, kind: str = "double") -> str:
    """The SQL of a role's value as a number of that kind, null where it is none."""
    held = given.types[role]
    if pa.types.is_floating(held) or pa.types.is_integer(held) or pa.types.is_decimal(held):
        return f"try_cast({role} as {kind})"
    return f"try_cast(nullif(trim(cast({role} as varchar)), '') as {kind})"


def _day(given: Incoming) -> str:
    """The SQL of the day as it is written: 1997-09-30 with or without a time behind it, or 19970930."""
    if pa.types.is_date(kind := given.types["date"]) or pa.types.is_timestamp(kind):
        return "cast(date as date)"
    text = _text(given, "date")
    return (
        f"case when regexp_full_match({text}, '\\d{{4}}-\\d{{2}}-\\d{{2}}([T ].*)?') "
        f"then try_cast(left({text}, 10) as date) when regexp_full_match({text}, '\\d{{8}}') "
        f"then cast(try_strptime({text}, '%Y%m%d') as date) end"
    )


def _unless_blank(given: Incoming) -> str:
    """Lines of a CSV file with nothing in them are no rows."""
    if not given.blank_lines:
        return ""
    empty = " and ".join(f"{_text(given, role)} = ''" for role in given.roles)
    return f" where not ({empty})"


def _one_currency(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    found = connection.execute(
        "select currency, min(row), count(*) from log where reason is null group by currency order by min(row)"
    ).fetchall()
    if len(found) > 1:
        told = ", ".join(
            f"{currency or 'none'} ({rows:,} rows, the first is row {row})" for currency, row, rows in found
        )
        raise BadInput(f"{name} is in {len(found)} currencies, one is needed: {told}")


def _refuse_broken(connection: duckdb.DuckDBPyConnection, given: Incoming) -> int:
    """Add the rows that could not be parsed to `refused`; returns how many it holds then."""
    if given.broken:
        rows = pa.table({"row": list(given.broken), "reason": list(given.broken.values())})
        connection.register("broken", rows)
        connection.execute("insert into refused select * from broken")
        connection.unregister("broken")
    return int(connection.execute("select count(*) from refused").fetchall()[0][0])


def histories(connection: duckdb.DuckDBPyConnection, span: Span) -> None:
    """Make `customers` out of `log`, up to the day of the span: days with a purchase, times in weeks from the first.

    A refund is no purchase; it lowers the spend of a customer unless it was made on their first day, whose spend does
    not count either.
    """
    weeks = "round({0} / 7)" if span.grain == "week" else "({0} / 7)"
    recency = weeks.format("date_diff('day', first, last)")
    age = weeks.format("date_diff('day', first, $until)")
    connection.execute(
        f"""
        create or replace table customers as
        with days as (
            select customer_id, day, sum(amount) as total from log
            where reason is null and day <= $until and coalesce(amount, 0) >= 0 group by customer_id, day
        ),
        ends as (
            select customer_id, min(day) as first, max(day) as last, count(*) - 1 as frequency,
                sum(total) - arg_min(total, day) as repeat_spend
            from days group by customer_id
        ),
        refunds as (
            select customer_id, sum(amount) as refunded from log join ends using (customer_id)
            where reason is null and amount < 0 and day > first and day <= $until group by customer_id
        )
        select
            cast(row_number() over (order by customer_id) as bigint) as row, customer_id,
            cast(frequency as double) as frequency, {recency} as recency, {age} as age,
            case when frequency > 0 then cast(repeat_spend + coalesce(refunded, 0) as double) / frequency end
                as monetary,
            cast(1 as double) as weight, first
        from ends left join refunds using (customer_id)
        """,
        {"until": span.until},
    )


def weeks_as_opportunities(connection: duckdb.DuckDBPyConnection, until: date) -> None:
    """Count, of each customer's whole weeks after the first purchase, those with one, the last such, and all."""
    connection.execute(
        """
        create or replace table customers as
        with bought as (
            select customer_id, ceil(date_diff('day', first, day) / 7) as week,
                floor(date_diff('day', first, $until) / 7) as periods
            from log join customers using (customer_id)
            where reason is null and day > first and day <= $until and coalesce(amount, 0) >= 0
        ),
        weeks as (
            select customer_id, count(distinct week) as taken, max(week) as last_taken
            from bought where week <= periods group by customer_id
        )
        select customers.*, cast(coalesce(taken, 0) as double) as taken, coalesce(last_taken, 0) as last_taken,
            floor(date_diff('day', first, $until) / 7) as periods
        from customers left join weeks using (customer_id)
        """,
        {"until": until},
    )


def cells(connection: duckdb.DuckDBPyConnection, names: tuple[str, ...] = TRIPLE) -> tuple[Floats, ...]:
    """The different histories of `customers` in order, and how many customers share each; all of shape (cells,)."""
    listed = ", ".join(names)
    return floats(
        connection,
        f"select {listed}, cast(sum(weight) as double) as weight from customers group by {listed} order by {listed}",
    )


def spend_cells(connection: duckdb.DuckDBPyConnection) -> tuple[Floats, ...]:
    """The different pairs of frequency and mean spend of those who bought again, and their customers."""
    return floats(
        connection,
        "select frequency, monetary, cast(sum(weight) as double) as weight from customers "
        "where frequency > 0 and monetary > 0 group by all order by all",
    )


def floats(connection: duckdb.DuckDBPyConnection, sql: str, **values: object) -> tuple[Floats, ...]:
    """The columns of a query as floats, unknown as NaN; all of shape (rows,)."""
    columns = connection.execute(sql, values or None).fetchnumpy().values()
    return tuple(np.ma.filled(np.ma.asarray(column, dtype=np.float64), np.nan) for column in columns)


def notes(connection: duckdb.DuckDBPyConnection, given: Incoming, as_of: date | None) -> list[str]:
    """What was done with rows that are neither plain purchases nor refused, one sentence each, rows named."""
    said = []
    if given.kind == LOG:
        for condition, sentence in (
            ("day > $as_of", f"lie after {as_of} and are not counted"),
            (
                "amount < 0 and day <= $as_of",
                "are refunds: no purchases, they lower the spend of their customers",
            ),
            ("amount = 0 and day <= $as_of", "have an amount of 0 and count as purchases"),
        ):
            said += _named(connection, condition, sentence, as_of)
        if "amount" not in given.roles:
            said.append(f"{given.name} has no column for the amount, so spend is unknown.")
    return said


def _named(
    connection: duckdb.DuckDBPyConnection, condition: str, sentence: str, as_of: date | None
) -> list[str]:
    rows, first = connection.execute(
        f"select count(*), min(row, {NAMED}) from log where reason is null and row not in "
        f"(select row from refused) and {condition}",
        {"as_of": as_of},
    ).fetchall()[0]
    return [f"{rows:,} row(s) {sentence}: {_few(first, rows)}."] if rows else []


def without_spend(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Who bought again and has spent nothing, or less than nothing: left out of the model of spend, by name."""
    found, first = connection.execute(
        f"select cast(sum(weight) as bigint), min(customer_id, {NAMED}) from customers where monetary <= 0"
    ).fetchall()[0]
    if not found:
        return []
    return [
        f"{found:,} customer(s) bought again for 0 or got more back than they paid, so what they spend is unknown: "
        f"{_few(first, found)}."
    ]


def _few(first: list[object], of: int) -> str:
    listed = ", ".join(str(each) for each in first)
    return f"{listed} and {of - len(first):,} more" if of > len(first) else listed
