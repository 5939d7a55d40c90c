"""Tiers in Chromium: a manager writes a version, looks, publishes, decides on what a run holds back, undoes it."""

from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests.e2e.test_pages import PHONE, Enter, enter, faults

pytestmark = pytest.mark.browser
__all__ = ["enter"]


def test_R5_a_manager_writes_a_version_and_decides_on_what_a_run_holds_back(
    world: Any, enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sterna.desk.runs import actions
    from sterna.desk.segments.models import Batch, Membership
    from tests.desk.runs import shop

    page = enter("manager")
    page.get_by_role("link", name="Tiers", exact=True).click()
    page.get_by_role("link", name="Write a version of value").click()

    # Something wrong is said at its field, and nothing that was typed goes.
    page.get_by_label("Starts at").nth(1).fill("much")
    expect(page.locator("#wrong-tier_1")).to_contain_text("write a number")
    page.get_by_label("Starts at").nth(1).fill("300")
    expect(page.locator("#wrong-tier_1")).to_have_text("")
    preview = page.locator("#best-effect")
    expect(preview.get_by_role("table", name="Tiers then").locator("tbody tr")).to_have_count(3)
    page.get_by_label("Share of members that one run may move").fill("0.01")
    page.get_by_role("button", name="Publish version").click()
    expect(page.locator("#tier-refusal")).to_contain_text("write why the tiers change")
    assert page.get_by_label("Starts at").nth(1).input_value() == "300"
    page.get_by_label("Why the tiers change").fill("silver shall be rarer")
    page.get_by_role("button", name="Publish version").click()
    expect(page.get_by_role("status")).to_contain_text("value, version 2, is in force")

    # The run that brings the version in moves whom it moves; the next one passes the limit.
    monkeypatch.setenv("STERNA_NOW", "2018-01-20T13:00:00+00:00")
    actions.run(shop.SECOND)
    shop.fill_lake(
        "later", first=shop.SECOND.replace(year=2018, month=1, day=1), last=shop.SECOND.replace(2018, 3, 31)
    )
    actions.run(shop.SECOND.replace(2018, 3, 31))
    held = Batch.objects.get(state=Batch.State.WAITING)
    page.goto(reverse("home"))
    page.get_by_role("link", name="Moves between tiers held back").first.click()
    expect(page.get_by_role("table", name="Moves in value")).to_be_visible()
    found = faults(page)
    page.get_by_text("Apply the moves of value").click()
    page.get_by_role("textbox", name="Why").first.fill("the spring is always so")
    page.get_by_role("button", name="Apply moves").click()
    expect(page.get_by_role("status")).to_contain_text("moved in value.")
    assert Membership.objects.filter(scheme=held.scheme, during__startswith=held.cut).count() == held.moved

    page.get_by_text("Undo the moves of value").first.click()
    page.get_by_role("textbox", name="Why").first.fill("a month was missing")
    page.get_by_role("button", name="Undo moves").first.click()
    expect(page.get_by_role("status")).to_contain_text("are undone")
    assert Membership.objects.filter(cause="Undone: a month was missing").count() == held.moved
    page.goto(reverse("tier_edit", args=["value"]))
    assert [*found, *faults(page)] == []


def test_a_manager_says_where_a_customer_stands_on_a_phone(world: Any, enter: Enter) -> None:
    page = enter("manager", viewport=PHONE)
    page.goto(reverse("customer", args=[world.customers["005"].pk]))
    page.get_by_text("Say where they stand").click()
    page.get_by_label("Tier", exact=True).select_option("value/silver")
    page.get_by_label("Until, that day not included").fill("2018-06-01")
    page.locator("#override-reason").fill("a founder")
    page.get_by_role("button", name="Set it").click()
    expect(page.get_by_role("status")).to_contain_text("A floor at silver counts until 2018-06-01")
    page.goto(reverse("tier_overrides"))
    expect(page.locator("main")).to_contain_text("a founder")
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
