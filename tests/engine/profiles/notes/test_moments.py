"""Days, months, numbers and amounts as people write them."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.engine.profiles.notes import load_cues
from sterna.engine.profiles.notes.moments import Moments, amount, number
from tests.engine.profiles.notes.labels import example

CUES = load_cues(example("english.cues.yaml"))
WEDNESDAY = date(2024, 5, 15)


def found(text, when="next", on=WEDNESDAY):
    moments = [one.leaning(on, when) for one in Moments(CUES).find(text, on)]
    return [(one.month.isoformat()[:7], one.day and one.day.isoformat()) for one in moments]


@pytest.mark.parametrize(
    ("text", "month", "day"),
    [
        ("on 2024-02-29", "2024-02", "2024-02-29"),
        ("on 3 November", "2024-11", "2024-11-03"),
        ("on November 3rd", "2024-11", "2024-11-03"),
        ("on November 3, 2021", "2021-11", "2021-11-03"),
        ("the 1st of Jan 2026", "2026-01", "2026-01-01"),
        ("in Sept. 2025", "2025-09", None),
        ("in june", "2024-06", None),
        ("12.6.", "2024-06", "2024-06-12"),
        ("12/6/2023", "2023-06", "2023-06-12"),
        ("yesterday", "2024-05", "2024-05-14"),
        ("last week", "2024-05", "2024-05-08"),
        ("on Tuesday", "2024-05", "2024-05-14"),
        ("on Wednesday", "2024-05", "2024-05-08"),
        ("next month", "2024-06", None),
        ("at year end", "2024-12", None),
    ],
)
def test_a_moment_is_found(text, month, day):
    assert found(text) == [(month, day)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "31.2.",
        "0/5",
        "5/13",
        "2024-13-01",
        "1.5 million",
        "marching on",
        "3.14159",
        "room 12/6/7/8",
    ],
)
def test_what_is_no_moment_is_none(text):
    assert found(text) == []


def test_a_year_that_is_not_said_leans_forward_or_back():
    assert found("in March", "next") == [("2025-03", None)]
    assert found("in March", "last") == [("2024-03", None)]
    assert found("in July", "last") == [("2023-07", None)]
    assert found("in May", "next") == found("in May", "last") == [("2024-05", None)]
    assert found("in July 2024", "last") == [("2024-07", None)]


def test_the_29th_of_february_falls_away_in_a_year_without_it():
    # Seen from May 2024 the next February is that of 2025, which has no 29th: the month stays, the day does not.
    assert found("29 February", "next") == [("2025-02", None)]
    assert found("29 February", "last") == [("2024-02", "2024-02-29")]


def test_december_turns_the_year():
    assert found("next month", on=date(2024, 12, 31)) == [("2025-01", None)]
    assert found("last month", on=date(2025, 1, 1)) == [("2024-12", None)]
    assert found("yesterday", on=date(2025, 1, 1)) == [("2024-12", "2024-12-31")]


def test_several_moments_stand_in_order_and_never_over_one_another():
    assert found("from 3 July to 5 August 2025, not in 2026-01-01") == [
        ("2024-07", "2024-07-03"),
        ("2025-08", "2025-08-05"),
        ("2026-01", "2026-01-01"),
    ]


@given(st.dates(date(1950, 1, 1), date(2099, 12, 31)))
def test_a_day_is_read_as_it_was_written(day):
    assert found(f"on {day.isoformat()}") == [(day.isoformat()[:7], day.isoformat())]
    assert found(f"on {day.day} {day:%B} {day.year}") == [(day.isoformat()[:7], day.isoformat())]


@pytest.mark.parametrize(
    ("text", "count"),
    [("3", 3), ("three", 3), (" Two ", 2), ("007", 7), ("many", None), ("²", None), ("-1", None), ("", None)],
)
def test_a_number_in_digits_or_words(text, count):
    assert number(text, CUES) == count


@pytest.mark.parametrize(
    ("text", "sum_said"),
    [
        ("$2.5 million", Decimal("2500000")),
        ("800k", Decimal("800000")),
        ("1,200,000", Decimal("1200000")),
        ("CHF 5'000'000", Decimal("5000000")),
        ("two million", Decimal("2000000")),
        ("1.5bn", Decimal("1500000000")),
        ("30 mio", Decimal("30000000")),
        ("rich million", None),
        ("much", None),
    ],
)
def test_an_amount_is_read_exactly(text, sum_said):
    assert amount(text, CUES) == sum_said
