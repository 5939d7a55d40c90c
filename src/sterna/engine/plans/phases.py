"""Sets the phases of a program to years under its yearly cap: a lower cap defers them, and none ever exceeds it."""

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

import msgspec

from sterna.engine.documents import Finding
from sterna.engine.plans.document import Document, Plan
from sterna.engine.plans.naming import check_ids
from sterna.engine.plans.strategy import Phase

CODES = {
    "R38-owner": "Nobody owns a phase.",
    "R38-cost": "A phase has no cost, or one below 0.",
    "R38-proof": "Nothing proves a phase done.",
    "R38-assets": "A phase names an asset that is not in the plan.",
    "R38-cap": "The yearly cap is not above 0, or the plan has phases and no cap.",
    "R38-dearer": "A phase costs more than a whole year may.",
    "R38-waits": "A phase can never begin, because one before it cannot.",
    "R38-deferred": "The yearly cap defers a phase to a later year.",
    "R38-order": "A phase opens before one that it builds on.",
}


class Scheduled(msgspec.Struct, frozen=True, kw_only=True):
    """When a phase is done: the year its cost falls in, None when it can never be; and the year that was wished."""

    phase: str
    element: str | None
    cost: Decimal | None
    wished: int | None
    year: int | None

    @property
    def deferred(self) -> bool:
        """Whether it comes later than wished."""
        return self.year is not None and self.wished is not None and self.year > self.wished


def schedule(plan: Plan) -> list[Scheduled]:
    """The phases in the order of the plan, each in the first year that has room for it under `plan.yearly_cap`.

    A phase comes no earlier than the one before it, which it builds on; without a cap each comes as wished. One that
    costs more than the cap, or whose cost or first day nobody knows, never comes, nor does any after it.
    """
    spent: dict[int, Decimal] = defaultdict(Decimal)
    reached: int | None = 0
    found = []
    for phase in plan.phases:
        opens = phase.opens or plan.opens
        wished = opens.year if opens else None
        reached = _year(phase, wished, reached, plan.yearly_cap, spent)
        if reached is not None:
            spent[reached] += phase.cost or 0
        found.append(
            Scheduled(
                phase=phase.id or "", element=phase.element, cost=phase.cost, wished=wished, year=reached
            )
        )
    return found


def _year(
    phase: Phase, wished: int | None, reached: int | None, cap: Decimal | None, spent: dict[int, Decimal]
) -> int | None:
    """The first year from `wished` and `reached` on in which the cost still fits; None when there is none."""
    if wished is None or reached is None or phase.cost is None or phase.cost < 0:
        return None
    year = max(wished, reached)
    if cap is None:
        return year
    if phase.cost > cap:
        return None
    # Nothing was spent after the year reached, so the one after `year` always has room.
    return year if spent[year] + phase.cost <= cap else year + 1


def check_phases(document: Document) -> Iterator[Finding]:
    """What is wrong with the phases, and which of them the yearly cap defers or refuses (R38)."""
    plan = document.plan
    if plan.yearly_cap is not None and plan.yearly_cap <= 0:
        said = f"the yearly cap is {plan.yearly_cap}"
        yield document.error("R38-cap", "yearly_cap", said, "write an amount above 0")
    elif plan.phases and plan.yearly_cap is None:
        said = "the phases have no yearly cap to stay under"
        yield document.error("R38-cap", "yearly_cap", said, "add a line `yearly_cap: …`")
    yield from check_ids(document, plan.phases, "phases")
    for index, phase in enumerate(plan.phases):
        yield from _phase(document, phase, f"phases[{index}]")
    yield from _scheduled(document)


def _phase(document: Document, phase: Phase, where: str) -> Iterator[Finding]:
    plan = document.plan
    name = f"phase {phase.id or where}"
    if not phase.owner:
        yield document.error("R38-owner", where, f"nobody owns {name}", "name who answers for it")
    if phase.cost is None or phase.cost < 0:
        said = f"{name} has the cost {phase.cost}"
        yield document.error("R38-cost", where, said, "write what it costs, 0.00 if nothing")
    if not phase.proof:
        said = f"nothing would prove that {name} is done"
        yield document.error("R38-proof", where, said, "add a line `proof: …`")
    for asset in phase.assets:
        if asset not in {each.id for each in plan.assets}:
            said = f"{name} names the asset {asset!r}, which is not in the plan"
            yield document.error("R38-assets", f"{where}.assets", said, "name an asset of the plan")


def _scheduled(document: Document) -> Iterator[Finding]:
    plan = document.plan
    cap = plan.yearly_cap
    stopped, last = "", None
    for index, (phase, item) in enumerate(zip(plan.phases, schedule(plan), strict=True)):
        where, name = f"phases[{index}]", f"phase {phase.id or index + 1}"
        if last is not None and phase.opens is not None and phase.opens < last:
            said = f"{name} opens on {phase.opens}, before the one that it builds on, {last}"
            yield document.error(
                "R38-order", f"{where}.opens", said, "put the phases in the order of their days"
            )
        last = phase.opens or last
        if cap is not None and cap > 0 and phase.cost is not None and phase.cost > cap:
            said = f"{name} costs {phase.cost:,.2f}, more than the {cap:,.2f} of a whole year"
            yield document.error("R38-dearer", f"{where}.cost", said, "split it, or raise the cap")
        elif item.year is None and stopped:
            yield document.error(
                "R38-waits", where, f"{name} waits for {stopped} for ever", "mend that one first"
            )
        if item.year is None:
            stopped = stopped or name
        elif item.deferred:
            said = f"{name} ({phase.cost:,.2f}) is deferred from {item.wished} to {item.year} by the cap of {cap:,.2f}"
            mend = "open it in that year, make it cheaper, or raise the cap"
            yield document.warning("R38-deferred", where, said, mend)
