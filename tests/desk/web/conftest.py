"""The gallery for the tests of the frame: its addresses in this process, its pages on a port of their own."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import RequestFactory, override_settings
from playwright.sync_api import Browser, Playwright

ROOT = Path(__file__).resolve().parents[3]
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture
def gallery_urls() -> Iterator[None]:
    """The url names of the gallery, whatever else is installed."""
    with override_settings(ROOT_URLCONF="tests.desk.web.gallery.urls"):
        yield


@pytest.fixture
def visit(gallery_urls: None) -> Any:
    """A request as the tags see it: `visit("/moves?sort=name")`."""
    return RequestFactory().get


@pytest.fixture(scope="session")
def gallery_url() -> Iterator[str]:
    """The gallery served by a process of its own, with its own settings; ended with the tests."""
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.desk.web.gallery.settings",
        "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
    }
    command = [sys.executable, "-m", "tests.desk.web.gallery.serve"]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        assert server.stdout is not None
        yield server.stdout.readline().strip()
        server.terminate()


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """Debian's browser, on the one driver that a test process can hold."""
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
    yield browser
    browser.close()
