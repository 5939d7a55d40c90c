"""What the rules of segments and stages ask for beside the rest of a brief: classes, values of before, schemes."""

from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

import pyarrow as pa

from sterna.desk.config import options
from sterna.desk.customers.queries import classes
from sterna.desk.runs.models import Run
from sterna.desk.segments.models import Definition
from sterna.desk.segments.ruled_queries import scheme_of
from sterna.engine.lake import arrow
from sterna.engine.lake import files as lake_files
from sterna.engine.rules import InPlace, Leaf, Worth, leaves
from sterna.engine.segments.ruled import rules_of
from sterna.engine.tables import TABLES

Files = dict[str, tuple[Path, str]]


def files(folder: Path, ruled: Iterable[Definition], opening: date) -> Files:
    """The frozen tables that only rules read, each as (path, sha256); none where there are no such schemes."""
    asked = list(_leaves(ruled))
    found: Files = {}
    if asked:
        path = folder / "closure.parquet"
        arrow.write(closure(), path)
        found["closure"] = path, lake_files.sha256(path)
    if any(isinstance(leaf, Worth) and leaf.change and leaf.measure != "spend" for leaf in asked):
        found |= _values_before(opening)
    return found


def schemes(ruled: Iterable[Definition]) -> set[str]:
    """The schemes in which rules ask where a customer stands."""
    return {leaf.scheme for leaf in _leaves(ruled) if isinstance(leaf, InPlace)}


def _leaves(ruled: Iterable[Definition]) -> Iterator[Leaf]:
    return (leaf for one in ruled for rule in rules_of(scheme_of(one)) for leaf in leaves(rule))


def closure() -> pa.Table:
    """The taxonomy in force as the table `closure`."""
    rows = [{"ancestor": pair.ancestor, "descendant": pair.descendant} for pair in classes().closure()]
    return pa.Table.from_pylist(rows, schema=arrow.schema(TABLES["closure"]))


def _values_before(opening: date) -> Files:
    """What the newest published run of a day before the opening left of value, if its file is still there."""
    published = Run.objects.filter(published_at__isnull=False, until__lt=opening)
    before = published.order_by("-until", "-published_at").first()
    path = options.home() / "runs" / str(before.pk) / "values.parquet" if before else None
    return {"values_before": (path, lake_files.sha256(path))} if path and path.exists() else {}
