"""What a plan waits for: circles are refused by name, days stand in order, and a launch is held back by name."""

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.engine import plans
from sterna.engine.errors import BadInput
from sterna.engine.plans.dependencies import CODES, last_there
from sterna.engine.plans.strategy import Dependency
from tests.engine.plans.house import WHOLE, codes, found, plan

ASSET = plans.load(WHOLE, lambda name: name).plan.assets[0]


def waits(name: str, *needs: str, by: str = "2017-06-01", **more: str) -> dict[str, object]:
    return {"id": name, "kind": "data", "owner": "Eve", "by": by, "needs": list(needs)} | more


def assets(**more: object) -> list[dict[str, object]]:
    """The small plan's asset with some of its fields written anew."""
    stored = plans.body(plan())["assets"][0]
    return [{name: value for name, value in stored.items() if value is not None} | more]


CHAIN = [waits("capture"), waits("score", "capture"), waits("launch-kit", "score")]


def names(dependencies: tuple[Dependency, ...]) -> list[str]:
    return [dependency.id or "" for dependency in dependencies]


def test_R60_a_chain_in_time_has_nothing_to_mend():
    assert codes(dependencies=CHAIN, assets=assets(needs=["launch-kit"])) == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"owner": None}, "R60-owner"),
        ({"kind": "magic"}, "R60-kind"),
        ({"kind": None}, "R60-kind"),
        ({"by": None}, "R60-day"),
        ({"needs": ["nothing"]}, "R60-unknown"),
        ({"id": None}, "id-missing"),
    ],
)
def test_R60_a_dependency_has_an_id_an_owner_a_kind_a_day_and_known_needs(change, code):
    (finding,) = found(dependencies=[waits("capture") | change])
    assert (finding.code, finding.severity) == (code, "error")
    assert finding.where.startswith("dependencies[0]") and finding.line


def test_R60_two_of_one_name_are_refused():
    assert codes(dependencies=[waits("capture"), waits("capture")]) == ["id-twice", "id-twice"]


def test_R60_an_asset_that_needs_what_nobody_lists_is_refused():
    (finding,) = found(assets=assets(needs=["magic"]))
    assert (finding.code, finding.where) == ("R60-unknown", "assets[0].needs")


def test_R60_a_cycle_is_refused_and_names_its_members_in_order():
    ring = [waits("tags", "feed"), waits("feed", "score"), waits("score", "tags"), waits("letter", "score")]
    (finding,) = found(dependencies=ring)
    assert (finding.code, finding.severity) == ("R60-cycle", "error")
    assert finding.message.startswith("tags needs feed needs score needs tags: a circle")
    assert finding.where == "dependencies[0].needs"


def test_R60_a_dependency_that_needs_itself_is_a_circle_and_each_circle_is_found():
    rings = [waits("a", "a"), waits("c", "b"), waits("b", "c"), waits("d", "c", "a")]
    assert sorted(one.message.split(":")[0] for one in found(dependencies=rings)) == [
        "a needs a",
        "c needs b needs c",
    ]


def test_R60_what_is_due_after_what_needs_it_is_refused():
    late = [waits("capture", by="2017-06-02"), waits("score", "capture")]
    (finding,) = found(dependencies=late)
    assert (finding.code, finding.severity, finding.where) == ("R60-order", "error", "dependencies[1].by")
    assert codes(dependencies=[waits("capture"), waits("score", "capture")]) == []
    assert codes(dependencies=[late[0] | {"done": "2017-05-01"}, late[1]]) == []


def test_R60_what_is_there_before_what_it_needs_is_looked_at():
    (finding,) = found(dependencies=[waits("capture"), waits("score", "capture", done="2017-05-30")])
    assert (finding.code, finding.severity) == ("R60-done", "warning")
    assert "capture" in finding.message and "2017-05-30" in finding.message


def test_R60_an_asset_that_opens_before_what_it_needs_is_held_back_and_one_that_closes_before_is_refused():
    due = [waits("score", by="2017-08-01")]
    (held,) = found(dependencies=due, assets=assets(needs=["score"]))
    assert (held.code, held.severity, held.where) == ("R60-launch", "warning", "assets[0].needs")
    assert "2017-08-01" in held.message and "2017-07-01" in held.message
    assert codes(dependencies=due, assets=assets(needs=["score"], opens="2017-08-01")) == []
    season = assets(needs=["score"], closes="2017-07-31")
    (never,) = found(dependencies=due, assets=season)
    assert (never.code, never.severity) == ("R60-never", "error")


def test_R60_what_nothing_names_is_waited_for_by_the_plan_as_a_whole():
    (held,) = found(dependencies=[waits("consent-text", by="2017-07-02")])
    assert (held.code, held.where) == ("R60-launch", "opens")
    assert names(plans.open_before(plan(dependencies=[waits("consent-text")]))) == ["consent-text"]


