"""Ranks with ties are those of SciPy, which the stage does not load."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import rankdata

from sterna.engine.value.ranking import midranks


@given(st.lists(st.integers(-5, 5)))
def test_ranks_are_those_of_scipy(values):
    assert midranks(np.array(values, dtype=float)).tolist() == rankdata(values).tolist()


def test_equal_values_share_the_mean_of_their_places():
    assert midranks([3.0, 1.0, 3.0, 2.0]).tolist() == [3.5, 1.0, 3.5, 2.0]
