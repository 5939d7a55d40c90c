"""A book of customers: it answers as `sterna value` does, says what it cannot know, and keeps nothing behind."""

import gc
import json
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from sterna import notebook
from sterna.engine.errors import BadInput
from sterna.engine.value import uncertainty
from tests.engine.value import cdnow
from tests.notebook.shop import AS_OF, log, written
from tests.notebook.shop import cdnow as cdnow_log


@pytest.fixture
def small():
    return notebook.read(log(), as_of=AS_OF)


def nearly(one, other):
    """Whether two answers are the same: floats to 1e-9, everything else exactly."""
    if isinstance(one, float) and isinstance(other, float):
        return one == pytest.approx(other, rel=1e-9, abs=1e-9)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(nearly(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(nearly, one, other))
    return one == other


@pytest.mark.oracle
@pytest.mark.parametrize(("model", "grain"), [("bg-nbd", "day"), ("pareto-nbd", "week"), ("bg-bb", "day")])
def test_R79_a_book_scores_what_the_command_scores(sterna, tmp_path, model, grain):
    file, out = written(tmp_path / "cdnow.csv", cdnow_log()), tmp_path / "scores.parquet"
    words = ["--grain", grain, "--horizon", 39, "--discount", 0.1, "--model", model, "--out", out, "--json"]
    said = sterna("value", file, "--as-of", "1997-09-30", *words)
    told = json.loads(said.out)
    with notebook.read(cdnow_log(), as_of="1997-09-30", grain=grain) as book:
        fitted = book.fit(model)
        scores, totals = fitted.predict(39, 0.1), fitted.totals(39, 0.1)
    theirs = pq.read_table(out)
    assert scores.num_rows == theirs.num_rows == told["customers"] == 2357
    assert set(scores.column_names) - set(theirs.column_names) == {
        "expected_purchases_low",
        "expected_purchases_high",
    }
    for name in theirs.column_names:
        assert scores.schema.field(name).type == theirs.schema.field(name).type
        assert nearly(scores[name].to_pylist(), theirs[name].to_pylist()), name
    purchases, spend = told["models"]
    assert nearly(fitted.parameters, purchases["parameters"])
    assert nearly(fitted.log_likelihood, purchases["log_likelihood"])
    assert list(fitted.warnings) == purchases["warnings"] + spend["warnings"]
    assert nearly(totals.purchases.value, told["forecast"]["purchases"])
    assert nearly(totals.p_alive_mean, told["forecast"]["p_alive_mean"])
    assert round(totals.lifetime_value.low, 2) == told["lifetime_value"]["low"]


@pytest.mark.oracle
def test_R79_the_back_test_is_that_of_the_command(sterna, tmp_path, fitted):
    file = written(tmp_path / "cdnow.csv", cdnow_log())
    said = sterna("value", file, "--as-of", "1998-06-30", "--backtest", "1997-09-30", "--json")
    test = fitted.back_test(39)
    assert nearly(json.loads(json.dumps(asdict(test))), json.loads(said.out)["backtest"]["bg-nbd"])
    assert test.actual == 1882 and test.model.bias == pytest.approx(-0.1215, abs=5e-4)


@pytest.mark.oracle
def test_R79_the_published_figures_in_a_notebook():
    """BG/NBD of Fader, Hardie and Lee, gamma-gamma of Fader and Hardie."""
    book = notebook.read(cdnow_log(), as_of=cdnow.LEARNED_UNTIL)
    fitted = book.fit()
    assert list(fitted.parameters) == ["r", "alpha", "a", "b"]
    assert list(fitted.parameters.values()) == pytest.approx([0.243, 4.414, 0.793, 2.426], abs=5e-4)
    assert fitted.log_likelihood == pytest.approx(-9582.4, abs=0.1)
    assert [round(value, 2) for value in book.spend.told()["parameters"].values()] == [6.25, 3.74, 15.44]
    sample, scores = cdnow.sample(), fitted.predict(39)
    for name, column in (("frequency", sample.x), ("recency", sample.t_x), ("age", sample.age)):
        assert sorted(scores[name].to_pylist()) == pytest.approx(sorted(column))
    assert set(fitted.standard_errors) == set(fitted.parameters)
    assert repr(fitted).startswith("BG/NBD: r 0.2426 (0.013), alpha 4.414 (0.38)")
    assert "one purchase is 1 by assumption" in fitted.notes[0] and fitted.notes[0] in repr(fitted)


def test_neither_a_back_test_nor_another_model_changes_a_prediction(book, fitted):
    before = fitted.predict(26)
    fitted.back_test(20)
    other = book.fit("bg-bb")
    other.predict(10)
    assert fitted.predict(26).equals(before)
    assert other.predict(10).num_rows == before.num_rows
    assert {"taken", "last_taken", "periods"} <= set(other.predict(10).column_names)


def test_each_customer_has_the_range_of_the_parameters(fitted):
    scores = fitted.predict(26)
    x, t_x, age, bought, low, high = (
        scores[name].to_numpy()
        for name in ("frequency", "recency", "age", "expected_purchases", "expected_purchases_low",
                     "expected_purchases_high")
    )  # fmt: skip
    model, learned = fitted.model, fitted.learned.fitted
    error = uncertainty.relative_error(
        learned, model.parameters, lambda moved: model.expected(moved, x, t_x, age, 26)
    )
    expected = uncertainty.interval(bought, error)
    assert np.allclose(low, expected[0], rtol=1e-9) and np.allclose(high, expected[1], rtol=1e-9)
    assert (low < bought).all() and (bought < high).all()
    # What all will buy is known better than what any one of them will.
    total = fitted.totals(26).purchases
    assert total.value == pytest.approx(bought.sum()) and total.high < high.sum()


def test_lifetime_value_is_spend_in_the_money_of_today(fitted):
    plain, none, some = (fitted.predict(52, discount) for discount in (None, 0.0, 0.3))
    assert [name for name in plain.column_names if name.startswith("lifetime")] == []
    spent = np.array(plain["expected_spend"].to_pylist(), dtype=float)
    assert np.allclose(np.array(none["lifetime_value"].to_pylist(), dtype=float), spent, atol=0.0051)
    less = np.array(some["lifetime_value"].to_pylist(), dtype=float)
    assert (less <= spent).all() and less.sum() < 0.95 * spent.sum()
    assert all(isinstance(value, Decimal) for value in some["lifetime_value"].to_pylist())


def test_any_history_can_be_asked_for(fitted):
    scores = fitted.predict(26)
    asked = fitted.at(scores["frequency"].to_numpy(), scores["recency"].to_numpy(), scores["age"].to_numpy())
    assert np.allclose(asked.purchases, scores["expected_purchases"].to_numpy(), rtol=1e-12)
    assert np.isnan(asked.p_alive).sum() == scores["p_alive"].null_count
    with pytest.raises(BadInput, match="t_x, the time of the last purchase, lies between 0 and age"):
        fitted.at(2, 10.0, 5.0)


def test_what_is_unknown_is_null_with_its_reason():
    """z gets more back than was paid: no known spend; it and c1 to c8 buy on, so that no drop-out shows."""
    rows = [("z", "2024-01-01", 5), ("z", "2024-01-08", 5), ("z", "2024-01-09", -20)]
    fitted = notebook.read(log(*rows), as_of=AS_OF).fit()
    scores = {row["customer_id"]: row for row in fitted.predict().to_pylist()}
    z = scores["z"]
    assert z["expected_order_value"] is z["expected_spend"] is z["lifetime_value_high"] is None
    assert z["expected_purchases"] > 0 and scores["c1"]["p_alive"] is None
    assert any(text.endswith("what they spend is unknown: z.") for text in fitted.warnings)


def test_customers_who_never_leave_are_told_and_not_given_a_chance():
    steady = [(f"c{number}", f"2024-0{month}-01", 5) for number in range(30) for month in range(1, 7)]
    fitted = notebook.read(log(rows=steady), as_of="2024-06-01").fit()
    assert fitted.warnings[0].startswith("No drop-out can be told") and fitted.warnings[0] in repr(fitted)
    scores = fitted.predict()
    assert scores["p_alive"].null_count == 30 and scores["expected_purchases"].null_count == 0
    # Without errors of the parameters there is no range either.
    assert scores["expected_purchases_low"].null_count == 30 and fitted.standard_errors is None


def test_a_book_says_what_it_holds():
    bad = [
        ("x", "never", 1),
        ("late", "2025-02-01", 1),
        ("back", "2024-01-01", 9),
        ("back", "2024-01-03", -2),
    ]
    book = notebook.read(log(*bad), as_of=AS_OF)
    assert repr(book).splitlines() == [
        "9 customers of the table up to 2024-12-31, 1 rows refused",
        "1 row(s) lie after 2024-12-31 and are not counted: 2.",
        "1 row(s) are refunds: no purchases, they lower the spend of their customers: 4.",
    ]
    assert book.refused.to_pylist() == [{"row": 1, "reason": "date 'never' is no day"}]
    assert book.customers == 9 and book.is_log


def test_without_amounts_there_is_no_spend(small):
    columns = log()
    del columns["amount"]
    book = notebook.read(columns, as_of=AS_OF)
    assert book.spend is None and book.fit().totals().spend.value is None
    assert book.fit().predict()["expected_spend"].null_count == 8
    assert nearly(book.fit().parameters, small.fit().parameters)


@pytest.mark.parametrize("name", ["beta-geometric", "", "gamma"])
def test_an_unknown_model_is_refused_with_those_that_there_are(small, name):
    with pytest.raises(BadInput, match=f"no model is called '{name}': there are bg-nbd, mbg-nbd, pareto-nbd"):
        small.fit(name)


def test_contracts_need_a_summary(small):
    with pytest.raises(BadInput, match="sbg is of contracts"):
        small.fit("sbg")
    periods = [1, 2, 2, 3, 3, 3]
    book = notebook.read({"frequency": periods, "recency": periods, "age": [3] * 6})
    assert book.fit("sbg").predict(5)["p_alive"].to_pylist() == [0, 0, 0, 1, 1, 1]


def test_where_nobody_bought_again_nothing_is_learned():
    book = notebook.read(log(rows=[("a", "2024-01-01", 5), ("b", "2024-02-01", 7)]), as_of=AS_OF)
    with pytest.raises(BadInput, match=r"bg-nbd learns nothing of the table: No customer has bought again"):
        book.fit()


@pytest.mark.parametrize("weeks", [0, -1, 1.5, 5201, float("nan"), float("inf")])
def test_weeks_are_whole_and_not_endless(fitted, weeks):
    for ask in (fitted.predict, fitted.totals, fitted.back_test):
        with pytest.raises(BadInput, match="weeks are a whole number from 1 to 5,200"):
            ask(weeks)


def test_a_discount_is_not_below_zero(small):
    with pytest.raises(BadInput, match="a yearly discount is at least 0"):
        small.fit().predict(26, -0.1)


def test_a_back_test_that_cannot_be_made_is_refused_and_spoils_nothing(small):
    fitted = small.fit()
    before = fitted.predict()
    with pytest.raises(BadInput, match="no back-test of bg-nbd on the days up to 2024-01-02: No customer"):
        fitted.back_test(52)
    with pytest.raises(BadInput, match="a back-test needs 10 customers or more, here are 8"):
        fitted.back_test(26)
    with pytest.raises(BadInput, match="a back-test counts days with a purchase, and bg-bb weeks"):
        small.fit("bg-bb").back_test(26)
    summary = notebook.read({"frequency": [0, 1, 2], "recency": [0, 3, 5], "age": [9, 9, 9]})
    with pytest.raises(BadInput, match="a back-test needs a log of purchases, and the table is a summary"):
        summary.fit().back_test()
    assert fitted.predict().equals(before)


def test_concentration_by_hand():
    """a: 10 + 5.004 - 3 = 12.00, b: 8, c: 0; what was refused and what came later count for nobody."""
    rows = [
        ("a", "2024-01-01", "10"), ("a", "2024-02-01", "5.004"), ("a", "2024-02-02", "-3"), ("b", "2024-01-05", "8"),
        ("c", "2024-01-05", "0"), ("c", "2025-01-01", "99"), ("d", "2024-01-05", "-7"), ("b", "soon", "50"),
    ]  # fmt: skip
    curve = notebook.read(log(rows=rows), as_of=AS_OF).concentration()
    assert (curve.customers, curve.total, curve.unknown) == (3, Decimal("20.00"), 0)
    assert [curve.of_first(count) for count in range(4)] == [Decimal(n) for n in (0, 12, 20, 20)]
    assert curve.peak == (2, Decimal("20.00"))


def test_concentration_sums_to_the_source(book):
    # str gives back the cents that are written in the sample.
    assert book.concentration().total == sum(Decimal(str(amount)) for amount in cdnow_log()["amount"])


def test_concentration_needs_amounts_of_all_purchases():
    without = notebook.read({"customer_id": ["a"], "date": ["2024-01-01"]}, as_of=AS_OF)
    with pytest.raises(BadInput, match="concentration needs amounts, and the table has no column for them"):
        without.concentration()
    summary = notebook.read({"frequency": [1], "recency": [3], "age": [9], "monetary": [5]})
    with pytest.raises(BadInput, match="concentration needs a log of purchases, and the table is a summary"):
        summary.concentration()


def test_a_book_that_is_done_leaves_no_folder(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def folders() -> list[Path]:
        return list(tmp_path.glob("sterna-value-*"))

    with notebook.read(log(), as_of=AS_OF) as one:
        assert len(folders()) == 1
    one.close()
    assert folders() == []
    # The model keeps its book, and the book goes with the model.
    fitted = notebook.read(log(), as_of=AS_OF).fit()
    assert fitted.predict().num_rows == 8 and len(folders()) == 1
    del fitted
    gc.collect()
    assert folders() == []
    with pytest.raises(BadInput):
        notebook.read(log(rows=[("a", "never", 1)]), as_of=AS_OF)
    gc.collect()
    assert folders() == []
