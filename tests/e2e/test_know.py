"""Know in Chromium: a refused form keeps what was typed, a call is noted in seconds, pairs follow one another."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests.desk.dashboards import known
from tests.e2e.test_pages import PHONE, Enter, enter, faults, faults_light_and_dark, too_wide

pytestmark = pytest.mark.browser
__all__ = ["enter"]


# A hand that looks for a button, and sixty words a minute: slower than most who do it all day.
AIM, LETTER = 1_200, 200


def press(page: Any, what: Any) -> None:
    """Click as a hand does, which has to get there first."""
    page.wait_for_timeout(AIM)
    what.click()


def test_R64_a_meeting_is_noted_in_under_twenty_seconds_and_what_it_says_is_confirmed(
    world: Any, enter: Enter
) -> None:
    page = enter("staff")
    started = time.monotonic()
    page.goto(reverse("customer", args=[known.person("7008").pk]))
    field = page.get_by_label("What was said")
    press(page, field)
    page.keyboard.type("There are two children at home.", delay=LETTER)
    press(page, page.get_by_label("Meeting"))
    press(page, page.get_by_role("button", name="Note it"))
    expect(page.get_by_role("status")).to_contain_text("It is noted")
    press(page, page.get_by_role("button", name="It is so").first)
    expect(page.get_by_role("status")).to_contain_text("It is kept")
    assert time.monotonic() - started < 20
    expect(page.get_by_role("table", name="Facts")).to_contain_text("Children at home")
    from sterna.desk.customers.models import ContactNote

    note = ContactNote.objects.get(source_record__customer=known.person("7008"))
    assert (note.touchpoint, note.medium, note.text) == (
        "meeting",
        "person",
        "There are two children at home.",
    )


def test_a_refused_form_keeps_what_was_typed_and_says_why_beside_it(world: Any, enter: Enter) -> None:
    page = enter("administrator")
    page.goto(reverse("dead_letter", args=[world.known.letter.pk]))
    text = page.get_by_label("The event, as it came")
    text.fill(text.input_value().replace('"track"', '"truck"'))
    page.get_by_label("What was wrong").fill("no customer in it")
    page.get_by_role("button", name="Replay event").click()
    expect(page.get_by_role("alert")).to_contain_text("still refused")
    assert (
        "truck" in text.input_value()
        and page.get_by_label("What was wrong").input_value() == "no customer in it"
    )
    text.fill(text.input_value().replace('"truck"', '"track", "userId": "u9"'))
    page.get_by_role("button", name="Replay event").click()
    expect(page.get_by_role("status")).to_contain_text("taken in under the message id")

    page.goto(reverse("source", args=[world.known.source.pk]))
    page.get_by_text("Make a key").click()
    page.get_by_label("Name", exact=True).fill("app")
    page.get_by_role("button", name="Make key").click()
    expect(page.get_by_label("Secret write key")).not_to_have_value("")
    page.get_by_role("link", name="It is copied").click()
    expect(page.get_by_role("table", name="Write keys")).to_contain_text("app")


def test_R20_pairs_are_answered_one_after_the_other_with_the_keyboard(world: Any, enter: Enter) -> None:
    lesser = known.review_pair("7007", "7008", 0.5)
    page = enter("manager")
    page.goto(reverse("review_pair", args=[world.known.pair.pk]))
    page.keyboard.press("j")
    page.wait_for_url(f"**{reverse('review_pair', args=[lesser.pk])}")
    page.keyboard.press("k")
    page.wait_for_url(f"**{reverse('review_pair', args=[world.known.pair.pk])}")
    page.get_by_label("Why").fill("the same voice")
    page.get_by_role("button", name="One person").click()
    page.wait_for_url(f"**{reverse('review_pair', args=[lesser.pk])}")
    expect(page.get_by_role("status")).to_contain_text("They are one customer from now on")
    assert known.person("7002") == known.person("7003")


def places(world: Any) -> Iterator[str]:
    """Every page of Know."""
    here = world.known
    yield from (
        reverse(name)
        for name in ("review", "taxonomy", "taxonomy_text", "data_quality", "dead_letters", "sources")
    )
    for name, pk in (
        ("source", here.source.pk),
        ("dead_letter", here.letter.pk),
        ("review_pair", here.pair.pk),
    ):
        yield reverse(name, args=[pk])
    yield reverse("erasures")
    own = ("customer", "customer_identity", "customer_privacy")
    yield from (reverse(name, args=[here.client.pk]) for name in own)
    yield reverse("customer_merge", args=[here.client.pk]) + f"?with={here.one.pk}"


def test_no_page_of_know_has_a_grave_fault_or_is_wider_than_its_screen(world: Any, enter: Enter) -> None:
    desk, phone, found = enter("manager"), enter("manager", viewport=PHONE), []
    for place in places(world):
        found += faults_light_and_dark(desk, place)
        phone.goto(place)
        found += faults(phone)
        found += [f"{place} is wider than the screen" for page in (desk, phone) if too_wide(page)]
    assert found == []
