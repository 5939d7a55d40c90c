"""Levels of treatment in Chromium: a manager changes those of one segment, sees whom it touches, publishes it."""

import re
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from tests.e2e.conftest import PASSWORD
from tests.e2e.test_pages import PHONE, Enter, enter, faults, too_wide

pytestmark = pytest.mark.browser
__all__ = ["enter"]


@pytest.fixture
def world(people: None) -> Any:
    """The shop, whose second run put everybody of its segments in a cell, and somebody who reads only."""
    from sterna.desk.users.actions import add_user
    from tests.desk.dashboards import ruled

    add_user("reader", PASSWORD, "analyst")
    return ruled.build(with_treatments=True)


def figure(page: Page, label: str) -> int:
    """A figure of the effect below the form, by its label."""
    shown = page.locator("#levels-effect .number").filter(has_text=label).locator(".number-value")
    return int(re.sub(r"\D", "", shown.inner_text()))


def test_R80_a_manager_changes_the_levels_of_a_segment_and_the_next_run_treats_it_so(
    world: Any, enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sterna.desk.runs import actions
    from sterna.desk.segments.treatment_models import Treatment
    from tests.desk.runs import shop

    run = world.second
    cell = {"segment": "big", "value_band": "much", "potential_band": "small"}
    many = Treatment.objects.filter(run_id=run.pk, **cell).count()
    assert many > 0
    page = enter("manager")
    page.goto(reverse("segments"))
    page.get_by_role("link", name="big", exact=True).first.click()
    page.get_by_role("link", name="Change the levels").click()

    # What cannot be read is said at once and kept; then whom the levels would touch stands below, cell by cell.
    line = page.get_by_role("group", name=re.compile(r"\bmuch,.* small\b"))
    contacts = line.get_by_label("Contacts at most")
    contacts.fill("many")
    expect(page.locator("#levels-effect .note")).to_contain_text("write contacts as a whole number")
    assert contacts.input_value() == "many"
    contacts.fill("1")
    line.get_by_label("Keeping").select_option("keep")
    changed = page.get_by_role("table", name="Cells that change")
    expect(changed.locator("tbody tr")).to_have_count(1)
    expect(changed).to_contain_text("at most 1 contact in 7 days; kept")
    assert figure(page, "Would be treated otherwise") == many
    assert figure(page, "Could be contacted more") == 0
    found = faults(page)

    # Nothing is in force without a reason, and nothing that was typed goes with the refusal.
    page.get_by_role("button", name="Publish levels").click()
    expect(page.locator("#levels-refusal")).to_contain_text("write why the treatments change")
    assert contacts.input_value() == "1"
    page.get_by_label("Why the levels change").fill("we saw that they tire of it")
    page.get_by_role("button", name="Publish levels").click()
    expect(page.get_by_role("status")).to_contain_text("Version 2 of the treatments of needs is in force")

    monkeypatch.setenv("STERNA_NOW", "2018-01-20T13:00:00+00:00")
    later = actions.run(shop.SECOND).run
    treated = Treatment.objects.filter(run_id=later.pk, **cell)
    assert treated.count() == many
    assert set(treated.values_list("contacts", "retention")) == {(1, "keep")}
    page.goto(reverse("segment", args=["needs", "big"]))
    expect(page.locator("main")).to_contain_text("At most 1 contact in 7 days")
    assert [*found, *faults(page)] == []


def test_R80_on_a_phone_the_levels_are_read_by_whoever_may_not_write_them(world: Any, enter: Enter) -> None:
    page = enter("reader", viewport=PHONE)
    page.goto(reverse("segment_levels", args=["needs", "big"]))
    expect(page.locator("main")).to_contain_text("Those who may manage write levels.")
    expect(page.get_by_role("table", name="Levels").first).to_contain_text("much")
    assert page.get_by_role("button", name="Publish levels").count() == 0
    assert too_wide(page) <= 0 and faults(page) == []
