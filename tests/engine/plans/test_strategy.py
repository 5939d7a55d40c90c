"""R75, R81, R82, R83, R86: the four words of a strategy, what a plan covers, and what its contacts are made of."""

from pathlib import Path

import pytest
import yaml

from sterna.cli.files.known import read_known
from sterna.engine import plans
from sterna.engine.lake.beside import Beside
from sterna.engine.plans.coverage import complexity, coverage
from sterna.engine.plans.mix import shares, thanks
from tests.engine.flow.small_world import PLAN as SMALL

FOLDER = Path(__file__).parents[3] / "examples" / "subscription"
TEXT = (FOLDER / "plan.yaml").read_text()
KNOWN = read_known(FOLDER / "known.json")


def written(text: str = TEXT, **parts):
    """The plan of the streaming service, or another, with parts written anew; a part that is None is taken out."""
    plan = {name: part for name, part in (yaml.safe_load(text) | parts).items() if part is not None}
    return plans.load(yaml.safe_dump(plan, sort_keys=False), Beside(FOLDER))


def told(document, known=KNOWN, start="R75"):
    found = plans.check(document, known)
    return {(one.code, one.severity) for one in found if one.code.startswith(start)}


def without(parts, *fields):
    return [{name: value for name, value in part.items() if name not in fields} for part in parts]


PLAN = yaml.safe_load(TEXT)
TAKEN_AWAY = [
    ("R75-segment-specific", {"goals": without(PLAN["goals"], "segment")}),
    ("R75-segment-specific", {"goals": without(PLAN["goals"], "segment", "owner"), "segments": None}),
    ("R75-multidimensional", {"touchpoints": [p | {"direction": "outbound"} for p in PLAN["touchpoints"]]}),
    ("R75-actionable", {"assets": without(PLAN["assets"], "routes")}),
    ("R75-actionable", {"assets": without(PLAN["assets"], "owner")}),
    ("R75-actionable", {"assets": without(PLAN["assets"], "message")}),
    ("R75-actionable", {"assets": [asset | {"opens": "2026-12-19"} for asset in PLAN["assets"]]}),
    ("R75-actionable", {"messages": [m | {"variants": {"sms": {"text": "x"}}} for m in PLAN["messages"]]}),
    ("R75-measurable", {"assets": without(PLAN["assets"], "behavior")}),
    ("R75-measurable", {"hold_out": None}),
    ("R75-measurable", {"primary": None}),
]


@pytest.mark.parametrize(("code", "parts"), TAKEN_AWAY, ids=lambda part: str(part)[:40])
def test_R75_a_whole_plan_without_one_of_the_four_fails_by_that_name(code, parts):
    assert told(written()) == set()
    assert (code, "error") in told(written(**parts))


@pytest.mark.parametrize(("code", "parts"), TAKEN_AWAY, ids=lambda part: str(part)[:40])
def test_R75_a_plan_that_does_not_declare_itself_whole_is_warned(code, parts):
    assert (code, "warning") in told(written(stages=None, **parts))


def test_R75_only_the_word_that_is_missing_is_named():
    assert told(written(hold_out=None)) == {("R75-measurable", "error")}
    assert told(written(goals=without(PLAN["goals"], "segment"))) == {("R75-segment-specific", "error")}


def test_R75_a_plan_of_before_stays_valid():
    assert not plans.errors(plans.check(written(SMALL)))
    assert told(written(SMALL)) == set()


def test_R75_a_segment_that_nobody_manages_is_no_segment():
    managed = plans.Known(
        segments={"samplers": "Mia", "series followers": "", "households with children": "Ines"}
    )
    found = [one for one in plans.check(written(), managed) if one.code == "R75-segment-specific"]
    assert [one.where for one in found] == ["goals[1].segment"]
    assert "nobody manages" in found[0].message and "households with children" in found[0].mend


