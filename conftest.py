"""Binds the tests to the machine: which can run here, and a STERNA_HOME with its own database."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from playwright.sync_api import Playwright

from tests.setup_machine import in_ci, missing_tools

# A shared machine is slow at times; a deadline would test the machine. Under CI the examples are the same on
# every run, so that a red run can be run again.
settings.register_profile("sterna", deadline=None, derandomize=in_ci(), print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "sterna"))

# Folders whose tests need no records. A run of these alone starts no database.
WITHOUT_RECORDS = ("engine", "channels", "contracts", "docs", "bench")
OWN_HOME = pytest.StashKey[Path]()


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Refuses to start under CI where a tool is missing, then sets up Django on a home made for this run.

    A skipped test under CI would read as a passed one. The home is made here and not in pytest.ini's
    DJANGO_SETTINGS_MODULE, because loading the settings starts the database of whatever STERNA_HOME then is.
    """
    absent = missing_tools()
    if absent and in_ci():
        names = ", ".join(tool.package for tool in absent)
        raise pytest.UsageError(f"CI needs {names}; run tests/setup_machine.py as root first")
    # Each worker has a home of its own: what a run of one sweeps away would else be another's files.
    config.stash[OWN_HOME] = Path(tempfile.mkdtemp(prefix="sterna-tests-"))
    os.environ["STERNA_HOME"] = str(config.stash[OWN_HOME])
    if _needs_records(config):
        _set_up_django()


def _needs_records(config: pytest.Config) -> bool:
    pure = [config.rootpath / "tests" / folder for folder in WITHOUT_RECORDS]
    chosen = [(config.invocation_params.dir / argument.split("::")[0]).resolve() for argument in config.args]
    return not all(any(path.is_relative_to(folder) for folder in pure) for path in chosen)


def _set_up_django() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "sterna.desk.config.settings"
    # A browser's driver keeps an event loop in the thread for the rest of the process, and Django would then refuse
    # the database to every test that comes after it in the same worker.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    import django

    django.setup()
    from django.conf import settings

    # The real hash is slow on purpose, and the tests make and let in many people.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session")
def connections_before_a_loop() -> None:
    """Closes the connections to the records that were opened while no event loop ran."""
    from django.db import connections

    connections.close_all()


@pytest.fixture(scope="session")
def playwright(connections_before_a_loop: None, playwright: Playwright) -> Iterator[Playwright]:
    """The browser's driver, with no connection left behind on either side of its event loop.

    Django keeps one set of connections for a thread without a running loop and one for a thread with it. One that
    stays open on the side that is left cannot be reached any more, and holds the test database when it is dropped.
    """
    from django.db import connections

    yield playwright
    connections.close_all()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stops the database of this process and removes its home."""
    home = config.stash.get(OWN_HOME, None)
    if home is None:
        return
    if (home / "postgres").exists():
        from sterna.desk.config import postgres

        postgres.stop(home)
    shutil.rmtree(home)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skips what this machine cannot run."""
    for tool in missing_tools():
        skip = pytest.mark.skip(reason=f"{tool.program} is not installed")
        for item in items:
            if item.get_closest_marker(tool.marker) is not None:
                item.add_marker(skip)
