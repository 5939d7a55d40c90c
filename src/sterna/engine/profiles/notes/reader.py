"""The default reader of notes: patterns for each class, text similarity beside them, cues for what is meant."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import NamedTuple

import numpy as np

from sterna.engine.errors import BadInput
from sterna.engine.profiles.notes.context import Around, Context, Sentence
from sterna.engine.profiles.notes.document import ClassPatterns, Cues, NotePatterns, phrase_value
from sterna.engine.profiles.notes.likeness import Likeness, Matrix, shared_letters
from sterna.engine.profiles.notes.patterns import Found, Patterns
from sterna.engine.profiles.notes.proposal import Proposal, refuse_long, settled, spelled
from sterna.engine.taxonomy import Tree

LEAST_ALIKE = 0.6  # a cosine under it proposes nothing by itself
_LEAD = 0.05  # by how much the nearest phrase must beat the nearest idle sentence
_FEWEST = 2  # words with content: one alone, as in "running", means too many things
_LEFT = {"drop": 0.0, "weaker": 0.6, "same": 1.0}  # of the confidence, when it is only wished or supposed


class _Read(NamedTuple):
    """A sentence under reading: its parts with their likeness to the phrases and to idle sentences."""

    sentence: Sentence
    heard: date | None
    classes: Tree
    parts: list[tuple[str, int, int]]
    alike: Matrix
    idle: Matrix


class _Said(NamedTuple):
    """What one pattern or phrase says: a class with its value, where in the sentence, how sure and why."""

    entry: ClassPatterns
    value: str | None
    start: int
    end: int
    sure: float
    why: str


class NoteReader:
    """Reads notes by a patterns document and the cues of its language; the same note gives the same proposals.

    `fit` makes the likeness of the example phrases: shared words and letters unless another is given. Under
    `least_alike` likeness proposes nothing by itself.
    """

    def __init__(
        self,
        patterns: NotePatterns,
        cues: Cues,
        fit: Callable[[Sequence[str]], Likeness] = shared_letters,
        least_alike: float = LEAST_ALIKE,
    ) -> None:
        self._context = Context(cues)
        self._patterns = Patterns(patterns, self._context)
        self._least = least_alike
        phrases = [(entry, *phrase_value(phrase)) for entry in patterns.classes for phrase in entry.phrases]
        contents = [self._context.content(text) for _, text, _ in phrases]
        self._entries = [(entry, value) for entry, _, value in phrases]
        self._enough = [len(text.split()) >= _FEWEST for text in contents]
        self._alike = fit(contents)
        self._idle = fit([self._context.content(text) for text in patterns.idle])

    def read(self, note: str, classes: Tree, on: date) -> list[Proposal]:
        """What the note proposes; see `Extractor.read`."""
        refuse_long(note)
        found: list[Proposal] = []
        for read in self._sentences(note, classes, on):
            matched = list(self._patterns.find(read.sentence, classes, on))
            found += self._by_patterns(read, matched)
            found += self._by_phrases(read, matched)
        return settled(found, classes)

    def _sentences(self, note: str, classes: Tree, on: date) -> Iterator[_Read]:
        """Each sentence; all are compared at once, because a comparison costs the same for one as for many."""
        sentences = self._context.sentences(note)
        parts = [self._context.parts(sentence) for sentence in sentences]
        contents = [self._context.content(text) for each in parts for text, _, _ in each]
        alike, idle = self._alike(contents), self._idle(contents)
        row = 0
        for sentence, each in zip(sentences, parts, strict=True):
            rows = slice(row, row := row + len(each))
            heard = self._context.heard_on(note, sentence, on)
            yield _Read(sentence, heard, classes, each, alike[rows], idle[rows])

    def _by_patterns(self, read: _Read, matched: list[Found]) -> Iterator[Proposal]:
        for one in matched:
            likeness = self._likeness(read.alike, one.entry)
            sure = 1 - (1 - one.pattern.sure) * (1 - likeness / 2)
            why = f"the pattern for {read.classes.at(one.entry.fact_class).title} matches"
            said = _Said(one.entry, one.value, one.start, one.end, sure, why)
            around = self._context.around(read.sentence, one.start, one.end, one.entry.about)
            if one.pattern.answer != "as said" and not around.aside:
                around = Around(denied=one.pattern.answer == "no")
            yield from _proposed(read, said, around)

    def _by_phrases(self, read: _Read, matched: list[Found]) -> Iterator[Proposal]:
        """By the nearest phrase of each part of the sentence, where no pattern has spoken."""
        spoken = {one.entry.fact_class for one in matched} | self._patterns.excepted(read.sentence.text)
        for row, (text, start, end) in enumerate(read.parts if read.alike.shape[1] else []):
            best = int(np.argmax(np.where(self._enough, read.alike[row], -1)))
            cosine = float(read.alike[row, best])
            against = float(read.idle[row].max()) if read.idle.shape[1] else 0.0
            entry, value = self._entries[best]
            few = len(self._context.content(text).split()) < _FEWEST
            if few or cosine < max(self._least, against + _LEAD) or _in_line(entry, spoken, read.classes):
                continue
            # The cues that count stand in front of the part's end: a phrase has no inside and outside.
            around = self._context.around(read.sentence, end, end, entry.about)
            title = read.classes.at(entry.fact_class).title
            why = f"it reads like an example for {title} (likeness {cosine:.2f})"
            said = _Said(entry, None if value == "no" else value, start, end, cosine, why)
            if said.value is None and read.classes.at(entry.fact_class).holds not in ("flag", "month"):
                continue
            try:
                spelling = spelled(read.classes, entry.fact_class, said.value)
            except BadInput:  # the taxonomy has moved on to a version without this value
                continue
            meant = around._replace(denied=around.denied or value == "no")
            yield from _proposed(read, said._replace(value=spelling), meant)

    def _likeness(self, alike: Matrix, entry: ClassPatterns) -> float:
        columns = [at for at, (one, value) in enumerate(self._entries) if one is entry and value != "no"]
        return float(alike[:, columns].max()) if columns and alike.shape[0] else 0.0


def _in_line(entry: ClassPatterns, spoken: set[str], classes: Tree) -> bool:
    """Whether a pattern has already spoken for the class or for one above or below it."""
    name = entry.fact_class
    if name not in classes:
        return True
    known = [one for one in spoken if one in classes]
    return any(classes.is_or_finer(one, name) or classes.is_or_finer(name, one) for one in known)


def _proposed(read: _Read, said: _Said, around: Around) -> Iterator[Proposal]:
    """The proposal that is left of what is said once it is known how it is meant, if any."""
    left = 0.0 if around.aside else _LEFT[said.entry.supposed] if around.supposed else 1.0
    if left == 0:
        return
    name, classes = said.entry.fact_class, read.classes
    scale = classes.confidence(name, "noted")
    cue = f"; {'a no' if around.denied else 'supposed'} by {around.cue!r}" if around.cue else ""
    yield Proposal(
        fact_class=name,
        value=None if around.denied and classes.at(name).holds == "flag" else said.value,
        confidence=round(said.sure * left * (1.0 if scale is None else scale), 2),
        quote=read.sentence.text[said.start : said.end],
        start=read.sentence.start + said.start,
        end=read.sentence.start + said.end,
        reason=said.why + cue,
        denied=around.denied,
        observed_on=read.heard,
    )
