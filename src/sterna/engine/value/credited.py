"""From recorded credits to the table of influence: who brought whom, and what those buy."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pyarrow as pa

from sterna.engine.errors import BadInput
from sterna.engine.lake import arrow
from sterna.engine.tables import TABLES
from sterna.engine.value import influence, network
from sterna.engine.value.influence import Book, Credit, Influence

NOBODY_RECORDED = "no credit of anybody is recorded"


@dataclass(frozen=True)
class Credited:
    """Rows of `influences`, the record of how they were made, and why there are none (None where there are)."""

    influences: pa.Table
    record: dict[str, Any]
    reason: str | None


def credit(recorded_credits: pa.Table, newcomer_values: pa.Table, currency: str) -> Credited:
    """The influence of everybody with a credit, from the rows of `credits` and `newcomer_values`.

    A newcomer is worth what was bought in the window. The network is that of the credits. Credits that cannot be true
    together (a loop, more than one whole) are told as the reason, and nobody is credited with anything.
    """
    record: dict[str, Any] = {
        "model": "influence",
        "method": influence.METHOD,
        "unit": currency,
        "customers": 0,
        "reason": None,
    }
    recorded = [_credit(row) for row in recorded_credits.to_pylist()]
    if not recorded:
        return Credited(_table([]), record | {"reason": NOBODY_RECORDED}, NOBODY_RECORDED)
    values = dict(
        zip(*(newcomer_values.column(name).to_pylist() for name in ("customer_id", "spend")), strict=True)
    )
    try:
        book = influence.influence(recorded, values)
    except BadInput as refused:
        said = str(refused)
        return Credited(_table([]), record | {"reason": said}, said)
    ties = network.Network.of({(one.newcomer, one.customer) for one in recorded})
    told = {
        "customers": len(book.customers),
        "credits": len(recorded),
        "credited": str(book.credited),
        "uncredited": str(book.uncredited),
    }
    return Credited(_table(_rows(book, ties)), record | told, None)


def _credit(row: dict[str, object]) -> Credit:
    given = {**row, "saved": row["saved"] or Decimal(0), "cost": row["cost"] or Decimal(0)}
    return Credit(**given)  # type: ignore[arg-type]


def _rows(book: Book, ties: network.Network) -> list[dict[str, object]]:
    ranks, cores = network.page_rank(ties).tolist(), network.k_core(ties).tolist()
    place = {name: at for at, name in enumerate(ties.names)}
    return [_row(one, ranks[place[name]], cores[place[name]]) for name, one in sorted(book.customers.items())]


def _row(one: Influence, rank: float, core: int) -> dict[str, object]:
    return {
        "customer_id": one.customer,
        "low": one.low,
        "high": one.high,
        **{str(kind): amount for kind, amount in one.by_kind.items()},
        "saved": one.saved,
        "cost": one.cost,
        "newcomers": len(one.newcomers),
        "unknown": len(one.unknown),
        "core": core,
        "page_rank": rank,
    }


def _table(rows: list[dict[str, object]]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=arrow.schema(TABLES["influences"]))
