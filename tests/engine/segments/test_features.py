"""Columns to compare customers by, and a trait of a list beside the others: each figure by hand, the unknown apart."""

from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.engine.segments.features import MOST_CHOICES, OTHER, Column, Panel, panel_of, with_shares
from sterna.engine.segments.traits import Spread, trait

FACTS = pa.schema(dict.fromkeys(("customer_id", "fact_class", "value"), pa.string()))
VALUES = pa.schema(
    {
        "customer_id": pa.string(),
        "tenure_days": pa.int64(),
        "spend": pa.decimal128(18, 2),
        "orders": pa.int64(),
        "top_category": pa.string(),
    }
)


def values(*rows: tuple) -> pa.Table:
    """Rows of (customer, tenure, spend, orders, top category)."""
    return pa.Table.from_pylist([dict(zip(VALUES.names, row, strict=True)) for row in rows], schema=VALUES)


def facts(fact_class: str, said: dict[str, str]) -> list[dict]:
    """A fact of the class for each customer."""
    return [{"customer_id": who, "fact_class": fact_class, "value": value} for who, value in said.items()]


def panel(rows: list[dict], *customers: tuple, classes: tuple[str, ...] = ("pet",)) -> Panel:
    """The panel of the customers by spend, orders and top category, and by facts of the classes."""
    told = pa.Table.from_pylist(rows, schema=FACTS)
    return panel_of(values(*customers), told, ("spend", "orders", "top_category"), classes)


ANN, BOB = ("ann", 90, Decimal("12.50"), 3, "MEAT"), ("bob", None, Decimal("0.00"), None, None)


def test_R46_customers_stand_in_the_order_of_their_ids_with_who_has_bought():
    made = panel([], BOB, ANN)
    assert made.customers == ("ann", "bob") and made.bought.tolist() == [True, False]
    assert made.columns["spend"].numbers.tolist() == [12.5, 0.0]
    assert made.columns["orders"].known().tolist() == [True, False]
    assert np.isnan(made.columns["orders"].numbers[1])


def test_R46_a_word_is_a_choice_and_whoever_has_none_is_unknown():
    column = panel([], ANN, BOB).columns["top_category"]
    assert (column.kind, column.choices, column.codes.tolist()) == ("measure", ("MEAT",), [0, -1])


def test_R46_a_fact_counts_for_its_customer_and_for_nobody_who_is_not_there():
    made = panel(facts("pet", {"bob": "dog", "nobody": "cat"}), ANN, BOB)
    column = made.columns["pet"]
    assert (column.kind, column.choices, column.codes.tolist()) == ("fact", ("dog",), [-1, 0])


def test_R46_a_class_that_was_not_asked_for_is_no_column():
    rows = facts("pet", {"ann": "dog"}) + facts("secret", {"ann": "x"})
    assert set(panel(rows, ANN, BOB).columns) == {"spend", "orders", "top_category", "pet"}


def people(count: int) -> list[tuple]:
    """So many customers alike."""
    return [(f"c{number:03}", 9, Decimal(1), 1, "MEAT") for number in range(count)]


def test_R46_rare_values_are_told_together_as_other():
    # 14 values: 12 of ten customers each, two of one each.
    said = {f"c{n:03}": f"v{n // 10:02}" for n in range(120)} | {"c120": "rare", "c121": "rarer"}
    column = panel(facts("pet", said), *people(122)).columns["pet"]
    assert column.choices == (*(f"v{n:02}" for n in range(MOST_CHOICES)), OTHER)
    assert (column.codes[-2:] == MOST_CHOICES).all() and (column.codes[:10] == 0).all()


def test_R46_a_class_of_which_most_values_are_rare_says_so_and_is_left_out():
    made = panel(facts("pet", {f"c{n:03}": f"name {n}" for n in range(40)}), *people(40))
    assert "pet" not in made.columns
    assert made.left_out["pet"].startswith("tells one from another")


