"""Documents of patterns and cues: refused with their line, checked against the taxonomy, shipped with a schema."""

import json
import re

import pytest

from sterna.engine.errors import BadInput
from sterna.engine.profiles.notes import NoteReader, check_patterns, load_cues, load_patterns, schema
from sterna.engine.profiles.notes.document import Cues, NotePatterns, with_words
from sterna.engine.taxonomy import Tree, load
from tests.engine.profiles.notes.labels import DAY, example, tree
from tests.engine.taxonomy.trees import PAGE

HEAD = "patterns: p\ntaxonomy: private-banking\nversion: 1\n"


def patterns(*entries, head=HEAD):
    return head + "classes:\n" + "".join(f"  - {{{entry}}}\n" for entry in entries)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the file holds no book of patterns"),
        (": :", "line 1"),
        (HEAD.replace("version: 1", "version: none"), "line 3: version: Expected 'int'"),
        (HEAD.replace("version: 1", "version: 0"), "line 3: version: Expected 'int' >= 1"),
        (HEAD + "surprise: 1\n", "unknown field 'surprise'"),
        (
            patterns("class: a", "class: b, about: neighbors"),
            r"line 6: classes\[1\]\.about: Invalid enum value",
        ),
        (patterns("class: a, patterns: [{say: '(open'}]"), r"line 5: '\(open' is no regular expression"),
        (patterns("class: a, patterns: [{say: x, unless: '*'}]"), r"line 5: '\*' is no regular expression"),
        (patterns("class: a, patterns: [{say: '<kin>'}]"), r"classes\[0\]\.patterns\[0\]: <kin> is no word"),
        (patterns("class: a, patterns: [{say: x, sure: 0}]"), "sure"),
        (patterns("class: a, patterns: [{say: x, answer: maybe}]"), "answer"),
        (patterns("class: a, patterns: [{unless: x}]"), "missing required field 'say'"),
    ],
)
def test_what_is_wrong_is_refused_with_its_place(text, said):
    with pytest.raises(BadInput, match=said):
        load_patterns(text)


def test_cues_that_are_no_expressions_are_refused_with_their_line():
    with pytest.raises(BadInput, match=r"line 4: '\[no' is no regular expression"):
        load_cues("cues: e\nversion: 1\nno_before:\n  - '[no'\n")


def test_words_stand_for_their_pieces_and_groups_keep_their_names():
    assert with_words(
        r"(?P<number><count>) <kids>", {"count": "one|two", "kids": "boys|<girls>", "girls": "girls"}
    ) == (r"(?P<number>(?:one|two)) (?:boys|(?:girls))")


def codes(text, taxonomy="private-banking"):
    return [found.code for found in check_patterns(load_patterns(text), tree(taxonomy))]


def test_the_check_finds_what_the_taxonomy_does_not_have():
    assert codes(patterns("class: interests.wine, phrases: [a b, c d => no, e f => yes]")) == []
    assert codes(patterns("class: interests.beer")) == ["patterns-class"]
    assert codes(patterns("class: interests.wine", "class: interests.wine")) == ["patterns-twice"]
    assert codes(patterns("class: family.pets, patterns: [{say: x, value: dragon}]")) == ["patterns-value"]
    assert codes(patterns("class: family.pets, phrases: [a dragon => dragon]")) == ["patterns-value"]
    assert codes(patterns("class: food.wine"), "retail") == ["patterns-taxonomy"]


@pytest.mark.parametrize("name", ["private-banking", "retail"])
def test_a_shipped_document_fits_its_taxonomy(name):
    document = load_patterns(example(f"{name}.notes.yaml"))
    assert check_patterns(document, tree(name)) == []
    spoken = {entry.fact_class for entry in document.classes}
    holding = {one for one in tree(name).ids() if tree(name).at(one).holds}
    unspoken = holding - spoken
    only_imported = (
        "name.",
        "address.",
        "identity.",
        "household.id",
        "events.birth_date",
        "wealth.here",
        "service.manager",
    )
    assert {one for one in unspoken if not one.startswith(only_imported)} <= {
        "leisure",
        "demography.income",
        "shopping.category",
        "shopping.top_category",
        "shopping.room_category",
    }


@pytest.mark.parametrize(("kind", "file"), [(NotePatterns, "notes"), (Cues, "cues")])
def test_a_published_schema_is_the_one_the_code_makes(kind, file):
    assert json.loads(example(f"{file}.schema.json")) == json.loads(json.dumps(schema(kind)))


def read(note, *entries):
    reader = NoteReader(load_patterns(patterns(*entries)), load_cues(example("english.cues.yaml")))
    return [
        (one.fact_class, one.value, one.denied) for one in reader.read(note, tree("private-banking"), DAY)
    ]


def test_a_pattern_with_an_answer_holds_whatever_stands_around():
    entry = "class: wealth.yacht, patterns: [{say: boatless, answer: 'no'}]"
    assert read("He is boatless now.", entry) == [("wealth.yacht", None, True)]
    entry = "class: interests.wine, patterns: [{say: hates beer, answer: 'yes'}]"
    assert read("No, he hates beer.", entry) == [("interests.wine", "yes", False)]
    assert read("His brother hates beer.", entry) == []


def test_an_exception_counts_only_over_the_match():
    entry = "class: interests.sport.golf, patterns: [{say: golf, unless: golf gti}]"
    assert read("Drives a golf gti.", entry) == []
    assert read("Drives a golf gti and plays golf.", entry) == [("interests.sport.golf", "yes", False)]


@pytest.mark.parametrize(
    ("note", "value"),
    [
        ("Has 3 sons", "3"),
        ("Has three sons", "3"),
        ("Has a sons", "1"),
        ("Has many sons", None),
        ("Has 99999999999 sons", None),
    ],
)
def test_a_number_group_reads_digits_and_words(note, value):
    entry = r"class: family.children, about: household, patterns: [{say: '(?P<number>\w+) sons'}]"
    assert read(note, entry) == ([("family.children", value, False)] if value else [])


def test_a_value_that_the_class_cannot_hold_is_no_proposal():
    entry = r"class: family.pets, patterns: [{say: 'owns a (?P<value>\w+)'}]"
    assert read("He owns a CAT", entry) == [("family.pets", "cat", False)]
    assert read("He owns a dragon", entry) == []


def test_a_wish_counts_as_the_class_says():
    def wished(how):
        return read("Would like wine", f"class: interests.wine, supposed: {how}, patterns: [{{say: wine}}]")

    assert wished("drop") == []
    assert wished("weaker") == wished("same") == [("interests.wine", "yes", False)]


def test_of_whom_it_must_be_said_is_the_class_s_to_say():
    def found(about):
        entry = f"class: events.wedding, about: {about}, patterns: [{{say: marries}}]"
        notes = ("He marries", "His son marries", "His cousin marries", "His boss marries")
        return [bool(read(note, entry)) for note in notes]

    assert found("customer") == [True, False, False, False]
    assert found("household") == [True, True, False, False]
    assert found("family") == [True, True, True, False]


def test_the_patterns_of_the_how_to_fit_the_taxonomy_of_the_how_to():
    page = PAGE.read_text(encoding="utf-8")
    taxonomy, notes, *_ = re.findall(r"```yaml\n(.*?)```", page, flags=re.S)
    classes, document = Tree(load(taxonomy)), load_patterns(notes)
    assert check_patterns(document, classes) == []
    reader = NoteReader(document, load_cues(example("english.cues.yaml")))
    (one,) = reader.read("Travels on her dinghy.", classes, DAY)
    assert (one.fact_class, one.value, one.confidence) == ("leisure.travel", "yes", 0.64)