def test_R81_the_map_has_every_cell_and_counts_what_is_there():
    cells = {(cell.direction, cell.purpose, cell.medium): cell for cell in coverage(written().plan)}
    assert len(cells) == 2 * 6 * 5  # directions x purposes x email, letter, notify, phone, web
    marketing = cells["outbound", "marketing", "email"]
    assert (marketing.touchpoints, marketing.assets, marketing.planned) == (1, 1, 9000)
    # Member care answers and calls: its one touchpoint stands in both directions.
    assert [cells[way, "service", "phone"].touchpoints for way in ("inbound", "outbound")] == [1, 1]
    assert cells["inbound", "sales", "web"].empty and not cells["inbound", "research", "web"].empty
    assert sum(cell.planned for cell in cells.values()) == 32_700


def test_R81_what_is_empty_is_a_note_with_the_number():
    note = next(one for one in plans.check(written(), KNOWN) if one.code == "R81-empty")
    empty = sum(cell.empty for cell in coverage(written().plan))
    assert (
        note.severity == "note"
        and f"of 60 cells direction x purpose x medium {empty} are empty" in note.message
    )
    assert "inbound nothing is for advertising, marketing, sales, recognition" in note.message


def test_R86_the_meter_counts_combinations_in_use():
    meter = complexity(written().plan)
    # samplers by e-mail and notice, followers by e-mail, households by phone, and by letter and e-mail.
    assert (meter.segments, meter.media, meter.purposes, meter.combinations) == (3, 4, 3, 6)


def test_R82_shares_are_of_planned_contacts_and_sum_to_one():
    found = shares(written().plan)
    # 9,000 + 4,000 + 1,200 market, 8,000 sell, 6,000 serve, 4,500 thank, of 32,700.
    assert found["marketing"] == pytest.approx(14_200 / 32_700)
    assert found["service"] == pytest.approx(6_000 / 32_700)
    assert sum(found.values()) == pytest.approx(1)
    assert shares(written(SMALL).plan) is None


def test_R82_a_plan_of_nothing_but_promotion_fails_with_or_without_a_mix():
    assets = [asset | {"purpose": "marketing"} for asset in PLAN["assets"]]
    assert ("R82-all-promotion", "error") in told(written(assets=assets, mix=None), start="R82")
    assert ("R82-promotion", "error") in told(written(assets=assets), start="R82")
    assert ("R82-all-promotion", "warning") in told(written(assets=assets, stages=None), start="R82")


@pytest.mark.parametrize(("most", "refused"), [("0.678", True), ("0.679", False)])
def test_R82_the_ceiling_itself_is_allowed(most, refused):
    mix = {"promotion_at_most": most, "service_at_least": "0.18"}
    assert told(written(mix=mix), start="R82") == ({("R82-promotion", "error")} if refused else set())


def test_R83_thanks_are_counted_by_rest_and_never_with_an_offer():
    assert thanks(written().plan) == 2  # on the first day, and again after 330 of 341 days
    offered = [a | ({"kind": "reward"} if a["id"] == "year-together" else {}) for a in PLAN["assets"]]
    assert thanks(written(assets=offered).plan) == 0
    deal = {
        "id": "x",
        "kind": "paid",
        "give": "a year",
        "get": "a month",
        "asset": "year-together",
        "cost": 1,
    }
    bound = written(exchanges=[*PLAN["exchanges"], deal])
    assert thanks(bound.plan) == 0
    finding = next(one for one in plans.check(bound, KNOWN) if one.code == "R83-thanks")
    assert "thanked 0 times, not 1; year-together comes with an offer" in finding.message


def test_R83_half_a_year_owes_half_of_the_thanks():
    mix = {"thanks_per_year": 4}
    half = written(
        mix=mix, closes="2026-07-12"
    )  # 182 days: two of four, and after a rest of 330 days only one comes
    found = next(one for one in plans.check(half, KNOWN) if one.code == "R83-thanks")
    assert "in 182 days a customer is thanked 1 times, not 2" in found.message
