"""A sender killed at any point: every message arrives exactly once, or the ledger says that nobody knows."""

import hashlib
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import psycopg
import pytest

from sterna.channels.email import sink
from sterna.desk.config import postgres

# Where it is killed, and at which passing. Slices have five contacts here: the comment says what the kill leaves.
POINTS = (
    ("after claim", 1),  # nothing marked: all due again
    ("before mark", 1),  # the same
    ("after mark", 1),  # five in doubt, none of them sent
    ("before hand over", 3),  # five in doubt, two of them sent
    ("after hand over", 2),  # five in doubt, two of them sent
    ("before settle", 1),  # five in doubt, all sent
    ("after settle", 1),  # five sent and settled
)
NUMBER, IN_DOUBT, SENT_IN_DOUBT = 45, 20, 9


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
    }
    return subprocess.run(
        [sys.executable, "-m", "tests.desk.contacts.killing", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )


def _states(home: Path) -> dict[str, str]:
    """The state of each contact, by the name of its message."""
    at = postgres.start(home)
    with psycopg.connect(host=at["HOST"], port=at["PORT"], user=at["USER"], dbname=at["NAME"]) as connection:
        rows = connection.execute("select natural_key, state from contacts_contact").fetchall()
    return {hashlib.sha256(key.encode()).hexdigest()[:40]: state for key, state in rows}


@pytest.mark.kill
@pytest.mark.slow
def test_a_sender_killed_again_and_again_doubles_nothing(home, tmp_path):
    filled = _do(home, "fill", str(NUMBER))
    assert filled.returncode == 0, filled.stderr
    with sink.serve(tmp_path) as running:
        for point, count in POINTS:
            ended = _do(home, "send", str(running.port), point, str(count))
            assert ended.returncode == -signal.SIGKILL, f"{point}: {ended.stdout}{ended.stderr}"
        last = _do(home, "send", str(running.port), "", "0")
        assert last.returncode == 0, last.stderr
    states = _states(home)
    arrived = Counter(_message_id(path) for path in tmp_path.glob("*.eml"))
    assert set(arrived.values()) == {1}, "nobody got it twice"
    assert Counter(states.values()) == {"unknown": IN_DOUBT, "handed over": NUMBER - IN_DOUBT}
    sent = {key for key, state in states.items() if state == "handed over"}
    assert sent <= set(arrived) <= set(states), "what the ledger calls handed over has arrived"
    assert len(arrived) == len(sent) + SENT_IN_DOUBT


def _message_id(path: Path) -> str:
    line = next(line for line in path.read_text().splitlines() if line.startswith("Message-ID:"))
    return line.partition("<")[2].partition("@")[0]
