"""The benchmark of facts on few people: what it draws, the raw read, and that it ends with the figures it promises."""

import json

import pytest

from bench import facts
from sterna.desk.customers.actions import infer_all
from sterna.desk.customers.models import Customer, Fact
from sterna.desk.customers.queries import class_reports


@pytest.mark.django_db
def test_the_facts_drawn_are_of_the_taxonomy_in_force_and_make_rules_hold():
    drawn = facts._fill(300)
    assert Customer.objects.count() == 300
    assert drawn == Fact.objects.count() == facts._raw()
    # Everybody has an age, and three facts of one interest; a share of a fifth comes by bus.
    held = {one.fact_class: one for one in class_reports()}
    assert held["demography.age"].known == 300
    assert held["home.garden"].facts == 900
    assert 30 < held["shopping.transport"].known < 90
    assert {name for name, _, _ in facts.HELD} <= set(held)
    assert infer_all().added > 100 and infer_all().added == 0


@pytest.mark.django_db
def test_the_same_number_of_people_knows_the_same():
    facts._fill(100)
    first = list(
        Fact.objects.order_by("fact_class", "source_record__key", "observed_on").values_list("value")
    )
    Fact.objects.all().delete()
    facts._fill(100)
    assert first == list(
        Fact.objects.order_by("fact_class", "source_record__key", "observed_on").values_list("value")
    )


@pytest.mark.django_db
def test_what_the_child_prints_is_what_the_benchmark_shows(capsys, monkeypatch):
    monkeypatch.setattr(facts, "migrate", lambda: None)
    facts.main("50")
    done = json.loads(capsys.readouterr().out)
    parts = [name for name, part in done.items() if isinstance(part, dict)]
    assert parts == ["first night", "second night", "classes counted", "counts read", "raw read of the facts"]
    assert done["raw read of the facts"]["rows"] == done["facts"] + done["first night"]["rows"]
    assert done["classes counted"]["rows"] == 50
