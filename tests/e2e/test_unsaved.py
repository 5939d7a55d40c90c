"""A page that is left in Chromium with words that nobody saved: it asks, and only then."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Dialog, Page, expect

from tests.e2e.test_pages import Enter, enter

pytestmark = pytest.mark.browser
__all__ = ["enter"]


def listening(page: Page) -> list[str]:
    """What the browser asks from now on; each question is answered by staying."""
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    return asked


def leave(page: Page) -> None:
    page.get_by_role("link", name="Sterna, Home").click()
    page.wait_for_timeout(300)


def in_text(page: Page) -> None:
    page.locator("#plan-text").press_sequentially("# ")


def in_taxonomy(page: Page) -> None:
    page.locator("#taxonomy-text").press_sequentially("# ")


def in_step(page: Page) -> None:
    page.get_by_role("button", name="Add a step").click()
    page.locator("#step-id").fill("mail")


def in_kept_step(page: Page) -> None:
    in_step(page)
    page.locator("[name=step_touchpoint]").select_option(index=1)
    page.get_by_role("button", name="Keep step").click()
    expect(page.get_by_role("button", name="Change mail", exact=True)).to_be_visible()


def in_tiers(page: Page) -> None:
    with page.expect_response("**/tiers/edit/value"):
        page.get_by_label("Starts at").nth(1).fill("301")


def in_definition(page: Page) -> None:
    page.get_by_label("How many").fill("14")
    expect(page.get_by_label("The definition as a text (YAML)")).to_have_value(re.compile("count: 14"))


def in_definition_as_text(page: Page) -> None:
    text = page.get_by_label("The definition as a text (YAML)")
    text.fill(text.input_value().replace("{count: 10}", "{count: 13}"))
    expect(page.get_by_label("How many")).to_have_value("13")


def in_place(page: Page) -> None:
    with page.expect_response("**/segments/needs/edit"):
        page.get_by_label("The rest").fill("whoever is left")
        page.get_by_label("The rest").press("Tab")
    expect(page.locator("[name=unsaved]")).to_have_value("yes")


def in_added_place(page: Page) -> None:
    places = page.locator(".seat").count()
    page.get_by_role("button", name="Add place").click()
    expect(page.locator(".seat")).to_have_count(places + 1)


def in_levels(page: Page) -> None:
    page.get_by_label("Contacts at most").first.fill("1")


def in_mapping(page: Page) -> None:
    with page.expect_response("**/uploads/*"):
        page.locator("#mapping select").first.select_option(index=1)


def in_mapping_as_text(page: Page) -> None:
    page.get_by_text("Paste a mapping instead").click()
    page.locator("#mapping-text").fill("source: shop")
    page.get_by_role("button", name="Check this text").click()
    expect(page.get_by_label("Mapping (YAML)")).to_have_value("source: shop")
    expect(page.locator("#check form[data-unsaved]")).to_have_count(1)
    page.wait_for_timeout(1100)


VIEWS = {
    "upload": lambda world: [world.uploaded.pk],
    "plan_next": lambda world: [world.draft.pk],
    "plan_roadmap": lambda world: [world.draft.pk],
    "taxonomy_text": lambda world: [],
    "tier_edit": lambda world: ["value"],
    "best_edit": lambda world: ["buyers"],
    "segments_edit": lambda world: ["needs"],
    "scheme_levels": lambda world: ["needs"],
}


@pytest.mark.parametrize(
    ("view", "typed"),
    [
        ("plan_next", in_text),
        ("plan_roadmap", in_step),
        ("plan_roadmap", in_kept_step),
        ("taxonomy_text", in_taxonomy),
        ("tier_edit", in_tiers),
        ("best_edit", in_definition),
        ("best_edit", in_definition_as_text),
        ("segments_edit", in_place),
        ("segments_edit", in_added_place),
        ("scheme_levels", in_levels),
        ("upload", in_mapping),
        ("upload", in_mapping_as_text),
    ],
)
def test_R71_R76_what_nobody_saved_is_not_left_without_a_question(
    world: Any, enter: Enter, view: str, typed: Callable[[Page], None]
) -> None:
    page = enter("manager")
    asked = listening(page)
    at = reverse(view, args=VIEWS[view](world))
    page.goto(at)
    leave(page)
    page.wait_for_url("**/")
    assert asked == []
    page.goto(at)
    typed(page)
    leave(page)
    assert asked == ["beforeunload"] and page.url.endswith(at)


def test_R76_another_rule_is_looked_at_without_a_question(world: Any, enter: Enter) -> None:
    page = enter("manager")
    asked = listening(page)
    page.goto(reverse("segments_edit", args=["needs"]))
    page.get_by_role("button", name="Show rule").last.click()
    expect(page.get_by_role("button", name="Show rule").last).to_have_attribute("aria-current", "true")
    page.wait_for_timeout(1100)
    leave(page)
    page.wait_for_url("**/")
    assert asked == []


def test_R15_a_definition_written_by_its_fields_and_published_as_a_text_asks_nothing(
    world: Any, enter: Enter
) -> None:
    page = enter("manager")
    asked = listening(page)
    page.goto(reverse("best_edit", args=["buyers"]))
    in_definition(page)
    page.get_by_label("Why it changes").fill("four more")
    page.get_by_role("button", name="Publish version").click()
    expect(page.get_by_role("status")).to_contain_text("buyers, version 2, is in force")
    assert asked == []


def test_R71_what_is_had_as_a_file_or_saved_asks_nothing(world: Any, enter: Enter) -> None:
    page = enter("manager")
    asked = listening(page)
    page.goto(reverse("plan_roadmap", args=[world.draft.pk]))
    in_kept_step(page)
    with page.expect_download():
        page.get_by_role("button", name="As it stands here, SVG").click()
    page.wait_for_timeout(1100)
    leave(page)
    assert asked == ["beforeunload"]
    page.get_by_role("button", name="Save as draft").click()
    expect(page.get_by_role("status")).to_contain_text("is saved as version")
    leave(page)
    page.wait_for_url("**/")
    assert asked == ["beforeunload"]


def test_R71_a_part_that_is_taken_back_asks_nothing(world: Any, enter: Enter) -> None:
    page = enter("manager")
    asked = listening(page)
    page.goto(reverse("plan_roadmap", args=[world.draft.pk]))
    in_kept_step(page)
    page.get_by_role("button", name="Remove mail").click()
    expect(page.get_by_role("button", name="Remove mail")).to_have_count(0)
    leave(page)
    page.wait_for_url("**/")
    assert asked == []
