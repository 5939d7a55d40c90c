"""`sterna value` on summaries, contracts and lifetime values, and what it refuses before or while it reads."""

import csv
import json
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.cli.test_value import REGULARS, answer, log, rows  # noqa: F401
from tests.engine.value.population import population

HEADER = "customer_id,frequency,recency,age,monetary"


@pytest.fixture(scope="module")
def people():
    """300 histories of known truth, with a mean spend for those who bought again."""
    x, t_x, age = population(5, 300, (0.8, 6.0), (0.8, 2.4))
    rng = np.random.default_rng(1)
    mean = np.where(
        x > 0, rng.gamma(6 * np.maximum(x, 1)) / (np.maximum(x, 1) * rng.gamma(4, 1 / 15, 300)), np.nan
    )
    return x, t_x, age, mean


@pytest.fixture
def summary(tmp_path, people):
    """A summary of the people with lines put before them."""

    def write(*lines, name="summary.csv", header=HEADER):
        own = [f"p{number},{x:.0f},{t:.0f},{age:.0f},{'' if np.isnan(m) else f'{m:.2f}'}"
               for number, (x, t, age, m) in enumerate(zip(*people, strict=True))]  # fmt: skip
        path = tmp_path / name
        path.write_text("\n".join((header, *lines, *own)) + "\n")
        return path

    return write


@pytest.mark.oracle
def test_R79_donations_are_fitted_as_printed_by_their_own_column_names(sterna, tmp_path):
    """22 weighted cells with the columns frequency, recency, periods and weights; the paper prints 3.75 and .07."""
    donations = Path(find_spec("lifetimes").submodule_search_locations[0]) / "datasets/donations.csv"
    out = tmp_path / "s.csv"
    told = answer(sterna("value", donations, "--model", "BG/BB", "--horizon", 5, "--out", out, "--json"))
    (model,) = told["models"]
    assert told["customers"] == 11104 and told["cells"] == 22
    assert model["parameters"] == pytest.approx(
        {"alpha": 1.204, "beta": 0.750, "gamma": 0.657, "delta": 2.783}, abs=1e-3
    )
    assert model["log_likelihood"] == pytest.approx(-33225.6, abs=0.1)
    scores = rows(out)
    expected = {(row["frequency"], row["recency"]): float(row["expected_purchases"]) for row in scores}
    assert round(expected["6.0", "6.0"], 2) == 3.75 and round(expected["0.0", "0.0"], 2) == 0.07
    total = sum(float(row["weight"]) * float(row["expected_purchases"]) for row in scores)
    assert told["forecast"]["purchases"] == pytest.approx(total, rel=1e-9)


def test_rows_and_their_cells_by_weight_give_one_answer(sterna, summary, tmp_path, people):
    one = answer(sterna("value", summary(), "--json"))
    x, t_x, age, mean = people
    table = pa.table({"Frequency": x, "Recency": t_x, "T": age, "monetary_value": mean})
    pq.write_table(pa.concat_tables([table, table]), tmp_path / "twice.parquet")
    doubled = table.append_column("weight", pa.array(np.full(300, 2)))
    pq.write_table(doubled, tmp_path / "weights.parquet")
    twice, weights = (
        answer(sterna("value", tmp_path / f"{name}.parquet", "--json")) for name in ("twice", "weights")
    )
    assert twice == weights and twice["cells"] == one["cells"] and twice["customers"] == 600
    for name, value in one["models"][0]["parameters"].items():
        assert twice["models"][0]["parameters"][name] == pytest.approx(value, rel=1e-6)
    assert twice["forecast"]["purchases"] == pytest.approx(2 * one["forecast"]["purchases"], rel=1e-6)


def test_refused_rows_of_a_summary_are_named(sterna, summary, tmp_path):
    bad = {
        "b1,1.5,2,4,5": "frequency '1.5' is no whole number from 0",
        "b2,-1,2,4,5": "frequency '-1' is no whole number from 0",
        "b3,many,2,4,5": "frequency 'many' is no whole number from 0",
        "b4,1,2,nan,5": "age 'nan' is no number from 0",
        "b5,1,-2,4,5": "recency '-2' is no number from 0",
        "b6,1,5,4,5": "recency 5 is above age 4",
        "b7,0,2,4,5": "recency 2 of somebody who never bought again",
        "b8,1,2,4,-5": "monetary -5 is below 0",
        "b9,1,2,4,much": "monetary 'much' is no number",
        "b10,1,2": "3 fields, the header has 5",
        "b11,1,inf,inf,5": "age 'inf' is no number from 0",
    }
    said = sterna("value", summary(*bad), "--out", tmp_path / "out", "--json")
    assert answer(said)["rows_refused"] == len(bad) and answer(said)["customers"] == 300
    listed = rows(tmp_path / "out/refused.csv")
    assert {int(row["row"]): row["reason"] for row in listed} == dict(enumerate(bad.values(), start=2))
    assert len(rows(tmp_path / "out/scores.csv")) == 300


