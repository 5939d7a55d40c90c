"""Checks customized slots, such as on the monthly bill: where each stands, what it says, uses and is for."""

from collections.abc import Iterator

from sterna.engine.documents import Finding
from sterna.engine.plans.behavior import check_behavior
from sterna.engine.plans.document import Document
from sterna.engine.plans.messages import check_uses, facts_of
from sterna.engine.plans.naming import by_id, check_ids

CODES = {
    "R63-touchpoint": "A slot stands at a touchpoint that is not in the inventory.",
    "R63-text": "A slot has no text for those of whom its facts are known.",
    "R63-default": "A slot has nothing to show where its facts are not known.",
    "R63-undeclared": "A slot speaks of a fact that it does not declare.",
}


def check_slots(document: Document) -> Iterator[Finding]:
    """What is wrong with the slots."""
    plan = document.plan
    points = by_id(plan.touchpoints)
    yield from check_ids(document, plan.slots, "slots")
    for index, slot in enumerate(plan.slots):
        where = f"slots[{index}]"
        name = f"slot {slot.id or index + 1}"
        if slot.touchpoint not in points:
            said = f"{name} stands at the touchpoint {slot.touchpoint!r}, which is not in the inventory"
            yield document.error("R63-touchpoint", f"{where}.touchpoint", said, "add it under touchpoints")
        if not slot.text:
            yield document.error("R63-text", where, f"{name} has no text", "add a line `text: …`")
        if slot.default is None:
            said = f"{name} has nothing to show when its facts are not known"
            yield document.error("R63-default", where, said, "add a line `default: …`, '' for nothing")
        spoken = facts_of(slot.text or "", slot.default or "")
        for fact in sorted(spoken - {use.name for use in slot.uses}):
            said = f"{name} speaks of facts.{fact}, which it does not declare"
            yield document.error(
                "R63-undeclared", where, said, "add it under uses, with a fallback and an age"
            )
        yield from check_uses(document, slot.uses, where, name)
        yield from check_behavior(document, slot.behavior, where, name)
