"""The one process that serves a home: it holds a file of the home locked while it lives, its process id inside."""

import fcntl
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from sterna.desk.config import postgres
from sterna.engine.errors import BadInput

PATIENCE = 60.0  # seconds that a server has to finish what it is doing


@contextmanager
def alone(home: Path) -> Iterator[None]:
    """Hold `home` as the only process that serves it; raises BadInput naming the other one."""
    postgres.prepare_home(home)
    with _file(home).open("a+", encoding="ascii") as file:
        if not _lock(file):
            raise BadInput(f"process {_holder(file)} serves {home} already: end it with `sterna stop`")
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def end(home: Path) -> bool:
    """Ask the process that serves `home` to end and wait for it; False when there is none.

    The lock, not the number, says that it lives: a number left by a killed server may be another's by now. Raises
    BadInput when it goes on after PATIENCE.
    """
    if not _file(home).exists():
        return False
    with _file(home).open("r+", encoding="ascii") as file:
        if _lock(file):
            return False
        asked, begun = "", time.monotonic()
        while not _lock(file):
            # The number follows the lock: it may be a moment late.
            if not asked and (asked := _holder(file)):
                os.kill(int(asked), signal.SIGTERM)
            if time.monotonic() - begun > PATIENCE:
                raise BadInput(f"process {asked} still serves {home} after {PATIENCE:.0f} s: end it by hand")
            time.sleep(0.05)
    return True


def _file(home: Path) -> Path:
    return home / "serve.pid"


def _lock(file: TextIO) -> bool:
    """Take the lock of this process on `file`; its children do not inherit it, and it ends with the process."""
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(file: TextIO) -> str:
    file.seek(0)
    return file.read().strip()
