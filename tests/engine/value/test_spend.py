"""Gamma-gamma lands on the published fit of CDNOW, draws few purchases to the mean, and admits ignorance."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import check_grad

from sterna.engine.errors import BadInput
from sterna.engine.value import spend
from tests.engine.value.cdnow import cells, sample


@pytest.fixture(scope="module")
def model() -> spend.GammaGamma:
    data = sample()
    return spend.fit(data.x, data.mean_spend)


@pytest.mark.oracle
def test_R79_spend_parameters_are_the_published_ones(model):
    assert (round(model.p, 2), round(model.q, 2), round(model.gamma, 2)) == (6.25, 3.74, 15.44)
    assert model.log_likelihood == pytest.approx(-4055.9, abs=0.1)
    assert model.customers == 946
    assert model.correlation == pytest.approx(0.1139, abs=1e-4)
    assert model.boundary is None
    assert sample().mean_spend[sample().x > 0].mean() == pytest.approx(35.08, abs=0.005)


def test_cells_give_the_figures_of_rows(model):
    data = sample()
    again = data.x > 0
    x, mean, weight = cells(data.x[again], data.mean_spend[again])
    assert weight.max() > 1
    of_cells = spend.fit(x[::-1], mean[::-1], weight[::-1])
    for name in ("p", "q", "gamma", "log_likelihood", "correlation"):
        assert getattr(of_cells, name) == pytest.approx(getattr(model, name), rel=1e-6)


def test_currency_changes_gamma_alone(model):
    data = sample()
    cents = spend.fit(data.x, 100 * data.mean_spend)
    assert cents.gamma == pytest.approx(100 * model.gamma, rel=1e-5)
    assert (cents.p, cents.q) == pytest.approx((model.p, model.q), rel=1e-5)


def test_truth_lies_within_four_standard_errors():
    rng = np.random.default_rng(5)
    x = rng.integers(1, 12, 8_000)
    scale = rng.gamma(3.7, 1 / 15.4, x.size)
    found = spend.fit(x, rng.gamma(6.2 * x) / (x * scale))
    assert found.standard_errors is not None
    for value, error, true in zip(
        (found.p, found.q, found.gamma), found.standard_errors, (6.2, 3.7, 15.4), strict=True
    ):
        assert abs(value - true) < 4 * error < true


def test_R79_customer_without_repeat_purchase_gets_the_population_mean_and_is_marked(model):
    found = spend.expected_spend(model, [0, 3, 0], [np.nan, 20.0, 50.0])
    assert found.pooled.tolist() == [True, False, True]
    assert found.spend[0] == found.spend[2] == pytest.approx(6.2496 * 15.4435 / 2.7442, abs=1e-2)
    own = 3 * model.p / (3 * model.p + model.q - 1)
    assert found.spend[1] == pytest.approx(own * 20 + (1 - own) * model.population_mean)


@given(st.integers(1, 500), st.floats(0, 1e5))
def test_expectation_lies_between_own_and_population_mean(x, mean):
    model = spend.GammaGamma(6.25, 3.74, 15.44, -1.0, 1)
    found = spend.expected_spend(model, x, mean).spend[0]
    low, high = sorted((mean, model.population_mean))
    assert low * (1 - 1e-12) <= found <= high * (1 + 1e-12)


def test_gradient_is_that_of_the_log_likelihood():
    data = sample()
    again = data.x > 0
    inside = spend._Cells(data.x[again].astype(float), data.mean_spend[again], np.ones(again.sum()))
    value, slope = lambda at: inside.log_likelihood(at)[0], lambda at: inside.log_likelihood(at)[1]
    for theta in ([6.0, 3.5, 15.0], [1.0, 1.5, 40.0]):
        assert check_grad(value, slope, theta) < 1e-5 * np.abs(slope(np.array(theta))).max() + 1e-3


def test_population_without_a_mean_leaves_unknown_customers_unknown():
    rng = np.random.default_rng(8)
    x = rng.integers(1, 6, 4_000)
    model = spend.fit(x, rng.gamma(6.0 * x) / (x * rng.gamma(0.7, 1 / 10.0, x.size)))
    assert model.boundary is not None and "no mean" in model.boundary
    assert model.standard_errors is None
    found = spend.expected_spend(model, [0, 5], [np.nan, 30.0])
    assert np.isnan(found.spend[0])
    assert found.spend[1] > 0


def test_customers_alike_in_spend_are_a_boundary_or_close_to_their_common_mean():
    rng = np.random.default_rng(9)
    x = rng.integers(1, 6, 3_000)
    model = spend.fit(x, rng.gamma(6.0 * x) / (x * 0.2))
    found = spend.expected_spend(model, [0, 1], [np.nan, 60.0])
    assert found.spend == pytest.approx([30.0, 30.0], rel=0.05)


@pytest.mark.parametrize(
    ("x", "mean", "message"),
    [
        ([1, 2], [5.0, 0.0], "above 0"),
        ([1, 2], [5.0, np.nan], "above 0"),
        ([1, 2.5], [5.0, 6.0], "whole number"),
        ([1, 2], [5.0, 5.0], "no two of these do"),
        ([0, 0], [np.nan, np.nan], "no two of these do"),
    ],
)
def test_impossible_spend_is_refused_by_name(x, mean, message):
    with pytest.raises(BadInput, match=message):
        spend.fit(x, mean)
    if "above" in message and not np.isnan(mean).any():
        assert spend.expected_spend(spend.GammaGamma(6, 4, 15, -1.0, 1), x, mean).spend[1] > 0
