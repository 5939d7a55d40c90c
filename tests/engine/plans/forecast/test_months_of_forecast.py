"""The months of a forecast and the contacts in each."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.engine.errors import BadInput
from sterna.engine.plans.forecast.calendar import contacts, month_of, month_starts
from tests.engine.plans.forecast.small import AS_OF, asset, plan


def test_months_begin_the_day_after_and_end_with_the_plan() -> None:
    assert month_starts(plan(), AS_OF) == (date(2017, 7, 1), date(2017, 8, 1))
    assert month_starts(plan(), date(2017, 7, 31)) == (date(2017, 8, 1),)
    assert month_starts(plan(closes="2017-09-01"), AS_OF)[-1] == date(2017, 9, 1)


def test_months_that_begin_on_the_last_days_stay_inside_their_month() -> None:
    starts = month_starts(plan(closes="2018-03-30"), date(2017, 12, 30))
    assert starts == (date(2017, 12, 31), date(2018, 1, 31), date(2018, 2, 28))


def test_a_day_is_in_the_month_that_began_last() -> None:
    starts = month_starts(plan(), AS_OF)
    days = [date(2017, 1, 1), date(2017, 7, 31), date(2017, 8, 1), date(2018, 8, 1)]
    assert [month_of(starts, day) for day in days] == [0, 0, 1, 1]


def test_contacts_are_counted_by_the_month_of_their_week() -> None:
    route = {"medium": "email", "touchpoint": "mail", "planned": 62}
    laid = contacts(
        plan(assets=[asset(opens=None, closes=None, routes=[route])]), month_starts(plan(), AS_OF)
    )
    ((_, found, by_month),) = laid
    assert found.planned == 62
    # One a day: July has the weeks from 1 July to 31 July, whose last begins on Monday the 31st and goes to 6 August.
    assert by_month == pytest.approx([37.0, 25.0])


def test_weeks_that_are_gone_have_no_contacts_left() -> None:
    starts = month_starts(plan(), date(2017, 7, 16))
    ((_, _, by_month),) = contacts(plan(), starts)
    assert by_month == pytest.approx([100.0, 0.0])  # the weeks of 17 and 24 July of four


def test_R60_what_is_held_back_loses_the_days_before_and_keeps_the_rest_as_planned() -> None:
    starts = month_starts(plan(), AS_OF)
    # 200 in the 28 days from Monday, 3 July to the 30th: from Thursday the 13th on 18 days are left.
    ((_, _, by_month),) = contacts(plan(), starts, {"voucher": date(2017, 7, 13)})
    assert by_month == pytest.approx([200 * 18 / 28, 0.0])
    for unmoved in ({}, {"voucher": date(2017, 7, 3)}, {"another": date(2017, 7, 13)}):
        ((_, _, by_month),) = contacts(plan(), starts, unmoved)
        assert by_month == pytest.approx([200.0, 0.0])
    ((_, _, by_month),) = contacts(plan(), starts, {"voucher": date(2017, 7, 31)})
    assert by_month == [0.0, 0.0]


@given(st.dates(date(2017, 7, 1), date(2017, 8, 31)), st.sets(st.integers(0, 20)))
def test_R60_each_day_of_waiting_costs_its_share_of_the_open_days(until: date, dark: set[int]) -> None:
    shut = [date(2017, 7, 5) + timedelta(days=day) for day in dark]
    blackouts = [{"id": f"b{day}", "opens": str(day), "closes": str(day)} for day in shut]
    summer = plan(blackouts=blackouts)
    ((_, _, by_month),) = contacts(summer, month_starts(summer, AS_OF), {"voucher": until})
    season = [date(2017, 7, 3) + timedelta(days=day) for day in range(28)]
    open_days = [day for day in season if day not in shut]
    left = [day for day in open_days if day >= until]
    assert sum(by_month) == pytest.approx(200 * len(left) / len(open_days))


def test_what_lies_behind_or_has_no_days_is_refused() -> None:
    with pytest.raises(BadInput, match="closes on 2017-08-31, so as of 2017-08-31 nothing"):
        month_starts(plan(), date(2017, 8, 31))
    with pytest.raises(BadInput, match="does not say when it opens"):
        month_starts(plan(opens=None), AS_OF)
    with pytest.raises(BadInput, match="more than 120 months"):
        month_starts(plan(closes="2037-08-31"), AS_OF)
