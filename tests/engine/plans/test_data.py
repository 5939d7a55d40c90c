"""Facts of a plan: what needs them, whether they are known or asked for, and how much is asked at one touchpoint."""

import pytest

from sterna.engine import plans
from sterna.engine.plans.data import asked, most_fields
from sterna.engine.plans.parts import Touchpoint
from tests.engine.plans.house import codes, found, plan

PARENTS = {"shopping": "", "shopping.room": "shopping", "travel": "", "travel.family": "travel", "age": ""}
KNOWN = plans.Known(parents=PARENTS)
TILL = {
    "id": "till",
    "title": "Till",
    "medium": "person",
    "direction": "inbound",
    "purpose": "sales",
    "owner": "Eve",
    "data_out": ["baskets"],
}
POINTS = [*(point for point in plans.body(plan())["touchpoints"] if point["id"] != "till"), TILL]


def question(fact_class: str | None, **more: object) -> dict[str, object]:
    return {
        "class": fact_class,
        "touchpoint": "till",
        "question": "Where do you shop for fresh food?",
        "purpose": "offers that fit",
        "expected_fill": 0.4,
    } | more


def asset(**more: object) -> list[dict[str, object]]:
    stored = plans.body(plan())["assets"][0]
    return [{name: value for name, value in stored.items() if value is not None} | more]


def message(**more: object) -> list[dict[str, object]]:
    use = {"name": "room", "class": "shopping.room", "max_age_days": 90, "fallback": "our food"}
    return [{"id": "hello", "uses": [use | more], "variants": {"email": EMAIL}}]


EMAIL = {"subject": "Hello", "mjml": "<mjml/>", "text": "For {{ facts.room }}"}
SLOT = {
    "id": "bill",
    "touchpoint": "till",
    "uses": [{"name": "trip", "class": "travel.family", "max_age_days": 90, "fallback": "x"}],
    "text": "For {{ facts.trip }}",
    "default": "",
    "behavior": {"metric": "trips", "baseline": 1, "target": 2, "window_days": 60, "evidence": "seen"},
}


def told(wanted: list[plans.Finding]) -> list[tuple[str, str]]:
    return [(finding.code, finding.severity) for finding in wanted]


def test_R64_needs_are_what_assets_want_and_messages_and_slots_speak_of_with_the_owner():
    made = plan(
        assets=asset(wants={"class": "travel"}),
        messages=message(offers={"shopping": "food"}),
        slots=[SLOT],
        touchpoints=POINTS,
    )
    assert [
        (need.fact_class, need.kind, need.part, need.owner, need.where) for need in plans.needs(made)
    ] == [
        ("travel", "asset", "voucher", "Ben", "assets[0].wants.class"),
        ("shopping.room", "message", "hello", "Ben", "messages[0].uses[0]"),
        ("shopping", "message", "hello", "Ben", "messages[0].uses[0]"),
        ("travel.family", "slot", "bill", "Eve", "slots[0].uses[0]"),
    ]
    assert [need.falls_back for need in plans.needs(made)] == [False, True, True, True]


def test_R64_a_message_that_no_asset_says_belongs_to_the_owner_of_the_plan():
    made = plan(assets=asset(message="other"), messages=message())
    assert [need.owner for need in plans.needs(made)] == ["Ada"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"touchpoint": "desk"}, "R64-touchpoint"),
        ({"question": None}, "R64-question"),
        ({"purpose": ""}, "R64-purpose"),
        ({"class": None}, "R64-capture"),
        ({"class": "shopping.rooms"}, "R64-class"),
        ({"expected_fill": 1.01}, "R64-expected"),
        ({"expected_fill": -0.01}, "R64-expected"),
        ({"expected_fill": None}, "R64-expected"),
        ({"expected_fill": 0}, None),
        ({"expected_fill": 1}, None),
    ],
)
def test_R64_a_question_names_its_class_touchpoint_words_purpose_and_fill(change, code):
    capture = [question("shopping.room") | change]
    findings = [one for one in found(KNOWN, touchpoints=POINTS, capture=capture) if one.severity == "error"]
    assert [one.code for one in findings] == ([code] if code else [])
    assert all(one.where.startswith("capture[0]") and one.line for one in findings)


