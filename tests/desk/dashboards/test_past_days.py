"""A past day on a page: the newest run before it is shown, the page says which, and every link goes on with it."""

import re
from datetime import date

import pytest
from django.urls import reverse

from sterna.desk.dashboards.page import carry_day
from sterna.desk.segments.models import Membership, Move
from tests.desk.runs import shop

pytestmark = pytest.mark.django_db
OWN = re.compile(r'(?<!data-newest )(?:data-)?href="((?:/(?!static/)|\?)[^"]*)"')


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (shop.FIRST, "These are the figures as of 2017-06-30."),
        (date(2017, 7, 9), "No run is as of 2017-07-09: the newest before it, as of 2017-06-30, is shown."),
        (date(2017, 12, 30), "the newest before it, as of 2017-06-30, is shown."),
        (date(1999, 1, 1), "No run is as early as 1999-01-01: the first of all, as of 2017-06-30, is shown."),
        (date(2030, 1, 1), "the newest before it, as of 2017-12-31, is shown."),
    ],
)
def test_the_newest_run_that_knew_no_more_is_shown_and_named(world, analyst, asked, words):
    answer = analyst.get(reverse("home"), {"as_of": asked})
    content = answer.content.decode()
    assert words in content and '<a data-newest href="/">Show the newest</a>' in content
    run = world.second if asked.year == 2030 else world.first
    assert answer.context["page"].question.endswith(f"up to {run.until}?")


def test_no_day_no_word_about_it(world, analyst):
    for day in ({}, {"as_of": "garbage"}, {"as_of": "2017-13-01"}):
        content = analyst.get(reverse("home"), day).content.decode()
        assert "Show the newest" not in content and "as_of=2017" not in content.replace(
            "as_of=2017-13-01", ""
        )


@pytest.mark.parametrize(
    "name",
    [
        *("home", "customers", "moves", "values", "value_concentration", "value_grid", "tiers", "left_out"),
        "lookalikes",
    ],
)
def test_every_link_of_a_page_keeps_the_day(world, analyst, name):
    content = analyst.get(reverse(name), {"as_of": shop.FIRST}).content.decode()
    links = OWN.findall(content)
    assert len(links) > 10 and all(link.count("as_of=2017-06-30") == 1 for link in links)


def test_a_cell_of_a_past_day_opens_the_names_of_that_day(world, analyst):
    content = analyst.get(reverse("moves"), {"as_of": shop.FIRST}).content.decode()
    link = re.search(r'href="(/moves/bronze/bronze\?as_of=2017-06-30)"', content)
    assert link
    total = Move.objects.filter(run_id=world.first.pk, from_place="bronze", to_place="bronze").count()
    assert f"{total} customers" in analyst.get(link[1]).content.decode()


def test_only_links_between_pages_are_changed():
    kept = [
        '<a href="https://example.org/x">',
        '<link href="/static/a.css">',
        '<use href="/static/s.svg#x"/>',
        '<a href="#content">',
        '<form action="/logout">',
        '<a data-newest href="/">',
        '<a href="//example.org">',
        '<a href="?as_of=2016-01-01&amp;by=value">',
    ]
    assert [carry_day(tag, date(2017, 6, 30)) for tag in kept] == kept
    assert carry_day('<a href="/moves#x">', shop.FIRST) == '<a href="/moves?as_of=2017-06-30#x">'
    assert carry_day('<a href="?by=value">', shop.FIRST) == '<a href="?by=value&amp;as_of=2017-06-30">'


def test_R2_the_tier_of_a_past_day_is_the_stay_that_held_it(world, analyst):
    moved = Move.objects.filter(run_id=world.second.pk, from_place="bronze", to_place="silver")[0].customer
    stays = list(Membership.objects.filter(customer=moved).order_by("during"))
    assert len(stays) == 2
    for day, stay in zip((shop.FIRST, shop.SECOND), stays, strict=True):
        content = analyst.get(reverse("customer", args=[moved.pk]), {"as_of": day}).content.decode()
        assert f"since {stay.during.lower}: {stay.cause}" in content


def test_a_simulated_present_is_named_on_every_page(world, analyst):
    for name in ("home", "contacts", "runs"):
        said = "The present is taken to be 2017-07-01"
        assert said in analyst.get(reverse(name)).content.decode()
