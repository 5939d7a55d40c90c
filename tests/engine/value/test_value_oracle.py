"""The package `lifetimes`, an independent implementation, agrees with the models on CDNOW."""

import warnings
from collections.abc import Iterator

import numpy as np
import pytest

from sterna.engine.value import lifetime, spend
from tests.engine.value.cdnow import sample

pytestmark = pytest.mark.oracle


@pytest.fixture
def lifetimes() -> Iterator:
    # The package is no longer kept: it warns of NumPy's and pandas' changes, and of its own bare arithmetic.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import lifetimes

        yield lifetimes


def test_R79_beta_geometric_agrees_with_lifetimes(lifetimes):
    data = sample()
    model = lifetime.fit(data.x, data.t_x, data.age)
    other = lifetimes.BetaGeoFitter()
    other.fit(data.x, data.t_x, data.age)
    found = (model.r, model.alpha, model.a, model.b)
    assert found == pytest.approx([other.params_[name] for name in ("r", "alpha", "a", "b")], rel=2e-4)
    purchases = lifetime.expected_purchases(model, data.x, data.t_x, data.age, 39.0)
    theirs = other.conditional_expected_number_of_purchases_up_to_time(39, data.x, data.t_x, data.age)
    assert purchases == pytest.approx(np.asarray(theirs), rel=1e-3)
    alive = lifetime.alive(model, data.x, data.t_x, data.age)
    theirs = other.conditional_probability_alive(data.x, data.t_x, data.age)
    assert alive == pytest.approx(np.asarray(theirs), abs=1e-4)


def test_R79_gamma_gamma_agrees_with_lifetimes(lifetimes):
    data = sample()
    again = data.x > 0
    model = spend.fit(data.x, data.mean_spend)
    other = lifetimes.GammaGammaFitter()
    other.fit(data.x[again], data.mean_spend[again])
    found = (model.p, model.q, model.gamma)
    assert found == pytest.approx([other.params_[name] for name in ("p", "q", "v")], rel=1e-3)
    theirs = other.conditional_expected_average_profit(data.x[again], data.mean_spend[again])
    ours = spend.expected_spend(model, data.x[again], data.mean_spend[again]).spend
    assert ours == pytest.approx(np.asarray(theirs), rel=1e-3)
