"""A child ends soon after its parent, however the parent died, and not before."""

import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest

from sterna.desk.config import parent

# A parent that starts a child by `multiprocessing` in one way, tells its number and waits.
PARENT = """
import multiprocessing, os, signal, sys, time
from sterna.desk.config import parent

def child(manner):
    parent.GRACE = 0.2
    if manner == "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    parent.end_with_parent()
    time.sleep(60)

if __name__ == "__main__":
    started = [
        multiprocessing.get_context("fork").Process(target=child, args=(sys.argv[1],)) for _ in range(3)
    ]
    for each in started:
        each.start()
    print(*(each.pid for each in started), flush=True)
    time.sleep(60)
"""
TIED = """
import time
from sterna.desk.config import parent
parent.end_with_input()
print(1, flush=True)
time.sleep(60)
"""


def start(text: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(text), *arguments],
        env={**os.environ, "PYTHONPATH": "src"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def alive(number: int) -> bool:
    try:
        with open(f"/proc/{number}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.kill
@pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="looks for processes in /proc")
@pytest.mark.parametrize("manner", ["plain", "deaf"])
def test_forked_children_end_with_a_killed_parent_even_those_that_hear_no_signal(manner):
    with start(PARENT, manner) as process:
        children = [int(number) for number in process.stdout.readline().split()]
        time.sleep(0.3)
        assert len(children) == 3 and all(map(alive, children)), "they live as long as it does"
        process.kill()
        process.wait()
        until = time.monotonic() + 10
        while any(map(alive, children)) and time.monotonic() < until:
            time.sleep(0.05)
        assert not any(map(alive, children))


def test_a_tied_process_ends_by_SIGTERM_when_its_input_closes_and_not_on_what_it_reads():
    with start(TIED) as process:
        process.stdout.readline()
        process.stdin.write("a line\n" * 2_000)
        process.stdin.flush()
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=0.3)
        process.stdin.close()
        assert process.wait(timeout=10) == -signal.SIGTERM


def test_a_tied_process_that_ends_by_itself_ends_cleanly():
    ending = TIED.replace("time.sleep(60)", "time.sleep(0.1)")
    with start(ending) as process:
        assert process.wait(timeout=10) == 0, "a thread that waits for input must not stop the interpreter"


def test_a_process_that_nobody_started_by_multiprocessing_is_left_alone(monkeypatch):
    monkeypatch.setattr(parent, "_end_after", lambda gone: pytest.fail("it would end with its shell"))
    parent.end_with_parent()
