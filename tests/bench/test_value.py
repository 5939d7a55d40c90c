"""The value benchmark on few customers: what it writes is a sound summary, and its figures fit together."""

import json

import numpy as np
import pyarrow.parquet as pq
import pytest

from bench import value_side
from bench.value import value_customers
from sterna.engine.value import lifetime


def test_customers_follow_the_model_that_is_fitted_and_are_the_same_again(tmp_path):
    assert value_side.write(tmp_path, 30_000) == {"customers": 30_000}
    rows = pq.read_table(tmp_path / "summary.parquet")
    value_side.write(tmp_path, 30_000)
    assert pq.read_table(tmp_path / "summary.parquet").equals(rows)
    x, t_x, age = (rows[name].to_numpy().astype(float) for name in ("frequency", "recency", "age"))
    assert (t_x <= age).all() and (t_x[x == 0] == 0).all() and np.ptp(age) == 103
    found = lifetime.fit(x, t_x, age)
    assert found.standard_errors is not None
    for name, error, true in zip(lifetime.NAMES, found.standard_errors, value_side.TRUTH, strict=True):
        # Times in whole weeks move the parameters by a few hundredths beside their errors.
        assert getattr(found, name) == pytest.approx(true, abs=4 * error + 0.06 * true)


@pytest.mark.oracle
@pytest.mark.slow
def test_both_sides_work_on_the_same_rows_and_nothing_is_left_behind(tmp_path):
    told = []
    result = value_customers(20_000, tmp_path / "homes", told.append)
    assert result.sizes["customers"] == 20_000 > result.sizes["cells"] > 100
    assert result.ratios[0].times > 1
    assert [target.unit for target in result.targets] == ["ms", "s", "GB", "s", "GB"]
    assert [figure.rows for figure in result.figures] == [20_000, 20_000, 20_000, 200_000]
    assert list((tmp_path / "homes").iterdir()) == [] and "times as fast as lifetimes" in told[-1]


def test_one_figure_is_the_best_of_its_attempts(tmp_path, monkeypatch):
    value_side.write(tmp_path, 1_500)
    taken = iter([3.0, 1.0, 2.0])
    monkeypatch.setattr(value_side, "_fitted", lambda _: {"processor_seconds": next(taken)})
    assert json.loads(json.dumps(value_side.fit(tmp_path, 0))) == {"processor_seconds": 1.0}
