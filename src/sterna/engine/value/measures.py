"""What a customer gives today: the current measures with method, version and date, and why one is missing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sterna.engine import steps
from sterna.engine.errors import BadInput
from sterna.engine.lake.base import Lake
from sterna.engine.steps import Ran
from sterna.engine.tables import TABLES

Figure = Decimal | int | float


@dataclass(frozen=True)
class Definition:
    """A current measure: its column in `current_values`, unit, method and version, and where a reason stands.

    The unit "money" is the currency of the program. Another method is another version.
    """

    name: str
    unit: str
    method: str
    reason: str | None = None
    version: int = 1


@dataclass(frozen=True)
class Measured:
    """One measure of one customer: `figure` is None where it is unknown, and then `reason` says why.

    A reason beside a figure tells what the figure leaves out. `as_of` is the last day that counts.
    """

    name: str
    figure: Figure | None
    unit: str
    as_of: date
    method: str
    version: int
    reason: str | None


MEASURES = (
    Definition("spend", "money", "what was paid for the lines of the window, returns taken off"),
    Definition("revenue", "money", "lines before their discounts, without returns", "discounts_reason"),
    Definition("discounts", "money", "discounts of the lines bought", "discounts_reason"),
    Definition("returns", "money", "what was paid back on lines below zero"),
    Definition("cost", "money", "costs to serve, row by row", "profit_reason"),
    Definition(
        "margin", "money", "revenue less discounts, returns and cost to serve, from rows", "profit_reason"
    ),
    Definition("uncategorized", "money", "spend on products that nobody listed"),
    Definition("orders", "orders", "purchases above zero in the window"),
    Definition(
        "order_frequency",
        "orders per 30 days",
        "orders by the days since the opening, or since the first order if later",
        "order_reason",
    ),
    Definition("recency_days", "days", "from the last order to the cut", "order_reason"),
    Definition("tenure_days", "days", "from the first order to the cut", "order_reason"),
    Definition("categories", "categories", "categories with spend above zero"),
    Definition(
        "category_entropy", "nats", "Shannon entropy of the shares of categories in spend", "breadth_reason"
    ),
    Definition("contacts_in", "contacts", "inbound contacts of the window", "contact_reason"),
    Definition("contacts_out", "contacts", "outbound contacts of the window", "contact_reason"),
    Definition(
        "contact_frequency",
        "contacts per 30 days",
        "contacts of both directions by the days since the opening, or since first seen if later",
        "contact_reason",
    ),
)


def measure(lake: Lake, opening: date, cut: date, currency: str) -> list[Ran]:
    """Make `cost_counts`, `category_spend` and `current_values` of the window [opening, cut).

    Reads the tables of events, identity and profiles, `histories` and the lake's `costs`. Raises BadInput for costs
    of the window in another currency than `currency`: amounts of two are never added.
    """
    ran = [steps.run(lake, "value/cost_counts", opening=opening, cut=cut)]
    counted = lake.fetch(TABLES["cost_counts"]).column("what").to_pylist()
    named = {what.removeprefix("costs in ") for what in counted if what.startswith("costs in ")}
    if strange := sorted(named - {currency}):
        raise BadInput(
            f"costs are in {', '.join(strange)}, the program reports in {currency}: convert them first"
        )
    ran.append(steps.run(lake, "value/category_spend", opening=opening, cut=cut))
    ran.append(steps.run(lake, "value/current_values", opening=opening, cut=cut))
    return ran


def told(row: Mapping[str, Any]) -> list[Measured]:
    """Every current measure of one customer, from a row of `current_values`, with how it was made."""
    return [
        Measured(
            one.name,
            row[one.name],
            one.unit,
            row["as_of"],
            one.method,
            one.version,
            row[one.reason] if one.reason else None,
        )
        for one in MEASURES
    ]
