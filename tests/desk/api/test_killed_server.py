"""A server killed with SIGKILL, and its database with it, right after its 200: nothing is lost, nothing is doubled."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.desk.api.calls import EVENT, basic
from tests.desk.killing import own_home

ROOT = Path(__file__).parents[3]
PATIENCE = 60.0
pytestmark = [pytest.mark.kill, pytest.mark.slow]


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home with a database of its own."""
    with own_home(tmp_path_factory) as found:
        monkeypatch.setenv("STERNA_HOME", str(found))
        monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "sterna.desk.config.settings")
        yield found


def ask(verb: str) -> str:
    command = [sys.executable, "-m", "tests.desk.api.serving", verb]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, timeout=180, check=True)
    return next(line for line in done.stdout.splitlines() if line.startswith("said ")).removeprefix("said ")


class Server:
    """The web server of an installation in a process group of its own, on a free port."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = int(free.getsockname()[1])
        application = "sterna.desk.config.wsgi:application"
        options = ["--interface", "wsgi", "--host", "127.0.0.1", "--port", str(self._port), "--workers", "2"]
        command = [sys.executable, "-m", "granian", application, *options, "--no-ws"]
        self._process = subprocess.Popen(command, cwd=ROOT, start_new_session=True, stdout=subprocess.DEVNULL)
        until = time.monotonic() + PATIENCE
        while self._asked("GET", "/health", b"", {}) != 200:
            assert time.monotonic() < until, "the server never answered"
            time.sleep(0.2)

    def _asked(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        try:
            connection.request(method, path, body, headers)
            return connection.getresponse().status
        except OSError:
            return 0
        finally:
            connection.close()

    def send(self, key: str, names: list[str]) -> int:
        """The status of one batch of events with these message ids; 0 when nobody answered."""
        batch = {"batch": [{**EVENT, "messageId": name} for name in names]}
        return self._asked("POST", "/v1/batch", json.dumps(batch).encode(), {"Authorization": basic(key)})

    def kill(self) -> None:
        """End every process of the server with SIGKILL."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(30)


def kill_database(home: Path) -> None:
    """End the database as a power cut would: SIGKILL to its main process, and its children follow."""
    pid = int((home / "postgres" / "postmaster.pid").read_text().splitlines()[0])
    os.kill(pid, signal.SIGKILL)
    until = time.monotonic() + PATIENCE
    while _runs(pid) and time.monotonic() < until:
        time.sleep(0.05)


def _runs(pid: int) -> bool:
    """Whether a process is more than an entry that nobody collects, as one is that lost its parent."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_R8_a_server_killed_right_after_its_200_has_lost_nothing_and_doubles_nothing(home: Path):
    key = ask("prepare")
    names = [f"m{number}" for number in range(300)]
    server = Server()
    try:
        assert [server.send(key, names[start : start + 100]) for start in (0, 100, 200)] == [200, 200, 200]
    finally:
        server.kill()
    kill_database(home)
    found = json.loads(ask("report"))
    assert found == {"ids": names, "kept": 300}
    server = Server()
    try:
        assert [server.send(key, names[start : start + 150]) for start in (150, 0)] == [200, 200]
    finally:
        server.kill()
    assert json.loads(ask("report")) == {"ids": names, "kept": 300}
