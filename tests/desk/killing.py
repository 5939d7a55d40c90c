"""A process of the desk with a home of its own, ended by SIGKILL where a test says, and what it left in the records."""

import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from sterna.desk.config import postgres


@contextmanager
def bare_home(folders: pytest.TempPathFactory) -> Iterator[Path]:
    """A home with nothing in it, whose PostgreSQL is stopped at the end."""
    found = folders.mktemp("killed")
    # Run by root, the database is another user, which must be able to walk to its folder.
    for above in found.parents[:3]:
        above.chmod(0o755)
    yield found
    postgres.stop(found)


@contextmanager
def own_home(folders: pytest.TempPathFactory) -> Iterator[Path]:
    """A home with its own PostgreSQL, whose tables are there, stopped at the end."""
    with bare_home(folders) as found:
        copy_home(_migrated(folders), found)
        yield found


def copy_home(home: Path, copy: Path) -> None:
    """Copy a home that stands still with its owners: run by root, the database belongs to a user of its own."""
    copy.mkdir(exist_ok=True)
    subprocess.run(["cp", "-a", f"{home}/.", str(copy)], check=True)


def _migrated(folders: pytest.TempPathFactory) -> Path:
    """The home that the others are copied from, made once for all workers: its tables take longer than most tests."""
    base = folders.getbasetemp()
    home = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "migrated"
    home.mkdir(exist_ok=True)
    with home.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = home.with_suffix(".done")
        if not done.exists():
            for above in home.parents[:3]:
                above.chmod(0o755)
            made = do("django", home, "migrate", "--verbosity", "0")
            assert made.returncode == 0, made.stderr
            postgres.stop(home)
            done.touch()
    return home


def do(module: str, home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m module arguments` on `home` to its end, whatever end that is."""
    environment = {
        **os.environ,
        "STERNA_HOME": str(home),
        "DJANGO_SETTINGS_MODULE": "sterna.desk.config.settings",
        "PYTHONPATH": "src:.",
        # Two threads for small fits take several times as long as one.
        "OPENBLAS_NUM_THREADS": "1",
    }
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )


def was_killed(ended: subprocess.CompletedProcess[str]) -> bool:
    """Whether the process ended itself and neither got through nor failed."""
    return ended.returncode == -signal.SIGKILL


def rows(home: Path, *queries: str) -> list[list[tuple[Any, ...]]]:
    """What each query finds in the records of `home`, in one sitting."""
    at = postgres.start(home)
    with psycopg.connect(host=at["HOST"], port=at["PORT"], user=at["USER"], dbname=at["NAME"]) as connection:
        return [connection.execute(query.encode()).fetchall() for query in queries]


def dying(function: Callable[..., Any], before: bool, passing: int = 1) -> Callable[..., Any]:
    """`function`, whose `passing`-th call ends the process as a power cut would: `before` it or once it is done."""
    left = [passing]

    def passed(*arguments: Any, **named: Any) -> Any:
        left[0] -= 1
        if left[0] == 0 and before:
            os.kill(os.getpid(), signal.SIGKILL)
        result = function(*arguments, **named)
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    return passed
