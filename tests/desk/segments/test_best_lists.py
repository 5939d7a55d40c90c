"""Lists of best customers computed out of published figures: by hand, beside the list before, unknown told apart."""

from datetime import date
from decimal import Decimal

import pytest

from sterna.desk.segments.best_lists import Sum, made_anew, preview
from sterna.desk.segments.best_texts import read
from sterna.desk.segments.models import BestMember
from sterna.engine.errors import BadInput
from tests.desk.segments import best

pytestmark = pytest.mark.django_db
# Ann buys most, Bo comes most, of Cy no order is known, Di's spend nobody knows, Ed and Flo tie.
PEOPLE = {
    "ann": {"spend": "900.00", "orders": 2, "breadth": 3, "expected_spend": "400.00", "alive": 0.9},
    "bo": {
        "spend": "100.00",
        "orders": 40,
        "breadth": 9,
        "expected_spend": "700.10",
        "alive": 0.123456789012345,
    },
    "cy": {"spend": "800.00"},
    "di": {"orders": 5, "breadth": 1},
    "ed": {"spend": "300.00", "orders": 3, "breadth": 2, "expected_spend": "0.00", "alive": float("nan")},
    "flo": {"spend": "300.00", "orders": 3, "breadth": 2, "expected_spend": "10.00", "alive": 0.5},
}
TAKEN = "{count: 3}"


def names(called, found):
    by_id = {str(pk): name for name, pk in called.items()}
    return [(by_id[one.customer], one.rank) for one in found.members]


def test_R15_two_definitions_of_the_same_figures_make_the_two_lists_that_can_be_told_by_hand():
    run, called = best.planted(PEOPLE)
    by_spend = made_anew(read(best.buyers(1, TAKEN)), run.pk, run.until)
    # 900, 800, then 300 twice: who ties with the third is in.
    assert names(called, by_spend) == [("ann", 1), ("cy", 2), ("ed", 3), ("flo", 3)]
    assert by_spend.ranked == 5 and by_spend.unknown == {str(called["di"]): "spend is unknown"}
    # Of five with orders: 40 is above four (.9), 5 above three (.7), 3 twice (.4), 2 above none (.1);
    # breadth 9 is .9, 3 is .7, 2 twice .4, 1 is .1: Bo .9, Di (3 × .7 + .1) / 4 = .55, both others .4, Ann .25.
    by_coming = made_anew(read(best.REGULARS.replace("share: 0.1", "share: 0.4")), run.pk, run.until)
    assert names(called, by_coming) == [("bo", 1), ("di", 2)]
    assert [one.score for one in by_coming.members] == [0.9, 0.55]


def test_R18_a_new_influencer_and_an_old_buyer_of_equal_worth_rank_equal():
    text = best.buyers().replace("{measure: spend}", "{measure: expected_spend}\n  - {measure: influence}")
    run, called = best.planted(
        {
            "old": {"expected_spend": "500.00", "influence": "0.00"},
            "new": {"expected_spend": "20.00", "influence": "480.00"},
            "less": {"expected_spend": "480.00", "influence": "19.99"},
        }
    )
    found = made_anew(read(text), run.pk, run.until)
    assert names(called, found) == [("old", 1), ("new", 1), ("less", 3)]


def test_R15_a_preview_tells_who_would_enter_and_leave_and_what_they_are_worth():
    run, called = best.planted(PEOPLE)
    for rank, name in enumerate(("bo", "cy", "ann"), start=1):
        BestMember.objects.create(
            run_id=run.pk, best="buyers", version=1, customer_id=called[name], score=Decimal(1), rank=rank
        )
    found = preview(read(best.buyers(2, TAKEN)), run.pk, run.until)
    assert found.before == 3
    assert (found.entered, found.left) == ((called["ed"], called["flo"]), (called["bo"],))
    assert (found.best.ranked, found.unknown) == (5, {"spend is unknown": 1})
    # 900 + 800 + 300 + 300; of Cy nobody knows what is to come: 400 + 0 + 10.
    assert found.worth == {"spend": Sum(Decimal("2300.00"), 0), "expected_spend": Sum(Decimal("410.00"), 1)}


def test_a_name_that_had_no_list_has_all_its_members_enter():
    run, called = best.planted(PEOPLE)
    found = preview(read(best.buyers(1, TAKEN)), run.pk, run.until)
    assert (found.before, len(found.entered), found.left) == (0, 4, ())
    assert found.entered[0] == called["ann"]


@pytest.mark.parametrize("people", [{}, {"di": {"orders": 1}}])
def test_with_nobody_to_be_ranked_nobody_enters_and_their_worth_is_unknown(people):
    run, called = best.planted(people)
    found = preview(read(best.buyers()), run.pk, run.until)
    assert (found.best.members, found.best.ranked, len(found.best.unknown)) == ((), 0, len(called))
    assert found.worth == {"spend": Sum(None, 0), "expected_spend": Sum(None, 0)}


def test_a_model_that_knows_nothing_is_unknown_and_floats_are_read_to_their_last_digit():
    run, called = best.planted(PEOPLE)
    text = best.REGULARS.replace("{measure: orders, weight: 3}\n  - {measure: breadth}", "{measure: alive}")
    exact = text + "only_if:\n  - {measure: alive, most: 0.123456789012345}\n"
    found = made_anew(read(exact.replace("share: 0.1", "share: 1")), run.pk, run.until)
    assert names(called, found) == [("bo", 1)]
    assert {name for name in PEOPLE if str(called[name]) in found.unknown} == {"cy", "di", "ed"}


def test_another_runs_figures_are_not_looked_at():
    first, _ = best.planted(PEOPLE)
    second, _ = best.planted({"gil": {"spend": "5000.00"}}, date(2017, 12, 31))
    assert len(made_anew(read(best.buyers()), first.pk, first.until).members) == 5
    assert len(made_anew(read(best.buyers()), second.pk, second.until).members) == 1


def test_a_measure_that_there_is_not_is_refused_by_name():
    run, _ = best.planted(PEOPLE)
    definition = read(best.buyers())
    strange = type(definition)(
        **{**_fields(definition), "weigh": (type(definition.weigh[0])(measure="luck"),)}
    )
    with pytest.raises(BadInput, match="there is no measure luck"):
        made_anew(strange, run.pk, run.until)


def _fields(definition):
    return {name: getattr(definition, name) for name in definition.__struct_fields__}
