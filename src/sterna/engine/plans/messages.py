"""Checks messages: that each asset has one, each medium its parts, and each fact something to say without it."""

import re
from collections.abc import Iterator, Sequence

from sterna.engine.documents import Finding
from sterna.engine.plans.document import Document
from sterna.engine.plans.parts import Message, Use, Variant

# What each medium cannot be without; a medium that is not listed needs any text at all.
NEEDED = {
    "email": ("subject", "mjml", "text"),
    "letter": ("subject", "body"),
    "phone": ("opening", "script", "ask"),
}
_FACT = re.compile(r"\bfacts\.([A-Za-z_]\w*)")


def check_messages(document: Document) -> Iterator[Finding]:
    """What is wrong with the messages."""
    plan = document.plan
    known = {message.id for message in plan.messages}
    for index, asset in enumerate(plan.assets):
        if asset.routes and asset.message not in known:
            said = f"asset {asset.id} says the message {asset.message!r}, which is not in the plan"
            yield document.error("R22-message", f"assets[{index}].message", said, "write the message")
    spoken = {asset.message for asset in plan.assets}
    for index, message in enumerate(plan.messages):
        where = f"messages[{index}]"
        name = f"message {message.id or index + 1}"
        if message.id not in spoken:
            yield document.warning("R59-unused", where, f"no asset says {name}", "use it, or take it out")
        yield from check_uses(document, message.uses, where, name)
        for medium, variant in message.variants.items():
            yield from _variant(document, message, medium, variant or Variant(), where)


def check_uses(document: Document, uses: Sequence[Use], where: str, name: str) -> Iterator[Finding]:
    """What is wrong with the facts that the part called `name` uses."""
    for index, use in enumerate(uses):
        path = f"{where}.uses[{index}]"
        for field, value in (("name", use.name), ("class", use.fact_class)):
            if not value:
                said = f"a fact that {name} uses has no {field}"
                yield document.error(f"R23-{field}", path, said, f"add a line `{field}: …`")
        if use.fallback is None:
            said = f"{name} has nothing to say when {use.name} is not known"
            yield document.error("R23-fallback", path, said, "add a line `fallback: …`")
        if use.max_age_days is None:
            said = f"{name} would say {use.name} however old it is"
            yield document.warning("R23-age", path, said, "add a line `max_age_days: …`")
        elif use.max_age_days < 0:
            said = f"{name} has {use.max_age_days} as max_age_days of {use.name}"
            yield document.error("R23-age", f"{path}.max_age_days", said, "write days, 0 or more")


def _variant(
    document: Document, message: Message, medium: str, variant: Variant, where: str
) -> Iterator[Finding]:
    path = f"{where}.variants.{medium}"
    written = {name: getattr(variant, name) for name in variant.__struct_fields__ if getattr(variant, name)}
    lacking = [part for part in NEEDED.get(medium, ()) if part not in written]
    if lacking or not written:
        parts = ", ".join(lacking) or "text"
        said = f"message {message.id} by {medium} has no {parts}"
        yield document.error("R22-parts", path, said, f"write its {parts}")
    declared = {use.name for use in message.uses}
    for fact in sorted(facts_of(*written.values()) - declared):
        said = f"message {message.id} by {medium} speaks of facts.{fact}, which it does not declare"
        yield document.error("R23-undeclared", path, said, "add it under uses, with a fallback and an age")


def facts_of(*texts: str) -> set[str]:
    """The names of the facts that the `texts` speak of, as in `facts.room`."""
    return {fact for text in texts for fact in _FACT.findall(text)}