def test_R64_a_class_that_the_taxonomy_does_not_have_is_refused_where_it_is_needed():
    (finding,) = found(KNOWN, assets=asset(wants={"class": "golf"}))
    assert (finding.code, finding.severity, finding.where) == ("R64-class", "error", "assets[0].wants.class")
    assert codes(assets=asset(wants={"class": "golf"})) == []  # without a taxonomy nothing is compared


def test_R64_needed_but_neither_filled_nor_asked_for_is_told_and_so_is_used_but_empty():
    known = plans.Known(parents=PARENTS, fill={"shopping.room": 0.0})
    (unfilled,) = found(known)
    assert told([unfilled]) == [("R64-unfilled", "warning")]
    assert "shopping.room, needed by message hello" in unfilled.message
    (empty,) = found(known, touchpoints=POINTS, capture=[question("shopping.room")])
    assert told([empty]) == [("R64-empty", "note")]
    assert codes(plans.Known(parents=PARENTS, fill={"shopping.room": 0.01})) == []
    assert codes(plans.Known(parents=PARENTS)) == []


def test_R64_what_nobody_is_known_to_want_reaches_nobody():
    (finding,) = found(
        plans.Known(parents=PARENTS, fill={"shopping.room": 0.5}), assets=asset(wants={"class": "travel"})
    )
    assert finding.code == "R64-unfilled" and "nobody is offered what wants it" in finding.message


def test_R64_a_finer_fact_fills_the_classes_above_it():
    wants = asset(wants={"class": "travel"})
    fill = {"shopping.room": 0.5, "travel.family": 0.1}
    assert codes(plans.Known(parents=PARENTS, fill=fill), assets=wants) == []
    above = plans.Known(parents=PARENTS, fill={"shopping.room": 0.5, "travel": 0.1})
    assert codes(above, assets=asset(wants={"class": "travel.family"})) == ["R64-unfilled"]


def test_R64_collected_never_used_is_told_once_and_a_finer_answer_serves_the_coarser_use():
    capture = [question("age"), question("age", touchpoint="mail")]
    (unused,) = found(KNOWN, touchpoints=POINTS, capture=capture)
    assert told([unused]) == [("R64-unused", "warning")]
    assert unused.where == "capture[0].class" and "collected, never used" in unused.message
    wants = asset(wants={"class": "travel"})
    assert codes(KNOWN, touchpoints=POINTS, capture=[question("travel.family")], assets=wants) == []
    finer = asset(wants={"class": "travel.family"})
    assert codes(KNOWN, touchpoints=POINTS, capture=[question("travel")], assets=finer) == ["R64-unused"]


def test_R64_what_goes_into_a_touchpoint_an_asset_or_a_step_is_used():
    capture = [question("age")]
    points = [*POINTS[:-1], TILL | {"data_in": ["age"]}]
    assert codes(KNOWN, touchpoints=points, capture=capture) == []
    assert codes(KNOWN, touchpoints=POINTS, capture=capture, assets=asset(data_in=["age"])) == []
    step = {"id": "a", "touchpoint": "till", "behavior": "b", "enters": 1, "data_in": ["age"]}
    assert codes(KNOWN, touchpoints=POINTS, capture=capture, roadmap={"steps": [step]}) == []


def test_R64_one_question_twice_at_a_touchpoint_is_told():
    capture = [question("shopping.room"), question("shopping.room")]
    (twice,) = found(KNOWN, touchpoints=POINTS, capture=capture)
    assert told([twice]) == [("R64-twice", "warning")]
    assert asked(plan(touchpoints=POINTS, capture=capture)) == {"till": ("shopping.room",)}


def test_R64_what_an_exchange_asks_for_is_asked_somewhere_and_used():
    deal = [plans.body(plan())["exchanges"][0] | {"asks": ["shopping.room"]}]
    (unasked,) = found(KNOWN, exchanges=deal)
    assert told([unasked]) == [("R64-asks", "warning")] and unasked.where == "exchanges[0].asks"
    assert codes(KNOWN, exchanges=deal, touchpoints=POINTS, capture=[question("shopping.room")]) == []


