"""BG/NBD lands on what is printed for the CDNOW sample and on the truth behind simulated customers."""

import numpy as np
import pytest

from sterna.engine.value import lifetime
from tests.engine.value.cdnow import cells, sample
from tests.engine.value.population import population

pytestmark = pytest.mark.oracle


@pytest.fixture(scope="module")
def model() -> lifetime.BetaGeometric:
    data = sample()
    return lifetime.fit(data.x, data.t_x, data.age)


def test_sample_is_the_published_one():
    data = sample()
    assert (data.x.size, data.x.sum(), (data.x > 0).sum(), data.later.sum()) == (2357, 2457, 946, 1882)
    assert cells(data.x, data.t_x, data.age)[0].size == 1016


def test_R79_lifetime_parameters_are_the_published_ones(model):
    found = (model.r, model.alpha, model.a, model.b)
    assert found == pytest.approx((0.243, 4.414, 0.793, 2.426), abs=5e-4)
    assert model.log_likelihood == pytest.approx(-9582.4, abs=0.1)
    assert model.customers == 2357
    assert model.boundary is None


def test_R79_purchases_of_weeks_40_to_78_by_earlier_purchases_are_the_published_ones(model):
    data = sample()
    expected = lifetime.expected_purchases(model, data.x, data.t_x, data.age, 39.0)
    group = np.minimum(data.x, 7)
    means = [expected[group == x].mean() for x in range(8)]
    assert means == pytest.approx([0.225, 0.523, 1.044, 1.520, 2.164, 2.654, 3.504, 6.157], abs=1e-3)
    actual = [data.later[group == x].mean() for x in range(8)]
    assert actual == pytest.approx([0.237, 0.697, 1.393, 1.560, 2.532, 2.947, 3.862, 6.359], abs=1e-3)
    assert expected.mean() == pytest.approx(0.7015, abs=1e-4)
    assert np.corrcoef(expected, data.later)[0, 1] == pytest.approx(0.6256, abs=1e-3)


def test_cells_give_the_figures_of_rows(model):
    data = sample()
    x, t_x, age, weight = cells(data.x, data.t_x, data.age)
    of_cells = lifetime.fit(x, t_x, age, weight)
    for name in ("r", "alpha", "a", "b", "log_likelihood"):
        assert getattr(of_cells, name) == pytest.approx(getattr(model, name), rel=1e-6)
    assert of_cells.customers == model.customers
    rows = lifetime.expected_purchases(model, data.x, data.t_x, data.age, 39.0).sum()
    assert weight @ lifetime.expected_purchases(of_cells, x, t_x, age, 39.0) == pytest.approx(rows, rel=1e-6)


def test_unit_of_time_changes_alpha_alone(model):
    data = sample()
    days = lifetime.fit(data.x, 7 * data.t_x, 7 * data.age)
    assert days.alpha == pytest.approx(7 * model.alpha, rel=1e-6)
    assert (days.r, days.a, days.b) == pytest.approx((model.r, model.a, model.b), rel=1e-6)
    # Each of the 2,457 purchases carries a density per unit of time.
    assert days.log_likelihood == pytest.approx(model.log_likelihood - 2457 * np.log(7), abs=1e-6)


def test_truth_lies_within_four_standard_errors():
    truth = (0.243, 4.414, 0.793, 2.426)
    found = lifetime.fit(*population(11, 20_000, truth[:2], truth[2:]))
    assert found.standard_errors is not None
    for value, error, true in zip(
        (found.r, found.alpha, found.a, found.b), found.standard_errors, truth, strict=True
    ):
        assert abs(value - true) < 4 * error
        assert error < 0.15 * true


def test_standard_errors_are_the_spread_of_repeated_fits():
    truth = ((0.8, 6.0), (0.8, 2.4))
    fits = [lifetime.fit(*population(seed, 1_000, *truth)) for seed in range(60)]
    for name, place in (("r", 0), ("alpha", 1)):
        spread = np.std([getattr(found, name) for found in fits])
        claimed = np.median([found.standard_errors[place] for found in fits if found.standard_errors])
        assert claimed == pytest.approx(spread, rel=0.3)
