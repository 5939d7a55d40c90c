"""Placing between runs that is killed anywhere goes on: nobody is moved twice, nothing that happened is lost."""

from datetime import UTC, datetime

import pytest

from tests.desk import killing
from tests.desk.runs.test_keeping_up import DAY

RUN = "tests.desk.runs.killing"
POINTS = ("laying out", "laid out", "reading", "read", "placing")
MOVED = """
select count(*), count(distinct customer_id) from segments_membership
where scheme = 'needs' and place = 'readers' and upper_inf(during) and run_id is null
"""
LEFT = """
select (select count(*) from segments_followed), (select count(*) from segments_rollup),
    (select count(*) from segments_newdeed), (select count(*) from segments_due)
"""


@pytest.fixture
def home(tmp_path_factory):
    """A home of its own with its own PostgreSQL, stopped at the end."""
    with killing.own_home(tmp_path_factory) as found:
        yield found


@pytest.mark.kill
@pytest.mark.slow
def test_R84_killed_anywhere_between_runs_everybody_is_placed_once(home, monkeypatch):
    monkeypatch.setenv("STERNA_NOW", datetime(DAY.year, DAY.month, DAY.day, 12, tzinfo=UTC).isoformat())
    opened = killing.do(RUN, home, "place")
    assert opened.returncode == 0, opened.stderr
    for point in POINTS:
        ended = killing.do(RUN, home, "keep", point)
        assert killing.was_killed(ended), f"{point}: {ended.stdout}{ended.stderr}"
        [[(followed, rolled, deeds, _)], [(moved, _)]] = killing.rows(home, LEFT, MOVED)
        assert (followed, rolled) == ((0, 0) if point == "laying out" else (1, 60)), point
        assert deeds == (20 if point in ("read", "placing") else 0), point
        assert moved == 0, f"{point}: nobody is moved by halves"
    ended = killing.do(RUN, home, "keep", "the end")
    assert ended.returncode == 0, ended.stderr
    [[(_, _, deeds, due)], [(moved, people)]] = killing.rows(home, LEFT, MOVED)
    assert (deeds, due) == (20, 0) and moved == people > 0
    ended = killing.do(RUN, home, "keep", "again")
    assert "events=0, customers=0" in ended.stdout
    assert killing.rows(home, MOVED) == [[(moved, people)]]
