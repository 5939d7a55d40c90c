"""Definitions: immutable, numbered, the same body the same row."""

import threading
from decimal import Decimal

import pytest
from django.db import connection

from sterna.desk.audit.models import Entry
from sterna.desk.config.refused import Refused
from sterna.desk.segments.actions import publish_definition, publish_scheme
from sterna.desk.segments.models import Definition
from sterna.desk.segments.queries import newest_definition
from sterna.desk.users.models import User
from sterna.engine.errors import BadInput
from sterna.engine.segments import Band, Scheme
from tests.desk.runs import shop


@pytest.mark.django_db
def test_the_same_body_is_the_same_row_whatever_the_order_of_its_keys():
    first = publish_definition("rule", "early", {"a": 1, "b": [2]})
    assert publish_definition("rule", "early", {"b": [2], "a": 1}) == first
    assert (first.version, len(first.sha256)) == (1, 64)
    assert Entry.objects.filter(action="publish definition").count() == 1


@pytest.mark.django_db
def test_another_body_is_the_next_version_and_the_old_one_stays():
    first = publish_definition("rule", "early", {"a": 1})
    second = publish_definition("rule", "early", {"a": 2})
    assert second.version == 2 and Definition.objects.get(pk=first.pk).body == {"a": 1}
    assert publish_definition("rule", "early", {"a": 1}) == first, "an old body is its old version"
    assert publish_definition("rule", "late", {"a": 1}).version == 1
    third = publish_definition("rule", "early", {"a": 1}, newest=True)
    assert (third.version, third.sha256) == (3, first.sha256), "to go back is a version of its own"
    assert publish_definition("rule", "early", {"a": 1}, newest=True) == third
    assert publish_definition("rule", "early", {"a": 1}) == third, "of two that are the same, the newer one"


@pytest.mark.django_db(transaction=True)
def test_two_who_publish_at_once_take_two_versions():
    versions: list[int] = []

    def publish(number: int) -> None:
        try:
            versions.append(publish_definition("rule", "raced", {"n": number}).version)
        finally:
            connection.close()

    threads = [threading.Thread(target=publish, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert sorted(versions) == [1, 2, 3, 4, 5, 6]


@pytest.mark.django_db
def test_R5_tiers_with_a_gap_are_refused_and_nothing_is_published():
    bands = (Band("low", 1, Decimal(1), Decimal(100)), Band("high", 2, Decimal(101), None))
    with pytest.raises(BadInput, match="gap between low and high"):
        publish_scheme(Scheme(name="gap", currency="USD", window_months=6, bands=bands), None, "a test")
    assert not Definition.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["analyst", "staff"])
def test_who_does_not_manage_may_not_change_tiers(role):
    user = User.objects.create_user("eve", password="x", role=role)
    with pytest.raises(Refused, match="may not change tiers"):
        publish_scheme(Scheme(name="v", currency="USD", window_months=6, bands=()), user, "mine")


@pytest.mark.django_db
def test_tiers_need_a_reason():
    with pytest.raises(Refused, match="write why"):
        publish_scheme(Scheme(name="v", currency="USD", window_months=6, bands=()), None, " ")


@pytest.mark.django_db
def test_the_edges_are_stored_as_exact_amounts():
    stored = Definition.objects.get(pk=shop.tiers("5000000.00").pk).body["bands"]
    assert stored[0]["high"] == stored[1]["low"] == "5000000.00"


@pytest.mark.django_db
def test_R5_tiers_of_before_come_into_force_again_as_a_version_of_their_own():
    first, second, again = (shop.tiers(edge) for edge in ("250.00", "300.00", "250.00"))
    assert [one.version for one in (first, second, again)] == [1, 2, 3] and again.body == first.body
    assert newest_definition("scheme") == again == shop.tiers("250.00")
