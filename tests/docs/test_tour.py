"""The tour shows what the engine computes today: every figure of the page is made again and compared."""

import re

import pytest

from tests.docs import tour
from tests.docs.tour_rooms import MINE, ROOMS, one, shown
from tests.docs.tour_shop import Shop, two_turns

STALE = "stale: run make docs"


@pytest.fixture(scope="module")
def tour_page() -> str:
    return tour.PAGE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def shop(tmp_path_factory) -> Shop:
    return two_turns(tmp_path_factory.mktemp("tour"))


@pytest.mark.slow
def test_every_figure_of_the_tour_is_what_two_real_turns_give(tour_page, shop):
    fresh = tour.made(shop)
    found = tour.parts(tour_page)
    assert [room for room in ROOMS if found[room] != fresh[room]] == [], STALE


@pytest.mark.slow
def test_what_the_prose_of_the_tour_says_of_the_household_holds(shop):
    places = [one(turned, "places") for turned in shop.turns]
    assert [row["from_place"] for row in places] == ["new", "silver"]
    assert [row["to_place"] for row in places] == ["silver", "gold"]
    assert [one(turned, "values")["alive"] for turned in shop.turns] == [None, None]
    assert one(shop.june, "values")["spend_before"] is None
    chosen = one(shop.june, "decisions")
    assert (chosen["asset"], chosen["medium"], chosen["outcome"]) == ("meat-voucher", "email", "contact")
    for turned in shop.turns:
        assert one(turned, "category_wallets", f"{MINE} and category = 'MEAT'")["own"] == 0
    assert {row["design"] for row in shop.december.rows("comparisons")} == {"A/A"}
    reached = shop.december.rows("clean_events", "source_record like '%:790' and kind = 'campaign contact'")
    assert reached


def test_the_tour_goes_through_every_room_in_order(tour_page):
    assert list(tour.parts(tour_page)) == list(ROOMS)


def test_nothing_outside_the_marked_parts_is_a_figure(tour_page):
    # A figure in the prose would not be compared, so it would go stale in silence.
    assert re.findall(r"[^\n]*\d[^\n]*", tour.prose(tour_page)) == []


def test_a_changed_figure_is_found():
    page = "# A\n\n<!-- value -->\n\nold 1\n\n<!-- /value -->\n\nprose\n"
    assert tour.parts(page) == {"value": "\nold 1\n\n"}
    assert tour.prose(page) == "# A\n\n\n\nprose\n"
    assert tour.rewritten(page, {"value": "\nnew 2\n\n"}) == page.replace("old 1", "new 2")
    with pytest.raises(KeyError):
        tour.rewritten(page, {})


def test_what_is_unknown_is_not_shown_as_zero():
    assert [shown(value) for value in (None, 0, 0.0, 1234.5, 1234)] == [
        "unknown",
        "0",
        "0.00",
        "1,234.50",
        "1,234",
    ]
