"""`sterna matrix`: moves by period with their tests and forecast; refused rows named, bad input one line."""

import json

import duckdb
import numpy as np
import pyarrow.parquet as pq
import pytest

from sterna.engine.segments import markov
from tests.complete_journey import transactions

HEADER = "customer,period,place,amount"


@pytest.fixture
def write(tmp_path):
    def file(*lines, header=HEADER, name="places.csv"):
        path = tmp_path / name
        path.write_text("\n".join((header, *lines)) + "\n", encoding="utf-8")
        return path

    return file


def answer(said):
    assert said.code == 0, said
    return json.loads(said.out)


TEN = [f"c{n},1,low,5.00" for n in range(10)] + [
    f"c{n},2,{'high' if n < 3 else 'low'},{20 if n < 3 else 5}.00" for n in range(10)
]


def test_R4_three_of_ten_moved(sterna, write):
    told = answer(sterna("matrix", write(*TEN, "new1,2,low,5.00"), "--json"))
    [step] = told["steps"]
    assert (step["from"], step["to"], step["counts"], step["came"]) == ("1", "2", [[7, 3], [0, 0]], [1, 0])
    assert (step["opening"], step["closing"]) == ([10, 0], [8, 3])
    assert told["places"] == ["low", "high"] and told["ordered_by"] == "mean amount"
    assert told["shares"] is None and told["reason"] == "nobody ever started at high"


def test_R4_a_forecast_of_moves_by_hand(sterna, write):
    # From low a half goes up; from high a half comes down; a period brings 10 or 30.
    rows = [f"{who},{period},{place},{10 if place == 'low' else 30}" for who, places in
            {"a": ("low", "low"), "b": ("low", "high"), "c": ("high", "high"), "d": ("high", "low")}.items()
            for period, place in enumerate(places)]  # fmt: skip
    told = answer(sterna("matrix", write(*rows), "--discount", "0.25", "--json"))
    assert told["shares"] == [[0.5, 0.5], [0.5, 0.5]]
    assert told["chance"] == [1.0, 1.0] and told["periods_until"] == [2.0, 0.0]
    assert told["next"] == [2.0, 2.0]
    # 20 in the mean each later period, four times over at a discount of a quarter: 10 + 80 and 30 + 80.
    assert told["worth"]["for_ever"] == pytest.approx([90, 110])
    text = sterna("matrix", write(*rows)).out
    assert "from low to high: 100% ever arrive, after 2.0 periods in the mean" in text
    assert ["low", "50.0%", "50.0%", "2"] in [line.split() for line in text.splitlines()]


def test_R4_real_quarters_have_the_published_counts_and_tests(sterna, tmp_path):
    """Tiers of the Complete Journey cut at the quartiles of the first 13 weeks: research figures recomputed."""
    lines, quarters = transactions(), tmp_path / "quarters.csv"
    duckdb.sql(
        f"""
        copy (
            with spent as (
                select household_id, least(4, (week - 1) // 13 + 1) as period,
                    sum(cast(sales_value as decimal(18, 2))) as spend
                from read_parquet('{lines}')
                group by all
            )
            select households.household_id as customer, periods.period, coalesce(spent.spend, 0) as amount,
                case when amount = 0 then 'none' when amount < 107.34 then 'first' when amount < 301.15 then 'second'
                    when amount < 643.57 then 'third' else 'fourth' end as place
            from (select distinct household_id from spent) as households
            cross join (select unnest([1, 2, 3, 4]) as period) as periods
            left join spent using (household_id, period)
        ) to '{quarters}' (header)
        """
    )
    told = answer(sterna("matrix", quarters, "--order", "none,first,second,third,fourth", "--json"))
    assert told["steps"][0]["counts"] == [
        [78, 83, 30, 8, 9],
        [66, 301, 150, 40, 8],
        [16, 125, 258, 144, 22],
        [3, 30, 120, 268, 144],
        [2, 3, 13, 99, 449],
    ]
    # Two steps of the first shares foresee the last quarter within two customers of a hundred.
    chances = markov.shares(told["steps"][0]["counts"])
    foreseen = markov.ahead(chances, told["steps"][0]["closing"], 2) / 2469
    assert foreseen == pytest.approx([0.055, 0.199, 0.223, 0.232, 0.292], abs=6e-4)
    happened = np.array(told["steps"][2]["closing"]) / 2469
    assert happened == pytest.approx([0.053, 0.195, 0.240, 0.232, 0.280], abs=6e-4)
    stationary, memory = told["stationarity"], told["first_order"]
    assert (round(stationary["g2"], 1), stationary["df"], round(stationary["p"], 2)) == (48.1, 40, 0.18)
    assert (round(memory["g2"], 1), memory["df"]) == (469.5, 80) and 1e-56 < memory["p"] < 3e-56
    text = sterna("matrix", quarters, "--order", "none,first,second,third,fourth").out
    assert "that the shares stayed the same is not refuted" in text
    assert "where customers were before matters too" in text


