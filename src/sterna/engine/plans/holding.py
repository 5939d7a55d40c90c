"""Checks that a plan moves no more customers than its places hold."""

from collections import Counter
from collections.abc import Iterator, Mapping

from sterna.engine.documents import Finding
from sterna.engine.plans.document import Document

CODES = {
    "R4-holds": "A goal, or all goals that start at a place together, ask for more customers than it holds.",
    "R4-audience": "The audience of a goal is larger than the place that it stands at.",
}


def check_holds(document: Document, headcounts: Mapping[str, int] | None) -> Iterator[Finding]:
    """Goals that ask for more customers than stand where they start; `headcounts` by place, None when unknown.

    Goals that start at the same place may not ask for more than it holds together either: nobody moves twice at once.
    """
    if headcounts is None:
        return
    asked: Counter[str] = Counter()
    for index, goal in enumerate(document.plan.goals):
        place = goal.from_place
        if place is None or place not in headcounts:
            continue
        holds, name = headcounts[place], f"goal {goal.id or index + 1}"
        before, wanted = asked[place], max(goal.customers or 0, 0)
        asked[place] += wanted
        if wanted > holds:
            said = f"{name} asks for {wanted:,} customers, and {place} holds {holds:,}"
            mend = f"ask for at most {holds:,}, or start where more stand"
            yield document.error("R4-holds", f"goals[{index}].customers", said, mend)
        if goal.size is not None and goal.size > holds:
            said = f"{name} has an audience of {goal.size:,}, and {place} holds {holds:,}"
            yield document.warning("R4-audience", f"goals[{index}].size", said, "count the audience again")
        if wanted <= holds < asked[place] and before <= holds:
            said = f"with {name} the goals that start at {place} ask for {asked[place]:,}, and it holds {holds:,}"
            yield document.error("R4-holds", f"goals[{index}].customers", said, "ask for fewer in all")
