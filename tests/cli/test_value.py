"""`sterna value` on logs: the published figures, refused rows named, money to the cent, unknown told as unknown."""

import csv
import json
from importlib.util import find_spec
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

HEADER = "customer_id,date,amount"


@pytest.fixture(scope="module")
def cdnow(tmp_path_factory):
    """The CDNOW sample as a log."""
    spec = find_spec("lifetimes")
    text = (Path(spec.submodule_search_locations[0]) / "datasets/CDNOW_sample.txt").read_text()
    lines = [HEADER]
    for line in text.splitlines():
        _, customer, day, _, dollars = line.split()
        lines.append(f"{customer},{day[:4]}-{day[4:6]}-{day[6:]},{dollars}")
    path = tmp_path_factory.mktemp("cdnow") / "cdnow.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def log(tmp_path):
    """Writes a log of the lines given."""

    def write(*lines, header=HEADER, name="log.csv"):
        path = tmp_path / name
        path.write_text("\n".join((header, *lines)) + "\n", encoding="utf-8")
        return path

    return write


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def answer(said):
    assert said.code == 0, said
    return json.loads(said.out)


# Weekly and monthly buyers and some who came once; enough to fit on, and all of it to be seen by eye.
REGULARS = [
    f"c{number},2024-{month:02d}-{1 + number:02d},{10 + number}.50"
    for number in range(1, 9)
    for month in range(1, 1 + number)
]


@pytest.mark.oracle
def test_R79_the_published_figures_come_out_of_the_log(sterna, cdnow):
    told = answer(sterna("value", cdnow, "--as-of", "1997-09-30", "--horizon", 39, "--json"))
    assert set(told) == {"customers", "cells", "rows_refused", "models", "forecast"}
    assert (told["customers"], told["cells"], told["rows_refused"]) == (2357, 1016, 0)
    purchases, spend = told["models"]
    assert [each["model"] for each in told["models"]] == ["bg-nbd", "gamma-gamma"]
    assert list(purchases["parameters"]) == ["r", "alpha", "a", "b"]
    assert list(purchases["parameters"].values()) == pytest.approx([0.243, 4.414, 0.793, 2.426], abs=5e-4)
    assert purchases["log_likelihood"] == pytest.approx(-9582.4, abs=0.1)
    assert list(spend["parameters"]) == ["p", "q", "gamma"]
    assert [round(value, 2) for value in spend["parameters"].values()] == [6.25, 3.74, 15.44]
    assert purchases["warnings"] == spend["warnings"] == []
    forecast = told["forecast"]
    assert forecast["horizon_weeks"] == 39
    assert forecast["purchases"] == pytest.approx(2357 * 0.7015, abs=0.2)
    assert 0 < forecast["p_alive_mean"] < 1


@pytest.mark.oracle
def test_R79_every_model_by_its_names_and_the_literatures_parameters(sterna, cdnow):
    said = sterna(
        "value", cdnow, "--as-of", "1997-09-30", "--model", "Pareto/NBD,mbg_nbd", "--model", "bgbb", "--json"
    )
    told = answer(said)
    found = {each["model"]: each for each in told["models"]}
    assert list(found) == ["pareto-nbd", "mbg-nbd", "bg-bb", "gamma-gamma"]
    pareto = found["pareto-nbd"]
    assert pareto["parameters"] == pytest.approx(
        {"r": 0.553, "alpha": 10.578, "s": 0.606, "beta": 11.669}, abs=5e-4
    )
    assert pareto["log_likelihood"] == pytest.approx(-9595.0, abs=0.1)
    modified = list(found["mbg-nbd"]["parameters"].values())
    assert modified == pytest.approx([0.5248, 6.183, 0.8914, 1.614], abs=5e-4)
    assert list(found["bg-bb"]["parameters"]) == ["alpha", "beta", "gamma", "delta"]


@pytest.mark.oracle
def test_R79_a_back_test_stands_beside_the_naive_rate(sterna, cdnow):
    words = [
        "value",
        cdnow,
        "--as-of",
        "1998-06-30",
        "--backtest",
        "1997-09-30",
        "--model",
        "bg-nbd,pareto-nbd",
    ]
    tests = answer(sterna(*words, "--json"))["backtest"]
    assert list(tests) == ["bg-nbd", "pareto-nbd"]
    for name, bias, error, tie in (("bg-nbd", -0.1215, 0.786, 0.6256), ("pareto-nbd", -0.115, 0.755, 0.6302)):
        test = tests[name]
        assert test["actual"] == 1882 and test["customers"] == 2357
        assert test["model"]["bias"] == pytest.approx(bias, abs=5e-4)
        assert test["model"]["mean_absolute_error"] == pytest.approx(error, abs=1e-3)
        assert test["model"]["correlation"] == pytest.approx(tie, abs=1e-4)
        assert test["naive"]["bias"] > 0.4 and test["naive"]["top_share"] > 0.4
        assert sum(band["actual"] * band["customers"] for band in test["bands"]) == pytest.approx(1882)
    text = sterna(*words).out
    assert "pareto-nbd against what 2,357 customers did, 1,882 purchases:" in text
    assert "naive rate: 2,930, off by +55.7%" in text


