"""Best customers in Chromium: a manager edits a definition, sees who would enter, publishes; the next run follows."""

from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests.e2e.test_pages import PHONE, Enter, enter, faults_light_and_dark, too_wide

pytestmark = pytest.mark.browser
__all__ = ["enter"]


def test_R15_a_manager_edits_a_definition_sees_who_would_enter_and_the_next_run_follows(
    world: Any, enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sterna.desk.runs import actions
    from sterna.desk.segments.models import BestMember
    from tests.desk.runs import shop

    page = enter("manager")
    page.get_by_role("link", name="Best customers").click()
    page.get_by_role("link", name="Who buys for most", exact=True).click()
    page.get_by_role("link", name="Edit definition").click()

    # Something wrong is said at its field, and nothing that was typed goes.
    page.get_by_label("How many").fill("1.5")
    expect(page.locator("#wrong-take")).to_contain_text("write a whole number")
    assert page.get_by_label("How many").input_value() == "1.5"
    page.get_by_label("How many").fill("14")
    preview = page.locator("#best-effect")
    expect(preview.get_by_role("table", name="Who would enter").locator("tbody tr")).to_have_count(4)
    expect(page.locator("#wrong-take")).to_have_text("")
    text = page.get_by_label("The definition as a text (YAML)")
    expect(text).to_have_value(text.input_value().replace("{count: 10}", "{count: 14}"))

    # The same by the text: the form above follows, and what is typed on stays.
    text.fill(text.input_value().replace("{count: 14}", "{count: 13}"))
    expect(page.get_by_label("How many")).to_have_value("13")
    expect(preview.get_by_role("table", name="Who would enter").locator("tbody tr")).to_have_count(3)
    text.fill(text.input_value().replace("measure: spend", "measure: luck"))
    expect(preview).to_contain_text("line 6: there is no measure luck")
    text.fill(text.input_value().replace("measure: luck", "measure: spend"))
    expect(preview.get_by_role("table", name="Who would enter").locator("tbody tr")).to_have_count(3)

    page.get_by_label("Why it changes").fill("three more fit the evening")
    page.get_by_role("button", name="Publish version").click()
    expect(page.get_by_role("status")).to_contain_text("buyers, version 2, is in force")
    expect(page.get_by_role("table", name="Definitions")).to_contain_text("version 2 from the next run on")

    before = list(BestMember.objects.filter(run_id=world.second.pk, best="buyers").order_by("rank"))
    monkeypatch.setenv("STERNA_NOW", "2017-07-01T13:00:00+00:00")
    run = actions.run(shop.SECOND).run
    after = list(BestMember.objects.filter(run_id=run.pk, best="buyers").order_by("rank"))
    assert (len(before), len(after)) == (10, 13) and {one.version for one in after} == {2}
    assert [one.customer_id for one in after[:10]] == [one.customer_id for one in before]
    page.goto(reverse("best_list", args=["buyers"]))
    expect(page.get_by_role("table", name="Members by rank").locator("tbody tr")).to_have_count(13)
    expect(page.get_by_role("table", name="Versions")).to_contain_text("three more fit the evening")


def test_the_pages_of_best_customers_have_no_fault_for_anybodys_eyes(world: Any, enter: Enter) -> None:
    desk, phone = enter("manager"), enter("manager", viewport=PHONE)
    addresses = [
        reverse("best_customers"),
        reverse("best_new"),
        reverse("best_list", args=["regulars"]),
        reverse("best_list", args=["buyers"]) + "?version=1",
        reverse("best_edit", args=["loyal"]),
        reverse("plan", args=[world.draft.pk]),
    ]
    for address in addresses:
        for page in (desk, phone):
            assert faults_light_and_dark(page, address) == []
            assert not too_wide(page), f"{address} is {too_wide(page)} px too wide"
