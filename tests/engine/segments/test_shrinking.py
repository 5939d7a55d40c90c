"""Small segments are drawn toward all of them as far as segments are alike."""

import numpy as np
import pytest

from sterna.engine.errors import BadInput
from sterna.engine.segments.markov import shares
from sterna.engine.segments.shrinking import shrink

POOLED = shares(
    [[78, 83, 30, 8, 9], [66, 301, 150, 40, 8], [16, 125, 258, 144, 22], [3, 30, 120, 268, 144], [2, 3, 13, 99, 449]]
)  # fmt: skip


def test_R4_shrunk_shares_of_small_segments_are_nearer_the_truth_than_their_own_and_than_the_pooled():
    rng = np.random.default_rng(5)
    errors = {"own": [], "pooled": [], "shrunk": []}
    for _ in range(30):
        sizes = rng.integers(20, 201, 10)
        truth = np.array([[rng.dirichlet(40 * row + 0.2) for row in POOLED] for _ in sizes])
        starts = [rng.multinomial(size, [0.2] * 5) for size in sizes]
        counts = np.array(
            [
                [rng.multinomial(n, row / row.sum()) for n, row in zip(start, rows, strict=True)]
                for start, rows in zip(starts, truth, strict=True)
            ]
        )
        found, own = shrink(counts), shares(counts)
        there = ~np.isnan(own)
        for name, guess in (("own", own), ("pooled", found.pooled[None]), ("shrunk", found.shares)):
            errors[name].append(np.abs(guess - truth)[there].mean())
    own, pooled, shrunk = (np.mean(errors[name]) for name in ("own", "pooled", "shrunk"))
    assert shrunk < 0.9 * pooled < pooled < own


def test_segments_that_do_not_differ_have_the_pooled_shares():
    found = shrink([[[30, 10], [5, 15]], [[60, 20], [10, 30]]])
    assert found.own.tolist() == [[0, 0], [0, 0]]
    assert found.shares == pytest.approx(np.array([[[0.75, 0.25], [0.25, 0.75]]] * 2))


def test_segments_that_have_nothing_in_common_keep_their_own():
    found = shrink([[[500, 0], [0, 500]], [[0, 500], [500, 0]]])
    assert found.own.min() > 0.99
    assert found.shares[0, 0, 0] > 0.99


def test_of_who_starts_where_nobody_of_the_segment_does_all_segments_speak():
    found = shrink([[[0, 0], [5, 5]], [[30, 10], [5, 5]]])
    assert found.own[0, 0] == 0
    assert found.shares[0, 0].tolist() == [0.75, 0.25]


def test_where_nobody_starts_nothing_is_known():
    found = shrink([[[0, 0], [5, 5]], [[0, 0], [1, 9]]])
    assert np.isnan(found.shares[:, 0]).all() and np.isnan(found.pooled[0]).all()
    assert not np.isnan(found.shares[:, 1]).any()


def test_rows_sum_to_one_and_larger_segments_keep_more_of_their_own():
    rng = np.random.default_rng(2)
    truth = rng.dirichlet([8, 2], 6)
    counts = np.array(
        [[rng.multinomial(n, p), [1, 1]] for n, p in zip([10, 20, 40, 80, 160, 320], truth, strict=True)]
    )
    found = shrink(counts)
    assert found.shares.sum(axis=2) == pytest.approx(np.ones((6, 2)))
    assert (np.diff(found.own[:, 0]) > 0).all() and 0 < found.own[0, 0] < found.own[-1, 0] < 1


def test_one_segment_is_all_of_them():
    found = shrink([[[3, 1], [0, 2]]])
    assert found.shares[0].tolist() == [[0.75, 0.25], [0, 1]]


@pytest.mark.parametrize("counts", [[[1, 2]], [[[1, -1], [0, 0]]], [[[float("nan")]]]])
def test_what_is_no_count_is_refused(counts):
    with pytest.raises(BadInput, match="counts of moves by segment"):
        shrink(counts)
