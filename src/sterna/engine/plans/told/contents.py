"""What the document of a plan says, in which order: the whole, a page for each segment, then what all share."""

from collections.abc import Iterator, Sequence

import msgspec

from sterna.engine.documents import Finding
from sterna.engine.plans.coverage import complexity
from sterna.engine.plans.document import Plan
from sterna.engine.plans.known import NOTHING_KNOWN, Known
from sterna.engine.plans.parts import Asset, Exchange, Goal, Message, Part
from sterna.engine.plans.strategy import Roadmap
from sterna.engine.plans.told.fields import Facts, facts, shown, table
from sterna.engine.plans.told.tree import Block, Section, Told
from sterna.engine.plans.told.wording import with_unit

# What is written in a plan and not told to its readers, and why.
LEFT_OUT = {"mjml": "The layout of an e-mail, in markup; its text says the same words and is told."}
_REST = "What serves no goal"
_NAMED = ("id",)  # it stands in the heading


def tell(
    plan: Plan, known: Known = NOTHING_KNOWN, found: Sequence[Finding] = (), standing: Facts = ()
) -> Told:
    """The document of `plan`; `known` names the managers of segments, `found` is what the check found.

    `standing` are lines from outside the plan, such as its state and who signed it, as names with values.
    """
    pages = [_page(plan, name, goals, known) for name, goals in by_place(plan).items()]
    rest = _rest(plan)
    return Told(
        title=plan.title or plan.name or "A plan",
        sections=(_whole(plan, standing), *pages, *([rest] if rest.blocks else []), *_shared(plan, found)),
    )


def by_place(plan: Plan) -> dict[str, list[Goal]]:
    """The goals by what their page is headed with: the segment, or the place where they name none."""
    pages: dict[str, list[Goal]] = {}
    for goal in plan.goals:
        name = f"Segment: {goal.segment}" if goal.segment else f"Place: {goal.from_place or 'not named'}"
        pages.setdefault(name, []).append(goal)
    return pages


def _whole(plan: Plan, standing: Facts) -> Section:
    rows = tuple(
        (shown(goal.id), shown(goal.customers), shown(goal.by), shown(goal.owner), _worth(plan, goal))
        for goal in plan.goals
    )
    head = ("goal", "customers", "by", "owner", "expected value")
    blocks = [
        Block(facts=(*facts(plan, ("mix",), _currency(plan)), *_apart(plan), *standing)),
        _block("Goals", head, rows),
    ]
    return Section(heading="The plan as a whole", blocks=(*blocks, *_tables([("Stages", plan.stages)])))


def _apart(plan: Plan) -> Facts:
    """What the plan keeps apart, as the check counts it: too much of it is more than people can manage (R86)."""
    kept = complexity(plan)
    if not kept.combinations:
        return ()
    counts = msgspec.structs.asdict(kept).items()
    return (("treated apart", "; ".join(f"{name}: {number:,}" for name, number in counts)),)


def _worth(plan: Plan, goal: Goal) -> str:
    worth = goal.expected_value()
    return "not known" if worth is None else with_unit(worth, "money", _currency(plan))


def _currency(plan: Plan) -> str:
    return plan.currency or ""


