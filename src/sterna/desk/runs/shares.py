"""Measures what a recognition needs: the events that have a name, and the customers who may be reached by a medium."""

import json
from pathlib import Path
from uuid import uuid4

from sterna.desk.config import options
from sterna.desk.config.refused import Refused
from sterna.desk.customers.queries.touchpoints import identified_shares
from sterna.desk.lakehouse.lake_query import lake_query
from sterna.desk.plans.measured import NOTHING, Shares
from sterna.desk.runs.models import Run
from sterna.desk.runs.panels import files_of
from sterna.desk.runs.queries import newest_run
from sterna.engine.errors import LakeMissing

# Whoever has an address and whose last word on the medium, for any purpose, is yes.
_REACHABLE = """
select addresses.medium, count(distinct customers.customer_id) / any_value(everybody.number)
from customers
cross join (select count(*) as number from customers) as everybody
join addresses on addresses.customer_id = customers.customer_id
join consents on consents.customer_id = customers.customer_id and consents.medium = addresses.medium
where consents.granted group by addresses.medium order by addresses.medium
"""
_TABLES = ("customers", "addresses", "consents")


def shares() -> Shares:
    """The shares of the newest published run, measured once and kept beside its files.

    What takes too long or has lost its files is not measured, and nobody is told that it was.
    """
    run = newest_run()
    if run is None:
        return NOTHING
    kept = _file(run)
    if kept.exists():
        read = json.loads(kept.read_text(encoding="utf-8"))
        return Shares(read["identified"], read["reachable"])
    made = Shares(_identified(run), _reachable(run))
    if kept.parent.exists():
        _keep(kept, made)
    return made


def _file(run: Run) -> Path:
    return options.home() / "runs" / str(run.pk) / "shares.json"


def _keep(path: Path, made: Shares) -> None:
    """Whole or not at all: two that measure at once both write the same."""
    unfinished = path.with_name(f"{path.name}.{uuid4().hex}")
    told = {"identified": made.identified, "reachable": made.reachable}
    unfinished.write_text(json.dumps(told), encoding="utf-8")
    unfinished.replace(path)


def _identified(run: Run) -> dict[str, float] | None:
    try:
        found = identified_shares(run.until)
    except (Refused, LakeMissing):
        return None
    return {one.touchpoint: one.share for one in found if one.touchpoint and one.share is not None}


def _reachable(run: Run) -> dict[str, float] | None:
    files = {name: files_of(run, name) for name in _TABLES}
    if not all(files.values()):
        return None
    try:
        return dict(lake_query(_REACHABLE, files, {}))
    except (Refused, LakeMissing):
        return None