@pytest.mark.oracle
def test_weeks_make_fewer_cells_and_move_little(sterna, cdnow):
    day, week = (
        answer(sterna("value", cdnow, "--as-of", "1997-09-30", "--grain", grain, "--json"))
        for grain in ("day", "week")
    )
    assert week["cells"] < 0.7 * day["cells"]
    assert week["forecast"]["purchases"] == pytest.approx(day["forecast"]["purchases"], rel=0.02)


def test_histories_by_hand(sterna, log, tmp_path):
    """a: two purchases on the first day are one, its repeats are 40 and 20 less a refund of 6 over two days: 27."""
    file = log(
        "a,2024-01-01,10", "a,2024-01-01,5", "a,2024-01-15,40", "a,2024-02-05,12.50", "a,2024-02-05,7.50",
        "a,2024-02-20,-6", "a,2024-03-12,99", "b,2024-01-29,3", *REGULARS,
    )  # fmt: skip
    said = sterna("value", file, "--as-of", "2024-03-11", "--out", tmp_path / "out", "--json")
    assert answer(said)["customers"] == 10
    scores = {row["customer_id"]: row for row in rows(tmp_path / "out/scores.csv")}
    a, b = scores["a"], scores["b"]
    # 5 weeks from 1 January to 5 February, 10 weeks to 11 March.
    assert [float(a[name]) for name in ("frequency", "recency", "age")] == [2, 5, 10]
    assert float(a["monetary"]) == 27
    assert [float(b[name]) for name in ("frequency", "recency", "age")] == [0, 0, 6]
    assert b["monetary"] == b["p_alive"] == ""
    # Row 8 is the one of a; of c4 to c8 the months from April on are 1 + 2 + 3 + 4 + 5.
    assert "16 row(s) lie after 2024-03-11 and are not counted: 8, " in said.err
    assert "row(s) are refunds: no purchases, they lower the spend of their customers: 7." in said.err


def test_weeks_round_both_times(sterna, log, tmp_path):
    file = log("a,2024-01-01,10", "a,2024-01-05,40", "b,2024-01-04,3", "b,2024-01-07,3", *REGULARS)
    sterna("value", file, "--as-of", "2024-01-11", "--grain", "week", "--out", tmp_path / "s.csv")
    scores = {row["customer_id"]: row for row in rows(tmp_path / "s.csv")}
    # a: 4 of 7 days is a week, 10 of 7 is one week; b: 3 of 7 days is none, 7 is one.
    assert [float(scores["a"][name]) for name in ("frequency", "recency", "age")] == [1, 1, 1]
    assert [float(scores["b"][name]) for name in ("frequency", "recency", "age")] == [1, 0, 1]


def test_bg_bb_counts_whole_weeks_with_a_purchase(sterna, log, tmp_path):
    """a buys 3, 5, 8 and 15 days after the first: weeks 1, 2 and 3; 20 days are 2 whole weeks, so week 3 is open."""
    days = ("01", "04", "06", "09", "16")
    file = log(*(f"a,2024-01-{day},5" for day in days), *REGULARS)
    sterna("value", file, "--as-of", "2024-01-21", "--model", "bg-bb", "--out", tmp_path / "s.csv")
    (a,) = (row for row in rows(tmp_path / "s.csv") if row["customer_id"] == "a")
    assert [float(a[name]) for name in ("taken", "last_taken", "periods")] == [2, 2, 2]


