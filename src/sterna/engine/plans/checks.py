"""Checks a plan as a whole: its head, hold-out and budget, and that its parts know one another by name."""

from collections.abc import Iterator

from sterna.engine.documents import Finding
from sterna.engine.errors import BadInput
from sterna.engine.money import require_currency
from sterna.engine.plans.behavior import check_baselines
from sterna.engine.plans.coverage import check_coverage
from sterna.engine.plans.data import check_data
from sterna.engine.plans.dependencies import check_dependencies
from sterna.engine.plans.document import Document
from sterna.engine.plans.exchanges import check_benefits, check_exchanges
from sterna.engine.plans.goals import check_goals
from sterna.engine.plans.holding import check_holds
from sterna.engine.plans.inventory import check_assets, check_touchpoints
from sterna.engine.plans.known import NOTHING_KNOWN, Known
from sterna.engine.plans.messages import check_messages
from sterna.engine.plans.mix import check_mix
from sterna.engine.plans.naming import check_ids
from sterna.engine.plans.phases import check_phases
from sterna.engine.plans.readiness import check_readiness
from sterna.engine.plans.roadmap import check_roadmap
from sterna.engine.plans.slots import check_slots
from sterna.engine.plans.stages import check_stages
from sterna.engine.plans.volumes import check_volumes
from sterna.engine.plans.words import check_words

_GRAVITY = {"error": 0, "warning": 1, "note": 2}
# What a record of each name holds; a longer one would stop a run when its results are published.
_ID, _TITLE, _MEDIUM = 80, 200, 20
_FEWEST = 30  # customers an arm needs before a mean of spend can be judged


def check(document: Document, known: Known = NOTHING_KNOWN) -> list[Finding]:
    """Everything found in `document`, errors first, each with what would mend it.

    What is not `known` of the program is not compared: without its places, goals are checked only against one another.
    A plan with an error contacts nobody.
    """
    found = list(document.findings)
    if document.readable:
        found += [*_head(document), *_hold_out(document), *_primary(document)]
        found += [*_names(document), *_lengths(document)]
        found += [*check_goals(document, known.places), *check_holds(document, known.headcounts)]
        found += [*check_assets(document), *check_baselines(document, known.baselines)]
        found += [*check_touchpoints(document), *check_messages(document)]
        found += [*check_stages(document), *check_dependencies(document)]
        found += [*check_data(document, known), *check_slots(document)]
        found += [*check_exchanges(document), *check_benefits(document, known)]
        found += [*check_roadmap(document)]
        found += [*check_words(document, known), *check_coverage(document), *check_volumes(document, known)]
        found += [*check_mix(document), *check_readiness(document, known), *check_phases(document)]
    return sorted(found, key=lambda finding: (_GRAVITY[finding.severity], finding.line or 0))


def _head(document: Document) -> Iterator[Finding]:
    plan = document.plan
    named = {"plan": plan.name, "title": plan.title, "owner": plan.owner, "scheme": plan.scheme}
    for name, value in named.items():
        if not value:
            yield document.error(f"plan-{name}", name, f"the plan has no {name}", f"add a line `{name}: …`")
    if plan.version is None or plan.version < 1:
        yield document.error(
            "plan-version", "version", "the plan has no version", "number its versions from 1"
        )
    try:
        require_currency(plan.currency or "")
    except BadInput as error:
        yield document.error("money-currency", "currency", str(error), "write the program's currency, as USD")
    yield from _period(document)
    if plan.budget is None or plan.budget <= 0:
        said = "the plan has no budget above 0, so nobody could be contacted"
        yield document.error("money-budget", "budget", said, "write what may be spent, such as 900.00")
    if not plan.goals:
        yield document.error(
            "plan-goals", "goals", "the plan has no goals", "say who should move from where to where"
        )
    if not plan.assets:
        yield document.error(
            "plan-assets", "assets", "the plan has no assets", "list what can bring the moves about"
        )


