"""Checks which facts a plan needs, where it learns them, and how much it asks of customers at one touchpoint."""

from collections.abc import Collection, Iterable, Iterator, Mapping

import msgspec

from sterna.engine.documents import Finding
from sterna.engine.plans.document import Document, Plan
from sterna.engine.plans.known import Known
from sterna.engine.plans.naming import by_id, check_said
from sterna.engine.plans.parts import Touchpoint, Use
from sterna.engine.plans.strategy import Capture

CODES = {
    "R64-class": "The plan needs or asks for a class that the taxonomy does not have.",
    "R64-unfilled": "A class is needed, nothing of it is known of anybody, and no touchpoint asks for it.",
    "R64-empty": "A class is used and nothing of it is known yet; a touchpoint is to ask for it.",
    "R64-unused": "A class is asked for and nothing in the plan uses it: collected, never used.",
    "R64-capture": "A line of the capture plan does not say which class it is for.",
    "R64-touchpoint": "A fact is asked for at a touchpoint that is not in the inventory.",
    "R64-question": "A fact is asked for without the words of the question.",
    "R64-purpose": "A fact is asked for without a purpose.",
    "R64-expected": "The fill expected of a question is not a share between 0 and 1.",
    "R64-twice": "One touchpoint asks for the same class twice.",
    "R64-asks": "An exchange asks for a fact, and no touchpoint asks for it.",
    "R65-path": "The way up the tree from a class leads nowhere, so an offer cannot fall back.",
    "R65-offer": "An offer stands at a class that is not on the way up from the class that is wanted.",
    "R87-burden": "More facts are asked at one touchpoint than may be asked there in one contact.",
    "R87-most": "A touchpoint may ask fewer than no facts.",
}

# How many facts may be asked in one contact where a touchpoint does not say so. They are conventions, not measured:
# one question and its follow-up while others wait in line, a handful before a caller gives up, a short form. A
# program that knows better writes `most_fields` at the touchpoint.
AT_THE_TILL = 2
MOST_FIELDS = {
    "person": 5,
    "phone": 5,
    "web": 8,
    "letter": 8,
    "email": 8,
    "receipt": 8,
    "sms": 1,
    "notify": 1,
}
MOST_ELSEWHERE = 5


class Need(msgspec.Struct, frozen=True, kw_only=True):
    """A class of facts that something in the plan needs: an `asset`, a `message` or a `slot`, and whose that is.

    `part` is its id, `title` its name for people, `where` the path of the need in the document. `falls_back` tells
    that something is said or shown without the fact; an asset is not offered at all.
    """

    fact_class: str
    kind: str
    part: str
    title: str
    owner: str
    where: str
    falls_back: bool


def needs(plan: Plan) -> tuple[Need, ...]:
    """What the assets want, and what the messages and slots speak of and offer, in the order of the document.

    A message belongs to the owner of the first asset that says it, a slot to that of its touchpoint; where there is
    none, to the plan's.
    """
    return (*_wanted(plan), *_spoken(plan), *_shown(plan))


def most_fields(point: Touchpoint) -> int:
    """How many facts may be asked at `point` in one contact: what it says, else by medium and direction.

    A point of sale is where customers come in to a person or get a receipt.
    """
    if point.most_fields is not None:
        return point.most_fields
    if point.direction == "inbound" and point.medium in ("person", "receipt"):
        return AT_THE_TILL
    return MOST_FIELDS.get(point.medium or "", MOST_ELSEWHERE)


def asked(plan: Plan) -> dict[str, tuple[str, ...]]:
    """The classes asked for at each touchpoint, each once.

    Only what the capture plan asks counts. A touchpoint's `data_out` is left out: most of it, as basket lines and
    clicks, is seen without the customer doing anything, and what is asked stands in the capture plan with its words.
    """
    found: dict[str, dict[str, None]] = {}
    for capture in plan.capture:
        if capture.touchpoint and capture.fact_class:
            found.setdefault(capture.touchpoint, {})[capture.fact_class] = None
    return {point: tuple(classes) for point, classes in found.items()}


def check_data(document: Document, known: Known) -> Iterator[Finding]:
    """What is wrong with the facts that the plan needs and asks for."""
    needed = needs(document.plan)
    yield from _captures(document)
    yield from _promised(document)
    if known.parents is not None:
        yield from _classes(document, needed, known.parents)
        yield from _offers(document, known.parents)
    if known.fill is not None:
        yield from _filled(document, needed, known.fill, known.parents or {})
    yield from _never_used(document, needed, known.parents or {})
    yield from _burden(document)


