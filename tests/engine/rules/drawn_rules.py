"""Random rules and what is known of a few customers, for the law that SQL and memory agree."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from hypothesis import strategies as st

from sterna.engine.lake import Lake
from sterna.engine.rules import (
    All,
    AnyOf,
    Behavior,
    Consents,
    Deed,
    Deeds,
    HasFact,
    Household,
    InPlace,
    Known,
    Not,
    Person,
    Rule,
    Stay,
    Worth,
    compile_rules,
    holds,
)
from sterna.engine.tables import TABLES
from tests.engine.lake.small_tables import rows

ON = date(2017, 7, 1)
# wealth above aircraft above jet; wine beside them.
ABOVE = {
    "wealth": {"wealth"},
    "aircraft": {"aircraft", "wealth"},
    "jet": {"jet", "aircraft", "wealth"},
    "wine": {"wine"},
}
# Ann and Bob share a household.
UNITS = {"ann": "home", "bob": "home", "eve": "eve"}
CUSTOMERS = tuple(UNITS)
SHELVES, TOUCHPOINTS, MEASURES = ("bread", "wine", "unknown"), ("shop", "web"), ("spend", "orders", "alive")
# What looks like a number and is none, and numbers that only a decimal tells apart.
VALUES = (
    "yes", "no", "", "12", "-3.5", "0.1", "0.10", "1e3", " 12", "12\n", "12\u2028", "١٢", "NaN", "999999999999999999",
    "1000000000000000000", "0.000000000000000001", "O'Hara; drop table f", "%s $rule_0",
)  # fmt: skip

values = st.sampled_from(VALUES)
numbers = ("0.1", "12", "-3.5", "-100", "999999999999999999", "0.000000000000000001")
amounts = st.none() | st.sampled_from([Decimal(text) for text in numbers])
back = st.integers(0, 40)
shares = st.sampled_from([0.0, 0.5, 0.75, 1.0])
sources = st.sampled_from(["crm", "panel", ""])


def bounds(*told: str) -> st.SearchStrategy[dict[str, Decimal]]:
    """At least, at most, or between two of some figures."""
    figures = st.sampled_from([Decimal(text) for text in told])
    pair = st.tuples(figures, figures).map(sorted).map(lambda two: {"least": two[0], "most": two[1]})
    one = figures.flatmap(lambda figure: st.sampled_from([{"least": figure}, {"most": figure}]))
    return one | pair


def some(whole: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | whole


facts_asked = st.builds(
    HasFact,
    fact_class=st.sampled_from([*ABOVE, "unheard of"]),
    finer=st.booleans(),
    among=st.lists(values, max_size=3).map(tuple),
    least=amounts,
    most=amounts,
    older_than_days=some(back),
    within_days=some(back),
    least_confidence=some(shares),
    sources=st.lists(sources, max_size=2, unique=True).map(tuple),
)
behaviors = st.one_of(
    st.builds(
        lambda bound, **told: Behavior(**told, **bound),
        bounds("0", "1", "2", "12.5", "40"),
        kind=st.just("purchase"),
        of=st.sampled_from(["times", "days", "touchpoints", "amount", "first", "last"]),
        within_days=some(st.integers(1, 40)),
        category=some(st.sampled_from(SHELVES)),
        touchpoint=some(st.sampled_from(TOUCHPOINTS)),
        household=st.booleans(),
    ),
    st.builds(
        lambda bound, shelf, **told: Behavior(
            of="categories" if shelf is None else "share", category=shelf, **told, **bound
        ),
        bounds("0", "0.5", "1", "2"),
        some(st.sampled_from(SHELVES)),
        within_days=some(st.integers(1, 40)),
        touchpoint=some(st.sampled_from(TOUCHPOINTS)),
        household=st.booleans(),
    ),
    st.builds(
        lambda bound, **told: Behavior(**told, **bound),
        bounds("0", "1", "2.5", "40"),
        kind=st.sampled_from(["page", "call"]),
        of=st.sampled_from(["times", "days", "touchpoints", "first", "last"]),
        within_days=some(st.integers(1, 40)),
        touchpoint=some(st.sampled_from(TOUCHPOINTS)),
        household=st.booleans(),
    ),
)
worths = st.builds(
    lambda bound, measure, household, change: Worth(
        measure=measure, household=household and measure != "alive", change=change, **bound
    ),
    bounds("-0.5", "0", "0.1", "0.5", "12", "100"),
    st.sampled_from(MEASURES),
    st.booleans(),
    st.sampled_from(["", "difference", "relative"]),
)
consents_asked = st.builds(
    Consents,
    medium=st.sampled_from(["email", "letter"]),
    purpose=st.just("marketing"),
    says=st.sampled_from(["yes", "no"]),
)
places_asked = st.builds(
    InPlace,
    scheme=st.sampled_from(["tiers", "stages"]),
    among=st.lists(st.sampled_from(["gold", "silver"]), min_size=1, max_size=2).map(tuple),
    least_days=some(back),
)
leaves = st.one_of(facts_asked, behaviors, worths, consents_asked, places_asked)


def joined(leaf: st.SearchStrategy[Any], most: int) -> st.SearchStrategy[Any]:
    several = lambda inner: st.lists(inner, min_size=1, max_size=3).map(tuple)  # noqa: E731
    return st.recursive(
        leaf,
        lambda inner: (
            st.builds(All, of=several(inner)) | st.builds(AnyOf, of=several(inner)) | st.builds(Not, of=inner)
        ),
        max_leaves=most,
    )


# One level of households at most: a household of a household is refused.
rules = joined(leaves | st.builds(Household, of=joined(leaves, 3)), 6)

days = st.integers(-1, 41).map(lambda past: ON - timedelta(days=past))
facts = st.builds(Known, st.sampled_from([*ABOVE, "no class at all"]), values, days, some(shares), sources)
money = st.sampled_from([Decimal(text) for text in ("-5.00", "0.00", "0.10", "12.50", "40.00")])


class Event(NamedTuple):
    """Something that happened on a day; a purchase has lines of (category, amount)."""

    kind: str
    on: date
    touchpoint: str | None
    lines: tuple[tuple[str, Decimal], ...] = ()


happened = st.builds(
    Event,
    st.just("purchase"),
    days,
    some(st.sampled_from(TOUCHPOINTS)),
    st.lists(st.tuples(st.sampled_from(SHELVES), money), min_size=1, max_size=3).map(tuple),
) | st.builds(Event, st.sampled_from(["page", "call"]), days, some(st.sampled_from(TOUCHPOINTS)), st.just(()))


class Told(NamedTuple):
    """What is known of one customer, as the tables hold it."""

    facts: Sequence[Known]
    events: Sequence[Event]
    values: Mapping[str, Any]
    values_before: Mapping[str, Any]
    consents: Mapping[tuple[str, str], bool]
    stays: Sequence[Stay]


worth_told = st.fixed_dictionaries(
    {},
    optional={
        "spend": some(money),
        "spend_before": some(money),
        "orders": some(st.integers(0, 40)),
        "alive": some(shares),
    },
)
told = st.builds(
    Told,
    st.lists(facts, max_size=4, unique_by=lambda fact: fact.fact_class),
    st.lists(happened, max_size=4),
    worth_told,
    worth_told,
    st.dictionaries(st.sampled_from([("email", "marketing"), ("letter", "marketing")]), st.booleans()),
    st.lists(
        st.builds(Stay, st.sampled_from(["tiers", "stages"]), st.sampled_from(["gold", "silver"]), days),
        max_size=2,
        unique_by=lambda stay: stay.scheme,
    ),
)
worlds = st.fixed_dictionaries({}, optional=dict.fromkeys(CUSTOMERS, told))
NOBODY = Told((), (), {}, {}, {}, ())


def deeds(events: Iterable[Event]) -> Deeds:
    """The events as memory takes them: each whole, and of a purchase each category once."""
    found = []
    for event in events:
        shelves: dict[str, Decimal] = defaultdict(Decimal)
        for shelf, amount in event.lines:
            shelves[shelf] += amount
        whole = sum(shelves.values(), Decimal(0))
        once = 1 if event.kind != "purchase" or whole > 0 else 0
        found.append(Deed(event.kind, event.on, once, whole, None, event.touchpoint))
        found += [
            Deed(event.kind, event.on, int(amount > 0), amount, shelf, event.touchpoint)
            for shelf, amount in shelves.items()
        ]
    return Deeds(found)


def people(world: Mapping[str, Told]) -> dict[str, Person]:
    """Everybody as memory sees them, with the others of the household."""
    alone = {}
    for name in CUSTOMERS:
        one = world.get(name, NOBODY)
        alone[name] = Person(
            one.facts, deeds(one.events), one.values, one.values_before, one.consents, one.stays
        )
    return {
        name: person._replace(
            others=[alone[other] for other in CUSTOMERS if other != name and UNITS[other] == UNITS[name]]
        )
        for name, person in alone.items()
    }


def by_sql(lake: Lake, asked: Sequence[Rule], on: date = ON) -> dict[str, str]:
    """The letters of some rules for everybody in the lake."""
    lake.make(TABLES["rule_hits"], *compile_rules(asked, on))
    return {row["customer_id"]: row["hits"] for row in lake.fetch(TABLES["rule_hits"]).to_pylist()}


def in_memory(world: Mapping[str, Told], asked: Sequence[Rule], on: date = ON) -> dict[str, str]:
    """The same letters as memory finds them."""
    return {
        name: "".join("1" if holds(rule, person, ABOVE, on) else "0" for rule in asked)
        for name, person in people(world).items()
    }


def lay_out(lake: Lake, world: Mapping[str, Told]) -> None:
    """Put a world into the tables that rules read."""
    held: dict[str, list[dict[str, Any]]] = {
        name: []
        for name in (
            *("customers", "current_facts", "closure", "purchases", "clean_lines", "products", "happenings"),
            *("values", "values_before", "consents", "memberships"),
        )
    }
    held["customers"] = [{"customer_id": name, "unit": unit} for name, unit in UNITS.items()]
    held["closure"] = [{"ancestor": up, "descendant": name} for name, line in ABOVE.items() for up in line]
    held["products"] = [
        {"product_id": shelf, "department": shelf, "recorded_at": datetime(2017, 1, 1)}
        for shelf in SHELVES
        if shelf != "unknown"
    ]
    for name, one in world.items():
        _lay_out_one(held, name, one)
    for table, told_rows in held.items():
        lake.put(TABLES[table], rows(table, *told_rows))


def _lay_out_one(held: Mapping[str, list[dict[str, Any]]], name: str, one: Told) -> None:
    who = {"customer_id": name}
    held["current_facts"] += [who | fact._asdict() for fact in one.facts]
    held["values"].append(who | dict(one.values))
    held["values_before"].append(who | dict(one.values_before))
    held["consents"] += [
        who | {"medium": m, "purpose": p, "granted": yes} for (m, p), yes in one.consents.items()
    ]
    held["memberships"] += [who | stay._asdict() for stay in one.stays]
    for place, event in enumerate(one.events):
        _lay_out_event(held, who, f"{name}-{place}", event)


def _lay_out_event(
    held: Mapping[str, list[dict[str, Any]]], who: Mapping[str, str], key: str, event: Event
) -> None:
    row = {"event_id": key, "occurred_on": event.on, "touchpoint": event.touchpoint}
    if event.kind != "purchase":
        held["happenings"].append({**who, **row, "kind": event.kind})
        return
    amount = sum((amount for _, amount in event.lines), Decimal(0))
    held["purchases"].append(
        {**who, **row, "amount": amount, "occurred_at": datetime.combine(event.on, time())}
    )
    held["clean_lines"] += [
        {**row, "line_id": str(number), "product_id": shelf, "amount": amount}
        for number, (shelf, amount) in enumerate(event.lines)
    ]
