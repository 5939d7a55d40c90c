"""The roadmap's check: its steps and ways hold together, and its touchpoints bear the flow."""

from math import comb

import pytest

from sterna.engine import plans
from sterna.engine.plans.roadmap import CODES
from tests.engine.plans.house import codes, found, plan

# From the first of July to the last day of the year are 184 days, so that 7 a week are 184 in all.
DAYS = 184


def points(capacity: int | None = None) -> list[dict[str, object]]:
    stored = [part for part in plans.body(plan())["touchpoints"] if part["id"] == "mail"]
    page = {"id": "page", "title": "Page", "medium": "web", "direction": "inbound", "purpose": "sales"}
    return [*stored, page | {"owner": "Ben", "data_out": ["clicks"], "capacity_per_week": capacity}]


def step(name: str, **more: object) -> dict[str, object]:
    return {"id": name, "touchpoint": "mail", "behavior": "opens it"} | more


def way(here: str, there: str, share: float | None = 0.5, **more: object) -> dict[str, object]:
    return {"from": here, "to": there, "pass_through": share} | more


START = step("mail", enters=100, asset="voucher", message="hello")
STEPS = [START, step("visit", touchpoint="page"), step("order", touchpoint="page")]
WAYS = [way("mail", "visit", within_days=7), way("visit", "order", 0.2)]


def mapped(
    steps: list[dict[str, object]], edges: list[dict[str, object]] | None = None
) -> list[plans.Finding]:
    return found(touchpoints=points(), roadmap={"steps": steps, "edges": edges or []})


def test_R71_a_roadmap_that_holds_together_has_nothing_to_mend():
    assert mapped(STEPS, WAYS) == []
    assert codes(roadmap=None) == codes(roadmap={"steps": [], "edges": []}) == []


@pytest.mark.parametrize(
    ("change", "code", "severity"),
    [
        ({"touchpoint": "kiosk"}, "R71-touchpoint", "error"),
        ({"touchpoint": None}, "R71-touchpoint", "error"),
        ({"asset": "gift"}, "R71-asset", "error"),
        ({"message": "bye"}, "R71-message", "error"),
        ({"needs": ["score"]}, "R71-needs", "error"),
        ({"behavior": None}, "R71-behavior", "warning"),
        ({"enters": -1}, "limits-negative", "error"),
    ],
)
def test_R71_a_step_stands_at_a_touchpoint_and_names_what_there_is(change, code, severity):
    (finding,) = mapped([*STEPS[:2], STEPS[2] | change], WAYS)
    assert (finding.code, finding.severity) == (code, severity)
    assert finding.where.startswith("roadmap.steps[2]") and finding.line


def test_R71_a_step_without_an_id_or_with_a_doubled_one_is_refused():
    assert [one.code for one in mapped([*STEPS, step("order")], WAYS)] == ["id-twice", "id-twice"]
    assert [one.code for one in mapped([*STEPS, step("x", id=None)], WAYS)] == ["id-missing"]


@pytest.mark.parametrize(
    ("edge", "codes_found"),
    [
        (way("order", "nowhere"), ["R71-edge"]),
        (way("nowhere", "order"), ["R71-edge"]),
        (way("order", "visit", 0), ["R71-share"]),
        (way("order", "visit", 1.01), ["R71-share"]),
        (way("order", "visit", None), ["R71-share"]),
        (way("order", "visit", within_days=-1), ["limits-negative"]),
        (way("mail", "visit", 0.1), ["R71-edge-twice", "R71-edge-twice"]),
        (way("order", "visit", 1), []),
    ],
)
def test_R71_a_way_leads_from_step_to_step_with_a_share(edge, codes_found):
    assert [one.code for one in mapped(STEPS, [*WAYS, edge])] == codes_found


def test_R71_more_cannot_go_on_than_come():
    over = mapped([*STEPS, step("reply")], [*WAYS, way("mail", "reply", 0.51)])
    assert [(one.code, one.severity, one.where) for one in over] == [("R71-sum", "error", "roadmap.steps[0]")]
    assert mapped([*STEPS, step("reply")], [*WAYS, way("mail", "reply", 0.5)]) == []
    tenths = [way("mail", "visit", 0.1), way("mail", "order", 0.2), way("mail", "reply", 0.7)]
    assert mapped([*STEPS, step("reply")], tenths) == []  # .1 + .2 + .7 is a little below 1 in binary


