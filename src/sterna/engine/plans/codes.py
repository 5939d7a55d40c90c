"""The catalogue of every code that the check of a plan can find, each with how grave it is and one sentence."""

from collections.abc import Mapping

import msgspec

from sterna.engine.documents import Severity
from sterna.engine.plans import (
    behavior,
    coverage,
    data,
    dependencies,
    exchanges,
    holding,
    mix,
    naming,
    phases,
    readiness,
    roadmap,
    slots,
    stages,
    volumes,
    words,
)  # fmt: skip

READING = {
    "format-yaml": "The file cannot be read as YAML, holds no plan, or holds too much.",
    "format-unknown": "A name means nothing where it stands.",
    "format-twice": "The same name is given twice.",
    "format-type": "A value is not of the kind that is asked for there.",
    "format-empty": "An item of a list is empty.",
    "format-file": "A file that the plan names cannot be read.",
    "format-text": "A text holds a character that cannot be stored.",
    "format-long": "A name is longer than the records can hold.",
    "money-amount": "An amount is no amount, or has more than two decimals.",
}
HEAD = {
    "plan-plan": "The plan has no name.",
    "plan-title": "The plan has no title.",
    "plan-owner": "Nobody owns the plan.",
    "plan-scheme": "The plan does not name the scheme whose places its goals are.",
    "plan-version": "The plan has no version from 1.",
    "plan-goals": "The plan has no goals.",
    "plan-assets": "The plan has no assets.",
    "money-currency": "The plan has no currency, or one that is none.",
    "money-budget": "The plan has no budget above 0.",
    "dates-opens": "The plan does not say when it opens.",
    "dates-closes": "The plan does not say when it closes.",
    "dates-order": "The plan closes before or as it opens.",
    "R89-hold-out": "Nobody is held out.",
    "R89-share": "The share held out is not above 0 and at most .5.",
    "R89-salt": "The hold-out has no salt.",
    "R89-least": "Too few customers per arm are asked for.",
    "R89-primary": "No primary comparison is declared.",
    "R89-measure": "The primary measure cannot be measured.",
    "R89-adjust": "The outcome cannot be adjusted by what is named.",
    "R89-smallest": "The smallest effect of interest is no share between 0 and 1.",
    "R89-wished": "The wished direction is neither up nor down.",
}
GOALS = {
    "R61-audience": "A goal does not say who should move.",
    "R61-response": "A goal does not say what they should do.",
    "R61-value_of_response": "A goal does not say what a response is worth.",
    "R61-owner": "Nobody answers for a goal.",
    "R61-size": "The audience of a goal is smaller than none.",
    "R61-rate": "The expected rate of a goal is no share above 0 and at most 1.",
    "R61-value": "The expected value of a goal is unknown.",
    "R61-short": "A goal asks for more customers than its size and rate bring.",
    "R4-from": "A goal does not say from where, or from a place that does not exist.",
    "R4-to": "A goal does not say to where, or to a place that does not exist.",
    "R4-upward": "A goal leads down.",
    "R4-customers": "A goal does not say how many should move.",
    "R4-priority": "A goal has a priority below 1.",
    "dates-by": "A goal does not say by when, or names a day outside the plan's period.",
    "R59-no-asset": "No asset serves a goal.",
}
INVENTORY = {
    "R59-unowned": "Nobody owns an asset or a touchpoint.",
    "R59-unused": "An asset, a touchpoint or a message is not used.",
    "R59-goal": "An asset serves a goal that is not in the plan.",
    "R59-goal-twice": "An asset names the same goal twice.",
    "R59-cost": "An asset has no cost.",
    "R59-contact-cost": "A route has no cost of the contact.",
    "R59-touchpoint": "A route goes through a touchpoint that is not in the inventory.",
    "R59-medium": "A touchpoint has no medium, or a route another one.",
    "R59-direction": "A route goes out through a touchpoint where customers only come in.",
    "asset-kind": "An asset is of no kind that is known.",
    "asset-purpose": "An asset has no purpose that is known.",
    "limits-negative": "A cost, capacity or limit is below 0.",
    "limits-rest": "An asset may go to the same customer every day.",
    "limits-cap": "A cap lacks contacts or days from 1.",
    "R12-wants": "An asset wants an interest and does not say of which class.",
    "R22-route-twice": "An asset has two routes by the same medium.",
    "R22-preference": "A route has a preference below 1.",
    "R22-variant": "A message says nothing for the medium of a route.",
    "R81-direction": "A touchpoint is neither inbound nor outbound nor both.",
    "R81-purpose": "A touchpoint has no purpose that is known.",
}
MESSAGES = {
    "R22-message": "An asset says a message that is not in the plan.",
    "R22-parts": "A message lacks parts that its medium needs.",
    "R23-name": "A fact that a message uses has no name.",
    "R23-class": "A fact that a message uses has no class.",
    "R23-fallback": "A message has nothing to say when a fact is not known.",
    "R23-age": "A message would say a fact however old it is, or at an age below 0.",
    "R23-undeclared": "A message speaks of a fact that it does not declare.",
}
CHAPTERS: Mapping[str, Mapping[str, str]] = {
    "The file": READING,
    "The head of the plan": HEAD,
    "Goals": {**GOALS, **holding.CODES},
    "Assets and touchpoints": INVENTORY,
    "Behavior": behavior.CODES,
    "Messages": MESSAGES,
    "Ids": naming.CODES,
    "Stages": stages.CODES,
    "Dependencies": dependencies.CODES,
    "Data": data.CODES,
    "Slots": slots.CODES,
    "Exchanges": exchanges.CODES,
    "Roadmap": roadmap.CODES,
    "The strategy": words.CODES,
    "Coverage": coverage.CODES,
    "Volumes": volumes.CODES,
    "The mix": mix.CODES,
    "Readiness": readiness.CODES,
    "Phases": phases.CODES,
}
# How grave what is not always an error is; what is in two sets depends on where it is found.
WARNINGS = {
    "R4-audience", "limits-rest", "R59-unused", "R61-short", "R61-value", "R82-unplanned", "R86-many", "R88-minutes",
    "R19-no-threshold", "R19-order", "R38-deferred", "R73-late", "R60-done", "R60-launch", "R64-twice",
    "R64-asks", "R64-unfilled", "R64-unused", "R66-life", "exchange-cost", "exchange-asks", "exchange-promise",
    "R62-counted", "R62-reached", "exchange-fulfilled", "R71-behavior", "R71-unreachable", "R71-return", "R71-tight",
}  # fmt: skip
NOTES = {
    "R62-evidence",
    "R81-empty",
    "R19-not-measured",
    "R19-not-available",
    "R64-empty",
    "R66-empty",
    "exchange-owed",
}
EITHER = {
    "R23-age", "R62-target", "R75-actionable", "R75-measurable", "R75-multidimensional", "R75-segment-specific",
    "R82-all-promotion", "R86-too-many", "R73-missing",
}  # fmt: skip


class Code(msgspec.Struct, frozen=True, kw_only=True):
    """A code of the check: the chapter it is told in, how grave it may be, what it says."""

    code: str
    chapter: str
    severities: tuple[Severity, ...]
    says: str


def _severities(code: str) -> tuple[Severity, ...]:
    if code in EITHER:
        return ("error", "warning")
    return ("note",) if code in NOTES else ("warning",) if code in WARNINGS else ("error",)


CATALOGUE: Mapping[str, Code] = {
    code: Code(code=code, chapter=chapter, severities=_severities(code), says=says)
    for chapter, listed in CHAPTERS.items()
    for code, says in listed.items()
}
