"""Checks exchanges of value by their kind, and that benefits are bound to stages of the relationship that exist."""

from collections.abc import Iterator
from decimal import Decimal

from sterna.engine.documents import Finding
from sterna.engine.plans.document import Document
from sterna.engine.plans.inventory import not_negative, one_of
from sterna.engine.plans.known import Known
from sterna.engine.plans.naming import by_id
from sterna.engine.plans.parts import Asset, Exchange

EXCHANGE_KINDS = ("paid", "promissory", "participative", "provided")
CODES = {
    "exchange-kind": "An exchange is of none of the kinds paid, promissory, participative and provided.",
    "exchange-give": "An exchange does not say what the customer gives.",
    "exchange-get": "An exchange does not say what the customer gets.",
    "R59-exchange": "An exchange rests on an asset that is not in the plan.",
    "exchange-cost": "A paid exchange does not say what one costs.",
    "exchange-asks": "A promissory exchange does not say which facts the customer gives for the promise.",
    "exchange-promise": "A promissory exchange does not say within how many days the promise is kept.",
    "exchange-fulfilled": "An exchange does not say who delivers what was promised, or tells what came of a say.",
    "exchange-immediate": "A provided exchange promises for later, and what is provided is given in the same reply.",
    "exchange-liability": "An exchange states less liability than is owed if everybody takes it.",
    "exchange-owed": "An exchange does not state the liability that follows from its cost and capacity.",
    "R66-stage": "An asset is offered in a stage of the relationship that does not exist.",
    "R66-life": "Assets are offered by stage of the relationship, and the plan does not say of which scheme.",
    "R66-empty": "In a stage of the relationship nothing is offered.",
}
# What each kind cannot be kept without, and what to write; a plan of before, which had no room for it, still stands.
_NEEDED = {
    "paid": ("cost",),
    "promissory": ("asks", "promise_days", "fulfilled_by"),
    "participative": ("fulfilled_by",),
    "provided": (),
}
_LACKING = {
    "cost": ("exchange-cost", "what one costs", "write `cost: …`, 0.00 if nothing"),
    "asks": ("exchange-asks", "which facts it asks for", "list their classes under `asks`"),
    "promise_days": ("exchange-promise", "by when the promise is kept", "write `promise_days: …`"),
    "fulfilled_by": ("exchange-fulfilled", "who delivers", "write `fulfilled_by: …`"),
}


def check_exchanges(document: Document) -> Iterator[Finding]:
    """What is wrong with the exchanges."""
    assets = by_id(document.plan.assets)
    for index, exchange in enumerate(document.plan.exchanges):
        where = f"exchanges[{index}]"
        name = f"exchange {exchange.id or index + 1}"
        yield from one_of(document, "exchange-kind", f"{where}.kind", name, exchange.kind, EXCHANGE_KINDS)
        for field in ("give", "get"):
            if not getattr(exchange, field):
                said = f"{name} does not say what the customer {field}s"
                yield document.error(f"exchange-{field}", where, said, f"add a line `{field}: …`")
        yield from not_negative(document, exchange, ("cost", "liability", "promise_days"), where, name)
        yield from _by_kind(document, exchange, where, name)
        asset = assets.get(exchange.asset or "")
        if asset is None:
            said = f"{name} rests on the asset {exchange.asset!r}, which is not in the plan"
            yield document.error("R59-exchange", f"{where}.asset", said, "name an asset of the plan")
        else:
            yield from _liability(document, exchange, asset, where, name)


def owed(exchange: Exchange, asset: Asset) -> Decimal | None:
    """What is owed if everybody whom `asset` can reach takes the exchange: cost x capacity; None when unlimited.

    The capacity is that of the asset, else that of all its routes together where each has one.
    """
    capacity = asset.capacity
    if capacity is None and asset.routes:
        routes = [route.capacity for route in asset.routes]
        capacity = None if None in routes else sum(each or 0 for each in routes)
    if exchange.cost is None or capacity is None or exchange.cost < 0 or capacity < 0:
        return None
    return exchange.cost * capacity


def check_benefits(document: Document, known: Known) -> Iterator[Finding]:
    """What is wrong with the stages of the relationship in which the assets are offered."""
    plan = document.plan
    bound = [(index, asset) for index, asset in enumerate(plan.assets) if asset.stages]
    if bound and not plan.life:
        said = "assets are offered by stage of the relationship, and the plan does not say of which scheme"
        yield document.warning("R66-life", "life", said, "add a line `life: …` with the scheme of the stages")
    if known.stages is None:
        return
    for index, asset in bound:
        for stage in asset.stages:
            if stage not in known.stages:
                said = f"asset {asset.id} is offered in the stage {stage!r}, which does not exist"
                mend = f"stages are: {', '.join(known.stages)}"
                yield document.error("R66-stage", f"assets[{index}].stages", said, mend)
    offered = {stage for _, asset in bound for stage in asset.stages}
    everywhere = len(bound) < len(plan.assets)
    for stage in () if everywhere or not bound else known.stages:
        if stage not in offered:
            said = f"nothing is offered in the stage {stage}: a customer who comes there loses every benefit"
            yield document.note("R66-empty", "assets", said, f"add {stage} to the stages of an asset")


def _by_kind(document: Document, exchange: Exchange, where: str, name: str) -> Iterator[Finding]:
    for field in _NEEDED.get(exchange.kind or "", ()):
        if getattr(exchange, field) in (None, "", ()):
            code, lacking, mend = _LACKING[field]
            yield document.warning(code, where, f"{name} is {exchange.kind} and does not say {lacking}", mend)
    if exchange.kind == "provided" and exchange.promise_days:
        said = f"{name} is provided, in the same reply, and promises within {exchange.promise_days} days"
        mend = "take promise_days out, or call it promissory"
        yield document.error("exchange-immediate", f"{where}.promise_days", said, mend)


def _liability(
    document: Document, exchange: Exchange, asset: Asset, where: str, name: str
) -> Iterator[Finding]:
    most = owed(exchange, asset)
    if not most:
        return
    if exchange.liability is None:
        said = f"{name} owes {most} if all whom {asset.id} can reach take it, and does not state it"
        yield document.note("exchange-owed", where, said, f"write `liability: {most}`")
    elif 0 <= exchange.liability < most:
        said = f"{name} states a liability of {exchange.liability}, and owes {most} if all take it"
        mend = f"write {most}, or lower the capacity of {asset.id}"
        yield document.error("exchange-liability", f"{where}.liability", said, mend)
