"""The archive of a person: all that is kept of them and why, and not a word of anybody else."""

import csv
import io
import json
import zipfile
from datetime import date, timedelta

import pytest

from sterna.desk.audit.models import Entry
from sterna.desk.config import clock
from sterna.desk.config.refused import Refused
from sterna.desk.customers.actions import identify, merge
from sterna.desk.customers.actions.exporting import BY_LINK, BY_STAFF, export_person
from sterna.desk.customers.models import Customer, Fact, FactParent, IdentityRefusal, SourceRecord
from sterna.desk.users.actions import add_user
from sterna.desk.users.models import User
from tests.desk.privacy import planted
from tests.desk.privacy.planted import CARD, MAIL, NOW, USER
from tests.desk.runs import shop

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def now(monkeypatch):
    """The day after the run."""
    monkeypatch.setenv("STERNA_NOW", NOW.isoformat())


def sheets(customer: Customer, **how: object) -> dict[str, list[dict]]:
    """The tables of the archive by name."""
    _, data = export_person(customer, **how)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = [name for name in archive.namelist() if name.endswith(".json")]
        return {name.removesuffix(".json"): json.loads(archive.read(name)) for name in names}


@pytest.fixture
def ann() -> Customer:
    """Somebody with a card, and somebody else."""
    identify("shop", "card", ["ann-card", "bob-card"], shop.AT)
    return SourceRecord.objects.get(value="ann-card").customer


def test_everything_of_the_planted_person_is_in_and_nobody_else(tmp_path):
    world = planted.build(tmp_path / "files")
    found = sheets(world.customer)
    assert {row["value"] for row in found["customers_sourcerecord"]} >= {CARD, USER}
    assert [row["address"] for row in found["customers_address"] if row["medium"] == "email"] == [MAIL]
    assert len(found["lake_lines"]) == 12 and {row["source_record"] for row in found["lake_lines"]} == {
        f"club/card:{CARD}"
    }
    assert {row["subject"] for row in found["audit_entry"]} >= {str(world.customer.pk)}
    assert found["values_worth"][0]["customer_id"] == str(world.customer.pk)
    assert all(row["reason"] for row in found["contacts_contact"])
    assert {row["message_id"] for row in found["sources_deadletter"]} == {"m4", "m5"}
    # The pair that waits for a steward tells of the other one too.
    assert "customers_reviewpair" not in found
    said = json.dumps(found)
    assert "other-card" not in said and "Otto" not in said and "000@home.test" not in said


def test_a_fact_that_was_concluded_names_its_rule_and_what_it_rests_on(ann):
    record = SourceRecord.objects.get(value="ann-card")
    given = {"source_record": record, "source": "shop", "purpose": "service", "recorded_at": shop.AT}
    said = Fact.objects.create(fact_class="a", value="1", observed_on=date(2017, 1, 1), **given)
    made = Fact.objects.create(
        fact_class="b", value="2", observed_on=date(2017, 1, 1), rule="a-then-b", **given
    )
    FactParent.objects.create(fact=made, parent=said)
    found = sheets(ann)
    assert [(row["fact_class"], row["rule"]) for row in found["customers_fact"]] == [
        ("a", ""),
        ("b", "a-then-b"),
    ]
    [rests] = found["customers_factparent"]
    assert (rests["fact_id"], rests["parent_id"]) == (made.pk, said.pk)


def test_who_was_merged_gets_both_sides_and_the_edge_between_them(ann):
    bob = SourceRecord.objects.get(value="bob-card").customer
    merge(ann, bob, "they told us", None)
    gone = Customer.objects.get(redirects_to__isnull=False)
    found = sheets(gone)
    assert len(found["customers_customer"]) == 2
    assert {row["value"] for row in found["customers_sourcerecord"]} == {"ann-card", "bob-card"}
    assert [row["kind"] for row in found["customers_identityedge"]] == ["must-link"]


def test_what_was_left_apart_is_not_told_for_it_is_another_s(ann):
    record = SourceRecord.objects.get(value="ann-card")
    IdentityRefusal.objects.create(
        code="limit", record=record, identifier="shop/card:bob-card", first_at=shop.AT, last_at=shop.AT
    )
    assert "bob-card" not in json.dumps(sheets(ann))


def test_the_csv_says_what_the_json_says(ann):
    _, data = export_person(ann)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            if name.endswith(".json"):
                listed = json.loads(archive.read(name))
                text = archive.read(name.replace(".json", ".csv")).decode()
                rows = list(csv.DictReader(io.StringIO(text, newline="")))
                assert len(rows) == len(listed) and set(rows[0]) == set(listed[0])
        readme = archive.read("README.txt").decode()
        assert "customers_sourcerecord: 1 rows. What each source calls the person." in readme


def test_staff_without_the_right_gets_nothing_and_no_line(ann):
    add_user("sam", "a-long-word-9", "manager")
    with pytest.raises(Refused, match="may not administer"):
        export_person(ann, User.objects.get(username="sam"))
    assert not Entry.objects.filter(action="export person").exists()
    add_user("kim", "a-long-word-9", "administrator")
    export_person(ann, User.objects.get(username="kim"))
    assert Entry.objects.get(action="export person").actor.username == "kim"


def test_staff_may_go_on_where_the_link_is_used_up_and_the_next_day_counts_anew(ann, monkeypatch):
    for _ in range(BY_LINK):
        export_person(ann, by_link=True)
    with pytest.raises(Refused, match=f"downloaded {BY_LINK} times within a day"):
        export_person(ann, by_link=True)
    for _ in range(BY_STAFF - BY_LINK):
        export_person(ann)
    with pytest.raises(Refused, match=f"downloaded {BY_STAFF} times within a day"):
        export_person(ann)
    monkeypatch.setenv("STERNA_NOW", (clock.now() + timedelta(days=1, minutes=1)).isoformat())
    export_person(ann, by_link=True)


def test_nobody_is_exported_who_is_not_there(ann):
    Customer.objects.filter(pk=ann.pk).update(redirects_to=None)
    stranger = Customer(created_at=shop.AT)
    with pytest.raises(Refused, match="nothing is kept of this person"):
        export_person(stranger)
