"""What runs keep of a person in files: frozen tables and outcomes by customer, source record and contact."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from django.db import connection

from sterna.desk.config import clock, options
from sterna.desk.config.personal import Erased, Impersonal, Keeper, Subject, pattern
from sterna.desk.runs.models import TURNING, Run
from sterna.desk.runs.panels import remove_panels
from sterna.engine.lake import arrow

STOPPED = "a person was erased while it stood still: a newer run has another brief"


@contextmanager
def hold() -> Iterator[None]:
    """Let no run be computed or published meanwhile: it would write the person anew. One that goes on is awaited."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_lock(%s)", [TURNING])
        try:
            yield
        finally:
            cursor.execute("select pg_advisory_unlock(%s)", [TURNING])


def erase(subject: Subject) -> list[Erased]:
    """Rewrite each table that holds the person, say so on its run, and drop what runs left that were stopped."""
    done = []
    # Whole, not rewritten: the next run would not take a file that says less than its name.
    if kept := sorted((options.home() / "rolled").glob("*")):
        for path in kept:
            path.unlink()
        done.append(Erased("rolled/*", "removed", len(kept)))
    for folder in sorted((options.home() / "runs").glob("*")):
        run = Run.objects.filter(pk=folder.name).first()
        if run is None or run.published_at is None:
            shutil.rmtree(folder)
            done.append(Erased(f"runs/{folder.name}", "removed", 1))
            Run.objects.filter(pk=folder.name).update(state=Run.State.FAILED, error=STOPPED)
            continue
        changed = [each for path in sorted(folder.rglob("*")) if (each := _without(path, subject))]
        if changed:
            Run.objects.filter(pk=run.pk).update(erased_at=clock.now())
        done += changed
    # After the files that it is made of: one that is made meanwhile would bring the person back.
    return [*done, *remove_panels(), *_errors(subject)]


def _without(path: Path, subject: Subject) -> Erased | None:
    if path.suffix != ".parquet":
        return None
    held = pq.read_table(path)
    named = pa.array(sorted(subject.ids), pa.string())
    kept = held
    for column in [field.name for field in held.schema if pa.types.is_string(field.type)]:
        kept = kept.filter(pc.invert(pc.is_in(kept.column(column), named)))
    kept, renamed = _unnamed(kept, subject)
    changed = held.num_rows - kept.num_rows + renamed
    if not changed:
        return None
    arrow.write(kept, path)
    return Erased(str(path.relative_to(options.home())), "rewritten", changed)


def _unnamed(held: pa.Table, subject: Subject) -> tuple[pa.Table, int]:
    """The table with the pseudonym where a household is called by the person's key, and in how many cells."""
    said, found = pattern(subject.keys), 0
    for position, field in enumerate(held.schema):
        if said is None or not pa.types.is_string(field.type):
            continue
        column = held.column(position)
        naming = pc.match_substring_regex(column, "|".join(map(re.escape, subject.keys)), ignore_case=True)
        if many := pc.sum(naming).as_py():
            texts = [
                said.sub(subject.pseudonym, text) if is_named else text
                for text, is_named in zip(column.to_pylist(), naming.to_pylist(), strict=True)
            ]
            held, found = held.set_column(position, field, pa.array(texts, pa.string())), found + many
    return held, found


def _errors(subject: Subject) -> Iterator[Erased]:
    """A failed run tells what it stumbled over."""
    said = pattern(subject.telling)
    for run in Run.objects.exclude(error="") if said else ():
        without = said.sub(subject.pseudonym, run.error) if said else run.error
        if without != run.error:
            Run.objects.filter(pk=run.pk).update(error=without)
            yield Erased("runs_run", "replaced", 1)


KEEPERS = (
    Keeper("runs", models=("runs.Run",), files=("runs/**", "rolled/**", "panels/**"), erase=erase, hold=hold),
    Impersonal("runs.Stage", "steps, rows, seconds and SQL of a run"),
)
