"""The day that the pages show, chosen in the top bar, and tables that stand as cards on a phone."""

from collections.abc import Iterator
from datetime import date
from urllib.parse import parse_qs, urlsplit

import pytest
from django.template.loader import render_to_string
from playwright.sync_api import Browser, Page, expect

from sterna.desk.web import components as c
from tests.desk.web.gallery import samples
from tests.desk.web.test_components import VISIT, shown

RUN = date(2017, 6, 30)


def frame(as_of: c.AsOf | None) -> str:
    return render_to_string("web/base.html", {"question": "What is here?", "as_of": as_of}, VISIT("/moves"))


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (None, ""),
        (RUN, "These are the figures as of 2017-06-30."),
        (date(2017, 7, 1), "No run is as of 2017-07-01: the newest before it, as of 2017-06-30, is shown."),
        (
            date(2017, 6, 29),
            "No run is as early as 2017-06-29: the first of all, as of 2017-06-30, is shown.",
        ),
        (date.max, "No run is as of 9999-12-31: the newest before it, as of 2017-06-30, is shown."),
    ],
)
def test_the_day_that_is_shown_is_named_beside_the_one_asked_for(gallery_urls, asked, words):
    as_of = c.AsOf(RUN, "run 7", "/runs/7", asked)
    assert as_of.words == words
    assert (f"asked for {asked}" in frame(as_of)) == (asked not in (None, RUN))


def test_the_form_holds_the_day_and_what_else_the_address_asked_for(gallery_urls):
    html = frame(c.AsOf(RUN, "run 7", None, date(2017, 7, 9), [("tier", '"><b>'), ("by", "value")]))
    assert '<form class="as-of-menu" method="get" action="/moves">' in html
    assert 'type="date" name="as_of" value="2017-07-09"' in html
    assert '<input type="hidden" name="tier" value="&quot;&gt;&lt;b&gt;">' in html and "<b>" not in html
    assert "Shown now: run 7<" in html


def test_a_search_from_a_past_day_stays_on_it(gallery_urls):
    hidden = '<input type="hidden" name="as_of" value="2017-07-09">'
    assert hidden in frame(c.AsOf(RUN, "run 7", None, date(2017, 7, 9)))
    assert hidden not in frame(c.AsOf(RUN, "run 7")) and "as-of-day" not in frame(None)


def test_only_a_table_that_stacks_names_its_columns_in_its_cells(gallery_urls):
    stacked, plain = samples.stacked_table(), samples.moves_table()
    html = shown(stacked, request=VISIT("/"))
    assert html.count('role="row"') == len(stacked.rows) + 1
    assert html.count('data-label="Spend, USD"') == len(stacked.rows)
    assert "data-label" not in shown(plain) and 'role="row"' not in shown(plain)


@pytest.fixture
def page(chromium: Browser, gallery_url: str) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 390, "height": 800}, base_url=gallery_url)
    opened = context.new_page()
    opened.goto("/")
    yield opened
    context.close()


@pytest.mark.browser
@pytest.mark.parametrize("width", [320, 390, 760])
def test_a_phone_reads_a_stacked_table_without_going_sideways(page: Page, width: int):
    page.set_viewport_size({"width": width, "height": 800})
    region = page.get_by_role("region", name="Goals")
    wide, seen = region.evaluate("e => [e.scrollWidth, e.clientWidth]")
    assert wide <= seen
    labels = region.locator("tbody tr").first.evaluate(
        "row => [...row.children].map(cell => getComputedStyle(cell, '::before').content)"
    )
    assert labels == ['"From"', '"Wanted"', '"Spend, USD"', '"Owner"', '"Why"']


@pytest.mark.browser
def test_a_stacked_table_is_still_a_table_that_sorts_and_opens(page: Page):
    region = page.get_by_role("region", name="Goals")
    expect(region.get_by_role("row")).to_have_count(3)
    expect(region.get_by_role("link", name="Wanted")).to_be_visible()
    expect(region.get_by_role("columnheader", name="Owner")).to_have_count(1)
    region.get_by_role("row").nth(1).get_by_text("225").click()
    assert urlsplit(page.url).path == "/moves"


@pytest.mark.browser
def test_on_a_desk_the_same_table_has_its_headings(page: Page):
    page.set_viewport_size({"width": 1280, "height": 900})
    region = page.get_by_role("region", name="Goals")
    expect(region.get_by_text("Owner", exact=True)).to_be_visible()
    content = region.locator("tbody td").first.evaluate("cell => getComputedStyle(cell, '::before').content")
    assert content in ("none", "normal")


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1280])
def test_a_day_is_chosen_in_the_top_bar_and_the_filter_stays(page: Page, width: int):
    page.set_viewport_size({"width": width, "height": 800})
    page.locator(".as-of > summary").press("Enter")
    page.get_by_label("Show the pages as of").fill("2026-01-31")
    box = page.locator(".as-of-menu").bounding_box()
    assert box and box["x"] >= 0 and box["x"] + box["width"] <= width
    page.get_by_role("button", name="Show this day").click()
    asked = parse_qs(urlsplit(page.url).query)
    assert (asked["as_of"], asked["sort"]) == (["2026-01-31"], ["-spend"]) and len(asked["tier"]) == 1


@pytest.mark.browser
def test_the_menu_of_the_day_closes_by_escape_and_by_a_click_beside_it(page: Page):
    menu = page.locator(".as-of-menu")
    for close in (lambda: page.keyboard.press("Escape"), lambda: page.mouse.click(5, 790)):
        page.locator(".as-of > summary").click()
        expect(menu).to_be_visible()
        close()
        expect(menu).to_be_hidden()
