"""One process serves a home: a second is refused, a dead one's number harms nobody, and `end` waits for the end."""

import contextlib
import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest

from sterna.cli.desk import served
from sterna.engine.errors import BadInput
from tests.cli.conftest import environment

HOLD = """
import os, pathlib, signal, sys, time
from sterna.cli.desk import served
if sys.argv[2] == "deaf":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
with served.alone(pathlib.Path(sys.argv[1])):
    if sys.argv[2] == "forking" and os.fork() == 0:
        time.sleep(60)
    print(os.getpid(), flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    """Starts a process that holds the home, and waits until it does; it is ended at the end."""
    started = []

    def start(manner: str = "plain") -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(HOLD), str(tmp_path), manner],
            env=environment(tmp_path),
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        assert process.stdout and process.stdout.readline() == f"{process.pid}\n"
        return process

    yield start
    for process in started:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()


def test_a_second_server_is_refused_naming_the_first(tmp_path, holder):
    first = holder()
    said = f"process {first.pid} serves {tmp_path} already: end it with `sterna stop`"
    with pytest.raises(BadInput, match=said), served.alone(tmp_path):
        pass
    assert first.poll() is None
    assert (tmp_path / "serve.pid").read_text() == str(first.pid), "the refused one left its mark"


def test_end_asks_it_to_end_and_returns_when_it_has(tmp_path, holder):
    first = holder()
    assert served.end(tmp_path) is True
    assert first.wait(timeout=5) == -signal.SIGTERM
    assert served.end(tmp_path) is False
    with served.alone(tmp_path):
        assert (tmp_path / "serve.pid").read_text() == str(os.getpid())


def test_a_number_left_by_a_killed_server_is_never_signalled(tmp_path):
    with subprocess.Popen(["sleep", "60"]) as bystander:
        (tmp_path / "serve.pid").write_text(str(bystander.pid))
        assert served.end(tmp_path) is False
        with served.alone(tmp_path):
            pass
        assert bystander.poll() is None
        bystander.kill()


def test_children_that_outlive_a_killed_server_do_not_hold_its_home(tmp_path, holder):
    first = holder("forking")
    first.kill()
    first.wait()
    assert served.end(tmp_path) is False, "only the server itself counts, its children end by themselves"
    with served.alone(tmp_path):
        pass


def test_one_that_does_not_end_is_named_after_the_patience(tmp_path, holder, monkeypatch):
    monkeypatch.setattr(served, "PATIENCE", 0.2)
    first = holder("deaf")
    begun = time.monotonic()
    with pytest.raises(
        BadInput, match=f"process {first.pid} still serves {tmp_path} after 0 s: end it by hand"
    ):
        served.end(tmp_path)
    assert time.monotonic() - begun < 5 and first.poll() is None


def test_the_home_is_made_closed_to_others_and_given_back_after_an_error(tmp_path):
    home = tmp_path / "new" / "home"
    with pytest.raises(ZeroDivisionError), served.alone(home):
        assert home.stat().st_mode & 0o066 == 0
        raise ZeroDivisionError
    with served.alone(home):
        pass
