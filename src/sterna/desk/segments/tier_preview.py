"""Who a version of a scheme would put elsewhere, by the amounts of a run that is published; nothing is written."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from sterna.desk.values.models import Worth
from sterna.engine.segments import FACT, Scheme

SHOWN = 50
_WORTHS = (
    "select customer_id, cast({column} as numeric(18, 2)) as amount from values_worth where run_id = %(run)s"
)
_MOVES = (
    "select customer_id, to_amount as amount from segments_move where run_id = %(run)s and scheme = %(like)s"
)
_PLACED = """
with measured as ({amounts}),
band as (
    select * from jsonb_to_recordset(%(bands)s::jsonb) as listed (place text, rank int, low numeric, high numeric)
),
placed as (
    select measured.customer_id, measured.amount, now.place as place_now, now.rank as rank_now,
        coalesce(band.place, 'none') as place_then, coalesce(band.rank, 0) as rank_then
    from measured
    left join band on measured.amount >= band.low and (band.high is null or measured.amount < band.high)
    left join segments_membership as now on now.customer_id = measured.customer_id and now.scheme = %(scheme)s
        and upper_inf(now.during)
)
"""
_COUNTS = "select place_now, place_then, count(*) from placed group by 1, 2"
# By names that both have: a version may number its ranks anew.
_NAMES = """
select customer_id, place_now, place_then, amount from placed
left join band as standing on standing.place = place_now
where place_now is not null and place_now <> place_then
    and (coalesce(standing.rank, 0) < rank_then) = %(up)s
order by amount desc nulls last, customer_id limit %(shown)s
"""
_WAYS = """
select count(*) filter (where place_now is not null and coalesce(standing.rank, 0) < rank_then),
    count(*) filter (where place_now is not null and coalesce(standing.rank, 0) >= rank_then),
    count(*) filter (where place_now is null)
from placed left join band as standing on standing.place = place_now
where place_now is null or place_now <> place_then
"""


@dataclass(frozen=True)
class Moving:
    """One who would stand elsewhere: where now and then, and by what amount."""

    customer_id: UUID
    now: str
    then: str
    amount: Decimal | None


@dataclass(frozen=True)
class TierPreview:
    """Who would go up and down, the first of them by name; `counts` is how many by (now, then), now None before any."""

    counts: Mapping[tuple[str | None, str], int]
    up: int
    down: int
    first: int
    rising: Sequence[Moving]
    falling: Sequence[Moving]


def preview(scheme: Scheme, run_id: UUID, placed_by: Sequence[Mapping[str, Any]]) -> TierPreview | None:
    """What the amounts of a run say of `scheme`; None where the run did not measure what it goes by.

    `placed_by` are the terms of the schemes of that run, the main one first. Terms that hold somebody are left out.
    """
    amounts, like = _amounts(scheme, placed_by)
    if amounts is None:
        return None
    bands = [
        {"place": band.place, "rank": band.rank, "low": str(band.low), "high": band.high and str(band.high)}
        for band in scheme.bands
    ]
    values = {"run": run_id, "like": like, "scheme": scheme.name, "bands": json.dumps(bands), "shown": SHOWN}
    placed = _PLACED.format(amounts=amounts)
    counts = {(now, then): number for now, then, number in _rows(placed + _COUNTS, values)}
    if not counts:
        return None
    [(up, down, first)] = _rows(placed + _WAYS, values)
    ways = [[Moving(*row) for row in _rows(placed + _NAMES, values | {"up": way})] for way in (True, False)]
    return TierPreview(counts, up, down, first, *ways)


def _amounts(scheme: Scheme, placed_by: Sequence[Mapping[str, Any]]) -> tuple[str | None, str]:
    """The SELECT of what each customer's amount is, and the scheme of the run that it is read from."""
    for terms in placed_by:
        same = terms["window_months"] == scheme.window_months or scheme.measure.startswith(FACT)
        if terms["measure"] == scheme.measure and same:
            return _MOVES, str(terms["name"])
    # Columns are the catalog's, never what somebody typed.
    columns = {field.name for field in Worth._meta.concrete_fields}
    if scheme.measure in columns and placed_by[0]["window_months"] == scheme.window_months:
        return _WORTHS.format(column=scheme.measure), ""
    return None, ""


def _rows(sql: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found