def _wanted(plan: Plan) -> Iterator[Need]:
    for index, asset in enumerate(plan.assets):
        if asset.wants is not None and asset.wants.fact_class:
            yield Need(
                fact_class=asset.wants.fact_class,
                kind="asset",
                part=asset.id or "",
                title=asset.title or asset.id or "",
                owner=asset.owner or "",
                where=f"assets[{index}].wants.class",
                falls_back=False,
            )


def _spoken(plan: Plan) -> Iterator[Need]:
    says: dict[str | None, str | None] = {}
    for asset in plan.assets:
        says.setdefault(asset.message, asset.owner)
    for index, message in enumerate(plan.messages):
        owner = says.get(message.id) or plan.owner or ""
        yield from _of_uses(message.uses, "message", message.id or "", owner, f"messages[{index}].uses")


def _shown(plan: Plan) -> Iterator[Need]:
    points = by_id(plan.touchpoints)
    for index, slot in enumerate(plan.slots):
        point = points.get(slot.touchpoint or "")
        owner = (point.owner if point else None) or plan.owner or ""
        yield from _of_uses(slot.uses, "slot", slot.id or "", owner, f"slots[{index}].uses")


def _of_uses(uses: Iterable[Use], kind: str, part: str, owner: str, where: str) -> Iterator[Need]:
    for number, use in enumerate(uses):
        for name in dict.fromkeys([use.fact_class, *(use.offers or {})]):
            if name:
                yield Need(
                    fact_class=name,
                    kind=kind,
                    part=part,
                    title=part,
                    owner=owner,
                    where=f"{where}[{number}]",
                    falls_back=True,
                )


def _line(name: str, parents: Mapping[str, str]) -> dict[str, None]:
    """The class and those above it, from itself up; it ends where the tree does, or comes round."""
    way = {name: None}
    above = parents.get(name, "")
    while above and above not in way:
        way[above] = None
        above = parents.get(above, "")
    return way


def _with_above(names: Iterable[str], parents: Mapping[str, str]) -> set[str]:
    # A fact of a finer class counts for every class above it, as where offers are matched.
    return {above for name in names for above in _line(name, parents)}


def _captures(document: Document) -> Iterator[Finding]:
    points = by_id(document.plan.touchpoints)
    seen: set[tuple[str | None, str | None]] = set()
    for index, capture in enumerate(document.plan.capture):
        where = f"capture[{index}]"
        name = f"the question for {capture.fact_class}" if capture.fact_class else f"question {index + 1}"
        yield from _question(document, capture, where, name)
        if capture.touchpoint not in points:
            said = f"{name} is asked at {capture.touchpoint!r}, which is not in the inventory"
            yield document.error("R64-touchpoint", f"{where}.touchpoint", said, "name one of the touchpoints")
        asked_here = (capture.touchpoint, capture.fact_class)
        if asked_here in seen and capture.fact_class:
            said = f"{capture.touchpoint} asks for {capture.fact_class} twice"
            yield document.warning("R64-twice", where, said, "ask once")
        seen.add(asked_here)


def _question(document: Document, capture: Capture, where: str, name: str) -> Iterator[Finding]:
    said_of = {
        "class": ("R64-capture", capture.fact_class, "which class it is for", "name a class of the taxonomy"),
        "question": ("R64-question", capture.question, "in which words", "write the question as it is asked"),
        "purpose": ("R64-purpose", capture.purpose, "what for", "say what the customer has from it"),
    }
    yield from check_said(document, where, name, said_of)
    if capture.expected_fill is None or not 0 <= capture.expected_fill <= 1:
        said = f"{name} expects a fill of {capture.expected_fill}, not a share between 0 and 1"
        yield document.error("R64-expected", f"{where}.expected_fill", said, "write a share such as 0.40")


def _promised(document: Document) -> Iterator[Finding]:
    captured = {capture.fact_class for capture in document.plan.capture}
    for index, exchange in enumerate(document.plan.exchanges):
        for name in exchange.asks:
            if name not in captured:
                said = f"exchange {exchange.id} asks for {name}, and no touchpoint asks for it"
                mend = f"add a line for {name} under capture"
                yield document.warning("R64-asks", f"exchanges[{index}].asks", said, mend)


def _collected(plan: Plan) -> Iterator[tuple[str, str]]:
    """Each class that is asked for, and where in the document."""
    for index, capture in enumerate(plan.capture):
        if capture.fact_class:
            yield capture.fact_class, f"capture[{index}].class"
    for index, exchange in enumerate(plan.exchanges):
        for name in exchange.asks:
            yield name, f"exchanges[{index}].asks"


