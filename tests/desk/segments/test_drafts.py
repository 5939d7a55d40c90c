"""A scheme while it is written: a rule as a form shows it says the same, and no button breaks what was typed."""

from decimal import Decimal

import pytest
from hypothesis import given

from sterna.desk.segments.drafts import (
    Draft,
    SeatDraft,
    changed,
    draft_of,
    filled,
    group,
    new_leaf,
    node_of,
    nodes,
    read_draft,
    rule_of,
    scheme_of_draft,
    written,
)
from sterna.engine.errors import BadInput
from sterna.engine.rules import All, Behavior, HasFact, Household, Not, Worth, holds
from sterna.engine.segments.ruled import Ruled, Seat
from tests.engine.rules.drawn_rules import ABOVE, ON, people, rules, worlds


@given(rules, worlds)
def test_a_rule_as_the_form_shows_it_holds_of_the_same_customers(rule, world):
    again = rule_of(node_of(rule))
    for person in people(world).values():
        assert holds(again, person, ABOVE, ON) is holds(rule, person, ABOVE, ON)


SCHEME = Ruled(
    name="needs",
    kind="segments",
    seats=(
        Seat(place="big", enter=Worth(measure="spend", least=Decimal("100.50"))),
        Seat(
            place="often",
            enter=Behavior(of="share", category="wine", least=Decimal("0.1"), household=True),
        ),
        Seat(
            place="far", enter=Not(of=Household(of=HasFact(fact_class="jet", among=("a", "b"), finer=False)))
        ),
    ),
    rest="others",
    change_limit=Decimal("0.2"),
)


def test_a_scheme_goes_through_the_form_and_comes_back_the_same():
    draft = read_draft(written(draft_of(SCHEME)))
    again = scheme_of_draft(draft)
    assert (again.name, again.places, again.change_limit) == (SCHEME.name, SCHEME.places, SCHEME.change_limit)
    # The form shows each rule as a group, which says the same.
    assert [seat.enter for seat in again.seats[:2]] == [All(of=(seat.enter,)) for seat in SCHEME.seats[:2]]


def test_buttons_add_and_remove_conditions_and_places():
    draft = changed(Draft(), "add enter fact")
    draft = changed(draft, "add enter all")
    draft = changed(draft, "add enter.1 behavior")
    root = draft.seats[0].enter
    assert [part["op"] for part in root["of"]] == ["fact", "all"] and nodes(root) == 4
    draft = changed(changed(draft, "drop enter.0"), "seat add")
    assert [part["op"] for part in draft.seats[0].enter["of"]] == ["all"] and draft.open == 1
    draft = changed(draft, "seat up 1")
    assert [nodes(seat.enter) for seat in draft.seats] == [1, 3] and draft.open == 0
    draft = changed(changed(draft, "seat drop 0"), "seat drop 0")
    assert len(draft.seats) == 1, "the last place stays"
    assert changed(draft, "leave").seats[0].leave == group()
    assert changed(changed(draft, "leave"), "leave").seats[0].leave is None


@pytest.mark.parametrize(
    ("action", "said"),
    [
        ("add enter.7 fact", "no longer there"),
        ("add enter.x fact", "no longer there"),
        ("add leave fact", "no longer there"),
        ("add seats fact", "no longer there"),
        ("add enter.0 fact", "added to groups"),
        ("drop enter.3", "no longer there"),
    ],
)
def test_a_button_of_another_page_breaks_nothing(action, said):
    draft = changed(Draft(), "add enter fact")
    with pytest.raises(BadInput, match=said):
        changed(draft, action)


@pytest.mark.parametrize(
    "action", ["", "what", "seat", "seat up 0", "seat drop x", "seat open 9", "drop enter"]
)
def test_a_button_that_means_nothing_changes_nothing(action):
    draft = Draft(seats=(SeatDraft("a"), SeatDraft("b")))
    assert written(changed(draft, action)) == written(draft)


def test_what_was_typed_reaches_the_rule_and_an_empty_field_says_nothing():
    draft = changed(changed(Draft(), "add enter behavior"), "add enter fact")
    typed = {
        "name": " needs ", "rest": "others", "place_0": "fans", "shown_enter": "1", "op_enter": "any",
        "not_enter": "on",
        "shown_enter.0": "1", "kind_enter.0": "purchase", "of_enter.0": "amount", "least_enter.0": "12.5",
        "most_enter.0": "", "within_days_enter.0": "90", "category_enter.0": "", "household_enter.0": "on",
        "shown_enter.1": "1", "class_enter.1": "jet", "among_enter.1": "yes, maybe ,", "household_enter": "on",
    }  # fmt: skip
    scheme = scheme_of_draft(filled(draft, typed))
    bought = Behavior(of="amount", least=Decimal("12.5"), within_days=90, household=True)
    fact = HasFact(fact_class="jet", among=("yes", "maybe"), finer=False)
    [seat] = scheme.seats
    assert (scheme.name, seat.place, scheme.rest) == ("needs", "fans", "others")
    assert isinstance(seat.enter, Not) and isinstance(seat.enter.of, Household)
    assert set(seat.enter.of.of.of) == {bought, fact}  # type: ignore[union-attr]


def test_a_part_that_was_not_shown_keeps_its_ticks():
    draft = Draft(seats=(SeatDraft("a", group({**new_leaf("fact"), "class": "jet", "finer": False})),))
    assert filled(draft, {"place_0": "b"}).seats[0].enter["of"][0]["finer"] is False


def test_no_two_drafts_share_a_tree():
    first = Draft()
    assert changed(first, "add enter fact") != first
    assert first.seats[0].enter == Draft().seats[0].enter == group()
    typed = filled(changed(first, "add enter fact"), {"shown_enter": "1", "not_enter": "on"})
    assert typed.seats[0].enter["not"] and not Draft().seats[0].enter["not"]


def test_what_is_unfinished_is_said_with_its_place():
    for draft, said in (
        (Draft(name="x", rest="r", seats=(SeatDraft("fans"),)), "fans: a group is empty"),
        (changed(Draft(name="x", rest="r"), "add enter value"), "measure"),
        (Draft(name="x", kind="stages", seats=(SeatDraft("", group(new_leaf("fact"))),)), "class"),
    ):
        with pytest.raises(BadInput, match=said):
            scheme_of_draft(draft)


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "{}", '{"seats": 1}', "null", '{"name":"x","kind":"lists","seats":[],"rest":"","reason":"",'
        '"change_limit":"","open":0}', "x" * 100_001, '{"name":"x","kind":"segments","seats":[{"place":"a","enter":'
        '{"op":"all","of":[1]},"leave":null}],"rest":"","reason":"","change_limit":"","open":0}',
    ],
)  # fmt: skip
def test_a_form_that_was_changed_on_its_way_is_refused(text):
    with pytest.raises(BadInput):
        read_draft(text)


def test_no_rule_grows_without_end():
    draft = Draft()
    with pytest.raises(BadInput, match="at most 60 parts"):
        for _ in range(61):
            draft = changed(draft, "add enter fact")
