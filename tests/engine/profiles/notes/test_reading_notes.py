"""What is meant around a fact: no, a wish, somebody else, a question, a time; and what a note may not do."""

import time
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sterna.engine.errors import BadInput
from sterna.engine.profiles.notes import NoteReader, load_cues, load_patterns
from sterna.engine.taxonomy import Tree, load
from tests.engine.profiles.notes.labels import DAY, example, read, reader, said, tree

GOLF, JET = "interests.sport.golf", "wealth.aircraft.jet"


def test_R10_the_private_jet_and_the_masters_tickets():
    note = "Asked for tickets to the Masters; no transfer needed, he takes his private jet."
    assert said(note) == {(GOLF, "yes", False), (JET, "yes", False)}


@pytest.mark.parametrize(
    "note",
    [
        "Not interested in golf.",
        "Doesn't play golf.",
        "He doesn’t like golf.",
        "Golf? No.",
        "Golf: no.",
        "Has no time for golf.",
        "Gave up golf last year.",
        "Used to play golf.",
        "Golf bores him.",
        "Hates golf.",
        "No interest in tennis, golf or sailing.",
    ],
)
def test_a_no_is_an_answer(note):
    assert (GOLF, None, True) in said(note)
    assert (GOLF, "yes", False) not in said(note)


@pytest.mark.parametrize(
    "note",
    [
        "Not only golf but also tennis.",
        "No doubt he loves golf.",
        "Never misses a golf tournament.",
        "No calls on Friday. Plays golf.",
        "Does not like tennis but plays golf.",
        "No skiing, golf every week.",
        "Golf? Yes, twice a week.",
    ],
)
def test_a_no_to_something_else_is_none(note):
    assert (GOLF, "yes", False) in said(note)


@pytest.mark.parametrize(
    "note",
    [
        "His neighbor's jet is loud.",
        "His neighbour has a private jet.",
        "A friend of his owns a private jet.",
        "Her brother's private jet was sold.",
        "The private jet of a friend.",
        "Would like to have a private jet.",
        "Thinking of a private jet.",
        "If he had a private jet he would fly more.",
        "Does he own a private jet?",
        "Has he a private jet? Unclear.",
        "Complained of jet lag.",
        "A jet of water hit the window.",
    ],
)
def test_a_jet_that_is_not_the_customers_is_none(note):
    assert [one for one in read(note) if one.fact_class.startswith("wealth")] == []


def test_a_wish_lowers_the_confidence_where_wishes_count():
    (does,), (would,) = read("He plays golf."), read("He would like to play golf.")
    assert would.confidence < does.confidence and "supposed by 'would like'" in would.reason


def test_the_family_may_be_spoken_of_where_the_class_is_about_the_family():
    assert said("His mother died.") == {("events.bereavement", None, False)}
    assert said("His neighbor died.") == set()
    assert said("His brother plays golf.") == set()
    assert said("He plays golf with his brother.") == {(GOLF, "yes", False)}


def test_only_the_finest_class_is_proposed():
    note = "Family holiday: Ritz-Carlton with the kids, as every summer."
    assert [one.fact_class for one in read(note)] == ["leisure.travel.pleasure.family.branded_resort"]


@pytest.mark.parametrize(
    ("note", "value"),
    [
        ("Holds 4m with UBS.", "1m to 5m"),
        ("Holds $12.5 million elsewhere.", "10m to 25m"),
        ("Has 900k with another bank.", "under 1m"),
        ("Has CHF 5'000'000 with another bank.", None),
        ("Keeps EUR 7 mio at other banks.", "5m to 10m"),
        ("Has 3 accounts with another bank.", None),
    ],
)
def test_amounts_fall_into_bands(note, value):
    assert {one[1] for one in said(note) if one[0] == "wealth.elsewhere"} == ({value} if value else set())


@pytest.mark.parametrize(
    ("note", "on", "month"),
    [
        ("Wedding of the daughter in August.", date(2024, 5, 15), "2024-08"),
        ("Wedding of the daughter in March.", date(2024, 5, 15), "2025-03"),
        ("Wedding of the daughter in May.", date(2024, 5, 15), "2024-05"),
        ("Wedding of the daughter in January.", date(2024, 12, 31), "2025-01"),
        ("Wedding of the daughter on 2025-07-05.", date(2024, 5, 15), "2025-07"),
        ("Wedding of the daughter on 5.7.2025.", date(2024, 5, 15), "2025-07"),
        ("Wedding of the daughter on the 5th of July.", date(2024, 5, 15), "2024-07"),
        ("Wedding of the daughter next month.", date(2024, 12, 2), "2025-01"),
        ("Wedding of the daughter at the end of the year.", date(2024, 5, 15), "2024-12"),
        ("Wedding of the daughter, day open.", date(2024, 5, 15), None),
        ("Wedding of the daughter on 31 June.", date(2024, 5, 15), "2024-06"),
    ],
)
def test_R55_a_life_event_has_the_month_the_note_says(note, on, month):
    found = {one for one in said(note, on=on) if one[0] == "events.wedding"}
    assert found == {("events.wedding", month, False)}


def test_R55_a_grandchild_is_proposed_with_its_month():
    assert said("First grandchild due in July.") == {("events.birth_of_grandchild", "2024-07", False)}


def test_R55_a_death_lies_behind_and_a_birth_ahead():
    january = date(2024, 1, 10)
    assert said("His father died in December.", on=january) == {("events.bereavement", "2023-12", False)}
    assert said("First grandchild due in December.", on=january) == {
        ("events.birth_of_grandchild", "2024-12", False)
    }


