"""Checks goals: who should move from where to where by when, through which response, and what that is worth."""

from collections.abc import Collection, Iterator, Sequence

from sterna.engine.documents import Finding
from sterna.engine.plans.document import Document
from sterna.engine.plans.parts import Goal


def check_goals(document: Document, places: Sequence[str] | None) -> Iterator[Finding]:
    """What is wrong with the goals; `places` are the scheme's bands from the lowest up, None when unknown."""
    served = {name for asset in document.plan.assets for name in asset.goals}
    for index, goal in enumerate(document.plan.goals):
        where = f"goals[{index}]"
        name = f"goal {goal.id or index + 1}"
        yield from _who_how_what(document, goal, where, name)
        yield from _places(document, goal, where, name, places)
        yield from _number_and_day(document, goal, where, name)
        yield from _reach(document, goal, where, name, served)


def _who_how_what(document: Document, goal: Goal, where: str, name: str) -> Iterator[Finding]:
    asked = {
        "audience": (goal.audience, "who should move", "describe the customers meant"),
        "response": (
            goal.response,
            "what they should do",
            "name the response that shows it, such as a purchase",
        ),
        "value_of_response": (goal.value_of_response, "what a response is worth", "write an amount"),
        "owner": (goal.owner, "who answers for it", "name one person or role"),
    }
    for field, (value, lacking, mend) in asked.items():
        if not value:
            yield document.error(f"R61-{field}", f"{where}.{field}", f"{name} does not say {lacking}", mend)
    if goal.value_of_response is not None and goal.value_of_response < 0:
        said = f"{name} values a response at {goal.value_of_response}"
        yield document.error(
            "R61-value_of_response", f"{where}.value_of_response", said, "write an amount above 0"
        )
    if goal.size is not None and goal.size < 0:
        said = f"{name} has an audience of {goal.size}"
        yield document.error("R61-size", f"{where}.size", said, "write how many customers are meant")
    if goal.expected_rate is not None and not 0 < goal.expected_rate <= 1:
        said = f"{name} expects a rate of {goal.expected_rate}, not a share above 0 and at most 1"
        yield document.error("R61-rate", f"{where}.expected_rate", said, "write a share such as 0.10")
    if goal.expected_value() is None:
        said = f"the expected value of {name} is unknown: it is size x expected_rate x value_of_response"
        yield document.warning("R61-value", where, said, "fill in the three")


def _places(
    document: Document, goal: Goal, where: str, name: str, places: Sequence[str] | None
) -> Iterator[Finding]:
    for field, place in (("from", goal.from_place), ("to", goal.to_place)):
        path = f"{where}.{field}"
        if not place:
            yield document.error(f"R4-{field}", path, f"{name} does not say {field} where", "name a place")
        elif places is not None and place not in places and not (field == "from" and place == "none"):
            said = f"{name} goes {field} {place!r}, which is no place of the scheme"
            yield document.error(f"R4-{field}", path, said, f"places are: {', '.join(places)}")
    if places is None or goal.to_place not in places:
        return
    ranks = {"none": 0, **{place: rank for rank, place in enumerate(places, start=1)}}
    if ranks.get(goal.from_place or "", 0) > ranks[goal.to_place or ""]:
        said = f"{name} leads down, from {goal.from_place} to {goal.to_place}"
        yield document.error(
            "R4-upward", f"{where}.to", said, "name a higher place, or the same to keep customers"
        )


def _number_and_day(document: Document, goal: Goal, where: str, name: str) -> Iterator[Finding]:
    plan = document.plan
    if goal.customers is None or goal.customers < 1:
        said = f"{name} does not say how many customers should move"
        yield document.error("R4-customers", f"{where}.customers", said, "write a number from 1")
    if goal.priority is not None and goal.priority < 1:
        said = f"{name} has the priority {goal.priority}"
        yield document.error("R4-priority", f"{where}.priority", said, "1 is served first")
    if goal.by is None:
        yield document.error("dates-by", f"{where}.by", f"{name} does not say by when", "write a day")
    elif plan.opens and plan.closes and not plan.opens <= goal.by <= plan.closes:
        said = f"{name} is due on {goal.by}, outside the plan's period from {plan.opens} to {plan.closes}"
        yield document.error("dates-by", f"{where}.by", said, "choose a day inside it")


def _reach(
    document: Document, goal: Goal, where: str, name: str, served: Collection[str]
) -> Iterator[Finding]:
    if goal.id and goal.id not in served:
        said = f"no asset serves {name}, so it cannot come about"
        yield document.error("R59-no-asset", where, said, "add the goal to an asset, or drop it")
    if goal.size is not None and goal.expected_rate is not None and goal.customers is not None:
        expected = goal.size * goal.expected_rate
        if expected < goal.customers:
            said = f"{name} asks for {goal.customers}, and {goal.size} x {goal.expected_rate} brings {expected:.0f}"
            yield document.warning("R61-short", f"{where}.customers", said, "ask for fewer, or reach more")
