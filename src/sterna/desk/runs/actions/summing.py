"""Sums a run up in a few figures for the first page, out of the staged tables."""

from collections.abc import Mapping
from typing import Any

from django.db import connection

from sterna.desk.runs.models import Run

_PLACES = "select {end}_place, count(*), sum({end}_amount) from staged_places where scheme = %s group by 1 order by 1"
_SUMS = """
select count(*), count(*) filter (where p.orders > 0), sum(p.spend), sum(v.spend), sum(v.spend_before),
    sum(v.expected_spend), sum(v.headroom), count(v.headroom)
from staged_profiles as p left join staged_values as v on v.customer_id = p.customer_id
"""
_DECISIONS = "select outcome, count(*), coalesce(sum(cost), 0) from staged_decisions group by 1 order by 1"
_REASONS = """
select reason_code, count(*) from staged_decisions where outcome = 'left out' group by 1 order by 2 desc, 1
"""
_BY_ASSET = """
select goal, asset, medium, count(*), sum(cost) from staged_decisions where outcome = 'contact'
group by 1, 2, 3 order by 1, 2, 3
"""
_CANDIDATES = "select goal, count(*) from staged_candidates group by 1 order by 1"
_MOVED = "select from_place, to_place, count(*) from staged_places where scheme = %s group by 1, 2"
_HELD = "select count(*) from staged_places where scheme = %s and held_by is not null"
_EVENTS = "select what, row_count, amount from staged_event_counts order by 1"


def summary(run: Run, carried: Mapping[str, int]) -> dict[str, Any]:
    """A run's figures as JSON, its places those of its main scheme; amounts are text, an unknown one is None.

    `carried` says what moved forward from this run, empty for a run of an earlier day than the newest.
    """
    main = run.brief["scheme"]["name"]
    moved = {(start, end): number for start, end, number in _rows(_MOVED, main)}
    candidates = dict(_rows(_CANDIDATES))
    document = (run.brief.get("plan") or {}).get("body") or {}
    return {
        "opening": [_place(row) for row in _rows(_PLACES.format(end="from"), main)],
        "close": [_place(row) for row in _rows(_PLACES.format(end="to"), main)],
        "held": _rows(_HELD, main)[0][0],
        "sums": _sums(_rows(_SUMS)[0]),
        "goals": [_goal(goal, moved, candidates) for goal in document.get("goals", [])],
        "budget": document.get("budget"),
        "currency": run.brief["currency"],
        "decisions": {
            outcome: {"customers": n, "cost": _text(cost)} for outcome, n, cost in _rows(_DECISIONS)
        },
        "left out": [{"reason_code": code, "customers": number} for code, number in _rows(_REASONS)],
        "contacts": [
            {"goal": goal, "asset": asset, "medium": medium, "customers": number, "cost": _text(cost)}
            for goal, asset, medium, number, cost in _rows(_BY_ASSET)
        ],
        "events": [
            {"what": what, "rows": number, "amount": _text(amount)} for what, number, amount in _rows(_EVENTS)
        ],
        "carried": dict(carried),
    }


def _rows(sql: str, *values: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


def _text(amount: Any) -> str | None:
    return None if amount is None else str(amount)


def _place(row: tuple[Any, ...]) -> dict[str, Any]:
    place, customers, amount = row
    return {"place": place, "customers": customers, "amount": _text(amount)}


def _sums(row: tuple[Any, ...]) -> dict[str, Any]:
    customers, buyers, total, spend, before, expected, headroom, known = row
    return {
        "customers": customers,
        "buyers": buyers,
        "spend_total": _text(total),
        "spend": _text(spend),
        "spend_before": _text(before),
        "expected_spend": _text(expected),
        "headroom": _text(headroom),
        "headroom_known": known,
    }


def _goal(
    goal: Mapping[str, Any], moved: Mapping[tuple[str, str], int], candidates: Mapping[str, int]
) -> dict[str, Any]:
    """A goal with how many made its move in the run's window, and how many stood where it starts."""
    return {
        "goal": goal["id"],
        "from": goal["from"],
        "to": goal["to"],
        "customers": goal["customers"],
        "by": goal["by"],
        "owner": goal["owner"],
        "moved": moved.get((goal["from"], goal["to"]), 0),
        "opening": sum(number for (start, _), number in moved.items() if start == goal["from"]),
        "candidates": candidates.get(goal["id"], 0),
    }
