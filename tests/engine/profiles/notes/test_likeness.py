"""Likeness by shared letters and by embeddings, and the adapter that is off unless its package is there."""

import sys
from types import ModuleType

import numpy as np
import pytest

from sterna.engine.errors import Unsupported
from sterna.engine.profiles.notes import load_cues, load_patterns
from sterna.engine.profiles.notes.embedding import embedding_reader
from sterna.engine.profiles.notes.likeness import of_encoder, shared_letters
from tests.engine.profiles.notes.labels import DAY, example, tree

PHRASES = ["vintage cars", "symphony concert", "cruise ship"]
PATTERNS = """\
patterns: p
taxonomy: private-banking
version: 1
classes:
  - class: interests.cars
    phrases: [restores vintage cars]
  - class: family.pets
    phrases: [brought the puppy along => dog, the puppy with wings => dragon]
  - class: interests.wine
    phrases: [drinks sparkling water only => no]
"""


def test_the_same_words_are_alike_and_other_words_are_not():
    alike = shared_letters(PHRASES)(["vintage cars", "broken printer", ""])
    assert alike.shape == (3, 3)
    assert alike[0, 0] == pytest.approx(1.0)
    assert alike[0, 1] < 0.1 and alike[1].max() < 0.2
    assert alike[2].max() == 0


def test_a_typo_costs_little():
    alike = shared_letters(PHRASES)(["vintige cars", "symphonie concert"])
    assert alike[0].argmax() == 0 and alike[1].argmax() == 1
    assert alike[0, 0] > 0.5 and alike[1, 1] > 0.5


@pytest.mark.parametrize("phrases", [[], [""], ["a", "b"], [" ", "?!"]])
def test_phrases_without_a_word_are_like_nothing(phrases):
    assert shared_letters(phrases)(["a word", "b"]).shape == (2, len(phrases))
    assert not shared_letters(phrases)(["a word"]).any()


def test_no_text_gives_no_rows():
    assert shared_letters(PHRASES)([]).shape == (0, 3)
    assert of_encoder(letters)(PHRASES)([]).shape == (0, 3)
    assert of_encoder(letters)([])(["a"]).shape == (1, 0)


def letters(texts):
    """A stand-in for a model: how often each letter stands in a text."""
    return np.array(
        [[text.count(letter) for letter in "abcdefghijklmnopqrstuvwxyz"] for text in texts], dtype=float
    )


def test_vectors_are_compared_by_their_cosine():
    # "aab" is (2, 1) and "ab" is (1, 1): cosine 3 / (sqrt 5 * sqrt 2) = 0.9487; nothing in common is 0.
    alike = of_encoder(letters)(["ab", "cd"])(["aab", "xyz", ""])
    assert alike[0, 0] == pytest.approx(3 / np.sqrt(10))
    assert alike[0, 1] == alike[1].max() == alike[2].max() == 0


def build(folder="model"):
    return embedding_reader(load_patterns(PATTERNS), load_cues(example("english.cues.yaml")), folder)


def test_without_the_package_the_refusal_names_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(Unsupported, match="needs the package sentence-transformers, which is not installed"):
        build()


class Model:
    """What the package offers, as far as the adapter uses it."""

    asked: list[tuple[str, bool]] = []

    def __init__(self, folder, *, local_files_only):
        self.asked.append((folder, local_files_only))
        if folder == "nowhere":
            raise OSError("no such folder")

    def encode(self, texts, *, show_progress_bar):
        assert show_progress_bar is False
        return letters(texts)


@pytest.fixture
def package(monkeypatch):
    module = ModuleType("sentence_transformers")
    module.SentenceTransformer = Model
    monkeypatch.setitem(sys.modules, "sentence_transformers", module)


def test_with_the_package_sentences_are_compared_by_its_vectors(package):
    found = build().read("The vintage cars he restores.", tree("private-banking"), DAY)
    assert [one.fact_class for one in found] == ["interests.cars"]
    assert "reads like an example" in found[0].reason
    assert Model.asked[-1] == ("model", True), "a model must never be downloaded"


def test_a_folder_without_a_model_is_refused(package):
    with pytest.raises(Unsupported, match="nowhere holds no model of sentences: no such folder"):
        build("nowhere")


def test_a_phrase_gives_its_value_its_no_or_nothing_where_the_taxonomy_has_no_such_value(package):
    read = build()
    classes = tree("private-banking")
    assert [(one.fact_class, one.value) for one in read.read("Brought the puppy along.", classes, DAY)] == [
        ("family.pets", "dog")
    ]
    assert read.read("The puppy with wings.", classes, DAY) == []
    (one,) = read.read("Drinks sparkling water only.", classes, DAY)
    assert (one.fact_class, one.value, one.denied) == ("interests.wine", None, True)
