"""Published values: unknown stays unknown, the past window is not guessed, models say how they were fitted."""

from datetime import date

import pytest

from sterna.desk.runs import actions
from sterna.desk.runs.models import Run
from sterna.desk.values.actions import forget
from sterna.desk.values.models import CategoryRoom, Model, Worth
from tests.desk.runs import shop

pytestmark = pytest.mark.django_db(transaction=True)


def test_R79_what_is_not_known_is_not_zero():
    shop.customers()
    shop.fill_lake(first=date(2017, 1, 1))
    shop.tiers()
    run = actions.run(shop.FIRST).run
    worths = Worth.objects.filter(run_id=run.pk)
    assert worths.count() == shop.CUSTOMERS
    # The lake begins with the window: what was spent before it nobody knows.
    assert not worths.filter(spend_before__isnull=False).exists()
    assert run.summary["sums"]["spend_before"] is None and run.summary["sums"]["spend"] is not None
    forget(run.pk)
    assert not Worth.objects.exists() and not CategoryRoom.objects.exists()
    assert Model.objects.filter(run_id=run.pk, name="purchases").get().body["customers"] == shop.CUSTOMERS
    assert Run.objects.get().published_at is not None


def test_R79_spend_is_the_sum_of_the_lines_of_the_window():
    shop.open_shop()
    actions.run(shop.FIRST)
    for name in ("000", "017", "059"):
        index = int(name)
        lines = shop._lines(index, name, date(2016, 7, 1), shop.SECOND)
        inside = [row["amount"] for row in lines if date(2017, 1, 1) <= row["occurred_on"] <= shop.FIRST]
        worth = Worth.objects.get(customer__source_records__value=name)
        assert (worth.spend, worth.orders) == (sum(inside), len(inside))
