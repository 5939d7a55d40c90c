"""An offer states the finest class it wants and falls back up the tree (R65), in what a message says."""

from datetime import date

import pytest

from sterna.channels.content import personal_context

ON = date(2017, 7, 1)
RESORT = "leisure.travel.pleasure.family.branded_resort"
LINES = {
    RESORT: (RESORT, "leisure.travel.pleasure.family", "leisure.travel.pleasure", "leisure.travel", "leisure"),
    "leisure.travel.pleasure.family": (
        "leisure.travel.pleasure.family", "leisure.travel.pleasure", "leisure.travel", "leisure",
    ),
    "leisure.travel.pleasure": ("leisure.travel.pleasure", "leisure.travel", "leisure"),
    "leisure.travel.pleasure.cruise": (
        "leisure.travel.pleasure.cruise", "leisure.travel.pleasure", "leisure.travel", "leisure",
    ),
    "interests": ("interests",),
}  # fmt: skip
USE = {
    "name": "travel",
    "class": RESORT,
    "max_age_days": 365,
    "fallback": "something nice",
    "offers": {RESORT: "a family week at your resort", "leisure.travel.pleasure": "a week of leisure"},
}


def told(*facts: str, value: str = "yes", observed_on: date = ON):
    known = dict.fromkeys(facts, (value, observed_on))
    return personal_context(known, [USE], ON, LINES).used[0]


@pytest.mark.parametrize(
    ("facts", "offer"),
    [
        ((RESORT,), "a family week at your resort"),
        (("leisure.travel.pleasure",), "a week of leisure"),
        (("leisure.travel.pleasure.family",), "a week of leisure"),
        (("leisure.travel.pleasure.cruise",), "a week of leisure"),
        ((RESORT, "leisure.travel.pleasure"), "a family week at your resort"),
        (("interests",), "something nice"),
        ((), "something nice"),
    ],
)
def test_R65_full_fact_family_offer_pleasure_only_leisure_offer_none_generic(facts, offer):
    assert told(*facts).value == offer


def test_R65_a_no_and_a_stale_fact_offer_nothing():
    assert told(RESORT, value="no").value == "something nice"
    assert told(RESORT, observed_on=date(2016, 6, 30)).value == "something nice"


def test_the_reason_names_the_class_that_was_found():
    used = told("leisure.travel.pleasure.family")
    assert (used.fact_class, used.reason, used.observed_on) == ("leisure.travel.pleasure", "offer", ON)
    assert used.sentence() == (
        "travel = 'a week of leisure': leisure.travel.pleasure is the finest class that is known, "
        "observed on 2017-07-01"
    )


def test_without_the_tree_only_the_wanted_class_itself_counts():
    found = personal_context({"leisure.travel.pleasure": ("yes", ON)}, [USE], ON)
    assert found.values == {"travel": "something nice"}


def test_a_use_without_offers_is_as_it_was():
    use = {name: part for name, part in USE.items() if name != "offers"}
    assert personal_context({RESORT: ("yes", ON)}, [use], ON, LINES).values == {"travel": "yes"}
    assert personal_context({"leisure.travel.pleasure": ("yes", ON)}, [use], ON, LINES).values == {
        "travel": "something nice"
    }
