"""Bands: each amount lands once, a gap or an overlap is refused with both names, edges are cut by rank."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.engine.errors import BadInput
from sterna.engine.segments import Band, Scheme, check_scheme, cut_bands
from tests.engine.segments.placing import place_of

MILLION = Decimal(1_000_000)
AMOUNTS = st.decimals(min_value=0, max_value=10**9, places=2)


def scheme(*bands: Band, currency: str = "USD") -> Scheme:
    return Scheme(name="advisers", currency=currency, window_months=12, bands=bands)


def test_R5_exactly_five_million_lands_once():
    bands = (
        Band("third", 1, 1 * MILLION, 5 * MILLION),
        Band("second", 2, 5 * MILLION, 10 * MILLION),
        Band("top", 3, 10 * MILLION),
    )
    check_scheme(scheme(*bands))
    assert [band.place for band in bands if place_of([band], 5 * MILLION) != "none"] == ["second"]
    assert place_of(bands, 5 * MILLION - Decimal("0.01")) == "third"
    assert place_of(bands, MILLION - Decimal("0.01")) == "none"
    assert place_of(bands, 400 * MILLION) == "top"


def test_R5_a_gap_is_refused_with_both_bands_and_the_amounts():
    bands = (Band("low", 1, Decimal(1), Decimal(10)), Band("high", 2, Decimal(12)))
    with pytest.raises(BadInput, match="gap between low and high: from 10 up to but without 12 USD"):
        check_scheme(scheme(*bands))


def test_R5_an_overlap_is_refused_with_both_bands_and_the_amounts():
    bands = (Band("low", 1, Decimal(1), Decimal(10)), Band("high", 2, Decimal(8)))
    with pytest.raises(BadInput, match="overlap between low and high: from 8 up to but without 10 USD"):
        check_scheme(scheme(*bands))


@pytest.mark.parametrize(
    ("bands", "said"),
    [
        ((), "no bands"),
        ((Band("a", 1, Decimal(1), Decimal(2)),), "leave it open"),
        ((Band("a", 1, Decimal(1)), Band("b", 2, Decimal(2))), "a has no upper edge, b starts at 2"),
        ((Band("a", 1, Decimal(1), Decimal(2)), Band("a", 2, Decimal(2))), "two bands have the place a"),
        ((Band("a", 1, Decimal(1), Decimal(2)), Band("b", 1, Decimal(2))), "two bands have the rank 1"),
        ((Band("none", 1, Decimal(1)),), "cannot be called 'none'"),
        ((Band("a", 0, Decimal(1)),), "rank 0"),
        ((Band("a", 1, Decimal("1.005")),), "no whole cent"),
        ((Band("a", 1, Decimal(2), Decimal(2)), Band("b", 2, Decimal(2))), "a is empty"),
    ],
)
def test_R5_what_places_an_amount_twice_or_never_is_refused(bands, said):
    with pytest.raises(BadInput, match=said):
        check_scheme(scheme(*bands))


def test_R5_a_scheme_without_a_currency_is_refused():
    with pytest.raises(BadInput, match="currency 'dollars'"):
        check_scheme(scheme(Band("a", 1, Decimal(1)), currency="dollars"))


def test_edges_are_amounts_somebody_had_at_the_stated_rank():
    # Ten positive values: .4 and .7 of them are exactly four and seven, so edges are the 5th and the 8th value.
    values = [Decimal(value) for value in (0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, -5)]
    low, middle, high = cut_bands(values, [0.4, 0.3, 0.3], ["low", "middle", "high"], "USD")
    assert (low.low, low.high) == (Decimal("0.01"), Decimal("50.00"))
    assert (middle.low, middle.high) == (Decimal("50.00"), Decimal("80.00"))
    assert (high.low, high.high, high.rank) == (Decimal("80.00"), None, 3)


def test_edges_that_fall_together_are_refused():
    with pytest.raises(BadInput, match=r"a and b both start at 0\.01 USD|b and c both start at 7"):
        cut_bands([Decimal(7)] * 9, [0.3, 0.3, 0.4], ["a", "b", "c"], "USD")


@pytest.mark.parametrize("shares", [[0.5], [0.5, 0.6], [1.0, 0.0]])
def test_shares_that_do_not_make_a_whole_are_refused(shares):
    with pytest.raises(BadInput, match="sum to 1"):
        cut_bands([Decimal(1), Decimal(2)], shares, ["a", "b"], "USD")


@given(
    st.lists(AMOUNTS.filter(lambda amount: amount > 0), min_size=3, unique=True),
    st.lists(AMOUNTS, max_size=30),
)
def test_R5_random_amounts_stand_in_exactly_one_tier(values, amounts):
    try:
        bands = cut_bands(values, [0.5, 0.3, 0.2], ["a", "b", "c"], "USD")
    except BadInput:
        return  # two edges on one amount
    check_scheme(scheme(*bands))
    for amount in [*amounts, *(band.low for band in bands)]:
        holding = [band for band in bands if place_of([band], amount) != "none"]
        assert len(holding) == (1 if amount > 0 else 0)
