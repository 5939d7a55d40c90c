"""Segments and stages carried from run to run: causes without amounts, limits, merges, who is placed no more."""

from collections.abc import Mapping
from decimal import Decimal
from uuid import UUID

import msgspec
import pytest

from sterna.desk.customers.actions import identify, merge, undo
from sterna.desk.customers.models import Customer, SourceRecord
from sterna.desk.segments.actions import apply_batch, undo_batch
from sterna.desk.segments.models import Definition, Membership
from sterna.desk.segments.ruled_queries import headcounts, owner_of
from sterna.engine.rules import Rule
from tests.desk.runs import ruled_shop, shop
from tests.desk.segments.grouped import user
from tests.desk.segments.staging import people, place, stays
from tests.desk.segments.test_batches import FIRST, SECOND, THIRD, TODAY, at, now, turn

pytestmark = pytest.mark.django_db
__all__ = ["now"]  # the present of these tests


def needs(**seats: Rule) -> Definition:
    """Big and small segments and the rest, managed by Ann, Bo and Ann."""
    rules = seats or {"big": ruled_shop.RISING, "small": ruled_shop.KNOWN}
    return ruled_shop.publish(ruled_shop.segments("needs", rules), user("ann"), user("bo"))


def life() -> Definition:
    """The stages known and valued, of which a run may move a quarter."""
    shop.tiers()
    return ruled_shop.publish(msgspec.structs.replace(ruled_shop.life(), change_limit=Decimal("0.25")))


def caused(pk: UUID) -> list[str]:
    return list(Membership.objects.filter(customer=pk).order_by("during").values_list("cause", flat=True))


def test_R84_a_cause_names_the_rules_and_no_amount_and_a_new_version_is_told_from_a_move():
    [ann] = people(1)
    place(FIRST, needs(), {ann: ("small", "12.00")})
    place(SECOND, needs(), {ann: ("big", "99.00")})
    place(THIRD, needs(big=ruled_shop.KNOWN), {ann: ("big", None)})
    assert stays(ann) == [("small", FIRST, SECOND), ("big", SECOND, THIRD), ("big", THIRD, None)]
    assert caused(ann) == [
        "First placed: by the rules of version 1 on 2017-07-01",
        "Moved from small: by the rules of version 1 on 2018-01-01",
        "Version 2 of the scheme: by the rules of version 2 on 2018-07-01",
    ]


def test_R77_who_is_placed_no_more_has_no_owner_and_no_other_scheme_is_touched():
    ann, bo = people(2)
    place(FIRST, needs(), dict.fromkeys((ann, bo), ("small", None)))
    other = ruled_shop.publish(ruled_shop.segments("care", {"ours": ruled_shop.KNOWN}), user("cy"))
    place(FIRST, other, dict.fromkeys((ann, bo), ("ours", None)))
    place(SECOND, needs(), {ann: ("small", None)})
    assert (owner_of(ann), owner_of(bo)) == (user("bo"), None)
    assert headcounts("needs") == {"small": 1} and headcounts("care") == {"ours": 2}


def test_R77_who_moves_has_the_manager_of_the_new_segment_from_that_day():
    scheme, [ann] = needs(), people(1)
    for cut, segment, manager in ((FIRST, "big", "ann"), (SECOND, "small", "bo"), (THIRD, "others", "ann")):
        place(cut, scheme, {ann: (segment, None)})
        assert owner_of(ann) == user(manager)


@pytest.mark.parametrize(("movers", "state"), [(2, "carried"), (3, "waiting")])
def test_R72_of_stages_only_who_stands_in_one_counts_as_a_member(movers, state):
    scheme, who = life(), people(12)
    known, none = who[:8], who[8:]
    turn(FIRST, scheme, dict.fromkeys(known, "known") | dict.fromkeys(none, "none"))
    # A quarter of the eight in a stage is two, whoever else is in none of them.
    places = {pk: "valued" if pk in known[:movers] else "known" for pk in known}
    batch = turn(SECOND, scheme, places | dict.fromkeys(none, "none"))
    assert (batch.members, batch.moved, batch.state) == (8, movers, state)
    if state == "carried":
        undo_batch(batch.pk, None, "A broken feed.")
        assert at(known) == ["known"] * 8
    else:
        apply_batch(batch.pk, None, "It was the summer.")
        assert at(known).count("valued") == movers
        assert caused(known[0])[-1] == "Moved from known: by the rules of version 1 on 2018-01-01"


def pair() -> tuple[Customer, Customer]:
    """Two customers with a record each."""
    identify("shop", "card", ["1", "2"], shop.AT)
    found = {one.value: one.customer for one in SourceRecord.objects.select_related("customer")}
    return found["1"], found["2"]


@pytest.mark.parametrize(
    ("segments", "goes_on"),
    [({"1": "small", "2": "big"}, False), ({"1": "small"}, True), ({"2": "small"}, True), ({}, False)],
)
def test_R77_who_became_one_customer_has_one_segment_and_one_owner(
    segments: Mapping[str, str], goes_on: bool
):
    one, other = pair()
    scheme, ids = needs(), {"1": one.pk, "2": other.pk}
    place(FIRST, scheme, {ids[key]: (segment, None) for key, segment in segments.items()})
    before = {pk: set(stays(pk)) for pk in ids.values()}
    decision = merge(one, other, "one card", None)
    [left] = Customer.objects.filter(redirects_to=None).values_list("pk", flat=True)
    open_stays = Membership.objects.filter(scheme="needs", during__upper_inf=True)
    assert open_stays.count() == min(1, len(segments)) and all(
        stay.customer_id == left for stay in open_stays
    )
    assert (owner_of(left) is not None) == bool(segments)
    if goes_on and ids[next(iter(segments))] != left:
        assert stays(left) == [("small", TODAY, None)] and caused(left)[0].startswith(
            "Merged with a customer"
        )
    undo(decision, "two cards after all", None)
    assert {pk: set(stays(pk)) for pk in ids.values()} == before


def test_the_next_run_places_who_became_one_and_leaves_the_past_of_both():
    one, other = pair()
    scheme = needs()
    place(FIRST, scheme, {one.pk: ("small", None), other.pk: ("big", None)})
    merge(one, other, "one card", None)
    [left] = Customer.objects.filter(redirects_to=None).values_list("pk", flat=True)
    [gone] = {one.pk, other.pk} - {left}
    was = stays(left)[0][0]
    place(THIRD, scheme, {left: ("others", None)})
    assert stays(left) == [(was, FIRST, THIRD), ("others", THIRD, None)]
    assert [(first, end) for _, first, end in stays(gone)] == [(FIRST, TODAY)]
    place(THIRD, scheme, {left: (was, None)})
    assert stays(left) == [(was, FIRST, None)] and stays(gone)[0][2] == TODAY, (
        "the day again corrects itself alone"
    )
