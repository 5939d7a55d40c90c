"""The pages in Chromium over a published world: the ways people go through them, and no fault for anybody's eyes."""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connection
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import PASSWORD

pytestmark = pytest.mark.browser
EXAMPLES = Path(__file__).parents[2] / "examples"
DESK = {"width": 1280, "height": 900}
PHONE = {"width": 380, "height": 800}
Enter = Callable[..., Page]


@pytest.fixture
def enter(world: Any, chromium: Browser, live_server: Any) -> Iterator[Enter]:
    """Log in as somebody of a role: `enter("manager", viewport=PHONE)`; the page then stands at Home."""
    contexts = []

    def entered(role: str, **options: Any) -> Page:
        options = {"viewport": DESK, "reduced_motion": "reduce"} | options
        contexts.append(chromium.new_context(base_url=live_server.url, **options))
        page = contexts[-1].new_page()
        page.set_default_timeout(10_000)
        page.goto("/login")
        page.fill("[name=username]", role)
        page.fill("[name=password]", PASSWORD)
        page.click("button[type=submit]")
        page.wait_for_url("**/")
        return page

    yield entered
    for context in contexts:
        context.close()
    await_the_servers_threads()


def await_the_servers_threads() -> None:
    """Wait until only this test is connected: another would hold the tables that the next test empties."""
    others = (
        "select pid, state, now() - backend_start, left(query, 200) from pg_stat_activity "
        "where datname = current_database() and pid <> pg_backend_pid()"
    )
    end = time.monotonic() + 10
    while open_ones := connection.cursor().execute(others).fetchall():
        assert time.monotonic() < end, f"ten seconds after the pages were closed these are open: {open_ones}"
        time.sleep(0.05)


def addresses(world: Any) -> list[str]:
    """Every page of the desk in the world."""
    plain = ["home", "customers", "search", "values", "tiers", "moves", "plan_list", "contacts", "left_out"]
    plain += [
        "value_measures",
        "value_concentration",
        "value_grid",
        "value_back_test",
        "brought",
        "lookalikes",
    ]
    plain += ["tasks", "results", "runs", "sources", "data_quality", "settings", "audit"]
    single = {
        "customer": [world.customers["030"].pk],
        "customer_credit": [world.customers["030"].pk],
        "move_names": ["bronze", "silver"],
        "value_grid_names": [1, "0"],
        "plan": [world.draft.pk],
        "plan_document": [world.draft.pk],
        "plan_roadmap": [world.draft.pk],
        "contact": [world.planned.pk],
        "run": [world.second.pk],
        "run_stage": [world.second.pk, "value"],
        "import": [world.imported.pk],
    }
    faulty = [reverse("plan", args=[world.faulty.pk]), reverse("contact", args=[world.doubt.pk])]
    return [reverse(name) for name in plain] + [reverse(n, args=a) for n, a in single.items()] + faulty


DARK = {"runOnly": {"type": "tag", "values": ["cat.color"]}}

# Two frames and the end of what moves: axe reads colors as they stand at that moment.
PAINTED = """async () => {
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    await Promise.all(document.getAnimations().map((moving) => moving.finished));
}"""


# Tables that are wider than the room they stand in, and by how much.
CUT = """() => Array.from(document.querySelectorAll(".table-scroll"))
    .filter((room) => room.scrollWidth > room.clientWidth)
    .map((room) => [room.querySelector("caption")?.innerText ?? "", room.scrollWidth - room.clientWidth])"""


# What stands on a card with its label and nothing beside it.
LABELS_ALONE = """() => Array.from(document.querySelectorAll(".table-stacks td"))
    .filter((cell) => cell.offsetParent && !cell.innerText.trim() && !cell.childElementCount)
    .map((cell) => cell.dataset.label)"""


# Figures that are broken in two for want of room.
BROKEN = """() => Array.from(document.querySelectorAll(".number-value"))
    .filter((figure) => /^[\\d.,]+$/.test(figure.innerText) && figure.getClientRects().length > 1)
    .map((figure) => figure.innerText)"""


