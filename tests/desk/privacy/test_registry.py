"""Every model and every file of a home has an app that answers for it, and one that has none is found."""

from fnmatch import fnmatch
from pathlib import Path
from uuid import UUID

import pytest
from django.apps import apps

from sterna.desk.config import personal
from sterna.desk.config.personal import Impersonal, Keeper, Subject, is_telling, pattern
from sterna.desk.customers import hanging

HERE = [model._meta.label for model in apps.get_models(include_auto_created=True)]


def unregistered_files(home: Path) -> list[str]:
    """Files under a home, outside the database's own folder, that no keeper and no declaration names."""
    known = [each for keeper in personal.keepers() for each in keeper.files]
    known += [what for what in personal.impersonal() if what not in HERE]
    found = [str(path.relative_to(home)) for path in home.rglob("*") if path.is_file()]
    return sorted(
        name
        for name in found
        if not name.startswith("postgres/") and not any(fnmatch(name, each) for each in known)
    )


def test_every_model_has_an_app_that_answers_for_it():
    assert personal.unregistered_models(HERE) == []


def test_a_model_that_nobody_answers_for_is_found():
    assert personal.unregistered_models([*HERE, "diary.Entry"]) == ["diary.Entry"]
    personal.register(Keeper("diary", models=("diary.Entry",)))
    assert personal.unregistered_models([*HERE, "diary.Entry"]) == []
    personal.forget("diary")


def test_what_is_declared_impersonal_says_why():
    assert all(len(why) > 10 for why in personal.impersonal().values())
    named = {label for keeper in personal.keepers() for label in keeper.models}
    assert not named & personal.impersonal().keys()


def test_no_model_that_hangs_on_people_is_declared_impersonal():
    hanging_on = {model._meta.label for model in apps.get_models() if hanging.paths(model)}
    assert hanging_on and not hanging_on & personal.impersonal().keys()


@pytest.mark.parametrize(
    "name", ["lake/lines/a.parquet", "runs/x/frozen/facts.parquet", "rolled/a.parquet", "letters/a.pdf", "mail/1.eml",
             "rejects/a.csv", "uploads/x/a.csv", "staging/x/staged.duckdb", "secret", "erased.jsonl", "postgres/base/1"]
)  # fmt: skip
def test_every_file_of_a_home_is_answered_for(home, name):
    path = home / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    assert unregistered_files(home) == []


def test_a_file_that_nobody_answers_for_is_found(home):
    (home / "exports").mkdir(parents=True)
    (home / "exports" / "all.csv").touch()
    assert unregistered_files(home) == ["exports/all.csv"]


@pytest.mark.parametrize(
    ("word", "tells"),
    [
        ("ann@x.org", True),
        ("c1", False),
        ("42", False),
        ("123456", False),
        ("1234567", True),
        ("    ab ", False),
    ],
)
def test_only_a_word_that_tells_who_is_meant_is_looked_for_in_sentences(word, tells):
    assert is_telling(word) is tells


def test_a_word_is_found_where_it_stands_by_itself_only():
    said = pattern(["ann@x.org", "a+b"])
    assert said is not None
    assert said.sub("#", "ANN@x.org, joann@x.org, ann@x.orgs, a+b") == "#, joann@x.org, ann@x.orgs, #"
    assert pattern([]) is None and pattern(["  "]) is None


def test_a_person_is_told_by_ids_values_and_names_the_longest_first():
    subject = Subject(
        id="0" * 24 + "abcdefabcdef", customers=(UUID("c" * 32),), keys=("shop/card:7",),
        identifiers=(("shop", "card", "7"),), reached=(("email", "ann@x.org"),), words=("Ann Lee",),
    )  # fmt: skip
    assert subject.telling == [str(UUID("c" * 32)), "shop/card:7", "ann@x.org", "Ann Lee"]
    assert subject.pseudonym == "erased-abcdefabcdef"
    assert subject.parts[-2:] == ["Ann", "Lee"]


def test_two_registrations_of_one_name_are_one():
    before = len(personal.keepers())
    personal.register(Keeper("diary"), Keeper("diary"), Impersonal("diary.Page", "blank pages of paper"))
    assert len(personal.keepers()) == before + 1
    personal.forget("diary")
    assert "diary.Page" in personal.impersonal()