def test_R4_small_segments_are_drawn_toward_all_of_them(sterna, write):
    rng = np.random.default_rng(1)
    rows = []
    for segment, size in (("large", 400), ("small", 12)):
        for n in range(size):
            places = [("low", "high")[int(rng.random() < 0.5)] for _ in range(3)]
            rows += [f"{segment}{n},{period},{place},{segment}" for period, place in enumerate(places)]
    told = answer(
        sterna(
            "matrix", write(*rows, header="customer,period,place,segment"), "--order", "low,high", "--json"
        )
    )
    large, small = told["segments"]
    assert (large["segment"], sum(large["opening"]), sum(small["opening"])) == ("large", 800, 24)
    assert all(one <= other for one, other in zip(small["own_weight"], large["own_weight"], strict=True))
    for each in (large, small):
        assert [sum(row) for row in each["shares"]] == pytest.approx([1, 1])


def test_moves_are_written_by_the_names_of_their_periods(sterna, write, tmp_path):
    out = tmp_path / "moves.parquet"
    assert sterna("matrix", write(*TEN), "--out", out).code == 0
    listed = pq.read_table(out).to_pylist()
    assert [(row["period"], row["from_place"], row["to_place"], row["customers"]) for row in listed] == [
        ("2", "low", "high", 3),
        ("2", "low", "low", 7),
    ]
    assert sterna("matrix", write(*TEN), "--out", tmp_path / "moves.csv").code == 0
    assert (
        (tmp_path / "moves.csv").read_text(encoding="utf-8").splitlines()[0].startswith('"period","segment"')
    )


def test_rows_that_cannot_be_used_are_named_and_the_others_counted(sterna, write):
    bad = [",1,low,5", "c1,,low,5", "c2,1,,5", "c3,1,gone,5", "c4,1,low,much", "c0,1,low,6"]
    said = sterna("matrix", write(*TEN, *bad), "--json")
    assert answer(said)["rows_refused"] == 6 and answer(said)["customers"] == 10
    for row, reason in [
        (21, "nothing names the customer"),
        (22, "nothing names the period"),
        (23, "nothing names the place"),
        (24, "no place can be called gone: who comes and goes is counted as that"),
        (25, "amount 'much' is no amount"),
        (26, "c0 has a row of period 1 already"),
    ]:
        assert f"refused places.csv, row {row}: {reason}" in said.err


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--to", "top"], "--to top: the places are low, high"),
        (["--order", "low"], "customers stand at high, which the order of places does not name"),
        (["--place", "tier"], "has no column tier, given as --place"),
        (["--discount", "0"], "a discount of a period is above 0"),
        (["--out", "folder"], "name a .csv or .parquet file"),
    ],
)
def test_what_does_not_go_together_is_one_line(sterna, write, given, said):
    both = [*TEN, "d,1,high,9", "d,2,low,9"]
    found = sterna("matrix", write(*both), *given)
    assert found.code != 0 and said in found.err and "Traceback" not in found.err


def test_a_file_that_is_none_is_one_line(sterna, write, tmp_path):
    for path, said in (
        (tmp_path / "none.csv", "no such file"),
        (write("a,low", header="customer,place", name="few.csv"), "has no column for period"),
        (write("a,1,low,5"), "has rows of 1 periods, and moves need two"),
    ):
        found = sterna("matrix", path)
        assert found.code != 0 and said in found.err


def test_what_is_refused_late_has_written_nothing(sterna, write, tmp_path):
    both = [*TEN, "d,1,high,9", "d,2,low,9"]
    for wrong in (["--to", "top"], ["--discount", "0"]):
        assert sterna("matrix", write(*both), "--out", tmp_path / "moves.csv", *wrong).code != 0
    assert not (tmp_path / "moves.csv").exists()


def test_a_place_without_any_amount_has_no_worth_of_zero(sterna, write):
    rows = ["a,1,low,5", "a,2,high,", "b,1,high,", "b,2,low,5"]
    said = sterna("matrix", write(*rows), "--order", "low,high", "--discount", "0.1")
    assert said.code != 0 and "no amount is recorded at high, so what a start is worth is unknown" in said.err


def test_a_discount_without_amounts_says_what_is_missing(sterna, write):
    rows = ["a,1,low", "a,2,high", "b,1,high", "b,2,low"]
    said = sterna(
        "matrix", write(*rows, header="customer,period,place"), "--order", "low,high", "--discount", "0.1"
    )
    assert said.code != 0 and "--discount needs a column with what a period brought" in said.err
