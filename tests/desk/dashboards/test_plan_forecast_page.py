"""The forecast of a plan on its page: of a run's moves or of months, beside what happened, or why not."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from sterna.desk.config import options
from sterna.desk.config.refused import Refused
from sterna.desk.dashboards.queries import forecasts, places
from sterna.desk.plans.actions import load, slip
from sterna.desk.plans.models import Plan
from sterna.desk.runs import actions
from sterna.desk.runs.models import Run
from tests.desk.runs import shop

pytestmark = pytest.mark.django_db(transaction=True)
EFFECT = "    effect: {take_up: 0.5, lift: 0.2, low: 0.1, high: 0.3}\n    message: basket"
PLANNED = "contact_cost: 0.10, planned: 20}"


def text(closes: str = "2017-12-31", version: int = 1, **changed: str) -> str:
    """The shop's plan with planned contacts and a stated effect."""
    written = shop.PLAN.format(budget="1000.00", version=version).replace(
        "closes: 2018-06-30", f"closes: {closes}"
    )
    written = written.replace("    message: basket", EFFECT).replace("contact_cost: 0.10}", PLANNED)
    for before, after in changed.items():
        assert before in written
        written = written.replace(before, after)
    return written


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """The shop in a home of its own."""
    monkeypatch.setenv("STERNA_HOME", str(tmp_path))
    monkeypatch.setenv("STERNA_NOW", "2018-01-01T12:00:00+00:00")


@pytest.fixture
def year(opened: None) -> Run:
    """The run of 30 June 2017 with a year of purchases behind it, so that it saw customers move."""
    shop.customers()
    shop.fill_lake()
    shop.tiers()
    return actions.run(shop.FIRST).run


@pytest.fixture
def half(opened: None) -> Run:
    """The same run with purchases from January 2017 on alone: everybody is new to it."""
    shop.customers()
    shop.fill_lake(first=date(2017, 1, 1))
    shop.tiers()
    return actions.run(shop.FIRST).run


def page(log_in: Any, plan: Plan, **asked: str) -> str:
    answered = log_in("analyst").get(reverse("plan_forecast", args=[plan.pk]), asked)
    assert answered.status_code == 200
    return str(answered.content.decode())


def test_R4_the_moves_that_the_run_counted_are_the_past_of_the_forecast(year: Run) -> None:
    found = forecasts.ground(load(text(), None))
    assert found.run == year
    basis = found.basis
    assert basis is not None
    assert (basis.places, basis.months, basis.as_of) == (("none", "bronze", "silver"), 6, shop.FIRST)
    cells = {(cell.from_place, cell.to_place): cell for cell in places.cells(year)}
    for row, start in zip(basis.moved, basis.places, strict=True):
        for count, end in zip(row, basis.places, strict=True):
            assert count == (cells[start, end].customers if (start, end) in cells else 0)
    standing = sum(cell.customers for (_, end), cell in cells.items() if end == "bronze")
    assert basis.headcounts["bronze"] == standing
    amount = sum((cell.to_amount for (_, end), cell in cells.items() if end == "bronze"), Decimal(0))
    assert basis.worth is not None
    assert basis.worth["bronze"] == pytest.approx(float(amount) / standing / 6)
    assert basis.source == "the moves of the 6 months up to 2017-06-30"


def test_R4_a_first_run_compares_the_halves_of_what_it_knows(half: Run) -> None:
    found = forecasts.ground(load(text(), None))
    basis = found.basis
    assert basis is not None
    assert basis.months == 6
    # Each customer's purchases of the first and of the second quarter, by half the edge of 250: counted here by hand.
    moved: dict[tuple[str, str], int] = {}
    spread: dict[str, list[float]] = {}
    for index, who in enumerate(shop.NAMES):
        quarters = [Decimal(0), Decimal(0)]
        for line in shop._lines(index, who, date(2017, 1, 1), shop.SECOND):
            if line["occurred_on"] <= shop.FIRST:
                quarters[line["occurred_on"] >= date(2017, 4, 1)] += line["amount"]
        start, end = ("none" if not q else "bronze" if q < 125 else "silver" for q in quarters)
        moved[start, end] = moved.get((start, end), 0) + 1
        whole = sum(quarters)
        spread.setdefault("bronze" if whole < 250 else "silver", []).append(float(whole))
    told = {
        (start, end): int(count)
        for start, row in zip(basis.places, basis.moved, strict=True)
        for end, count in zip(basis.places, row, strict=True)
        if count
    }
    assert told == moved
    assert basis.spread is not None
    for place, values in spread.items():
        mean = sum(values) / len(values)
        deviation = (sum((value - mean) ** 2 for value in values) / (len(values) - 1)) ** 0.5
        assert basis.spread[place] == pytest.approx(deviation)
    assert 0.9 < basis.correlation < 1
    assert "what was bought in the 3 months up to 2017-06-30 beside the 3 before" in basis.source
    assert "purchases are known from January 2017 only" in basis.source


def test_R88_the_page_tells_the_forecast_and_what_it_hangs_on(log_in: Any, half: Run) -> None:
    plan = load(text(), None)
    shown = page(log_in, plan)
    for said in (
        "Up from bronze: what is to be expected?",
        "Who would move?",
        "picture-outlook",
        "Where would customers stand?",
        "What does it hang on?",
        "Lift of basket",
        "Can the hold-out show it?",
        "What happened is compared once a run measures from the day the plan opened",
    ):
        assert said in shown
    # What is told is what the engine says of the same plan and past.
    basis = forecasts.ground(plan).basis
    assert basis is not None
    (goal,) = forecasts.told(plan, basis).forecast.goals
    assert f"{goal.moved.low:,.0f} to {goal.moved.high:,.0f}" in shown
    assert "Seen" in shown
    link = reverse("plan_forecast", args=[plan.pk])
    assert f'href="{link}"' in log_in("analyst").get(reverse("plan", args=[plan.pk])).content.decode()


