"""The embedded PostgreSQL: an ordinary role, a home closed to others, the settings given at the start."""

import os
import shutil
import stat
import subprocess
import threading
import time
from pathlib import Path

import psutil
import pytest
from django.db import connection

from sterna.desk.config import options, postgres
from sterna.engine.lake.files import write_text

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(bool(os.environ.get("STERNA_DATABASE_URL")), reason="another server is used"),
]


def test_the_application_is_no_superuser():
    with connection.cursor() as cursor:
        cursor.execute("select rolsuper, rolcreaterole from pg_roles where rolname = current_user")
        assert cursor.fetchone() == (False, False)


def test_the_settings_of_the_first_start_hold():
    with connection.cursor() as cursor:
        cursor.execute(
            "select current_setting('shared_buffers'), current_setting('TimeZone'), current_setting('io_method')"
        )
        assert cursor.fetchone() == ("256MB", "UTC", "sync")


def test_the_home_is_not_listed_by_others():
    assert options.home().stat().st_mode & 0o077 in (0o000, 0o011)


def test_what_is_written_in_the_home_is_the_operators_alone():
    folder = options.home() / "lake" / "closed"
    write_text(folder / "secret.txt", "who bought what")
    assert stat.S_IMODE((folder / "secret.txt").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_stopping_a_home_without_a_server_does_nothing(tmp_path):
    assert postgres.stop(tmp_path) is False


def test_it_is_postgresql_16_or_newer():
    with connection.cursor() as cursor:
        cursor.execute("show server_version_num")
        assert int(cursor.fetchone()[0]) >= 160_000


def marked(data: Path, pid: int) -> Path:
    """A data folder whose marks name a process."""
    data.mkdir(exist_ok=True)
    mark = data / "postmaster.pid"
    mark.write_text(f"{pid}\n{data}\n1700000000\n5432\n{data}\n\n  1 2\nready\n")
    (data / ".s.PGSQL.5432.lock").write_text(f"{pid}\n")
    return mark


def server_in(data: Path) -> subprocess.Popen[bytes]:
    """A process that is called like a server's and runs in its folder, for a minute at most."""
    program = data / "postgres"
    if not program.exists():
        program.symlink_to(shutil.which("sleep") or "/bin/sleep")
    return subprocess.Popen([program, "60"], cwd=data)


def test_a_server_that_was_killed_and_not_collected_yet_does_not_pass_for_a_running_one(tmp_path):
    killed = server_in(tmp_path)
    mark = marked(tmp_path, killed.pid)
    postgres._forget_the_dead(tmp_path)
    assert mark.exists(), "it runs"
    killed.kill()
    until = time.monotonic() + 10
    while psutil.Process(killed.pid).status() != psutil.STATUS_ZOMBIE and time.monotonic() < until:
        time.sleep(0.01)
    postgres._forget_the_dead(tmp_path)
    assert not mark.exists()
    killed.wait(10)


def test_another_program_under_the_number_of_a_dead_server_is_not_the_server(tmp_path):
    for pid in (os.getpid(), 2**22 - 7):
        mark = marked(tmp_path / "data", pid)
        postgres._forget_the_dead(tmp_path / "data")
        assert not mark.exists() and not list(mark.parent.glob(".s.PGSQL*"))
    postgres._forget_the_dead(tmp_path / "data")


def test_the_processes_of_a_dead_server_are_waited_for(tmp_path):
    left = server_in(tmp_path)
    marked(tmp_path, 2**22 - 7)
    ending = threading.Timer(0.5, left.kill)
    ending.start()
    began = time.monotonic()
    postgres._forget_the_dead(tmp_path)
    assert 0.4 < time.monotonic() - began < postgres.PATIENCE
    ending.join()
    left.wait(10)


def test_the_mark_of_the_running_server_stays():
    # Its socket lies in its folder; the workers of one run share a server.
    mark = Path(connection.settings_dict["HOST"]) / "postmaster.pid"
    before = mark.read_text(encoding="utf-8")
    postgres._forget_the_dead(mark.parent)
    assert mark.read_text(encoding="utf-8") == before