def test_weights_that_count_nobody_are_refused(sterna, tmp_path):
    path = tmp_path / "w.csv"
    path.write_text("frequency,recency,age,weight\n1,2,4,0\n1,2,4,1.5\n1,2,4,\n2,3,9,40\n0,0,5,60\n")
    told = answer(sterna("value", path, "--json"))
    assert told["rows_refused"] == 3 and told["customers"] == 100


def test_without_a_known_mean_a_repeat_buyer_gets_the_mean_of_all(sterna, summary, tmp_path):
    answer(sterna("value", summary("m,3,10,20,", "z,0,0,20,"), "--out", tmp_path / "s.csv", "--json"))
    scores = {row["customer_id"]: row for row in rows(tmp_path / "s.csv")}
    assert scores["m"]["expected_order_value"] == scores["z"]["expected_order_value"] != ""
    assert scores["m"]["p_alive"] != "" and scores["z"]["p_alive"] == ""


def test_R79_lifetime_values_are_discounted_and_lie_within_their_bounds(sterna, summary, tmp_path):
    words = ["value", summary(), "--horizon", 104, "--json"]
    free = answer(sterna(*words, "--discount", 0, "--out", tmp_path / "free.csv"))
    told = answer(sterna(*words, "--discount", 0.15, "--out", tmp_path / "s.csv"))
    value = told["lifetime_value"]
    assert value["low"] < value["value"] < value["high"] and value["discount"] == 0.15
    # Without a discount the lifetime value is the spend; with one a purchase within two years keeps 1 / 1.15^2 of it.
    assert free["lifetime_value"]["value"] == pytest.approx(free["forecast"]["spend"], abs=0.01)
    assert 1.15**-2 < value["value"] / free["lifetime_value"]["value"] < 1
    scores = rows(tmp_path / "s.csv")
    for row in scores:
        low, mean, high = (float(row[f"lifetime_value{end}"]) for end in ("_low", "", "_high"))
        assert low <= mean <= high and mean <= float(row["expected_spend"]) + 0.01
    assert sum(float(row["lifetime_value"]) for row in scores) == pytest.approx(value["value"], abs=2)
    assert (
        "lifetime_value" not in answer(sterna(*words))
        and "lifetime value, 15.0% a year" in sterna(*words[:-1], "--discount", 0.15).out
    )


def test_R79_contracts_are_of_known_ends(sterna, tmp_path):
    """The regular customers of Fader and Hardie 2007: of 1,000, 631, 468, 382, 326, 289, 262 and 241 stayed on."""
    stayed = [1000, 631, 468, 382, 326, 289, 262, 241]
    lines = [f"{n},{n},7,{before - after}" for n, (before, after) in
             enumerate(pairwise(stayed))]  # fmt: skip
    path = tmp_path / "contracts.csv"
    path.write_text("\n".join(("frequency,recency,age,weight", *lines, "7,7,7,241")) + "\n")
    told = answer(
        sterna("value", path, "--model", "sbg", "--horizon", 5, "--out", tmp_path / "s.csv", "--json")
    )
    assert told["models"][0]["parameters"] == pytest.approx({"alpha": 0.704, "beta": 1.182}, abs=5e-4)
    assert told["models"][0]["log_likelihood"] == pytest.approx(-1680.3, abs=0.1)
    assert told["forecast"]["p_alive_mean"] == pytest.approx(0.241)
    ended, going = rows(tmp_path / "s.csv")[0], rows(tmp_path / "s.csv")[-1]
    assert (float(ended["p_alive"]), float(ended["expected_purchases"])) == (0, 0)
    assert float(going["p_alive"]) == 1 and 4 < float(going["expected_purchases"]) < 5


