"""The rule language: what a rule says of a customer, by hand, and what is no rule."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given

from sterna.engine.errors import BadInput
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
    Stay,
    Worth,
    compile_rules,
    done,
    holds,
    plain,
    read,
)
from tests.engine.rules.drawn_rules import ABOVE, ON, rules


def fact(fact_class: str = "jet", value: str = "yes", back: int = 0, sure: float | None = 0.8) -> Known:
    return Known(fact_class, value, ON - timedelta(days=back), sure)


def says(rule, *facts: Known) -> bool:
    return holds(rule, Person(facts), ABOVE, ON)


def test_a_finer_fact_counts_for_every_class_above_it_and_never_the_other_way():
    assert says(HasFact(fact_class="wealth"), fact("jet"))
    assert not says(HasFact(fact_class="jet"), fact("wealth"))
    assert not says(HasFact(fact_class="wealth", finer=False), fact("jet"))
    assert says(HasFact(fact_class="jet", finer=False), fact("jet"))


def test_a_no_is_an_answer_and_counts_only_where_it_is_asked_for():
    assert not says(HasFact(fact_class="jet"), fact(value="no"))
    assert says(HasFact(fact_class="jet", among=("no",)), fact(value="no"))
    assert says(Not(of=HasFact(fact_class="jet")), fact(value="no"))
    assert says(Not(of=HasFact(fact_class="jet")))


@pytest.mark.parametrize(
    ("value", "fits"),
    [
        ("10", True),
        ("20", True),
        ("9.99", False),
        ("20.01", False),
        ("many", False),
        ("1e1", False),
        ("15\n", False),
    ],
)
def test_a_range_includes_its_ends_and_nothing_that_is_no_number(value, fits):
    assert says(HasFact(fact_class="jet", least=Decimal(10), most=Decimal(20)), fact(value=value)) is fits


def test_ages_count_from_the_day_of_the_check():
    # 30 days back is the last day within 30 days; the day before it is older than 30.
    within, older = (HasFact(fact_class="jet", within_days=30), HasFact(fact_class="jet", older_than_days=30))
    assert (says(within, fact(back=30)), says(older, fact(back=30))) == (True, False)
    assert (says(within, fact(back=31)), says(older, fact(back=31))) == (False, True)


def test_a_fact_of_unknown_confidence_is_sure_enough_for_nothing_that_asks():
    assert not says(HasFact(fact_class="jet", least_confidence=0.0), fact(sure=None))
    assert says(HasFact(fact_class="jet", least_confidence=0.8), fact(sure=0.8))


def test_and_or_not():
    jet, wine = HasFact(fact_class="jet"), HasFact(fact_class="wine")
    assert not says(All(of=(jet, wine)), fact("jet"))
    assert says(All(of=(jet, wine)), fact("jet"), fact("wine"))
    assert says(AnyOf(of=(jet, wine)), fact("wine"))
    assert says(All(of=(jet, Not(of=wine))), fact("jet"))


def test_all_conditions_of_a_comparison_must_hold_of_one_fact():
    rule = HasFact(fact_class="wealth", among=("yes",), older_than_days=10)
    assert not says(rule, fact("jet", back=0), fact("aircraft", "no", back=20))


@given(rules)
def test_a_rule_is_the_same_after_it_was_stored(rule):
    assert read(plain(rule)) == rule


@pytest.mark.parametrize(
    ("stored", "said"),
    [
        ({"op": "fact"}, "class"),
        ({"op": "all", "of": []}, "length"),
        ({"op": "exec", "of": "print(1)"}, "exec"),
        ({"op": "fact", "class": "jet", "eval": "1"}, "eval"),
        ({"op": "fact", "class": "jet", "older_than_days": -1}, "older_than_days"),
        ({"op": "fact", "class": "jet", "least": "1e40"}, "no amount"),
        ({"op": "fact", "class": "jet", "least": "NaN"}, "no amount"),
        ({"op": "fact", "class": "j\0t"}, "no fact can hold"),
        ({"op": "behavior"}, "times of purchase and says neither"),
        ({"op": "behavior", "least": 3, "most": 2}, "at least 3 and at most 2: none is both"),
        ({"op": "behavior", "least": 1, "within_days": 0}, "within_days"),
        ({"op": "behavior", "kind": "page", "of": "amount", "least": 1}, "only purchases have amounts"),
        ({"op": "behavior", "kind": "page", "category": "bread", "least": 1}, "only purchases have amounts"),
        ({"op": "behavior", "of": "share", "least": "0.5"}, "no category that it is the share of"),
        ({"op": "behavior", "of": "categories", "category": "bread", "least": 1}, "which is one"),
        ({"op": "behavior", "of": "sum", "least": 1}, "of"),
        ({"op": "value", "measure": "spend"}, "spend and says neither"),
        ({"op": "value", "measure": "wallet_source", "least": 1}, "no measure of value"),
        ({"op": "value", "measure": "alive", "least": "0.5", "household": True}, "adds up to nothing"),
        ({"op": "consent", "medium": "email", "purpose": "marketing", "says": "maybe"}, "maybe"),
        ({"op": "place", "scheme": "tiers", "among": []}, "among"),
        (
            {
                "op": "household",
                "of": {"op": "not", "of": {"op": "household", "of": {"op": "fact", "class": "jet"}}},
            },
            "household of a household",
        ),
        ("jet", "no rule"),
        (None, "no rule"),
    ],
)
def test_what_is_no_rule_is_refused_with_the_reason(stored, said):
    with pytest.raises(BadInput, match=said):
        read(stored)


def test_a_rule_that_is_too_deep_is_refused_before_it_is_walked():
    stored: dict = {"op": "fact", "class": "jet"}
    for _ in range(60):
        stored = {"op": "not", "of": stored}
    with pytest.raises(BadInput, match="12 levels"):
        read(stored)


def bought(back: int, amount: str, *shelves: tuple[str, str], at: str = "shop") -> list[Deed]:
    """A purchase some days before the check: as a whole, and by category."""
    on = ON - timedelta(days=back)
    whole = Decimal(amount)
    return [
        Deed("purchase", on, int(whole > 0), whole, None, at),
        *(Deed("purchase", on, int(Decimal(each) > 0), Decimal(each), shelf, at) for shelf, each in shelves),
    ]


# Yesterday 40, of which 30 bread; a week ago 10 back; 30 days ago 60 on the web; 31 days ago 100.
SHOPPER = Person(
    deeds=Deeds(
        [
            *bought(1, "40", ("bread", "30"), ("wine", "10")),
            *bought(7, "-10", ("wine", "-10")),
            *bought(30, "60", ("bread", "60"), at="web"),
            *bought(31, "100", ("unknown", "100")),
            Deed("page", ON - timedelta(days=3), 5),
        ]
    )
)


@pytest.mark.parametrize(
    ("asked", "figure"),
    [
        ({"of": "times"}, 3),  # a return is no time
        ({"of": "times", "within_days": 30}, 2),  # the 30th day back is the last one inside
        ({"of": "times", "within_days": 29}, 1),
        ({"of": "amount"}, Decimal(190)),  # 40 - 10 + 60 + 100
        ({"of": "amount", "within_days": 7}, Decimal(30)),
        ({"of": "amount", "category": "wine"}, Decimal(0)),  # 10 - 10
        ({"of": "times", "category": "wine"}, 1),
        ({"of": "amount", "touchpoint": "web"}, Decimal(60)),
        ({"of": "share", "category": "bread", "within_days": 30}, 1.0),  # 90 of 40 - 10 + 60
        ({"of": "share", "category": "bread", "within_days": 1}, 0.75),
        ({"of": "share", "category": "wine", "touchpoint": "nowhere"}, None),
        ({"of": "categories"}, 2),  # what nobody listed is no category
        ({"of": "touchpoints"}, 2),
        ({"of": "last"}, 0),  # the last day that counts is no day ago
        ({"of": "first"}, 30),
        ({"of": "last", "within_days": 1, "touchpoint": "web"}, None),
        ({"of": "times", "kind": "page"}, 5),
        ({"of": "days", "kind": "page"}, 1),
        ({"of": "last", "kind": "call"}, None),
        ({"of": "times", "kind": "call"}, 0),  # nothing done is zero times
    ],
)
def test_R76_behavior_over_windows_by_hand(asked, figure):
    assert done(Behavior(**asked, least=Decimal(0)), SHOPPER, ON) == figure


def test_R76_nothing_for_sixty_days_holds_of_who_never_came_and_no_last_time_does_not():
    quiet = Behavior(of="times", within_days=60, most=Decimal(0))
    long_ago = Behavior(of="last", least=Decimal(60))
    assert holds(quiet, Person(), ABOVE, ON) and not holds(long_ago, Person(), ABOVE, ON)
    came = Person(deeds=Deeds(bought(61, "5")))
    assert holds(quiet, came, ABOVE, ON) and holds(long_ago, came, ABOVE, ON)
    assert not holds(quiet, Person(deeds=Deeds(bought(60, "5"))), ABOVE, ON)


def worth(measure: str, change: str = "", least: str | None = None, most: str | None = None) -> Worth:
    return Worth(
        measure=measure,
        change=change,  # type: ignore[arg-type]
        least=None if least is None else Decimal(least),
        most=None if most is None else Decimal(most),
    )


def test_R76_value_and_its_change_and_of_the_unknown_no_bound_holds():
    person = Person(
        values={"spend": Decimal(120), "spend_before": Decimal(100), "alive": 0.5, "headroom": None},
        values_before={"alive": 0.9, "headroom": Decimal(7)},
    )
    true = [
        worth("spend", least="120", most="120"),
        worth("spend", "difference", "20", "20"),
        worth("spend", "relative", "0.2", "0.2"),
        worth("alive", "difference", most="-0.4"),
    ]
    assert [holds(rule, person, ABOVE, ON) for rule in true] == [True] * 4
    unknown = [
        worth("headroom", least="-1"),
        worth("headroom", "difference", least="-99"),
        worth("margin", most="9"),
    ]
    assert [holds(rule, person, ABOVE, ON) for rule in unknown] == [False] * 3
    assert all(holds(Not(of=rule), person, ABOVE, ON) for rule in unknown)
    grown_from_nothing = person._replace(values={"spend": Decimal(5), "spend_before": Decimal(0)})
    assert not holds(worth("spend", "relative", least="0"), grown_from_nothing, ABOVE, ON)


def test_R76_consent_membership_and_household():
    person = Person(
        consents={("email", "marketing"): False},
        stays=[Stay("tiers", "gold", ON - timedelta(days=10))],
        values={"spend": Decimal(30)},
        others=[Person([fact("wine")], values={"spend": Decimal(80)})],
    )
    no, yes = (Consents(medium="email", purpose="marketing", says=word) for word in ("no", "yes"))
    silent = Consents(medium="letter", purpose="marketing", says="no")
    assert [holds(rule, person, ABOVE, ON) for rule in (no, yes, silent)] == [True, False, False]
    for days, expected in ((10, True), (11, False), (None, True)):
        assert holds(InPlace(scheme="tiers", among=("gold",), least_days=days), person, ABOVE, ON) is expected
    assert not holds(InPlace(scheme="tiers", among=("silver",)), person, ABOVE, ON)
    wine = HasFact(fact_class="wine")
    assert not holds(wine, person, ABOVE, ON) and holds(Household(of=wine), person, ABOVE, ON)
    # Nobody in it has both wine and the spend of the two: the household is asked member by member.
    both = All(of=(wine, worth("spend", most="50")))
    assert not holds(Household(of=both), person, ABOVE, ON)
    together = Worth(measure="spend", least=Decimal(110), household=True)
    assert holds(together, person, ABOVE, ON)
    # What a household adds up is the same for whoever of it is asked.
    assert not holds(Household(of=Not(of=together)), person, ABOVE, ON)


def test_R76_an_overlay_counts_only_from_a_source_that_is_asked_for():
    bought_in = Known("wealth", "yes", ON, 0.5, "panel")
    asked = HasFact(fact_class="wealth", sources=("panel",))
    assert holds(asked, Person([bought_in]), ABOVE, ON)
    assert not holds(asked, Person([bought_in._replace(source="crm")]), ABOVE, ON)


def test_no_word_of_a_rule_stands_in_its_sql():
    text = "'); drop table customers; --"
    asked = (
        HasFact(fact_class=text, among=(text,), sources=(text,), least=Decimal("3")),
        Behavior(category=text, touchpoint=text, least=Decimal(1)),
        Behavior(kind=text, least=Decimal(1)),
        Consents(medium=text, purpose=text),
        InPlace(scheme=text, among=(text,)),
    )
    made = compile_rules([All(of=asked)], date(2017, 1, 1))
    assert text not in made.sql
    assert list(made.parameters.values()).count(text) == 1