def test_R71_unreachable_and_behaviorless_steps_are_flagged():
    flagged = mapped([*STEPS, step("lost", behavior="")], WAYS)
    assert [(one.code, one.severity) for one in flagged] == [
        ("R71-behavior", "warning"),
        ("R71-unreachable", "warning"),
    ]
    assert all(one.where == "roadmap.steps[3]" for one in flagged)


def test_R71_a_roadmap_that_nobody_enters_is_refused():
    (finding,) = mapped([step("mail")])
    assert (finding.code, finding.severity) == ("R71-entry", "error")


def test_R71_customers_may_come_back_as_long_as_some_leave():
    assert mapped(STEPS, [*WAYS, way("order", "mail", 0.9)]) == []


def test_R71_a_circle_that_nobody_ever_leaves_is_refused_by_its_steps():
    ring = [way("mail", "visit", 0.5), way("visit", "order", 1), way("order", "visit", 1)]
    (trap,) = mapped(STEPS, ring)
    assert (trap.code, trap.severity, trap.where) == ("R71-trap", "error", "roadmap.steps[1]")
    assert "nobody ever leaves the steps visit, order" in trap.message
    (itself,) = mapped([START], [way("mail", "mail", 1)])
    assert itself.code == "R71-trap"


def test_R71_coming_back_very_often_is_looked_at():
    often = mapped([START], [way("mail", "mail", 0.96)])  # 1 / (1 - .96) is 25 times
    assert [(one.code, one.severity) for one in often] == [("R71-return", "warning")]
    assert mapped([START], [way("mail", "mail", 0.94)]) == []


def full(capacity: int, *steps: dict[str, object], edges: list[dict[str, object]]) -> list[plans.Finding]:
    return found(touchpoints=points(capacity), roadmap={"steps": list(steps), "edges": edges})


def test_R71_a_flow_above_what_a_touchpoint_can_take_is_refused():
    visit = step("visit", touchpoint="page")
    start = START | {"enters": 2 * DAYS + 20}
    (over,) = full(7, start, visit, edges=[way("mail", "visit")])
    assert (over.code, over.severity, over.where) == ("R71-capacity", "error", "touchpoints[1]")
    assert f"{DAYS + 10} customers are expected at page, which can take {DAYS}" in over.message
    half = {"enters": DAYS // 2 + 5}
    two = [step("a", touchpoint="page", **half), step("b", touchpoint="page", **half)]
    assert [one.code for one in full(7, *two, edges=[])] == ["R71-capacity"]  # both steps of one touchpoint


def test_R71_a_flow_that_is_only_just_borne_is_warned_of_by_the_draws():
    visit, start = step("visit", touchpoint="page"), START | {"enters": 2 * DAYS}
    (tight,) = full(7, start, visit, edges=[way("mail", "visit")])
    assert (tight.code, tight.severity) == ("R71-tight", "warning")
    assert full(7, start | {"enters": 2 * (DAYS - 35)}, visit, edges=[way("mail", "visit")]) == []
    sure = START | {"enters": DAYS, "touchpoint": "page"}
    assert full(7, sure, edges=[]) == []  # exactly as many as fit, with nothing left to chance


def test_R71_without_days_of_the_plan_capacity_is_not_compared():
    parts = {"touchpoints": points(1), "roadmap": {"steps": [START | {"touchpoint": "page"}]}}
    assert "R71-capacity" in codes(**parts)
    assert "R71-capacity" not in codes(**parts, closes=None)
    assert plans.crowded(plan(**parts, closes=None), 10, 1) == {}


def test_R71_how_often_a_touchpoint_is_too_full_is_drawn():
    visit, start = step("visit", touchpoint="page"), START | {"enters": 2 * DAYS}
    made = plan(touchpoints=points(7), roadmap={"steps": [start, visit], "edges": [way("mail", "visit")]})
    risk = plans.crowded(made, 4000, 5)["page"]
    above = (1 - comb(2 * DAYS, DAYS) / 2 ** (2 * DAYS)) / 2  # a binomial of halves is even around its middle
    assert risk == pytest.approx(above, abs=0.03)
    assert plans.crowded(plan(), 10, 1) == {}


def test_R71_a_roadmap_that_is_too_large_to_reckon_with_is_refused():
    steps = [step(f"s{number}", enters=1) for number in range(1001)]
    assert [one.code for one in mapped(steps)] == ["R71-many"]
    assert mapped(steps[:-1]) == []


def test_every_code_is_told_in_one_sentence():
    assert all(name.startswith("R71-") and text.endswith(".") for name, text in CODES.items())
