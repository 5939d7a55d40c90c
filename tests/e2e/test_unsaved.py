"""A page that is left in Chromium with words that nobody saved: it asks, and only then."""

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


@pytest.mark.parametrize(
    ("role", "view", "typed"),
    [
        ("manager", "plan_next", in_text),
        ("manager", "plan_roadmap", in_step),
        ("manager", "plan_roadmap", in_kept_step),
        ("manager", "taxonomy_text", in_taxonomy),
    ],
)
def test_R71_what_nobody_saved_is_not_left_without_a_question(
    world: Any, enter: Enter, role: str, view: str, typed: Callable[[Page], None]
) -> None:
    page = enter(role)
    asked = listening(page)
    at = reverse(view, args=[world.draft.pk] if view.startswith("plan") else [])
    page.goto(at)
    leave(page)
    page.wait_for_url("**/")
    assert asked == []
    page.goto(at)
    typed(page)
    leave(page)
    assert asked == ["beforeunload"] and page.url.endswith(at)


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
