"""What a run's values come to over all customers: totals, concentration and grid, by hand and to the cent."""

from dataclasses import replace
from decimal import Decimal

import pytest

from sterna.desk.dashboards.measured import known_of
from sterna.desk.values.actions import forget, sum_up
from sterna.desk.values.models import Model, Worth
from sterna.desk.values.queries import (
    Band,
    Cell,
    concentrated,
    concentration_of,
    grid,
    grid_of,
    inside,
    measured,
    taken_of,
)
from sterna.desk.values.queries.measures import NOT_MEASURED
from sterna.engine.value.catalogue import MEASURES
from tests.desk.values.rows import RUN, people, worths

pytestmark = pytest.mark.django_db
TIERS = [Decimal("100.00"), Decimal("500.00")]


def test_R79_a_total_adds_what_is_known_and_counts_the_others_by_reason():
    untold, late = "no cost is recorded for the customer", "a cost has no amount"
    worths(
        margin=["10.10", "-0.10", None, None, None],
        profit_reason=[None, None, untold, late, untold],
    )
    margin = taken_of(RUN)["margin"]
    # 10.10 - 0.10; three are unknown, which are no zeros.
    assert (margin.amount, margin.total, margin.known, margin.unknown) == (Decimal("10.00"), True, 2, 3)
    assert list(margin.reasons.items()) == [(untold, 2), (late, 1)]


def test_R79_what_cannot_be_added_up_is_a_mean_of_those_of_whom_it_is_known():
    worths(alive=[0.5, 0.25, None], recency_days=[10, None, 5], expected_order_value=["3.00", "4.00", None])
    found = taken_of(RUN)
    # (.5 + .25) / 2, (10 + 5) / 2, (3 + 4) / 2: a mean over all three would be lower.
    assert [found[name].amount for name in ("alive", "recency_days", "expected_order_value")] == [
        0.375,
        7.5,
        3.5,
    ]
    assert not any(found[name].total for name in ("alive", "recency_days", "expected_order_value"))


def test_R79_a_reason_beside_a_figure_is_no_reason_why_it_is_unknown():
    worths(headroom=["5.00", None], headroom_reason=["only what is bought here", "nobody is alike"])
    assert taken_of(RUN)["headroom"].reasons == {"nobody is alike": 1}


def test_R6_what_most_figures_leave_out_is_told_beside_their_sum():
    least, odd = "a least figure: 30 of 31 categories cannot tell", "raised to what was bought"
    worths(wallet=["5.00", "7.00", "9.00", None], wallet_reason=[least, least, odd, "nobody is alike"])
    wallet = taken_of(RUN)["wallet"]
    assert list(wallet.beside.items()) == [(least, 2), (odd, 1)]
    assert known_of(wallet) == f"{least}; known for 3 of 4; of the others: nobody is alike"
    # Of one in three it would be read as if it were so of the sum.
    few = replace(wallet, beside={odd: 1}, unknown=0)
    assert known_of(few) == "known for all 3"
    sum_up(RUN, TIERS)
    assert measured(RUN)["wallet"] == wallet


def test_R79_a_run_older_than_a_measure_knows_it_of_nobody():
    worths(spend=["5.00", "7.00"])
    found = taken_of(RUN)
    assert set(found) == {measure.name for measure in MEASURES}
    assert found["spend"].amount == Decimal("12.00")
    wallet = found["wallet"]
    assert (wallet.amount, wallet.known, wallet.reasons) == (None, 0, {NOT_MEASURED: 2})


def test_of_a_run_without_rows_nothing_is_told_and_nothing_breaks():
    found = taken_of(RUN)["spend"]
    assert (found.amount, found.customers) == (None, 0)
    assert concentration_of(RUN)["spend"].reason == "no customer's profit is known"
    assert grid_of(RUN, TIERS).cells == {} and grid_of(RUN, TIERS).columns == [Band(None, None)]


def test_R16_eighty_percent_by_twenty_is_exactly_that():
    # Two bring 400 each of 1,000, eight bring 25 each; of one nothing is known.
    worths(margin=["25.00"] * 8 + ["400.00", None, "400.00"])
    found = concentration_of(RUN)["margin"]
    assert (found.customers, found.unknown, found.total) == (10, 1, "1000.00")
    # One of ten: 400. Two of ten: 800. Five of ten: 800 + 3 x 25.
    assert list(found.firsts) == [0.4, 0.8, 0.875]
    assert found.needed == 2 and found.reason is None and found.lost == 0


def test_R16_what_comes_after_the_peak_is_lost_again():
    worths(margin=["100.00", "-30.01", "50.00"], spend=["100.00", "20.00", "50.00"])
    found = concentration_of(RUN)
    margin = found["margin"]
    # 100, 150, 119.99: the third costs more than it brings.
    assert (margin.peak_at, margin.peak, margin.total, margin.lost) == (
        2,
        "150.00",
        "119.99",
        Decimal("30.01"),
    )
    assert found["spend"].lost == 0 and found["spend"].peak_at == 3


