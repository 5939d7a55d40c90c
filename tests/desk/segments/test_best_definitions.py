"""Definitions of best customers are published by who may, numbered, refused with one sentence, and retired."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from sterna.desk.audit.models import Entry
from sterna.desk.config.refused import Refused
from sterna.desk.segments.actions import arbitrate, define_best, publish_book, retire_best
from sterna.desk.segments.best_texts import read, read_book, written
from sterna.desk.segments.models import Definition
from sterna.desk.segments.queries import (
    ARBITRATION,
    BEST,
    arbitration_in_force,
    best_versions,
    bests_in_force,
    made,
)
from sterna.desk.users.models import Role, User
from sterna.engine.errors import BadInput
from sterna.engine.value.best import Arbitration, Condition, Take, Weighed
from sterna.engine.value.best import Definition as Best
from sterna.engine.value.catalogue import MEASURES
from tests.desk.segments import best

EXAMPLE = Path(__file__).parents[3] / "examples" / "retail" / "best.yaml"
MONEY = [one.name for one in MEASURES if one.unit == "money"]


def in_force() -> list[tuple[str, int]]:
    return [(one.name, one.version) for one in bests_in_force()]


def manager() -> User:
    return User.objects.create(username="dana", first_name="Dana", role=Role.MANAGER)


@pytest.mark.django_db
def test_R15_what_is_published_is_in_force_with_who_made_it_and_why():
    found = define_best(best.buyers(), manager(), "the board asked")
    assert (found.name, found.version, found.body["version"]) == ("buyers", 1, 1)
    assert in_force() == [("buyers", 1)]
    line = Entry.objects.get()
    assert (line.action, line.subject, line.reason) == (
        "publish best customers",
        "best buyers 1",
        "the board asked",
    )
    assert (made([found])[1].by, made([found])[1].reason) == ("Dana", "the board asked")


@pytest.mark.django_db
def test_R15_the_same_words_change_nothing_and_other_words_are_the_next_version():
    first = define_best(best.buyers(), None, "first")
    first.refresh_from_db()
    assert define_best(best.buyers(), None, "again") == first
    # The number alone is no other word, and neither is another way to write a number.
    assert define_best(best.buyers(2), None, "again") == first
    assert (
        define_best(best.buyers().replace("{measure: spend}", "{measure: spend, weight: 1.00}"), None, "x")
        == first
    )
    assert Entry.objects.count() == 1
    second = define_best(best.buyers(2, "{count: 20}"), None, "more of them")
    assert (second.version, second.body["version"], in_force()) == (2, 2, [("buyers", 2)])
    third = define_best(best.buyers(3), None, "as before")
    assert third.version == 3 and [one.version for one in best_versions("buyers")] == [3, 2, 1]
    assert Definition.objects.get(kind=BEST, version=1).body == first.body


@pytest.mark.django_db
def test_who_wrote_beside_somebody_else_is_told_so_and_overwrites_nothing():
    define_best(best.buyers(), None, "first")
    define_best(best.buyers(2, "{count: 20}"), None, "Ann's")
    with pytest.raises(
        Refused, match="version 2 of buyers was published with other words: look at it, then number yours 3"
    ):
        define_best(best.buyers(2, "{count: 30}"), None, "Bo's")
    with pytest.raises(Refused, match="this would be version 3 of buyers, not 7: number it so"):
        define_best(best.buyers(7, "{count: 30}"), None, "Bo's")
    with pytest.raises(Refused, match="this would be version 1 of loyal, not 4"):
        define_best(best.LOYAL.replace("version: 1", "version: 4"), None, "new")
    assert in_force() == [("buyers", 2)] and Entry.objects.count() == 2


REFUSED = {
    "weigh:\n  - {measure: luck}": "line 6: there is no measure luck",
    "weigh:\n  - {measure: spend}\n  - {measure: orders}": "line 7: orders is counted in orders and is no money",
    "weigh:\n  - {measure: spend, weight: 0}": "line 6: a weight is from 0.000001 to 1,000,000",
    "weigh:\n  - {measure: spend, weight: nan}": "line 6: a weight is from",
    "weigh:\n  - {measure: spend}\n  - {measure: spend}": "a measure is weighed twice",
    "weigh: []": "line 5: weigh: Expected 'array' of length >= 1",
    "weigh:\n  - {measure: spend}\nonly_if:\n  - {measure: margins, least: 1}": "line 8: there is no measure margins",
    "weigh:\n  - {measure: spend}\nonly_if:\n  - {measure: spend}": "a condition says least or most",
    "weigh:\n  - {measure: spend}\nonly_if:\n  - {measure: spend, most: inf}": "line 8: most is a number",
    "weigh:\n  - {measure: spend}\ntake: {share: nan}": "line 7: share is a number",
    "weigh:\n  - {measure: spend}\ntake: {share: 1.5}": "the share to take is above 0 and at most 1",
    "weigh:\n  - {measure: spend}\ntake: {least: 1e400}": "line 7: least is a number",
    "weigh:\n  - {measure: spend}\ntake: {share: 0.1, count: 2}": "take says one of share, count and least",
    "weigh:\n  - {measure: spend\ntake: {count: 1}": "the file is not readable as YAML",
    "weigh:\n  - {measure: spend}\nwight: 2": "unknown field 'wight'",
}
HEAD = "best: buyers\nversion: 1\ntitle: Who buys\nscale: money\n"


@pytest.mark.django_db
@pytest.mark.parametrize("body", REFUSED)
def test_R15_what_no_list_could_be_made_by_is_refused_with_its_place(body):
    text = HEAD + body + ("" if "take" in body else "\ntake: {count: 1}")
    with pytest.raises(BadInput) as refused:
        define_best(text, None, "try")
    said = str(refused.value)
    assert (
        REFUSED[body] in said
        and "\n" not in said
        and not Definition.objects.exists()
        and not Entry.objects.exists()
    )


@pytest.mark.parametrize("name", ["Buyers", "buyers/all", "", "x" * 51, "..", "a b"])
def test_a_name_that_could_not_stand_in_an_address_is_refused(name):
    with pytest.raises(BadInput):
        read(best.buyers().replace("best: buyers", f"best: '{name}'"))


@pytest.mark.django_db
def test_staff_publish_nothing_and_nobody_does_without_a_reason():
    staff = User.objects.create(username="sam", first_name="Sam", role=Role.STAFF)
    best.publish()
    lines = Entry.objects.count()
    with pytest.raises(Refused, match="Sam is staff and may not change tiers and plans"):
        define_best(best.buyers(2, "{count: 3}"), staff, "a wish")
    with pytest.raises(Refused, match="may not"):
        arbitrate("score", ["buyers", "loyal"], staff, "a wish")
    with pytest.raises(Refused, match="may not"):
        retire_best("loyal", staff, "a wish")
    with pytest.raises(Refused, match="write why"):
        define_best(best.buyers(2, "{count: 3}"), None, "  ")
    assert Entry.objects.count() == lines and len(in_force()) == 3


@pytest.mark.django_db
def test_R18_a_new_group_stands_at_the_end_of_the_order_until_somebody_says_otherwise():
    define_best(best.buyers(), None, "first")
    define_best(best.LOYAL, None, "second")
    assert arbitration_in_force() == Arbitration(arbitration="order", order=("buyers", "loyal"))
    arbitrate("order", ["loyal", "buyers"], None, "loyalty first")
    assert [name for name, _ in in_force()] == ["loyal", "buyers"]
    before = Entry.objects.count()
    arbitrate("order", ["loyal", "buyers"], None, "once more")
    assert Entry.objects.count() == before
    # What stood before stands again, although its words are those of the first version.
    arbitrate("order", ["buyers", "loyal"], None, "back")
    assert [name for name, _ in in_force()] == ["buyers", "loyal"]
    assert Definition.objects.filter(kind=ARBITRATION).count() == 4


@pytest.mark.django_db
def test_R18_the_highest_score_cannot_decide_between_two_scales():
    define_best(best.buyers(), None, "first")
    define_best(best.REGULARS, None, "second")
    said = "groups on different scales: buyers by money, regulars by percentile"
    with pytest.raises(Refused, match=said):
        arbitrate("score", ["buyers", "regulars"], None, "the best counts")
    arbitrate("score", ["buyers"], None, "the best counts")
    with pytest.raises(Refused, match=said):
        define_best(best.REGULARS, None, "again")
    with pytest.raises(Refused, match="different scales"):
        define_best(best.REGULARS.replace("version: 1", "version: 2").replace("0.1", "0.2"), None, "again")
    assert in_force() == [("buyers", 1)] and len(best_versions("regulars")) == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("order", "said"),
    [
        (["buyers", "nobody"], "there is no definition nobody"),
        (["buyers", "loyal", "buyers"], "buyers stands twice in the order"),
        ([], "the order names at least one group"),
    ],
)
def test_R18_an_order_of_groups_that_cannot_be_is_refused(order, said):
    best.publish()
    with pytest.raises(Refused, match=said):
        arbitrate("order", order, None, "try")


@pytest.mark.django_db
def test_R15_a_retired_definition_keeps_its_versions_and_comes_back_by_being_published():
    best.publish()
    retire_best("buyers", None, "nobody used it")
    assert [name for name, _ in in_force()] == ["loyal", "regulars"] and best_versions("buyers")
    lines = Entry.objects.count()
    retire_best("buyers", None, "nobody used it")
    assert Entry.objects.count() == lines
    define_best(best.buyers(), manager(), "missed")
    assert [name for name, _ in in_force()] == ["loyal", "regulars", "buyers"]
    # It is the version that was there: who made it then made it.
    assert made(best_versions("buyers"))[1].reason == "for the test"
    for name in ("loyal", "regulars"):
        retire_best(name, None, "away")
    with pytest.raises(Refused, match="buyers is the last definition in force"):
        retire_best("buyers", None, "away")
    with pytest.raises(Refused, match="there is no definition nobody"):
        retire_best("nobody", None, "away")


@pytest.mark.django_db
def test_the_examples_of_the_retail_program_are_published_once():
    text = EXAMPLE.read_text(encoding="utf-8")
    first = publish_book(text, None, "the demonstration begins")
    lines = Entry.objects.count()
    assert publish_book(text, None, "again") == first and Entry.objects.count() == lines
    assert [name for name, _ in in_force()] == ["growers", "buyers", "all-rounders"]
    assert {one.body["scale"] for one in first} == {"money", "percentile"}


def test_a_book_counts_its_lines_from_the_top():
    with pytest.raises(BadInput, match="line 14: there is no measure luck"):
        read_book(
            f"{best.buyers()}---\n{HEAD.replace('buyers', 'lucky')}weigh: [{{measure: luck}}]\ntake: {{count: 1}}\n"
        )
    assert read_book("# nothing yet\n---\n\n").definitions == ()


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=40)
NUMBERS = st.decimals(Decimal("-1e9"), Decimal("1e9"), places=3)
WEIGHTS = st.decimals(Decimal("0.001"), Decimal("1e6"), places=3)
TAKES = st.one_of(
    st.builds(Take, count=st.integers(1, 10**6)),
    st.builds(Take, least=NUMBERS),
    st.builds(Take, share=st.decimals(Decimal("0.001"), Decimal(1), places=3)),
)
DEFINITIONS = st.builds(
    Best,
    best=st.from_regex(r"[a-z0-9][a-z0-9-]{0,49}", fullmatch=True),
    version=st.integers(1, 999),
    title=WORDS,
    scale=st.just("money"),
    weigh=st.lists(st.sampled_from(MONEY), min_size=1, max_size=4, unique=True).flatmap(
        lambda names: st.tuples(
            *(st.builds(Weighed, measure=st.just(name), weight=WEIGHTS) for name in names)
        )
    ),
    only_if=st.lists(
        st.builds(Condition, measure=st.sampled_from(MONEY), least=NUMBERS, most=st.none() | NUMBERS),
        max_size=3,
    ).map(tuple),
    take=TAKES,
    treatment=st.just("") | WORDS,
)


@given(DEFINITIONS)
def test_what_is_written_reads_as_the_same_definition(definition):
    assert read(written(definition)) == definition


@pytest.mark.django_db(transaction=True)
def test_of_two_who_publish_at_once_one_is_told_of_the_other_and_no_group_is_lost():
    define_best(best.buyers(), None, "first")
    texts = [best.buyers(2, "{count: 20}"), best.buyers(2, "{count: 30}"), best.LOYAL, best.REGULARS]

    def at_once(text: str) -> str:
        try:
            return define_best(text, None, "now").name
        except Refused as refused:
            return str(refused)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        said = list(pool.map(at_once, texts))
    assert sum("was published with other words" in one for one in said) == 1
    assert sorted(in_force()) == [("buyers", 2), ("loyal", 1), ("regulars", 1)]
    assert [one.version for one in best_versions("buyers")] == [2, 1]
