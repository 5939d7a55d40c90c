"""Each word has one meaning, and no other word stands for it in the code or on the pages."""

import itertools

import pytest

from tests.contracts.source_tree import files_under, modules, read
from tests.docs.pages import DOCS, Entry, glossary
from tests.docs.words import identifiers, in_words, uses, visible_text


def entries() -> list[Entry]:
    """The glossary as it stands."""
    return glossary((DOCS / "glossary.md").read_text(encoding="utf-8"))


def forbidden() -> dict[str, str]:
    """Each word that must not be used, with the term to use."""
    return {word: entry.term for entry in entries() for word in entry.never}


def test_each_term_stands_once() -> None:
    terms = [entry.term for entry in entries()]
    assert len(terms) > 60
    assert [term for term in terms if terms.count(term) > 1] == []


def test_terms_are_in_order_within_a_section() -> None:
    for section, group in itertools.groupby(entries(), key=lambda entry: entry.section):
        terms = [entry.term.lower() for entry in group]
        assert terms == sorted(terms), section


def test_a_meaning_is_one_sentence() -> None:
    long = [entry.term for entry in entries() if ". " in entry.meaning or not entry.meaning[0].isupper()]
    assert long == []


def test_no_forbidden_word_is_a_term() -> None:
    assert forbidden().keys() & {entry.term for entry in entries()} == set()


def test_a_broken_entry_is_refused() -> None:
    with pytest.raises(ValueError, match="no glossary entry"):
        glossary("## A\n- term: without stars.\n")
    assert glossary("## A\n- **b**: A c. Not: d, e f.\n") == [Entry("A", "b", "A c.", ("d", "e f"))]


def test_identifiers_use_the_words() -> None:
    names = {(module.path, name) for module in modules("src") for name in identifiers(module)}
    found = [
        f"{path}: '{name}' says '{word}', the glossary '{term}'"
        for path, name in sorted(names)
        for word, term in forbidden().items()
        if uses(in_words(name), word)
    ]
    assert found == []


def test_pages_use_the_words() -> None:
    templates = files_under("src/sterna", ".html")
    found = [
        f"{path}: says '{word}', the glossary '{term}'"
        for path in templates
        for word, term in forbidden().items()
        if uses(visible_text(read(path)), word)
    ]
    assert found == []


def test_words_are_taken_apart() -> None:
    assert in_words("ControlGroup") == in_words("control_group") == "control group"
    assert uses("two control groups here", "control group")
    assert not uses("a discontrol group", "control group")
    page = "{% if shopper %}<p title='Old consumer'>A {{ shopper }}</p>{% endif %}<script>shopper</script>"
    assert uses(visible_text(page), "consumer")
    assert not uses(visible_text(page), "shopper")
