"""Starting the desk loads what every command needs, and leaves to the few that need it what takes seconds to load."""

import os
import subprocess
import sys

import pytest

HEAVY = {"pandas", "pyspark", "sklearn", "splink", "scipy.stats"}
SETUP = "import django; django.setup()"
PAGES = f"{SETUP}; from django.urls import get_resolver; get_resolver().url_patterns"
COMMAND = "import sterna.cli.main"


def loaded(tmp_path, code: str) -> set[str]:
    """The modules that a fresh interpreter holds after `code`."""
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "sterna.desk.config.settings",
        "STERNA_HOME": str(tmp_path / "home"),
        # Named and never reached: without one, settings start a server that would outlive the test.
        "STERNA_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
    }
    told = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(told.stdout.split())


@pytest.mark.parametrize(
    ("code", "needs", "leaves"),
    [
        # A command such as `sterna doctor` or `sterna backup`: no run, no page.
        (SETUP, "sterna.desk.customers.actions.matching", HEAVY | {"scipy", "sterna.engine.flow"}),
        # What serves the pages; a worker loads the rest with its first night.
        (PAGES, "sterna.desk.dashboards.views.review", HEAVY),
        # `sterna --help`, and every command on files before it knows which it is.
        (COMMAND, "sterna.cli.files.link", HEAVY | {"django"}),
    ],
    ids=["setup", "pages", "command"],
)
def test_starting_leaves_what_takes_seconds_to_whoever_needs_it(tmp_path, code, needs, leaves):
    found = loaded(tmp_path, code)
    assert needs in found
    assert found & leaves == set()
