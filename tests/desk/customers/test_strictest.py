"""Consent through merges and splits: no merge loosens, a word said since counts, each side gets its own back."""

import json
from datetime import UTC, date, datetime, timedelta
from itertools import count

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.desk.contacts.actions import send_due
from sterna.desk.contacts.models import Contact
from sterna.desk.customers import queries
from sterna.desk.customers.actions import identify, keep_consents, merge, split, undo
from sterna.desk.customers.models import Consent, Customer, SourceRecord
from sterna.desk.customers.strictest import Word, strictest
from sterna.desk.runs.actions.freezing import freeze
from sterna.desk.sources.signals import ConsentsSaid
from tests.desk.contacts import ledger
from tests.desk.customers.people import NOON, whose

AT = datetime(2017, 1, 1, tzinfo=UTC)
DAY = date(2017, 1, 1)

# What happens to four records, in order: one says a word, or two are joined.
WORD = st.tuples(st.just("word"), st.sampled_from("abcd"), st.booleans(), st.integers(0, 6))
JOIN = st.tuples(st.just("join"), st.sampled_from("abcd"), st.sampled_from("abcd"), st.just(0))
LIFE = st.lists(WORD | JOIN, max_size=12)


def lived(life: list) -> tuple[list[Word], list[tuple[int, str, str]]]:
    words, joins = [], []
    for sequence, (what, one, two, day) in enumerate(life):
        if what == "word":
            words.append(Word(one, two, DAY + timedelta(days=day), AT, sequence))
        elif one != two:
            joins.append((sequence, one, two))
    return words, joins


def members(joins: list[tuple[int, str, str]], start: str) -> set[str]:
    found, before = {start}, set()
    while found != before:
        before = set(found)
        found |= {each for _, *pair in joins for each in pair if found & set(pair)}
    return found


def allows(words: list[Word], joins: list[tuple[int, str, str]], who: str) -> bool | None:
    cluster = members(joins, who)
    return strictest(
        [word for word in words if word.record in cluster], [join for join in joins if join[1] in cluster]
    )


@given(LIFE, st.sampled_from("abcd"), st.sampled_from("abcd"))
def test_R20_a_join_never_loosens_and_takes_nobody_a_yes_that_both_gave(life, one, two):
    words, joins = lived(life)
    sides = [allows(words, joins, who) for who in (one, two)]
    joined = allows(words, [*joins, (len(life), one, two)], one)
    if one == two or two in members(joins, one):
        assert joined == sides[0]
    else:
        said = [side for side in sides if side is not None]
        assert joined == (all(said) if said else None)


@given(LIFE, st.sampled_from("abcd"), st.booleans())
def test_R20_a_newest_word_said_after_every_join_stands_for_all(life, who, granted):
    words, joins = lived(life)
    last = Word(who, granted, DAY + timedelta(days=9), AT, len(life))
    assert allows([*words, last], joins, who) is granted


@given(LIFE, st.sampled_from("abcd"))
def test_without_joins_the_newest_word_counts_and_nothing_said_is_nothing(life, who):
    words, _ = lived(life)
    own = [word for word in words if word.record == who]
    newest = max(own, key=lambda word: (word.said_on, word.sequence), default=None)
    assert allows(words, [], who) == (newest.granted if newest else None)


def test_R20_by_hand_a_yes_between_two_joins_is_not_lost_in_the_second():
    # a says no, b says yes, they join: no. They say yes: yes. A tablet without a word joins: still yes.
    no, yes = Word("a", False, DAY, AT, 1), Word("b", True, DAY, AT, 2)
    joins = [(3, "a", "b")]
    assert strictest([no, yes], joins) is False
    again = Word("b", True, DAY + timedelta(days=1), AT, 4)
    assert strictest([no, yes, again], joins) is True
    assert strictest([no, yes, again], [*joins, (5, "a", "tablet")]) is True


def test_a_word_that_comes_late_but_was_said_early_stands_for_one_side_only():
    no, yes = Word("a", False, DAY + timedelta(days=5), AT, 1), Word("b", True, DAY, AT, 2)
    late = Word("b", True, DAY + timedelta(days=1), AT, 4)
    assert strictest([no, yes, late], [(3, "a", "b")]) is False


def word(key: str, granted: bool, day: int = 0, medium: str = "email") -> None:
    source, _, rest = key.partition("/")
    kind, _, value = rest.partition(":")
    said = [(value, granted, DAY + timedelta(days=day))]
    keep_consents(ConsentsSaid(source, kind, medium, "marketing", said, AT))


def allowed(customer: Customer, medium: str = "email") -> bool:
    (found,) = [each for each in queries.standings(customer) if each.medium == medium]
    return found.granted


@pytest.fixture
def two(db) -> tuple[Customer, Customer]:
    identify("till", "card", ["1", "2"], AT)
    return whose("till/card:1"), whose("till/card:2")


