"""A YAML text is changed where its value changes and nowhere else, in block style and within brackets."""

import pytest
import yaml

from sterna.engine.documents import read_yaml
from sterna.engine.errors import BadInput
from sterna.engine.plans.rewriting import Bare, rewritten

CASES = {
    "a text in the place of another keeps the comment behind it": (
        "a: one  # why\nb: two\n",
        {"a": "three", "b": "two"},
        "a: three  # why\nb: two\n",
    ),
    "a value for a name without one stands before the comment": (
        "a:   # why\nb: two\n",
        {"a": "one", "b": "two"},
        "a: one   # why\nb: two\n",
    ),
    "a name that goes leaves the comment above it": (
        "# first\na: one\n# second\nb: two\n",
        {"a": "one"},
        "# first\na: one\n# second\n",
    ),
    "the first name goes": (
        "a: one\nb: two\n",
        {"b": "two"},
        "b: two\n",
    ),
    "the first name goes and the comment after it stays": (
        "a: one\n# second\nb: two\n",
        {"b": "two"},
        "# second\nb: two\n",
    ),
    "a new name stands at the end": (
        "a: one",
        {"a": "one", "b": "two"},
        "a: one\nb: two",
    ),
    "a new list of mappings has a line for each": (
        "a: one\n",
        {"a": "one", "b": [{"c": Bare("1")}, {"d": "x, y"}]},
        'a: one\nb:\n  - {c: 1}\n  - {d: "x, y"}\n',
    ),
    "a list that is emptied is written as such": (
        "a:\n  - one\n  - two\nb: c\n",
        {"a": [], "b": "c"},
        "a: []\nb: c\n",
    ),
    "one that is emptied on the column of its name": (
        "a:\n- one\nb: c\n",
        {"a": [], "b": "c"},
        "a: []\nb: c\n",
    ),
    "a part in the middle of a list goes": (
        "a:\n  - one\n  # of two\n  - two  # inside\n  - three\n",
        {"a": ["one", "three"]},
        "a:\n  - one\n  # of two\n  - three\n",
    ),
    "a part comes into the middle of a list": (
        "a:\n  - one  # the first\n  - three\n",
        {"a": ["one", "two", "three"]},
        "a:\n  - one  # the first\n  - two\n  - three\n",
    ),
    "a part comes to the front of a list": (
        "a:\n  - one\n",
        {"a": ["zero", "one"]},
        "a:\n  - zero\n  - one\n",
    ),
    "within brackets the first goes": (
        "a: [one, two, three]\n",
        {"a": ["two", "three"]},
        "a: [two, three]\n",
    ),
    "within brackets the last goes": (
        "a: {b: one, c: two}\n",
        {"a": {"b": "one"}},
        "a: {b: one}\n",
    ),
    "within brackets all go": (
        "a: [one, two]\n",
        {"a": []},
        "a: []\n",
    ),
    "within brackets comments stay in their places": (
        "a: [one, # the first\n  two, # the second\n  three]\n",
        {"a": ["one", "three", "four"]},
        "a: [one, # the first\n   # the second\n  three, four]\n",
    ),
    "a comma at the end is not doubled": (
        "a: [one, two,]\n",
        {"a": ["one", "two", "three"]},
        "a: [one, two, three]\n",
    ),
    "a text over several lines gives way to a short one": (
        "a: |\n  one\n  two\n\n# next\nb: c\n",
        {"a": "three", "b": "c"},
        "a: three\n# next\nb: c\n",
    ),
    "mappings in block style get one of their kind": (
        "a:\n  - b: one\n    c: two\n",
        {"a": [{"b": "one", "c": "two"}, {"b": "three"}]},
        "a:\n  - b: one\n    c: two\n  - b: three\n",
    ),
    "lines end as those before them": (
        "a: one\r\nb:\r\n  - c\r\n",
        {"a": "one", "b": ["c", "d"]},
        "a: one\r\nb:\r\n  - c\r\n  - d\r\n",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_R71_only_what_changes_is_written_anew(case):
    before, value, after = CASES[case]
    assert rewritten(before, value) == after
    assert read_yaml(after).value == value
    assert rewritten(after, value) == after


@pytest.mark.parametrize(
    "said", ["null", "~", "", "yes", "12", "1.5", "2017-01-01", "a: b", "a #b", " a", "a\nb", "[", "é"]
)
def test_R71_a_text_is_read_as_a_text_by_every_reader(said):
    written = rewritten("a: one\n", {"a": said})
    assert yaml.safe_load(written) == {"a": said}
    assert yaml.safe_load(rewritten("a: []\n", {"a": [said]})) == {"a": [said]}


def test_R71_a_long_mapping_goes_on_under_its_bracket():
    long = {f"name{number}": "some words of it" for number in range(8)}
    lines = rewritten("a: []\n", {"a": [long]}).splitlines()
    assert len(lines) == 3 and max(map(len, lines)) <= 120
    assert all(line.startswith("     name") for line in lines[2:])


@pytest.mark.parametrize("text", ["", "a: [", "- a\n", "a: &x [b]\nc: *x\n", "a: one\na: two\n"])
def test_R71_what_cannot_be_changed_for_certain_is_refused(text):
    with pytest.raises(BadInput):
        rewritten(text, {"a": ["other"], "c": ["b"]})