# Lines of a picture that end to the right of the box in which they begin, or below it.
SPILT = """() => Array.from(document.querySelectorAll(".picture-roadmap .box")).flatMap((box) => {
    const room = box.getBoundingClientRect();
    const spills = (line) => line.right > room.right || line.bottom > room.bottom;
    return Array.from(box.parentNode.querySelectorAll("text"))
        .filter((line) => spills(line.getBoundingClientRect()))
        .map((line) => line.textContent);
})"""


def faults(page: Page, options: dict[str, Any] | None = None) -> list[str]:
    """What axe finds that is serious or critical, with the first place of each and what was measured there."""
    found = Axe().run(page, options={"resultTypes": ["violations"]} | (options or {})).response["violations"]
    grave = [fault for fault in found if fault["impact"] in {"serious", "critical"}]
    return [
        f"{page.url} {fault['id']}: {fault['nodes'][0]['html'][:160]} {fault['nodes'][0]['failureSummary']}"
        for fault in grave
    ]


def faults_light_and_dark(page: Page, address: str) -> list[str]:
    """What axe finds on a page by day, and in its colors by night.

    The dark theme changes colors only, so the rules of color are the ones to ask again, once the page stands painted
    in it.
    """
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    answer = page.goto(address)
    assert answer is not None and answer.status == 200, address
    by_day = faults(page)
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.evaluate(PAINTED)
    return by_day + [f"dark {fault}" for fault in faults(page, DARK)]


