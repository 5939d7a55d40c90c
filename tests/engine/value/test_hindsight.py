"""The back-test of a turn: what each model would have forecast, beside what happened, and what may be said of it."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from sterna.engine import steps
from sterna.engine.lake import Lake, open_lake
from sterna.engine.tables import TABLES
from sterna.engine.value import hindsight, models
from sterna.engine.value.backtest import backtest, naive_rate
from tests.engine.lake.small_tables import listed, rows
from tests.engine.value.shop import CUT, bought, stock

PAST = date(2024, 4, 1)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    with open_lake("duckdb", tmp_path_factory.mktemp("hindsight")) as opened:
        yield opened


def test_R79_the_past_knows_nothing_of_what_came_later(lake):
    stock(
        lake,
        [
            *(bought("ann", day, "5.00") for day in ("2024-01-01", "2024-01-15", "2024-04-01", "2024-06-30")),
            bought("bob", "2024-03-31", "5.00"),
            bought("bob", "2024-04-20", "5.00", "WINE"),
            bought("bob", "2024-04-20", "7.00"),
            bought("cid", "2024-04-01", "5.00"),  # came on the first forecast day: nobody to forecast for
            bought("dan", "2024-02-01", "-5.00"),  # brought something back and ordered nothing
        ],
    )
    steps.run(lake, "value/past_cells", past=PAST, cut=CUT)
    # ann: one repeat after two weeks, 13 weeks to 31 March, two order days since. bob: a first order, then one day.
    columns = ("frequency", "recency_weeks", "age_weeks", "ordered", "customers")
    assert listed(lake, "past_cells", *columns) == [(0, 0, 0, 1, 1), (1, 2, 13, 2, 1)]


def cells(*given: tuple[int, int, int, int, int]) -> Any:
    names = TABLES["past_cells"].columns
    return rows("past_cells", *(dict(zip(names, one, strict=True)) for one in given))


FADING = [(0, 0, 20, 0, 400), (1, 3, 20, 0, 60), (1, 18, 20, 1, 60), (4, 5, 20, 0, 30), (6, 19, 20, 4, 40)]


def test_R79_a_record_holds_the_figures_of_the_back_test_itself():
    table = cells(*FADING)
    [record, *others] = hindsight.compare(table, models.BG_NBD, PAST, 13)
    assert [one["title"] for one in others] == ["MBG/NBD", "Pareto/NBD"]
    assert [record["chosen"], *(one["chosen"] for one in others)] == [True, False, False]
    x, t_x, age, ordered, weight = (
        table.column(name).to_numpy().astype(float) for name in table.column_names
    )
    fitted = models.BG_NBD.fit(x, t_x, age, weight)
    found = backtest(models.BG_NBD.expected(fitted, x, t_x, age, 13), naive_rate(x, age, 13), ordered, weight)
    assert record["actual"] == found.actual == 60 + 160
    assert record["model_accuracy"]["total"] == pytest.approx(found.model.total)
    assert record["naive_accuracy"]["bias"] == pytest.approx(found.naive.bias)
    assert [band["customers"] for band in record["bands"]] == pytest.approx([59.0] * 10)
    assert sum(band["customers"] * band["actual"] for band in record["bands"]) == pytest.approx(220)


def test_a_model_of_another_kind_is_compared_with_the_three():
    found = hindsight.compare(cells(*FADING), models.BG_BB, PAST, 13)
    assert [one["model"] for one in found] == [
        "back-test bg-bb",
        "back-test bg-nbd",
        "back-test mbg-nbd",
        "back-test pareto-nbd",
    ]


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ((), "nobody had ordered before 2024-04-01, so there is nothing to test on"),
        (((0, 0, 20, 1, 50),), "No customer has bought again"),
        (((1, 5, 20, 1, 5),), "a back-test needs 10 customers or more, here are 5"),
    ],
)
def test_where_nothing_can_be_tested_the_record_says_why(given, reason):
    found = hindsight.compare(cells(*given), models.BG_NBD, PAST, 13)
    assert all(record["reason"].startswith(reason) for record in found)
    assert [hindsight.gain(record) for record in found] == [None] * 3
    assert hindsight.best_of(found) is None


def judged(bias: float | None, top: float) -> dict[str, Any]:
    naive = {"bias": 0.5, "top_share": 0.30, "root_mean_square_error": 2.0}
    ours = {"bias": bias, "top_share": top, "root_mean_square_error": 1.0}
    return {"title": "BG/NBD", "reason": None, "model_accuracy": ours, "naive_accuracy": naive}


def test_no_gain_of_the_ranking_is_told_that_is_not_there():
    level = "BG/NBD missed the total by 5.0%, the naive rate by 50.0%."
    none = "It ranks customers no better than the naive rate."
    assert hindsight.gain(judged(-0.05, 0.30)) == f"{level} {none}"
    assert hindsight.gain(judged(-0.05, 0.25)) == f"{level} {none}"
    assert hindsight.gain(judged(-0.05, 0.3099)) == f"{level} {none}"
    more = "Its highest tenth made 5.0% more of the orders than the naive rate's."
    assert hindsight.gain(judged(-0.05, 0.35)) == f"{level} {more}"
    assert hindsight.gain(judged(None, 0.35)).startswith("Nobody ordered in the tested weeks")


def test_the_best_is_the_one_that_missed_customers_by_least():
    worse = judged(0.0, 0.3) | {"title": "other"}
    worse["model_accuracy"] = worse["model_accuracy"] | {"root_mean_square_error": 1.5}
    assert hindsight.best_of([worse, judged(0.1, 0.3), {"reason": "none"}])["title"] == "BG/NBD"
