"""When an occasion is next: every year, once, with and without a day, and on 29 February (R55)."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.engine.profiles.occasions import is_day, next_on, quiet_days, read_when, recurs


@pytest.mark.parametrize(
    ("month", "day", "on", "next_day"),
    [
        (7, 1, "2017-07-01", "2017-07-01"),
        (6, 30, "2017-07-01", "2018-06-30"),
        (12, 31, "2017-12-31", "2017-12-31"),
        (1, 1, "2017-12-31", "2018-01-01"),
        # Born on 29 February: on 28 February in other years, on the day itself in a leap year.
        (2, 29, "2017-02-01", "2017-02-28"),
        (2, 29, "2017-03-01", "2018-02-28"),
        (2, 29, "2019-03-01", "2020-02-29"),
        (2, 29, "2020-02-29", "2020-02-29"),
        # Only the month is known: the whole of it.
        (9, None, "2017-07-01", "2017-09-01"),
        (7, None, "2017-07-20", "2017-07-01"),
        (6, None, "2017-07-20", "2018-06-01"),
    ],
)
def test_R55_what_comes_every_year(month, day, on, next_day):
    assert next_on(month, day, None, True, date.fromisoformat(on)) == date.fromisoformat(next_day)


def test_R55_what_comes_once_is_past_when_it_was():
    assert next_on(9, 15, 2017, False, date(2017, 7, 1)) == date(2017, 9, 15)
    assert next_on(9, 15, 2017, False, date(2017, 9, 15)) == date(2017, 9, 15)
    assert next_on(9, 15, 2017, False, date(2017, 9, 16)) is None
    assert next_on(9, None, 2017, False, date(2017, 9, 30)) == date(2017, 9, 1)
    assert next_on(9, None, 2017, False, date(2017, 10, 1)) is None


def test_what_begins_in_a_year_to_come_is_not_kept_before():
    assert next_on(5, 5, 2019, True, date(2017, 7, 1)) == date(2019, 5, 5)


def test_the_last_year_of_the_calendar_has_no_next_one():
    assert next_on(1, 1, None, True, date(9999, 12, 31)) is None


@given(st.integers(1, 12), st.integers(1, 31), st.dates(date(1900, 1, 1), date(2100, 1, 1)))
def test_the_next_day_is_within_a_year_of_days_and_never_past(month, day, on):
    if is_day(None, month, day):
        found = next_on(month, day, None, True, on)
        assert on <= found <= on + timedelta(days=366)
        assert found.month == month


@pytest.mark.parametrize(
    ("year", "month", "day", "there"),
    [(None, 2, 29, True), (2017, 2, 29, False), (2016, 2, 29, True), (None, 2, 30, False), (None, 13, 1, False),
     (None, 0, None, False), (2017, 4, 31, False), (2017, 4, 0, False), (0, 1, 1, False), (None, 4, None, True)],
)  # fmt: skip
def test_what_is_a_day(year, month, day, there):
    assert is_day(year, month, day) is there


def test_what_a_class_says_of_its_occasions():
    assert (recurs("person.birthday"), recurs("events.wedding")) == (True, False)
    assert (quiet_days("events.bereavement"), quiet_days("events.wedding")) == (90, None)
    assert read_when("date", "2016-02-29") == (2016, 2, 29)
    assert read_when("month", "2017-09") == (2017, 9, None)
    assert read_when("text", "2017-09") is None
