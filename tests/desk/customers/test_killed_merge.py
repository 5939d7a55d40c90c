"""A merge or a split that is killed has happened whole or not at all, and the same form again finishes it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.desk.killing import do, own_home, rows, was_killed

pytestmark = [pytest.mark.kill, pytest.mark.slow]
MODULE = "tests.desk.customers.killing"
LOOK = (
    "select key, customer_id from customers_sourcerecord order by key",
    "select customer_id, household_id from customers_householdmember where until is null order by 1",
    "select count(*) from customers_identityedge where undone_at is null",
    "select count(*) from customers_followed where parted_at is null",
    "select count(*) from audit_entry where action like '%customers'",
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with own_home(tmp_path_factory) as found:
        assert do(MODULE, found, "open").returncode == 0
        yield found


def test_R20_a_killed_merge_and_a_killed_split_leave_nothing_half_done(home):
    before = rows(home, *LOOK)
    for point in ("records moved", "followed", "before the audit", "audited"):
        assert was_killed(do(MODULE, home, "merge", point)), point
        assert rows(home, *LOOK) == before, point
    for _ in range(2):
        assert do(MODULE, home, "merge", "never").stdout == "merged\n"
    merged = rows(home, *LOOK)
    customers = dict(merged[0])
    assert customers["till/card:1"] == customers["till/card:2"] != customers["till/card:3"]
    assert merged[2:] == [[(1,)], [(1,)], [(1,)]]
    for point in ("records moved", "followed"):
        assert was_killed(do(MODULE, home, "split", point)), point
        assert rows(home, *LOOK) == merged, point
    assert do(MODULE, home, "split", "never").stdout == "split\n"
    assert rows(home, *LOOK)[:2] == before[:2]
