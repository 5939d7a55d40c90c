"""Figures, ranges, days and instants as people read them."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.desk.web import formats

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
MINUS = formats.MINUS


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        (1_234_567, "1.2 M"),
        (Decimal("-1234567"), f"{MINUS}1.2 M"),
        (0, "0"),
        (Decimal("812.4"), "812.40"),
        (950, "950"),
        (1000, "1.0 k"),
        (Decimal("999.994"), "999.99"),
        (Decimal("999.996"), "1.0 k"),
        (999_949, "999.9 k"),
        (999_950, "1.0 M"),
        (999_950_000, "1.0 B"),
        (4_200_000_000_000, "4,200.0 B"),
        (1_250_000, "1.3 M"),
        (None, "unknown"),
    ],
)
def test_money_short(amount: Decimal | int | None, written: str) -> None:
    assert formats.money_short(amount) == written


def test_money_names_its_currency_and_unknown_has_none() -> None:
    assert formats.money_short(Decimal("4596039.58"), "USD") == "4.6 M USD"
    assert formats.money_exact(Decimal("4596039.58"), "USD") == "4,596,039.58 USD"
    assert formats.money_exact(Decimal("-0.004"), "USD") == "0.00 USD"
    assert formats.money_exact(None, "USD") == "unknown"


@pytest.mark.parametrize(
    ("low", "high", "written"),
    [
        (1_100_000, 1_400_000, "1.1-1.4 M"),
        (900_000, 1_400_000, "900.0 k-1.4 M"),
        (-200_000, 300_000, f"{MINUS}200.0 to 300.0 k"),
        (12, 80, "12-80"),
        (None, 5, "unknown"),
    ],
)
def test_a_range_names_its_step_once(low: int | None, high: int | None, written: str) -> None:
    assert formats.range_short(low, high) == written


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("In core with 3456789.12 USD, 999.00 USD short", "In core with 3,456,789.12 USD, 999.00 USD short"),
        ("spend -1242.24, 1000.00 when last placed.", "spend -1,242.24, 1,000.00 when last placed."),
        ("Ends with 1234.50.", "Ends with 1,234.50."),
        ("Customer 20170630 of 2017-06-30, version 1234", "Customer 20170630 of 2017-06-30, version 1234"),
        ("host 10.1234.56 or build 1234.567, A1234.56", "host 10.1234.56 or build 1234.567, A1234.56"),
        ("1,234.50 is written already", "1,234.50 is written already"),
        ("", ""),
    ],
)
def test_amounts_in_a_stored_sentence_are_written_as_everywhere_else(said: str, written: str) -> None:
    assert formats.sentence(said) == written
    assert formats.sentence(written) == written


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("3198200.1", "3,198,200.1"),
        ("10000", "10,000"),
        ("-25000.50", f"{MINUS}25,000.50"),
        ("1E+7", "10,000,000"),
        ("1974", "1974"),
        ("2.5", "2.5"),
        ("NaN", "NaN"),
        ("Infinity", "Infinity"),
        ("about 20000", "about 20000"),
        ("", ""),
    ],
)
def test_a_number_that_somebody_said_keeps_its_digits(said: str, written: str) -> None:
    assert formats.number_said(said) == written


@pytest.mark.parametrize(
    ("share", "places", "written"),
    [(0.3, 0, "30 %"), (Decimal("0.0873"), 1, "8.7 %"), (-0.021, 1, f"{MINUS}2.1 %"), (None, 0, "unknown")],
)
def test_percent(share: float | Decimal | None, places: int, written: str) -> None:
    assert formats.percent(share, places) == written


def test_a_difference_always_shows_its_sign() -> None:
    assert [formats.signed_percent(share) for share in (0.042, -0.002, 0)] == [
        "+4.2 %",
        f"{MINUS}0.2 %",
        "0.0 %",
    ]


@pytest.mark.parametrize(
    ("gap", "words"),
    [
        (timedelta(seconds=20), "now"),
        (timedelta(seconds=50), "50 seconds ago"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(hours=3, minutes=40), "3 hours ago"),
        (timedelta(days=1), "1 day ago"),
        (timedelta(days=30), "30 days ago"),
        (timedelta(days=40), "1 month ago"),
        (timedelta(days=800), "2 years ago"),
        (timedelta(days=-2), "in 2 days"),
    ],
)
def test_relative_time(gap: timedelta, words: str) -> None:
    assert formats.relative(NOW - gap, NOW) == words


def test_relative_time_compares_instants_not_clock_faces() -> None:
    tokyo = timezone(timedelta(hours=9))
    assert formats.relative(datetime(2026, 3, 1, 18, 0, tzinfo=tokyo), NOW) == "3 hours ago"


def test_days_and_instants() -> None:
    assert formats.day(date(2026, 3, 1)) == "2026-03-01"
    assert formats.instant(NOW) == "2026-03-01 12:00 UTC"
    assert {formats.day(None), formats.instant(None), formats.relative(None, NOW), formats.count(None)} == {
        "unknown"
    }


@pytest.mark.parametrize(
    ("seconds", "written"),
    [(3725, "1 h 2 min"), (42.4, "42 s"), (0, "0 s"), (60, "1 min"), (None, "unknown")],
)
def test_duration(seconds: float | None, written: str) -> None:
    assert formats.duration(seconds) == written


@given(st.decimals(min_value=-(10**11), max_value=10**11, places=2))
def test_the_short_form_is_within_half_of_its_last_digit(amount: Decimal) -> None:
    written = formats.short(amount).replace(MINUS, "-").replace(",", "")
    figure, _, letter = written.partition(" ")
    factor = {"": 1, "k": 10**3, "M": 10**6, "B": 10**9}[letter]
    half = Decimal("0.005") if not letter else Decimal("0.05") * factor
    assert abs(Decimal(figure) * factor - amount) <= half
    assert abs(Decimal(figure)) < 1000
