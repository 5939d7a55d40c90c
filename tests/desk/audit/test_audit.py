"""The audit: a line belongs to its action, is never changed, and is read back as it was written."""

from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from sterna.desk.audit.actions import record, record_person
from sterna.desk.audit.models import Entry
from sterna.desk.config.refused import Refused
from sterna.desk.segments.actions import publish_definition
from sterna.desk.users.actions import add_user
from sterna.desk.users.events import PersonChanged
from sterna.desk.users.models import User

pytestmark = pytest.mark.django_db
OTHERWISE = {
    "id": str(uuid4()),
    "at": "2001-01-01T00:00:00Z",
    "actor_id": None,
    "action": "nothing",
    "subject_kind": "x",
    "subject": "somebody else",
    "reason": "another reason",
    "detail": "{}",
    "key": "k",
}


def run(sql: str, *parameters: object) -> int:
    """The rows that a statement of an operator at the database changes."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.rowcount


@pytest.fixture
def line():
    """A line by somebody, with a detail."""
    ann = User.objects.create(username="ann", role="manager")
    record("do", "thing", "one", ann, "because", {"a": [1, "Zoë"]}, "thing:one")
    return Entry.objects.get()


@pytest.mark.parametrize("column", OTHERWISE)
def test_no_column_of_a_line_is_rewritten(line, column):
    assert {field.column for field in Entry._meta.concrete_fields} == set(OTHERWISE)
    before = Entry.objects.values().get()
    with pytest.raises(IntegrityError, match="stays as it was written"):
        run(f"update audit_entry set {column} = %s", OTHERWISE[column])
    assert Entry.objects.values().get() == before


def test_no_line_goes_and_neither_does_the_person_it_names(line):
    with pytest.raises(IntegrityError, match="stays as it was written"):
        run("delete from audit_entry")
    with pytest.raises(IntegrityError), transaction.atomic():
        line.delete()
    with pytest.raises(IntegrityError), transaction.atomic():
        line.actor.delete()
    assert Entry.objects.get().actor.username == "ann"


def test_the_orm_rewrites_no_line_either(line):
    line.reason = "another"
    with pytest.raises(IntegrityError, match="stays as it was written"), transaction.atomic():
        line.save()
    with pytest.raises(IntegrityError), transaction.atomic():
        Entry.objects.update(reason="another")
    assert Entry.objects.get().reason == "because"


def test_an_action_that_fails_leaves_no_line():
    def fail() -> None:
        with transaction.atomic():
            publish_definition("rule", "early", {"a": 1})
            raise Refused("after all not")

    with pytest.raises(Refused):
        fail()
    assert not Entry.objects.exists()


def test_a_repetition_by_key_keeps_the_first_line_as_it_was(line):
    record("do", "thing", "two", None, "another reason", {"a": 2}, "thing:one")
    kept = Entry.objects.get()
    assert (kept.subject, kept.reason, kept.detail) == ("one", "because", {"a": [1, "Zoë"]})


def test_lines_without_a_key_are_all_kept_and_those_of_one_moment_stand_in_their_order(monkeypatch):
    monkeypatch.setenv("STERNA_NOW", "2026-01-01T00:00:00+00:00")
    for number in range(5):
        record("do", "thing", str(number))
    assert list(Entry.objects.values_list("subject", flat=True)) == ["4", "3", "2", "1", "0"]


def test_who_added_somebody_stands_in_the_audit_and_their_password_does_not():
    boss = add_user("boss", "a-long-word-9", "administrator")
    add_user("ann", "another-long-word-7", "staff", boss, "Ann Lee")
    first, second = Entry.objects.order_by("id")
    assert (first.actor, second.actor) == (None, boss)
    assert (second.subject_kind, second.subject, second.detail) == ("user", "ann", {"role": "staff"})
    assert "long-word" not in str(list(Entry.objects.values()))


def test_a_change_to_a_person_keeps_its_reason(line):
    record_person(
        PersonChanged("set role", "bo", line.actor, "moved team", {"from": "staff", "to": "analyst"})
    )
    entry = Entry.objects.get(action="set role")
    assert (entry.reason, entry.detail["from"], entry.subject) == ("moved team", "staff", "bo")


def page_of(*, sort: str = "") -> list[list[object]]:
    reader, _ = User.objects.get_or_create(username="reader", defaults={"role": "analyst"})
    client = Client()
    client.force_login(reader)
    answer = client.get(reverse("audit"), {"sort": sort} if sort else {})
    return [list(row.cells) for row in answer.context["page"].sections[0].items[0].rows]


def test_the_page_shows_the_newest_line_first_and_the_system_by_its_name(line, monkeypatch):
    monkeypatch.setenv("STERNA_NOW", "2099-01-01T00:00:00+00:00")
    record("turn", "run", "two")
    assert [row[1:] for row in page_of()] == [
        ["Sterna", "turn", "run", "two", ""],
        ["ann", "do", "thing", "one", "because"],
    ]
    assert [row[4] for row in page_of(sort="at")] == ["one", "two"]


def test_lines_of_one_moment_are_paged_without_loss(monkeypatch):
    monkeypatch.setenv("STERNA_NOW", "2026-01-01T00:00:00+00:00")
    for number in range(120):
        record("do", "thing", str(number))
    reader = User.objects.create(username="reader")
    client, seen, address = Client(), [], reverse("audit")
    client.force_login(reader)
    while address:
        table = client.get(address).context["page"].sections[0].items[0]
        seen += [row.cells[4] for row in table.rows]
        address = table.next_url and reverse("audit") + table.next_url
    assert sorted(seen, key=int) == [str(number) for number in range(120)]
