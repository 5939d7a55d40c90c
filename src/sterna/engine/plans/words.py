"""Checks that a plan is a strategy: segment-specific, multidimensional, actionable and measurable."""

from collections.abc import Iterator

from sterna.engine.documents import Finding
from sterna.engine.plans.document import Document, Plan
from sterna.engine.plans.known import Known
from sterna.engine.plans.parts import Asset, Behavior, Goal, HoldOut, Part, Primary, Route

CODES = {
    "R75-segment-specific": "A goal names neither a segment that somebody owns nor a place with an owner.",
    "R75-multidimensional": "The plan goes in one direction, serves one purpose or uses one medium.",
    "R75-actionable": "No asset with an owner, a season, a message and a route through a touchpoint serves a goal.",
    "R75-measurable": "An asset's behavior is not measured, or nothing is held out or declared to compare with.",
}
_MEASURED = ("metric", "baseline", "target", "window_days")


def check_words(document: Document, known: Known) -> Iterator[Finding]:
    """Where the plan falls short of one of the four words (R75); errors only where the plan declares itself whole."""
    for index, goal in enumerate(document.plan.goals):
        yield from _segment_specific(document, goal, f"goals[{index}]", known)
        yield from _actionable(document, goal, f"goals[{index}]")
    yield from _multidimensional(document)
    yield from _measurable(document)


def _segment_specific(document: Document, goal: Goal, where: str, known: Known) -> Iterator[Finding]:
    lacking = _whose(document.plan, goal, known)
    if lacking:
        said = f"the plan is not segment-specific: goal {goal.id or where} {lacking}"
        mend = "name a segment with a manager, or a place and its owner"
        if known.segments:
            mend += f"; segments are: {', '.join(sorted(known.segments))}"
        yield document.falls_short("R75-segment-specific", f"{where}.segment", said, mend)


def _whose(plan: Plan, goal: Goal, known: Known) -> str:
    """What keeps `goal` from being about customers of whom somebody takes care; empty when nothing does."""
    if goal.segment:
        if known.segments is None:
            return "" if goal.owner else "names a segment, and nobody owns it"
        if goal.segment not in known.segments:
            return f"names the segment {goal.segment!r}, which does not exist"
        return (
            ""
            if known.segments[goal.segment]
            else f"names the segment {goal.segment!r}, which nobody manages"
        )
    if plan.segments:
        return f"names none of the segments of {plan.segments}"
    return "" if goal.from_place and goal.owner else "names neither a segment nor a place with an owner"


def _multidimensional(document: Document) -> Iterator[Finding]:
    plan = document.plan
    ways = {point.direction for point in plan.touchpoints}
    if "both" in ways:
        ways |= {"inbound", "outbound"}
    purposes = {point.purpose for point in plan.touchpoints} | {asset.purpose for asset in plan.assets}
    media = {point.medium for point in plan.touchpoints} | {r.medium for a in plan.assets for r in a.routes}
    short = [f"nothing is {way}" for way in ("inbound", "outbound") if way not in ways]
    for name, used in (("purpose", purposes - {None}), ("medium", media - {None})):
        short += (
            [f"there is one {name} at most, {', '.join(map(str, used)) or 'none'}"] if len(used) < 2 else []
        )
    if short:
        said = f"the plan is not multidimensional: {', and '.join(short)}"
        mend = "plan both what goes out and what comes in, for more than one purpose, by more than one medium"
        yield document.falls_short("R75-multidimensional", "touchpoints", said, mend)


def _actionable(document: Document, goal: Goal, where: str) -> Iterator[Finding]:
    serving = [asset for asset in document.plan.assets if goal.id in asset.goals]
    lacks = [_lacks(document.plan, asset, goal) for asset in serving]
    if lacks and not all(lacks):
        return
    said = f"asset {serving[0].id} {lacks[0]}" if lacks else "no asset serves it"
    yield document.falls_short(
        "R75-actionable",
        where,
        f"goal {goal.id or where} is not actionable: {said}",
        "give it an asset with an owner, a season that begins in time, a message, and a route out",
    )


def _lacks(plan: Plan, asset: Asset, goal: Goal) -> str:
    """What keeps `asset` from going out for `goal`; empty when nothing does."""
    if not asset.owner:
        return "has no owner"
    if late := _late(plan, asset, goal):
        return late
    said = next((message for message in plan.messages if message.id == asset.message), None)
    if said is None:
        return "has no message"
    leading = [route for route in asset.routes if _leads(plan, route)]
    if not leading:
        return "has no route out through a touchpoint"
    return (
        "" if any(r.medium in said.variants for r in leading) else "has no message for the medium of a route"
    )


def _late(plan: Plan, asset: Asset, goal: Goal) -> str:
    opens, closes = plan.season(asset)
    if opens is None or closes is None:
        return "has no season"
    if closes < opens:
        return f"closes on {closes}, before it opens on {opens}"
    return f"opens on {opens}, after the goal's day" if goal.by and opens > goal.by else ""


def _leads(plan: Plan, route: Route) -> bool:
    return any(
        point.id == route.touchpoint and point.direction in ("outbound", "both") for point in plan.touchpoints
    )


def _measurable(document: Document) -> Iterator[Finding]:
    plan = document.plan
    for index, asset in enumerate(plan.assets):
        lacking = _absent(asset.behavior or Behavior(), _MEASURED)
        if lacking:
            said = (
                f"asset {asset.id or index + 1} is not measurable: its behavior has no {', '.join(lacking)}"
            )
            mend = "write metric, baseline, target and window_days"
            yield document.falls_short("R75-measurable", f"assets[{index}].behavior", said, mend)
    if _absent(plan.hold_out or HoldOut(), ("share", "salt")):
        said = "the plan is not measurable: nobody is held out to compare with"
        yield document.falls_short("R75-measurable", "hold_out", said, "hold out a share of .10 to .20")
    if _absent(plan.primary or Primary(), ("measure",)):
        said = "the plan is not measurable: no primary comparison is declared beforehand"
        yield document.falls_short("R75-measurable", "primary", said, "declare one, such as `measure: spend`")


def _absent(part: Part, fields: tuple[str, ...]) -> list[str]:
    return [field for field in fields if getattr(part, field) in (None, "")]
