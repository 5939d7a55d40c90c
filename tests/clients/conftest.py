"""A source for the clients, the packages of the JavaScript ones, and a server that fails when a test wants it."""

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
LISTED = ("package.json", "package-lock.json", ".npmrc")


@pytest.fixture(scope="session")
def packages() -> Path:
    """The folder of the installed JavaScript packages, made once for each lock file beside the Python environment."""
    digest = hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()[:16]
    folder = Path(sys.prefix) / "node-clients" / digest
    if not (folder / "node_modules").exists():
        install(folder)
    return folder


def install(folder: Path) -> None:
    """Install what the lock file lists as `folder`, whole or not at all, whoever else installs it meanwhile."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".", dir=folder.parent) as scratch:
        unfinished = Path(scratch) / folder.name
        unfinished.mkdir()
        for name in LISTED:
            shutil.copy(HERE / name, unfinished / name)
        subprocess.run(["npm", "ci", "--ignore-scripts"], cwd=unfinished, check=True, timeout=300)
        try:
            unfinished.rename(folder)
        except OSError:
            # Another run was quicker: a folder that is not empty is replaced by nobody.
            if not (folder / "node_modules").exists():
                raise


@pytest.fixture
def run_node(packages: Path, live_server: Any) -> Iterator[Callable[..., Any]]:
    """Run a script of this folder with node against the live server; returns what it printed as JSON."""

    def go(script: str, *arguments: str) -> Any:
        # One name for one server: the browser's rules compare names, not addresses.
        command = ["node", str(HERE / script), str(packages), live_server.url, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr[-3_000:]
        return json.loads(done.stdout.splitlines()[-1])

    yield go


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[int]]:
    """Have the next requests answered with these statuses instead of being taken; returns what was answered."""
    from sterna.desk.api import views
    from sterna.desk.api.answers import Answer

    def set_up(*statuses: int) -> list[int]:
        take, coming, answered = views.take_batch, list(statuses), []

        def faulty(request: Any, key: Any, batch: Any) -> Answer | None:
            status = coming.pop(0) if coming else 0
            answered.append(status)
            wait = 1 if status == 429 else None
            return Answer(status, "fault", "A test wants it.", wait) if status else take(request, key, batch)

        monkeypatch.setattr(views, "take_batch", faulty)
        return answered

    return set_up


@pytest.fixture(autouse=True)
def short_sessions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have each thread of the live server give its session back after a request, however long its client stays."""
    from django.db import connections

    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", 0)
