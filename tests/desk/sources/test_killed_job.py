"""The job that imports an uploaded file, ended by SIGKILL at each of its steps: the next one loads every row once."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from tests.desk.killing import do, own_home, rows, was_killed

pytestmark = [pytest.mark.kill, pytest.mark.slow]
MODULE = "tests.desk.sources.importing"
# Where a worker dies, and how many of the parts of its file are in by then: before the first part, around each step of
# the part behind the one that it loaded, and with the last part all but committed.
DEATHS = (
    ("check before", "1", 0), ("part before", "1", 0), ("part before", "2", 1), ("segment after", "2", 2),
    ("count before", "2", 3), ("count after", "2", 4), ("count after", "2", 5),
)  # fmt: skip
# What the worker's clock defers every minute.
EVERY_MINUTE = (
    "insert into procrastinate_jobs (task_name, queue_name, args) "
    "values ('sources.import_waiting', 'default', '{\"timestamp\": 0}') returning 1"
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home with a database of its own."""
    with own_home(tmp_path_factory) as found:
        yield found


def test_an_import_job_that_is_killed_at_every_step_loads_every_row_once(home: Path, tmp_path: Path):
    lines = [f"c{i % 700},t{i},a,2017-01-05,1,{i % 90}.{i % 10}0" for i in range(30_000)]
    lines[20_000] = "c1,odd,a,2017-01-05,1,x"
    file = tmp_path / "sales.csv"
    file.write_text("\n".join(["card,till,item,at,pieces,paid", *lines]) + "\n")
    brought = do(MODULE, home, "bring", str(file))
    assert brought.returncode == 0, brought.stderr
    for where, passing, parts in DEATHS:
        # The job of a killed worker stays behind it; the one of every minute finds the import.
        ended = do(MODULE, home, "die", where, passing)
        assert was_killed(ended), (where, ended.returncode, ended.stderr[-2_000:])
        [[(state, read)], [(listed,)], _] = rows(
            home,
            "select state, rows_read from sources_import",
            "select count(*) from lakehouse_segment",
            EVERY_MINUTE,
        )
        assert (state, read, listed) == ("running", parts * 5_000, parts), (where, passing)
    done = do(MODULE, home, "work")
    assert done.returncode == 0, done.stderr
    amount = sum((Decimal(f"{i % 90}.{i % 10}0") for i in range(30_000) if i != 20_000), Decimal())
    [found], [segments], [records], refused = rows(
        home,
        "select state, rows_read, rows_accepted, rows_refused, amount from sources_import",
        "select count(*), count(distinct origin), sum(rows) from lakehouse_segment",
        "select count(*) from customers_sourcerecord",
        "select line, reason from sources_refusedrow",
    )
    assert found == ("done", 30_000, 29_999, 1, amount)
    assert segments == (6, 6, 29_999)
    assert (records, refused) == ((700,), [(20_002, "is not a number")])
    assert not list((home / "staging").glob("*"))
    # Nor is a part left over that was written and never listed.
    assert len(list((home / "lake" / "lines").iterdir())) == 6
