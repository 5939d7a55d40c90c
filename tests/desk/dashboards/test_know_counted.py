"""Pages that show how full the classes are say when it was counted, and read no fact for it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from sterna.desk.config import clock
from sterna.desk.customers.actions import count_classes
from sterna.desk.customers.models import ClassCount
from tests.desk.dashboards.reading import shown, table

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", ["taxonomy", "data_quality"])
def test_R64_a_page_says_when_it_was_counted(world, analyst, name):
    ClassCount.objects.all().delete()
    assert "Counted just now." in shown(analyst, name)
    before = table(analyst, "Classes", "taxonomy")
    count_classes()
    assert f"Counted at {clock.now():%Y-%m-%d %H:%M} UTC." in shown(analyst, name)
    assert [row[1:4] for row in table(analyst, "Classes", "taxonomy")] == [row[1:4] for row in before]


def test_a_counted_page_goes_through_no_facts(world, analyst):
    count_classes()
    with CaptureQueriesContext(connection) as seen:
        assert analyst.get(reverse("taxonomy")).status_code == 200
    assert not [each["sql"] for each in seen if "customers_fact as f" in each["sql"]]
