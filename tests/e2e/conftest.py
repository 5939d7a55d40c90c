"""A browser for the pages, and a person at it."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Playwright

from tests.desk.web.conftest import ARGUMENTS, CHROMIUM

PASSWORD = "a-long-word-9"


@pytest.fixture(scope="session")
def beside_a_loop() -> Iterator[None]:
    """Let Django work in this thread, in which the browser's driver keeps an event loop until the session ends.

    Without it every later query of the process, even of another file's test, would be refused.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield


@pytest.fixture(scope="module")
def chromium(beside_a_loop: None, playwright: Playwright) -> Iterator[Browser]:
    """Debian's browser."""
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
    yield browser
    browser.close()


@pytest.fixture
def world(
    beside_a_loop: None,
    transactional_db: None,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> Any:
    """The world of the pages' tests with people who can log in."""
    from sterna.desk.users.actions import add_user
    from tests.desk.dashboards import house
    from tests.desk.dashboards.conftest import NOW

    monkeypatch.setenv("STERNA_NOW", NOW)
    for role in ("manager", "staff"):
        add_user(role, PASSWORD, role)
    return house.build(tmp_path_factory.mktemp("world"))