def test_refused_rows_are_named_and_the_others_counted(sterna, log, tmp_path):
    bad = [
        ",2024-01-01,5",
        "x,2024-02-30,5",
        "x,yesterday,5",
        "x,2024-01-01,five",
        "x,2024-01-01,nan",
        "x,2024-01-01,",
        "x,2024-01-01",
        "x,2024-01-01,5,EUR",
        "y,2024-01-01,-5",
    ]
    said = sterna(
        "value", log(*bad, "", *REGULARS), "--as-of", "2024-12-31", "--out", tmp_path / "out", "--json"
    )
    told = answer(said)
    assert told["rows_refused"] == len(bad) and told["customers"] == 8
    reasons = [
        "nothing in column customer_id",
        "date '2024-02-30' is no day",
        "date 'yesterday' is no day",
        "amount 'five' is no number",
        "amount 'nan' is no number",
        "amount '' is no number",
        "2 fields, the header has 3",
        "4 fields, the header has 3",
        "amount -5.0000 is a refund to y, who had bought nothing by then",
    ]
    listed = rows(tmp_path / "out/refused.csv")
    assert [(int(row["row"]), row["reason"]) for row in listed] == list(enumerate(reasons, start=2))
    assert [line for line in said.err.splitlines() if line.startswith("refused")] == [
        f"refused log.csv row {row}: {reason}" for row, reason in enumerate(reasons, start=2)
    ]


def test_many_refused_rows_do_not_flood_the_screen(sterna, log, tmp_path):
    said = sterna(
        "value", log(*["x,never,1"] * 30, *REGULARS), "--as-of", "2024-12-31", "--out", tmp_path / "s.csv"
    )
    assert said.err.count("refused log.csv row") == 20 and "and 10 more refused rows" in said.err
    assert len(rows(tmp_path / "s.refused.csv")) == 30


def test_refunds_larger_than_purchases_leave_spend_unknown_by_name(sterna, log, tmp_path):
    file = log("z,2024-01-01,5", "z,2024-01-08,5", "z,2024-01-09,-20", *REGULARS)
    told = answer(sterna("value", file, "--as-of", "2024-12-31", "--out", tmp_path / "s.csv", "--json"))
    (warning,) = [text for text in told["models"][1]["warnings"] if "got more back" in text]
    assert warning.startswith("1 customer(s) bought again for 0 or got more back than they paid")
    assert warning.endswith(": z.")
    (z,) = (row for row in rows(tmp_path / "s.csv") if row["customer_id"] == "z")
    assert z["expected_spend"] == z["expected_order_value"] == "" and float(z["expected_purchases"]) > 0


def test_amounts_of_zero_are_purchases_and_told(sterna, log):
    said = sterna(
        "value", log("z,2024-01-01,0", "z,2024-01-08,0.00", *REGULARS), "--as-of", "2024-12-31", "--json"
    )
    assert answer(said)["customers"] == 9
    assert "2 row(s) have an amount of 0 and count as purchases: 2, 3." in said.err


def test_mixed_currencies_are_refused_with_their_rows(sterna, log):
    header = HEADER + ",currency"
    lines = ["a,2024-01-01,5,USD", "a,2024-01-02,5,usd", "b,2024-01-01,5,EUR", "c,2024-01-01,5,"]
    said = sterna("value", log(*lines, header=header), "--as-of", "2024-12-31")
    told = said.err.splitlines()[-1]
    assert said.code == 1 and said.out == ""
    assert told == (
        "sterna: log.csv is in 3 currencies, one is needed: USD (2 rows, the first is row 2), "
        "EUR (1 rows, the first is row 4), none (1 rows, the first is row 5)"
    )


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (["a,2024-01-01,5"], "No customer has bought again in any time"),
        (["a,2024-01-01,5", "b,2024-01-03,5", "c,2024-01-01,7"], "No customer has bought again in any time"),
        (["a,2024-01-01,5", "a,2024-02-01,5", "a,2024-03-01,5"], "No drop-out can be told"),
        ([f"c{n},2024-0{m}-01,5" for n in range(30) for m in range(1, 7)], "No drop-out can be told"),
    ],
)
def test_what_teaches_nothing_is_unknown_with_a_reason(sterna, log, tmp_path, lines, reason):
    said = sterna("value", log(*lines), "--as-of", "2024-06-01", "--out", tmp_path / "s.csv", "--json")
    told = answer(said)
    purchases, spend = told["models"]
    assert purchases["warnings"][0].startswith(reason)
    assert told["forecast"]["p_alive_mean"] is None
    assert (purchases["parameters"] is None) == reason.startswith("No customer")
    assert (told["forecast"]["purchases"] is None) == reason.startswith("No customer")
    assert spend["parameters"] is told["forecast"]["spend"] is None
    assert spend["warnings"] == ["Spend is learned from customers who differ, and no two of these do."]
    scores = rows(tmp_path / "s.csv")
    assert len(scores) == told["customers"] and {row["p_alive"] for row in scores} == {""}
    assert sterna("value", log(*lines), "--as-of", "2024-06-01").out.count("unknown") >= 2


