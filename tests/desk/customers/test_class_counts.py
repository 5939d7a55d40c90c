"""How full the classes are is counted at night and after an import, and a page reads the count."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from procrastinate.contrib.django.models import ProcrastinateJob

from sterna.desk.config import clock
from sterna.desk.customers.actions import count_classes, keep_facts, merge, publish_taxonomy, retract
from sterna.desk.customers.models import ClassCount, Customer
from sterna.desk.customers.queries import capture_plan, class_reports, never_used
from sterna.desk.customers.tasks import count, follow_rules
from sterna.desk.sources.signals import FactsSaid
from tests.desk.customers.knowing import GOLF, JET, TODAY, WEALTH, bank, client, example, say

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def the_present(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STERNA_NOW", "2017-07-01T16:00:00+00:00")
    bank()


def figures(on: date | None = None) -> dict[str, tuple[object, ...]]:
    return {
        one.fact_class: (one.fresh, one.known, one.facts, one.newest_on, one.customers)
        for one in class_reports(on)
    }


def waiting() -> int:
    return ProcrastinateJob.objects.filter(task_name="count classes", status="todo").count()


def test_R64_the_fill_rate_that_was_counted_equals_a_recount():
    for name in "123":
        client(name)
    say(JET, name="1")
    say(JET, "no", name="2", day=TODAY - timedelta(days=2000))
    say(GOLF, name="1")
    say(GOLF, name="1", day=TODAY - timedelta(days=9))
    count_classes()
    assert figures() == figures(TODAY)
    # One of three fresh, two known; the group above the jet has what the jet has.
    assert figures()[JET] == (1, 2, 2, TODAY, 3)
    assert figures()["wealth.aircraft"][:2] == (1, 2)
    assert figures()[GOLF] == (1, 1, 2, TODAY, 3), "two facts of one customer are one customer"


def test_the_page_tells_when_it_was_counted_and_that_it_was_counted_just_now(monkeypatch):
    client()
    say(JET)
    assert {one.counted_at for one in class_reports()} == {None}
    counted = count_classes()
    assert {one.counted_at for one in class_reports()} == {counted.counted_at} == {clock.now()}
    assert {one.counted_at for one in class_reports(TODAY)} == {None}, (
        "a day that is asked for is counted anew"
    )


def test_what_is_heard_after_the_count_shows_with_the_next_one():
    client()
    count_classes()
    jet = say(JET)
    assert (figures()[JET][0], figures(TODAY)[JET][0]) == (0, 1)
    count()
    assert figures()[JET][0] == 1
    retract(jet, "he rents it", None)
    follow_rules(0)
    assert figures()[JET][:3] == (0, 0, 0)
    assert ClassCount.objects.count() == 1, "the count before is of no use to anybody"


def test_two_that_became_one_are_counted_once():
    anna, bo = client("1"), client("2")
    say(JET, name="1"), say(JET, name="2")
    count_classes()
    assert (figures()[JET][0], figures()[JET][4]) == (2, 2)
    merge(Customer.objects.get(pk=anna.pk), Customer.objects.get(pk=bo.pk), "the same", None)
    count_classes()
    assert (figures()[JET][0], figures()[JET][4]) == (1, 1)
    assert figures() == figures(TODAY)


def test_another_taxonomy_is_counted_anew_before_anybody_relies_on_the_old_count():
    client()
    say(GOLF)
    count_classes()
    text = example("private-banking.yaml").replace("version: 1", "version: 2", 1)
    publish_taxonomy(text.replace("title: Golf", "title: Golfing"), "clearer", None)
    assert {one.counted_at for one in class_reports()} == {None}
    assert figures()[GOLF][0] == 1
    assert waiting() == 1
    count_classes()
    assert None not in {one.counted_at for one in class_reports()}


def test_an_import_asks_for_one_count_however_many_parts_it_has():
    ProcrastinateJob.objects.all().delete()
    client()
    rows = [("1", "yes", TODAY, "recognition")]
    for day in range(3):
        keep_facts(FactsSaid("bank", "client", GOLF, rows, clock.now() + timedelta(days=day)))
    assert waiting() == 1


def test_an_import_of_strangers_asks_for_no_count():
    ProcrastinateJob.objects.all().delete()
    keep_facts(FactsSaid("bank", "client", GOLF, [("9", "yes", TODAY, "recognition")], clock.now()))
    assert waiting() == 0


def test_without_customers_nothing_is_known_of_nobody():
    count_classes()
    assert set(figures().values()) == {(0, 0, 0, None, 0)}
    assert {one.fill for one in class_reports()} == {None}


def test_the_reports_come_from_the_count_and_no_page_goes_through_the_facts():
    client()
    say(WEALTH, "1m to 5m"), say(GOLF)
    count_classes()
    before = never_used(), capture_plan()
    with CaptureQueriesContext(
        connection,
    ) as seen:
        assert (never_used(), capture_plan()) == before
    assert not [each["sql"] for each in seen if "customers_fact " in each["sql"]]
    assert GOLF in {one.fact_class for one in before[0]}
