"""Keeps the newest run laid out for questions, one panel at a time; whoever is erased takes it along."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from sterna.desk.config import options
from sterna.desk.config.personal import Erased
from sterna.desk.lakehouse.queries import manifest
from sterna.desk.runs.models import Run
from sterna.desk.segments.panel import READS, Files, lay_out

LAYING_OUT = 5_307_202


@contextmanager
def _alone() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_lock(%s)", [LAYING_OUT])
        try:
            yield
        finally:
            cursor.execute("select pg_advisory_unlock(%s)", [LAYING_OUT])


def panel_of(run: Run) -> Files:
    """The panel of a run, laid out when nobody has asked before; those of other runs go."""
    home = options.home() / "panels"
    with _alone():
        for other in home.glob("*"):
            if other.name != str(run.pk):
                shutil.rmtree(other)
        return lay_out(home / str(run.pk), _tables(run), options.text("STERNA_LAKE_MEMORY"))


def _tables(run: Run) -> Files:
    """The files of what a rule can read: what the run made or froze, and of products what the lake holds now."""
    found = {"products": [path for path, _ in manifest().get("products", ())]}
    return found | {name: files for name in READS if (files := files_of(run, name))}


def files_of(run: Run, name: str) -> list[str]:
    """The file of a table that a run made or froze; empty where it has none, or where none is kept any more."""
    folder, named = options.home() / "runs" / str(run.pk), run.brief.get("frozen", {})
    # What a run read of the one before it lies in the folder of that one.
    brought = [options.home() / named[name]["path"]] if name in named else []
    kept = (folder / f"{name}.parquet", folder / "frozen" / f"{name}.parquet", *brought)
    return [str(path) for path in kept if path.exists()][-1:]


def remove_panels() -> list[Erased]:
    """Remove what was laid out: it names everybody, and is made anew when somebody asks."""
    home = options.home() / "panels"
    with _alone():
        if not home.exists():
            return []
        files = sum(path.is_file() for path in home.rglob("*"))
        shutil.rmtree(home)
        return [Erased("panels/**", "removed", files)] if files else []
