"""Checks the inventory: assets with their behavior and routes, and the touchpoints they go through."""

from collections.abc import Collection, Iterator

from sterna.engine.documents import Finding
from sterna.engine.plans.behavior import check_behavior
from sterna.engine.plans.document import Document
from sterna.engine.plans.naming import by_id
from sterna.engine.plans.parts import Asset, Message, Part, Route, Touchpoint

ASSET_KINDS = ("product", "service", "reward", "incentive", "touchpoint")
PURPOSES = ("advertising", "marketing", "research", "sales", "service", "recognition")
UNBOUND = ("service", "recognition", "research")  # what serves, thanks or asks need not be for a goal
DIRECTIONS = ("inbound", "outbound", "both")


def check_assets(document: Document) -> Iterator[Finding]:
    """What is wrong with the assets."""
    plan = document.plan
    goals, messages = {goal.id for goal in plan.goals}, by_id(plan.messages)
    points = by_id(plan.touchpoints)
    for index, asset in enumerate(plan.assets):
        where = f"assets[{index}]"
        name = f"asset {asset.id or index + 1}"
        yield from _ownership(document, asset, where, name, goals)
        yield from check_behavior(document, asset.behavior, where, name)
        yield from _limits(document, asset, where, name)
        for number, route in enumerate(asset.routes):
            at = f"{where}.routes[{number}]"
            yield from _route(document, route, at, name)
            yield from _spoken(document, messages.get(asset.message or ""), route, at, name)
            yield from _through(document, points.get(route.touchpoint or ""), route, at, name)
        media = [route.medium for route in asset.routes]
        if len(set(media)) < len(media):
            said = f"{name} has two routes by the same medium"
            yield document.error("R22-route-twice", f"{where}.routes", said, "keep one route for each medium")


def _ownership(
    document: Document, asset: Asset, where: str, name: str, goals: Collection[str | None]
) -> Iterator[Finding]:
    if not asset.owner:
        said = f"nobody owns {name}"
        yield document.error("R59-unowned", f"{where}.owner", said, "name who answers for it")
    if not (asset.goals or asset.purpose in UNBOUND) or not asset.routes:
        lacking = "goal" if not asset.goals else "route"
        said = f"{name} is not used: it has no {lacking}"
        yield document.warning("R59-unused", where, said, f"give it a {lacking}, or take it out")
    for goal in asset.goals:
        if goal not in goals:
            said = f"{name} serves the goal {goal!r}, which is not in the plan"
            yield document.error("R59-goal", f"{where}.goals", said, "name a goal of the plan")
    if len(set(asset.goals)) < len(asset.goals):
        said = f"{name} names the same goal twice"
        yield document.error("R59-goal-twice", f"{where}.goals", said, "name each goal once")
    yield from one_of(document, "asset-kind", f"{where}.kind", name, asset.kind, ASSET_KINDS)
    yield from one_of(document, "asset-purpose", f"{where}.purpose", name, asset.purpose, PURPOSES)


def one_of(
    document: Document, code: str, where: str, name: str, value: str | None, known: tuple[str, ...]
) -> Iterator[Finding]:
    """An error when `value`, which stands at `where` in the part called `name`, is none of the `known`."""
    if value not in known:
        field = where.rpartition(".")[2]
        yield document.error(
            code, where, f"{name} has the {field} {value!r}", f"choose one of: {', '.join(known)}"
        )


def _limits(document: Document, asset: Asset, where: str, name: str) -> Iterator[Finding]:
    if asset.unit_cost is None:
        said = f"{name} has no cost"
        yield document.error("R59-cost", f"{where}.unit_cost", said, "write what one costs, 0.00 if nothing")
    yield from not_negative(document, asset, ("unit_cost", "least_headroom", "rest_days"), where, name)
    if asset.rest_days is None:
        said = f"{name} may go to the same customer every day: it has no rest_days"
        yield document.warning("limits-rest", where, said, "add a line `rest_days: …`")
    cap = asset.cap
    if cap is not None and (not cap.contacts or not cap.days or cap.contacts < 1 or cap.days < 1):
        said = f"the cap of {name} needs contacts and days, each from 1"
        yield document.error("limits-cap", f"{where}.cap", said, "write both, such as contacts: 3, days: 30")
    if asset.wants is not None and not asset.wants.fact_class:
        said = f"{name} wants an interest and does not say of which class"
        yield document.error("R12-wants", f"{where}.wants", said, "add a line `class: …`")


def not_negative(
    document: Document, part: Part, fields: tuple[str, ...], where: str, name: str
) -> Iterator[Finding]:
    """An error for each of the `fields` of `part` that is below 0."""
    for field in fields:
        value = getattr(part, field)
        if value is not None and value < 0:
            said = f"{name} has the {field} {value}"
            yield document.error("limits-negative", f"{where}.{field}", said, "write 0 or more")


def _route(document: Document, route: Route, where: str, name: str) -> Iterator[Finding]:
    if route.contact_cost is None or route.contact_cost < 0:
        said = f"{name} by {route.medium} has no cost of the contact"
        yield document.error("R59-contact-cost", where, said, "write contact_cost, 0.00 if nothing")
    yield from not_negative(document, route, ("capacity",), where, f"{name} by {route.medium}")
    if route.preference is not None and route.preference < 1:
        said = f"{name} by {route.medium} has the preference {route.preference}"
        yield document.error("R22-preference", f"{where}.preference", said, "1 is tried first")


def _spoken(
    document: Document, message: Message | None, route: Route, where: str, name: str
) -> Iterator[Finding]:
    if message is not None and route.medium not in message.variants:
        said = f"{name} goes by {route.medium}, and message {message.id} says nothing for it"
        yield document.error("R22-variant", f"{where}.medium", said, f"write a variant for {route.medium}")


def _through(
    document: Document, point: Touchpoint | None, route: Route, where: str, name: str
) -> Iterator[Finding]:
    if point is None:
        said = f"{name} goes through the touchpoint {route.touchpoint!r}, which is not in the inventory"
        yield document.error("R59-touchpoint", f"{where}.touchpoint", said, "add it under touchpoints")
        return
    if point.medium != route.medium:
        said = f"{name} goes by {route.medium} through {point.id}, which is a place for {point.medium}"
        yield document.error("R59-medium", f"{where}.medium", said, "name one medium in both")
    if point.direction == "inbound":
        said = f"{name} goes out through {point.id}, where customers only come in"
        yield document.error("R59-direction", f"{where}.touchpoint", said, "choose an outbound touchpoint")


def check_touchpoints(document: Document) -> Iterator[Finding]:
    """What is wrong with the touchpoints."""
    used = {route.touchpoint for asset in document.plan.assets for route in asset.routes}
    for index, point in enumerate(document.plan.touchpoints):
        where = f"touchpoints[{index}]"
        name = f"touchpoint {point.id or index + 1}"
        if not point.owner:
            said = f"nobody owns {name}"
            yield document.error("R59-unowned", f"{where}.owner", said, "name who answers for it")
        if not point.medium:
            yield document.error("R59-medium", where, f"{name} has no medium", "add a line `medium: …`")
        yield from one_of(document, "R81-direction", f"{where}.direction", name, point.direction, DIRECTIONS)
        yield from one_of(document, "R81-purpose", f"{where}.purpose", name, point.purpose, PURPOSES)
        yield from not_negative(document, point, ("cost", "capacity_per_week"), where, name)
        if point.id not in used and not point.data_out:
            said = f"{name} is not used: no route goes through it, and no data come out of it"
            yield document.warning("R59-unused", where, said, "send something through it, or take it out")
