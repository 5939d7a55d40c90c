"""An erasure killed at any step is finished at the next start, and the person does not come back in between."""

import pytest

from sterna.desk.config import postgres
from tests.desk.killing import copy_home, do, own_home, rows, was_killed

pytestmark = [pytest.mark.kill, pytest.mark.slow]
KILLING = "tests.desk.privacy.killing"
STATE = "select state from customers_erasure"


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A planted home that stands still, to be copied."""
    with own_home(tmp_path_factory) as found:
        done = do(KILLING, found, "plant", str(tmp_path_factory.mktemp("files")))
        assert done.returncode == 0, done.stderr
        postgres.stop(found)
        yield found


@pytest.mark.parametrize(
    ("point", "count"),
    [("before begin", "1"), ("after step", "6"), ("before segment", "2"), ("before files", "1")],
)  # fmt: skip
def test_an_erasure_killed_anywhere_is_finished_at_the_next_start(home, tmp_path, monkeypatch, point, count):
    monkeypatch.setenv("STERNA_NOW", "2017-07-01T16:00:00+00:00")
    copy = tmp_path / "copy"
    for above in (tmp_path, *list(tmp_path.parents)[:2]):
        above.chmod(0o755)
    copy_home(home, copy)
    try:
        assert was_killed(do(KILLING, copy, "erase", point, count))
        begun = point != "before begin"
        if begun:
            [states, listed] = rows(copy, STATE, "select count(*) from sources_suppressed")
            assert states == [("running",)] and listed[0][0] >= 4
        finished = do(KILLING, copy, "finish")
        number, left = finished.stdout.splitlines()
        assert number == str(int(begun)), finished.stderr
        assert (left == "[] [] []") is begun
        assert rows(copy, STATE) == [[("done",)] if begun else []]
    finally:
        postgres.stop(copy)
