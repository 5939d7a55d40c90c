"""Checks that parts are named, each by a name of its own as others refer to them by it, and say what is asked."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol, TypeVar

from sterna.engine.documents import Finding
from sterna.engine.plans.document import Document

CODES = {
    "id-missing": "A part has no id, so nothing can refer to it.",
    "id-twice": "Two parts of one kind have the same id.",
}


class Named(Protocol):
    """A part that others refer to by id."""

    @property
    def id(self) -> str | None: ...


N = TypeVar("N", bound=Named)


def check_ids(document: Document, parts: Sequence[Named], listed: str) -> Iterator[Finding]:
    """What is wrong with the ids of `parts`, which the plan lists under the path `listed`."""
    kind = listed.rpartition(".")[2]
    counts = Counter(part.id for part in parts)
    for index, part in enumerate(parts):
        where = f"{listed}[{index}]"
        if not part.id:
            yield document.error(
                "id-missing", where, f"{where} has no id", "name it, others refer to it by id"
            )
        elif counts[part.id] > 1:
            said = f"{counts[part.id]} {kind} are called {part.id}"
            yield document.error("id-twice", f"{where}.id", said, "give each a name of its own")


def check_said(
    document: Document, where: str, name: str, asked: Mapping[str, tuple[str, object, str, str]]
) -> Iterator[Finding]:
    """An error for each field that the part called `name` leaves empty.

    `asked` has by field: the code, the value, what is left unsaid as after "does not say", and what would mend it.
    """
    for field, (code, value, lacking, mend) in asked.items():
        if not value:
            yield document.error(code, f"{where}.{field}", f"{name} does not say {lacking}", mend)


def by_id(parts: Sequence[N]) -> Mapping[str, N]:
    """The parts by their ids; the first of those with the same one, and none without."""
    found: dict[str, N] = {}
    for part in parts:
        if part.id:
            found.setdefault(part.id, part)
    return found
