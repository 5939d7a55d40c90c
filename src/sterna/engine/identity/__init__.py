"""Resolve identity: from the source records of clean rows to customers, by the frozen identity map."""

from datetime import date

from sterna.engine import steps
from sterna.engine.errors import BadInput
from sterna.engine.lake.base import Lake
from sterna.engine.steps import Ran
from sterna.engine.tables import TABLES

_TWO_CUSTOMERS = "source records of two customers"


def resolve(lake: Lake, cut: date) -> list[Ran]:
    """Make `purchases`, `category_months`, `happenings`, `customers` and `unresolved`.

    Facts observed from the day `cut` on do not date a customer. Raises BadInput when the identity map gives one
    source record to two customers: whose purchases they are would be a guess.
    """
    ran = [steps.run(lake, f"identity/{step}") for step in ("purchases", "category_months", "happenings")]
    ran.append(steps.run(lake, "identity/customers", cut=cut))
    ran.append(steps.run(lake, "identity/unresolved"))
    _require_one_customer_each(lake)
    return ran


def _require_one_customer_each(lake: Lake) -> None:
    rows = lake.fetch(TABLES["unresolved"]).to_pylist()
    torn = next(row["row_count"] for row in rows if row["what"] == _TWO_CUSTOMERS)
    if torn:
        raise BadInput(f"the identity map gives {torn} source record(s) to two customers; mend the map")
