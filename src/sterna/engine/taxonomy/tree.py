"""A checked taxonomy as a tree to ask: what stands above and below, what is finest, what may be kept and how to ask."""

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple, TypeVar

from sterna.engine.documents import first_error, sha
from sterna.engine.errors import BadInput
from sterna.engine.taxonomy.checks import check, kept, lineage, nearest, sensitivity
from sterna.engine.taxonomy.document import HARMLESS, Document, Taxonomy, TaxonomyClass, Way

T = TypeVar("T")


class Closure(NamedTuple):
    """One pair of the closure; `depth` is 0 for a class and itself, 1 for parent and child."""

    ancestor: str
    descendant: str
    depth: int


class Tree:
    """The classes by id, in the order of the text. Raises BadInput when the check finds an error."""

    def __init__(self, document: Document) -> None:
        wrong = first_error(check(document))
        if wrong is not None:
            raise BadInput(f"the taxonomy {document.taxonomy.name or 'without a name'} is refused: {wrong}")
        self.taxonomy: Taxonomy = document.taxonomy
        self.version = document.taxonomy.version
        self.sha256 = sha(document.taxonomy)
        self._classes = {one.id: one for one in document.taxonomy.classes}
        self._lines = {name: lineage(name, self._classes) for name in self._classes}

    def __contains__(self, name: object) -> bool:
        return name in self._classes

    def ids(self) -> list[str]:
        """All classes, in the order of the text."""
        return list(self._classes)

    def at(self, name: str) -> TaxonomyClass:
        """The class; raises BadInput for an orphan, naming it."""
        if name not in self._classes:
            raise BadInput(f"{name} is an orphan: the taxonomy {self.taxonomy.name} has no such class")
        return self._classes[name]

    def ancestors(self, name: str) -> list[str]:
        """The classes above, the nearest first; a higher class has none."""
        return [one.id for one in self._line(name)[1:]]

    def children(self, name: str) -> list[str]:
        """The classes right below."""
        self.at(name)
        return [one.id for one in self._classes.values() if one.parent == name]

    def descendants(self, name: str) -> list[str]:
        """The classes below, however deep."""
        self.at(name)
        return [one for one in self._classes if one != name and self.is_or_finer(one, name)]

    def level(self, name: str) -> int:
        """1 for a higher class, 2 for what is right below it."""
        return len(self._line(name))

    def closure(self) -> list[Closure]:
        """Every class with itself and each class above it, sorted: the rows a step can join."""
        return sorted(
            Closure(above.id, name, depth)
            for name, line in self._lines.items()
            for depth, above in enumerate(line)
        )

    def is_or_finer(self, name: str, wanted: str) -> bool:
        """Whether `name` is the `wanted` class or stands below it."""
        self.at(wanted)
        return any(one.id == wanted for one in self._line(name))

    def finest(self, wanted: str, known: Iterable[str]) -> str | None:
        """The finest class on the way up from `wanted` of which something is known; None when nothing is.

        A fact of a finer class counts for every class above it. `known` are the classes of the customer's
        facts whose answer is not "no".
        """
        reached = {one.id for name in known for one in self._line(name)}
        return next((one.id for one in self._line(wanted) if one.id in reached), None)

    def offer(self, wanted: str, known: Iterable[str], offers: Mapping[str, T], generic: T) -> T:
        """What to offer who is `known` so far: the offer of the finest class that fits, else the `generic` one."""
        for name in offers:
            self.at(name)
        finest = self.finest(wanted, known)
        fits = [] if finest is None else [one.id for one in self._line(finest) if one.id in offers]
        return offers[fits[0]] if fits else generic

    def purposes(self, name: str) -> tuple[str, ...]:
        """What a fact of the class may be used for; none at all when it is never kept."""
        line = self._line(name)
        one = nearest(line, lambda at: at.purposes)
        return one.purposes if one and kept(line) else ()

    def sensitivity(self, name: str) -> str:
        """Its own sensitivity, or that of the nearest class above which has one."""
        return sensitivity(self._line(name))

    def is_sensitive(self, name: str) -> bool:
        """Whether it is of a special category such as health or religion."""
        return self.sensitivity(name) not in HARMLESS

    def may_keep(self, name: str, purposes: Collection[str] | None = None) -> bool:
        """Whether a fact of the class may be kept, for any purpose or for one of `purposes`."""
        allowed = self.purposes(name)
        return bool(allowed if purposes is None else set(allowed) & set(purposes))

    def freshness_days(self, name: str) -> int | None:
        """After how many days a fact of it is stale; None when it never is."""
        one = nearest(self._line(name), lambda at: at.freshness_days)
        return one.freshness_days if one else None

    def confidence(self, name: str, way: Way) -> float | None:
        """How sure a fact learned in this way is: by the class, a class above, or the document; else None."""
        one = nearest(self._line(name), lambda at: way in at.confidence)
        return (one.confidence if one else self.taxonomy.confidence).get(way)

    def question(self, name: str, touchpoint: str) -> str | None:
        """How to ask for the class at a touchpoint, in its own words or those of the nearest class above."""
        one = nearest(self._line(name), lambda at: touchpoint in at.questions)
        return one.questions[touchpoint] if one else None

    def follow_ups(self, request: str) -> list[tuple[str, str]]:
        """Which class to ask for after a request of this type, and in which words."""
        return [
            (one.id, one.follow_ups[request]) for one in self._classes.values() if request in one.follow_ups
        ]

    def _line(self, name: str) -> list[TaxonomyClass]:
        self.at(name)
        return self._lines[name]
