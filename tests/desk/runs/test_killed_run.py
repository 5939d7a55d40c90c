"""A run killed at any point goes on where it was, publishes once, and is what an unbroken one would have been."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from sterna.desk.config import postgres
from tests.desk.runs import shop

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
    found = tmp_path_factory.mktemp("killed")
    # Run by root, the database is another user, which must be able to walk to its folder.
    for above in found.parents[:3]:
        above.chmod(0o755)
    yield found
    postgres.stop(found)


def _do(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "STERNA_HOME": str(home),
        "DJANGO_SETTINGS_MODULE": "sterna.desk.config.settings",
        "PYTHONPATH": "src:.",
        # Two threads for small fits take several times as long as one.
        "OPENBLAS_NUM_THREADS": "1",
    }
    return subprocess.run(
        [sys.executable, "-m", "tests.desk.runs.killing", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )


def _told(home: Path) -> dict[str, int]:
    """How many rows each published table has, and the states of the runs."""
    at = postgres.start(home)
    with psycopg.connect(host=at["HOST"], port=at["PORT"], user=at["USER"], dbname=at["NAME"]) as connection:
        told = {
            table: connection.execute(f"select count(*) from {table}").fetchall()[0][0] for table in PUBLISHED
        }
        states = connection.execute("select state, count(*) from runs_run group by 1").fetchall()
    return told | dict(states)


@pytest.mark.kill
@pytest.mark.slow
def test_a_run_killed_again_and_again_publishes_once_and_the_same(home):
    opened = _do(home, "open")
    assert opened.returncode == 0, opened.stderr
    for point, count in POINTS:
        ended = _do(home, "run", point, str(count))
        assert ended.returncode == -signal.SIGKILL, f"{point}: {ended.stdout}{ended.stderr}"
        if point != "published":
            assert not any(_told(home)[table] for table in PUBLISHED), f"{point} published a part"
    again = _do(home, "run", "again", "0")
    assert "the same byte for byte" in again.stdout, again.stderr
    told = _told(home)
    assert told["done"] == 1 and told.keys() == {*PUBLISHED, "done"}
    assert told["values_worth"] == told["segments_move"] == told["segments_membership"] == shop.CUSTOMERS
    assert (
        told["contacts_contact"] + told["contacts_leftout"] == shop.CUSTOMERS and told["contacts_contact"] > 0
    )