REFUSED = [
    ([], "log.csv is a log: say with --as-of DATE which is the last day that counts"),
    (
        ["--as-of", "2024-06-01", "--model", "arima"],
        "no model is called 'arima': there are bg-nbd, mbg-nbd, ",
    ),
    (["--as-of", "2024-06-01", "--model", "sbg"], "sbg is of contracts, whose ends are seen"),
    (
        ["--as-of", "2024-06-01", "--amount", "price"],
        "log.csv has no column price, given as --amount: it has ",
    ),
    (["--as-of", "2024-06-01", "--backtest", "2024-06-01"], "--backtest 2024-06-01 is not before --as-of"),
    (
        ["--as-of", "2024-06-01", "--backtest", "2024-02-01", "--model", "bg-bb"],
        "--backtest counts days with",
    ),
    (["--as-of", "1999-01-01"], "log.csv has no customer to learn from: 0 rows refused"),
]


@pytest.mark.parametrize(
    ("words", "said"), REFUSED, ids=[" ".join(words) or "no day" for words, _ in REFUSED]
)
def test_what_does_not_go_together_is_refused(sterna, log, words, said):  # noqa: F811
    told = sterna("value", log(*REGULARS), *words)
    assert (told.code, told.out) == (1, "")
    assert told.err.splitlines()[-1].startswith(f"sterna: {said}")


@pytest.mark.parametrize(
    "words", [["--as-of", "soon"], ["--horizon", "0"], ["--grain", "year"], ["--discount", "-1"]]
)
def test_a_value_that_an_option_cannot_have_is_one_line(sterna, log, words):  # noqa: F811
    assert (
        sterna("value", log(*REGULARS), *words).refusal(code=2).startswith(f"Invalid value for '{words[0]}'")
    )


def test_a_summary_has_no_days_to_check_on(sterna, summary):
    told = sterna("value", summary(), "--as-of", "2024-06-01", "--backtest", "2024-01-01")
    assert told.refusal().startswith("--backtest needs a log of purchases, and summary.csv is a summary")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read: No such file or directory"),
        (b"", "f.csv is empty: its first line must name its columns"),
        (b"name,price\nx,1\n", "f.csv is neither a log with customer_id, date and amount"),
        (b"customer_id,date,amount\n", "f.csv has no customer to learn from: 0 rows refused"),
        (b"customer_id,date,amount\n\xff\xfe,2024-01-01,1\n", "f.csv is not UTF-8 text"),
        (b"customer_id,date,amount\nx,never,1\n", "f.csv has no customer to learn from: 1 rows refused"),
    ],
)
def test_a_file_that_is_none_is_refused_in_one_line(sterna, tmp_path, content, said):
    path = tmp_path / "f.csv"
    if content is not None:
        path.write_bytes(content)
    told = sterna("value", path, "--as-of", "2024-06-01")
    assert told.code == 1 and told.out == "" and said in told.err.splitlines()[-1]
    assert "Traceback" not in told.err


def test_no_parquet_and_no_place_to_write_are_told(sterna, summary, tmp_path):
    (tmp_path / "f.parquet").write_bytes(b"not parquet")
    assert sterna("value", tmp_path / "f.parquet").refusal().startswith("f.parquet is no Parquet file")
    assert "no such file" in sterna("value", tmp_path / "none.parquet").refusal()
    (tmp_path / "taken").write_text("")
    told = sterna("value", summary(), "--out", tmp_path / "taken/deep/s.csv")
    assert (told.code, told.out) == (1, "") and "taken is no folder" in told.err.splitlines()[-1]


def test_the_same_rows_in_any_order_give_the_same_bytes(sterna, summary, tmp_path):
    one = summary()
    head, *lines = one.read_text().splitlines()
    other = tmp_path / "other.csv"
    other.write_text("\n".join((head, *reversed(lines))) + "\n")
    first, second = (
        sterna("value", path, "--json", "--out", tmp_path / f"{path.stem}.out") for path in (one, other)
    )
    assert json.loads(first.out) == json.loads(second.out)
    scores = [(tmp_path / f"{path.stem}.out/scores.csv").read_text().splitlines() for path in (one, other)]
    assert sorted(scores[0]) == sorted(scores[1]) and len(scores[0]) == 301


def test_a_row_may_run_over_lines_and_have_quotes_and_other_alphabets(sterna, tmp_path):
    with (tmp_path / "log.csv").open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(["customer_id", "date", "amount", "note"])
        for day in ("2024-01-01", "2024-02-01"):
            out.writerow(['Ελένη "E"', day, "7", "two\nlines"])
        out.writerow(["", "2024-01-01", "7", ""])
    said = sterna("value", tmp_path / "log.csv", "--as-of", "2024-03-01", "--out", tmp_path / "s.csv")
    assert "refused log.csv row 4: nothing in column customer_id" in said.err
    assert [row["customer_id"] for row in rows(tmp_path / "s.csv")] == ['Ελένη "E"']
