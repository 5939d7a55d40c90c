"""R88: planned contacts by week against hours, capacities, money and reach, with figures worked by hand."""

from datetime import date

import msgspec
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from sterna.engine import plans
from sterna.engine.plans.strategy import Blackout
from sterna.engine.plans.volumes import weeks
from tests.engine.flow.small_world import PLAN as SMALL

PLAN = yaml.safe_load(SMALL) | {"budget": "1000.00", "opens": "2017-09-04", "closes": "2017-10-01"}
ROUTE = {"medium": "email", "touchpoint": "mail", "preference": 1, "contact_cost": "0.02"}


def document(route=None, asset=None, **parts):
    """Four weeks from Monday, 4 September 2017, with one asset that goes one way."""
    written = PLAN["assets"][0] | {"routes": [ROUTE | (route or {})]} | (asset or {})
    goals = [PLAN["goals"][0] | {"by": "2017-10-01"}]
    return plans.load(yaml.safe_dump(PLAN | {"assets": [written], "goals": goals} | parts), lambda name: name)


def found(known=None, **parts):
    return {
        one.code: one
        for one in plans.check(document(**parts), known or plans.Known())
        if one.code.startswith("R88")
    }


def table(**parts):
    return [
        (week.week, week.kind, week.resource, week.used, week.limit) for week in weeks(document(**parts).plan)
    ]


BASE = document().plan
STAFF = [{"id": "store-staff", "title": "store staff", "owner": "Ben", "hours_per_week": 40}]
WORK = {"planned": 552, "minutes": 20, "team": "store-staff"}
MONDAYS = [date(2017, 9, day) for day in (4, 11, 18, 25)]


def test_R88_planned_contacts_are_spread_evenly_over_the_weeks_of_the_season():
    contacts = [(monday, "contacts", "mail", 138.0, None) for monday in MONDAYS]
    hours = [(monday, "hours", "store-staff", 46.0, 40.0) for monday in MONDAYS]
    assert table(route=WORK, teams=STAFF) == sorted(contacts + hours)


def test_R88_over_the_hours_fails_with_week_and_numbers():
    finding = found(route=WORK, teams=STAFF)["R88-hours"]
    assert finding.severity == "error" and finding.where == "teams[0].hours_per_week"
    assert finding.message == (
        "week of 2017-09-04 needs 46.0 hours of store staff, who have 40.0 (3 more weeks are over it)"
    )
    assert found(route=WORK | {"planned": 480}, teams=STAFF) == {}


def test_R88_a_week_that_begins_late_has_only_its_days():
    season = {"opens": "2017-09-09", "closes": "2017-09-12"}  # Saturday to Tuesday
    assert [row[3] for row in table(route={"planned": 100}, asset=season)] == [50.0, 50.0]


def test_R88_nothing_goes_out_during_a_blackout_and_the_rest_bears_it():
    dark = [{"opens": "2017-09-11", "closes": "2017-09-17", "media": ["email"]}]
    rows = table(route={"planned": 210}, blackouts=dark)
    assert [(row[0], row[3]) for row in rows] == [(monday, 70.0) for monday in MONDAYS if monday.day != 11]
    other = [{"opens": "2017-09-11", "closes": "2017-09-17", "media": ["phone"]}]
    assert [row[3] for row in table(route={"planned": 280}, blackouts=other)] == [70.0] * 4


def test_R88_a_blackout_of_the_whole_season_is_refused():
    dark = [{"opens": "2017-09-01", "closes": "2017-12-31", "why": "The move"}]
    finding = found(route={"planned": 210}, blackouts=dark)["R88-blackout"]
    assert "has 210 contacts planned, none of which can go" in finding.message
    assert "2017-09-04" in finding.message


def test_R88_a_touchpoint_takes_so_many_a_week_from_all_assets_together():
    mail = PLAN["touchpoints"][1] | {"capacity_per_week": 100}
    points = [PLAN["touchpoints"][0], mail]
    assert found(route={"planned": 400}, touchpoints=points) == {}
    finding = found(route={"planned": 401}, touchpoints=points)["R88-touchpoint"]
    assert finding.message.startswith("week of 2017-09-04 sends 100.2 through mail, which takes 100")


def test_R88_a_budget_names_the_week_in_which_it_is_gone():
    # 2.02 each: 495 are paid by 999.90, the 496th is not.
    assert found(route={"planned": 495}) == {}
    finding = found(route={"planned": 496})["R88-budget"]
    assert "cost 1,001.92, and the budget of 1,000.00 is gone in the week of 2017-09-25" in finding.message
    assert "week of 2017-09-18" in found(route={"planned": 700})["R88-budget"].message


def test_R88_a_route_and_an_asset_have_so_many():
    assert found(route={"planned": 100, "capacity": 100}) == {}
    assert "capacity of 99 is gone in the week of 2017-09-25" in (
        found(route={"planned": 100, "capacity": 99})["R88-route"].message
    )
    fifth = {"capacity": 19, "effect": {"take_up": 0.2}}
    assert "would be taken up 20 times" in found(route={"planned": 100}, asset=fifth)["R88-asset"].message
    assert found(route={"planned": 100}, asset=fifth | {"capacity": 20}) == {}
    assert "R88-asset" in found(route={"planned": 100}, asset={"capacity": 99})


def test_R88_no_more_are_planned_than_may_be_reached():
    known = plans.Known(headcounts={"bronze": 200, "silver": 900}, reachable={"email": 0.5})
    assert found(known, route={"planned": 100}) == {}
    assert "100 can be had" in found(known, route={"planned": 101})["R88-reach"].message
    # After a rest of 14 days each may be had again in the same four weeks.
    assert found(known, route={"planned": 200}, asset={"rest_days": 14}) == {}
    assert found(plans.Known(reachable={"email": 0.5}), route={"planned": 300}) == {}


def test_R88_where_nothing_is_planned_nothing_is_compared():
    assert table() == [] and found(teams=STAFF) == {}


def test_R88_a_season_of_a_thousand_years_is_a_slip_and_takes_no_time():
    finding = found(route={"planned": 5}, asset={"closes": "3017-01-01"})["R88-season"]
    assert "from 2017-09-04 to 3017-01-01" in finding.message
    assert table(route={"planned": 5}, asset={"opens": "0001-01-01", "closes": "0001-01-02"})[0][3] == 5.0


@given(
    planned=st.integers(1, 5000),
    first=st.dates(date(2017, 1, 1), date(2018, 12, 31)),
    length=st.integers(0, 400),
    dark=st.lists(st.tuples(st.integers(0, 300), st.integers(0, 60)), max_size=3),
)
def test_R88_the_weeks_add_up_to_what_is_planned_and_none_is_dark(planned, first, length, dark):
    def day(offset):
        return date.fromordinal(first.toordinal() + offset)

    nights = [(day(start), day(start + days)) for start, days in dark]
    base = BASE.assets[0]
    route = msgspec.structs.replace(base.routes[0], planned=planned)
    asset = msgspec.structs.replace(base, opens=first, closes=day(length), routes=(route,))
    blackouts = tuple(Blackout(opens=opens, closes=closes) for opens, closes in nights)
    plan = msgspec.structs.replace(BASE, assets=(asset,), blackouts=blackouts)
    rows = weeks(plan)
    every = [day(offset) for offset in range(length + 1)]
    light = [one for one in every if not any(opens <= one <= closes for opens, closes in nights)]
    assert sum(row.used for row in rows) == pytest.approx(planned if light else 0)
    mondays = {date.fromordinal(one.toordinal() - one.weekday()) for one in light}
    assert {row.week for row in rows} == mondays
