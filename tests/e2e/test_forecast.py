"""A forecast in Chromium: from the plan to what is to be expected of it, and to another version beside it."""

from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests.desk.dashboards.test_plan_forecast_page import text
from tests.e2e.test_pages import DARK, PAINTED, PHONE, Enter, enter, faults

pytestmark = pytest.mark.browser
__all__ = ["enter"]


def test_R88_from_a_plan_to_its_forecast_and_to_another_version_beside_it(world: Any, enter: Enter) -> None:
    from sterna.desk.dashboards.queries import forecasts
    from sterna.desk.plans.actions import load

    first = load(text(version=3), None)
    load(text(version=4, **{"planned: 20": "planned: 10"}), None)
    fewer = load(text(version=5, **{"planned: 20": "planned: 5"}), None)
    basis = forecasts.ground(first).basis
    assert basis is not None
    [goal] = forecasts.told(first, basis).forecast.goals

    page = enter("manager")
    page.goto(reverse("plan", args=[first.pk]))
    page.get_by_role("link", name="What is to be expected of it").click()
    page.wait_for_url(f"**{reverse('plan_forecast', args=[first.pk])}")
    expect(page.locator("h1")).to_contain_text("what is to be expected?")
    row = page.locator("tr", has_text="bronze-up").first
    expect(row).to_contain_text(f"{goal.moved.low:,.0f} to {goal.moved.high:,.0f}")
    expect(row).to_contain_text(str(round(goal.moved.mean)))
    drawn = page.locator("figure svg").first
    expect(drawn).to_be_visible()
    assert drawn.evaluate("svg => svg.querySelectorAll('line, rect, circle, path').length") >= 3

    # The newest of the others stands beside it; by keyboard the one that is wanted.
    expect(
        page.get_by_role("heading", name=f"What would version {fewer.version} do instead?")
    ).to_be_visible()
    other = page.get_by_role("link", name="Version 4")
    other.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**?against=4")
    expect(page.get_by_role("heading", name="What would version 4 do instead?")).to_be_visible()
    expect(page.get_by_role("link", name="Version 4")).to_have_attribute("aria-current", "true")
    page.evaluate(PAINTED)
    assert faults(page) == []
    for options in ({"viewport": PHONE}, {"color_scheme": "dark"}):
        seen = enter("manager", **options)
        seen.goto(reverse("plan_forecast", args=[first.pk]))
        seen.evaluate(PAINTED)
        assert faults(seen, DARK if "color_scheme" in options else None) == []
        assert seen.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
