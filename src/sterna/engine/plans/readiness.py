"""Checks that a program begins with the basics: its elements in order, each only once its data carry it."""

from collections.abc import Iterator

from sterna.engine.documents import Finding
from sterna.engine.plans.document import Document, Plan
from sterna.engine.plans.known import Known
from sterna.engine.plans.strategy import Readiness

CODES = {
    "R19-element": "A phase or a threshold is of none of the seven elements.",
    "R19-threshold": "A threshold has no measure that is known, or no share between 0 and 1.",
    "R19-not-ready": "An element begins while what is measured is under its threshold.",
    "R19-not-measured": "What a threshold asks for has not been measured, so it is not compared.",
    "R19-no-threshold": "An element beyond the first begins without any threshold.",
    "R19-order": "An element is begun before a more basic one.",
    "R19-not-available": "The product cannot do what the element asks for; it has to be done by other means.",
}
ELEMENTS = ("identify", "communicate", "reward", "recognize", "interact", "collaborate", "advocate")
"""The seven elements, the basic ones first: each builds on those before it."""
AVAILABLE = ("identify", "communicate")
"""Those that the product carries; the others are under "Not there" in CHANGELOG.md."""
MEASURES = ("identified", "reachable", "fill")


def check_readiness(document: Document, known: Known) -> Iterator[Finding]:
    """What is wrong with thresholds, and which elements begin too early (R19)."""
    for index, readiness in enumerate(document.plan.readiness):
        where = f"readiness[{index}]"
        wrong = list(_written(document, readiness, where))
        yield from wrong or _ready(document, readiness, where, known)
    yield from _phases(document)


def _element(document: Document, element: str | None, where: str) -> Iterator[Finding]:
    if element not in ELEMENTS:
        said = f"{where} is of the element {element!r}"
        yield document.error("R19-element", f"{where}.element", said, f"choose one of: {', '.join(ELEMENTS)}")


def _written(document: Document, readiness: Readiness, where: str) -> Iterator[Finding]:
    yield from _element(document, readiness.element, where)
    kind, _, rest = (readiness.measure or "").partition(".")
    if kind not in MEASURES or not (rest or kind == "identified"):
        said = f"{where} asks for the measure {readiness.measure!r}"
        mend = "write identified, identified.TOUCHPOINT, reachable.MEDIUM or fill.CLASS"
        yield document.error("R19-threshold", f"{where}.measure", said, mend)
    if readiness.at_least is None or not 0 <= readiness.at_least <= 1:
        said = f"{where} asks for at least {readiness.at_least}, not a share between 0 and 1"
        yield document.error("R19-threshold", f"{where}.at_least", said, "write a share such as 0.80")


def measured(measure: str, known: Known) -> float | None:
    """The share behind `measure`, such as `identified.checkout`; of `identified` alone the lowest of all touchpoints.

    None when it was not measured.
    """
    kind, _, name = measure.partition(".")
    shares: dict[str, float] | None = getattr(known, kind)
    if not shares:
        return None
    return shares.get(name) if name else min(shares.values())


def begins(plan: Plan) -> dict[str, str]:
    """By element, what begins it: the first phase of it, or for recognition an asset of that purpose."""
    begun = {asset.purpose: f"asset {asset.id}" for asset in plan.assets if asset.purpose == "recognition"}
    found = {"recognize": begun["recognition"]} if begun else {}
    for phase in reversed(plan.phases):
        if phase.element in ELEMENTS:
            found[phase.element] = f"phase {phase.id}"
    return found


def _ready(document: Document, readiness: Readiness, where: str, known: Known) -> Iterator[Finding]:
    element, measure, least = readiness.element or "", readiness.measure or "", readiness.at_least or 0.0
    begun = begins(document.plan).get(element)
    share = measured(measure, known)
    if begun is None:
        return
    if share is None:
        said = f"{begun} begins the element {element}, and {measure} has not been measured"
        yield document.note(
            "R19-not-measured", where, said, f"measure it: at least {least:.0%} are asked for"
        )
    elif share < least:
        said = f"{begun} begins the element {element} while {measure} is {share:.1%}, under {least:.1%}"
        yield document.error(
            "R19-not-ready", where, said, "wait until the data reach it, or begin with the basics"
        )


def _phases(document: Document) -> Iterator[Finding]:
    plan = document.plan
    guarded = {readiness.element for readiness in plan.readiness}
    first: dict[str, int] = {}
    for index, phase in enumerate(plan.phases):
        where, element = f"phases[{index}]", phase.element
        yield from _element(document, element, where)
        if element not in ELEMENTS or element in first:
            continue
        level = ELEMENTS.index(element)
        later = [each for each in first if ELEMENTS.index(each) > level]
        first[element] = index
        if later:
            said = f"phase {phase.id} begins the element {element} after {later[0]}, which builds on it"
            yield document.warning("R19-order", where, said, f"the order is: {', '.join(ELEMENTS)}")
        if level and element not in guarded:
            said = f"phase {phase.id} begins the element {element} without a threshold"
            yield document.warning("R19-no-threshold", where, said, "add one under readiness")
        if element not in AVAILABLE:
            said = f"the element {element} of phase {phase.id} is not available in this version"
            yield document.note(
                "R19-not-available", where, said, "see to it by other means, or plan it for later"
            )