@pytest.mark.parametrize(
    ("different", "is_number"), [(8, False), (9, True)], ids=["few are choices", "many are numbers"]
)
def test_R46_numbers_are_compared_as_numbers_from_nine_different_ones_on(different, is_number):
    said = {f"c{n:03}": str(n % different) for n in range(36)}
    column = panel(facts("pet", said), *people(36)).columns["pet"]
    assert (column.numbers is not None) == is_number


@pytest.mark.parametrize("odd", ["a dozen", "nan", "inf", "1e3", " 7", "1_000", "+4"])
def test_R46_a_class_with_a_word_among_its_numbers_is_one_of_choices(odd):
    said = {f"c{n:03}": str(n % 11) for n in range(44)} | {"c000": odd}
    column = panel(facts("pet", said), *people(44)).columns["pet"]
    assert column.numbers is None and column.choices


def test_shares_stand_with_their_customers_and_are_unknown_of_who_is_not_told():
    shares = pa.table({"customer_id": ["nobody", "ann"], "MEAT": [0.5, 0.75], "DELI": [0.5, -0.25]})
    made = with_shares(panel([], ANN, BOB), shares, 90)
    meat, deli = (made.columns[f"share:{name}"] for name in ("MEAT", "DELI"))
    # What came back is below zero, as the rule language counts it.
    assert (meat.kind, meat.within_days, meat.numbers[0], deli.numbers[0]) == ("share", 90, 0.75, -0.25)
    assert np.isnan(meat.numbers[1]) and np.isnan(deli.numbers[1])
    assert {"spend", "orders"} < set(made.columns)


def flags(*who: int) -> np.ndarray:
    """Of six customers those at the given places."""
    return np.isin(np.arange(6), who)


def test_R46_a_trait_of_numbers_by_hand():
    column = Column("orders", "measure", numbers=np.array([1.0, 2.0, 3.0, 10.0, np.nan, 7.0]))
    found = trait(column, flags(0, 1, 2, 3, 4), flags(5), least=4)
    assert found.members == Spread(4, 1, mean=4.0, median=2.5, low=1.75, high=4.75)
    assert found.others == Spread(1, 0, mean=7.0, median=7.0, low=7.0, high=7.0)
    assert found.kind == "number" and found.tells


def test_R46_a_trait_of_choices_by_hand():
    column = Column("pet", "fact", codes=np.array([0, 0, 1, -1, 1, -1]), choices=("cat", "dog"))
    found = trait(column, flags(0, 1, 2, 3), flags(4, 5), least=4)
    assert found.members == Spread(3, 1, shares=(("cat", 2 / 3), ("dog", 1 / 3)))
    assert found.others == Spread(1, 1, shares=(("cat", 0.0), ("dog", 1.0)))
    # Known of three, and four are asked for.
    assert found.kind == "choice" and not found.tells


def test_R46_of_what_nobody_knows_there_is_no_figure():
    column = Column("orders", "measure", numbers=np.full(6, np.nan))
    found = trait(column, flags(0, 1), flags(2), least=1)
    assert found.members == Spread(0, 2) and found.others == Spread(0, 1) and not found.tells


@given(st.lists(st.none() | st.integers(0, 2), min_size=1, max_size=40), st.data())
def test_R46_shares_of_a_trait_sum_to_one_and_known_and_unknown_to_everybody(drawn, data):
    codes = np.array([-1 if code is None else code for code in drawn])
    members = np.array(
        data.draw(st.lists(st.booleans(), min_size=len(drawn), max_size=len(drawn))), dtype=bool
    )
    found = trait(Column("pet", "fact", codes=codes, choices=("a", "b", "c")), members, ~members, least=1)
    for side, who in ((found.members, members), (found.others, ~members)):
        assert side.known + side.unknown == who.sum()
        assert not side.known or sum(share for _, share in side.shares) == pytest.approx(1)
