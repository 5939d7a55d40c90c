"""Days, months, numbers and amounts as notes write them."""

import re
from calendar import monthrange
from datetime import date, timedelta
from decimal import Decimal

import msgspec

from sterna.engine.profiles.notes.document import Cues


class Moment(msgspec.Struct, frozen=True):
    """A time that a note names, from `start` to `end`; `day` is None when only the month is named.

    `yearless` moments take the year that the reader of a pattern expects.
    """

    start: int
    end: int
    month: date
    day: date | None
    yearless: bool = False

    def leaning(self, on: date, when: str) -> "Moment":
        """With the year by which it lies next or last, seen from `on`."""
        if not self.yearless:
            return self
        here = on.replace(day=1)
        late = when == "next" and self.month < here
        early = when == "last" and self.month > here
        years = 1 if late else -1 if early else 0
        day = None if self.day is None else _day(self.day.year + years, self.day.month, self.day.day)
        return msgspec.structs.replace(self, month=self.month.replace(year=self.month.year + years), day=day)


class Moments:
    """Finds moments by the words of a language."""

    def __init__(self, cues: Cues) -> None:
        self._cues = cues
        month = "|".join(sorted(cues.months, key=len, reverse=True)) or "(?!)"
        week = "|".join(sorted(cues.weekdays, key=len, reverse=True)) or "(?!)"
        away = "|".join(sorted([*cues.days_away, *cues.months_away], key=len, reverse=True)) or "(?!)"
        year, day = r"(?:,?\s*(?P<year>(?:19|20)\d\d))?\b", r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
        self._forms = [
            re.compile(form, re.I)
            for form in (
                r"\b(?P<year>(?:19|20)\d\d)-(?P<number>\d\d)-(?P<day>\d\d)\b",
                r"(?<![./\d])(?P<day>\d{1,2})/(?P<number>\d{1,2})\b(?:/(?P<year>(?:19|20)\d\d)\b)?(?![/\d])",
                r"(?<![./\d])(?P<day>\d{1,2})\.(?P<number>\d{1,2})\.(?:(?P<year>(?:19|20)\d\d)\b)?(?!\d)",
                rf"\b{day}\s+(?:of\s+)?(?P<month>{month})\b\.?{year}",
                rf"\b(?P<month>{month})\b\.?\s+{day}\b(?!\s*(?:19|20)?\d\d){year}",
                rf"\b(?P<month>{month})\b\.?{year}",
                rf"\b(?P<week>{week})\b",
                rf"\b(?P<away>{away})\b",
                rf"(?P<year_end>{'|'.join(cues.year_end) or '(?!)'})",
            )
        ]

    def find(self, text: str, on: date) -> list[Moment]:
        """The moments of `text` in its order, none over another; a weekday is the last one before `on`."""
        found: list[Moment] = []
        for form in self._forms:
            for match in form.finditer(text):
                free = all(match.end() <= one.start or match.start() >= one.end for one in found)
                moment = self._moment(match, on) if free else None
                if moment is not None:
                    found.append(moment)
        return sorted(found, key=lambda one: one.start)

    def _moment(self, match: re.Match[str], on: date) -> Moment | None:
        said = match.groupdict()
        if said.get("week"):
            behind = (on.weekday() - self._cues.weekdays[said["week"].casefold()]) % 7 or 7
            return _on(match, on - timedelta(days=behind))
        if said.get("away"):
            return self._away(match, said["away"].casefold(), on)
        if said.get("year_end"):
            return Moment(match.start(), match.end(), date(on.year, 12, 1), None)
        month = int(said["number"]) if said.get("number") else self._cues.months[said["month"].casefold()]
        return _dated(match, said, month, on)

    def _away(self, match: re.Match[str], word: str, on: date) -> Moment | None:
        if word in self._cues.days_away:
            return _on(match, on + timedelta(days=self._cues.days_away[word]))
        months = on.year * 12 + on.month - 1 + self._cues.months_away[word]
        return Moment(match.start(), match.end(), date(months // 12, months % 12 + 1, 1), None)


def _on(match: re.Match[str], day: date) -> Moment:
    return Moment(match.start(), match.end(), day.replace(day=1), day)


def _dated(match: re.Match[str], said: dict[str, str | None], month: int, on: date) -> Moment | None:
    year, number = int(said.get("year") or on.year), said.get("day")
    if not 1 <= month <= 12 or not 1900 <= year <= 2200:
        return None
    day = _day(year, month, int(number)) if number else None
    if number and day is None:
        return None
    return Moment(match.start(), match.end(), date(year, month, 1), day, yearless=not said.get("year"))


def _day(year: int, month: int, day: int) -> date | None:
    return date(year, month, day) if 1 <= day <= monthrange(year, month)[1] else None


def number(text: str, cues: Cues) -> int | None:
    """A whole number in digits or words of the language; None for anything else."""
    word = text.strip().casefold()
    if word.isascii() and word.isdigit() and len(word) < 10:
        return int(word)
    return cues.numbers.get(word)


def amount(text: str, cues: Cues) -> Decimal | None:
    """An amount such as `$2.5 million`, `800k` or `1,200,000`; None for anything else."""
    units = "|".join(sorted(cues.magnitudes, key=len, reverse=True)) or "(?!)"
    match = re.search(rf"(?P<digits>\d[\d,']*(?:\.\d+)?)\s*(?P<unit>{units})?\b", text, re.I)
    word = None if match else re.search(rf"(?P<digits>[a-z]+)\s+(?P<unit>{units})\b", text, re.I)
    if match is not None:
        digits = Decimal(match["digits"].replace(",", "").replace("'", ""))
    elif word is not None and word["digits"].casefold() in cues.numbers:
        match, digits = word, Decimal(cues.numbers[word["digits"].casefold()])
    else:
        return None
    return digits * cues.magnitudes[match["unit"].casefold()] if match["unit"] else digits
