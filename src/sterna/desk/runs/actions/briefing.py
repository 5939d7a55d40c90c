"""Takes a brief out of the records: every input pinned and hashed, so that a turn can be made again."""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection, transaction
from django.db.models import Max

from sterna.desk.config import options
from sterna.desk.customers.models import Fact
from sterna.desk.lakehouse import queries as lakehouse
from sterna.desk.runs.actions.definitions import (
    Pinned,
    declared,
    experiment_terms,
    pin,
    plan_terms,
    scheme_terms,
)
from sterna.desk.runs.actions.freezing import freeze
from sterna.engine import flow


@dataclass(frozen=True)
class Frozen:
    """A brief whose inputs are on disk under the run `run_id`.

    `sha256` is over what the inputs are, not over where they lie: the same records give the same one.
    """

    run_id: UUID
    brief: flow.Brief
    sha256: str

    def stored(self) -> dict[str, Any]:
        """The brief as JSON."""
        built: dict[str, Any] = msgspec.to_builtins(self.brief)
        return built


def folder(run_id: UUID) -> Path:
    """Where the files of a run are."""
    return options.home() / "runs" / str(run_id)


def brief(run_id: UUID, until: date) -> Frozen:
    """Freeze the brief of a turn as of `until`, all of it one moment of the records.

    Raises Refused without tiers.
    """
    cut = until + timedelta(days=1)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("set transaction isolation level repeatable read")
        made = _brief(run_id, until, pin(cut))
    return Frozen(run_id, made, _sha256(made))


def _brief(run_id: UUID, until: date, pinned: Pinned) -> flow.Brief:
    frozen = freeze(folder(run_id) / "frozen", until + timedelta(days=1))
    return flow.Brief(
        until=until,
        known_at=_known_at().isoformat(),
        zone=options.zone().key,
        currency=options.currency(),
        manifest=str(lakehouse.current_version()),
        files={
            table: tuple(flow.File(path, sha) for path, sha in files)
            for table, files in lakehouse.manifest().items()
        },
        frozen={name: flow.File(str(path), sha) for name, (path, sha) in frozen.items()},
        scheme=scheme_terms(pinned.scheme),
        plan=plan_terms(pinned.plan) if pinned.plan else None,
        experiment=experiment_terms(pinned.experiment) if pinned.experiment else None,
        measure=tuple(declared(experiment) for experiment in pinned.measured),
        engine=options.text("STERNA_LAKE_ENGINE"),
    )


def _known_at() -> datetime:
    """When the newest of what the brief holds was recorded: not the present, or no two briefs were the same."""
    moments = [lakehouse.known_at(), Fact.objects.aggregate(newest=Max("recorded_at"))["newest"]]
    return max((moment for moment in moments if moment is not None), default=datetime.min.replace(tzinfo=UTC))


def _sha256(made: flow.Brief) -> str:
    built = msgspec.to_builtins(made)
    hashes = {
        "files": {table: [file.sha256 for file in files] for table, files in made.files.items()},
        "frozen": {table: file.sha256 for table, file in made.frozen.items()},
    }
    canonical = json.dumps(built | hashes, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()
