"""Checks the mix of a plan: how much of it promotes, how much serves, and how often it says thanks without an offer."""

from collections import Counter
from collections.abc import Iterator

from sterna.engine.documents import Finding
from sterna.engine.plans.document import Document, Plan
from sterna.engine.plans.inventory import PURPOSES
from sterna.engine.plans.parts import Asset

CODES = {
    "R82-share": "A share of the mix is not between 0 and 1, or its thanks are fewer than none.",
    "R82-unplanned": "The mix cannot be judged, because no route says how many contacts are planned.",
    "R82-all-promotion": "Every planned contact promotes something.",
    "R82-promotion": "More of the planned contacts promote than the mix allows.",
    "R82-service": "Fewer of the planned contacts are service than the mix asks for.",
    "R83-thanks": "A customer would be thanked less often than the mix asks for; an offer is no thanks.",
}
PROMOTING = ("advertising", "marketing", "sales")
_YEAR = 365


def shares(plan: Plan) -> dict[str, float] | None:
    """The share of planned contacts by purpose, every purpose named; None when none are planned."""
    planned = Counter[str]()
    for asset in plan.assets:
        planned[asset.purpose or ""] += sum(max(route.planned or 0, 0) for route in asset.routes)
    total = planned.total()
    return {purpose: planned[purpose] / total for purpose in PURPOSES} if total else None


def thanks(plan: Plan) -> int:
    """How often the plan may thank the same customer: recognition that offers nothing, after each rest."""
    return sum(plan.times(asset) for asset in plan.assets if _thanks(plan, asset))


def _thanks(plan: Plan, asset: Asset) -> bool:
    bound = any(exchange.asset == asset.id for exchange in plan.exchanges)
    offers = bound or asset.wants is not None or asset.kind in ("incentive", "reward", "product")
    return asset.purpose == "recognition" and bool(asset.routes) and not offers


def check_mix(document: Document) -> Iterator[Finding]:
    """Where the planned contacts break the mix (R82), and thanks that are too few (R83)."""
    plan = document.plan
    found = shares(plan)
    if found and sum(found[purpose] for purpose in PROMOTING) > 1 - 1e-9:
        said = "every planned contact promotes something; none serves, asks or thanks"
        mend = "plan contacts of the purposes service, research or recognition too"
        yield document.falls_short("R82-all-promotion", "assets", said, mend)
    if plan.mix is None:
        return
    wrong = list(_limits(document))
    yield from wrong
    if not wrong:
        yield from _against(document, found)
        yield from _thanked(document)


def _limits(document: Document) -> Iterator[Finding]:
    mix = document.plan.mix
    assert mix is not None
    for field in ("promotion_at_most", "service_at_least"):
        share = getattr(mix, field)
        if share is not None and not 0 <= share <= 1:
            said = f"the mix has the {field} {share}"
            yield document.error("R82-share", f"mix.{field}", said, "write a share between 0 and 1")
    if mix.thanks_per_year is not None and mix.thanks_per_year < 0:
        said = f"the mix asks for {mix.thanks_per_year} thanks in a year"
        yield document.error("R82-share", "mix.thanks_per_year", said, "write 0 or more")


def _against(document: Document, found: dict[str, float] | None) -> Iterator[Finding]:
    mix = document.plan.mix
    assert mix is not None
    if found is None:
        said = "the mix cannot be judged: no route says how many contacts are planned"
        yield document.warning("R82-unplanned", "mix", said, "add `planned: …` to the routes")
        return
    promotion = sum(found[purpose] for purpose in PROMOTING)
    if mix.promotion_at_most is not None and promotion > mix.promotion_at_most:
        said = f"{promotion:.1%} of the planned contacts promote, and at most {mix.promotion_at_most:.1%} may"
        mend = "plan fewer of them, or more that serve, ask or thank"
        yield document.error("R82-promotion", "mix.promotion_at_most", said, mend)
    if mix.service_at_least is not None and found["service"] < mix.service_at_least:
        said = f"{found['service']:.1%} of the planned contacts are service, and {mix.service_at_least:.1%} must be"
        yield document.error(
            "R82-service", "mix.service_at_least", said, "plan more contacts of purpose service"
        )


def _thanked(document: Document) -> Iterator[Finding]:
    plan = document.plan
    assert plan.mix is not None
    if not plan.mix.thanks_per_year or plan.opens is None or plan.closes is None:
        return
    days = (plan.closes - plan.opens).days + 1
    needed = max(1, round(plan.mix.thanks_per_year * days / _YEAR))
    if (given := thanks(plan)) < needed:
        offering = [a.id or "" for a in plan.assets if a.purpose == "recognition" and not _thanks(plan, a)]
        because = f"; {', '.join(offering)} comes with an offer or has no route" if offering else ""
        said = f"in {days} days a customer is thanked {given} times, not {needed}{because}"
        mend = "add an asset of purpose recognition that offers nothing, or a shorter rest"
        yield document.error("R83-thanks", "mix.thanks_per_year", said, mend)
