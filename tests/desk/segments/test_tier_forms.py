"""The forms of tiers: what is typed becomes the scheme and reads back the same; what is wrong stands at its field."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sterna.desk.segments.tier_forms import (
    OverrideForm,
    TierForm,
    first_error,
    measures,
    places_to_say,
    shown,
)
from sterna.engine.segments import Band, Holding, Scheme, check_scheme
from sterna.engine.value.catalogue import BY_NAME
from tests.desk.runs import shop

pytestmark = pytest.mark.django_db
FORM = {
    "name": "value",
    "measure": "spend",
    "window_months": "6",
    "place_0": "bronze",
    "low_0": "0.01",
    "place_1": "silver",
    "low_1": "250",
    "low_water": "",
    "minimum_hold_days": "0",
    "grace_days": "0",
    "downgrade": "by_amount",
    "change_limit": "",
}


def test_what_is_typed_is_the_scheme():
    form = TierForm({**FORM, "low_water": "0.9", "grace_days": "14", "change_limit": "0.25"})
    assert form.is_valid(), form.errors
    assert form.scheme() == Scheme(
        name="value",
        currency="USD",
        window_months=6,
        bands=(Band("bronze", 1, Decimal("0.01"), Decimal(250)), Band("silver", 2, Decimal(250))),
        cut={"edges": "as written"},
        holding=Holding(low_water=Decimal("0.9"), grace_days=14),
        change_limit=Decimal("0.25"),
    )


def test_a_line_that_is_left_empty_between_two_is_no_tier():
    form = TierForm({**FORM, "place_1": "", "low_1": "", "place_2": "gold", "low_2": "900"})
    assert form.is_valid(), form.errors
    assert [(band.place, band.rank, band.high) for band in form.scheme().bands] == [
        ("bronze", 1, Decimal(900)),
        ("gold", 2, None),
    ]


@pytest.mark.parametrize(
    ("change", "field", "said"),
    [
        ({"name": ""}, "name", "give it a name"),
        ({"place_1": "", "low_1": "250"}, "place_1", "name the tier that starts here"),
        ({"low_1": ""}, "low_1", "say where silver starts"),
        ({"low_1": "a lot"}, "low_1", "write a number"),
        ({"low_1": "Infinity"}, "low_1", "write a number"),
        ({"place_0": "", "low_0": "", "place_1": "", "low_1": ""}, "place_0", "name at least one tier"),
        ({"window_months": "0"}, "window_months", "greater than or equal to 1"),
        ({"window_months": "six"}, "window_months", "write a whole number"),
        ({"grace_days": "4000"}, "grace_days", "less than or equal to 3660"),
        ({"minimum_hold_days": ""}, "minimum_hold_days", "write a whole number"),
        ({"downgrade": "sideways"}, "downgrade", "Select a valid choice"),
        ({"measure": "luck"}, "measure", "Select a valid choice"),
        ({"measure": "fact:name.full"}, "measure", "Select a valid choice"),
        ({"low_water": "most"}, "low_water", "write a number"),
    ],
)
def test_what_is_wrong_stands_at_its_field_and_in_its_line(change, field, said):
    form = TierForm(FORM | change)
    assert not form.is_valid()
    assert said in form.errors[field][0]
    assert said in first_error(form)
    wrong = [line for line in form.lines if line.wrong]
    assert len(wrong) == 1 and said in wrong[0].wrong


def test_there_is_always_one_more_line_up_to_twelve():
    assert TierForm(FORM).tiers == 4
    five = {f"place_{number}": f"t{number}" for number in range(5)}
    assert TierForm(FORM | five).tiers == 6
    many = {f"place_{number}": f"t{number}" for number in range(30)}
    assert TierForm(FORM | many).tiers == 12


def test_the_name_is_asked_for_only_where_there_is_none_yet():
    assert next(TierForm(FORM).lines).name == "name"
    assert next(TierForm(FORM, {"name": "value"}).lines).name == "measure"


def test_tiers_can_go_by_every_measure_of_value_and_by_facts_that_are_numbers():
    value, facts = (dict(choices) for _, choices in measures())
    assert set(value) == set(BY_NAME)
    assert "fact:shopping.budget" in facts and "fact:name.full" not in facts


EDGES = st.lists(
    st.decimals(min_value=0, max_value=10**9, places=2, allow_nan=False), min_size=1, max_size=8, unique=True
)
HELD = st.builds(
    Holding,
    low_water=st.sampled_from([Decimal(1), Decimal("0.5"), Decimal("0.9")]),
    minimum_hold_days=st.integers(0, 3660),
    grace_days=st.integers(0, 3660),
    downgrade=st.sampled_from(["by_amount", "one_down"]),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edges=EDGES, holding=HELD, limit=st.none() | st.sampled_from([Decimal("0.05"), Decimal(1)]))
def test_a_scheme_reads_back_from_the_form_as_it_was(edges, holding, limit):
    lows = sorted(edges)
    bands = enumerate(zip(lows, [*lows[1:], None], strict=True), start=1)
    scheme = Scheme(
        name="value",
        currency="USD",
        window_months=6,
        bands=tuple(Band(f"t{rank}", rank, low, high) for rank, (low, high) in bands),
        cut={"edges": "as written"},
        holding=holding,
        change_limit=limit,
    )
    check_scheme(scheme)
    typed = {name: str(value) for name, value in shown(scheme).items()}
    form = TierForm(typed)
    assert form.is_valid(), form.errors
    assert form.scheme() == scheme


SAID = {"kind": "floor", "at": "value/silver", "ends_on": "2018-06-01", "reason": "a founder"}


def test_an_override_is_read_with_its_scheme_and_place():
    form = OverrideForm(SAID)
    assert form.is_valid()
    assert form.said() == ("value", "floor", "silver", date(2018, 6, 1))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"kind": "wish"}, "Select a valid choice"),
        ({"ends_on": "2018-02-30"}, "write the day as"),
        ({"ends_on": ""}, "say until when"),
        ({"reason": ""}, "write why"),
        ({"at": ""}, "required"),
        ({"at": "x" * 300}, "at most 200"),
    ],
)
def test_an_override_that_is_not_complete_says_what_is_missing(change, said):
    form = OverrideForm(SAID | change)
    assert not form.is_valid() and said in first_error(form)


def test_every_place_of_a_scheme_in_force_can_be_said_and_none_too():
    assert places_to_say() == []
    shop.tiers()
    assert places_to_say() == [
        ("value/bronze", "value: bronze"),
        ("value/silver", "value: silver"),
        ("value/none", "value: none"),
    ]
