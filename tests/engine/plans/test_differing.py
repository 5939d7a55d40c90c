"""Two versions of a plan told apart: parts that are new, gone and otherwise, and nothing where nothing differs."""

import copy
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from sterna.engine import plans
from sterna.engine.lake.beside import Beside
from sterna.engine.plans.differing import differences
from tests.engine.plans.faults import BANK, RETAIL, STREAM
from tests.engine.plans.house import WHOLE
from tests.engine.plans.test_seeded_faults import EXAMPLES

WRITTEN: dict[str, Any] = yaml.safe_load(WHOLE)


def read(written: dict[str, Any]) -> plans.Plan:
    return plans.load(yaml.safe_dump(written, sort_keys=False), lambda name: name).plan


def changed(**parts: Any) -> list[tuple[str, ...]]:
    """What differs between the small plan and itself with `parts` written anew."""
    found = differences(read(WRITTEN), read(WRITTEN | parts))
    return [(one.how, one.kind, one.part, one.field, one.before, one.after) for one in found]


def part(kind: str, **fields: Any) -> list[dict[str, Any]]:
    first, *rest = copy.deepcopy(WRITTEN[kind])
    return [first | fields, *rest]


@pytest.mark.parametrize("example", [RETAIL, BANK, STREAM])
def test_a_version_does_not_differ_from_itself(example):
    folder = EXAMPLES / example
    plan = plans.load((folder / "plan.yaml").read_text(), Beside(folder)).plan
    assert differences(plan, plan) == []


def test_another_number_alone_is_the_same_plan():
    assert changed(version=WRITTEN["version"] + 1) == []


def test_what_is_otherwise_is_told_with_before_and_after():
    goal = WRITTEN["goals"][0]
    assert changed(goals=part("goals", customers=goal["customers"] + 3), budget="77.00") == [
        ("otherwise", "plan", "", "budget", str(read(WRITTEN).budget), "77.00"),
        ("otherwise", "goals", goal["id"], "customers", str(goal["customers"]), str(goal["customers"] + 3)),
    ]


def test_what_was_not_said_and_is_said_now_has_nothing_before():
    asset = WRITTEN["assets"][0]
    assert changed(assets=part("assets", capacity=5)) == [
        ("otherwise", "assets", asset["id"], "capacity", "", "5")
    ]


def test_inside_a_part_the_path_leads_to_what_differs():
    asset = WRITTEN["assets"][0]
    behavior = asset["behavior"] | {"target": 9}
    route, *others = asset["routes"]
    found = changed(assets=part("assets", behavior=behavior, routes=[route | {"planned": 12}, *others]))
    assert [one[3:] for one in found] == [
        ("behavior.target", "2.0", "9.0"),
        (f"routes.{route['medium']}.planned", "", "12"),
    ]


def test_parts_that_came_and_went_are_named_and_not_told_field_by_field():
    goal = WRITTEN["goals"][0]
    assert changed(goals=[goal | {"id": "another"}]) == [
        ("gone", "goals", goal["id"], "", "", ""),
        ("new", "goals", "another", "", "", ""),
    ]
    assert changed(stages=[]) == [("gone", "stages", one["id"], "", "", "") for one in WRITTEN["stages"]]


def test_lists_of_words_are_one_value_and_their_order_is_theirs():
    point = WRITTEN["touchpoints"][0]
    found = changed(touchpoints=part("touchpoints", data_in=["b", "a"]))
    assert [one[2:4] + one[5:] for one in found] == [(point["id"], "data_in", "b, a")]


def test_parts_without_an_id_are_called_by_what_names_them_and_twins_are_told_apart():
    asks = [
        {"class": "age", "touchpoint": "till", "question": "How old are you?"},
        {"class": "age", "touchpoint": "mail", "question": "Your age?"},
        {},
    ]
    assert [one[2] for one in changed(capture=asks)] == ["age", "age again", "number 3"]


@given(st.data())
def test_there_and_back_is_the_same_told_the_other_way_round(data):
    def drawn() -> dict[str, Any]:
        made = copy.deepcopy(WRITTEN)
        made["budget"] = f"{data.draw(st.integers(1, 3))}.00"
        made["goals"] = [
            made["goals"][0] | {"id": name, "customers": data.draw(st.integers(1, 3))}
            for name in data.draw(st.lists(st.sampled_from("abc"), unique=True))
        ]
        made["assets"][0]["goals"] = data.draw(st.lists(st.sampled_from("abc"), unique=True))
        return made

    one, other = read(drawn()), read(drawn())
    turned = {"new": "gone", "gone": "new", "otherwise": "otherwise"}
    there = {(d.how, d.kind, d.part, d.field, d.before, d.after) for d in differences(one, other)}
    back = {(turned[d.how], d.kind, d.part, d.field, d.after, d.before) for d in differences(other, one)}
    assert there == back
    assert (not there) == (plans.body(one) == plans.body(other)) or _only_order(one, other)


def _only_order(one: plans.Plan, other: plans.Plan) -> bool:
    """Goals that stand in another order are the same goals."""
    return {goal.id for goal in one.goals} == {goal.id for goal in other.goals} and one.goals != other.goals
