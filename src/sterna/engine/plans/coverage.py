"""Maps what a plan covers, direction x purpose x medium, and how many combinations somebody must keep apart."""

from collections.abc import Iterator

import msgspec

from sterna.engine.documents import Finding
from sterna.engine.plans.document import Document, Plan
from sterna.engine.plans.inventory import PURPOSES

CODES = {
    "R81-empty": "Cells of the map direction x purpose x medium are empty; the note says which.",
    "R86-many": "The plan treats seven segments or more apart; six are enough for most programs.",
    "R86-too-many": "The plan treats more than eight segments apart and does not say why.",
}
WAYS = ("inbound", "outbound")
ENOUGH, MOST = 6, 8  # segments: below the seventh nothing is said, the ninth is refused


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """One cell of the map: how many touchpoints are there, how many assets go that way, contacts planned in all."""

    direction: str
    purpose: str
    medium: str
    touchpoints: int
    assets: int
    planned: int

    @property
    def empty(self) -> bool:
        """Whether nothing happens there."""
        return not self.touchpoints and not self.assets


class Complexity(msgspec.Struct, frozen=True, kw_only=True):
    """How much is kept apart: segments, media and purposes in use, and the combinations of the three that occur."""

    segments: int
    media: int
    purposes: int
    combinations: int


def coverage(plan: Plan) -> list[Cell]:
    """Every cell of direction x purpose x medium, for the media of the plan in alphabetical order, empty ones too.

    A touchpoint in both directions counts in both; an asset counts outbound, once for each medium it goes by.
    """
    media = sorted(
        {point.medium for point in plan.touchpoints if point.medium}
        | {route.medium for asset in plan.assets for route in asset.routes if route.medium}
    )
    return [_cell(plan, way, purpose, medium) for way in WAYS for purpose in PURPOSES for medium in media]


def _cell(plan: Plan, way: str, purpose: str, medium: str) -> Cell:
    points = [
        point
        for point in plan.touchpoints
        if point.direction in (way, "both") and point.purpose == purpose and point.medium == medium
    ]
    out = way == "outbound"
    assets = [asset for asset in plan.assets if out and asset.purpose == purpose]
    routes = [route for asset in assets for route in asset.routes if route.medium == medium]
    going = sum(any(route.medium == medium for route in asset.routes) for asset in assets)
    planned = sum(route.planned or 0 for route in routes)
    return Cell(
        direction=way, purpose=purpose, medium=medium, touchpoints=len(points), assets=going, planned=planned
    )


def complexity(plan: Plan) -> Complexity:
    """What the plan keeps apart; a segment is that which a goal names, or where it names none its place."""
    meant = {goal.id: goal.segment or goal.from_place or "" for goal in plan.goals}
    used = {
        (meant[goal], route.medium or "", asset.purpose or "")
        for asset in plan.assets
        for goal in asset.goals
        if goal in meant
        for route in asset.routes
    }
    segments, media, purposes = (len({each[part] for each in used}) for part in range(3))
    return Complexity(segments=segments, media=media, purposes=purposes, combinations=len(used))


def check_coverage(document: Document) -> Iterator[Finding]:
    """The empty cells of a plan that states its mix, as one note (R81), and too many segments (R86)."""
    plan = document.plan
    if plan.mix is not None:
        cells = coverage(plan)
        empty = [cell for cell in cells if cell.empty]
        if empty:
            said = (
                f"of {len(cells)} cells direction x purpose x medium {len(empty)} are empty: {_silent(cells)}"
            )
            yield document.note(
                "R81-empty", "touchpoints", said, "leave them empty on purpose, or plan for them"
            )
    yield from _segments(document)


def _segments(document: Document) -> Iterator[Finding]:
    plan = document.plan
    named = {goal.segment for goal in plan.goals if goal.segment}
    if len(named) <= ENOUGH:
        return
    combined = complexity(plan).combinations
    said = f"the plan treats {len(named)} segments apart, in {combined} combinations with medium and purpose"
    reason = (plan.segments_reason or "").strip()
    if len(named) > MOST and not reason:
        mend = (
            f"take together until {MOST} or fewer are left, or say in segments_reason why there are so many"
        )
        yield document.falls_short("R86-too-many", "goals", said, mend)
        return
    because = f"; the reason given: {reason}" if len(named) > MOST else ""
    mend = f"take together until {ENOUGH} or fewer are left"
    yield document.warning("R86-many", "goals", said + because, mend)


def _silent(cells: list[Cell]) -> str:
    """The purposes for which a direction has nothing at all, or else how many media are open in each."""
    said = []
    for way in WAYS:
        met = {cell.purpose for cell in cells if cell.direction == way and not cell.empty}
        quiet = [purpose for purpose in PURPOSES if purpose not in met]
        said.append(
            f"{way} nothing is for {', '.join(quiet)}" if quiet else f"{way} every purpose has a medium"
        )
    return "; ".join(said)
