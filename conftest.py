"""Binds the markers of pytest.ini to the machine: which tests can run here."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

from tests.setup_machine import in_ci, missing_tools

# Tests have a home, and with it an embedded PostgreSQL, of their own; set before Django reads its settings.
os.environ.setdefault("STERNA_HOME", str(Path(__file__).parent / ".sterna" / "test"))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sterna.desk.config.settings")

# A shared machine is slow at times; a deadline would test the machine. Under CI the examples are the same on
# every run, so that a red run can be run again.
settings.register_profile("sterna", deadline=None, derandomize=in_ci(), print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "sterna"))


def pytest_configure(config: pytest.Config) -> None:
    """Refuses to start under CI where a tool is missing: a skipped test there would read as a passed one."""
    absent = missing_tools()
    if absent and in_ci():
        names = ", ".join(tool.package for tool in absent)
        raise pytest.UsageError(f"CI needs {names}; run tests/setup_machine.py as root first")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skips what this machine cannot run."""
    for tool in missing_tools():
        skip = pytest.mark.skip(reason=f"{tool.program} is not installed")
        for item in items:
            if item.get_closest_marker(tool.marker) is not None:
                item.add_marker(skip)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stops the tests' PostgreSQL when the last worker is done: nothing of a test run is left running."""
    if hasattr(config, "workerinput") or os.environ.get("STERNA_DATABASE_URL"):
        return
    from sterna.desk.config import options, postgres

    postgres.stop(options.home())
