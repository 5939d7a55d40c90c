"""Who brings the profit: the 80/20 fixture exactly, losses that lift the peak over the total, and kept value."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.engine.errors import BadInput
from sterna.engine.value.concentration import curve, kept

D = Decimal
FIFTH, FOUR_FIFTHS = Fraction(1, 5), Fraction(4, 5)
# Two of ten customers bring 40 each, eight bring 2.50 each: 80 of 100.
EIGHTY_TWENTY = [D("2.50")] * 4 + [D("40.00")] * 2 + [D("2.50")] * 4


def test_R16_the_80_20_fixture_gives_exactly_that():
    found = curve(EIGHTY_TWENTY)
    assert found.total == D("100.00")
    assert found.share_of_first(FIFTH) == FOUR_FIFTHS
    assert found.of_first(2) == D("80.00")
    assert found.needed_for(FOUR_FIFTHS) == 2
    assert found.needed_for(Fraction(801, 1000)) == 3
    assert found.points(5) == [(0.0, 0.0), (0.2, 0.8), (0.4, 0.85), (0.6, 0.9), (0.8, 0.95), (1.0, 1.0)]


def test_R16_loss_makers_lift_the_peak_of_the_whale_curve_over_the_total():
    # 60 + 50 + 20 = 130 by three of five; the fourth brings nothing, the fifth takes 30 away again.
    found = curve([D("-30.00"), D("50.00"), D("0.00"), D("60.00"), D("20.00")])
    assert found.peak == (3, D("130.00"))
    assert found.total == D("100.00")
    assert found.share_of_first(Fraction(3, 5)) == Fraction(13, 10)
    assert found.share_of_first(Fraction(1)) == 1


def test_R16_unknown_profit_stands_nowhere_on_the_curve_and_is_counted():
    found = curve([None, *EIGHTY_TWENTY, None])
    assert (found.unknown, found.customers, found.share_of_first(FIFTH)) == (2, 10, FOUR_FIFTHS)


@pytest.mark.parametrize(
    ("profits", "reason"),
    [
        ([], "no customer's profit is known"),
        ([None], "no customer's profit is known"),
        ([D(0)], "the customers together bring no profit, so there are no shares of it"),
        ([D("5.00"), D("-7.00")], "the customers together bring no profit, so there are no shares of it"),
    ],
)
def test_without_a_total_there_are_no_shares_and_the_reason_is_told(profits, reason):
    found = curve(profits)
    assert found.reason == reason
    assert found.share_of_first(FIFTH) is found.needed_for(FIFTH) is None
    assert found.points() == []


def test_a_losing_book_still_has_its_peak():
    assert curve([D("5.00"), D("-7.00")]).peak == (1, D("5.00"))
    assert curve([D("-5.00")]).peak == (0, D("0.00"))
    assert curve([]).peak == (0, D("0.00"))


def test_a_begun_customer_counts_whole():
    # A fifth of 3 customers is .6 of one: the first of them counts, and brings 6 of 12.
    assert curve([D(6), D(4), D(2)]).share_of_first(FIFTH) == Fraction(1, 2)


def test_counts_that_are_not_there_and_amounts_that_are_none_are_refused():
    with pytest.raises(BadInput, match=r"^of 1 customers there are no first 2$"):
        curve([D(1)]).of_first(2)
    with pytest.raises(BadInput, match="whole cents"):
        curve([D("0.005")])
    with pytest.raises(BadInput, match="too large to be added"):
        curve([D("9999999999999999.99")] * 10)


AMOUNTS = st.integers(-10_000, 100_000).map(lambda cents: D(cents) / 100)


@given(st.lists(AMOUNTS, max_size=40), st.randoms(use_true_random=False))
def test_the_curve_rises_then_falls_ends_at_the_sum_and_minds_no_order(profits, chance):
    found = curve(profits)
    shuffled = list(profits)
    chance.shuffle(shuffled)
    assert np.array_equal(curve(shuffled).cumulative, found.cumulative)
    assert found.total == sum(profits, D(0))
    assert (np.diff(found.cumulative, 2) <= 0).all(), "a later customer brings more than an earlier one"
    assert found.peak[1] == sum((profit for profit in profits if profit > 0), D(0)) >= found.total


def test_R16_value_kept_gained_and_lost_among_the_best_by_hand():
    before = {"ann": D("100.00"), "bob": D("80.00"), "cid": D("60.00"), "dan": D("10.00")}
    after = {"ann": D("130.00"), "bob": D("50.00"), "cid": D("5.00"), "dan": D("90.00")}
    # ann grows by 30, bob shrinks by 30, cid leaves with 60, dan enters with 90.
    found = kept({"ann", "bob", "cid"}, {"ann", "bob", "dan"}, before, after)
    assert (found.opening, found.closing) == (D("240.00"), D("270.00"))
    assert (found.kept, found.gained, found.lost) == (D("150.00"), D("120.00"), D("90.00"))
    assert (found.gained_by_entering, found.lost_by_leaving) == (D("90.00"), D("60.00"))
    assert (found.entered, found.stayed, found.left) == (1, 2, 1)


def test_members_of_unknown_value_are_named_and_in_no_sum():
    found = kept({"ann", "bob"}, {"ann", "cid"}, {"ann": D("5.00"), "bob": None}, {"ann": D("6.00")})
    assert found.unknown == ("bob", "cid")
    assert (found.opening, found.gained, found.lost, found.closing) == (D(5), D(1), D(0), D(6))


def test_whoever_left_needs_no_value_in_the_period_after():
    found = kept({"ann"}, set(), {"ann": D("5.00")}, {})
    assert (found.lost, found.lost_by_leaving, found.closing, found.unknown) == (D(5), D(5), D(0), ())


NAMES = st.sampled_from("abcdefgh")
VALUES = st.dictionaries(NAMES, st.one_of(st.none(), AMOUNTS))


@given(st.sets(NAMES), st.sets(NAMES), VALUES, VALUES)
def test_R16_opening_and_gained_less_lost_is_closing_whatever_happened(before, after, was, now):
    found = kept(before, after, was, now)
    assert found.opening + found.gained - found.lost == found.closing
    assert found.opening == found.kept + found.lost
    assert found.closing == found.kept + found.gained
    assert found.gained >= found.gained_by_entering >= 0
    assert found.lost >= found.lost_by_leaving >= 0
    assert found.entered + found.stayed + found.left + len(found.unknown) == len(before | after)
