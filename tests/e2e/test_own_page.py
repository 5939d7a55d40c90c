"""A customer at their own page in Chromium: no scripts, on a phone, by keyboard, and no fault for anybody's eyes."""

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.e2e.test_pages import DESK, PHONE, await_the_servers_threads, faults

pytestmark = pytest.mark.browser


@pytest.fixture
def link(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of the page of somebody who got a newsletter and of whom something is known."""
    from sterna.desk.contacts.actions import send_due
    from sterna.desk.customers import links
    from sterna.desk.customers.models import Fact
    from tests.desk.contacts import ledger
    from tests.desk.privacy.test_own_page import record_of
    from tests.desk.runs import shop

    monkeypatch.setenv("STERNA_NOW", "2017-07-03T16:00:00+00:00")
    [contact] = ledger.fill(1)
    record = record_of(contact)
    Fact.objects.create(
        source_record=record, fact_class="name.full", value="Ann Lee", source="shop", purpose="service",
        observed_on=shop.AT.date(), recorded_at=shop.AT,
    )  # fmt: skip
    send_due(on=ledger.outlet(ledger.Memory()))
    return "/preferences/" + links.page(record.customer_id).rpartition("/")[2]


@pytest.fixture
def visit(chromium: Browser, live_server: Any, link: str) -> Iterator[Any]:
    """Open the page in a browser of one's own: `visit(viewport=PHONE)`."""
    contexts = []

    def visited(**options: Any) -> Page:
        contexts.append(chromium.new_context(base_url=live_server.url, **options))
        page = contexts[-1].new_page()
        page.set_default_timeout(10_000)
        page.goto(link)
        return page

    yield visited
    for context in contexts:
        context.close()
    await_the_servers_threads()


@pytest.mark.parametrize("view", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_fault(visit: Any, view: Any, scheme: str) -> None:
    page = visit(viewport=view, color_scheme=scheme)
    assert page.locator("h1").count() == 1
    assert faults(page) == []
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide == 0
    assert Axe().run(page).response["passes"]


def test_R74_everything_is_done_without_scripts_on_a_phone(visit: Any) -> None:
    page = visit(viewport=PHONE, java_script_enabled=False)
    box = page.get_by_role("group", name="Marketing").get_by_label("E-mail")
    expect(box).to_be_checked()
    box.uncheck()
    page.get_by_label("At most so many messages and calls in thirty days").select_option("4")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_have_text("Saved. It counts from now on.")
    expect(page.get_by_role("group", name="Marketing").get_by_label("E-mail")).not_to_be_checked()
    page.get_by_label("What is right for name.full").fill("Anna Lee")
    page.get_by_role("button", name="Correct name.full").click()
    expect(page.get_by_role("status")).to_have_text("Corrected. Thank you.")
    expect(page.get_by_label("What is right for name.full")).to_have_value("Anna Lee")
    page.get_by_role("group", name="Newsletter").get_by_label("4").check()
    page.get_by_role("button", name="Rate Newsletter").click()
    expect(page.get_by_role("status")).to_have_text("Thank you for your rating.")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download my data").click()
    assert download.value.suggested_filename == "person-2017-07-03.zip"


def test_the_keyboard_reaches_every_control_and_shows_where_it_is(visit: Any) -> None:
    page = visit(viewport=DESK)
    for _ in range(2):
        page.keyboard.press("Tab")
    focused = page.evaluate(
        "(() => { const s = getComputedStyle(document.activeElement);"
        " return document.activeElement.matches('input,select,button,a')"
        " && (s.outlineStyle !== 'none' || s.boxShadow !== 'none') })()"
    )
    assert focused
