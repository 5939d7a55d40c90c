"""Lays the definitions of a plan out as rows, so that the steps can join them."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import pyarrow as pa

from sterna.engine.lake.arrow import schema
from sterna.engine.plans.document import Plan
from sterna.engine.plans.parts import Asset, Cap, Wants
from sterna.engine.tables import TABLES

LAID_OUT = ("goals", "assets", "asset_stages", "routes", "blackouts")
NOTHING: Mapping[str, Sequence[str]] = MappingProxyType({})
_FREE = Decimal("0.00")


def rows(plan: Plan | None, waiting: Mapping[str, Sequence[str]] = NOTHING) -> dict[str, pa.Table]:
    """The tables goals, assets (one row for each goal it serves), asset_stages, routes and blackouts (one row for each
    medium that they name or that is in use); empty without a plan.

    `waiting` says by asset what it still waits for. The plan must have passed its check: names and costs are taken to
    be there.
    """
    laid: dict[str, list[dict[str, Any]]] = {name: [] for name in LAID_OUT}
    if plan is not None:
        laid["goals"] = _goals(plan)
        laid["assets"] = [row for asset in plan.assets for row in _asset(asset, plan.life, waiting)]
        laid["asset_stages"] = [row for asset in plan.assets for row in _stages(asset)]
        laid["routes"] = [row for asset in plan.assets for row in _routes(asset)]
        laid["blackouts"] = _blackouts(plan)
    return {name: pa.Table.from_pylist(laid[name], schema=schema(TABLES[name])) for name in LAID_OUT}


def _goals(plan: Plan) -> list[dict[str, Any]]:
    return [
        {
            "goal": goal.id,
            "from_place": goal.from_place,
            "to_place": goal.to_place,
            "priority": goal.priority or 1,
        }
        for goal in plan.goals
    ]


def _asset(asset: Asset, life: str | None, waiting: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
    wants, cap = asset.wants or Wants(), asset.cap or Cap()
    return [
        {
            "asset": asset.id,
            "goal": goal,
            "purpose": asset.purpose,
            "wants_class": wants.fact_class,
            "wants_value": wants.value,
            "least_headroom": asset.least_headroom,
            "unit_cost": asset.unit_cost or _FREE,
            "rest_days": asset.rest_days,
            "cap_contacts": cap.contacts,
            "cap_days": cap.days,
            "life": life,
            "stages": ", ".join(dict.fromkeys(asset.stages)) or None,
            "opens": asset.opens,
            "closes": asset.closes,
            "waits": ", ".join(waiting.get(asset.id or "", ())) or None,
        }
        for goal in asset.goals
    ]


def _stages(asset: Asset) -> list[dict[str, Any]]:
    return [{"asset": asset.id, "stage": stage} for stage in dict.fromkeys(asset.stages)]


def _routes(asset: Asset) -> list[dict[str, Any]]:
    return [
        {
            "asset": asset.id,
            "medium": route.medium,
            "preference": route.preference or number,
            "contact_cost": route.contact_cost or _FREE,
            "capacity": route.capacity,
        }
        for number, route in enumerate(asset.routes, start=1)
    ]


def _blackouts(plan: Plan) -> list[dict[str, Any]]:
    in_use = [route.medium for asset in plan.assets for route in asset.routes]
    found = [
        {"medium": medium, "opens": one.opens, "closes": one.closes, "why": one.why or ""}
        for one in plan.blackouts
        for medium in (one.media or in_use)
    ]
    return [dict(row) for row in dict.fromkeys(tuple(each.items()) for each in found)]
