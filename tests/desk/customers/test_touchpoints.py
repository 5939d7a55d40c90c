"""The identified share of each touchpoint, from events through the inbox to the lake and back."""

import pytest

from sterna.desk.customers import queries
from sterna.desk.customers.actions import merge
from sterna.desk.sources.actions import seal_inbox
from tests.desk.customers.people import say, whose

pytestmark = pytest.mark.django_db


def shares() -> dict[str, tuple[int, int]]:
    return {each.touchpoint: (each.events, each.identified) for each in queries.identified_shares()}


def test_R21_nothing_happened_is_no_share():
    assert queries.identified_shares() == []
    assert queries.Share("web", 0, 0).share is None


def test_R21_the_identified_share_of_a_touchpoint_counts_devices_whose_person_is_known():
    def at(touchpoint: str, **named: str) -> dict:
        return {**named, "properties": {"touchpoint": touchpoint}}

    say(
        [
            at("site", anonymousId="d1"),
            at("site", anonymousId="d2"),
            at("site", userId="u1", anonymousId="d1"),
        ]
    )
    say([at("till", userId="u2"), {"anonymousId": "d3"}])
    seal_inbox()
    # The device d1 is of u1, who logged in later; d2 and d3 are of nobody.
    assert shares() == {"site": (3, 2), "till": (1, 1), "": (1, 0)}
    assert queries.identified_shares()[1].share == pytest.approx(2 / 3)
    merge(whose("web/anonymous_id:d2"), whose("web/user_id:u2"), "her tablet", None)
    assert shares() == {"site": (3, 3), "till": (1, 1), "": (1, 0)}


def test_R21_an_order_counts_once_however_many_lines_it_has():
    order = {
        "type": "track",
        "event": "Order Completed",
        "userId": "u1",
        "properties": {"touchpoint": "site", "products": [{"product_id": name, "price": 1} for name in "ab"]},
    }
    say([order])
    seal_inbox()
    assert shares() == {"site": (1, 1)}
