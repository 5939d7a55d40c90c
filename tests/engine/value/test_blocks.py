"""Cells taken a few at a time have the figures of all of them at once."""

import numpy as np
import pytest

from sterna.engine.value import cells, forecasting, lifetime, spend
from sterna.engine.value.models import BG_NBD, MBG_NBD
from tests.engine.value.population import population


@pytest.mark.parametrize("size", [0, 1, 3, 4, 10])
def test_blocks_hold_every_cell_once_and_in_order(monkeypatch, size):
    monkeypatch.setattr(cells, "BLOCK", 3)
    places = np.arange(float(size))
    held = [places[block] for block in cells.blocks(size)]
    assert all(0 < block.size <= 3 for block in held)
    assert np.concatenate([*held, []]).tolist() == cells.in_blocks(lambda x: x, places).tolist() == [*places]


@pytest.mark.parametrize("model", [BG_NBD, MBG_NBD], ids=lambda model: model.name)
def test_a_likelihood_and_all_scores_are_the_same_however_many_cells_are_taken_at_once(monkeypatch, model):
    x, t_x, age = population(5, 500, (0.9, 6.0), (0.8, 2.5))
    weight = np.arange(1.0, x.size + 1)
    whole = lifetime._Cells(x, t_x, age, weight, model is MBG_NBD)
    theta = np.array([0.8, 5.0, 0.7, 2.0])
    learned = forecasting.learn(model, x, t_x, age, weight)

    def figures() -> list[np.ndarray]:
        value, slope = whole.log_likelihood(theta)
        scores = forecasting.score(model, learned, x, t_x, age, 26)
        worth = forecasting.worth(model, learned, x, t_x, age, 104, 0.1)
        return [np.array([value]), slope, scores.p_alive, scores.purchases, worth.discounted, worth.error]

    once = figures()
    monkeypatch.setattr(cells, "BLOCK", 37)
    for one, other in zip(once, figures(), strict=True):
        assert other == pytest.approx(one, rel=1e-10, nan_ok=True)


def test_the_likelihood_of_spend_is_the_same_however_many_cells_are_taken_at_once(monkeypatch):
    rng = np.random.default_rng(4)
    x, mean = rng.poisson(2.0, 500) + 1.0, rng.gamma(6.0, 5.0, 500)
    whole = spend._Cells(x, mean, np.arange(1.0, 501.0))
    theta = np.array([3.0, 4.0, 20.0])
    value, slope = whole.log_likelihood(theta)
    monkeypatch.setattr(cells, "BLOCK", 37)
    again, slope_again = whole.log_likelihood(theta)
    assert again == pytest.approx(value, rel=1e-12) and slope_again == pytest.approx(slope, rel=1e-9)
