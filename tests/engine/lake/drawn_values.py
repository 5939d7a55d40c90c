"""Values for the parameters of any step, so that every step can be run on drawn tables."""

from datetime import date
from decimal import Decimal

from sterna.engine.lake.base import Value
from sterna.engine.steps import Step

OPENING, CUT, BEFORE = date(2024, 1, 1), date(2024, 7, 1), date(2023, 7, 1)
BY_NAME: dict[str, Value] = {
    "cut": CUT,
    "opening": OPENING,
    "before": BEFORE,
    "currency": "USD",
    "scheme": "tiers",
    "experiment": "autumn",
    "threshold": "80000000",
    "salt": "salt",
}
BY_KIND: dict[str, Value] = {
    "DATE": CUT,
    "VARCHAR": "email",
    "BIGINT": 5,
    "INTEGER": 3,
    "DOUBLE": 0.25,
    "DECIMAL": Decimal("40.00"),
    "BOOLEAN": True,
}


def values_for(step: Step) -> dict[str, Value]:
    """A value for each parameter of `step`: by its name where that has a meaning, else by its type."""
    return {name: BY_NAME.get(name, BY_KIND[kind.split("(")[0]]) for name, kind in step.parameters.items()}
