"""The labelled notes, and how well a reader does on them."""

from collections import Counter
from datetime import date
from functools import cache
from pathlib import Path
from typing import NamedTuple

from sterna.engine.documents import read_yaml
from sterna.engine.profiles.notes import NoteReader, Proposal, load_cues, load_patterns
from sterna.engine.taxonomy import Tree, load
from tests.engine.taxonomy.trees import EXAMPLES

LABELLED = Path(__file__).parent / "labelled"
DAY = date(2024, 5, 15)


class Fact(NamedTuple):
    """A label: class, value (None where any will do), and whether it is a no."""

    fact_class: str
    value: str | None
    denied: bool


class Note(NamedTuple):
    """A labelled note."""

    text: str
    taxonomy: str
    on: date
    facts: tuple[Fact, ...]


class Score(NamedTuple):
    """Found rightly, proposed wrongly, and missed; by class."""

    found: Counter[str]
    wrong: Counter[str]
    missed: Counter[str]

    def precision(self) -> float:
        return self.found.total() / (self.found.total() + self.wrong.total())

    def recall(self) -> float:
        return self.found.total() / (self.found.total() + self.missed.total())


def example(name: str) -> str:
    """The text of a shipped document."""
    return (EXAMPLES / name).read_text(encoding="utf-8")


@cache
def tree(taxonomy: str) -> Tree:
    return Tree(load(example(f"{taxonomy}.yaml")))


@cache
def reader(taxonomy: str) -> NoteReader:
    return NoteReader(
        load_patterns(example(f"{taxonomy}.notes.yaml")), load_cues(example("english.cues.yaml"))
    )


def read(text: str, taxonomy: str = "private-banking", on: date = DAY) -> list[Proposal]:
    return reader(taxonomy).read(text, tree(taxonomy), on)


def said(text: str, taxonomy: str = "private-banking", on: date = DAY) -> set[tuple[str, str | None, bool]]:
    """What is proposed, as (class, value, denied)."""
    return {(one.fact_class, one.value, one.denied) for one in read(text, taxonomy, on)}


def labelled(half: str, stem: str = "*") -> list[Note]:
    """The notes of one half, or of its files named by `stem`."""
    return [note for path in sorted((LABELLED / half).glob(f"{stem}.yaml")) for note in _notes(path)]


def _notes(path: Path) -> list[Note]:
    source = read_yaml(path.read_text(encoding="utf-8"))
    assert source.findings == [], source.findings
    taxonomy, on = source.value["taxonomy"], date.fromisoformat(source.value["on"])
    return [Note(one["note"], taxonomy, on, tuple(map(_fact, one["facts"]))) for one in source.value["notes"]]


def _fact(text: str) -> Fact:
    name, _, value = text.removeprefix("no ").partition("=")
    return Fact(name, value or None, text.startswith("no "))


def score(notes: list[Note]) -> Score:
    """A label is found by a proposal of its class and answer, and of its value where it names one."""
    result = Score(Counter(), Counter(), Counter())
    for note in notes:
        left = read(note.text, note.taxonomy, note.on)
        for fact in note.facts:
            hit = next((one for one in left if _fits(one, fact)), None)
            (result.missed if hit is None else result.found)[fact.fact_class] += 1
            left = [one for one in left if one is not hit]
        result.wrong.update(one.fact_class for one in left)
    return result


def _fits(one: Proposal, fact: Fact) -> bool:
    same = (one.fact_class, one.denied) == (fact.fact_class, fact.denied)
    return same and fact.value in (None, one.value)
