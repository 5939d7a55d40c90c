"""Moves as a Markov chain: published vectors, counts of the Complete Journey, figures by hand, laws."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sterna.engine.errors import BadInput
from sterna.engine.segments import markov

# Pfeifer and Carraway 2000: a customer buys again with a chance by recency; who has not for five periods is former.
AGAIN = (0.3, 0.2, 0.15, 0.05)


def recency(again: tuple[float, ...] = AGAIN) -> np.ndarray:
    matrix = np.zeros((5, 5))
    for place, chance in enumerate(again):
        matrix[place, 0], matrix[place, place + 1] = chance, 1 - chance
    matrix[4, 4] = 1
    return matrix


REWARDS = (40 - 4, -4, -4, -4, 0)
# Quarters 1 to 2 of the Complete Journey by tiers of quarter 1, none to the highest.
QUARTER = np.array(
    [[78, 83, 30, 8, 9], [66, 301, 150, 40, 8], [16, 125, 258, 144, 22], [3, 30, 120, 268, 144], [2, 3, 13, 99, 449]]
)  # fmt: skip


def test_R4_the_worth_of_a_start_is_the_published_one():
    four = markov.worth(recency(), REWARDS, 0.2, periods=4)
    assert four == pytest.approx([50.115, 4.220, 0.592, -1.980, 0], abs=5e-4)
    assert markov.worth(recency(), REWARDS, 0.2) == pytest.approx([52.320, 5.554, 1.251, -1.820, 0], abs=5e-4)


def test_R4_to_stop_mailing_at_the_fourth_recency_is_worth_what_was_published():
    stopped = recency()
    stopped[3] = [0, 0, 0, 0, 1]
    found = markov.worth(stopped, (36, -4, -4, 0, 0), 0.2)
    assert found == pytest.approx([53.149, 6.621, 2.644, 0, 0], abs=5e-4)


def test_R4_shares_of_a_row_are_of_its_opening_headcount():
    found = markov.shares([[7, 3, 0], [0, 0, 0], [1, 1, 2]])
    assert found[0].tolist() == [0.7, 0.3, 0.0]  # three of ten moved: 30 %
    assert np.isnan(found[1]).all() and found[2].tolist() == [0.25, 0.25, 0.5]
    assert markov.shares(QUARTER).sum(axis=1) == pytest.approx(np.ones(5))


def test_how_long_it_takes_to_get_somewhere_by_hand():
    # A half stays, a half goes on: two periods for each step, and the last place is left by nobody.
    found = markov.arrival([[0.5, 0.5, 0], [0, 0.5, 0.5], [0, 0, 1]], [2])
    assert found.periods.tolist() == [4.0, 2.0, 0.0] and found.chance.tolist() == [1.0, 1.0, 1.0]


def test_who_may_leave_for_good_is_never_sure_to_arrive():
    # From the first: a quarter up, a quarter gone for good, else again: one in two arrives.
    found = markov.arrival([[0.5, 0.25, 0.25], [0, 1, 0], [0, 0, 1]], [1])
    assert found.chance == pytest.approx([0.5, 1, 0])
    assert found.periods.tolist() == [np.inf, 0.0, np.inf]


def test_nobody_arrives_where_no_way_leads():
    found = markov.arrival(np.eye(3), [2])
    assert found.chance.tolist() == [0, 0, 1] and found.periods.tolist() == [np.inf, np.inf, 0]


def test_two_periods_with_the_same_shares_are_stationary_whatever_their_size():
    found = markov.stationarity(np.stack([QUARTER, 3 * QUARTER]))
    assert found.statistic == pytest.approx(0, abs=1e-9) and found.df == 20
    assert found.p == pytest.approx(1)


def test_stationarity_by_hand():
    # 8 of 10 and 4 of 10 against 12 of 20, from one place; nobody ever started from the other.
    found = markov.stationarity([[[8, 2], [0, 0]], [[4, 6], [0, 0]]])
    by_hand = 2 * (
        8 * np.log(0.8 / 0.6) + 2 * np.log(0.2 / 0.4) + 4 * np.log(0.4 / 0.6) + 6 * np.log(0.6 / 0.4)
    )
    assert found.statistic == pytest.approx(by_hand) and found.df == 1
    assert found.p == pytest.approx(0.0632, abs=1e-4)


def test_a_customer_who_goes_back_where_they_were_is_no_chain_of_first_order():
    # From the middle everybody returns to where they came from.
    triples = np.zeros((3, 3, 3))
    triples[0, 1, 0] = triples[2, 1, 2] = 50
    found = markov.first_order(triples)
    assert found.statistic == pytest.approx(2 * 100 * np.log(2)) and found.df == 1
    assert found.p is not None and found.p < 1e-20


def test_nothing_to_compare_has_no_p():
    found = markov.stationarity(QUARTER[None])
    assert (found.statistic, found.df, found.p) == (0.0, 0, None)
    assert found.told == "G2 0.0, 0 degrees of freedom, p unknown"


def test_a_chance_that_no_float_can_hold_is_not_told_as_none():
    assert markov.Test(3_297_664.2, 18, 0.0).told == "G2 3,297,664.2, 18 degrees of freedom, p under 1e-300"


matrices = st.integers(2, 5).flatmap(
    lambda size: st.lists(
        st.lists(st.integers(0, 20), min_size=size, max_size=size), min_size=size, max_size=size
    ).filter(lambda rows: all(map(sum, rows)))
)


@settings(max_examples=60, deadline=None)
@given(matrices, st.integers(0, 6))
def test_R4_nobody_is_lost_or_made_on_the_way(rows, periods):
    opening = np.array(rows).sum(axis=1)
    assert markov.ahead(markov.shares(rows), opening, periods).sum() == pytest.approx(opening.sum())


@settings(max_examples=60, deadline=None)
@given(matrices, st.integers(0, 4))
def test_the_time_to_a_place_is_one_period_more_than_from_where_one_goes_next(rows, target):
    chances = markov.shares(rows)
    target %= len(rows)
    found = markov.arrival(chances, [target])
    for place in range(len(rows)):
        onward = chances[place] > 0
        if place != target:
            assert found.chance[place] == pytest.approx(chances[place] @ found.chance, abs=1e-9)
            mean = chances[place][onward] @ found.periods[onward]
            assert found.periods[place] == pytest.approx(1 + mean, rel=1e-6)


@settings(max_examples=40, deadline=None)
@given(matrices, st.floats(0.01, 2))
def test_worth_for_ever_is_the_limit_of_many_periods(rows, discount):
    chances, brings = markov.shares(rows), np.arange(len(rows)) - 1.0
    long = markov.worth(chances, brings, discount, periods=4_000)
    assert markov.worth(chances, brings, discount) == pytest.approx(long, rel=1e-6, abs=1e-6)


def test_a_chain_that_was_simulated_is_not_rejected_and_its_shares_come_back_within_four_errors():
    rng = np.random.default_rng(8)
    truth, places = markov.shares(QUARTER), [rng.integers(0, 5, 4_000)]
    for _ in range(3):
        chances = truth[places[-1]].cumsum(axis=1)
        places.append((rng.random(4_000)[:, None] > chances).sum(axis=1).clip(max=4))
    steps = np.zeros((3, 5, 5))
    triples = np.zeros((5, 5, 5))
    for step, (before, after) in enumerate(pairwise(places)):
        np.add.at(steps[step], (before, after), 1)
    for three in zip(places, places[1:], places[2:], strict=False):
        np.add.at(triples, three, 1)
    assert markov.stationarity(steps).p > 0.01 and markov.first_order(triples).p > 0.01
    pooled = steps.sum(axis=0)
    error = np.sqrt(truth * (1 - truth) / pooled.sum(axis=1, keepdims=True))
    assert (np.abs(markov.shares(pooled) - truth) <= 4 * error).all()


@pytest.mark.parametrize(
    ("work", "said"),
    [
        (lambda: markov.worth([[0.5, 0.4], [0, 1]], [1, 1], 0.1), r"row 0 are \[0\.5, 0\.4\]"),
        (lambda: markov.worth(np.eye(2), [1], 0.1), "2 places need as many finite rewards"),
        (lambda: markov.worth(np.eye(2), [1, 1], 0.0), "a discount of a period is above 0"),
        (lambda: markov.shares([[1, -1]]), "from 0 on"),
        (lambda: markov.stationarity(QUARTER), "a table of places by places"),
        (lambda: markov.arrival(np.ones((2, 3)), [0]), "a square of places"),
    ],
)
def test_what_is_no_chain_is_refused(work, said):
    with pytest.raises(BadInput, match=said):
        work()
