"""What a forecast stands on: the chances of the counts, how far they are left open, and what cannot be."""

from typing import Any

import numpy as np
import pytest

from sterna.engine.errors import BadInput
from sterna.engine.plans.forecast.basis import require_sound
from tests.engine.plans.forecast.small import basis


def test_chances_add_half_a_customer_to_every_cell() -> None:
    found = basis(moved=((89.5, 9.5), (0, 1))).chances()
    assert found.tolist() == [[0.9, 0.1], [0.25, 0.75]]


def test_who_comes_to_a_place_where_nobody_started_stays_there() -> None:
    given = basis(moved=((0, 0), (19.5, 79.5)), headcounts={"low": 0, "high": 10})
    assert given.chances().tolist() == [[1, 0], [0.2, 0.8]]
    drawn = given.drawn_chances(50, np.random.default_rng(1))
    assert (drawn[:, 0] == [1, 0]).all()
    assert len(np.unique(drawn[:, 1, 0])) == 50


def test_drawn_chances_lie_around_the_chances_and_closer_the_more_were_counted() -> None:
    few = basis().drawn_chances(4000, np.random.default_rng(1))
    many = basis(moved=((8999.5, 999.5), (1999.5, 7999.5))).drawn_chances(4000, np.random.default_rng(1))
    assert few.shape == (4000, 2, 2)
    assert np.allclose(few.sum(axis=2), 1)
    # The deviation of a beta distribution: the root of p (1 - p) / (n + 1), with n = 100 and n = 10,000.
    assert few[:, 0, 1].mean() == pytest.approx(0.1, abs=0.002)
    assert few[:, 0, 1].std() == pytest.approx((0.09 / 101) ** 0.5, rel=0.05)
    assert many[:, 0, 1].std() == pytest.approx((0.09 / 10_001) ** 0.5, rel=0.05)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"places": ("low",)}, "places are 2 to 50 different names"),
    ({"places": ("low", "low")}, "places are 2 to 50 different names"),
    ({"months": 0}, "over 0 months"),
    ({"months": 121}, "over 121 months"),
    ({"moved": ((1, 2),)}, "2 rows of 2 counts"),
    ({"moved": ((1, 2), (3,))}, "2 rows of 2 counts"),
    ({"moved": ((1, -2), (3, 4))}, "a count below 0"),
    ({"headcounts": {"low": 5, "top": 1}}, "'top' is none of the places low, high"),
    ({"worth": {"top": 1.0}}, "'top' is none of the places"),
    ({"spread": {"top": 1.0}}, "'top' is none of the places"),
    ({"worth_error": {"top": 1.0}}, "'top' is none of the places"),
    ({"headcounts": {"low": -1}}, "low holds a number below 0"),
    ({"spread": {"high": -1.0}}, "high holds a number below 0"),
    ({"moved": ((0, 0), (1, 1))}, "nobody was seen to start in low"),
    ({"correlation": 1.0}, "between -1 and 1"),
]


@pytest.mark.parametrize(("fields", "said"), WRONG)
def test_a_basis_that_cannot_be_is_refused_by_name(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(BadInput, match=said.replace("(", r"\(")):
        require_sound(basis(**fields))


def test_a_place_where_nobody_started_may_be_empty() -> None:
    require_sound(basis(moved=((90, 10), (0, 0)), headcounts={"low": 10, "high": 0}))
