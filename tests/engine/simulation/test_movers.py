"""Planted high potentials: as many as asked for, the rest untouched, the same for a seed, and who leaves does leave."""

from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from sterna.engine.simulation import DEPARTMENTS, history, plant_movers, population

GONE = (100, 170)


@pytest.fixture(scope="module")
def planted():
    people = population(3_000, 5)
    return people, plant_movers(people, 0.1, GONE, 7)


def rows(people, households: frozenset[int]) -> np.ndarray:
    return np.isin(people.household, sorted(households))


def test_a_tenth_could_move_and_half_as_many_left(planted):
    _, shop = planted
    assert len(shop.could_move) == pytest.approx(300, abs=50)
    assert len(shop.gone) == pytest.approx(150, abs=40)
    assert not shop.could_move & shop.gone


def test_whoever_is_not_planted_is_as_they_were(planted):
    people, shop = planted
    others = ~rows(people, shop.could_move | shop.gone)
    for name in ("visits", "shares", "tastes", "lifetime"):
        assert np.array_equal(getattr(people, name)[others], getattr(shop.people, name)[others]), name
    assert np.array_equal(people.tastes, shop.people.tastes)


def test_the_planted_come_often_and_buy_whole_departments_elsewhere(planted):
    people, shop = planted
    chosen = rows(people, shop.could_move | shop.gone)
    assert shop.people.visits[chosen].min() >= np.quantile(people.visits, 0.79)
    away = (shop.people.shares[chosen, 1:] == 0).sum(axis=1)
    assert away.mean() > 0.4 * (len(DEPARTMENTS) - 1) > (people.shares[~chosen, 1:] == 0).sum(axis=1).mean()
    # Groceries bring them here.
    assert (shop.people.shares[chosen, 0] > 0).all()
    assert shop.people.share_of_wallet()[chosen].mean() < people.share_of_wallet()[~chosen].mean()


def test_who_left_buys_no_more_and_who_could_move_does(planted):
    people, shop = planted
    lifetime = shop.people.lifetime
    gone, stay = rows(people, shop.gone), rows(people, shop.could_move)
    assert lifetime[gone].min() >= GONE[0] and lifetime[gone].max() <= GONE[1] and lifetime[stay].min() > 365
    lines = pa.concat_tables(history(shop.people, date(2017, 7, 1), date(2017, 7, 31)))
    seen = set(lines.column("household_id").to_pylist())
    assert not seen & shop.gone and len(seen & shop.could_move) > 0.95 * len(shop.could_move)


def test_the_same_seed_plants_the_same_and_another_does_not():
    people = population(500, 1)
    one, again, other = (plant_movers(people, 0.2, GONE, seed) for seed in (3, 3, 4))
    assert (one.could_move, one.gone) == (again.could_move, again.gone)
    assert np.array_equal(one.people.shares, again.people.shares)
    assert one.could_move != other.could_move


def test_none_is_planted_where_none_is_asked_for():
    people = population(200, 1)
    shop = plant_movers(people, 0.0, GONE, 3)
    assert not shop.could_move and not shop.gone
    assert np.array_equal(shop.people.visits, people.visits)
