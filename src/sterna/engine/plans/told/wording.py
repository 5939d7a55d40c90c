"""In which words, and in which units, the document of a plan tells the fields of its parts."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Literal, NamedTuple

from sterna.engine.plans.document import Plan
from sterna.engine.plans.parts import (
    Asset,
    Behavior,
    Cap,
    Counts,
    Effect,
    Exchange,
    Goal,
    HoldOut,
    Part,
    Primary,
    Route,
    Touchpoint,
    Use,
)
from sterna.engine.plans.strategy import Capture, Edge, Mix, Phase, Readiness, Step, Team

Unit = Literal["", "share", "points", "days", "minutes", "hours", "money"]


class Word(NamedTuple):
    """What a field is called where people read it, and the unit of what stands in it."""

    label: str
    unit: Unit = ""


# By the field's name in the plan's text; of what is not listed the name itself is a word, and there is no unit.
WORDS: Mapping[type[Part], Mapping[str, Word]] = {
    Plan: {
        "scheme": Word("places by"),
        "segments": Word("segments by"),
        "life": Word("stages of the relationship by"),
        "budget": Word("budget", "money"),
        "hold_out": Word("hold-out"),
        "primary": Word("compared"),
        "yearly_cap": Word("phases cost in a year at most", "money"),
        "segments_reason": Word("why so many segments"),
    },
    HoldOut: {
        "share": Word("left alone", "share"),
        "salt": Word("drawn by the word"),
        "least_per_arm": Word("in each arm at least"),
    },
    Primary: {
        "adjust_by": Word("adjusted by"),
        "smallest_effect": Word("worth knowing from", "share"),
        "wished": Word("wished to go"),
    },
    Goal: {
        "size": Word("customers in the audience"),
        "response": Word("response wanted"),
        "value_of_response": Word("worth of a response", "money"),
        "expected_rate": Word("expected to respond", "share"),
    },
    Behavior: {"window_days": Word("within", "days")},
    Counts: {"of": Word("by"), "kind": Word("of events")},
    Asset: {
        "id": Word("short name"),
        "wants": Word("for an interest in"),
        "least_headroom": Word("for a headroom from", "money"),
        "unit_cost": Word("cost of one", "money"),
        "rest_days": Word("rest between two", "days"),
        "cap": Word("a customer at most"),
        "effect": Word("effect stated"),
        "stages": Word("offered in the stages"),
        "needs": Word("waits for"),
    },
    Cap: {"contacts": Word("contacts"), "days": Word("within", "days")},
    Effect: {
        "take_up": Word("taken up by", "share"),
        "lift": Word("adds to the chance", "points"),
        "low": Word("adds at least", "points"),
        "high": Word("adds at most", "points"),
    },
    Route: {
        "preference": Word("tried as number"),
        "contact_cost": Word("cost of a contact", "money"),
        "capacity": Word("contacts at most"),
        "planned": Word("contacts planned"),
        "minutes": Word("work on one", "minutes"),
    },
    Exchange: {
        "cost": Word("cost of one", "money"),
        "asks": Word("facts given"),
        "liability": Word("owed at most", "money"),
        "promise_days": Word("promised within", "days"),
    },
    Touchpoint: {
        "id": Word("short name"),
        "cost": Word("cost of a contact", "money"),
        "capacity_per_week": Word("contacts a week at most"),
        "most_fields": Word("facts asked in one contact at most"),
    },
    Use: {
        "max_age_days": Word("not older than", "days"),
        "fallback": Word("said without it"),
        "offers": Word("said by class"),
    },
    Capture: {"class": Word("fact"), "expected_fill": Word("known of afterwards", "share")},
    Step: {
        "asset": Word("what draws there"),
        "message": Word("what is said"),
        "needs": Word("waits for"),
        "enters": Word("customers who enter here"),
    },
    Edge: {"pass_through": Word("go on", "share"), "within_days": Word("within", "days")},
    Team: {"hours_per_week": Word("has in a week", "hours")},
    Mix: {
        "promotion_at_most": Word("promotion at most", "share"),
        "service_at_least": Word("service at least", "share"),
        "thanks_per_year": Word("thanks in a year at least"),
    },
    Readiness: {"at_least": Word("at least", "share")},
    Phase: {"cost": Word("cost", "money")},
}
_SINGULAR = {"points": "point", "days": "day", "minutes": "minute", "hours": "hour"}


def word(part: type[Part], name: str) -> Word:
    """What the field `name` of such a part is called, and its unit."""
    found = WORDS.get(part, {}).get(name)
    return found or Word({"id": "short name"}.get(name, name.replace("_", " ")))


def with_unit(value: float | Decimal, unit: Unit, currency: str) -> str:
    """A number as people read it: shares in percent, chances that differ in points of percent, money in `currency`."""
    # By its digits, since .07 * 100 is 7.000000000000001; money keeps its cents, other numbers no empty decimals.
    exact = Decimal(str(value))
    if unit in ("share", "points"):
        exact *= 100
    said = f"{exact if isinstance(value, Decimal) else exact.normalize():,f}"
    if unit == "share":
        return f"{said} %"
    if unit == "money":
        return f"{said} {currency}".strip()
    return f"{said} {_SINGULAR[unit] if abs(exact) == 1 else unit}" if unit else said
