"""Segments in Chromium: a manager writes one by conditions, sees the count change, publishes it."""

from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests.e2e.test_pages import PHONE, Enter, enter, faults

pytestmark = pytest.mark.browser
__all__ = ["enter"]


def test_R76_a_manager_writes_a_segment_condition_by_condition_and_sees_it_counted_then_in_the_list(
    world: Any, enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sterna.desk.runs import actions
    from sterna.desk.segments.ruled_queries import headcounts
    from tests.desk.runs import shop

    page = enter("manager")
    page.goto(reverse("segments"))
    page.get_by_role("link", name="New segments or stages").click()
    page.get_by_label("Name", exact=True).fill("worth")
    page.get_by_label("Place 1", exact=True).fill("rich")
    page.get_by_label("The rest").fill("everybody else")
    expect(page.get_by_text("rich: a group is empty: add a condition to it")).to_be_visible()

    places = page.get_by_role("table", name="Places")
    page.get_by_role("button", name="Value", exact=True).click()
    page.locator("[name='measure_enter.0']").select_option("spend")
    page.locator("[name='least_enter.0']").fill("700")
    page.locator("[name='most_enter.0']").click()
    expect(places.locator("tbody tr").first).to_contain_text("12")
    page.locator("[name='least_enter.0']").fill("2000")
    page.locator("[name='least_enter.0']").press("Tab")
    expect(places.locator("tbody tr").first).to_contain_text("have spend of at least 2,000")
    expect(page.get_by_role("table", name="Some of them").locator("tbody tr")).to_have_count(2)

    # Who manages each place stays chosen while everything is counted anew, and why is not lost to a refusal.
    page.locator("[name=manager_0]").select_option("manager")
    page.locator("#scheme-why").fill("our best two")
    with page.expect_response("**/segments/publish"):
        page.get_by_role("button", name="Publish version").click()
    expect(page.locator(".form-refusal").last).to_contain_text("nobody manages everybody else")
    assert page.locator("[name=manager_0]").input_value() == "manager"
    page.locator("[name=manager_1]").select_option("staff")
    expect(page.locator(".form-refusal").last).to_have_text("")
    assert page.locator("[name=manager_0]").input_value() == "manager"
    assert page.locator("#scheme-why").input_value() == "our best two"
    page.get_by_role("button", name="Publish version").click()
    expect(page.get_by_role("status")).to_contain_text("worth, version 1, is in force")
    listed = page.get_by_role("table", name="worth")
    expect(listed.locator("tbody tr").first).to_contain_text("have spend of at least 2,000")

    monkeypatch.setenv("STERNA_NOW", "2017-07-01T13:00:00+00:00")
    actions.run(shop.SECOND)
    heads = headcounts("worth")
    assert heads["rich"] == 2 and sum(heads.values()) == sum(headcounts("needs").values())
    page.get_by_role("link", name="rich", exact=True).click()
    expect(page.get_by_role("table", name="Members").locator("tbody tr")).to_have_count(2)

    # The stages of one of them, each with its days and its cause, stand on the customer's own page.
    page.goto(reverse("segment", args=["life", "devoted"]))
    page.get_by_role("table", name="Members").locator("tbody tr a").first.click()
    devoted = (
        page.get_by_role("table", name="History of places").locator("tbody tr").filter(has_text="devoted")
    )
    expect(devoted.first).to_contain_text("by the rules of version 1")

    # On a phone nothing is wider than the screen, and nothing is a fault for anybody's eyes.
    phone = enter("manager", viewport=PHONE)
    edit = reverse("segments_edit", args=["needs"])
    for address in (reverse("segments"), reverse("segment", args=["worth", "rich"]), edit):
        phone.goto(address)
        assert faults(phone) == [], address
        wide = phone.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, f"{address} is {wide} px too wide"
