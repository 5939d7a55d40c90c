"""On which day each kind of comparison turns by time alone, by hand, and what rules say in words at the edges."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

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
    holds,
    leaves,
    read,
    sentence,
    soonest,
)
from tests.engine.rules.drawn_rules import ABOVE, ON


def due(rule: Rule, person: Person, on: date) -> date | None:
    """The day on which a whole rule may turn."""
    return soonest(leaves(rule), person, on)


def day(ahead: int) -> date:
    return ON + timedelta(days=ahead)


def came(*ahead: int, kind: str = "purchase", at: str | None = None, category: str | None = None) -> Person:
    """Somebody who came once on each of some days, counted from the day of the check."""
    return Person(deeds=Deeds([Deed(kind, day(each), 1, Decimal(5), category, at) for each in ahead]))


def knows(ahead: int) -> Person:
    return Person([Known("jet", "yes", day(ahead), 1.0)])


def stands(ahead: int) -> Person:
    return Person(stays=[Stay("tiers", "gold", day(ahead))])


ONCE = Decimal(1)
GOLD = InPlace(scheme="tiers", among=("gold",), least_days=10)
A, B = {"op": "fact", "class": "a"}, {"op": "fact", "class": "b"}
MONTH = Behavior(within_days=30, least=ONCE)
QUIET = Behavior(within_days=60, most=Decimal(0))


@pytest.mark.parametrize(
    ("rule", "person", "ahead"),
    [
        # Seen 10 days ago: 30 days back from day 20 is that day, from day 21 it is the day after.
        (HasFact(fact_class="jet", within_days=30), knows(-10), 21),
        (HasFact(fact_class="jet", older_than_days=30), knows(-10), 21),
        (HasFact(fact_class="jet", older_than_days=5, within_days=30), knows(0), 6),
        (HasFact(fact_class="jet", within_days=0), knows(0), 1),
        (GOLD, stands(-3), 7),
        (GOLD, stands(0), 10),
        (MONTH, came(-10), 21),
        (Behavior(within_days=30, least=Decimal(2)), came(-10, -30), 1),
        (QUIET, came(-20), 41),
        (Behavior(of="days", within_days=1, most=Decimal(0)), came(-1), 1),
        # What a clock that is ahead recorded of today or of later counts from the day after.
        (Behavior(least=ONCE), came(0), 1),
        (Behavior(least=ONCE), came(5), 6),
        (MONTH, came(5), 6),
        # The last time is 9 days ago, not counting today: 30 days ago on day 21, and 31 on day 22.
        (Behavior(of="last", least=Decimal(30)), came(-10), 21),
        (Behavior(of="last", most=Decimal(30)), came(-10), 22),
        (Behavior(of="first", least=Decimal("2.5")), came(-1), 3),
        (Behavior(of="last", most=Decimal("2.5")), came(-1), 3),
        (Behavior(of="first", least=Decimal(10), within_days=30), came(-2, -30), 1),  # then the first is the later one
        (Behavior(of="touchpoints", kind="page", within_days=7, least=ONCE), came(-7, kind="page", at="web"), 1),
        (Behavior(of="amount", category="wine", within_days=7, least=ONCE), came(-1, category="wine"), 7),
        (Behavior(of="last", household=True, most=Decimal(1)), Person(others=[came(-1)]), 2),
        (Household(of=MONTH), Person(others=[came(-10)]), 21),
        (Not(of=MONTH), came(-10), 21),
        (All(of=(GOLD, MONTH)), stands(-3)._replace(deeds=came(-10).deeds), 7),
        (AnyOf(of=(GOLD, QUIET)), stands(-3)._replace(deeds=came(-20).deeds), 7),
    ],
)  # fmt: skip
def test_R76_a_rule_turns_on_the_day_that_is_due_and_not_on_the_day_before(rule, person, ahead):
    said = holds(rule, person, ABOVE, ON)
    turned = next(each for each in range(99) if holds(rule, person, ABOVE, day(each)) != said)
    assert turned == ahead and due(rule, person, ON) == day(ahead)


def test_a_day_may_fall_due_in_vain_and_is_asked_again_then():
    person = came(-10, -30)  # the older one leaves the window first, and one is left
    assert due(MONTH, person, ON) == day(1) and holds(MONTH, person, ABOVE, day(1))
    assert due(MONTH, person, day(1)) == day(21) and not holds(MONTH, person, ABOVE, day(21))


@pytest.mark.parametrize(
    ("rule", "person"),
    [
        (HasFact(fact_class="jet"), knows(-10)),
        (HasFact(fact_class="jet", within_days=30), knows(-31)),  # too old already, and never younger
        (HasFact(fact_class="jet", older_than_days=30), knows(-31)),
        (InPlace(scheme="tiers", among=("gold",)), stands(-3)),
        (GOLD, stands(-10)),
        (GOLD, Person()),
        (Behavior(least=ONCE), came(-10)),
        (MONTH, came(-31)),
        (MONTH, came(-10, kind="page")),
        (Behavior(within_days=30, least=ONCE, touchpoint="web"), came(-10, at="shop")),
        (Behavior(of="last", least=Decimal(30)), came(-31)),
        (Behavior(of="last", least=Decimal(10) ** 17), came(-1)),
        (Behavior(of="last", most=Decimal(10) ** 17), came(-1)),
        (Worth(measure="spend", least=ONCE), Person(values={"spend": Decimal(5)})),
        (Consents(medium="email", purpose="marketing"), Person(consents={("email", "marketing"): True})),
    ],
)
def test_what_time_alone_does_not_change_falls_due_never(rule, person):
    assert due(rule, person, ON) is None
    said = holds(rule, person, ABOVE, ON)
    assert all(holds(rule, person, ABOVE, day(ahead)) == said for ahead in (1, 30, 400, 40_000))


def test_nothing_falls_due_after_the_last_day_of_the_calendar():
    last = date.max
    person = Person(
        [Known("jet", "yes", last, 1.0)],
        Deeds([Deed("purchase", last, 1)]),
        stays=[Stay("tiers", "gold", last)],
    )
    for rule in (
        MONTH,
        QUIET,
        GOLD,
        HasFact(fact_class="jet", older_than_days=0),
        Behavior(of="last", most=ONCE),
    ):
        assert due(rule, person, last) is None
    eve = last - timedelta(days=1)
    assert due(MONTH, Person(deeds=Deeds([Deed("purchase", eve, 1)])), eve) == last


@pytest.mark.parametrize(
    ("stored", "said"),
    [
        ({"op": "behavior", "least": 1, "category": "Live events"}, "have at least 1 purchase in Live events"),
        (
            {"op": "behavior", "kind": "purchases events", "least": 1, "most": 1},
            "have exactly 1 purchases events event",
        ),
        ({"op": "behavior", "least": 11}, "have at least 11 purchases"),
        ({"op": "behavior", "of": "days", "least": 1}, "have at least 1 day with purchases"),
        ({"op": "behavior", "of": "categories", "most": 1}, "have at most 1 category among purchases"),
        (
            {"op": "behavior", "of": "touchpoints", "kind": "page", "least": 1, "most": 2, "within_days": 1},
            "have 1 to 2 touchpoints of page events within 1 day",
        ),
        ({"op": "behavior", "of": "last", "most": 1}, "had their last of purchases at most 1 day ago"),
        (
            {"op": "behavior", "of": "share", "category": "A%", "least": "0.105"},
            "bought at least 10.5% of it in A%",
        ),
        (
            {"op": "behavior", "most": 0, "household": True, "touchpoint": "shop 'A'", "category": "B"},
            "with the household, have no purchases in B at shop 'A'",
        ),
        (
            {"op": "value", "measure": "spend", "least": "1234567.00", "most": 1234567, "household": True},
            "with the household, have spend of exactly 1,234,567",
        ),
        (
            {"op": "consent", "medium": "letter", "purpose": "research", "says": "no"},
            "said no to research by letter",
        ),
        ({"op": "place", "scheme": "tiers", "among": ["a", "b"]}, "stand in a or b of tiers"),
        (
            {"op": "all", "of": [{"op": "any", "of": [A]}, B]},
            "have a and have b",
        ),
        (
            {"op": "household", "of": {"op": "any", "of": [A, B]}},
            "live with somebody, or are somebody, of whom this holds: (have a or have b)",
        ),
    ],
)  # fmt: skip
def test_a_sentence_counts_one_thing_as_one_and_leaves_names_as_they_are(stored, said):
    assert sentence(read(stored)) == said
