"""Runs a command in a process of its own and measures it: seconds, processor seconds, peak memory."""

import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO


class CommandFailed(Exception):
    """A measured command ended with another code than 0; what it said is on the error stream."""


@dataclass(frozen=True)
class Measured:
    """What one command took: wall and processor seconds, its peak resident bytes, and what it printed."""

    seconds: float
    processor_seconds: float
    peak_bytes: int
    output: str


def python(module: str, arguments: Sequence[str], environment: Mapping[str, str]) -> Measured:
    """Run `python -m module arguments` and measure it and what it waited for, not this process.

    The error stream passes through: it carries the command's own progress. Raises CommandFailed.
    """
    command = [sys.executable, "-m", module, *arguments]
    with tempfile.TemporaryFile() as printed:
        begun = time.perf_counter()
        status, used = _run(command, printed, environment)
        seconds = time.perf_counter() - begun
        printed.seek(0)
        output = printed.read().decode()
    if status:
        raise CommandFailed(f"`{module} {' '.join(arguments)}` ended with {status}")
    # Linux counts in KiB, macOS in bytes. A process starts with the peak of the one that started it: this one
    # imports no engine, so that a peak below some 80 MB is all that it could hide.
    unit = 1 if sys.platform == "darwin" else 1024
    return Measured(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss * unit, output)


def _run(
    command: Sequence[str], printed: IO[bytes], environment: Mapping[str, str]
) -> tuple[int, resource.struct_rusage]:
    """The exit code and what the process used: `wait4` tells of this one process, `getrusage` of all so far."""
    process = None
    try:
        with _signals_held():
            process = subprocess.Popen(command, stdout=printed, env=dict(environment))
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    finally:
        # Interrupted while it waited: nothing that it started may go on.
        if process is not None and process.returncode is None:
            process.terminate()
            process.wait()
    return process.returncode, used


@contextmanager
def _signals_held() -> Iterator[None]:
    """Let a signal wait until a process is started: in the middle of it, nobody would know whom to end."""
    came: list[int] = []
    signs = (signal.SIGINT, signal.SIGTERM)
    before = {sign: signal.signal(sign, lambda number, _: came.append(number)) for sign in signs}
    try:
        yield
    finally:
        for sign, handler in before.items():
            signal.signal(sign, handler)
        for number in came:
            signal.raise_signal(number)
