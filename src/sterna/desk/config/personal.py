"""Where personal data is: each app tells what it keeps of a person, how it hands that out and how it erases it."""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec

# A word that is shorter, or a smaller number, stands in texts that are about something else.
SHORTEST_WORD, SHORTEST_NUMBER = 5, 7


class Subject(msgspec.Struct, frozen=True):
    """One person as a job of erasure or export knows them.

    `customers` and `records` are ids, `others` as text those of what hangs on the person, such as contacts;
    `keys` are what the lake holds; `identifiers` are (source, kind, value); `reached` are (medium, address); `words`
    are names and other texts by which the person is told in a sentence.
    """

    id: str
    customers: tuple[UUID, ...]
    records: tuple[UUID, ...] = ()
    keys: tuple[str, ...] = ()
    identifiers: tuple[tuple[str, str, str], ...] = ()
    reached: tuple[tuple[str, str], ...] = ()
    words: tuple[str, ...] = ()
    others: tuple[str, ...] = ()

    @property
    def pseudonym(self) -> str:
        """What stands where the person stood."""
        return f"erased-{self.id[-12:]}"

    @property
    def ids(self) -> frozenset[str]:
        """Texts that name nothing but this person wherever they stand."""
        return frozenset((*map(str, self.customers), *map(str, self.records), *self.keys, *self.others))

    @property
    def values(self) -> frozenset[str]:
        """What sources call the person, and the addresses; a short one may stand for something else too."""
        return frozenset((*(value for _, _, value in self.identifiers), *(each for _, each in self.reached)))

    @property
    def parts(self) -> list[str]:
        """Single words of the names: they tell who is meant only in what is about this person anyway."""
        found = {part for word in self.words for part in re.findall(r"\w{3,}", word)}
        return sorted({*self.telling, *found}, key=lambda word: (-len(word), word))

    @property
    def telling(self) -> list[str]:
        """The texts that may be looked for in sentences, the longest first so that no part is left of one."""
        said = {word for word in (*self.values, *self.words) if is_telling(word)}
        return sorted(self.ids | said, key=lambda word: (-len(word), word))


def is_telling(word: str) -> bool:
    """Whether a text says who is meant wherever it stands: `ann-17` does, `42` does not."""
    bare = word.strip()
    return len(bare) >= (SHORTEST_NUMBER if bare.isdigit() else SHORTEST_WORD)


def pattern(words: Iterable[str]) -> re.Pattern[str] | None:
    """Finds any of `words` that stands by itself, in any case of letters; None when there is none."""
    listed = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True) if word.strip())
    return re.compile(rf"(?<!\w)(?:{listed})(?!\w)", re.I) if listed else None


def postgres_pattern(words: Iterable[str]) -> str:
    """The same for PostgreSQL's `~*`, over texts inside JSON too; finds nothing when there is none."""
    listed = "|".join(
        re.escape(in_json(word)) for word in sorted(words, key=len, reverse=True) if word.strip()
    )
    return f"(?<![[:alnum:]_])(?:{listed})(?![[:alnum:]_])" if listed else "a^"


def in_json(word: str) -> str:
    """A word as it stands inside a JSON text of PostgreSQL."""
    return json.dumps(word, ensure_ascii=False)[1:-1]


@dataclass(frozen=True)
class Sheet:
    """One table of an export: its name, what it is in one sentence, and its rows as they are stored."""

    name: str
    about: str
    rows: Sequence[Mapping[str, object]]


@dataclass(frozen=True)
class Erased:
    """What was done in one place: a table or a file, `how` in one word, and how often."""

    where: str
    how: str
    number: int


def _nothing(subject: Subject) -> list[Any]:
    return []


@dataclass(frozen=True)
class Keeper:
    """An app that keeps personal data.

    `models` are labels such as `contacts.Contact`, `files` patterns under STERNA_HOME. `collect` gives the ids of what
    hangs on the person before anything goes. `at_once` runs in the transaction that closes the door; `erase` later,
    in one of its own, and again after a kill: it must find nothing the second time. `hold` is entered for the whole
    erasure.
    """

    name: str
    models: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    export: Callable[[Subject], list[Sheet]] = _nothing
    erase: Callable[[Subject], list[Erased]] = _nothing
    collect: Callable[[Subject], Iterable[str]] = _nothing
    at_once: Callable[[Subject], list[Erased]] = _nothing
    hold: Callable[[], AbstractContextManager[Any]] = nullcontext


@dataclass(frozen=True)
class Impersonal:
    """A model or a pattern of files that holds nobody's personal data, and `why`."""

    what: str
    why: str


_keepers: dict[str, Keeper] = {}
_impersonal: dict[str, Impersonal] = {}


def register(*told: Keeper | Impersonal) -> None:
    """Tell where personal data is and where it is not; called in `ready()`, from the highest app to the lowest."""
    for each in told:
        if isinstance(each, Keeper):
            _keepers[each.name] = each
        else:
            _impersonal[each.what] = each


def forget(name: str) -> None:
    """Take back the registration of a keeper."""
    _keepers.pop(name, None)


def keepers() -> list[Keeper]:
    """Every keeper in the order of registration: what hangs on something goes before it."""
    return list(_keepers.values())


def impersonal() -> dict[str, str]:
    """Why each model or pattern that was declared impersonal is so."""
    return {what: each.why for what, each in _impersonal.items()}


def unregistered_models(labels: Iterable[str]) -> list[str]:
    """Which of `labels` nobody answers for."""
    known = {label for keeper in keepers() for label in keeper.models} | _impersonal.keys()
    return sorted(set(labels) - known)