def _classes(document: Document, needed: Collection[Need], parents: Mapping[str, str]) -> Iterator[Finding]:
    places = [(need.fact_class, need.where) for need in needed] + [*_collected(document.plan)]
    for name, where in places:
        if name not in parents:
            said = f"{name} is no class of the taxonomy"
            yield document.error("R64-class", where, said, "correct it, or add the class to the taxonomy")
            continue
        top = list(_line(name, parents))[-1]
        if parents.get(top) != "":
            lost = f"{top}, which is no class" if top not in parents else f"{parents[top]} again: a circle"
            said = f"the way up from {name} leads to {lost}"
            mend = "mend the taxonomy: every class needs a parent that exists, or none at the top"
            yield document.error("R65-path", where, said, mend)


def _offers(document: Document, parents: Mapping[str, str]) -> Iterator[Finding]:
    plan = document.plan
    speaking = [(f"messages[{index}]", message.uses) for index, message in enumerate(plan.messages)]
    speaking += [(f"slots[{index}]", slot.uses) for index, slot in enumerate(plan.slots)]
    for place, uses in speaking:
        for number, use in enumerate(uses):
            line = _line(use.fact_class or "", parents)
            for name in use.offers or {}:
                if name not in line and name in parents:
                    said = f"there is an offer for {name}, which is not on the way up from {use.fact_class}"
                    mend = f"offers can stand at: {', '.join(line)}"
                    yield document.error("R65-offer", f"{place}.uses[{number}].offers", said, mend)


def _filled(
    document: Document, needed: Collection[Need], fill: Mapping[str, float], parents: Mapping[str, str]
) -> Iterator[Finding]:
    filled = _with_above((name for name, share in fill.items() if share > 0), parents)
    captured = {one.fact_class: one for one in document.plan.capture if one.fact_class}
    reached = _with_above(captured, parents)
    users: dict[str, list[Need]] = {}
    for need in needed:
        if need.fact_class not in filled:
            users.setdefault(need.fact_class, []).append(need)
    for name, using in users.items():
        by = ", ".join(dict.fromkeys(f"{need.kind} {need.part}" for need in using))
        if name not in reached:
            falls_back = all(need.falls_back for need in using)
            kept = "everybody gets what stands in for it" if falls_back else "nobody is offered what wants it"
            said = f"{name}, needed by {by}, is known of nobody and asked for nowhere: {kept}"
            mend = f"add a line for {name} under capture, or do without"
            yield document.warning("R64-unfilled", using[0].where, said, mend)
        else:
            said = f"{name}, needed by {by}, is known of nobody so far, and is to be asked for"
            yield document.note("R64-empty", using[0].where, said, "ask for it before the plan opens")


def _never_used(
    document: Document, needed: Collection[Need], parents: Mapping[str, str]
) -> Iterator[Finding]:
    plan = document.plan
    steps = plan.roadmap.steps if plan.roadmap else ()
    used = {need.fact_class for need in needed}
    taken = [part.data_in for part in plan.assets] + [part.data_in for part in plan.touchpoints]
    used.update(name for data_in in [*taken, *(step.data_in for step in steps)] for name in data_in)
    told: set[str] = set()
    for name, where in _collected(plan):
        # What is finer than a class in use answers for it: asked for "travel with children", it serves "travel".
        if name not in told and used.isdisjoint(_line(name, parents)):
            said = f"{name} is asked for, and nothing in the plan uses it: collected, never used"
            yield document.warning("R64-unused", where, said, "use it, or do not ask")
        told.add(name)


def _burden(document: Document) -> Iterator[Finding]:
    asked_at = asked(document.plan)
    for index, point in enumerate(document.plan.touchpoints):
        classes, most = asked_at.get(point.id or "", ()), most_fields(point)
        if most < 0:
            said = f"touchpoint {point.id} has {most} as most_fields"
            yield document.error("R87-most", f"touchpoints[{index}].most_fields", said, "write 0 or more")
        elif len(classes) > most:
            listed = ", ".join(classes)
            said = (
                f"{point.id} asks for {len(classes)} facts in one contact ({listed}), at most {most} may be"
            )
            mend = (
                f"ask for {len(classes) - most} of them elsewhere, or write most_fields if more can be asked"
            )
            yield document.error("R87-burden", f"touchpoints[{index}]", said, mend)