def _block(heading: str, head: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> Block:
    return Block(heading=heading, head=head, rows=rows)


def _page(plan: Plan, name: str, goals: Sequence[Goal], known: Known) -> Section:
    named = {goal.id for goal in goals}
    assets = [asset for asset in plan.assets if named & set(asset.goals)]
    top = Block(facts=(*_manager(goals[0], known), *_limits(plan, assets)))
    told = [
        Block(
            heading=f"Goal: {shown(goal.id)}",
            facts=(*facts(goal, _NAMED, _currency(plan)), ("expected value", _worth(plan, goal))),
        )
        for goal in goals
    ]
    return Section(heading=name, blocks=(top, *told, *_moving(plan, assets)), own_page=True)


def _manager(goal: Goal, known: Known) -> Facts:
    if not goal.segment:
        return ()
    return (("manager", (known.segments or {}).get(goal.segment) or "not known"),)


def _limits(plan: Plan, assets: Sequence[Asset]) -> Facts:
    """What all that is planned here comes to; an asset that serves others too counts whole."""
    planned = [route.planned for asset in assets for route in asset.routes if route.planned is not None]
    contacts = f"{sum(planned):,}, with those of the same assets elsewhere" if planned else "not planned"
    share = plan.hold_out.share if plan.hold_out else None
    left_alone = "nobody" if share is None else with_unit(share, "share", "")
    return (("contacts planned", contacts), ("left alone, to compare with", left_alone))


def _moving(plan: Plan, assets: Sequence[Asset]) -> Iterator[Block]:
    """The assets with their routes, and the exchanges and messages that go with them."""
    currency = _currency(plan)
    for asset in assets:
        yield Block(heading=f"Asset: {shown(asset.title or asset.id)}", facts=facts(asset, (), currency))
        yield from _tables([("Routes", asset.routes)], currency)
    ids = {asset.id for asset in assets}
    yield from _deals([exchange for exchange in plan.exchanges if exchange.asset in ids], currency)
    said = {asset.message for asset in assets}
    for message in plan.messages:
        if message.id in said:
            yield from _message(message)


def _deals(exchanges: Sequence[Exchange], currency: str) -> Iterator[Block]:
    for exchange in exchanges:
        yield Block(heading=f"Exchange: {shown(exchange.id)}", facts=facts(exchange, _NAMED, currency))


def _message(message: Message) -> Iterator[Block]:
    yield Block(heading=f"Message: {shown(message.id)}", facts=facts(message, _NAMED))
    yield from _tables([("Facts it speaks of", message.uses)])
    for medium, variant in message.variants.items():
        yield Block(heading=f"Said by {medium}", facts=facts(variant, LEFT_OUT))


def _rest(plan: Plan) -> Section:
    """What stands on no page of a segment: every part is told somewhere."""
    goals = {goal.id for goal in plan.goals}
    placed = [asset for asset in plan.assets if goals & set(asset.goals)]
    assets = [asset for asset in plan.assets if not goals & set(asset.goals)]
    known = {asset.id for asset in plan.assets}
    said = {asset.message for asset in (*placed, *assets)}
    blocks = [
        *_moving(plan, assets),
        *_deals([one for one in plan.exchanges if one.asset not in known], _currency(plan)),
    ]
    for message in plan.messages:
        if message.id not in said:
            blocks += _message(message)
    return Section(heading=_REST, blocks=tuple(blocks), own_page=True)


def _shared(plan: Plan, found: Sequence[Finding]) -> Iterator[Section]:
    points = tuple(
        Block(heading=shown(point.title or point.id), facts=facts(point, (), _currency(plan)))
        for point in plan.touchpoints
    )
    yield Section(heading="Touchpoints", blocks=(*points, *_slots(plan)), own_page=True)
    yield from _section("What is asked, and where", [("", plan.capture)])
    yield from _section("What must be there first", [("", plan.dependencies)])
    yield from _roadmap(plan.roadmap or Roadmap())
    work = [("Teams", plan.teams), ("Days without contacts", plan.blackouts)]
    mix = [("Shares of the contacts", (plan.mix,))] if plan.mix else []
    yield from _section("Work and limits", [*work, *mix])
    yield from _section(
        "Readiness and phases", [("Readiness", plan.readiness), ("Phases", plan.phases)], _currency(plan)
    )
    yield _findings(found)


def _slots(plan: Plan) -> Iterator[Block]:
    for slot in plan.slots:
        yield Block(heading=f"Slot: {shown(slot.id)}", facts=facts(slot, _NAMED))
        yield from _tables([("Facts it shows", slot.uses)])


def _roadmap(roadmap: Roadmap) -> Iterator[Section]:
    """The steps as they stand in the plan, each with where it leads and the share that goes on."""
    steps = tuple(
        Block(heading=f"{number}. {shown(step.id)}", facts=facts(step, _NAMED))
        for number, step in enumerate(roadmap.steps, 1)
    )
    blocks = (*steps, *_tables([("From step to step", roadmap.edges)]))
    if blocks:
        yield Section(heading="Roadmap", blocks=blocks)


def _findings(found: Sequence[Finding]) -> Section:
    rows = tuple((one.severity, one.code, one.message, one.mend) for one in found)
    block = _block("", ("severity", "code", "found", "what mends it"), rows)
    return Section(
        heading="What the check found", blocks=(block if rows else Block(words="Nothing to mend."),)
    )


def _section(
    heading: str, parts: Sequence[tuple[str, Sequence[Part]]], currency: str = ""
) -> Iterator[Section]:
    blocks = tuple(_tables(parts, currency))
    if blocks:
        yield Section(heading=heading, blocks=blocks)


def _tables(listed: Sequence[tuple[str, Sequence[Part]]], currency: str = "") -> Iterator[Block]:
    for heading, parts in listed:
        if parts:
            yield table(parts, heading, (), currency)
