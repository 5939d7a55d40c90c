"""The population: shares and tastes are shares, and its shoppers behave as their truth says."""

from datetime import date

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from sterna.engine.simulation import DEPARTMENTS, history, population, products
from sterna.engine.simulation.contacts import demographics

FIRST, LAST = date(2017, 1, 1), date(2017, 6, 30)


@settings(max_examples=20)
@given(st.integers(min_value=1, max_value=200), st.integers(min_value=0, max_value=10**9))
def test_shares_lie_between_none_and_all_and_tastes_sum_to_one(customers, seed):
    people = population(customers, seed)
    assert people.size == customers and people.household.tolist() == list(range(1, customers + 1))
    assert ((people.shares >= 0) & (people.shares <= 1)).all()
    assert np.allclose(people.tastes.sum(axis=1), 1)
    wallet = people.share_of_wallet()
    assert ((wallet > 0) & (wallet <= 1)).all()


def test_a_department_bought_wholly_elsewhere_is_on_no_receipt():
    people = population(800, 2)
    lines = pa.concat_tables(history(people, FIRST, LAST))
    department = (lines.column("product_id").to_numpy() - 1) // (products().num_rows // len(DEPARTMENTS))
    share = people.shares[lines.column("household_id").to_numpy() - 1, department]
    assert share.min() > 0
    assert (people.shares == 0).mean() > 0.1


def test_who_comes_often_is_seen_often_and_whoever_left_is_not_seen_again():
    people = population(2000, 3)
    lines = pa.concat_tables(history(people, FIRST, LAST))
    household = lines.column("household_id").to_numpy()
    basket = lines.column("basket_id").to_numpy()
    first_of_basket = np.unique(basket, return_index=True)[1]
    visits = np.bincount(household[first_of_basket], minlength=people.size + 1)[1:]
    staying = people.lifetime > 181
    assert np.corrcoef(visits[staying], people.visits[staying])[0, 1] > 0.9
    assert ((basket % 100_000) < people.lifetime[household - 1]).all()


def test_chunks_change_nothing_but_memory():
    people = population(5_200, 4)
    tables = list(history(people, FIRST, date(2017, 1, 31)))
    assert len(tables) == 2
    assert pa.concat_tables(tables).column("household_id").to_numpy().max() > 5_000
    again = list(history(people, FIRST, date(2017, 1, 31)))
    assert all(one.equals(other) for one, other in zip(tables, again, strict=True))


def test_some_households_tell_about_themselves_and_most_do_not():
    told = demographics(population(900, 1).household, 1)
    assert 200 < told.num_rows < 400
    assert len(set(told.column("household_id").to_pylist())) == told.num_rows
