"""Reads the manifest: which files make up the lake at a version, and whether they are what was recorded."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.db.models import Q, QuerySet

from sterna.desk.config import options
from sterna.desk.lakehouse.models import Fixed, Segment, Version
from sterna.engine.tables import LAKE

BLOCK = 1 << 20


@dataclass(frozen=True)
class Damage:
    """A segment that the manifest lists and the storage does not hold as it was written."""

    table: str
    path: Path
    reason: str


def current_version() -> int:
    """The number of the newest version of the lake; 0 for a lake without any segment."""
    newest = Version.objects.order_by("-number").first()
    return newest.number if newest else 0


def known_at(version: int | None = None) -> datetime | None:
    """When the newest segment of `version` (None: the current one) was recorded; None for an empty lake."""
    number = current_version() if version is None else version
    return Version.objects.filter(number=number).values_list("known_at", flat=True).first()


def segments(version: int | None = None) -> QuerySet[Segment]:
    """The segments that make up `version` (None: the current one), in the order in which they came."""
    number = current_version() if version is None else version
    alive = Q(removed__isnull=True) | Q(removed__gt=number)
    return Segment.objects.filter(alive, added__lte=number).order_by("added_id", "id")


def manifest(version: int | None = None) -> dict[str, list[tuple[str, str]]]:
    """Each lake table's files as (absolute path, sha256); a table without a segment has an empty list."""
    files: dict[str, list[tuple[str, str]]] = {table.name: [] for table in LAKE}
    for segment in segments(version):
        files[segment.table].append((str(options.home() / segment.path), segment.sha256))
    return files


def damaged(version: int | None = None) -> Iterator[Damage]:
    """Each segment of `version` that is missing or whose bytes are not those that were written."""
    for segment in segments(version):
        path = options.home() / segment.path
        if not path.exists():
            yield Damage(segment.table, path, "the file is missing")
        elif sha256_of(path) != segment.sha256:
            yield Damage(segment.table, path, "the file is not the one that was written")


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file as hex, read in blocks."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def fixed(name: str) -> str | None:
    """The value that the setting `name` had when the lake's first rows were written; None before that."""
    return Fixed.objects.filter(name=name).values_list("value", flat=True).first()
