"""What customers do of what a plan shall change: counted before it and in each arm since, beside a recount by hand."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.urls import reverse

from sterna.desk.config import options
from sterna.desk.dashboards.queries import behaviors
from sterna.desk.experiments.models import Assignment
from sterna.desk.plans.actions import load
from sterna.desk.plans.models import Plan
from sterna.desk.runs import actions
from sterna.engine.documents import Finding
from tests.desk.dashboards.reading import shown
from tests.desk.plans.signed import in_force
from tests.desk.runs import shop

pytestmark = pytest.mark.django_db(transaction=True)
STATED = "baseline: 1, target: 2, window_days: 90"
DAY = timedelta(days=1)
OPENS, CUT = shop.FIRST + DAY, shop.SECOND + DAY


def text(counts: str = "{of: days}", stated: str = STATED, version: int = 1) -> str:
    """The shop's plan whose asset says how the events count its metric."""
    written = shop.PLAN.format(budget="1000.00", version=version)
    assert STATED in written
    return written.replace(STATED, f"{stated}, counts: {counts}" if counts else stated)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> dict[str, str]:
    """The shop in a home of its own; the numbers of its customers by id."""
    monkeypatch.setenv("STERNA_HOME", str(tmp_path))
    monkeypatch.setenv("STERNA_NOW", "2018-01-01T12:00:00+00:00")
    people = shop.customers()
    shop.fill_lake()
    shop.tiers()
    return {str(person.pk): number for number, person in people.items()}


def days_with_purchase(number: str, first: date, last: date) -> int:
    """Recounted from the lines that the shop wrote: different days with a purchase from `first` to before `last`."""
    lines = shop._lines(int(number), number, date(2016, 7, 1), shop.SECOND)
    return len({line["occurred_on"] for line in lines if first <= line["occurred_on"] < last})


def spent(number: str, first: date, last: date) -> float:
    lines = shop._lines(int(number), number, date(2016, 7, 1), shop.SECOND)
    return float(sum(line["amount"] for line in lines if first <= line["occurred_on"] < last))


def bronze() -> list[str]:
    """Who spent less than 250 in the half-year before the plan opens."""
    return [n for n in shop.NAMES if 0 < spent(n, date(2017, 1, 1), OPENS) < 250]


def page(log_in: Any, plan: Plan) -> str:
    return shown(log_in("analyst"), "plan_behavior", plan.pk)


def counted(plan: Plan) -> behaviors.Counting:
    (part,) = behaviors.counts(plan).parts
    return part


@pytest.mark.parametrize(
    ("counts", "recount"),
    [("{of: days}", days_with_purchase), ("{of: amount}", spent), ("{of: amount, category: FOOD}", spent)],
)
def test_R62_the_baseline_equals_a_recount_of_whom_the_asset_is_for(opened, counts, recount) -> None:
    actions.run(shop.FIRST)
    found = counted(load(text(counts), None)).counted
    figures = [recount(number, OPENS - 90 * DAY, OPENS) for number in bronze()]
    mean = sum(figures) / len(figures)
    variance = sum((figure - mean) ** 2 for figure in figures) / len(figures)
    assert found is not None and found.customers == len(figures) > 10
    assert found.mean == pytest.approx(mean)
    assert found.error == pytest.approx((variance / len(figures)) ** 0.5)


