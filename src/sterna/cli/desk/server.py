"""Serves the desk, runs its background worker beside it, and stops what it started."""

import logging
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from sterna.cli.desk import served
from sterna.desk.config import options, postgres
from sterna.engine.errors import BadInput


def address() -> tuple[str, int]:
    """Host and port of STERNA_ADDRESS; raises BadInput naming it."""
    host, _, port = options.text("STERNA_ADDRESS").rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65_536:
        raise BadInput(f"setting STERNA_ADDRESS is {options.text('STERNA_ADDRESS')!r}, not host:port")
    return host, int(port)


@contextmanager
def worker() -> Iterator[None]:
    """Run `sterna work` beside the server, and end it with it, even when the server is killed."""
    process = subprocess.Popen(
        [sys.executable, "-m", "sterna.cli.main", "work", "--tied"], stdin=subprocess.PIPE
    )
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            # The ledger's leases make this safe: what it held is found again.
            process.kill()


# Most of them wait for the disk, so there are more than processors: with five on two of these no more was taken in.
THREADS = 8
PATIENCE = 10  # seconds that a process of the web server has to finish what it answers


def serve() -> None:
    """Serve the desk until interrupted; an embedded database is stopped at the end.

    The caller holds the home (`served.alone`). Raises BadInput when the address cannot be had.
    """
    from granian import Granian
    from granian.constants import Interfaces

    host, port = address()
    _require_free(host, port)
    # It advises fewer threads at each start on a machine of two processors; whoever starts it can do nothing with that.
    logging.getLogger("_granian").addFilter(lambda said: "Python threads" not in said.getMessage())
    server = Granian(
        "sterna.desk.config.wsgi:application",
        host,
        port,
        interface=Interfaces.WSGI,
        workers=2,
        blocking_threads=THREADS,
        websockets=False,
        # One that does not answer would keep the server, its worker and the database from ever ending.
        workers_kill_timeout=PATIENCE,
    )
    # A supervisor ends a service by SIGTERM; it must stop the worker and the database too, as Ctrl-C does.
    signal.signal(signal.SIGTERM, lambda *_: os.kill(os.getpid(), signal.SIGINT))
    try:
        if options.flag("STERNA_JOBS"):
            with worker():
                server.serve()
        else:
            server.serve()
    finally:
        stop_database()


def _require_free(host: str, port: int) -> None:
    """Refuse an address that another process listens at: the web server would silently share it."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        raise BadInput(f"setting STERNA_ADDRESS: {host}:{port} cannot be had: {error.strerror}") from error


def stop() -> bool:
    """End the `sterna serve` of this home, and its embedded database; False when neither was running."""
    ended = served.end(options.home())
    return stop_database() or ended


def stop_database() -> bool:
    """Stop the embedded database of this home; False when none was running."""
    return not options.text("STERNA_DATABASE_URL") and postgres.stop(options.home())
