"""Finds the patterns of a document in a sentence, with the value each match says."""

import re
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from sterna.engine.errors import BadInput
from sterna.engine.profiles.notes.context import Context, Sentence
from sterna.engine.profiles.notes.document import ClassPatterns, NotePatterns, Pattern, with_words
from sterna.engine.profiles.notes.moments import Moment, amount, number
from sterna.engine.profiles.notes.proposal import spelled
from sterna.engine.taxonomy import Tree

_MONEY_NEEDS_UNIT = 1000  # "3" beside a bank is a count of something; "3m" and "300,000" are money


class Found(NamedTuple):
    """A match within a sentence: where, by which pattern, and the value in the taxonomy's spelling, if any."""

    entry: ClassPatterns
    pattern: Pattern
    start: int
    end: int
    value: str | None


class _Ready(NamedTuple):
    entry: ClassPatterns
    pattern: Pattern
    say: re.Pattern[str]
    unless: re.Pattern[str] | None


class Patterns:
    """The compiled patterns of a document. Raises BadInput for a word that it does not have."""

    def __init__(self, document: NotePatterns, context: Context) -> None:
        self._context = context
        self._ready = [
            _Ready(
                entry,
                pattern,
                _compiled(document, pattern.say),
                _compiled(document, pattern.unless) if pattern.unless else None,
            )
            for entry in document.classes
            for pattern in entry.patterns
        ]

    def find(self, sentence: Sentence, classes: Tree, on: date) -> Iterator[Found]:
        """What the patterns find for the classes of the tree; a match without a value it needs is none."""
        moments = self._context.moments.find(sentence.text, on)
        for ready in self._ready:
            if ready.entry.fact_class not in classes:
                continue
            for match in ready.say.finditer(sentence.text):
                if match.group() and not _excepted(ready, sentence.text, match):
                    yield from self._found(ready, match, moments, classes, on)

    def excepted(self, text: str) -> set[str]:
        """The classes of which an exception stands in the text: it only looks as if it spoke of them."""
        return {one.entry.fact_class for one in self._ready if one.unless and one.unless.search(text)}

    def _found(
        self, ready: _Ready, match: re.Match[str], moments: list[Moment], classes: Tree, on: date
    ) -> Iterator[Found]:
        name, pattern = ready.entry.fact_class, ready.pattern
        holds = classes.at(name).holds
        said = self._said(pattern, match, classes, name)
        if said is None and pattern.value is None and holds in ("month", "date"):
            said = _nearest(moments, match, holds, pattern.when, on)
        try:
            value = spelled(classes, name, said)
        except BadInput:
            return
        if value is not None or holds == "month" or pattern.answer == "no":
            yield Found(ready.entry, pattern, match.start(), match.end(), value)

    def _said(self, pattern: Pattern, match: re.Match[str], classes: Tree, name: str) -> str | None:
        """The value as the pattern or its groups give it."""
        groups = {key: text for key, text in match.groupdict().items() if text is not None}
        if "value" in groups:
            return groups["value"]
        if "number" in groups:
            count = number(groups["number"], self._context.cues)
            return None if count is None else _in_choices(count, classes.at(name).choices)
        if "amount" in groups:
            sum_said = amount(groups["amount"], self._context.cues)
            return None if sum_said is None or sum_said < _MONEY_NEEDS_UNIT else str(sum_said)
        return pattern.value


def _compiled(document: NotePatterns, expression: str) -> re.Pattern[str]:
    return re.compile(with_words(expression, document.words, document.name), re.I)


def _excepted(ready: _Ready, text: str, match: re.Match[str]) -> bool:
    if ready.unless is None:
        return False
    return any(one.start() < match.end() and match.start() < one.end() for one in ready.unless.finditer(text))


def _nearest(moments: list[Moment], match: re.Match[str], holds: str, when: str, on: date) -> str | None:
    """The moment nearest to the match, what follows it before what stands in front; a date needs its day and year."""
    near = sorted(moments, key=lambda one: (one.start < match.start(), abs(one.start - match.end())))
    for moment in near:
        placed = moment.leaning(on, when)
        if holds == "month":
            return placed.month.isoformat()[:7]
        if placed.day is not None and not placed.yearless:
            return placed.day.isoformat()
    return None


def _in_choices(count: int, choices: tuple[str, ...]) -> str:
    """The choice that a number falls into, as 25-34 or 65+; the number itself where there is none."""
    for choice in choices:
        least, most = re.fullmatch(r"(\d+)-(\d+)", choice), re.fullmatch(r"(\d+)\+", choice)
        if least and int(least[1]) <= count <= int(least[2]):
            return choice
        if most and count >= int(most[1]):
            return choice
    return str(count)
