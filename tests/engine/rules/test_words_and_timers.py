"""What a rule says in plain English, and on which day it may turn although nothing happens."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sterna.engine.rules import (
    Behavior,
    Consents,
    Deed,
    Deeds,
    HasFact,
    InPlace,
    Known,
    Person,
    Rule,
    Stay,
    Worth,
    holds,
    leaves,
    read,
    sentence,
    soonest,
    timed,
)
from tests.engine.rules.drawn_rules import ABOVE, ON, people, rules, worlds


def due(rule: Rule, person: Person, on: date) -> date | None:
    return soonest(leaves(rule), person, on)


@pytest.mark.parametrize(
    ("stored", "said"),
    [
        (
            {"op": "behavior", "least": 3, "within_days": 90, "category": "PRODUCE"},
            "have at least 3 purchases in PRODUCE within 90 days",
        ),
        ({"op": "behavior", "most": 0, "within_days": 60}, "have no purchases within 60 days"),
        ({"op": "behavior", "of": "amount", "least": "1200.50"}, "bought for at least 1,200.5"),
        (
            {"op": "behavior", "of": "share", "category": "WINE", "least": "0.25", "most": "0.5"},
            "bought 25% to 50% of it in WINE",
        ),
        ({"op": "behavior", "of": "last", "least": 30}, "had their last of purchases at least 30 days ago"),
        (
            {"op": "behavior", "kind": "page", "of": "days", "least": 2, "most": 2, "touchpoint": "web"},
            "have exactly 2 days with page events at web",
        ),
        (
            {"op": "behavior", "of": "categories", "least": 2, "household": True},
            "with the household, have at least 2 categories among purchases",
        ),
        ({"op": "behavior", "least": 1, "category": "A"}, "have at least 1 purchase in A"),
        ({"op": "behavior", "kind": "call", "least": 1}, "have at least 1 call event"),
        ({"op": "value", "measure": "spend", "most": 100}, "have Spend of at most 100"),
        (
            {"op": "value", "measure": "spend", "change": "relative", "least": "-0.1"},
            "have a change of Spend of at least -10%",
        ),
        (
            {"op": "value", "measure": "orders", "change": "difference", "least": 1},
            "have a change of Orders of at least 1",
        ),
        ({"op": "consent", "medium": "email", "purpose": "marketing"}, "said yes to marketing by email"),
        (
            {"op": "place", "scheme": "tiers", "among": ["gold"], "least_days": 1},
            "stand in gold of tiers for 1 day or longer",
        ),
        ({"op": "fact", "class": "jet"}, "have Jet"),
        ({"op": "fact", "class": "jet", "finer": False, "among": ["a", "b", "c"]}, "have Jet a, b or c"),
        (
            {
                "op": "fact",
                "class": "jet",
                "least": 1,
                "within_days": 30,
                "least_confidence": 0.8,
                "sources": ["crm"],
            },
            "have Jet, at least 1, observed within 30 days, at least 80% sure, said by crm",
        ),
        (
            {
                "op": "all",
                "of": [
                    {"op": "any", "of": [{"op": "fact", "class": "jet"}, {"op": "fact", "class": "wine"}]},
                    {
                        "op": "not",
                        "of": {"op": "fact", "class": "boat", "finer": False, "older_than_days": 9},
                    },
                ],
            },
            "(have Jet or have Wine) and not (have Boat itself, observed more than 9 days ago)",
        ),
        (
            {"op": "household", "of": {"op": "fact", "class": "jet"}},
            "live with somebody, or are somebody, of whom this holds: have Jet",
        ),
    ],
)
def test_R76_a_rule_in_plain_english(stored, said):
    assert sentence(read(stored), str.title, str.title) == said


@given(rules)
def test_every_rule_has_a_sentence(rule):
    assert sentence(rule)


def last_seen(back: int) -> Person:
    return Person(deeds=Deeds([Deed("purchase", ON - timedelta(days=back), 1, Decimal(5))]))


def test_R76_no_purchase_for_sixty_days_falls_due_without_an_event():
    quiet = Behavior(of="times", within_days=60, most=Decimal(0))
    # The purchase was 20 days before the check: on the 41st day from it 61 days have passed.
    assert due(quiet, last_seen(20), ON) == ON + timedelta(days=41)
    assert not holds(quiet, last_seen(20), ABOVE, ON + timedelta(days=40))
    assert holds(quiet, last_seen(20), ABOVE, ON + timedelta(days=41))
    assert due(quiet, Person(), ON) is None


def test_a_stay_and_the_age_of_a_fact_fall_due():
    stay = Person(stays=[Stay("tiers", "gold", ON - timedelta(days=3))])
    assert due(InPlace(scheme="tiers", among=("gold",), least_days=10), stay, ON) == ON + timedelta(days=7)
    fresh = read({"op": "fact", "class": "jet", "within_days": 30})
    assert due(fresh, Person([Known("jet", "yes", ON, 1.0)]), ON) == ON + timedelta(days=31)


@settings(max_examples=150)
@given(rules, worlds)
def test_R76_until_it_is_due_a_rule_says_the_same_every_day(rule, world):
    for person in people(world).values():
        turn = due(rule, person, ON)
        until = min(turn or ON + timedelta(days=90), ON + timedelta(days=90))
        days = [ON + timedelta(days=ahead) for ahead in range((until - ON).days)]
        assert {holds(rule, person, ABOVE, day) for day in days} == {holds(rule, person, ABOVE, ON)}


@given(rules, worlds)
def test_R76_only_comparisons_that_time_may_turn_need_to_be_asked_when(rule, world):
    for person in people(world).values():
        assert soonest(timed(leaves(rule)), person, ON) == due(rule, person, ON)


@pytest.mark.parametrize(
    ("leaf", "turns"),
    [
        (HasFact(fact_class="home.dog", least=Decimal(6)), False),
        (HasFact(fact_class="home.dog", within_days=30), True),
        (HasFact(fact_class="home.dog", older_than_days=30), True),
        (InPlace(scheme="value", among=("gold",)), False),
        (InPlace(scheme="value", among=("gold",), least_days=30), True),
        (Worth(measure="spend", least=Decimal(1)), False),
        (Consents(medium="email", purpose="marketing", says="no"), False),
        (Behavior(least=Decimal(1)), True),  # a deed of a day to come
    ],
)
def test_R76_which_comparisons_time_alone_may_turn(leaf, turns):
    assert timed([leaf]) == ((leaf,) if turns else ())


@given(st.lists(st.tuples(st.sampled_from(["purchase", "page"]), st.integers(-40, 5))), st.integers(-45, 6))
def test_R76_deeds_of_a_window_are_those_of_its_kind_and_days_the_earliest_first(told, back):
    done = [Deed(kind, ON + timedelta(days=days), number) for number, (kind, days) in enumerate(told)]
    kept, first = Deeds(done), ON + timedelta(days=back)
    assert sorted(kept) == sorted(done)
    for kind in ("purchase", "page", "call"):
        ours = sorted((deed for deed in done if deed.kind == kind), key=lambda deed: deed.on)
        assert kept.between(kind, first, ON) == [deed for deed in ours if first <= deed.on < ON]
        assert kept.since(kind, ON) == [deed for deed in ours if deed.on >= ON]