def test_R16_of_losses_alone_there_are_no_shares():
    worths(margin=["-1.00", "-2.00"])
    found = concentration_of(RUN)["margin"]
    assert list(found.firsts) == [None, None, None] and found.needed is None and not found.points
    assert "no profit" in found.reason


def test_R2_alike_in_value_and_unlike_in_potential_is_one_row_and_another_column():
    # Nine of one spend; the known rooms 1 to 9 part at the fourth and the seventh.
    worths(spend=["120.00"] * 10, headroom=[f"{room}.00" for room in range(1, 10)] + [None])
    found = grid_of(RUN, TIERS)
    assert found.headroom_edges == [Decimal("4.00"), Decimal("7.00")]
    # 1 + 2 + 3, 4 + 5 + 6, 7 + 8 + 9; the tenth is unknown and stands for itself.
    assert found.cells == {
        (1, 0): Cell(3, Decimal("360.00"), Decimal("6.00")),
        (1, 1): Cell(3, Decimal("360.00"), Decimal("15.00")),
        (1, 2): Cell(3, Decimal("360.00"), Decimal("24.00")),
        (1, None): Cell(1, Decimal("120.00"), None),
    }


def test_R2_more_potential_moves_to_the_right_and_never_up():
    rows = worths(spend=["120.00"] * 9, headroom=[f"{room}.00" for room in range(1, 10)])
    Worth.objects.filter(pk=rows[0].pk).update(headroom="8.50")
    cells = grid_of(RUN, TIERS).cells
    # 2 to 9 with 8.50 among them: thirds begin at 5 and 8, and whoever had least is in the last.
    assert {place: cell.customers for place, cell in cells.items()} == {(1, 0): 3, (1, 1): 3, (1, 2): 3}
    assert cells[1, 2].headroom == Decimal("25.50")


def test_the_ends_of_tiers_belong_to_the_upper_one_and_no_spend_to_the_lowest():
    worths(spend=["99.99", "100.00", "499.99", "500.00", None], headroom=["1.00"] * 5)
    found = grid_of(RUN, TIERS)
    # All rooms are alike, so there is one column; an unknown spend counts as nothing spent.
    assert found.columns == [Band(None, None)]
    assert {row: cell.customers for (row, _), cell in found.cells.items()} == {0: 2, 1: 2, 2: 1}


def test_the_names_behind_a_cell_are_as_many_as_it_counts():
    worths(
        spend=["0.00", "99.99", "100.00", "250.00", "500.00", "900.00", None, "120.00"],
        headroom=["1.00", "2.00", "3.00", "4.00", "5.00", None, "7.00", None],
    )
    found = grid_of(RUN, TIERS)
    rows = Worth.objects.filter(run_id=RUN)
    for (row, column), cell in found.cells.items():
        potential = None if column is None else found.columns[column]
        listed = rows.filter(inside("spend", found.rows[row]), inside("headroom", potential))
        assert listed.count() == cell.customers, (row, column)
    assert sum(cell.customers for cell in found.cells.values()) == 8


def test_what_is_kept_is_what_the_rows_say_and_outlives_them():
    worths(
        spend=["120.00", "80.10", None],
        margin=["-5.00", "20.25", None],
        headroom=["1.00", None, "2.50"],
        alive=[0.5, None, None],
        profit_reason=[None, None, "no cost"],
    )
    fresh = taken_of(RUN), concentration_of(RUN), grid_of(RUN, TIERS)
    sum_up(RUN, TIERS)
    assert (measured(RUN), concentrated(RUN), grid(RUN, TIERS)) == fresh
    forget(RUN)
    assert not Worth.objects.exists()
    assert (measured(RUN), concentrated(RUN), grid(RUN, TIERS)) == fresh


def test_summing_up_again_replaces_what_was_kept():
    rows = worths(spend=["1.00"])
    sum_up(RUN, TIERS)
    Worth.objects.filter(pk=rows[0].pk).update(spend="2.00")
    assert measured(RUN)["spend"].amount == Decimal("1.00")
    sum_up(RUN, TIERS)
    assert measured(RUN)["spend"].amount == Decimal("2.00") and Model.objects.count() == 3


def test_a_grid_by_other_tiers_than_were_kept_is_counted_anew():
    worths(spend=["50.00", "150.00"], headroom=["1.00", "2.00"])
    sum_up(RUN, TIERS)
    assert {row for row, _ in grid(RUN, [Decimal("60.00")]).cells} == {0, 1}


def test_figures_too_large_to_be_added_are_told_and_break_nothing():
    most = "9999999999999999.99"
    worths(spend=[most] * 10)
    found = concentration_of(RUN)["spend"]
    assert found.reason == "the profits are too large to be added" and found.points == []


def test_other_runs_are_in_no_sum():
    worths(spend=["1.00", "2.00"])
    stranger = people(1)[0]
    Worth.objects.create(run_id="01a20305-0000-7000-8000-000000000002", customer=stranger, spend="99.00")
    assert taken_of(RUN)["spend"].amount == Decimal("3.00")
    assert concentration_of(RUN)["spend"].customers == 2
    assert sum(cell.customers for cell in grid_of(RUN, TIERS).cells.values()) == 2
