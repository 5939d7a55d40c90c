"""Laws that hold for BG/NBD whatever the customers, and the arithmetic under them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import check_grad
from scipy.special import betaln

from sterna.engine.errors import BadInput
from sterna.engine.value import lifetime
from tests.engine.value.cdnow import cells, sample

log_size = st.floats(-2, 2)
models = st.builds(
    lambda r, alpha, a, b: lifetime.BetaGeometric(10**r, 10**alpha, 10**a, 10**b, -1.0, 1),
    log_size,
    log_size,
    log_size,
    st.floats(-1, 4),
)


@st.composite
def histories(draw) -> tuple[float, float, float]:
    x = draw(st.integers(0, 400))
    age = draw(st.floats(0.5, 200))
    return x, (draw(st.floats(0, 1)) * age if x else 0.0), age


@given(models, histories())
def test_R79_p_alive_is_a_probability(model, history):
    assert 0 <= lifetime.alive(model, *history)[0] <= 1


@given(models, histories(), st.floats(0, 200), st.floats(0, 200))
def test_R79_purchases_are_not_negative_and_grow_with_the_horizon(model, history, one, other):
    near, far = sorted((one, other))
    purchases = lifetime.expected_purchases(model, *history, [near, far])
    assert purchases[0] >= 0
    assert purchases[1] >= purchases[0] * (1 - 1e-9) - 1e-12
    no_dropout = (model.r + history[0]) / (model.alpha + history[2]) * far
    assert purchases[1] <= no_dropout * (1 + 1e-12)


@given(models, histories())
def test_silence_never_makes_a_customer_likelier_to_be_alive(model, history):
    x, t_x, age = history
    assert lifetime.alive(model, x, t_x, age + 1)[0] <= lifetime.alive(model, x, t_x, age)[0] + 1e-12


def by_integral(model: lifetime.BetaGeometric, x: float, age: float, horizon: float) -> float:
    """Purchases of a customer who is alive, by the trapezoidal rule over the logit of drop-out."""
    a, b, r = model.a, model.b + x, model.r + x
    stretch = horizon / (model.alpha + age)
    logit = np.linspace(-600, 60, 200_001)
    log_p, log_stay = -np.logaddexp(0, -logit), -np.logaddexp(0, logit)
    density = np.exp(a * log_p + b * log_stay - betaln(a, b))
    p = np.exp(log_p)
    return float(density @ (-np.expm1(-r * np.log1p(p * stretch)) / p)) * (logit[1] - logit[0])


@pytest.mark.parametrize("a", [0.05, 0.793, 0.9999999, 1.0, 1.0000001, 1.3, 4.0])
@pytest.mark.parametrize("x", [0, 1, 7, 60, 365])
@pytest.mark.parametrize("horizon", [0.1, 39.0, 520.0])
def test_expected_purchases_are_the_integral_they_stand_for(a, x, horizon):
    model = lifetime.BetaGeometric(0.6, 4.4, a, 2.4, -1.0, 1)
    age = 52.0
    found = lifetime.expected_purchases(model, x, age if x else 0.0, age, horizon)[0]
    if x:
        found /= lifetime.alive(model, x, age, age)[0]
    assert found == pytest.approx(by_integral(model, x, age, horizon), rel=1e-7)


@pytest.mark.parametrize(
    ("a", "b", "r", "stretch"), [(150.0, 3.0, 40.0, 80.0), (900.0, 2.0, 6.0, 5.0), (30.0, 8.0, 2.0, 20.0)]
)
def test_quadrature_takes_over_where_the_closed_form_fails_and_agrees_where_it_does_not(a, b, r, stretch):
    one = np.array([1.0])
    nodes = lifetime._by_quadrature(a, b, r * one, stretch * one)[0]
    assert lifetime._purchases_if_alive(a, b * one, r * one, stretch * one)[0] == pytest.approx(
        nodes, rel=1e-9
    )
    p = np.random.default_rng(0).beta(a, b, 400_000)
    drawn = -np.expm1(-r * np.log1p(p * stretch)) / p
    assert nodes == pytest.approx(drawn.mean(), abs=5 * drawn.std() / np.sqrt(p.size) + 1e-12)


def test_gradient_is_that_of_the_log_likelihood():
    data = sample()
    inside = lifetime._Cells(data.x, data.t_x, data.age, np.ones(data.x.size))
    for theta in ([0.24, 4.4, 0.79, 2.4], [1.5, 20.0, 3.0, 0.4]):
        value, slope = lambda at: inside.log_likelihood(at)[0], lambda at: inside.log_likelihood(at)[1]
        assert check_grad(value, slope, theta) < 1e-5 * np.abs(slope(np.array(theta))).max() + 1e-2
        value, slope = (
            lambda at: inside.log_likelihood_without_dropout(at)[0],
            lambda at: inside.log_likelihood_without_dropout(at)[1],
        )
        assert check_grad(value, slope, theta[:2]) < 1e-5 * np.abs(slope(np.array(theta[:2]))).max() + 1e-2


@settings(max_examples=15)
@given(st.integers(0, 2**32 - 1), st.sampled_from([5, 100]))
def test_order_and_split_of_cells_change_nothing(seed, most):
    """With x cut at 5 the best fit runs to its limit, a case in itself."""
    data = sample()
    x, t_x, age, weight = cells(np.minimum(data.x, most), np.round(data.t_x), np.round(data.age))
    whole = lifetime.fit(x, t_x, age, weight)
    rng = np.random.default_rng(seed)
    part = rng.integers(0, weight + 1)
    rows = np.concatenate([np.column_stack((x, t_x, age, count)) for count in (part, weight - part)])
    rows = rng.permutation(rows[rows[:, 3] > 0])
    split = lifetime.fit(*rows.T)
    assert split.customers == whole.customers
    for name in ("r", "alpha", "a", "b", "log_likelihood"):
        assert getattr(split, name) == pytest.approx(getattr(whole, name), rel=1e-6)


@pytest.mark.parametrize(
    ("x", "t_x", "age", "weight", "message"),
    [
        ([1.5], [2], [4], [1], "whole number of repeat purchases"),
        ([-1], [0], [4], [1], "whole number of repeat purchases"),
        ([1], [5], [4], [1], "between 0 and age"),
        ([0], [2], [4], [1], "t_x is 0 for a customer who has not bought again"),
        ([1], [1], [float("nan")], [1], "age is a finite time"),
        ([1], [1], [4], [0], "weight is a whole number"),
        ([1], [1], [4], [1.5], "weight is a whole number"),
        ([1, 2], [1, 2, 3], [4], [1], "one length"),
        ([0, 0], [0, 0], [4, 5], [1, 1], "no customer has bought again"),
        ([1, 2], [0, 0], [0, 0], [1, 1], "no customer has bought again"),
        ([], [], [], [], "no customer has bought again"),
    ],
)
def test_impossible_histories_are_refused_by_name(x, t_x, age, weight, message):
    with pytest.raises(BadInput, match=message):
        lifetime.fit(x, t_x, age, weight)


def test_refusal_counts_the_cells_and_points_at_the_first():
    with pytest.raises(BadInput, match="2 of 3 cells break this, the first at 1"):
        lifetime.fit([1, 1, 1], [1, 9, 9], [4, 4, 4])
    with pytest.raises(BadInput, match="horizon"):
        lifetime.expected_purchases(lifetime.BetaGeometric(1, 1, 1, 1, -1.0, 1), 1, 1, 2, -1)