def test_R60_an_open_prerequisite_blocks_the_launch_by_name_whatever_lies_between():
    made = plan(dependencies=CHAIN[::-1], assets=assets(needs=["launch-kit"]))
    assert names(plans.open_before(made, "voucher")) == ["capture", "score", "launch-kit"]
    assert names(plans.open_before(made)) == ["capture", "score", "launch-kit"]
    done = [CHAIN[0] | {"done": "2017-05-01"}, *CHAIN[1:]]
    assert names(plans.open_before(plan(dependencies=done, assets=assets(needs=["score"])), "voucher")) == [
        "score",
        "launch-kit",  # nothing names it, so that the plan as a whole waits for it
    ]


def test_R60_what_is_done_waits_for_nothing_any_more():
    done = [CHAIN[0], CHAIN[1] | {"done": "2017-05-01"}]
    assert plans.open_before(plan(dependencies=done, assets=assets(needs=["score"])), "voucher") == ()


def test_R60_what_begins_later_does_not_keep_the_rest_back():
    made = plan(dependencies=CHAIN[:1], assets=assets(needs=["capture"], opens="2017-10-01"))
    assert plans.open_before(made) == ()
    assert names(plans.open_before(made, on=date(2017, 10, 1))) == ["capture"]
    assert names(plans.open_before(made, "voucher")) == ["capture"]


def test_R60_a_step_of_the_roadmap_waits_too():
    steps = [{"id": "mail", "touchpoint": "mail", "asset": "voucher", "behavior": "b", "enters": 5}]
    made = plan(dependencies=CHAIN[:1], roadmap={"steps": [steps[0] | {"needs": ["capture"]}]})
    assert names(plans.open_before(made, "voucher")) == names(plans.open_before(made)) == ["capture"]


def test_R60_an_asset_that_is_not_there_is_named():
    for ask in (plans.open_before, last_there):
        with pytest.raises(BadInput, match="no asset called 'gift'"):
            ask(plan(), "gift")


@pytest.mark.parametrize(
    ("dependencies", "last"),
    [
        ([], None),
        (CHAIN, date(2017, 6, 1)),
        ([CHAIN[0] | {"by": "2017-09-09"}, *CHAIN[1:]], date(2017, 9, 9)),
        # What is there waits for nothing any more, and counts from the day since when it is.
        ([CHAIN[0] | {"by": "2017-09-09"}, CHAIN[1] | {"done": "2017-07-02"}, CHAIN[2]], date(2017, 7, 2)),
        ([CHAIN[0] | {"by": None}, *CHAIN[1:]], date(2017, 6, 1)),
        # Named by nothing, so the plan as a whole waits for it, and with the plan its asset.
        ([*CHAIN, waits("consent-text", by="2017-08-08")], date(2017, 8, 8)),
    ],
)
def test_R60_nothing_holds_an_asset_back_from_the_day_on_which_the_last_is_there(dependencies, last):
    needs = ["launch-kit"] if dependencies else []
    assert last_there(plan(dependencies=dependencies, assets=assets(needs=needs)), "voucher") == last


def test_R60_of_those_that_can_be_done_next_the_one_due_first_comes_first():
    loose = [waits("late", by="2017-05-03"), waits("last", "late", by="2017-05-04"), waits("early")]
    assert names(plans.order(plan(dependencies=loose))) == ["late", "last", "early"]


@st.composite
def graphs(draw: st.DrawFn) -> list[dict[str, object]]:
    """Up to eight dependencies that need any of one another, themselves included."""
    count = draw(st.integers(0, 8))
    made = [f"d{number}" for number in range(count)]
    return [waits(name, *draw(st.sets(st.sampled_from(made), max_size=3))) for name in made]


@given(graphs())
def test_R60_an_order_is_one_in_which_they_can_be_done_or_a_circle_is_told(drawn):
    made = plan(dependencies=drawn)
    placed = {name: index for index, name in enumerate(names(plans.order(made)))}
    assert sorted(placed) == sorted(one["id"] for one in drawn)
    backward = [
        (one["id"], need) for one in drawn for need in one["needs"] if placed[need] >= placed[one["id"]]
    ]
    rings = [one.message.split(":")[0] for one in found(dependencies=drawn) if one.code == "R60-cycle"]
    assert bool(backward) == bool(rings)
    needs = {one["id"]: one["needs"] for one in drawn}
    for told in rings:
        way = told.split(" needs ")
        assert way[0] == way[-1]
        assert all(onto in needs[name] for name, onto in pairwise(way))


@given(graphs(), st.sets(st.integers(0, 7)))
def test_R60_what_blocks_is_open_and_each_is_named_by_the_launch_or_by_another_that_blocks(drawn, finished):
    for number in finished & set(range(len(drawn))):
        drawn[number]["done"] = "2017-05-01"
    made = plan(dependencies=drawn, assets=assets(needs=[one["id"] for one in drawn[:2]]))
    blocking = plans.open_before(made, "voucher")
    assert all(one.done is None for one in blocking)
    direct = {one["id"] for one in drawn[:2]}
    named = {need for one in made.dependencies for need in one.needs} | direct
    reasons = direct | {need for one in blocking for need in one.needs}
    assert all(one.id in reasons or one.id not in named for one in blocking)
    assert {one.id for one in made.dependencies if one.done is None and one.id in direct} <= {
        one.id for one in blocking
    }


def test_R60_every_code_is_told_in_one_sentence():
    assert all(name.startswith("R60-") and text.endswith(".") for name, text in CODES.items())
