"""What stands around a match: a no, a wish or doubt, somebody else, and the day it was heard."""

import re
from datetime import date
from itertools import pairwise
from typing import NamedTuple

from sterna.engine.profiles.notes.document import About, Cues, with_words
from sterna.engine.profiles.notes.moments import Moments

_FAR = 9  # words a cue reaches forward
_NEAR = 4  # words a cue reaches backward
_SIGHT = 240  # characters around a match that are looked at: without it a long note takes minutes
Cue = tuple[re.Pattern[str], re.Pattern[str]]
_WORD = re.compile(r"[^\W_]+")
_STOP = re.compile(r"[.!?;\n]+(?=\s|$)|\n")


class Sentence(NamedTuple):
    """A sentence of a note from `start` to `end`, what closes it, and the answer that follows a question."""

    text: str
    start: int
    end: int
    stop: str
    answer: str | None


class Around(NamedTuple):
    """How a match is meant: denied, supposed, or aside (of somebody else, or only asked); and the cue that tells."""

    denied: bool = False
    supposed: bool = False
    aside: bool = False
    cue: str = ""


class Context:
    """Reads the surroundings of a match by the cues of a language."""

    def __init__(self, cues: Cues) -> None:
        self.cues = cues
        self.moments = Moments(cues)
        self._ends, self._heard = _any(cues.ends), _any(cues.heard)
        self._no_ends = _any(cues.ends + cues.no_ends)
        self._empty = frozenset(word.casefold() for word in cues.empty)
        self._no = (_any(cues.no_before), _any(cues.no_after))
        self._supposed = (_any(cues.supposed_before), _any(cues.supposed_after))
        people: dict[About, tuple[str, ...]] = {
            "customer": cues.strangers + cues.relatives + cues.household,
            "household": cues.strangers + cues.relatives,
            "family": cues.strangers,
        }
        self._others = {about: _persons(cues, names) for about, names in people.items()}
        self._yes_first, self._no_first = _any(cues.answers_yes), _any(cues.answers_no)
        shorts = "|".join(re.escape(word) for word in cues.abbreviations) or "(?!)"
        self._short = re.compile(rf"(?:^|\W)(?:{shorts})$", re.I)

    def sentences(self, note: str) -> list[Sentence]:
        """The sentences of `note`; a full stop behind an abbreviation ends none."""
        spans: list[tuple[int, int, str]] = []
        start = 0
        for stop in _STOP.finditer(note):
            if stop.group() == "." and self._short.search(note[start : stop.start()]):
                continue
            spans.append((start, stop.start(), stop.group()))
            start = stop.end()
        spans.append((start, len(note), ""))
        return [
            Sentence(note[begin:end], begin, end, stop, self._answer(note, end, stop))
            for begin, end, stop in spans
            if note[begin:end].strip()
        ]

    def parts(self, sentence: Sentence) -> list[tuple[str, int, int]]:
        """The sentence, and its parts between commas and the words that end a thought, with their places in it."""
        cuts = [(0, 0)]
        cuts += [cut.span() for cut in re.finditer(rf",|{self._ends.pattern}", sentence.text, re.I)]
        cuts.append((len(sentence.text), len(sentence.text)))
        places = [(0, len(sentence.text)), *((a[1], b[0]) for a, b in pairwise(cuts))]
        cropped = (_cropped(sentence.text, *place) for place in dict.fromkeys(places))
        return [(sentence.text[start:end], start, end) for start, end in cropped if start < end]

    def content(self, text: str) -> str:
        """`text` without the words that say nothing of what it is about."""
        words = _WORD.findall(text.casefold())
        return " ".join(word for word in words if word not in self._empty)

    def _answer(self, note: str, end: int, stop: str) -> str | None:
        """yes or no where the next words answer the question, "" where nothing does; None for no question."""
        if "?" not in stop:
            return None
        rest = note[end + len(stop) :].lstrip()
        if self._no_first.match(rest):
            return "no"
        return "yes" if self._yes_first.match(rest) else ""

    def around(self, sentence: Sentence, start: int, end: int, about: About) -> Around:
        """How the match from `start` to `end` (within the sentence) is meant."""
        other = self._reach(self._others[about], self._ends, sentence.text, (start, start), end)
        if other or sentence.answer == "":
            return Around(aside=True, cue=other or "a question")
        # A no may stand inside of what matched, as in "eats no fish"; a wish there is part of the pattern.
        no = self._reach(self._no, self._no_ends, sentence.text, (start, end), end)
        if no or sentence.answer == "no":
            return Around(denied=True, cue=no or "answered with no")
        supposed = self._reach(self._supposed, self._ends, sentence.text, (start, start), end)
        return Around(supposed=True, cue=supposed) if supposed else Around()

    def _reach(self, cues: Cue, ends: re.Pattern[str], text: str, place: tuple[int, int], end: int) -> str:
        """The cue that reaches a match: in front of `place[0]`, before `place[1]` inside it, or behind `end`."""
        before, after = cues
        for cue in before.finditer(text, max(place[0] - _SIGHT, 0), place[1]):
            to = max(place[0], cue.end())
            stop = ends.search(text, cue.end(), to + _SIGHT)
            if len(text[cue.end() : to].split()) <= _FAR and not (stop and stop.start() < to):
                return cue.group().strip()
        behind = text[end : end + _SIGHT]
        for cue in after.finditer(behind):
            stop = ends.search(behind)
            if len(behind[: cue.start()].split()) <= _NEAR and not (stop and stop.start() < cue.start()):
                return cue.group().strip()
        return ""

    def heard_on(self, note: str, sentence: Sentence, on: date) -> date | None:
        """The day the sentence, or the head of the note, says it was heard; never after `on`."""
        for text in (sentence.text, note[:40]):
            for cue in self._heard.finditer(text):
                for moment in self.moments.find(text[cue.end() : cue.end() + 24], on):
                    day = moment.leaning(on, "last").day
                    if moment.start <= 4 and day is not None and day <= on:
                        return day
        return self._dated_head(note, on)

    def _dated_head(self, note: str, on: date) -> date | None:
        head = [one for one in self.moments.find(note[:24], on) if one.start == 0]
        if not head or note[head[0].end : head[0].end + 1] not in (":", ",", " "):
            return None
        day = head[0].leaning(on, "last").day
        return day if day is not None and day <= on else None


def _cropped(text: str, start: int, end: int) -> tuple[int, int]:
    part = text[start:end]
    return start + len(part) - len(part.lstrip()), end - len(part) + len(part.rstrip())


def _any(expressions: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{one})" for one in expressions) or "(?!)", re.I)


def _persons(cues: Cues, names: tuple[str, ...]) -> tuple[re.Pattern[str], re.Pattern[str]]:
    words = {"person": "|".join(names) or "(?!)"}
    return (
        re.compile(with_words(cues.other_before, words), re.I),
        re.compile(with_words(cues.other_after, words), re.I),
    )
