"""A run killed at any point goes on where it was, publishes once, and is what an unbroken one would have been."""

from pathlib import Path

import pytest

from tests.desk import killing
from tests.desk.runs import shop

RUN = "tests.desk.runs.killing"
POINTS = (
    ("frozen", 1),
    ("stage saved", 1),
    ("stage journaled", 2),
    ("stage saved", 2),
    ("publishing", 1),
    ("published", 1),
)

PUBLISHED = ("values_worth", "segments_move", "segments_membership", "contacts_contact", "contacts_leftout")


@pytest.fixture
def home(tmp_path_factory):
    """A home of its own with its own PostgreSQL, stopped at the end."""
    with killing.own_home(tmp_path_factory) as found:
        yield found


def _told(home: Path) -> dict[str, int]:
    """How many rows each published table has, and the states of the runs."""
    counts = [f"select '{table}', count(*) from {table}" for table in PUBLISHED]
    [*published, states] = killing.rows(home, *counts, "select state, count(*) from runs_run group by 1")
    return dict(row for rows in published for row in rows) | dict(states)


@pytest.mark.kill
@pytest.mark.slow
def test_a_run_killed_again_and_again_publishes_once_and_the_same(home):
    opened = killing.do(RUN, home, "open")
    assert opened.returncode == 0, opened.stderr
    for point, count in POINTS:
        ended = killing.do(RUN, home, "run", point, str(count))
        assert killing.was_killed(ended), f"{point}: {ended.stdout}{ended.stderr}"
        if point != "published":
            assert not any(_told(home)[table] for table in PUBLISHED), f"{point} published a part"
    again = killing.do(RUN, home, "run", "again", "0")
    assert "the same byte for byte" in again.stdout, again.stderr
    told = _told(home)
    assert told["done"] == 1 and told.keys() == {*PUBLISHED, "done"}
    assert told["values_worth"] == told["segments_move"] == told["segments_membership"] == shop.CUSTOMERS
    assert (
        told["contacts_contact"] + told["contacts_leftout"] == shop.CUSTOMERS and told["contacts_contact"] > 0
    )
