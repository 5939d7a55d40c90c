"""Amounts: what is read as one and what is not, and that rounding to the cent does not drift."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.engine.errors import BadInput
from sterna.engine.money import LARGEST, cents, parse, require_currency

amounts = st.decimals(-LARGEST, LARGEST, places=2)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        (" 12.5 ", "12.50"),
        ("-.05", "-0.05"),
        ("7.", "7.00"),
        ("+3", "3.00"),
        ("1.1000", "1.10"),
        ("9999999999999999.99", "9999999999999999.99"),
        ("-9999999999999999.99", "-9999999999999999.99"),
    ],
)
def test_an_amount_is_read_exactly_with_two_places(text, amount):
    assert str(parse(text, "budget")) == amount


@pytest.mark.parametrize("text", ["", " ", "ten", "1,50", "1.2.3", "1_000", "$5", "٣", "１２", "0x10", "5 5"])
def test_what_nobody_means_by_an_amount_is_refused_with_its_place(text):
    with pytest.raises(BadInput) as refused:
        parse(text, "goals.2.budget")
    assert str(refused.value) == f"goals.2.budget: {text!r} is not an amount"


@pytest.mark.parametrize(
    "text", ["10000000000000000", "-10000000000000000", "1e17", "NaN", "sNaN", "-Infinity"]
)
def test_an_amount_that_the_lake_cannot_hold_is_refused(text):
    with pytest.raises(
        BadInput, match=r"budget: .* is outside what an amount can be \(±9999999999999999\.99\)"
    ):
        parse(text, "budget")


@pytest.mark.parametrize("text", ["0.001", "999999999999999.991", "1e-3", "0." + "0" * 60 + "1"])
def test_a_part_of_a_cent_is_refused_and_never_rounded_away(text):
    with pytest.raises(BadInput, match="more than two decimal places"):
        parse(text, "budget")


@given(amounts)
def test_an_amount_written_out_is_read_back_as_it_was(amount):
    assert parse(str(amount), "budget") == amount
    assert cents(amount) == amount


@given(st.integers(-(10**15), 10**15))
def test_a_half_cent_goes_to_the_even_one(half):
    rounded = cents(Decimal(half) / 200) * 100
    assert abs(rounded - Decimal(half) / 2) <= Decimal("0.5")
    if half % 2:
        assert rounded % 2 == 0


def test_rounding_many_half_cents_does_not_drift():
    # 0.005, 0.015, 0.025 ... 9.995 sum to 1000 x 5.00 = 5000 exactly; rounding each up would give 5005.
    assert sum(cents(Decimal(n) / 1000) for n in range(5, 10_000, 10)) == Decimal("5000.00")


@pytest.mark.parametrize("code", ["", "US", "USDX", "usd", "Usd", "U1D", "U D", "US$", "ÜSD", "USD\n", "€UR"])
def test_a_currency_that_is_no_code_is_refused_by_name(code):
    with pytest.raises(BadInput) as refused:
        require_currency(code)
    assert str(refused.value) == f"currency {code!r} is not a three-letter code such as USD"


@pytest.mark.parametrize("code", ["USD", "EUR", "CHF"])
def test_a_code_of_three_letters_is_a_currency(code):
    require_currency(code)
