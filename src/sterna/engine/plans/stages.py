"""Checks the four stages of a plan, and tells whether one of them may be closed."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from sterna.engine.documents import Finding
from sterna.engine.plans.document import Document
from sterna.engine.plans.naming import check_said
from sterna.engine.plans.strategy import Stage

# In this order: what is offered rests on what can be known, and the roadmap on both.
STAGES = ("goals", "data", "exchanges", "roadmap")
CODES = {
    "R73-missing": "A stage of the four is not in the plan, so nobody can close it.",
    "R73-unknown": "A stage is none of goals, data, exchanges and roadmap.",
    "R73-twice": "A stage stands in the plan more than once.",
    "R73-owner": "Nobody closes a stage.",
    "R73-day": "A stage does not say by when it is closed.",
    "R73-proof": "A stage does not say what proves it done.",
    "R73-sequence": "The stages do not stand in the order in which they are closed.",
    "R73-order": "A stage is due before one that must be closed first.",
    "R73-late": "A stage is due only after the plan closes.",
}


def check_stages(document: Document) -> Iterator[Finding]:
    """What is wrong with the stages."""
    stages = document.plan.stages
    counts = Counter(stage.id for stage in stages)
    for index, stage in enumerate(stages):
        where = f"stages[{index}]"
        yield from _name(document, stage, where, counts)
        yield from _whole(document, stage, where, f"stage {stage.id or index + 1}")
    missing = [name for name in STAGES if name not in counts]
    if missing:
        said = f"the plan has no stage {', '.join(missing)}: nobody says when that work is done"
        mend = "add it under stages, with an owner, a day as `by` and a proof"
        # A plan that lists some of them could be signed and then never launched: a launch waits for all four.
        yield document.falls_short("R73-missing", "stages", said, mend)
    yield from _in_order(document)


def may_close(plan_stages: Sequence[Stage], closed: Collection[str], stage: str) -> str | None:
    """Why `stage` cannot be closed now, in words; None when it can.

    `closed` are the ids of the stages closed so far. A stage is closed once, has an owner and a proof, and comes after
    every stage before it in STAGES, also after one that the plan does not list.
    """
    if stage not in STAGES:
        return f"{stage!r} is no stage; stages are: {', '.join(STAGES)}"
    listed = next((one for one in plan_stages if one.id == stage), None)
    if listed is None:
        return f"the plan does not list the stage {stage}: add it under stages"
    if stage in closed:
        return f"{_told(stage)} is closed already"
    if not listed.owner or not listed.proof:
        lacking = "owner" if not listed.owner else "proof"
        return f"{_told(stage)} has no {lacking}"
    first = next((one for one in STAGES[: STAGES.index(stage)] if one not in closed), None)
    return None if first is None else f"{_told(stage)} cannot close before {_told(first)}"


def _told(stage: str) -> str:
    return f"stage {STAGES.index(stage) + 1} ({stage})"


def _name(document: Document, stage: Stage, where: str, counts: Counter[str | None]) -> Iterator[Finding]:
    if stage.id not in STAGES:
        said = f"{stage.id!r} is no stage of a plan"
        yield document.error("R73-unknown", f"{where}.id", said, f"stages are: {', '.join(STAGES)}")
    elif counts[stage.id] > 1:
        said = f"the stage {stage.id} stands in the plan {counts[stage.id]} times"
        yield document.error("R73-twice", f"{where}.id", said, "keep one of them")


def _whole(document: Document, stage: Stage, where: str, name: str) -> Iterator[Finding]:
    asked = {
        "owner": ("R73-owner", stage.owner, "who closes it", "name one person or role"),
        "by": ("R73-day", stage.by, "by when", "write a day"),
        "proof": ("R73-proof", stage.proof, "what proves it done", "say what somebody else could look at"),
    }
    yield from check_said(document, where, name, asked)
    closes = document.plan.closes
    if stage.by and closes and stage.by > closes:
        said = f"{name} is due on {stage.by}, after the plan closes on {closes}"
        yield document.warning("R73-late", f"{where}.by", said, "close it before the plan is")


def _in_order(document: Document) -> Iterator[Finding]:
    placed = [(index, stage) for index, stage in enumerate(document.plan.stages) if stage.id in STAGES]
    sequence = sorted(placed, key=lambda one: STAGES.index(one[1].id or ""))
    if placed != sequence:
        said = f"the stages stand as {', '.join(stage.id or '' for _, stage in placed)}"
        yield document.error("R73-sequence", "stages", said, f"put them in order: {', '.join(STAGES)}")
    latest: Stage | None = None
    for index, stage in sequence:
        if stage.by is None:
            continue
        if latest is not None and latest.by and stage.by < latest.by:
            said = f"stage {stage.id} is due on {stage.by}, before stage {latest.id}, due on {latest.by}"
            mend = f"let it be due on {latest.by} or later: it cannot close first"
            yield document.error("R73-order", f"stages[{index}].by", said, mend)
        else:
            latest = stage
