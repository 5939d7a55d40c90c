"""Write keys: made and shown once, disabled, rotated, by administrators alone, and never readable in the records."""

import json

import pytest
from django.db import connection

from sterna.desk.audit.models import Entry
from sterna.desk.config.refused import Refused
from sterna.desk.sources import queries
from sterna.desk.sources.actions import (
    add_source,
    declare_trait,
    disable_key,
    disable_source,
    ensure_source,
    make_key,
    rotate_key,
    set_strict,
)
from sterna.desk.sources.mapping import SourceNamed
from sterna.desk.sources.models import Source, WriteKey
from sterna.desk.users.actions import add_user
from sterna.desk.users.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def source() -> Source:
    return add_source("web", "Web shop")[0]


def person(role: str) -> User:
    return add_user(role, "a long password 7", role)


def test_a_key_opens_its_source_and_its_text_is_kept_nowhere(source: Source):
    key, text = make_key(source, "pages", "public", origins=["https://shop.example", "http://localhost:3000"])
    found = queries.write_key(text)
    assert found is not None
    assert (found.pk, found.source.name, found.kind) == (key.pk, "web", "public")
    assert text.startswith(key.prefix)
    assert len(key.prefix) <= len(text) // 4
    with connection.cursor() as cursor:
        cursor.execute(
            "select jsonb_agg(k)::text || (select jsonb_agg(e)::text from audit_entry e) from sources_writekey k"
        )
        assert text not in cursor.fetchone()[0]


def test_a_source_has_one_first_key(source: Source):
    assert [(key.name, key.kind) for key in queries.write_keys(source)] == [("first", "secret")]
    with pytest.raises(Refused, match="has a write key already"):
        add_source("web", "Web shop")


@pytest.mark.parametrize(
    ("name", "kind", "more", "why"),
    [
        ("first", "secret", {}, "has a write key 'first' already"),
        ("  ", "secret", {}, "needs a name"),
        ("x" * 81, "secret", {}, "at most 80"),
        ("a\nb\0", "secret", {}, "needs a name"),
        ("k", "open", {}, "one of public, secret"),
        ("k", "secret", {"origins": ["https://shop.example"]}, "everybody could read it"),
        ("k", "public", {"origins": ["shop.example"]}, "scheme and host"),
        ("k", "public", {"origins": ["https://shop.example/"]}, "scheme and host"),
        ("k", "public", {"events_per_second": 0}, "write 1 to 1,000,000"),
    ],
)
def test_a_key_that_cannot_be_is_refused_with_why(source: Source, name: str, kind: str, more: dict, why: str):
    with pytest.raises(Refused, match=why):
        make_key(source, name, kind, **more)
    assert WriteKey.objects.count() == 1


def test_a_rotated_key_may_do_what_the_old_one_did(source: Source):
    key, old = make_key(source, "pages", "public", origins=["https://shop.example"], events_per_second=7)
    second, new = rotate_key(key, reason="it was mailed around")
    assert queries.write_key(old) is None
    assert queries.write_key(new) == second
    assert (second.kind, second.origins, second.events_per_second) == ("public", ["https://shop.example"], 7)
    third, _ = rotate_key(second)
    assert {key.name, second.name, third.name} == {"pages", "pages 2", "pages 2 2"}
    assert Entry.objects.get(action="disabled a write key", reason="it was mailed around").subject == "web"


def test_a_key_is_disabled_once_with_one_line(source: Source):
    key, text = make_key(source, "till", "secret")
    disable_key(key, reason="till sold")
    with pytest.raises(Refused, match="is disabled already"):
        disable_key(key)
    assert queries.write_key(text) is None
    assert Entry.objects.filter(action="disabled a write key").count() == 1


def test_a_disabled_source_closes_all_its_keys(source: Source):
    texts = [make_key(source, name, "secret")[1] for name in ("a", "b")]
    disable_source(source)
    assert [queries.write_key(text) for text in texts] == [None, None]


@pytest.mark.parametrize("role", ["analyst", "staff", "manager"])
def test_R74_only_administrators_touch_keys_and_sources(source: Source, role: str):
    actor = person(role)
    key = source.write_keys.get()
    for attempt in (
        lambda: make_key(source, "k", "secret", actor),
        lambda: disable_key(key, actor),
        lambda: rotate_key(key, actor),
        lambda: disable_source(source, actor),
        lambda: set_strict(source, True, actor),
        lambda: declare_trait(source, "age", "demography.age", "marketing", actor),
        lambda: add_source("new", "New", actor=actor),
    ):
        with pytest.raises(Refused, match="may not administer"):
            attempt()
    assert WriteKey.objects.get().enabled
    assert not Entry.objects.filter(actor=actor).exists()


def test_whoever_adds_a_source_stands_beside_its_line():
    actor = person("administrator")
    add_source("web", "Web shop", actor=actor)
    lines = Entry.objects.filter(subject="web").order_by("id")
    assert list(lines.values_list("action", "actor", "reason")) == [
        ("added source", actor.pk, ""),
        ("gave a write key", actor.pk, ""),
    ]


def test_a_source_that_a_mapping_names_is_added_by_whoever_brings_the_mapping():
    named, actor = SourceNamed("till", "The till", "card"), person("manager")
    ensure_source(named, actor)
    ensure_source(named)
    added = Entry.objects.get(action="added source")
    assert (added.actor, added.reason) == (actor, "named by a mapping")


def test_a_source_that_a_mapping_named_gets_its_first_key_and_no_second_line():
    ensure_source(SourceNamed("till", "The till", "card", "live"))
    actor = person("administrator")
    source, text = add_source("till", "Till", "card", actor=actor)
    assert Entry.objects.filter(action="added source").count() == 1
    found = queries.write_key(text)
    assert found is not None
    assert (source.title, found.source) == ("The till", source)
    with pytest.raises(Refused, match="known with identifier_kind 'card'"):
        add_source("till", "Till", "user_id", actor=actor)


def test_what_an_administrator_does_names_them_and_never_the_key(source: Source):
    actor = person("administrator")
    key, text = make_key(source, "pages", "public", actor)
    _, again = rotate_key(key, actor)
    lines = Entry.objects.filter(actor=actor, subject="web")
    assert sorted(lines.values_list("action", flat=True)) == [
        "disabled a write key", "gave a write key", "gave a write key",
    ]  # fmt: skip
    said = json.dumps(list(lines.values("detail", "reason")))
    assert text not in said
    assert again not in said
