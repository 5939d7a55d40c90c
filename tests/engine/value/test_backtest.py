"""The back-test by hand, on the published figures, and whatever order the customers come in."""

from collections import defaultdict
from datetime import date
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.engine.errors import BadInput
from sterna.engine.value import backtest, lifetime, pareto
from tests.engine.value.cdnow import LEARNED_UNTIL, cells, sample


def test_R79_figures_by_hand():
    """Ten customers, forecasts 1 to 10, of whom the last two bought 5 each: 55 forecast, 10 actual."""
    forecast, actual = np.arange(1.0, 11.0), np.array([0.0] * 8 + [5.0, 5.0])
    test = backtest.backtest(forecast, 1.0, actual)
    assert (test.customers, test.actual, test.model.total, test.model.bias) == (10, 10, 55, 4.5)
    # Errors 1 to 8, then 4 and 5: their sum is 45, that of their squares 204 + 41.
    assert test.model.mean_absolute_error == pytest.approx(4.5)
    assert test.model.root_mean_square_error == pytest.approx(np.sqrt(24.5))
    assert test.model.top_share == 0.5
    assert [(band.band, band.forecast, band.actual, band.naive) for band in test.bands[:3]] == [
        (1, 10, 5, 1), (2, 9, 5, 1), (3, 8, 0, 1)
    ]  # fmt: skip
    # One rate for all ranks nobody: the tenth with the highest rates is a tenth of everybody.
    assert (test.naive.correlation, test.naive.total, test.naive.bias) == (None, 10, 0)
    assert test.naive.top_share == pytest.approx(0.1)


def test_nothing_that_happened_leaves_shares_unknown():
    test = backtest.backtest(np.arange(20.0), 0.0, 0.0)
    assert test.model.bias is test.model.top_share is test.model.correlation is None
    assert test.model.mean_absolute_error == 9.5


def test_naive_rate_by_hand():
    assert backtest.naive_rate([4, 0, 0], [26.0, 13.0, 0.0], 13.0).tolist() == [2, 0, 0]


@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 9), st.integers(1, 4)), min_size=10, max_size=40),
    st.randoms(),
)
def test_order_and_cells_change_nothing_and_nobody_is_lost(customers, shuffled):
    rows = [(forecast, actual) for forecast, actual, weight in customers for _ in range(weight)]
    shuffled.shuffle(rows)
    of_rows = backtest.backtest([f for f, _ in rows], 2.0, [a for _, a in rows])
    forecast, actual, weight = np.array(customers, dtype=float).T
    of_cells = backtest.backtest(forecast, 2.0, actual, weight)
    assert of_rows.customers == of_cells.customers == len(rows)
    for one, other in zip(of_rows.bands, of_cells.bands, strict=True):
        assert one.actual == pytest.approx(other.actual, abs=1e-9)
        assert one.forecast == pytest.approx(other.forecast, abs=1e-9)
        assert one.customers == pytest.approx(len(rows) / 10)
    assert [band.forecast for band in of_cells.bands] == pytest.approx(
        sorted((band.forecast for band in of_cells.bands), reverse=True)
    )
    assert sum(band.actual * band.customers for band in of_cells.bands) == pytest.approx(weight @ actual)


@pytest.mark.parametrize(
    ("forecast", "actual", "message"),
    [
        ([1.0] * 9, 1.0, "needs 10 customers or more, here are 9"),
        ([np.nan] * 10, 1.0, "forecast is finite"),
        ([1.0] * 10, [1.0] * 9 + [np.inf], "actual is finite"),
    ],
)
def test_what_cannot_be_compared_is_refused(forecast, actual, message):
    with pytest.raises(BadInput, match=message):
        backtest.backtest(forecast, 0.0, actual)


@pytest.mark.oracle
@pytest.mark.parametrize(
    ("room", "bias", "absolute", "square", "tie"),
    [(lifetime, -0.1215, 0.786, 1.608, 0.6256), (pareto, -0.115, 0.755, 1.603, 0.6302)],
)
def test_R79_the_sample_is_forecast_as_well_as_in_print(room, bias, absolute, square, tie):
    data = sample()
    model = room.fit(*cells(data.x, data.t_x, data.age))
    expected = room.expected_purchases(model, data.x, data.t_x, data.age, 39.0)
    found = backtest.backtest(expected, backtest.naive_rate(data.x, data.age, 39.0), data.later).model
    assert found.bias == pytest.approx(bias, abs=5e-4)
    assert found.mean_absolute_error == pytest.approx(absolute, abs=1e-3)
    assert found.root_mean_square_error == pytest.approx(square, abs=1e-3)
    assert found.correlation == pytest.approx(tie, abs=1e-4)


def master() -> tuple[np.ndarray, ...]:
    """x, t_x, age and later purchases of all 23,570 customers of CDNOW."""
    path = Path(find_spec("lifetimes").submodule_search_locations[0]) / "datasets/CDNOW_master.txt"
    days: dict[str, set[date]] = defaultdict(set)
    for line in path.read_text().splitlines()[1:]:
        customer, written, *_ = line.split()
        days[customer].add(date.fromisoformat(f"{written[:4]}-{written[4:6]}-{written[6:]}"))
    rows = []
    for bought in days.values():
        learned = [day for day in bought if day <= LEARNED_UNTIL]
        first, last = min(learned), max(learned)
        weeks = ((last - first).days / 7, (LEARNED_UNTIL - first).days / 7)
        rows.append((len(learned) - 1, *weeks, len(bought) - len(learned)))
    return tuple(np.array(rows).T)


@pytest.mark.oracle
def test_R79_on_all_customers_the_level_is_better_and_the_ranking_hardly():
    """Of 23,570: bias -14.3 against +47.4 %, and the top tenth 45.6 against 44.4 % of what came."""
    x, t_x, age, later = master()
    model = lifetime.fit(*cells(x, t_x, age))
    assert (model.r, model.alpha, model.a, model.b) == pytest.approx(
        (0.2516, 4.7889, 0.7234, 2.1611), abs=1e-4
    )
    assert model.log_likelihood == pytest.approx(-95368.4, abs=0.1)
    expected = lifetime.expected_purchases(model, x, t_x, age, 39.0)
    test = backtest.backtest(expected, backtest.naive_rate(x, age, 39.0), later)
    assert test.customers == 23570
    assert (test.model.bias, test.naive.bias) == pytest.approx((-0.143, 0.474), abs=1e-3)
    assert (test.model.mean_absolute_error, test.naive.mean_absolute_error) == pytest.approx(
        (0.819, 1.038), abs=1e-3
    )
    assert (test.model.correlation, test.naive.correlation) == pytest.approx((0.6688, 0.6510), abs=1e-4)
    assert (test.model.top_share, test.naive.top_share) == pytest.approx((0.456, 0.444), abs=2e-3)
