"""Checks a taxonomy: that it is one tree, that its classes can hold facts, and that what is sensitive is guarded."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from sterna.engine.documents import Finding
from sterna.engine.taxonomy.document import HARMLESS, Document, TaxonomyClass

_GRAVITY = {"error": 0, "warning": 1, "note": 2}
_ID = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9][a-z0-9_]*)*")
Classes = Mapping[str, TaxonomyClass]


def check(document: Document) -> list[Finding]:
    """Everything found in `document`, errors first, each with what would mend it.

    A taxonomy with an error keeps no facts.
    """
    known = {one.id: one for one in reversed(document.taxonomy.classes)}
    found = list(document.findings)
    found += [*_head(document), *_higher(document, known), *_names(document), *_cycles(document, known)]
    for index, one in enumerate(document.taxonomy.classes):
        for finds in (_place, _values, _guard, _use):
            found += finds(document, index, one, known)
    return sorted(found, key=lambda finding: (_GRAVITY[finding.severity], finding.line or 0))


def orphans(document: Document, used: Iterable[str]) -> list[Finding]:
    """An error for each class of `used` (by a mapping, a plan, a rule) that the taxonomy does not have."""
    known = {one.id for one in document.taxonomy.classes}
    return [
        Finding(
            "class-orphan",
            "error",
            name,
            None,
            f"{name} is used but is no class of the taxonomy",
            f"add it to {document.taxonomy.name} with a parent and a purpose, or stop collecting it",
        )
        for name in dict.fromkeys(used)
        if name not in known
    ]


def lineage(name: str, known: Classes) -> list[TaxonomyClass]:
    """The class and those above it, the nearest first; ends where a parent is unknown or comes again."""
    line: list[TaxonomyClass] = []
    seen: set[str] = set()
    at: str | None = name
    while at is not None and at in known and at not in seen:
        seen.add(at)
        line.append(known[at])
        at = known[at].parent
    return line


def _head(document: Document) -> Iterator[Finding]:
    taxonomy = document.taxonomy
    for name, value in (("taxonomy", taxonomy.name), ("title", taxonomy.title), ("owner", taxonomy.owner)):
        if not value:
            said = f"the taxonomy has no {name}"
            yield document.find("error", f"taxonomy-{name}", name, said, f"add a line `{name}: …`")
    if taxonomy.version < 1:
        yield document.find(
            "error", "taxonomy-version", "version", "the taxonomy has no version", "number them from 1"
        )
    if not taxonomy.classes and not document.unread:
        yield document.find(
            "error", "taxonomy-classes", "classes", "the taxonomy has no classes", "list them"
        )


def _higher(document: Document, known: Classes) -> Iterator[Finding]:
    for index, name in enumerate(document.taxonomy.higher):
        where = f"higher[{index}]"
        if name not in known and name not in document.unread:
            said = f"{name} is named a higher class but there is no such class"
            yield document.find("error", "higher-unknown", where, said, "add the class, or take its name out")
        elif name in known and known[name].parent is not None:
            said = f"{name} is named a higher class but has the parent {known[name].parent}"
            yield document.find("error", "higher-parent", where, said, "take one of the two out")


def _names(document: Document) -> Iterator[Finding]:
    first: dict[str, int] = {}
    for index, one in enumerate(document.taxonomy.classes):
        where = document.at(index, "id")
        if not _ID.fullmatch(one.id):
            said = f"{one.id!r} is no id of a class"
            mend = "use small letters, digits and _, with dots between levels, as leisure.travel"
            yield document.find("error", "class-id", where, said, mend)
        if one.id in first:
            before = document.find("error", "", document.at(first[one.id], "id"), "", "").line
            said = f"{one.id} stands twice, first on line {before}" if before else f"{one.id} stands twice"
            yield document.find("error", "class-twice", where, said, "keep one of them, or rename it")
        first.setdefault(one.id, index)


def _cycles(document: Document, known: Classes) -> Iterator[Finding]:
    told: set[str] = set()
    for index, one in enumerate(document.taxonomy.classes):
        ring = [above.id for above in lineage(one.id, known)]
        if one.id in told or known[ring[-1]].parent != one.id:
            continue
        told.update(ring)
        said = f"{' > '.join([one.id, *reversed(ring)])} is a circle"
        where = document.at(index, "parent")
        yield document.find("error", "class-cycle", where, said, "give one of them another parent")


def _place(document: Document, index: int, one: TaxonomyClass, known: Classes) -> Iterator[Finding]:
    if one.parent is None and one.id not in document.taxonomy.higher:
        said = f"{one.id} is an orphan: it has no parent and is not one of the higher classes"
        yield document.find(
            "error", "class-orphan", document.at(index), said, "give it a parent, or list it under `higher`"
        )
    if one.parent is not None and one.parent not in known and one.parent not in document.unread:
        said = f"{one.id} is an orphan: its parent {one.parent} is no class"
        yield document.find(
            "error", "class-parent", document.at(index, "parent"), said, "correct the parent, or add it"
        )
    depth, most = len(lineage(one.id, known)), document.taxonomy.most_levels
    if depth > most:
        said = f"{one.id} is on level {depth}, at most {most} are allowed"
        yield document.find("error", "class-depth", document.at(index), said, "put it higher up the tree")
    if not one.title:
        yield document.find(
            "error", "class-title", document.at(index), f"{one.id} has no title", "add a line `title: …`"
        )


def _values(document: Document, index: int, one: TaxonomyClass, known: Classes) -> Iterator[Finding]:
    if (one.holds == "choice") != bool(one.choices):
        said = f"{one.id} holds {one.holds or 'nothing'} and has {len(one.choices)} choices"
        mend = "a choice needs `choices`, anything else has none"
        yield document.find("error", "class-choices", document.at(index, "choices"), said, mend)
    if len({choice.casefold() for choice in one.choices}) < len(one.choices):
        said = f"{one.id} has one choice twice"
        yield document.find("error", "class-choices", document.at(index, "choices"), said, "keep one of them")
    if (one.holds == "money band") != bool(one.bands):
        said = f"{one.id} holds {one.holds or 'nothing'} and has {len(one.bands)} bands"
        mend = "a money band needs `bands`, anything else has none"
        yield document.find("error", "class-bands", document.at(index, "bands"), said, mend)
    edges = [band.least for band in one.bands]
    finite = all(edge.is_finite() for edge in edges)
    if edges and (not finite or edges[0] != 0 or sorted(set(edges)) != edges or _same_names(one)):
        said = f"the bands of {one.id} do not rise from 0, each with a name of its own"
        yield document.find(
            "error", "class-bands", document.at(index, "bands"), said, "list them lowest first, from 0"
        )
    if one.wallet and one.holds not in ("number", "money band"):
        said = f"{one.id} is a wallet and holds {one.holds or 'nothing'}, which is no amount"
        mend = "let it hold a number or a money band, or take `wallet` out"
        yield document.find("error", "class-wallet", document.at(index, "wallet"), said, mend)
    if one.held and one.holds != "number":
        said = f"{one.id} is what is held here and holds {one.holds or 'nothing'}, which is no exact amount"
        mend = "let it hold a number, or take `held` out"
        yield document.find("error", "class-held", document.at(index, "held"), said, mend)


def _same_names(one: TaxonomyClass) -> bool:
    return len({band.name.casefold() for band in one.bands}) < len(one.bands)


def _guard(document: Document, index: int, one: TaxonomyClass, known: Classes) -> Iterator[Finding]:
    line = lineage(one.id, known)
    own, above = sensitivity(line), sensitivity(line[1:])
    if own not in HARMLESS and kept(line) and not one.purposes:
        said = f"{one.id} is sensitive ({own}) and names no purpose of its own"
        mend = "name the purposes that allow it, or say `kept: false`"
        yield document.find("error", "class-sensitive", document.at(index, "sensitivity"), said, mend)
    if above not in HARMLESS and own in HARMLESS:
        said = f"{one.id} is {own} under a class that is sensitive ({above})"
        yield document.find(
            "error", "class-loosened", document.at(index, "sensitivity"), said, f"make it {above} as well"
        )
    if not one.kept and one.purposes:
        said = f"{one.id} is never kept and yet has purposes"
        yield document.find("warning", "class-kept", document.at(index), said, "take one of the two out")


def _use(document: Document, index: int, one: TaxonomyClass, known: Classes) -> Iterator[Finding]:
    line = lineage(one.id, known)
    if one.holds and kept(line) and not nearest(line, lambda at: at.purposes):
        said = f"{one.id} has no purpose, its own or from above, so nothing of it may be kept"
        yield document.find(
            "error", "class-purpose", document.at(index), said, "say what it is for under `purposes`"
        )
    if one.holds is None and not any(other.parent == one.id for other in known.values()):
        said = f"{one.id} holds nothing and has nothing below it"
        yield document.find("warning", "class-empty", document.at(index), said, "add `holds`, or take it out")


def nearest(line: Iterable[TaxonomyClass], part: Callable[[TaxonomyClass], object]) -> TaxonomyClass | None:
    """The first class of `line` for which `part` gives something."""
    return next((one for one in line if part(one)), None)


def sensitivity(line: Iterable[TaxonomyClass]) -> str:
    """The sensitivity that a class has by its `lineage`: its own, or the nearest above."""
    one = nearest(line, lambda at: at.sensitivity)
    return (one.sensitivity if one else None) or "none"


def kept(line: Iterable[TaxonomyClass]) -> bool:
    """Whether facts may be kept: a class that is never kept has nothing below it that is."""
    return all(one.kept for one in line)
