"""R19, R38: the elements of a program in their order, ready by their data, and its phases under a yearly cap."""

from datetime import date
from decimal import Decimal

import msgspec
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from sterna.engine import plans
from sterna.engine.plans.phases import schedule
from sterna.engine.plans.readiness import ELEMENTS, measured
from sterna.engine.plans.strategy import Phase
from tests.engine.flow.small_world import PLAN as SMALL

PHASES = [
    {
        "id": "cards",
        "element": "identify",
        "owner": "Ada",
        "cost": 60,
        "opens": "2017-02-01",
        "proof": "cards",
    },
    {
        "id": "mails",
        "element": "communicate",
        "owner": "Ben",
        "cost": 50,
        "opens": "2017-07-01",
        "proof": "mails",
    },
    {
        "id": "thanks",
        "element": "recognize",
        "owner": "Eve",
        "cost": 30,
        "opens": "2018-01-01",
        "proof": "thanks",
    },
]
READY = [
    {"element": "communicate", "measure": "reachable.email", "at_least": 0.5},
    {"element": "recognize", "measure": "identified", "at_least": 0.8},
]


def document(**parts):
    written = yaml.safe_load(SMALL) | {"phases": PHASES, "readiness": READY, "yearly_cap": 110} | parts
    return plans.load(yaml.safe_dump(written), lambda name: name)


def found(known=None, **parts):
    listed = plans.check(
        document(**parts), known or plans.Known(reachable={"email": 0.9}, identified={"till": 0.9})
    )
    return {one.code: one for one in listed if one.code[:3] in ("R19", "R38")}


def test_R19_a_program_in_order_and_ready_is_refused_nothing():
    assert set(found()) == {"R19-not-available"}


@pytest.mark.parametrize(("share", "refused"), [(0.41, True), (0.79, True), (0.80, False), (0.95, False)])
def test_R19_recognition_waits_until_enough_is_identified(share, refused):
    known = plans.Known(reachable={"email": 0.9}, identified={"till": share, "mail": 0.99})
    finding = found(known).get("R19-not-ready")
    assert (finding is not None) == refused
    if finding:
        assert finding.severity == "error"
        assert f"recognize while identified is {share:.1%}, under 80.0%" in finding.message


def test_R19_an_asset_that_recognizes_begins_recognition_without_any_phase():
    asset = yaml.safe_load(SMALL)["assets"][0] | {"purpose": "recognition"}
    known = plans.Known(identified={"till": 0.2})
    assert "asset voucher begins" in found(known, phases=[], assets=[asset])["R19-not-ready"].message
    assert "R19-not-ready" not in found(known, phases=[])


def test_R19_what_was_not_measured_is_neither_enough_nor_too_little():
    told = found(plans.Known())
    assert told["R19-not-measured"].severity == "note" and "R19-not-ready" not in told


def test_R19_measures_are_read_by_name_and_unknown_is_not_zero():
    known = plans.Known(identified={"till": 0.9, "web": 0.3}, fill={"demography.age": 0.4})
    assert measured("identified", known) == 0.3
    assert measured("identified.till", known) == 0.9
    assert measured("fill.demography.age", known) == 0.4
    assert measured("fill.demography.sex", known) is None
    assert measured("reachable.email", known) is None


def test_R19_a_more_basic_element_comes_first_and_what_has_no_threshold_is_warned_of():
    assert found(phases=[PHASES[1], PHASES[0] | {"opens": "2017-08-01"}])["R19-order"].severity == "warning"
    assert "recognize" in found(readiness=READY[:1])["R19-no-threshold"].message


@pytest.mark.parametrize("element", ELEMENTS)
def test_R19_what_the_product_cannot_do_yet_is_not_available(element):
    told = found(phases=[PHASES[0] | {"element": element}])
    assert ("R19-not-available" in told) == (element not in ("identify", "communicate"))


def years(**parts):
    return [item.year for item in schedule(document(**parts).plan)]


def test_R38_a_lower_cap_defers_and_never_exceeds():
    assert years(yearly_cap=110) == [2017, 2017, 2018]
    assert years(yearly_cap=109) == [2017, 2018, 2018]
    assert years(yearly_cap=60) == [2017, 2018, 2019]
    finding = found(yearly_cap=109)["R38-deferred"]
    assert finding.severity == "warning"
    assert "phase mails (50.00) is deferred from 2017 to 2018 by the cap of 109.00" in finding.message


def test_R38_a_phase_dearer_than_the_cap_is_refused_and_keeps_back_what_builds_on_it():
    assert years(yearly_cap=55) == [None, None, None]
    told = found(yearly_cap=55)
    assert "phase cards costs 60.00, more than the 55.00 of a whole year" in told["R38-dearer"].message
    assert "waits for phase cards for ever" in told["R38-waits"].message
    assert {told["R38-dearer"].severity, told["R38-waits"].severity} == {"error"}


def test_R38_an_unknown_cost_is_not_zero():
    assert years(phases=[PHASES[0], PHASES[1] | {"cost": None}, PHASES[2]]) == [2017, None, None]


def test_R38_without_a_cap_each_phase_comes_as_wished_and_the_cap_is_asked_for():
    assert years(yearly_cap=None) == [2017, 2017, 2018]
    assert found(yearly_cap=None)["R38-cap"].severity == "error"


BASE = document().plan
COSTS = st.lists(st.tuples(st.integers(0, 90), st.integers(2017, 2021)), min_size=1, max_size=8)


@given(costs=COSTS, cap=st.integers(1, 120), less=st.integers(0, 60))
def test_R38_no_year_exceeds_the_cap_and_a_lower_one_only_defers(costs, cap, less):
    phases = tuple(
        Phase(id=f"p{at}", cost=Decimal(cost), opens=date(year, 3, 1))
        for at, (cost, year) in enumerate(costs)
    )
    plan = msgspec.structs.replace(BASE, phases=phases, yearly_cap=Decimal(cap))
    items = schedule(plan)
    spent: dict[int, Decimal] = {}
    for item in items:
        if item.year is not None:
            spent[item.year] = spent.get(item.year, Decimal(0)) + item.cost
    assert all(total <= cap for total in spent.values())
    done = [item.year for item in items if item.year is not None]
    assert done == sorted(done) and all(item.year >= item.wished for item in items[: len(done)])
    assert [item.year for item in items[len(done) :]] == [None] * (len(items) - len(done))
    lower = schedule(msgspec.structs.replace(plan, yearly_cap=Decimal(max(1, cap - less))))
    assert all(
        b.year is None or (a.year is not None and b.year >= a.year) for a, b in zip(items, lower, strict=True)
    )