def too_wide(page: Page) -> int:
    """By how many pixels the page is wider than its screen."""
    return max(0, int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth")))


def test_from_home_to_a_customer_and_from_a_cell_to_its_names(world: Any, enter: Enter) -> None:
    page = enter("manager")
    expect(page.locator("h1")).to_contain_text("Who moved")
    page.keyboard.press("/")
    expect(page.locator("[data-search]")).to_be_focused()
    page.keyboard.type("Dora")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{reverse('customer', args=[world.customers['002'].pk])}")
    expect(page.locator("h1")).to_contain_text("Dora Quint")

    page.goto(reverse("moves"))
    page.locator("a[href*='/moves/bronze/silver']").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/moves/bronze/silver*")
    expect(page.locator("tbody tr")).to_have_count(5)
    page.locator("[data-row-link]").first.click()
    page.wait_for_url(re.compile("/customers/[0-9a-f-]{36}"))
    expect(page.locator("h1")).to_contain_text("household")


def test_j_k_and_enter_open_a_customer(world: Any, enter: Enter) -> None:
    page = enter("staff")
    page.goto(reverse("customers"))
    links = page.locator("table[data-keys] [data-row-link]")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    expect(links.nth(0)).to_be_focused()
    where = links.nth(0).get_attribute("href")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{where}")


def test_R73_two_people_sign_a_plan_one_launches_it_and_staff_complete_a_call(
    world: Any, enter: Enter
) -> None:
    manager, technical, staff = enter("manager"), enter("administrator"), enter("staff")
    where = reverse("plan", args=[world.draft.pk])

    def done(page: Any, asks: str, button: str, says: str) -> None:
        page.goto(where)
        page.get_by_label(asks).first.fill("in order")
        page.get_by_role("button", name=button).click()
        expect(page.get_by_role("status")).to_contain_text(says)

    done(manager, "Why it is ready", "Submit for review", "is in review")
    done(manager, "What you looked at", "Sign for the marketing side", "is signed for the marketing side")
    expect(manager.get_by_role("button", name="Launch plan")).to_have_count(0)
    done(technical, "What you looked at", "Sign for the technical side", "it is approved")
    done(manager, "Why it may begin", "Launch plan", "is live")
    expect(manager.get_by_role("button", name="Launch plan")).to_have_count(0)

    staff.goto(reverse("plan", args=[world.faulty.pk]))
    expect(staff.get_by_role("button", name="Submit for review")).to_have_count(0)
    staff.goto(reverse("tasks"))
    calls = staff.locator("article.task")
    expect(calls).to_have_count(2)
    calls.first.get_by_label("What the customer said").fill("likes pears")
    calls.first.get_by_role("button", name="Call done").click()
    expect(staff.get_by_role("status")).to_contain_text("The call is closed as done")
    expect(calls).to_have_count(1)


def test_the_theme_is_kept(enter: Enter) -> None:
    page = enter("staff", color_scheme="light")
    page.locator(".person summary").click()
    page.get_by_label("Dark").check()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.goto(reverse("customers"))
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")


def test_no_page_is_wider_than_a_phone_and_no_table_that_stacks_is_read_sideways(
    world: Any, enter: Enter
) -> None:
    page, wide = enter("manager", viewport=PHONE), []
    stacked = CUT.replace(".table-scroll", ".table-scroll:has(.table-stacks)")
    for address in addresses(world):
        page.goto(address)
        wide += [f"{address}: {name} by {by} px" for name, by in page.evaluate(stacked)]
        wide += [f"{address}: {label} of nothing" for label in page.evaluate(LABELS_ALONE)]
        wide += [f"{address}: {figure} on two lines" for figure in page.evaluate(BROKEN)]
        if too_wide(page):
            wide.append(f"{address}: {too_wide(page)} px")
    assert wide == []


def test_axe_finds_no_serious_fault_on_any_page_light_or_dark(world: Any, enter: Enter) -> None:
    page, found = enter("manager", color_scheme="light", bypass_csp=True), []
    for address in addresses(world):
        found += faults_light_and_dark(page, address)
    assert found == []


def test_R73_a_plan_is_written_from_nothing_checked_and_signed_in_the_browser(
    world: Any, enter: Enter
) -> None:
    manager, technical = enter("manager"), enter("administrator")
    manager.goto(reverse("plan_list"))
    manager.get_by_role("link", name="Write a plan").click()
    text = manager.get_by_label("The plan as a text (YAML)")
    expect(text).to_have_value(re.compile("A plan to fill in"))
    found = manager.locator("#plan-found")
    expect(found).to_contain_text("the plan has no title")
    written = world.draft.source_text.replace("plan: ", "plan: from-nothing-", 1)
    text.fill(written.replace("budget: ", "budget: -", 1))
    expect(found).to_contain_text("money-budget")
    text.fill(written)
    expect(found).not_to_contain_text("money-budget")
    manager.get_by_role("button", name="Save as draft").click()
    manager.wait_for_url(re.compile(r"/plans/[0-9a-f-]{36}$"))
    expect(manager.get_by_role("status")).to_contain_text("is saved as version")
    where = manager.url
    steps = (
        (manager, "Why it is ready", "Submit for review", "is in review"),
        (manager, "What you looked at", "Sign for the marketing side", "is signed"),
        (technical, "What you looked at", "Sign for the technical side", "it is approved"),
    )
    for page, asks, button, says in steps:
        page.goto(where)
        page.get_by_label(asks).first.fill("in order")
        page.get_by_role("button", name=button).click()
        expect(page.get_by_role("status")).to_contain_text(says)


def test_no_table_is_cut_on_a_desk(world: Any, enter: Enter) -> None:
    page, cut = enter("manager"), []
    for address in addresses(world):
        page.goto(address)
        over = page.evaluate(CUT)
        cut += [f"{address}: {name} by {by} px" for name, by in over]
    assert cut == []


def test_R73_no_plan_of_the_examples_is_cut_or_spills_out_of_its_boxes(world: Any, enter: Enter) -> None:
    from sterna.desk.plans.actions import load

    page = enter("manager")
    for name in ("retail", "bank", "subscription"):
        page.goto(reverse("plan", args=[load(EXAMPLES / name / "plan.yaml", None).pk]))
        assert page.locator(".picture-roadmap .box").count() > 4
        assert (page.evaluate(CUT), page.evaluate(SPILT)) == ([], [])
