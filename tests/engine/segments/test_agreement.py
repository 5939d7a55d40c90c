"""Agreement of staff: the published figures, and what cannot be told."""

import pytest

from sterna.engine.segments.agreement import agree

# Fleiss' kappa as worked in textbooks: 10 subjects, 14 raters, 5 categories.
COUNTS = [
    (0, 0, 0, 0, 14), (0, 2, 6, 4, 2), (0, 0, 3, 5, 6), (0, 3, 9, 2, 0), (2, 2, 8, 1, 1),
    (7, 7, 0, 0, 0), (3, 2, 6, 3, 0), (2, 5, 3, 2, 2), (6, 5, 2, 1, 0), (0, 2, 2, 3, 7),
]  # fmt: skip


def test_R50_many_raters_agree_as_in_the_worked_example():
    found = agree([[category for category, n in enumerate(row) for _ in range(n)] for row in COUNTS])
    assert (found.customers, found.judgements) == (10, 140)
    assert (found.observed, found.expected, found.kappa) == pytest.approx((0.378, 0.213, 0.210), abs=5e-4)


def test_R50_who_has_not_judged_everybody_counts_as_published():
    """Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011), section C: nominal alpha .743."""
    units = ["aaa", "bbcb", "cccc", "cccc", "bbbb", "abcd", "dddd", "aaba", "bbbb", "eee", "aa", "c"]
    found = agree(units)
    assert found.alpha == pytest.approx(0.743, abs=5e-4) and found.kappa is None
    assert (found.customers, found.judgements) == (11, 40)


def test_all_alike_and_all_apart():
    assert agree(["AA", "BB", "CC"]).alpha == agree(["AA", "BB"]).kappa == 1
    assert agree(["AB", "AB"]).kappa == -1


def test_one_group_for_everybody_is_no_agreement_beyond_chance():
    found = agree(["AA", "AA"])
    assert (found.observed, found.alpha, found.kappa) == (1, None, None)


def test_nobody_judged_by_two_tells_nothing():
    assert agree(["A", "B", ""]) == (0, 0, None, None, None, None)
