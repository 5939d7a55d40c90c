"""How a published figure was made: its step's SQL out of the run that made it."""

from functools import lru_cache
from uuid import UUID

from django.urls import reverse

from sterna.desk.dashboards.queries.current import run_name
from sterna.desk.runs.models import Run, Stage
from sterna.desk.web.components import Provenance


def sql_of(run: Run, table: str) -> str | None:
    """The SQL that made `table` in `run`; None for a table that no step of this run made."""
    return _steps(run.pk).get(table) if run.published_at else _read(run.pk).get(table)


# What a published run did never changes; a page asks for a dozen figures of one run.
@lru_cache(maxsize=4)
def _steps(run_id: UUID) -> dict[str, str]:
    return _read(run_id)


def _read(run_id: UUID) -> dict[str, str]:
    stages = Stage.objects.filter(run=run_id).values_list("steps", flat=True)
    found: dict[str, str] = {}
    for step in (step for steps in stages for step in steps):
        found.setdefault(step["table"], step["sql"])
    return found


def how(
    run: Run, table: str, meaning: str, definition: str | None = None, rows_url: str | None = None
) -> Provenance:
    """The drawer of a figure out of `table`; `definition` is the key of the brief whose name and version it names."""
    named = (run.brief.get(definition) or {}) if definition else {}
    return Provenance(
        meaning=meaning,
        definition=named.get("name"),
        version=named.get("version"),
        run=run_name(run.pk),
        run_url=reverse("run", args=[run.pk]),
        as_of=run.until,
        sql=sql_of(run, table),
        rows_url=rows_url,
    )