def test_ten_thousand_days_are_a_history_like_others(sterna, log, tmp_path):
    file = log("old,1996-08-15,10", "old,1996-08-30,12", *REGULARS)
    assert answer(sterna("value", file, "--as-of", "2024-12-31", "--out", tmp_path / "s.csv", "--json"))
    (old,) = (row for row in rows(tmp_path / "s.csv") if row["customer_id"] == "old")
    assert float(old["age"]) == pytest.approx(10365 / 7)
    assert float(old["expected_purchases"]) < 0.5


def test_columns_of_other_names_other_order_and_other_delimiters(sterna, log, tmp_path):
    lines = [";".join((f'"{day.replace("-", "")}"', "x", money, who)) for who, day, money in
             (line.split(",") for line in REGULARS)]  # fmt: skip
    file = log(*lines, header="\ufeffTag;note;Umsatz;Kunde")
    words = ["--customer", "Kunde", "--date", "Tag", "--amount", "Umsatz"]
    one = answer(sterna("value", file, "--as-of", "2024-12-31", *words, "--json"))
    other = answer(sterna("value", log(*reversed(REGULARS)), "--as-of", "2024-12-31", "--json"))
    assert one == other


def test_parquet_with_days_stamps_decimals_and_numbers_for_names(sterna, log, tmp_path):
    split = [line.split(",") for line in REGULARS]
    days = pa.array([day for _, day, _ in split]).cast(pa.date32())
    stamps = days.cast(pa.timestamp("us"))
    money = pa.array([amount for *_, amount in split]).cast(pa.decimal128(18, 2))
    names = pa.array([float(who[1:]) for who, *_ in split])
    answers = []
    for kind, when in (("day", days), ("stamp", stamps)):
        path = tmp_path / f"{kind}.parquet"
        pq.write_table(pa.table({"customer_id": names, "date": when, "amount": money}), path)
        out = tmp_path / kind
        answers.append(answer(sterna("value", path, "--as-of", "2024-12-31", "--out", out, "--json")))
        assert pq.read_table(out / "scores.parquet")["customer_id"].to_pylist() == [
            str(n) for n in range(1, 9)
        ]
    assert (
        answers[0] == answers[1] == answer(sterna("value", log(*REGULARS), "--as-of", "2024-12-31", "--json"))
    )


def test_without_amounts_spend_is_unknown(sterna, log):
    file = log(*(line.rpartition(",")[0] for line in REGULARS), header="customer_id,date")
    said = sterna("value", file, "--as-of", "2024-12-31", "--json")
    told = answer(said)
    assert [each["model"] for each in told["models"]] == ["bg-nbd"]
    assert told["forecast"]["spend"] is None and told["forecast"]["purchases"] > 0
    assert "log.csv has no column for the amount, so spend is unknown." in said.err


@pytest.mark.parametrize(
    ("day", "said"),
    [
        ("2023-12-31", "no back-test of bg-nbd on the days up to 2023-12-31: No customer has bought again"),
        ("2024-03-31", "a back-test needs 10 customers or more, here are 8"),
    ],
)
def test_what_cannot_be_checked_is_refused_and_nothing_is_written(sterna, log, tmp_path, day, said):
    words = ["--as-of", "2024-12-31", "--backtest", day, "--out", tmp_path / "out"]
    told = sterna("value", log(*REGULARS), *words)
    assert (told.code, told.out) == (1, "") and told.err.splitlines()[-1].startswith(f"sterna: {said}")
    assert not (tmp_path / "out").exists()


def test_a_back_test_by_hand_counts_days_after_it(sterna, log):
    """Twenty who bought on two days up to 31 March, ten of whom bought on two days, one of them twice, after it."""
    lines = [f"c{n},2024-0{month}-{n % 9 + 1:02d},5" for n in range(20) for month in (1, 3)]
    lines += [f"c{n},2024-0{month}-02,5" for n in range(10) for month in (4, 5)] + [
        "c1,2024-05-02,7",
        "c2,2024-07-01,1",
    ]
    test = answer(sterna("value", log(*lines), "--as-of", "2024-06-30", "--backtest", "2024-03-31", "--json"))
    found = test["backtest"]["bg-nbd"]
    assert (found["customers"], found["actual"]) == (20, 20)
    # 13 weeks to come; the naive rate of one repeat in the 82 to 90 days since the first purchase.
    naive = sum(13 / ((90 - n % 9) / 7) for n in range(20))
    assert found["naive"]["total"] == pytest.approx(naive, rel=1e-9)
    assert [band["customers"] for band in found["bands"]] == pytest.approx([2] * 10)
