"""How well notes are read, on the half that no pattern was tuned on; the figures stand in the how-to."""

import re

import pytest

from sterna.engine.profiles.notes import load_patterns
from sterna.engine.profiles.notes.document import phrase_value
from sterna.engine.taxonomy import canonical
from tests.engine.profiles.notes.labels import example, labelled, read, reader, score, tree
from tests.engine.taxonomy.trees import PAGE

# Written before the patterns, and written after them: the second is the honest picture of words nobody thought of.
EARLY = {"precision": 0.90, "recall": 0.87}
LATER = {"precision": 0.70, "recall": 0.40}


def words(text):
    return " ".join(re.findall(r"\w+", text.casefold()))


def report(title, result):
    print(f"\n{title}: precision {result.precision():.3f}, recall {result.recall():.3f}")
    for name in sorted({*result.found, *result.wrong, *result.missed}):
        found, wrong, missed = (count[name] for count in (result.found, result.wrong, result.missed))
        precision = f"{found / (found + wrong):.2f}" if found + wrong else "   -"
        recall = f"{found / (found + missed):.2f}" if found + missed else "   -"
        print(f"  {name:50} precision {precision} recall {recall} of {found + missed}")


def test_the_labelled_set_is_large_split_in_halves_and_has_notes_without_facts():
    tuning, scored = labelled("tuning"), labelled("scored")
    assert len(tuning) >= 120 and len(scored) >= 120 and len(tuning) + len(scored) >= 240
    assert {note[:2] for note in tuning} & {note[:2] for note in scored} == set()
    assert sum(not note.facts for note in scored) >= 30
    assert sum(fact.denied for note in scored for fact in note.facts) >= 20


@pytest.mark.parametrize("half", ["tuning", "scored"])
def test_every_label_is_a_class_and_value_of_the_taxonomy(half):
    for note in labelled(half):
        for fact in note.facts:
            one = tree(note.taxonomy).at(fact.fact_class)
            assert one.holds is not None, note.text
            assert fact.value is None or canonical(one, fact.value) == fact.value, note.text


def test_precision_and_recall_on_the_scored_half_written_before_the_patterns():
    notes = labelled("scored", "private-banking") + labelled("scored", "retail")
    result = score(notes)
    report(f"scored before, {len(notes)} notes", result)
    assert result.precision() >= EARLY["precision"]
    assert result.recall() >= EARLY["recall"]


def test_precision_and_recall_on_the_scored_half_written_after_the_patterns():
    notes = labelled("scored", "*-later")
    result = score(notes)
    report(f"scored later, {len(notes)} notes", result)
    assert result.precision() >= LATER["precision"]
    assert result.recall() >= LATER["recall"]


def test_the_score_counts_by_hand():
    # Two notes with three labels; one found, two missed; the reader's one more is wrong: 1/2 and 1/3.
    note = labelled("tuning", "private-banking")[0]
    golf = note.facts[0]
    notes = [
        note._replace(text="Plays golf and tennis.", facts=(golf, golf._replace(denied=True))),
        note._replace(text="Hello.", facts=(golf,)),
    ]
    result = score(notes)
    assert (result.precision(), result.recall()) == (1 / 2, 1 / 3)


@pytest.mark.parametrize("name", ["private-banking", "retail"])
def test_the_patterns_were_not_fitted_on_the_scored_half(name):
    document = load_patterns(example(f"{name}.notes.yaml"))
    scored = [words(note.text) for note in labelled("scored")]
    phrases = [phrase_value(one)[0] for entry in document.classes for one in entry.phrases]
    examples = [words(one) for one in [*phrases, *document.idle]]
    assert len(examples) > 25
    assert [text for text in examples if len(text.split()) > 2 and any(text in note for note in scored)] == []


@pytest.mark.parametrize("name", ["private-banking", "retail"])
def test_no_pattern_writes_out_a_scored_note(name):
    # Four words of a note in a row, standing literally in a pattern, would be a pattern made for that note.
    document = load_patterns(example(f"{name}.notes.yaml"))
    patterns = [
        re.sub(r"[^a-z ]+", "|", one.say.casefold()) for entry in document.classes for one in entry.patterns
    ]
    for note in labelled("scored"):
        listed = words(note.text).split()
        runs = [" ".join(listed[at : at + 4]) for at in range(len(listed) - 3)]
        assert [run for run in runs if any(run in pattern for pattern in patterns)] == [], note.text


def test_nothing_of_a_guarded_class_is_ever_proposed():
    for note in [*labelled("tuning"), *labelled("scored")]:
        for one in read(note.text, note.taxonomy, note.on):
            classes = tree(note.taxonomy)
            assert classes.may_keep(one.fact_class)
            assert not classes.is_sensitive(one.fact_class) or "service" in classes.purposes(one.fact_class)


def test_every_proposal_quotes_the_note_where_it_says():
    for note in [*labelled("tuning"), *labelled("scored")]:
        for one in read(note.text, note.taxonomy, note.on):
            assert note.text[one.start : one.end] == one.quote != ""
            assert 0 < one.confidence <= 1 and one.reason
            assert (
                one.value is None or canonical(tree(note.taxonomy).at(one.fact_class), one.value) == one.value
            )


def test_the_same_note_gives_the_same_proposals_from_a_reader_built_anew():
    notes = labelled("scored", "retail")
    before = [read(note.text, "retail", note.on) for note in notes]
    reader.cache_clear()
    assert [read(note.text, "retail", note.on) for note in notes] == before


def test_the_how_to_tells_the_measured_figures():
    page = PAGE.read_text(encoding="utf-8")
    early = labelled("scored", "private-banking") + labelled("scored", "retail")
    titles = {
        "written before the patterns": early,
        "written after the patterns were finished": labelled("scored", "*-later"),
    }
    for title, notes in titles.items():
        result = score(notes)
        row = f"| {title} | {len(notes)} | {result.precision():.2f} | {result.recall():.2f} |"
        assert row in page, row