def test_R20_the_strictest_word_wins_in_a_merge_and_each_side_has_its_own_in_a_split(two):
    kept, gone = two
    word("till/card:1", False)
    word("till/card:2", True, day=5)
    merge(kept, gone, "one", None)
    assert not allowed(kept)
    (standing,) = queries.standings(kept)
    assert standing.word.granted and not standing.held_back.granted
    record = SourceRecord.objects.get(key="till/card:2").pk
    split(kept, [record], "two", None)
    assert (allowed(kept), allowed(gone)) == (False, True)


def test_R20_a_yes_said_after_the_merge_counts_for_both_and_is_its_speakers_after_a_split(two):
    kept, gone = two
    word("till/card:1", False)
    word("till/card:2", True, day=1)
    decision = merge(kept, gone, "one", None)
    word("till/card:2", True, day=2)
    assert allowed(kept)
    undo(decision, "two", None)
    assert (allowed(kept), allowed(gone)) == (False, True)


def test_a_word_of_two_records_of_one_customer_is_kept_of_both(two):
    kept, gone = two
    merge(kept, gone, "one", None)
    for _ in range(2):
        word("till/card:1", True)
        word("till/card:2", True)
    assert Consent.objects.count() == 2


def test_a_second_source_of_a_card_speaks_for_the_same_person(two):
    kept, _ = two
    word("till/card:1", False)
    identify("post", "card", ["1"], AT)
    word("post/card:1", True, day=3)
    assert allowed(kept) and queries.held_back() == []


def frozen(tmp_path, name: str) -> list[dict]:
    return pq.read_table(freeze(tmp_path / str(next(_runs)), date(2018, 1, 1))[name][0]).to_pylist()


_runs = count()


def test_R20_a_run_reads_the_same_door(two, tmp_path):
    kept, gone = two
    word("till/card:1", False)
    word("till/card:2", True, day=5)
    word("till/card:2", True, medium="letter")
    before = frozen(tmp_path, "consents")
    assert [(row["medium"], row["granted"]) for row in before] == [
        ("email", False),
        ("email", True),
        ("letter", True),
    ]
    merge(kept, gone, "one", None)
    rows = frozen(tmp_path, "consents")
    assert [(row["customer_id"], row["medium"], row["granted"]) for row in rows] == [
        (str(kept.pk), "email", False),
        (str(kept.pk), "letter", True),
    ]
    assert {row["customer_id"] for row in frozen(tmp_path, "identity_map")} == {str(kept.pk)}
    split(kept, [SourceRecord.objects.get(key="till/card:2").pk], "two", None)
    assert frozen(tmp_path, "consents") == before


def test_a_run_of_a_past_day_hears_only_the_words_of_its_past(two, tmp_path):
    kept, gone = two
    word("till/card:1", True)
    word("till/card:2", False, day=400)
    merge(kept, gone, "one", None)
    assert [row["granted"] for row in frozen(tmp_path, "consents")] == [True]
    assert not allowed(kept)


@pytest.mark.parametrize(("second", "state"), [(True, "handed over"), (False, "withdrawn")])
def test_R20_the_next_send_is_bound_by_the_strictest_word(two, second, state):
    kept, gone = two
    (contact,) = ledger.fill(1)
    word("till/card:1", True, day=5)
    word("till/card:2", second)
    merge(kept, gone, "one", None)
    Contact.objects.filter(pk=contact.pk).update(customer=kept)
    memory = ledger.Memory()
    send_due(on=ledger.outlet(memory))
    found = Contact.objects.get(pk=contact.pk)
    assert found.state == state and len(memory.messages) == int(second)
    assert second or found.error == "the customer said no to email for marketing"


def test_addresses_follow_their_records(two):
    from sterna.desk.customers.actions import keep_addresses
    from sterna.desk.sources.signals import AddressesSaid

    kept, gone = two
    for value in ("1", "2"):
        keep_addresses(AddressesSaid("till", "card", "email", [(value, f"{value}@home.org")], NOON))
    decision = merge(kept, gone, "one", None)
    assert [each.address for each in queries.addresses(kept)] == ["2@home.org", "1@home.org"]
    undo(decision, "two", None)
    assert [[each.address for each in queries.addresses(one)] for one in two] == [
        ["1@home.org"],
        ["2@home.org"],
    ]


def test_held_back_is_what_json_can_carry(two):
    kept, gone = two
    word("till/card:1", False)
    word("till/card:2", True, day=5)
    merge(kept, gone, "one", None)
    assert json.loads(json.dumps(queries.held_back([kept.pk]))) == [[str(kept.pk), "email", "marketing"]]
    assert queries.held_back([gone.pk]) == [] and queries.held_back(before=DAY) == []
