"""Groups in Chromium: staff proposes with what the group asks for, a manager approves, and the customer has moved."""

from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests.e2e.test_pages import PHONE, Enter, enter, faults_light_and_dark, too_wide

pytestmark = pytest.mark.browser
__all__ = ["enter"]


def test_R49_staff_proposes_a_manager_approves_and_the_customer_has_moved(world: Any, enter: Enter) -> None:
    here = reverse("customer", args=[world.customers["020"].pk])
    staff = enter("staff")
    staff.goto(here)
    staff.get_by_text("Propose another group").click()
    staff.get_by_label("To", exact=True).select_option("B")
    staff.get_by_label("Why", exact=True).fill("inherits the bakery")
    staff.get_by_role("button", name="Propose group").click()
    # What B asks for is said beside the form, and what was typed stays.
    expect(staff.get_by_role("alert")).to_contain_text("it names no day by which group A is expected")
    assert staff.get_by_label("Why", exact=True).input_value() == "inherits the bakery"
    staff.get_by_label("For B: A expected by").first.fill("2018-03-01")
    staff.get_by_label("For B: next step").first.fill("meet the notary")
    staff.get_by_role("button", name="Propose group").click()
    expect(staff.get_by_role("status")).to_contain_text("Nothing moves before somebody else approves it")
    expect(staff.get_by_text("In no group")).to_be_visible()

    manager = enter("manager")
    manager.get_by_role("link", name="Groups", exact=True).click()
    row = manager.get_by_role("table", name="Proposals").locator("tr", has_text="inherits the bakery")
    row.get_by_role("link").first.click()
    expect(manager.get_by_text("The first stay in a group begins today")).to_be_visible()
    manager.get_by_label("Why it is approved").fill("agreed in the meeting")
    manager.get_by_role("button", name="Approve change").click()
    expect(manager.get_by_role("status")).to_contain_text("Group B is approved, from today on.")
    manager.get_by_role("table", name="Groups").locator("tr", has_text="pre-ideal").get_by_role(
        "link"
    ).click()
    expect(manager.get_by_role("table", name="Group B")).to_contain_text("meet the notary")

    staff.goto(here)
    expect(staff.get_by_text("In group B since")).to_contain_text("inherits the bakery")


def test_the_pages_of_groups_have_no_fault_for_anybodys_eyes(world: Any, enter: Enter) -> None:
    desk, phone = enter("manager"), enter("manager", viewport=PHONE)
    addresses = [
        reverse("groups"),
        reverse("group_members", args=["B"]),
        reverse("group_change", args=[world.clients.change.pk]),
        reverse("group_terms"),
        reverse("group_check_new"),
        reverse("group_check", args=[world.clients.check.pk]),
        reverse("customer", args=[world.clients.coming.pk]),
    ]
    for address in addresses:
        for page in (desk, phone):
            assert faults_light_and_dark(page, address) == []
            assert not too_wide(page), f"{address} is {too_wide(page)} px too wide"
