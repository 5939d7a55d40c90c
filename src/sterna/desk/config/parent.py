"""Ends a process with the one that started it, however that one died: a child holds a pipe that closes with it."""

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable

GRACE = 3.0  # seconds between asking this process to end and ending it


def end_with_parent() -> None:
    """End this process soon after the process that started it by `multiprocessing`; started otherwise, do nothing.

    What answers requests would else stay on the port after a `kill -9` of its parent, and take half of the requests
    of the next one.
    """
    parent = multiprocessing.parent_process()
    if parent is not None:
        _end_after(parent.join)


def end_with_input() -> None:
    """End this process soon after its standard input closes, as the pipe does that a dead parent held."""
    _end_after(_drain)


def _drain() -> None:
    # Past sys.stdin: its lock, held by a thread that waits, ends the interpreter with a fatal error.
    while os.read(0, 4096):
        pass


def _end_after(gone: Callable[[], object]) -> None:
    def follow() -> None:
        gone()
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(GRACE)
        # What it was doing is resumed like after a kill -9.
        os._exit(1)

    threading.Thread(target=follow, name="end with parent", daemon=True).start()