def test_a_birthday_needs_its_year():
    assert said("Born on 12 July 1958.") == {("person.birthday", "1958-07-12", False)}
    assert said("Birthday on 12 July.") == set()
    assert said("Born on 29 February 1957.") == set()


@pytest.mark.parametrize(
    ("note", "day"),
    [
        ("Told me yesterday that he plays golf.", date(2024, 5, 14)),
        ("Mentioned on 3 May that he plays golf.", date(2024, 5, 3)),
        ("Call of 12/5: plays golf.", date(2024, 5, 12)),
        ("2024-05-02: plays golf.", date(2024, 5, 2)),
        ("Met him on Monday, plays golf.", date(2024, 5, 13)),
        ("Met on 20 December, plays golf.", date(2023, 12, 20)),
        ("Plays golf.", None),
        ("Plays golf, next round on 20 May.", None),
        ("Told me that on 2 June 2024 he plays golf.", None),
    ],
)
def test_the_day_it_was_heard_is_what_the_note_says_and_never_to_come(note, day):
    found = [one for one in read(note) if one.fact_class == GOLF]
    assert [one.observed_on for one in found] == [day]


def test_sensitive_matters_are_not_proposed_and_what_serves_access_is():
    assert said("Has cancer. Devout Catholic. Member of the conservative party.") == set()
    assert said("Comes by wheelchair.") == {("service.access", "step-free entrance", False)}


def test_a_taxonomy_that_keeps_no_such_class_gets_no_such_proposal():
    text = example("private-banking.yaml").replace(
        "    sensitivity: health\n    purposes: [service]", "    sensitivity: health\n    kept: false"
    )
    strict = Tree(load(text))
    assert not strict.may_keep("service.access")
    assert reader("private-banking").read("Comes by wheelchair.", strict, DAY) == []


def test_patterns_of_classes_that_the_taxonomy_has_dropped_are_passed_over():
    assert reader("private-banking").read("Plays golf. Tennis fan. Wine lover.", tree("retail"), DAY) == []


def test_a_sentence_alike_to_an_example_is_proposed_with_what_it_resembles():
    found = read("Restores vintage carrs and loves fastt cars.")
    assert {one.fact_class for one in found} == {"interests.cars"}


def test_an_abbreviation_ends_no_sentence():
    assert said("No golf for Mr. Smith or tennis.") >= {("interests.sport.tennis", None, True)}


@pytest.mark.parametrize("note", ["", "   ", "...", "?!", "\n\n", "\0", "🎿", "a" * 5_000])
def test_a_note_of_nothing_proposes_nothing(note):
    assert read(note) == []


def test_a_text_that_is_no_note_is_refused():
    with pytest.raises(BadInput, match="the note has 5,001 characters, at most 5,000 are read"):
        read("a" * 5_001)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "golf",
                "not",
                "no",
                "?",
                ".",
                "jet",
                "his",
                "neighbor's",
                "would like",
                "in July",
                "31/02",
                "4m",
                "with",
                "UBS",
                "\n",
                "ß",
                "’s",
                ",",
            ]
        ),
        max_size=14,
    )
)
def test_no_order_of_words_crashes_or_moves_a_quote(pieces):
    note = " ".join(pieces)
    for one in read(note):
        assert note[one.start : one.end] == one.quote


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=120))
def test_any_text_is_read(note):
    assert isinstance(read(note), list)


def test_proposals_stand_in_the_order_of_the_note_each_once():
    found = read("Tennis on Monday. Golf on Friday. Golf with friends. Wine lover.")
    assert [one.fact_class for one in found] == ["interests.sport.tennis", GOLF, "interests.wine"]
    assert [one.start for one in found] == sorted(one.start for one in found)


def test_a_reader_without_phrases_reads_by_patterns_alone():
    head = "patterns: p\ntaxonomy: private-banking\nversion: 1\n"
    text = head + "classes:\n  - class: interests.wine\n    patterns: [{say: wine}]\n"
    plain = NoteReader(load_patterns(text), load_cues(example("english.cues.yaml")))
    (one,) = plain.read("Likes wine", tree("private-banking"), DAY)
    # 0.85 is the pattern's default; the taxonomy's scale for what is noted is 0.8: 0.85 x 0.8 = 0.68.
    assert (one.fact_class, one.confidence) == ("interests.wine", 0.68)


@pytest.mark.parametrize(
    "piece", ["golf ", "not golf, ", "skiing. ", "his son’s jet ", "1/2 ", "no 4m with UBS. "]
)
def test_a_long_note_of_one_word_over_and_over_is_read_in_seconds(piece):
    begun = time.perf_counter()
    read(piece * (5_000 // len(piece)))
    assert time.perf_counter() - begun < 10


@pytest.mark.parametrize(
    ("note", "budget"),
    [
        ("Spends about $400 a month on groceries, in all shops.", "400"),
        ("Their food budget is around 650 euros per month.", "650"),
        ("Spends 400 a month on petrol.", None),
        ("Spends an hour a month on shopping.", None),
    ],
)
def test_R6_what_somebody_spends_on_groceries_in_all_shops_is_read_as_the_budget(note, budget):
    found = [one.value for one in read(note, "retail") if one.fact_class == "shopping.budget"]
    assert found == ([] if budget is None else [budget])
