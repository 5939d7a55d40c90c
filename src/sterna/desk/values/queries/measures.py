"""Every measure over all customers of a run: its total or mean, of how many it is known, and why of others not."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from sterna.desk.values.queries.kept import kept
from sterna.engine.value.catalogue import MEASURES, Measure

NAME = "measures"
# What stands for a reason that no run kept; the pages know why.
NOT_MEASURED = "no reason kept"
# What can be added up over customers; of anything else the mean is taken.
_ADDED_UP = {"money", "orders", "order days", "contacts", "customers"}
_OF_ONE_ORDER_DAY = "expected_order_value"
_REASONS = tuple(sorted({measure.reason for measure in MEASURES if measure.reason}))
# Customers who lack figures for the same reasons are one group: there are a few dozen of a million customers, so one
# pass over the rows tells it all.
_GROUPS = f"""
select count(*), {", ".join(_REASONS)},
    {", ".join(f"count({measure.name}), sum({measure.name})" for measure in MEASURES)}
from values_worth where run_id = %s group by {", ".join(_REASONS)}
"""


@dataclass(frozen=True)
class Taken:
    """A measure over the customers of a run: `amount` is the total, or the mean where nothing can be added up.

    It is None where the measure is known of nobody. `reasons` counts those of whom it is unknown by why, `beside` those
    of whom it is known by what their figure leaves out.
    """

    amount: Decimal | float | None
    total: bool
    known: int
    unknown: int
    reasons: Mapping[str, int] = field(default_factory=dict)
    beside: Mapping[str, int] = field(default_factory=dict)

    @property
    def customers(self) -> int:
        """How many customers there are, known or not."""
        return self.known + self.unknown


def adds_up(measure: Measure) -> bool:
    """Whether a measure can be added up over customers."""
    return measure.unit in _ADDED_UP and measure.name != _OF_ONE_ORDER_DAY


def measured(run_id: UUID) -> dict[str, Taken]:
    """Every measure of a run by name, as it was kept or, of an older run, as it is taken now."""
    found = kept(run_id, NAME)
    return _opened(found) if found is not None else taken_of(run_id)


def taken_of(run_id: UUID) -> dict[str, Taken]:
    """Every measure of a run by name, out of the rows of its customers."""
    with connection.cursor() as cursor:
        cursor.execute(_GROUPS, [run_id])
        groups = cursor.fetchall()
    return {measure.name: _taken(measure, place, groups) for place, measure in enumerate(MEASURES)}


def _taken(measure: Measure, place: int, groups: Sequence[Sequence[Any]]) -> Taken:
    at = 1 + len(_REASONS) + 2 * place
    known = sum(group[at] for group in groups)
    sums = [group[at + 1] for group in groups if group[at + 1] is not None]
    reasons: Counter[str] = Counter()
    beside: Counter[str] = Counter()
    for group in groups:
        lacking = group[0] - group[at]
        why = group[1 + _REASONS.index(measure.reason)] if measure.reason else None
        if lacking:
            reasons[why or NOT_MEASURED] += lacking
        if group[at] and why:
            beside[why] += group[at]
    total = sum(sums) if sums else None
    added = adds_up(measure)
    return Taken(
        total if added or total is None else float(total) / known,
        added,
        known,
        sum(group[0] for group in groups) - known,
        _by_number(reasons),
        _by_number(beside),
    )


def _by_number(counted: Counter[str]) -> dict[str, int]:
    return dict(sorted(counted.items(), key=lambda one: (-one[1], one[0])))


def written(found: Mapping[str, Taken]) -> dict[str, Any]:
    """The measures as JSON; amounts of money are text."""
    return {
        name: {
            "amount": str(taken.amount) if isinstance(taken.amount, Decimal) else taken.amount,
            "total": taken.total,
            "known": taken.known,
            "unknown": taken.unknown,
            "reasons": list(taken.reasons.items()),
            "beside": list(taken.beside.items()),
        }
        for name, taken in found.items()
    }


def _opened(body: Mapping[str, Mapping[str, Any]]) -> dict[str, Taken]:
    nobody: dict[str, Any] = {"amount": None, "total": False, "known": 0, "unknown": 0, "reasons": []}
    return {measure.name: _one(body.get(measure.name, nobody)) for measure in MEASURES}


def _one(held: Mapping[str, Any]) -> Taken:
    amount = Decimal(held["amount"]) if isinstance(held["amount"], str) else held["amount"]
    # A run that was published before these were counted kept none.
    beside = dict(held.get("beside", []))
    return Taken(amount, held["total"], held["known"], held["unknown"], dict(held["reasons"]), beside)
