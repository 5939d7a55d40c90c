"""Rules at their edges: what is refused in which words, hostile texts, huge figures and both ends of the calendar."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from sterna.engine.errors import BadInput
from sterna.engine.rules import (
    MEASURES,
    All,
    AnyOf,
    Behavior,
    Consents,
    HasFact,
    Household,
    InPlace,
    Known,
    Not,
    Stay,
    Worth,
    facts_in,
    leaves,
    parts,
    read,
)
from sterna.engine.tables import TABLES
from tests.engine.lake.small_tables import rows
from tests.engine.rules.drawn_rules import NOBODY, ON, Event, Told, by_sql, in_memory, lay_out

JET = {"op": "fact", "class": "jet"}


def nested(levels: int) -> dict:
    """A rule of so many levels."""
    stored: dict = JET
    for _ in range(levels - 1):
        stored = {"op": "not", "of": stored}
    return stored


@pytest.mark.parametrize(
    ("stored", "said"),
    [
        (JET | {"least": "1e999999999999"}, "the rule compares jet with 1E+999999999999, which is no amount"),
        (
            JET | {"most": "-1e-999999999999"},
            "the rule compares jet with -1E-999999999999, which is no amount",
        ),
        (JET | {"least": "Infinity"}, "the rule compares jet with Infinity, which is no amount"),
        (
            {"op": "behavior", "of": "amount", "least": "sNaN"},
            "the rule compares amount of purchase with sNaN, which is no amount",
        ),
        (
            {"op": "value", "measure": "spend", "most": "0.0000000000000000001"},
            "the rule compares spend with 1E-19, which is no amount",
        ),
        (JET | {"least": True}, "this is no rule: Expected `decimal | null`, got `bool` - at `$.least`"),
        (JET | {"class": ""}, "this is no rule: Expected `str` of length >= 1 - at `$.class`"),
        (JET | {"class": "x" * 81}, "this is no rule: Expected `str` of length <= 80 - at `$.class`"),
        (JET | {"within_days": 36501}, "this is no rule: Expected `int` <= 36500 - at `$.within_days`"),
        (
            JET | {"least_confidence": 1.01},
            "this is no rule: Expected `float` <= 1.0 - at `$.least_confidence`",
        ),
        (
            {"op": "all", "of": [JET, {"op": "any", "of": [{"op": "consent", "medium": "email"}]}]},
            "this is no rule: Object missing required field `purpose` - at `$.of[1].of[0]`",
        ),
        ({"of": [JET]}, "this is no rule: Object missing required field `op`"),
        ([JET], "this is no rule: Expected `object`, got `array`"),
        (nested(13), "the rule is more than 12 levels deep: make several of it"),
        (nested(100_000), "this is no rule: maximum recursion depth exceeded while deserializing an object"),
        (
            {"op": "behavior", "of": "categories", "least": 1, "kind": "page"},
            "the rule asks for categories of page: only purchases have amounts and categories",
        ),
        (
            {"op": "not", "of": {"op": "value", "measure": "orders", "least": 2, "most": "1.99"}},
            "the rule asks for orders of at least 2 and at most 1.99: none is both",
        ),
    ],
)
def test_a_refusal_says_in_one_sentence_what_is_wrong_and_where(stored, said):
    with pytest.raises(BadInput) as refused:
        read(stored)
    assert str(refused.value) == said


@pytest.mark.parametrize("text", ["a\0b", "\0", "\ud800", "a\udfffb"])
@pytest.mark.parametrize(
    "stored",
    [
        lambda text: {"op": "fact", "class": text},
        lambda text: JET | {"among": ["yes", text]},
        lambda text: JET | {"sources": [text]},
        lambda text: {"op": "behavior", "kind": text, "least": 1},
        lambda text: {"op": "behavior", "category": text, "least": 1},
        lambda text: {"op": "behavior", "touchpoint": text, "least": 1},
        lambda text: {"op": "consent", "medium": text, "purpose": "marketing"},
        lambda text: {"op": "consent", "medium": "email", "purpose": text},
        lambda text: {"op": "place", "scheme": text, "among": ["gold"]},
        lambda text: {"op": "place", "scheme": "tiers", "among": ["gold", text]},
    ],
)
def test_half_a_letter_and_nul_are_refused_in_every_text_also_deep_inside(stored, text):
    whole = {"op": "any", "of": [JET, {"op": "household", "of": {"op": "not", "of": stored(text)}}]}
    with pytest.raises(BadInput) as refused:
        read(whole)
    assert str(refused.value) == f"the rule asks for {text!r}, which no fact can hold"


def test_what_stands_at_a_limit_is_read():
    assert read(nested(12)) == read(nested(12))
    assert read(JET | {"class": "x" * 80, "within_days": 36500, "older_than_days": 0}).within_days == 36500
    assert read(JET | {"least_confidence": 0}).least_confidence == 0.0
    longest = read(JET | {"least": "-999999999999999999.999999999999999999"})
    assert longest.least == Decimal("-999999999999999999.999999999999999999")
    assert read(JET | {"least": "1e17"}).least == Decimal(10) ** 17
    # A form sends texts, JSON floats: a tenth is a tenth in each.
    assert read(JET | {"least": "0.10"}) == read(JET | {"least": 0.1})
    assert read({"op": "behavior", "least": "3", "within_days": "90"}).within_days == 90


def test_only_figures_are_measures_and_a_household_adds_up_money_and_orders_alone():
    assert "alive_reason" not in MEASURES and {"spend", "orders", "alive"} <= MEASURES.keys()
    adds_up = set()
    for measure in MEASURES:
        asked = {"op": "value", "measure": measure, "least": 1}
        assert read(asked) == Worth(measure=measure, least=Decimal(1))
        try:
            read(asked | {"household": True})
            adds_up.add(measure)
        except BadInput as error:
            assert str(error) == f"the rule adds up {measure} over a household, which adds up to nothing"
    assert "spend" in adds_up and "orders" in adds_up and not {"alive", "recency_days"} & adds_up


def test_the_comparisons_of_a_rule_are_named_from_left_to_right():
    jet, wine, web = HasFact(fact_class="jet"), HasFact(fact_class="wine"), Behavior(least=Decimal(1))
    rule = All(of=(Not(of=jet), AnyOf(of=(web, Household(of=wine))), jet))
    assert list(leaves(rule)) == [jet, web, wine, jet]
    assert list(facts_in(rule)) == [jet, wine, jet]
    assert [len(parts(each)) for each in (rule, rule.of[0], rule.of[1], jet)] == [3, 1, 2, 0]


def agreed(lake, world, asked, on: date = ON) -> dict[str, str]:
    """The letters of some rules, which SQL and memory must agree on."""
    lay_out(lake, world)
    found = by_sql(lake, asked, on)
    assert found == in_memory(world, asked, on)
    return found


ASKED_OF_NOTHING = (
    (HasFact(fact_class="jet"), "0"),
    (Not(of=HasFact(fact_class="jet")), "1"),
    (Behavior(most=Decimal(0)), "1"),
    (Behavior(of="amount", least=Decimal(0), most=Decimal(0), within_days=7), "1"),
    (Behavior(of="categories", most=Decimal(0), household=True), "1"),
    (Behavior(of="touchpoints", kind="page", most=Decimal(0)), "1"),
    (Behavior(of="last", most=Decimal(99999)), "0"),  # a time that never was is no days ago
    (Behavior(of="first", least=Decimal(0), household=True), "0"),
    (Behavior(of="share", category="wine", most=Decimal(1)), "0"),  # of nothing there is no share
    (Worth(measure="spend", most=Decimal(10) ** 17), "0"),
    (Worth(measure="orders", change="relative", most=Decimal(10) ** 17, household=True), "0"),
    (Consents(medium="email", purpose="marketing"), "0"),
    (Consents(medium="email", purpose="marketing", says="no"), "0"),  # silence is not a no
    (InPlace(scheme="tiers", among=("gold",), least_days=0), "0"),
    (Household(of=Not(of=HasFact(fact_class="jet"))), "1"),
)


def test_of_whom_nothing_is_known_every_comparison_says_what_nothing_is(lake):
    said = "".join(letter for _, letter in ASKED_OF_NOTHING)
    assert agreed(lake, {}, [rule for rule, _ in ASKED_OF_NOTHING]) == dict.fromkeys(
        ("ann", "bob", "eve"), said
    )


def test_without_rules_everybody_has_no_letter_and_without_customers_nobody_has_a_row(lake):
    assert agreed(lake, {}, []) == {"ann": "", "bob": "", "eve": ""}
    lake.put(TABLES["customers"], rows("customers"))
    assert by_sql(lake, [rule for rule, _ in ASKED_OF_NOTHING]) == {} == by_sql(lake, [])


@pytest.mark.parametrize(
    "text",
    [
        "O'Hara",
        '"; drop table customers; --',
        "$r0",
        "{hits}",
        "%s\\",
        "a\nb",
        "Käse",
        "Ka\u0308se",
        "名前 🧀",
        " ",
    ],
)
def test_a_text_means_itself_to_the_letter_wherever_it_stands(lake, text):
    asked = [
        HasFact(fact_class=text, finer=False, among=(text,), sources=(text,)),
        Behavior(kind=text, touchpoint=text, least=Decimal(1)),
        Consents(medium=text, purpose=text),
        InPlace(scheme=text, among=("gold", text)),
    ]

    def told(word: str) -> Told:
        return Told(
            [Known(word, word, ON, 1.0, word)],
            [Event(word, ON - timedelta(days=1), word)],
            {},
            {},
            {(word, word): True},
            [Stay(word, word, ON)],
        )

    # Eve's texts look alike: another case, or one letter more.
    found = agreed(lake, {"ann": told(text), "eve": told(text.swapcase() + "s")}, asked)
    assert found == {"ann": "1111", "bob": "0000", "eve": "0000"}


def came(*days: date) -> Told:
    """Somebody who bought on some days."""
    return NOBODY._replace(events=[Event("purchase", day, None, (("bread", Decimal(5)),)) for day in days])


def test_a_window_that_reaches_beyond_the_first_day_of_the_calendar_holds_all_of_it(lake):
    first = date.min
    century = 36_500
    told = came(first)._replace(facts=[Known("jet", "yes", first, 1.0)], stays=[Stay("tiers", "gold", first)])
    asked = [
        Behavior(least=Decimal(1), within_days=century),
        Behavior(
            of="last", least=Decimal(1), most=Decimal(1), within_days=century
        ),  # on the 1st, asked on the 3rd
        HasFact(fact_class="jet", within_days=century),
        HasFact(fact_class="jet", older_than_days=century),
        HasFact(fact_class="jet", older_than_days=1),
        InPlace(scheme="tiers", among=("gold",), least_days=2),
    ]
    assert agreed(lake, {"ann": told}, asked, date(1, 1, 3))["ann"] == "111011"


def test_on_the_last_day_of_the_calendar_the_day_itself_does_not_count_yet(lake):
    asked = [
        Behavior(least=Decimal(1)),
        Behavior(of="last", most=Decimal(0)),
        Behavior(of="first", least=Decimal(1), within_days=2),
    ]
    eve = date.max - timedelta(days=1)
    world = {"ann": came(date.max), "bob": came(eve), "eve": came(eve, eve - timedelta(days=1))}
    assert agreed(lake, world, asked, date.max) == {"ann": "000", "bob": "110", "eve": "111"}


def test_days_ago_may_be_asked_beyond_any_calendar_to_either_side(lake):
    def last(**bound: int) -> Behavior:
        return Behavior(of="last", **{name: Decimal(figure) for name, figure in bound.items()})

    ages = (ON - date.min).days - 1  # of a purchase on the first day that there is
    asked = [
        last(least=ages), last(least=ages + 1), last(least=10**17), last(most=10**17),
        last(least=-(10**17)), last(most=-1), last(most=-(10**17)), last(least=-(10**17), most=10**17),
    ]  # fmt: skip
    found = agreed(lake, {"ann": came(date.min), "bob": came(ON - timedelta(days=1))}, asked)
    assert found == {"ann": "10011001", "bob": "00011001", "eve": "00000000"}


def test_half_days_and_cents_are_compared_as_written(lake):
    three_ago = came(ON - timedelta(days=4))
    asked = [
        Behavior(of="last", least=Decimal("2.5"), most=Decimal("3.5")),
        Behavior(of="last", least=Decimal("3.000000000000000001")),
        Behavior(of="last", most=Decimal("2.999999999999999999")),
        Behavior(of="amount", least=Decimal("5.000000000000000001")),
        Behavior(of="amount", least=Decimal("4.999999999999999999"), most=Decimal("5.00")),
    ]
    assert agreed(lake, {"ann": three_ago}, asked)["ann"] == "10001"


def test_the_largest_amounts_are_added_up_to_the_cent(lake):
    most = Decimal("9999999999999999.99")
    told = NOBODY._replace(
        values={"spend": most}, events=[Event("purchase", ON - timedelta(days=1), None, (("bread", most),))]
    )
    asked = [
        Worth(measure="spend", least=most, most=most),
        Worth(measure="spend", least=most + Decimal("0.01")),
        Behavior(of="amount", least=most, most=most),
        Behavior(of="amount", least=most + Decimal("0.01")),
    ]
    assert agreed(lake, {"ann": told}, asked)["ann"] == "1010"


def test_three_lines_of_a_category_are_one_time_and_what_came_back_whole_is_none(lake):
    day = ON - timedelta(days=1)
    five = Decimal(5)
    world = {
        "ann": NOBODY._replace(
            events=[Event("purchase", day, "shop", (("bread", five), ("bread", five), ("wine", -five)))]
        ),
        "bob": NOBODY._replace(
            events=[Event("purchase", day, "shop", (("bread", five), ("bread", -five), ("wine", five)))]
        ),
    }
    asked = [
        Behavior(category="bread", least=Decimal(1), most=Decimal(1)),
        Behavior(category="wine", least=Decimal(1)),
        Behavior(of="categories", least=Decimal(1), most=Decimal(1)),
        Behavior(of="categories", household=True, least=Decimal(2), most=Decimal(2)),
        Behavior(of="share", category="bread", least=Decimal(2), most=Decimal(2)),  # 10 of 10 - 5
        Behavior(of="times", household=True, least=Decimal(2), most=Decimal(2)),
    ]
    assert agreed(lake, world, asked) == {"ann": "101111", "bob": "011101", "eve": "000000"}


def test_a_product_counts_under_the_department_that_was_recorded_last(lake):
    lay_out(lake, {"ann": came(ON - timedelta(days=1))})
    told = [("bread", date(2017, 1, 1)), ("BAKERY", date(2017, 2, 1)), ("sweets", None)]
    moved = [
        {"product_id": "bread", "department": name, "recorded_at": at and datetime(at.year, at.month, at.day)}
        for name, at in told
    ]
    lake.put(TABLES["products"], rows("products", *moved))
    asked = [Behavior(category=name, least=Decimal(1)) for name in ("BAKERY", "bread", "sweets", "unknown")]
    assert by_sql(lake, asked)["ann"] == "1000"
    lake.put(TABLES["products"], rows("products"))
    assert by_sql(lake, [*asked, Behavior(of="categories", least=Decimal(1))])["ann"] == "00010"


def test_a_household_adds_up_what_is_known_and_stays_unknown_where_nothing_is(lake):
    world = {
        "ann": NOBODY._replace(values={"spend": Decimal("0.10"), "orders": 1}, values_before={"orders": 1}),
        "bob": NOBODY._replace(
            values={"spend": Decimal("0.20"), "orders": None}, values_before={"orders": 3}
        ),
    }
    asked = [
        Worth(measure="spend", household=True, least=Decimal("0.30"), most=Decimal("0.30")),
        Worth(measure="orders", household=True, change="difference", most=Decimal(-3)),  # 1 - (1 + 3)
        Worth(measure="orders", household=True, change="relative", most=Decimal("-0.75")),
        Household(of=Worth(measure="spend", least=Decimal("0.20"))),
        Household(
            of=All(
                of=(Worth(measure="spend", most=Decimal("0.15")), Worth(measure="orders", least=Decimal(1)))
            )
        ),
    ]
    assert agreed(lake, world, asked) == {"ann": "11111", "bob": "11111", "eve": "00000"}
