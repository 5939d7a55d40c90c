"""Reads about plans: what is known when one is checked, and how far it has come."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from sterna.desk.config.refused import Refused
from sterna.desk.customers.queries.filling import Counts, counted_last
from sterna.desk.customers.queries.taxonomy import classes
from sterna.desk.plans.measured import shares
from sterna.desk.plans.models import DependencyEntry, Plan
from sterna.desk.segments.queries import SCHEME, newest_definition
from sterna.desk.segments.ruled_queries import headcounts, managers, ruled_in_force, scheme_of
from sterna.engine.documents import Severity
from sterna.engine.errors import BadInput
from sterna.engine.lake.beside import Beside
from sterna.engine.plans import Finding, Known, check, load
from sterna.engine.plans import Plan as Document
from sterna.engine.plans.stages import STAGES
from sterna.engine.plans.strategy import Dependency
from sterna.engine.segments.ruled import Ruled

GRAVITY: tuple[Severity, ...] = ("error", "warning", "note")


def plan(name: str, version: int) -> Plan:
    """The plan `name` in its `version`; Refused when it was not loaded."""
    found = Plan.objects.filter(name=name, version=version).first()
    if found is None:
        raise Refused(f"no plan {name} {version}: load it with `sterna plan load FILE`")
    return found


def known_of(document: Document) -> Known:
    """What this installation knows of what a plan speaks of, as far as reading it takes no pass over all data.

    Fill is what was counted last, the shares identified and reachable are of the newest run, by the first who asks
    after it. Nothing of a scheme that is not published is known, nor headcounts before a run.
    """
    ruled = {one.name: scheme_of(one) for one in ruled_in_force()}
    segments, life = ruled.get(document.segments or ""), ruled.get(document.life or "")
    tree, counted, measured = classes(), counted_last(), shares()
    return Known(
        places=tiers_in_order(document.scheme),
        headcounts=(headcounts(document.scheme) or None) if document.scheme else None,
        segments=_managed(segments) if segments else None,
        stages=tuple(seat.place for seat in life.seats) if life else None,
        parents={name: tree.at(name).parent or "" for name in tree.ids()},
        fill=_fill(counted) if counted else None,
        identified=None if measured.identified is None else dict(measured.identified),
        reachable=None if measured.reachable is None else dict(measured.reachable),
    )


def _managed(scheme: Ruled) -> dict[str, str]:
    """The manager of each segment by name, "" where nobody was appointed."""
    named = managers(scheme.name)
    places = [seat.place for seat in scheme.seats] + ([scheme.rest] if scheme.rest else [])
    return {place: named[place].name if place in named else "" for place in places}


def _fill(counted: Counts) -> dict[str, float]:
    everybody = counted.customers
    return {name: one.fresh / everybody for name, one in counted.by_class.items()} if everybody else {}


def tiers_in_order(scheme: str | None) -> tuple[str, ...] | None:
    """The places of the scheme's newest version from the lowest up, or None while there is none."""
    definition = newest_definition(SCHEME, scheme) if scheme else None
    if definition is None:
        return None
    return tuple(band["place"] for band in sorted(definition.body["bands"], key=lambda band: band["rank"]))


@dataclass(frozen=True)
class Found:
    """What the check says of a text: findings, the gravest first, or why it is no plan at all."""

    findings: Sequence[Finding] = ()
    problem: str = ""

    @property
    def said(self) -> str:
        """How many of each, in a sentence."""
        counts = Counter(finding.severity for finding in self.findings)
        told = [
            f"{counts[kind]} {kind}{'' if counts[kind] == 1 else 's'}" for kind in GRAVITY if counts[kind]
        ]
        return f"{', '.join(told)}."


def check_text(text: str) -> Found:
    """The findings of a text that stands by itself, with what this installation knows."""
    try:
        document = load(text, Beside(None))
        return Found(check(document, known_of(document.plan)))
    except BadInput as error:
        return Found(problem=str(error))


def blank() -> str:
    """A plan to be filled in."""
    return (Path(__file__).parent / "blank.yaml").read_text(encoding="utf-8")


def stages_left(held: Plan, document: Document) -> list[str]:
    """The stages that are to be closed before a launch; none of a plan that does not list its stages."""
    closed = set(held.stages_closed.values_list("stage", flat=True))
    return [stage for stage in STAGES if stage not in closed] if document.stages else []


def dependencies_now(held: Plan, document: Document) -> Document:
    """The document with its dependencies as they stand: delivered where somebody said so, due when it was last said."""
    entries = {one.dependency: one for one in held.dependency_entries.order_by("told_at", "id")}
    return msgspec.structs.replace(
        document,
        dependencies=tuple(
            _now(one, entries[one.id]) if one.id in entries else one for one in document.dependencies
        ),
    )


def _now(one: Dependency, entry: DependencyEntry) -> Dependency:
    is_there = entry.kind == DependencyEntry.Kind.DELIVERED
    return (
        msgspec.structs.replace(one, done=entry.day)
        if is_there
        else msgspec.structs.replace(one, by=entry.day)
    )
