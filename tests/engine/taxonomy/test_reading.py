"""Reading a taxonomy: lines in every finding, what is unreadable said plainly, nothing that crashes or explodes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sterna.engine.taxonomy import check, load
from tests.engine.taxonomy.trees import HEAD, small


def one(text):
    found = check(load(text))
    return next(each for each in found if each.code.startswith("format"))


def test_a_sound_taxonomy_has_no_findings():
    assert check(small("id: leisure.golf, title: Golf, parent: leisure, holds: flag")) == []


def test_an_unclosed_bracket_is_named_with_its_line():
    found = one("taxonomy: small\nhigher: [leisure\nclasses: []\n")
    assert (found.code, found.severity, found.line) == ("format-yaml", "error", 3)
    assert "not readable as YAML" in found.message


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "just words", "42", "~"])
def test_a_text_without_names_and_values_is_refused(text):
    assert "holds no taxonomy" in one(text).message


def test_an_unknown_field_of_a_class_is_named_where_it_stands():
    found = one(HEAD + "  - id: leisure.golf\n    title: Golf\n    parent: leisure\n    colour: green\n")
    assert found.where == "classes[1]" and found.line == 8
    assert "colour" in found.message


def test_a_wrong_value_has_the_line_of_the_value():
    found = one(
        HEAD + "  - id: leisure.golf\n    title: Golf\n    parent: leisure\n    freshness_days: soon\n"
    )
    assert (found.where, found.line) == ("classes[1].freshness_days", 11)
    assert "int" in found.message


@pytest.mark.parametrize(
    "part",
    [
        "freshness_days: 0",
        "freshness_days: -3",
        "holds: picture",
        "purposes: [profit]",
        "purposes: marketing",
        "sensitivity: secret",
        "confidence: {noted: 1.2}",
        "confidence: {noted: -0.1}",
        "confidence: {guessed: 0.5}",
        "kept: perhaps",
        "bands: [{name: low, from: much}]",
        "questions: [how]",
        "choices: {a: b}",
    ],
)
def test_what_a_field_cannot_hold_is_one_finding_of_that_class(part):
    document = small(f"id: leisure.golf, title: Golf, parent: leisure, {part}")
    found = check(document)
    assert [each.code for each in found] == ["format-type"]
    assert found[0].where.startswith("classes[1]")


def test_one_bad_class_hides_nothing_of_the_others_and_is_no_orphan_maker():
    document = small(
        "id: leisure.golf, title: Golf, parent: leisure, holds: picture",
        "id: leisure.golf.tee, title: Tee, parent: leisure.golf, holds: flag, purposes: [marketing]",
        "id: lost, title: Lost, holds: flag, purposes: [marketing]",
    )
    assert [(each.code, each.line) for each in check(document)] == [("format-type", 8), ("class-orphan", 10)]


def test_a_field_given_twice_says_where_it_comes_again():
    found = one(HEAD.replace("title: Small\n", "title: Small\ntitle: Other\n"))
    assert (found.code, found.line) == ("format-twice", 4) and "'title' is given twice" in found.message


def test_yes_and_no_stay_the_words_they_are():
    document = small(
        "id: leisure.golf, title: no, parent: leisure, holds: choice, choices: [yes, no, on, 1.50]"
    )
    golf = document.taxonomy.classes[1]
    assert golf.title == "no" and golf.choices == ("yes", "no", "on", "1.50")


def test_classes_that_are_no_list_are_refused():
    assert "classes is not a list" in one(HEAD.split("classes:")[0] + "classes: {leisure: x}\n").message


def test_a_class_that_is_no_mapping_is_refused():
    assert one(HEAD + "  - golf\n").where == "classes[1]"


def test_a_text_that_holds_itself_is_refused():
    assert one("taxonomy: &a [*a]\n").code == "format-yaml"


def test_aliases_of_aliases_are_stopped_before_they_fill_the_memory():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    assert "more than 200,000 values" in one("\n".join(lines)).message


def test_a_thousand_brackets_are_refused_in_words():
    assert "deep" in one("a: " + "[" * 5000 + "]" * 5000).message


def test_a_control_character_is_refused_in_words():
    assert one("taxonomy: a\0b\n").code == "format-yaml"


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200))
def test_no_text_crashes_the_reading(text):
    assert isinstance(check(load(text)), list)
    assert isinstance(check(load(HEAD + text)), list)


@pytest.mark.parametrize("written", ['"\\ud800"', '"\\0"'])
@pytest.mark.parametrize("field", ["title", "parent", "freshness_days", "kept"])
def test_what_cannot_be_stored_is_a_finding_at_its_line(field, written):
    document = load(f"taxonomy: shop\nclasses:\n  - id: a\n    {field}: {written}\n")
    found = [finding for finding in check(document) if finding.code == "format-text"]
    assert [(finding.line, "cannot be stored" in finding.message) for finding in found] == [(4, True)]


def test_a_name_that_cannot_be_stored_is_a_finding():
    found = check(load('taxonomy: shop\n"a\\ud800": 1\n'))
    assert "format-text" in [finding.code for finding in found]
