"""A search for groupings in Chromium: a manager asks for it, sees how stable each is, adopts two as segments."""

from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests.e2e.test_pages import PHONE, Enter, enter, faults, too_wide

pytestmark = pytest.mark.browser
__all__ = ["enter"]


@pytest.fixture
def world(people: None) -> Any:
    """The shop of the two planted kinds, with one run."""
    from tests.desk.runs import planted

    return planted.build()


def test_R77_a_manager_searches_for_groupings_and_makes_segments_of_them(world: Any, enter: Enter) -> None:
    from sterna.desk.runs import actions
    from tests.desk.runs import planted

    page = enter("manager")
    page.goto(reverse("segments"))
    page.get_by_role("link", name="Look for groupings").click()
    for ticked in page.get_by_role("group", name="By measures of value").get_by_role("checkbox").all():
        ticked.uncheck()
    page.locator("[name=fact][value='shopping.category']").check()
    page.get_by_label("Seed of the samples").fill("nine")
    page.get_by_role("button", name="Look for groupings").click()
    expect(page.locator(".form-refusal").first).to_contain_text("seed")
    page.get_by_label("Seed of the samples").fill("1")
    page.get_by_role("button", name="Look for groupings").click()
    page.get_by_role("link", name="see how far it is").click()
    expect(page.get_by_role("progressbar")).to_be_visible()

    # The page that polls is drawn anew once the worker has done it.
    assert actions.discover_waiting()
    groupings = page.get_by_role("table", name="Groupings", exact=True)
    expect(groupings.locator("tbody tr")).to_have_count(2, timeout=20_000)
    expect(groupings.locator("tbody tr").nth(0)).to_contain_text("highly stable")
    expect(groupings.locator("tbody tr").nth(0)).to_contain_text(str(planted.FISH))
    found = faults(page)

    page.get_by_label("Name of grouping 1").fill("fishers")
    page.get_by_label("Name of grouping 2").fill("wine lovers")
    page.get_by_role("button", name="Adopt into a draft").click()
    expect(page.get_by_label("Place 1", exact=True)).to_have_value("fishers")
    places = page.get_by_role("table", name="Places").locator("tbody tr")
    expect(places.nth(0)).to_contain_text(str(planted.FISH))
    expect(places.nth(1)).to_contain_text(str(planted.WINE))
    page.get_by_label("Name", exact=True).fill("kinds")
    for number in range(3):
        page.locator(f"[name=manager_{number}]").select_option("manager")
    page.get_by_role("button", name="Publish version").click()
    expect(page.get_by_role("status")).to_contain_text("kinds, version 1, is in force")
    expect(page.get_by_role("table", name="kinds")).to_contain_text("wine lovers")
    assert [*found, *faults(page)] == []

    phone = enter("manager", viewport=PHONE)
    phone.goto(reverse("discoveries"))
    assert too_wide(phone) <= 0
    phone.get_by_role("table", name="Searches").locator("tbody").get_by_role("link").first.click()
    expect(phone.get_by_role("table", name="Groupings", exact=True)).to_be_visible()
    assert too_wide(phone) <= 0 and faults(phone) == []
