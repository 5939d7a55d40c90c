"""A browser for the pages, and a person at it."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Playwright

from tests.desk.web.conftest import ARGUMENTS, CHROMIUM

PASSWORD = "a-long-word-9"


@pytest.fixture(scope="module")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """Debian's browser."""
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
    yield browser
    browser.close()


@pytest.fixture
def people(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """People who can log in, on the day of the pages' tests."""
    from sterna.desk.users.actions import add_user
    from tests.desk.dashboards.conftest import NOW

    monkeypatch.setenv("STERNA_NOW", NOW)
    for role in ("manager", "staff", "administrator"):
        add_user(role, PASSWORD, role)


@pytest.fixture
def world(people: None, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The world of the pages' tests."""
    from tests.desk.dashboards import house

    return house.build(tmp_path_factory.mktemp("world"))
