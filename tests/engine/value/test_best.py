"""Best-customer definitions: two of them on one data, versions that make an old list again, and what is refused."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.engine.errors import BadInput
from sterna.engine.value.best import Panel, body, choose, load, of_body

D = Decimal
DAY = date(2024, 6, 30)
SPENDERS = """
best: spenders
version: 1
title: Who will spend most
scale: money
weigh:
  - {measure: expected_spend}
take: {count: 2}
treatment: private sale
"""
BROAD = """
best: broad
version: 3
title: Who buys widely and is in touch
scale: percentile
weigh:
  - {measure: categories, weight: 2}
  - {measure: contact_frequency, weight: 1}
only_if:
  - {measure: margin, least: 0.00}
take: {share: 0.5}
treatment: tasting
"""
FIGURES = {
    "expected_spend": {"ann": D("900.00"), "bob": D("400.00"), "cid": D("100.00"), "dan": D("50.00")},
    "influence": {"ann": D("0.00"), "bob": D("0.00"), "cid": D("700.00"), "dan": None},
    "margin": {"ann": D("-5.00"), "bob": D("40.00"), "cid": D("30.00"), "dan": D("20.00")},
    "categories": {"ann": 1, "bob": 2, "cid": 8, "dan": 9},
    "contact_frequency": {"ann": 0.0, "bob": 1.0, "cid": 3.0, "dan": 2.0},
}
UNITS = {"expected_spend": "money", "influence": "money", "margin": "money", "categories": "categories"}


def panel(**more) -> Panel:
    figures = FIGURES | more
    return Panel.of(DAY, figures, UNITS)


def names(best) -> list[str]:
    return [member.customer for member in best.members]


def test_R15_one_data_and_two_definitions_give_the_two_lists_that_were_predicted():
    spenders = choose(load(SPENDERS), panel())
    assert names(spenders) == ["ann", "bob"]
    assert [(member.score, member.rank) for member in spenders.members] == [
        (D("900.00"), 1),
        (D("400.00"), 2),
    ]
    # ann loses money and is not ranked. Percentiles of categories .125 .375 .625 .875, of contacts .125 .375 .875 .625
    # for ann, bob, cid, dan. cid: (2 * .625 + .875) / 3; dan: (2 * .875 + .625) / 3; half of three, a begun one whole.
    broad = choose(load(BROAD), panel())
    assert names(broad) == ["dan", "cid"]
    assert [member.score for member in broad.members] == [pytest.approx(2.375 / 3), pytest.approx(2.125 / 3)]
    assert (broad.ranked, broad.treatment, broad.as_of) == (3, "tasting", DAY)


def test_R15_an_old_list_is_made_again_from_its_stored_version():
    first, second = (
        load(SPENDERS),
        load(SPENDERS.replace("version: 1", "version: 2").replace("count: 2", "count: 3")),
    )
    old = choose(first, panel())
    assert names(choose(second, panel())) == ["ann", "bob", "cid"]
    again = choose(of_body(body(first)), panel())
    assert again == old
    assert (again.version, again.sha256) == (1, first.sha256) and first.sha256 != second.sha256


def test_R15_the_reasons_stand_beside_each_member():
    [dan, _] = choose(load(BROAD), panel()).members
    assert dan.reasons == (
        "margin 20.00, at least 0.00",
        "categories 9, weight 2",
        "contact_frequency 2.0, weight 1",
    )
    both = load(BROAD.replace("least: 0.00", "least: 0.00, most: 25.00"))
    assert choose(both, panel()).members[0].reasons[0] == "margin 20.00, at least 0.00 and at most 25.00"


def test_an_unknown_measure_is_no_zero_and_is_told():
    definition = load(SPENDERS.replace("{measure: expected_spend}", "{measure: influence}"))
    found = choose(definition, panel())
    assert (names(found), found.ranked, dict(found.unknown)) == (
        ["cid", "ann", "bob"],  # ann and bob tie for the second place at zero, which is known
        3,
        {"dan": "influence is unknown"},
    )
    broken = panel(contact_frequency=FIGURES["contact_frequency"] | {"cid": float("nan")})
    assert dict(choose(load(BROAD), broken).unknown) == {"cid": "contact_frequency is unknown"}


@pytest.mark.parametrize(
    ("take", "taken"),
    [
        ("{count: 1}", ["a", "b"]),  # b ties with a
        ("{count: 2}", ["a", "b"]),
        ("{count: 3}", ["a", "b", "c"]),
        ("{count: 9}", ["a", "b", "c"]),
        ("{share: 0.01}", ["a", "b"]),
        ("{share: 1}", ["a", "b", "c"]),
        ("{least: 5.00}", ["a", "b"]),
        ("{least: 5.01}", []),
        ("{least: -1}", ["a", "b", "c"]),
    ],
)
def test_how_many_are_taken_and_who_ties_with_the_last(take, taken):
    figures = {"expected_spend": {"c": D("1.00"), "b": D("5.00"), "a": D("5.00")}}
    few = Panel.of(DAY, figures, UNITS)
    found = choose(load(SPENDERS.replace("{count: 2}", take)), few)
    assert names(found) == taken
    assert [member.rank for member in found.members] == [1, 1, 3][: len(taken)]


def test_nobody_to_choose_from_is_an_empty_list():
    found = choose(load(SPENDERS), Panel.of(DAY, {"expected_spend": {}}, UNITS))
    assert (found.members, found.ranked) == ((), 0)
    assert choose(load(BROAD), panel(margin={})).members == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            SPENDERS.replace("count: 2", "count: 2, share: 0.1"),
            "best spenders: take says one of share, count and",
        ),
        (SPENDERS.replace("{count: 2}", "{}"), "best spenders: take says one of share, count and least"),
        (SPENDERS.replace("count: 2", "share: NaN"), "best spenders: the share to take is above 0"),
        (
            SPENDERS.replace("count: 2", "least: Infinity"),
            "best spenders: what to take at least and each end",
        ),
        (BROAD.replace("least: 0.00", "least: NaN"), "best broad: what to take at least and each end"),
        (SPENDERS.replace("count: 2", "count: 0"), "best spenders: the count to take is at least 1"),
        (
            SPENDERS.replace("count: 2", "share: 1.1"),
            "best spenders: the share to take is above 0 and at most 1",
        ),
        (
            SPENDERS.replace("expected_spend}", "expected_spend, weight: 0}"),
            "best spenders: a weight is a number",
        ),
        (
            SPENDERS.replace("expected_spend}", "expected_spend, weight: NaN}"),
            "best spenders: a weight is a number",
        ),
        (BROAD.replace("contact_frequency", "categories"), "best broad: a measure is weighed twice"),
        (BROAD.replace(", least: 0.00", ""), "best broad: a condition says least or most"),
        (
            SPENDERS.replace("best: spenders", "best: Big Spenders"),
            "best Big Spenders: its name is lower-case",
        ),
        (SPENDERS.replace("scale: money", "scale: gold"), "line 5: scale: Invalid enum value 'gold'"),
        (
            SPENDERS.replace("version: 1", "version: 0"),
            "line 3: version: Expected `int` >= 1".replace("`", "'"),
        ),
        (
            SPENDERS + "colour: red\n",
            "the definition of best customers: Object contains unknown field 'colour'",
        ),
        (SPENDERS.replace("weigh:\n  - {measure: expected_spend}", "weigh: []"), "line 6: weigh: "),
        ("", "line 1: the file holds no definition of best customers"),
    ],
)
def test_a_definition_that_says_nothing_sure_is_refused(text, said):
    with pytest.raises(BadInput) as refused:
        load(text)
    assert said in str(refused.value)


def test_measures_that_are_not_there_or_are_no_money_are_refused_by_name():
    with pytest.raises(BadInput, match=r"^best spenders: there is no measure fame$"):
        choose(load(SPENDERS.replace("expected_spend", "fame")), panel())
    with pytest.raises(
        BadInput, match=r"^best spenders: categories is not money; weigh it on the scale percentile$"
    ):
        choose(load(SPENDERS.replace("expected_spend", "categories")), panel())


AMOUNTS = st.dictionaries(
    st.sampled_from([f"c{number}" for number in range(12)]), st.integers(-50, 50).map(D), min_size=1
)


@given(AMOUNTS, st.integers(1, 9), st.randoms(use_true_random=False))
def test_the_list_minds_neither_order_nor_currency(amounts, scale, chance):
    customers = list(amounts)
    chance.shuffle(customers)
    one = choose(load(SPENDERS), Panel.of(DAY, {"expected_spend": amounts}, UNITS))
    assert (
        choose(
            load(SPENDERS),
            Panel.of(DAY, {"expected_spend": {name: amounts[name] for name in customers}}, UNITS),
        )
        == one
    )
    dear = {name: amount * scale for name, amount in amounts.items()}
    other = choose(load(SPENDERS), Panel.of(DAY, {"expected_spend": dear}, UNITS))
    assert [(member.customer, member.rank) for member in other.members] == [
        (member.customer, member.rank) for member in one.members
    ]
    left_out = [amount for name, amount in amounts.items() if name not in one.customers]
    assert all(member.score > amount for member in one.members for amount in left_out)


@given(AMOUNTS)
def test_percentiles_lie_between_0_and_1_around_a_half(amounts):
    text = SPENDERS.replace("scale: money", "scale: percentile").replace("{count: 2}", "{share: 1}")
    found = choose(load(text), Panel.of(DAY, {"expected_spend": amounts}, UNITS))
    scores = [member.score for member in found.members]
    assert all(0 < score < 1 for score in scores)
    assert sum(scores) / len(scores) == pytest.approx(0.5)
