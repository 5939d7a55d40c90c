"""The gallery in Chromium: no serious fault by axe, no inline script, keyboard, 380 px, without scripts."""

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.browser
Views = dict[str, Any]
DESK: Views = {"viewport": {"width": 1280, "height": 900}}
PHONE: Views = {"viewport": {"width": 380, "height": 800}}


@pytest.fixture
def desk(chromium: Browser, gallery_url: str) -> Iterator[Page]:
    context = chromium.new_context(**DESK, base_url=gallery_url, reduced_motion="reduce")
    page = context.new_page()
    page.goto("/")
    yield page
    context.close()


def faults(page: Page) -> list[str]:
    """What axe finds that is serious or critical, with the first place of each."""
    found = Axe().run(page).response["violations"]
    return [
        f"{fault['id']}: {fault['nodes'][0]['html'][:200]}"
        for fault in found
        if fault["impact"] in {"serious", "critical"}
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("view", "address"), [(DESK, "/"), (PHONE, "/"), (PHONE, "/login"), (DESK, "/fail")])
def test_axe_finds_no_serious_fault(
    chromium: Browser, gallery_url: str, scheme: Any, view: Views, address: str
) -> None:
    context = chromium.new_context(**view, color_scheme=scheme, reduced_motion="reduce", bypass_csp=True)
    page = context.new_page()
    page.goto(gallery_url + address)
    assert page.locator("h1").count() == 1
    assert faults(page) == []
    context.close()


def test_axe_finds_no_serious_fault_in_an_open_drawer(chromium: Browser, gallery_url: str) -> None:
    page = chromium.new_page(**DESK, bypass_csp=True)
    page.goto(gallery_url)
    page.locator(".opens-drawer summary").first.click()
    assert faults(page) == []
    page.close()


def test_nothing_on_the_page_breaks_a_strict_content_policy(chromium: Browser, gallery_url: str) -> None:
    page = chromium.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(gallery_url)
    page.locator(".opens-drawer summary").first.click()
    assert said == []
    assert page.evaluate("typeof htmx") == "object"
    page.close()


@pytest.mark.parametrize("width", [320, 380, 768, 1024])
def test_no_page_is_wider_than_the_screen(chromium: Browser, gallery_url: str, width: int) -> None:
    page = chromium.new_page(viewport={"width": width, "height": 800})
    for address in ("/", "/login", "/nothing"):
        page.goto(gallery_url + address)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


def test_what_can_be_pressed_is_at_least_24_px(desk: Page) -> None:
    small = desk.evaluate(
        """() => [...document.querySelectorAll('a[href], button, summary, input, select')]
        .filter(e => e.checkVisibility() && !e.closest('svg, p'))
        .filter(e => !e.matches('[type=radio], [type=checkbox]'))
        .filter(e => { const r = e.getBoundingClientRect(); return r.height < 23.5 || r.width < 23.5; })
        .map(e => e.outerHTML.slice(0, 120))"""
    )
    assert [line for line in small if 'class="skip"' not in line] == []


def test_the_first_key_press_leads_past_the_rail(desk: Page) -> None:
    desk.keyboard.press("Tab")
    expect(desk.locator(".skip")).to_be_focused()
    desk.keyboard.press("Enter")
    expect(desk.locator("main")).to_be_focused()


def test_j_k_and_enter_walk_and_open_rows(desk: Page) -> None:
    links = desk.locator("table[data-keys] [data-row-link]")
    desk.keyboard.press("j")
    expect(links.nth(0)).to_be_focused()
    desk.keyboard.press("j")
    desk.keyboard.press("j")
    desk.keyboard.press("k")
    expect(links.nth(1)).to_be_focused()
    desk.keyboard.press("Enter")
    desk.wait_for_url("**/customers?id=1")


def test_slash_searches_and_letters_typed_there_stay_letters(desk: Page) -> None:
    desk.keyboard.press("/")
    box = desk.locator("[data-search]")
    expect(box).to_be_focused()
    desk.keyboard.type("jk/")
    expect(box).to_have_value("jk/")


def test_a_click_beside_the_link_opens_the_row(desk: Page) -> None:
    desk.locator("tr[data-href] td.cell-number").first.click()
    desk.wait_for_url("**/customers?id=0")


def test_a_drawer_takes_the_focus_and_escape_gives_it_back(desk: Page) -> None:
    summary = desk.locator(".opens-drawer summary").first
    summary.focus()
    desk.keyboard.press("Enter")
    drawer = desk.locator(".opens-drawer .drawer").first
    expect(drawer).to_be_focused()
    expect(drawer).to_contain_text("4,596,039.58 USD")
    desk.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    expect(summary).to_be_focused()


def test_one_drawer_at_a_time(desk: Page) -> None:
    summaries = desk.locator(".opens-drawer summary")
    summaries.nth(0).click()
    summaries.nth(1).press("Enter")
    expect(desk.locator(".opens-drawer[open]")).to_have_count(1)


def test_the_chosen_theme_is_kept_and_there_before_the_first_paint(desk: Page) -> None:
    expect(desk.locator("html")).to_have_attribute("data-bs-theme", "light")
    desk.locator(".person summary").click()
    desk.get_by_label("Dark").check()
    expect(desk.locator("html")).to_have_attribute("data-bs-theme", "dark")
    desk.add_init_script("addEventListener('DOMContentLoaded', () => { window.early = null; });")
    desk.goto("/plan_list")
    expect(desk.locator("html")).to_have_attribute("data-bs-theme", "dark")
    expect(desk.get_by_label("Dark")).to_be_checked()
    assert not desk.locator("head script[src*=theme]").get_attribute("defer")


def test_the_rail_opens_by_keyboard_on_a_phone(chromium: Browser, gallery_url: str) -> None:
    page = chromium.new_page(**PHONE)
    page.goto(gallery_url)
    rail = page.locator("#rail")
    expect(rail).to_be_hidden()
    page.get_by_role("button", name="Menu").press("Enter")
    expect(rail.get_by_role("link", name="Moves")).to_be_visible()
    page.keyboard.press("Escape")
    expect(rail).to_be_hidden()
    page.close()


def test_without_scripts_everything_is_still_reached(chromium: Browser, gallery_url: str) -> None:
    context = chromium.new_context(**PHONE, java_script_enabled=False)
    page = context.new_page()
    page.goto(gallery_url)
    page.get_by_role("button", name="Menu").click()
    expect(page.locator("#rail").get_by_role("link", name="Moves")).to_be_visible()
    page.keyboard.press("Escape")
    page.locator(".opens-drawer summary").first.click()
    expect(page.locator(".opens-drawer .drawer").first).to_contain_text("4,596,039.58 USD")
    expect(page.locator("[data-close-drawer]").first).to_be_hidden()
    context.close()


def test_the_pages_of_failure_say_what_to_do(desk: Page) -> None:
    desk.goto("/nothing")
    expect(desk.locator("h1")).to_have_text("There is nothing at this address")
    desk.goto("/fail")
    expect(desk.locator("h1")).to_have_text("Something failed on our side")
    expect(desk.get_by_role("link", name="Go to Home")).to_be_visible()
    assert "planted" not in desk.content()


def test_print_leaves_the_frame_out(desk: Page) -> None:
    desk.emulate_media(media="print", color_scheme="dark")
    expect(desk.locator(".rail")).to_be_hidden()
    expect(desk.locator(".top")).to_be_hidden()
    expect(desk.locator(".sterna-picture").first).to_be_visible()
    assert desk.evaluate("getComputedStyle(document.body).color") == "rgb(23, 37, 42)"
