"""Laws of the simulated shop: its days, its cents and its campaign, whichever period is written."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sterna.engine.errors import BadInput
from sterna.engine.simulation import (
    Response,
    Tally,
    history,
    population,
    products,
    write_response,
    write_shop,
)

JANUARY = (date(2017, 1, 1), date(2017, 1, 31))


@settings(max_examples=15, deadline=None)
@given(
    st.dates(date(2015, 1, 1), date(2019, 12, 31)), st.integers(0, 60), st.integers(1, 40), st.integers(0, 99)
)
def test_a_household_has_one_basket_a_day_of_the_period_and_a_product_stands_in_it_once(
    first, more, size, seed
):
    last = first + timedelta(days=more)
    lines = pa.concat_tables(history(population(size, seed), first, last)).to_pylist()
    assert len({(line["basket_id"], line["product_id"]) for line in lines}) == len(lines)
    baskets = {(line["household_id"], line["transaction_timestamp"].date()) for line in lines}
    assert len({line["basket_id"] for line in lines}) == len(baskets)
    for line in lines:
        assert datetime.combine(first, time.min) <= line["transaction_timestamp"]
        assert line["transaction_timestamp"] < datetime.combine(last + timedelta(days=1), time.min)
        assert 1 <= line["household_id"] <= size
        assert line["quantity"] >= 1 and line["sales_value"] > 0 and line["retail_disc"] >= 0


@pytest.mark.parametrize("first", [date(2015, 3, 1), date(2016, 12, 1), date(2017, 1, 1)])
def test_households_shop_before_the_first_day_of_the_study_as_after_it(first):
    lines = pa.concat_tables(history(population(400, 6), first, first + timedelta(days=59)))
    days = {stamp.date() for stamp in lines.column("transaction_timestamp").to_pylist()}
    assert days == {first + timedelta(days=number) for number in range(60)}
    assert lines.num_rows > 5_000


def test_every_amount_is_whole_cents_and_what_was_taken_off_is_a_tenth_to_three_tenths():
    lines = pa.concat_tables(history(population(200, 7), *JANUARY))
    paid, off = (lines.column(name).to_numpy() for name in ("sales_value", "retail_disc"))
    for amounts in (paid, off):
        assert np.abs(amounts * 100 - np.rint(amounts * 100)).max() < 1e-6
    share = off[off > 0] / (paid + off)[off > 0]
    assert 0.09 < share.min() < share.max() <= 0.3
    assert 0.15 < (off > 0).mean() < 0.25


@settings(max_examples=15, deadline=None)
@given(st.sets(st.integers(1, 30)), st.floats(-0.9, 3.0), st.integers(0, 99))
def test_the_tally_is_the_contacted_households_spend_to_the_cent_with_and_without(contacted, relative, seed):
    people, tally = population(30, seed), Tally()
    plain = pa.concat_tables(history(people, *JANUARY))
    raised = pa.concat_tables(history(people, *JANUARY, Response(frozenset(contacted), relative), tally))
    mine = np.isin(plain.column("household_id").to_numpy(), list(contacted))
    cents = [np.rint(lines.column("sales_value").to_numpy() * 100)[mine].sum() for lines in (plain, raised)]
    assert cents == [tally.without, tally.with_effect]
    assert raised.drop_columns(["sales_value"]).equals(plain.drop_columns(["sales_value"]))


def test_two_halves_of_a_shop_share_their_households_and_no_basket():
    people = population(60, 8)
    first = pa.concat_tables(history(people, *JANUARY))
    second = pa.concat_tables(history(people, date(2017, 2, 1), date(2017, 2, 28)))
    baskets = [set(lines.column("basket_id").to_pylist()) for lines in (first, second)]
    assert not baskets[0] & baskets[1]
    homes = [set(lines.column("household_id").to_pylist()) for lines in (first, second)]
    assert len(homes[0] & homes[1]) > 20


@pytest.mark.parametrize(
    ("first", "last"),
    [
        JANUARY,
        (date(2017, 1, 31), date(2017, 2, 28)),  # a month that has no 31st follows
        (date(2020, 2, 29), date(2020, 12, 31)),
        (date(2017, 1, 1), date(2017, 1, 1)),
        (date(2016, 12, 30), date(2017, 1, 5)),
    ],
)
def test_the_campaign_lies_inside_the_period_and_is_redeemed_while_it_runs(tmp_path, first, last):
    write_shop(tmp_path, population(40, 1), first, last)
    [campaign] = pq.read_table(tmp_path / "campaign_descriptions.parquet").to_pylist()
    redeemed = pq.read_table(tmp_path / "coupon_redemptions.parquet").to_pylist()
    targeted = pq.read_table(tmp_path / "campaigns.parquet").column("household_id").to_pylist()
    assert first <= campaign["start_date"].date() <= campaign["end_date"].date() <= last
    assert len(targeted) == 10 and len(redeemed) == 2
    for row in redeemed:
        assert campaign["start_date"] <= row["redemption_date"] <= campaign["end_date"]
        assert row["household_id"] in targeted


def test_a_shop_without_households_is_written_whole_and_empty(tmp_path):
    truth = write_shop(tmp_path, population(0, 1), *JANUARY)
    assert (truth.households, truth.lines, truth.effect_per_household, truth.relative_effect) == (
        0,
        0,
        None,
        None,
    )
    rows = {path.stem: pq.read_table(path).num_rows for path in tmp_path.glob("*.parquet")}
    assert rows == {
        **dict.fromkeys(("transactions", "people", "demographics", "campaigns", "coupon_redemptions"), 0),
        "campaign_descriptions": 1,
        "products": products().num_rows,
    }


@pytest.mark.parametrize("relative", [-1.0, -1.5, float("nan"), float("inf"), float("-inf")])
def test_an_effect_that_no_shop_can_have_is_refused_and_nothing_is_written(tmp_path, relative):
    with pytest.raises(BadInput, match=r"^an effect of .*% cannot be planted: it is a share above -100 %"):
        write_response(tmp_path / "shop", population(5, 1), *JANUARY, [1], relative)
    assert not (tmp_path / "shop").exists()


def test_days_that_end_before_they_begin_are_refused(tmp_path):
    with pytest.raises(BadInput) as refused:
        write_shop(tmp_path / "shop", population(5, 1), date(2017, 2, 1), date(2017, 1, 31))
    assert str(refused.value) == "the days to simulate end on 2017-01-31, before they begin on 2017-02-01"
    assert not (tmp_path / "shop").exists()


def test_a_household_contacted_twice_responds_once(tmp_path):
    people = population(5, 1)
    once, twice = (
        write_response(tmp_path / name, people, *JANUARY, chosen, 0.5)
        for name, chosen in (("once", [1, 2]), ("twice", iter([2, 1, 2, 1])))
    )
    assert once == twice
    assert once.contacted == 2
    assert once.effect_per_household > Decimal(0)


def test_an_effect_that_rounds_away_on_small_amounts_is_told_as_it_came_out_not_as_it_was_planted(
    tmp_path: Path,
):
    # 0.01 % of a line is less than half a cent unless the line costs 50.00.
    truth = write_response(tmp_path, population(5, 1), *JANUARY, [1, 2, 3], 0.0001)
    assert truth.planted == 0.0001
    assert truth.relative_effect == 0.0
    assert truth.effect_per_household == Decimal("0.00")
