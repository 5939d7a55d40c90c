"""A plan asks for no more customers than its places hold."""

from pathlib import Path

from sterna.engine import plans
from sterna.engine.lake.beside import Beside
from sterna.engine.plans.holding import CODES, check_holds

FOLDER = Path(__file__).parents[3] / "examples" / "retail"
TEXT = (FOLDER / "plan.yaml").read_text()
ENOUGH = {"bronze": 950, "silver": 715, "gold": 475, "platinum": 240}


def found(text: str = TEXT, **holds: int) -> list[plans.Finding]:
    document = plans.load(text, Beside(FOLDER))
    return list(check_holds(document, ENOUGH | holds))


def test_R4_a_plan_that_places_can_hold_has_no_finding():
    assert found() == []
    assert list(check_holds(plans.load(TEXT, Beside(FOLDER)), None)) == []


def test_R4_more_customers_than_a_place_holds_are_refused_by_line_and_number():
    [one, audience] = found(bronze=224)
    assert (one.code, one.severity, one.where) == ("R4-holds", "error", "goals[0].customers")
    assert one.message == "goal bronze-to-silver asks for 225 customers, and bronze holds 224"
    assert one.line == 1 + TEXT[: TEXT.index("customers: 225")].count("\n") and "224" in one.mend
    assert (audience.code, audience.severity) == ("R4-audience", "warning")
    assert {each.code for each in (one, audience)} == set(CODES)


def test_R4_goals_that_start_at_one_place_share_who_is_there():
    both = TEXT.replace("from: silver", "from: bronze").replace("size: 715", "size: 300")
    assert found(both) == []
    [last] = [each for each in found(both, bronze=394) if each.code == "R4-holds"]
    assert last.where == "goals[1].customers" and "ask for 395, and it holds 394" in last.message


def test_R4_the_check_of_a_plan_compares_what_is_known():
    document = plans.load(TEXT, Beside(FOLDER))
    known = plans.Known(headcounts=ENOUGH | {"gold": 3})
    assert "R4-holds" in {each.code for each in plans.check(document, known)}
    assert "R4-holds" not in {each.code for each in plans.check(document)}