def test_R89_what_happened_stands_beside_what_was_expected(log_in: Any, year: Run) -> None:
    plan = load(text(), None)
    second = actions.run(shop.SECOND).run
    basis = forecasts.ground(plan).basis
    assert basis is not None
    told = forecasts.told(plan, basis)
    assert told.compared == second
    cells = {(cell.from_place, cell.to_place): cell.customers for cell in places.cells(second)}
    (seen,) = told.happened
    assert seen.happened == cells.get(("bronze", "silver"), 0)
    shown = page(log_in, plan)
    assert f"What the run of 2017-12-31 saw lies between the ends for {int(seen.inside)} of 1 goals" in shown
    assert f"{seen.happened} seen" in shown


def test_a_run_of_another_period_is_not_compared(year: Run) -> None:
    actions.run(shop.SECOND)
    plan = load(text(closes="2018-06-30"), None)
    basis = forecasts.ground(plan).basis
    assert basis is not None
    assert forecasts.told(plan, basis).compared is None


def test_another_version_stands_beside_this_one(log_in: Any, year: Run) -> None:
    first = load(text(), None)
    load(text(version=2, **{"planned: 20": "planned: 10"}), None)
    load(text(version=3, **{"planned: 20": "planned: 5"}), None)
    assert "What would version 3 do instead?" in page(log_in, first)
    shown = page(log_in, first, against="2")
    assert "What would version 2 do instead?" in shown
    assert "By the plan, bronze-up" in shown
    assert "What would version 3 do instead?" in page(log_in, first, against="nothing")
    assert '<a href="?against=2" aria-current="true">Version 2</a>' in shown
    assert '<a href="?against=3">Version 3</a>' in shown and "?against=1" not in shown


def test_a_version_that_cannot_be_forecast_is_said_beside(log_in: Any, year: Run) -> None:
    first = load(text(), None)
    load(text(version=2, **{"customers: 5": "customers: 5000"}), None)
    assert "Goal bronze-up wants 5000 customers, and bronze holds" in page(log_in, first)


def test_R60_what_slips_lowers_the_forecast_from_when_it_is_said(log_in: Any, year: Run) -> None:
    codes = "dependencies:\n  - {id: codes, kind: technology, owner: Ben, by: 2017-07-01}\nassets:\n"
    plan = load(text(**{"assets:\n": codes}), None)
    basis = forecasts.ground(plan).basis
    assert basis is not None
    before = forecasts.told(plan, basis).forecast
    assert before.contacts == 20 and "held back" not in page(log_in, plan)
    slip(plan, "codes", date(2017, 10, 1), None, "The supplier was late")
    # Of the 184 days from July to December the 92 from October on are left.
    after = forecasts.told(plan, basis).forecast
    assert after.contacts == 10
    assert after.goals[0].by_plan.mean < before.goals[0].by_plan.mean
    assert "Asset basket is held back until 2017-10-01 by what it needs: 10 of its 20" in page(log_in, plan)


def test_without_a_run_before_it_opens_there_is_no_forecast(log_in: Any, opened: None) -> None:
    shown = page(log_in, load(text(), None))
    assert "No run tells where customers stood before 2017-07-01." in shown


def test_a_scheme_that_the_run_did_not_place_by_is_named(log_in: Any, year: Run) -> None:
    plan = load(text(**{"scheme: value": "scheme: other"}), None)
    assert "The run of 2017-06-30 placed nobody by other." in page(log_in, plan)


def test_a_first_run_whose_months_are_gone_cannot_tell(log_in: Any, half: Run) -> None:
    (options.home() / "runs" / str(half.pk) / "category_months.parquet").unlink()
    shown = page(log_in, load(text(), None))
    assert "is the first: it saw nobody move, and no months before it are kept" in shown


def test_less_than_two_months_are_too_few(log_in: Any, opened: None) -> None:
    shop.customers()
    shop.fill_lake(first=date(2017, 6, 1))
    shop.tiers()
    actions.run(shop.FIRST)
    assert "Fewer than two whole months lie before 2017-07-01" in page(log_in, load(text(), None))


def test_a_question_to_the_lake_that_takes_too_long_is_said(
    log_in: Any, half: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def late(*_: Any, **__: Any) -> None:
        raise Refused("this question took longer than 5 seconds: narrow it")

    monkeypatch.setattr(forecasts, "lake_query", late)
    assert "This question took longer than 5 seconds" in page(log_in, load(text(), None))


def test_a_plan_without_worth_says_what_would_make_it_known(
    log_in: Any, year: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "unit", lambda run, scheme=None: None)
    shown = page(log_in, load(text(), None))
    assert "What a place brings is not known, so neither is what the plan is worth." in shown
    assert "cannot tell" in shown


def test_a_plan_that_moves_nobody_says_so(log_in: Any, year: Run) -> None:
    plan = load(shop.PLAN.format(budget="1000.00", version=1), None)
    shown = page(log_in, plan)
    assert "Asset basket has no planned contacts ahead: it moves nobody." in shown
    assert "Fewer than two are contacted" in shown


def test_the_table_of_goals_is_there_as_a_file(log_in: Any, year: Run) -> None:
    plan = load(text(), None)
    answered = log_in("analyst").get(reverse("plan_forecast", args=[plan.pk]), {"format": "csv"})
    lines = answered.content.decode().splitlines()
    assert lines[0].startswith("Goal,Wanted,Expected")
    assert lines[1].startswith("bronze-up,5,")
