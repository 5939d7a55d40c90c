"""A migration plan as a whole, the document it was read from, and what is stored of it."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from sterna.engine.documents import Finding, line_of
from sterna.engine.plans.parts import Asset, Exchange, Goal, HoldOut, Message, Part, Primary, Touchpoint
from sterna.engine.plans.strategy import (
    Blackout,
    Capture,
    Dependency,
    Mix,
    Phase,
    Readiness,
    Roadmap,
    Slot,
    Stage,
    Team,
)

# Parts of the document that came later: where nobody wrote them they are left out of what is stored, so that a plan
# of before keeps its hash and is still the same plan when it is loaded again.
_LATER: dict[str, tuple[str, ...]] = {
    "goals": ("segment",),
    "assets": ("effect", "capacity", "opens", "closes", "stages", "needs", "data_in", "data_out"),
    "routes": ("planned", "minutes", "team"),
    "exchanges": ("asks", "liability", "fulfilled_by", "promise_days"),
    "touchpoints": ("most_fields",),
    "behavior": ("counts",),
}
_LATER_OF_PLAN = (
    "segments", "life", "yearly_cap", "stages", "dependencies", "capture", "slots", "roadmap", "teams", "blackouts",
    "mix", "readiness", "phases", "segments_reason",
)  # fmt: skip


class Plan(Part, frozen=True, kw_only=True, rename={"name": "plan"}):
    """A migration plan, whole.

    `segments` and `life` name the schemes that its goals' segments and its assets' stages are places of; `yearly_cap`
    is the most that its phases may cost in a calendar year; `segments_reason` says why more than eight segments are
    treated apart.
    """

    name: str | None = None
    version: int | None = None
    title: str | None = None
    owner: str | None = None
    currency: str | None = None
    scheme: str | None = None
    opens: date | None = None
    closes: date | None = None
    budget: Decimal | None = None
    hold_out: HoldOut | None = None
    primary: Primary | None = None
    goals: tuple[Goal, ...] = ()
    assets: tuple[Asset, ...] = ()
    exchanges: tuple[Exchange, ...] = ()
    touchpoints: tuple[Touchpoint, ...] = ()
    messages: tuple[Message, ...] = ()
    segments: str | None = None
    life: str | None = None
    yearly_cap: Decimal | None = None
    stages: tuple[Stage, ...] = ()
    dependencies: tuple[Dependency, ...] = ()
    capture: tuple[Capture, ...] = ()
    slots: tuple[Slot, ...] = ()
    roadmap: Roadmap | None = None
    teams: tuple[Team, ...] = ()
    blackouts: tuple[Blackout, ...] = ()
    mix: Mix | None = None
    readiness: tuple[Readiness, ...] = ()
    phases: tuple[Phase, ...] = ()
    segments_reason: str | None = None

    def season(self, asset: Asset) -> tuple[date | None, date | None]:
        """The first and last day of `asset`: its own where it has them, else those of the plan."""
        return asset.opens or self.opens, asset.closes or self.closes

    def times(self, asset: Asset) -> int:
        """How often `asset` may go to the same customer in its season: once, and again after each rest."""
        opens, closes = self.season(asset)
        if opens is None or closes is None or closes < opens:
            return 0
        return 1 + (closes - opens).days // asset.rest_days if asset.rest_days and asset.rest_days > 0 else 1


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A plan as it was read: its parts, the line of each by path such as `goals[0].by`, and reading's findings."""

    plan: Plan
    lines: dict[str, int] = {}
    findings: tuple[Finding, ...] = ()
    readable: bool = True

    def line(self, where: str) -> int | None:
        """The line of `where`, or of the nearest part around it that the text has."""
        return line_of(self.lines, where)

    def error(self, code: str, where: str, message: str, mend: str) -> Finding:
        """A finding that keeps the plan from being used."""
        return Finding(code, "error", where, self.line(where), message, mend)

    def warning(self, code: str, where: str, message: str, mend: str) -> Finding:
        """A finding that somebody should look at before the plan is approved."""
        return Finding(code, "warning", where, self.line(where), message, mend)

    def falls_short(self, code: str, where: str, message: str, mend: str) -> Finding:
        """An error in a plan that declares itself whole by writing its stages; else a warning."""
        return (self.error if self.plan.stages else self.warning)(code, where, message, mend)

    def note(self, code: str, where: str, message: str, mend: str) -> Finding:
        """A finding that is good to know."""
        return Finding(code, "note", where, self.line(where), message, mend)


def body(plan: Plan) -> dict[str, Any]:
    """`plan` as plain JSON values; money as text, days as ISO text; what came later only where it was written."""
    built = msgspec.to_builtins(plan)
    assert isinstance(built, dict)
    _drop(built, _LATER_OF_PLAN)
    for kind in ("goals", "assets", "exchanges", "touchpoints"):
        for part in built[kind]:
            _drop(part, _LATER[kind])
            for route in part.get("routes", ()):
                _drop(route, _LATER["routes"])
    for part in (*built["assets"], *built.get("slots", ())):
        if part["behavior"] is not None:
            _drop(part["behavior"], _LATER["behavior"])
    return built


def _drop(part: dict[str, Any], names: Sequence[str]) -> None:
    for name in names:
        if part[name] is None or part[name] == ():
            del part[name]


def of_body(stored: dict[str, Any]) -> Document:
    """The document of a stored `body`; it has no lines. Raises msgspec.ValidationError on a foreign body."""
    return Document(plan=msgspec.convert(stored, Plan))
