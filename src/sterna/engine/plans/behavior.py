"""Checks the change in behavior that an asset or a slot is for, and holds its baseline beside what was counted."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from sterna.engine import rules
from sterna.engine.documents import Finding
from sterna.engine.errors import BadInput
from sterna.engine.plans.document import Document
from sterna.engine.plans.known import Counted
from sterna.engine.plans.parts import Asset, Behavior, Counts
from sterna.engine.plans.strategy import Slot
from sterna.engine.rules import AVERAGED

CODES = {
    "R62-behavior": "An asset or a slot is tied to no change in behavior.",
    "R62-metric": "A behavior has no metric.",
    "R62-baseline": "A behavior has no baseline.",
    "R62-target": "A behavior has no target, or one that is its baseline.",
    "R62-window_days": "A behavior has no window of at least a day.",
    "R62-evidence": "Nothing says why a target should be in reach.",
    "R62-counts": "The events cannot count a metric as it says.",
    "R62-counted": "A baseline is not what was counted.",
    "R62-reached": "A target is reached already, by what was counted.",
}
# A baseline that is off by less than a tenth of the change wanted changes no decision, however surely it is off.
_PART = 0.1
_SURE = 1.96


def check_behavior(document: Document, behavior: Behavior | None, where: str, name: str) -> Iterator[Finding]:
    """What is wrong with the change in behavior that the part called `name` is for.

    What is tied to no quantified change cannot be scheduled: nobody could say that it worked.
    """
    if behavior is None:
        said = f"{name} is tied to no change in behavior"
        yield document.error(
            "R62-behavior", where, said, "add a behavior: metric, baseline, target, window_days"
        )
        return
    for field in ("metric", "baseline", "target", "window_days"):
        if getattr(behavior, field) is None:
            said = f"the behavior of {name} has no {field}"
            yield document.error(f"R62-{field}", f"{where}.behavior", said, f"add a line `{field}: …`")
    if behavior.target is not None and behavior.target == behavior.baseline:
        said = f"the behavior of {name} should go from {behavior.baseline} to {behavior.target}: no change"
        yield document.warning(
            "R62-target", f"{where}.behavior.target", said, "name the change that is wanted"
        )
    if behavior.window_days is not None and behavior.window_days < 1:
        said = f"the behavior of {name} is watched for {behavior.window_days} days"
        yield document.error(
            "R62-window_days", f"{where}.behavior.window_days", said, "write a number from 1"
        )
    if not behavior.evidence:
        said = f"nothing says why the target of {name} should be in reach"
        yield document.note("R62-evidence", f"{where}.behavior", said, "add a line `evidence: …`")
    if behavior.counts is not None:
        yield from _check_counts(document, behavior.counts, f"{where}.behavior.counts", name)


def _check_counts(document: Document, counts: Counts, where: str, name: str) -> Iterator[Finding]:
    try:
        figure_of(counts)
    except BadInput as error:
        mend = f"say of: one of {', '.join(AVERAGED)}, and the kind of event"
        yield document.error("R62-counts", where, f"{name} cannot be counted by the events: {error}", mend)


def figure_of(counts: Counts) -> rules.Behavior:
    """The figure that counts a metric, in the language of rules. Raises BadInput for one that nothing can count."""
    given = {name: text for name, text in msgspec.structs.asdict(counts).items() if text is not None}
    if given.get("of") not in AVERAGED:
        raise BadInput(f"{given.get('of')!r} is no figure that everybody has")
    try:
        figure = msgspec.convert(given | {"least": 0}, rules.Behavior)
    except msgspec.ValidationError as error:
        raise BadInput(str(error)) from None
    rules.refuse_unfit(figure)
    return figure


def check_baselines(document: Document, counted: Mapping[str, Counted] | None) -> Iterator[Finding]:
    """Where the baseline of an asset or a slot is not what was counted, or its target is reached without it."""
    for kind in ("assets", "slots"):
        parts: Sequence[Asset | Slot] = getattr(document.plan, kind)
        for index, part in enumerate(parts):
            found = (counted or {}).get(part.id or "")
            if found is not None and part.behavior is not None:
                yield from _baseline(
                    document, part.behavior, found, f"{kind}[{index}].behavior", part.id or ""
                )


def _baseline(
    document: Document, behavior: Behavior, found: Counted, where: str, name: str
) -> Iterator[Finding]:
    stated, target = behavior.baseline, behavior.target
    if stated is None or target is None or stated == target:
        return
    change, off = target - stated, found.mean - stated
    seen = f"{found.mean:.4g} was counted of {found.customers:,} customers in {behavior.window_days} days"
    if off / change >= 1:
        said = f"the target of {name} is {target:g}, and {seen}: it is reached already"
        yield document.warning("R62-reached", f"{where}.target", said, "name a change that is still wanted")
    elif abs(off) > _PART * abs(change) and abs(off) > _SURE * found.error:
        said = f"the baseline of {name} is {stated:g}, and {seen}"
        yield document.warning("R62-counted", f"{where}.baseline", said, f"write {found.mean:.4g}")
