"""Where customers do not drop out, BG/NBD still forecasts and never says who is lost."""

import duckdb
import numpy as np
import pytest

from sterna.engine.value import lifetime
from tests.engine.value.cdnow import sample
from tests.engine.value.population import population


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_R79_population_without_dropout_has_no_p_alive(seed):
    x, t_x, age = population(seed, 2_000, (1.2, 8.0), None)
    model = lifetime.fit(x, t_x, age)
    assert (
        model.boundary == "No drop-out can be told from these purchases: the model without it fits as well."
    )
    assert model.standard_errors is None
    assert np.isnan(lifetime.alive(model, x, t_x, age)).all()


def test_population_without_dropout_is_forecast_at_its_own_rate():
    x, t_x, age = population(4, 5_000, (1.2, 8.0), None)
    model = lifetime.fit(x, t_x, age)
    expected = lifetime.expected_purchases(model, x, t_x, age, 52.0)
    assert np.isfinite(expected).all()
    assert expected.mean() == pytest.approx(52 * 1.2 / 8.0, rel=0.05)
    own_rate = (model.r + x) / (model.alpha + age) * 52
    assert expected == pytest.approx(own_rate, rel=0.01)


def test_hardly_any_dropout_is_a_boundary_with_its_share():
    model = lifetime.fit(*population(5, 5_000, (2.0, 2.0), (0.2, 100.0)))
    assert model.boundary is not None
    assert model.boundary.startswith("Hardly anybody drops out: 0.")


def test_fit_at_a_limit_names_it_and_holds_back_p_alive():
    """CDNOW with x cut at 5, where the drop-out of all customers becomes the same."""
    data = sample()
    x = np.minimum(data.x, 5)
    model = lifetime.fit(x, data.t_x, data.age)
    assert model.boundary == "The best fit runs to the limit of b, so how customers differ is not identified."
    assert model.standard_errors is None
    assert np.isnan(lifetime.alive(model, x, data.t_x, data.age)).all()
    expected = lifetime.expected_purchases(model, x, data.t_x, data.age, 39.0)
    assert 0.3 < expected.mean() < 1.2


def test_clear_dropout_is_no_boundary():
    x, t_x, age = population(6, 2_000, (0.8, 6.0), (0.8, 2.4))
    model = lifetime.fit(x, t_x, age)
    assert model.boundary is None
    assert np.isfinite(lifetime.alive(model, x, t_x, age)).all()


@pytest.mark.oracle
def test_complete_journey_households_do_not_drop_out(complete_journey):
    """Shopping days of 2017 up to September, forecast to the end of the year."""
    first, last, bought, later = (
        duckdb.sql(
            f"""
        with days as (
          select distinct household_id, cast(transaction_timestamp as date) as day from '{complete_journey}'
        )
        select date_diff('day', min(day), date '2017-09-30') / 7.0 as age,
               date_diff('day', min(day), max(day) filter (where day <= '2017-09-30')) / 7.0 as t_x,
               count(*) filter (where day <= '2017-09-30') - 1 as x,
               count(*) filter (where day > '2017-09-30') as later
        from days group by household_id having min(day) <= '2017-09-30'
        """
        )
        .fetchnumpy()
        .values()
    )
    model = lifetime.fit(bought, last, first)
    assert (model.a, model.b) == pytest.approx((0.0295, 26.7), abs=0.05)
    assert model.boundary is not None
    expected = lifetime.expected_purchases(model, bought, last, first, 92 / 7)
    assert expected.mean() == pytest.approx(later.mean(), rel=0.005)
    assert np.abs(expected - later).mean() == pytest.approx(4.49, abs=0.02)
