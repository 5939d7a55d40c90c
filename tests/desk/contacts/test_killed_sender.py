"""A sender killed at any point: every message arrives exactly once, or the ledger says that nobody knows."""

import hashlib
from collections import Counter
from pathlib import Path

import pytest

from sterna.channels.email import sink
from tests.desk import killing

SENDER = "tests.desk.contacts.killing"
# Where it is killed and at which passing; then how many contacts of the slices of five that leaves in doubt, and how
# many of these had been handed over to the mail server. A turn settles one slice and marks the next in one commit.
POINTS = (
    ("after claim", 1, 0, 0),  # nothing marked: all due again
    ("before turn", 1, 0, 0),  # the same
    ("after mark", 1, 0, 0),  # written, and not committed
    ("after turn", 1, 5, 0),
    ("before hand over", 3, 5, 2),
    ("after hand over", 2, 5, 2),
    ("before turn", 2, 5, 5),  # the mail server has them all and the ledger was not told
    ("after settle", 2, 5, 5),  # written, and not committed
    ("after turn", 2, 5, 0),  # the first five are settled with the commit that marks the next five
)
NUMBER = 60


@pytest.fixture
def home(tmp_path_factory):
    """A home of its own with its own PostgreSQL, stopped at the end."""
    with killing.own_home(tmp_path_factory) as found:
        yield found


def _states(home: Path) -> dict[str, str]:
    """The state of each contact, by the name of its message."""
    [contacts] = killing.rows(home, "select natural_key, state from contacts_contact")
    return {hashlib.sha256(key.encode()).hexdigest()[:40]: state for key, state in contacts}


@pytest.mark.kill
@pytest.mark.slow
def test_a_sender_killed_again_and_again_doubles_nothing(home, tmp_path):
    filled = killing.do(SENDER, home, "fill", str(NUMBER))
    assert filled.returncode == 0, filled.stderr
    in_doubt = arrived_in_doubt = 0
    with sink.serve(tmp_path) as running:
        for point, count, doubtful, arrived in POINTS:
            ended = killing.do(SENDER, home, "send", str(running.port), point, str(count))
            assert killing.was_killed(ended), f"{point}: {ended.stdout}{ended.stderr}"
            in_doubt, arrived_in_doubt = in_doubt + doubtful, arrived_in_doubt + arrived
        last = killing.do(SENDER, home, "send", str(running.port), "", "0")
        assert last.returncode == 0, last.stderr
    states = _states(home)
    arrived_once = Counter(_message_id(path) for path in tmp_path.glob("*.eml"))
    assert set(arrived_once.values()) == {1}, "nobody got it twice"
    assert Counter(states.values()) == {"unknown": in_doubt, "handed over": NUMBER - in_doubt}
    sent = {key for key, state in states.items() if state == "handed over"}
    assert sent <= set(arrived_once) <= set(states), "what the ledger calls handed over has arrived"
    assert len(arrived_once) == len(sent) + arrived_in_doubt


def _message_id(path: Path) -> str:
    line = next(line for line in path.read_text().splitlines() if line.startswith("Message-ID:"))
    return line.partition("<")[2].partition("@")[0]
