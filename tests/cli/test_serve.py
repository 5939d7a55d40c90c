"""`sterna serve` and what it starts: served once, ended by `sterna stop`, and leaving nothing behind a `kill -9`."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import environment, process
from tests.desk.killing import bare_home

pytestmark = [pytest.mark.kill, pytest.mark.slow]
SOON = 15.0  # seconds in which what a killed server started has to be gone, on a busy machine


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home of its own with its own PostgreSQL, stopped at the end."""
    with bare_home(tmp_path_factory) as found:
        yield found


@pytest.fixture(scope="module")
def address() -> str:
    """Host and port that nobody has."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return f"127.0.0.1:{free.getsockname()[1]}"


@pytest.fixture
def server(home: Path, address: str) -> Iterator[subprocess.Popen[bytes]]:
    """`sterna serve` with its worker, answering."""
    with (home / "serve.log").open("ab") as log:
        started = subprocess.Popen(
            [sys.executable, "-m", "sterna.cli.main", "serve"],
            env=environment(home, STERNA_ADDRESS=address),
            stdout=log,
            stderr=log,
        )
    until = time.monotonic() + 90
    while health(address) != 200:
        assert started.poll() is None and time.monotonic() < until, (home / "serve.log").read_text()
        time.sleep(0.1)
    yield started
    started.kill()
    started.wait()


def health(address: str) -> int:
    """The status of a request; 0 when nobody listens."""
    try:
        with urllib.request.urlopen(f"http://{address}/health", timeout=10) as answer:
            return int(answer.status)
    except OSError:
        return 0


def children(parent: int) -> dict[int, str]:
    """The processes that `parent` started, by number, with their command lines."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            after_name = (folder / "stat").read_text().rpartition(")")[2].split()
            if int(after_name[1]) == parent:
                found[int(folder.name)] = (folder / "cmdline").read_text().replace("\0", " ")
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def alive(number: int) -> bool:
    """Whether a process still runs; one that ended and waits for its parent does not."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def gone(numbers: list[int]) -> bool:
    until = time.monotonic() + SOON
    while any(map(alive, numbers)) and time.monotonic() < until:
        time.sleep(0.1)
    return not any(map(alive, numbers))


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="lists processes by /proc")
def test_after_kill_9_its_children_end_and_the_port_is_free(home, address, server):
    begun = children(server.pid)
    assert len(begun) == 3 and sum("work --tied" in line for line in begun.values()) == 1, begun
    second = process(home, "serve", STERNA_ADDRESS="127.0.0.1:1").refusal()
    assert second == f"process {server.pid} serves {home} already: end it with `sterna stop`"
    assert health(address) == 200, "the second one harmed the first"
    os.kill(server.pid, signal.SIGKILL)
    server.wait()
    assert gone(list(begun)), "what a killed server started goes on"
    assert health(address) == 0
    host, port = address.split(":")
    socket.create_server((host, int(port))).close()


def test_stop_ends_the_server_its_worker_and_the_database(home, address, server):
    begun = list(children(server.pid))
    told = process(home, "stop")
    assert (told.code, told.out) == (0, "stopped\n")
    assert server.wait(timeout=5) == 0 and gone(begun)
    assert "WARNING" not in (home / "serve.log").read_text(), "who starts it is warned of nothing"
    assert not (home / "postgres" / "postmaster.pid").exists() and health(address) == 0
    assert process(home, "stop").out == "nothing was running\n"


def test_a_process_that_does_not_answer_keeps_the_server_from_nothing(home, address, server):
    begun = children(server.pid)
    stuck = next(number for number, line in begun.items() if "work --tied" not in line)
    os.kill(stuck, signal.SIGSTOP)
    try:
        told = process(home, "stop")
        assert (told.code, told.out) == (0, "stopped\n")
        assert server.wait(timeout=5) == 0 and gone(list(begun))
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(stuck, signal.SIGKILL)
    assert health(address) == 0
