"""A process of the desk with a home of its own, ended by SIGKILL where a test says, and what it left in the records."""

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
def own_home(folders: pytest.TempPathFactory) -> Iterator[Path]:
    """A home with its own PostgreSQL, stopped at the end."""
    found = folders.mktemp("killed")
    # Run by root, the database is another user, which must be able to walk to its folder.
    for above in found.parents[:3]:
        above.chmod(0o755)
    yield found
    postgres.stop(found)


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