def _period(document: Document) -> Iterator[Finding]:
    plan = document.plan
    for name, day in (("opens", plan.opens), ("closes", plan.closes)):
        if day is None:
            yield document.error(
                f"dates-{name}", name, f"the plan does not say when it {name}", "write a day"
            )
    if plan.opens and plan.closes and plan.closes <= plan.opens:
        said = f"the plan closes on {plan.closes}, not after it opens on {plan.opens}"
        yield document.error("dates-order", "closes", said, "put the days in order")


def _hold_out(document: Document) -> Iterator[Finding]:
    hold_out = document.plan.hold_out
    if hold_out is None:
        said = "the plan holds nobody out, so nobody could ever tell whether it worked"
        yield document.error("R89-hold-out", "hold_out", said, "hold out a share of .10 to .20")
        return
    if hold_out.share is None or not 0 < hold_out.share <= 0.5:
        said = f"the hold-out's share is {hold_out.share}, not above 0 and at most .5"
        yield document.error("R89-share", "hold_out.share", said, "write a share such as 0.20")
    if not hold_out.salt:
        said = "the hold-out has no salt, the text that draws it"
        yield document.error(
            "R89-salt", "hold_out.salt", said, "write any text, and never change it afterwards"
        )
    if hold_out.least_per_arm is None or hold_out.least_per_arm < _FEWEST:
        said = f"{hold_out.least_per_arm} customers an arm are too few to judge a mean of spend by"
        yield document.error("R89-least", "hold_out.least_per_arm", said, f"ask for at least {_FEWEST}")


def _primary(document: Document) -> Iterator[Finding]:
    primary = document.plan.primary
    if primary is None or not primary.measure:
        said = "no primary comparison is declared beforehand"
        yield document.error("R89-primary", "primary", said, "declare one measure, such as `measure: spend`")
        return
    if primary.measure != "spend":
        said = f"the primary measure {primary.measure!r} cannot be measured yet"
        yield document.error("R89-measure", "primary.measure", said, "measure spend")
    if primary.adjust_by not in (None, "spend_before"):
        said = f"the outcome cannot be adjusted by {primary.adjust_by!r}"
        yield document.error(
            "R89-adjust", "primary.adjust_by", said, "adjust by spend_before, or leave it out"
        )
    if primary.smallest_effect is None or not 0 < primary.smallest_effect < 1:
        said = f"the smallest effect of interest is {primary.smallest_effect}, not a share between 0 and 1"
        yield document.error("R89-smallest", "primary.smallest_effect", said, "write a share such as 0.05")
    if primary.wished not in ("up", "down"):
        said = f"the wished direction is {primary.wished!r}, neither up nor down"
        yield document.error("R89-wished", "primary.wished", said, "write up or down")


def _names(document: Document) -> Iterator[Finding]:
    plan = document.plan
    for kind in ("goals", "assets", "exchanges", "touchpoints", "messages"):
        yield from check_ids(document, getattr(plan, kind), kind)


def _lengths(document: Document) -> Iterator[Finding]:
    plan = document.plan
    named = [("plan", plan.name, _ID), ("scheme", plan.scheme, _ID), ("title", plan.title, _TITLE)]
    named.append(("hold_out.salt", plan.hold_out.salt if plan.hold_out else None, _ID))
    named += [(f"goals[{index}].id", goal.id, _ID) for index, goal in enumerate(plan.goals)]
    for index, asset in enumerate(plan.assets):
        named.append((f"assets[{index}].id", asset.id, _ID))
        routes = enumerate(asset.routes)
        named += [(f"assets[{index}].routes[{at}].medium", route.medium, _MEDIUM) for at, route in routes]
    for where, text, most in named:
        if text is not None and len(text) > most:
            said = f"{where} has {len(text)} characters"
            yield document.error("format-long", where, said, f"write at most {most}")
