"""The package `lifetimes`, an independent implementation, agrees with the models beside BG/NBD."""

import warnings
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

from sterna.engine.value import models
from tests.engine.value.cdnow import sample
from tests.engine.value.published import donations

pytestmark = pytest.mark.oracle


@pytest.fixture
def lifetimes() -> Iterator:
    # The package is no longer kept: it warns of NumPy's and pandas' changes, and of its own bare arithmetic.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import lifetimes

        yield lifetimes


@pytest.mark.parametrize(
    ("name", "other", "within"),
    [("mbg-nbd", "ModifiedBetaGeoFitter", 5e-4), ("pareto-nbd", "ParetoNBDFitter", 5e-4)],
)
def test_R79_models_in_continuous_time_agree_with_lifetimes(lifetimes, name, other, within):
    data, model = sample(), models.MODELS[name]
    ours = model.fit(data.x, data.t_x, data.age, 1.0)
    theirs = getattr(lifetimes, other)()
    theirs.fit(data.x, data.t_x, data.age)
    found = list(model.values(ours).values())
    assert found == pytest.approx([theirs.params_[parameter] for parameter in model.parameters], rel=within)
    purchases = theirs.conditional_expected_number_of_purchases_up_to_time(39, data.x, data.t_x, data.age)
    assert model.expected(ours, data.x, data.t_x, data.age, 39.0) == pytest.approx(
        np.asarray(purchases), rel=2e-3
    )
    alive = theirs.conditional_probability_alive(data.x, data.t_x, data.age)
    assert model.alive(ours, data.x, data.t_x, data.age) == pytest.approx(np.asarray(alive), abs=3e-4)


def test_R79_opportunities_agree_with_lifetimes(lifetimes):
    x, t_x, years, donors = donations()
    model = models.MODELS["bg-bb"]
    ours, theirs = model.fit(x, t_x, years, donors), lifetimes.BetaGeoBetaBinomFitter()
    theirs.fit(*(pd.Series(column) for column in (x, t_x, years)), weights=pd.Series(donors))
    found = list(model.values(ours).values())
    assert found == pytest.approx([theirs.params_[parameter] for parameter in model.parameters], rel=1e-3)
    gifts = theirs.conditional_expected_number_of_purchases_up_to_time(5, x, t_x, years)
    assert model.expected(ours, x, t_x, years, 5) == pytest.approx(np.asarray(gifts), rel=2e-3)
    # Counted from the last opportunity seen: 1 is the next one, of which the paper speaks.
    alive = theirs.conditional_probability_alive(1, x, t_x, years)
    assert model.alive(ours, x, t_x, years) == pytest.approx(np.asarray(alive), abs=1e-3)
