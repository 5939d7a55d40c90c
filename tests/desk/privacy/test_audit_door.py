"""The door in the audit for erasure: words of one person become the pseudonym, and nothing else passes."""

import json

import pytest
from django.db import IntegrityError, connection, transaction

from sterna.desk.audit.actions import record
from sterna.desk.audit.models import Entry
from sterna.desk.audit.personal import erase
from sterna.desk.config.personal import Subject

pytestmark = pytest.mark.django_db
PSEUDONYM = "erased-0123456789ab"
OPEN = {"pseudonym": PSEUDONYM, "words": ["ann@x.org", 'say \\"hi\\"']}


def run(sql: str, opened: object = OPEN) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "select set_config('sterna.erasing', %s, true)", [json.dumps(opened) if opened else ""]
        )
        cursor.execute(sql)


@pytest.fixture
def line():
    record(
        "do",
        "thing",
        "ann@x.org",
        None,
        "for Ann@X.org",
        {"who": ["ann@x.org", "bob"], "q": 'say "hi"'},
        "k:ann@x.org",
    )
    return Entry.objects.values().get()


RIGHT = f"""
update audit_entry set subject = '{PSEUDONYM}', reason = 'for {PSEUDONYM}', key = 'k:{PSEUDONYM}',
    detail = '{{"who": ["{PSEUDONYM}", "bob"], "q": "{PSEUDONYM}"}}'
"""


def test_the_words_of_the_setting_become_the_pseudonym(line):
    run(RIGHT)
    changed = Entry.objects.values().get()
    assert changed["detail"] == {"who": [PSEUDONYM, "bob"], "q": PSEUDONYM}
    kept = ("id", "at", "actor_id", "action", "subject_kind")
    assert [changed[name] for name in kept] == [line[name] for name in kept]


@pytest.mark.parametrize(
    "sql",
    [
        "update audit_entry set subject = 'somebody else'",
        f"update audit_entry set subject = '{PSEUDONYM}'",
        RIGHT.replace('"bob"', '"rob"'),
        RIGHT.replace("'for ", "'against "),
        RIGHT.rstrip() + ", action = 'nothing'",
        RIGHT.rstrip() + ", at = '2001-01-01T00:00:00Z'",
        RIGHT.rstrip() + ", subject_kind = 'x'",
        RIGHT.rstrip() + ", id = gen_random_uuid()",
        "update audit_entry set reason = reason",
        "delete from audit_entry",
    ],
)
def test_nothing_else_passes_through_the_open_door(line, sql):
    with pytest.raises(IntegrityError, match="stays as it was written"):
        run(sql)
    assert Entry.objects.values().get() == line


@pytest.mark.parametrize(
    "opened",
    [
        None,
        {},
        {"words": ["ann@x.org"]},
        OPEN | {"pseudonym": "anybody"},
        OPEN | {"pseudonym": ""},
        OPEN | {"words": []},
    ],
)
def test_without_words_and_a_pseudonym_the_door_is_shut(line, opened):
    with pytest.raises(IntegrityError, match="stays as it was written"):
        run(RIGHT, opened)


def test_the_door_is_shut_again_after_an_erasure(line):
    subject = Subject(id="0" * 24 + "0123456789ab", customers=(), reached=(("email", "ann@x.org"),))
    assert [(each.where, each.number) for each in erase(subject)] == [("audit_entry", 1)]
    with pytest.raises(IntegrityError), transaction.atomic():
        Entry.objects.update(subject="x")
    # The second time there is nothing to do.
    assert erase(subject) == []


@pytest.mark.parametrize(
    "word", ["a.c (x)*", "50% off", "[abcd", "$5 ^ 2|3", "C:\\path", "tab\there", "Zoë Ünal", "+1 555 0199"]
)
def test_a_word_with_signs_of_patterns_is_taken_as_it_is(word):
    record("do", "thing", "one", None, f"<{word}>", {word: [word, "abc"]})
    subject = Subject(id="0" * 24 + "0123456789ab", customers=(), words=(word,))
    erase(subject)
    line = Entry.objects.get()
    assert (line.reason, line.detail) == (f"<{PSEUDONYM}>", {PSEUDONYM: [PSEUDONYM, "abc"]})


def test_a_word_inside_another_is_somebody_else_s():
    record("do", "thing", "joann@x.org", None, "ann@x.orgs")
    assert erase(Subject(id="0" * 36, customers=(), words=("ann@x.org",))) == []