def test_R65_an_offer_stands_on_the_way_up_from_the_class_that_is_wanted():
    assert codes(KNOWN, messages=message(offers={"shopping": "food", "shopping.room": "this"})) == []
    (astray,) = found(KNOWN, messages=message(offers={"travel": "a week away"}))
    assert told([astray]) == [("R65-offer", "error")]
    assert "offers can stand at: shopping.room, shopping" in astray.mend
    assert codes(KNOWN, messages=message(offers={"golf": "a round"})) == ["R64-class"]
    use = {
        "name": "trip",
        "class": "travel.family",
        "max_age_days": 9,
        "fallback": "x",
        "offers": {"age": "y"},
    }
    assert codes(KNOWN, touchpoints=POINTS, slots=[SLOT | {"uses": [use]}]) == ["R65-offer"]


@pytest.mark.parametrize(
    ("parents", "said"),
    [
        ({"shopping.room": "shopping"}, "leads to shopping, which is no class"),
        (
            {"shopping.room": "shopping", "shopping": "shopping.room"},
            "leads to shopping.room again: a circle",
        ),
    ],
)
def test_R65_a_way_up_that_leads_nowhere_is_refused(parents, said):
    (finding,) = found(plans.Known(parents=parents))
    assert (finding.code, finding.severity) == ("R65-path", "error") and said in finding.message


CLASSES = ("shopping.room", "shopping", "travel")
WANTS_ALL = message(offers={"shopping": "food"})


def burdened(count: int, **point: object) -> list[str]:
    """The errors of asking `count` facts at the till, changed as given."""
    points = [*POINTS[:-1], TILL | point]
    capture = [question(f"c{number}") for number in range(count)]
    return [finding.code for finding in plans.errors(found(touchpoints=points, capture=capture))]


@pytest.mark.parametrize(
    ("most", "point"),
    [
        (2, {}),
        (2, {"medium": "receipt"}),
        (5, {"direction": "both"}),
        (5, {"medium": "phone"}),
        (8, {"medium": "web"}),
        (8, {"medium": "letter", "direction": "both"}),
        (8, {"medium": "email", "direction": "both"}),
        (1, {"medium": "sms"}),
        (5, {"medium": "kiosk"}),
        (4, {"most_fields": 4}),
        (0, {"most_fields": 0}),
    ],
)
def test_R87_too_many_facts_at_one_touchpoint_are_refused(most, point):
    assert burdened(most, **point) == []
    assert burdened(most + 1, **point) == ["R87-burden"]


def test_R87_the_refusal_names_the_touchpoint_the_facts_and_the_limit():
    capture = [question(name) for name in CLASSES]
    parts = {"touchpoints": POINTS, "capture": capture, "messages": WANTS_ALL}
    (finding,) = [one for one in found(KNOWN, **parts) if one.severity == "error"]
    assert finding.message == (
        "till asks for 3 facts in one contact (shopping.room, shopping, travel), at most 2 may be"
    )
    assert finding.where == "touchpoints[2]" and "ask for 1 of them elsewhere" in finding.mend


def test_R87_what_a_touchpoint_sees_by_itself_burdens_nobody():
    points = [*POINTS[:-1], TILL | {"data_out": list(PARENTS)}]
    assert codes(KNOWN, touchpoints=points) == []


def test_R87_fewer_than_no_facts_cannot_be_asked():
    assert codes(touchpoints=[*POINTS[:-1], TILL | {"most_fields": -1}]) == ["R87-most"]
    assert most_fields(Touchpoint(id="x")) == 5


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, None),
        ({"touchpoint": "desk"}, "R63-touchpoint"),
        ({"text": None}, "R63-text"),
        ({"default": None}, "R63-default"),
        ({"text": "For {{ facts.trips }}"}, "R63-undeclared"),
        ({"behavior": None}, "R62-behavior"),
        ({"uses": [{"name": "trip", "class": "travel", "max_age_days": 9}]}, "R23-fallback"),
        ({"id": None}, "id-missing"),
    ],
)
def test_R63_a_slot_has_a_place_a_text_a_default_declared_facts_and_a_behavior(change, code):
    findings = found(KNOWN, touchpoints=POINTS, slots=[SLOT | change])
    assert [one.code for one in findings] == ([code] if code else [])