def test_R62_the_change_of_each_arm_equals_a_recount_of_the_events(
    log_in: Any, opened: dict[str, str]
) -> None:
    plan = in_force(load(text(), None))
    actions.run(shop.FIRST)
    actions.run(shop.SECOND)
    arms = counted(plan).arms
    assert arms is not None and arms.waiting == 0
    drawn = list(Assignment.objects.filter(asset="basket", assigned_on__lte=CUT - 90 * DAY))
    assert {one.arm for one in drawn} == {"treated", "held out"}
    for arm, sums in (("treated", arms.treated), ("held out", arms.held_out)):
        of = [(opened[str(one.customer_id)], one.assigned_on) for one in drawn if one.arm == arm]
        before = [days_with_purchase(number, day - 90 * DAY, day) for number, day in of]
        since = [days_with_purchase(number, day, day + 90 * DAY) for number, day in of]
        assert (sums.n, sums.sum_x, sums.sum_y) == (len(of), sum(before), sum(since))
        assert sums.sum_xy == sum(x * y for x, y in zip(before, since, strict=True))
    assert arms.verdict.word == "cannot tell" and "too small" in arms.verdict.reason
    told = page(log_in, plan)
    assert "cannot tell" in told.lower() and "withheld" in told
    assert f"({arms.treated.n})" in told and f"({arms.held_out.n})" in told


def test_R62_whose_days_are_not_over_waits_and_does_not_count(log_in: Any, opened: dict[str, str]) -> None:
    plan = in_force(load(text(stated=STATED.replace("90", "200")), None))
    actions.run(shop.FIRST)
    actions.run(shop.SECOND)
    arms = counted(plan).arms
    assert arms is not None
    assert arms.waiting == Assignment.objects.filter(assigned_on__lt=CUT).count() > 0
    assert (arms.treated.n, arms.held_out.n) == (0, 0)
    assert "nobody yet" in page(log_in, plan)


def test_R62_a_baseline_that_is_not_what_was_counted_is_told_on_the_page(log_in: Any, opened: Any) -> None:
    actions.run(shop.FIRST)
    plan = load(text(), None)
    findings: list[Finding] = list(behaviors.counts(plan).findings)
    assert [one.code for one in findings] == ["R62-reached"], "orders are many more than the two of the plan"
    assert "it is reached already" in page(log_in, plan)
    found = counted(plan).counted
    assert found is not None
    sound = load(text(stated=f"baseline: {found.mean:.2f}, target: 20, window_days: 90", version=2), None)
    assert behaviors.counts(sound).findings == []
    assert "Does the plan say so?" not in page(log_in, sound)


def test_R62_a_plan_to_come_counts_whoever_stands_there_today(opened: Any) -> None:
    actions.run(shop.FIRST)
    later = text().replace("opens: 2017-07-01", "opens: 2017-10-01")
    first = counted(load(text(), None)).counted
    assert counted(load(later.replace("version: 1", "version: 2"), None)).counted == first


def test_R62_what_no_event_counts_is_said_with_the_reason(log_in: Any, opened: Any) -> None:
    plan = load(text(counts=""), None)
    actions.run(shop.FIRST)
    part = counted(plan)
    assert (part.counted, part.lacking) == (None, "the plan does not say how its events count it")
    assert "The plan does not say how its events count it" in page(log_in, plan)


def test_R62_before_the_first_run_nothing_is_counted(log_in: Any, opened: Any) -> None:
    plan = load(text(), None)
    assert counted(plan).lacking == "no run has been published yet"
    assert "No run has been published yet, so nothing is counted." in page(log_in, plan)


def test_R62_where_the_files_are_gone_the_page_says_so(log_in: Any, opened: Any) -> None:
    run = actions.run(shop.FIRST).run
    (options.home() / "runs" / str(run.pk) / "places.parquet").unlink()
    plan = load(text(), None)
    assert counted(plan).lacking == "the files of the run of 2017-06-30 are not kept any more"
    assert "are not kept any more" in page(log_in, plan)


def test_R62_an_asset_for_nobody_counts_nobody(opened: Any) -> None:
    actions.run(shop.FIRST)
    plan = load(text().replace("scheme: value", "scheme: other"), None)
    assert counted(plan).lacking == "nobody stands where its goals begin"


def test_the_plan_leads_to_the_page(log_in: Any, opened: Any) -> None:
    plan = load(text(), None)
    link = reverse("plan_behavior", args=[plan.pk])
    assert f'href="{link}"' in log_in("analyst").get(reverse("plan", args=[plan.pk])).content.decode()
