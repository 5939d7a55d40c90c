"""Takes a brief out of the records: every input pinned and hashed, so that a turn can be made again."""

import hashlib
import json
from collections.abc import Callable, Mapping
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
from sterna.desk.runs.actions import asked, wallets
from sterna.desk.runs.actions.definitions import (
    Pinned,
    declared,
    experiment_terms,
    pin,
    plan_terms,
    ruled_terms,
    scheme_terms,
    treatment_terms,
    value_terms,
)
from sterna.desk.runs.actions.freezing import freeze
from sterna.desk.sources.queries import sealed_position
from sterna.engine import flow
from sterna.engine.errors import LakeMissing


@dataclass(frozen=True)
class Frozen:
    """A brief whose inputs are on disk under the run `run_id`.

    `sha256` is over what the inputs are, not over where they lie: the same records give the same one.
    `wallets_left_out` counts, by reason, what was said of wallets and could not be used; `sealed` is the sequence up to
    which the lake holds the inbox.
    """

    run_id: UUID
    brief: flow.Brief
    sha256: str
    wallets_left_out: Mapping[str, int]
    sealed: int = 0

    def stored(self) -> dict[str, Any]:
        """The brief as JSON; its files are named relative to the home, so that a home can be moved."""
        built: dict[str, Any] = msgspec.to_builtins(_at(self.brief, _relative))
        return built


def opened(stored: Mapping[str, Any]) -> flow.Brief:
    """A stored brief with its files where they lie now. Raises LakeMissing naming one that is nowhere."""
    return _at(msgspec.convert(stored, flow.Brief), _absolute)


def _at(made: flow.Brief, place: Callable[[str], str]) -> flow.Brief:
    """The brief with each of its paths as `place` gives it."""

    def placed(file: flow.File) -> flow.File:
        return flow.File(place(file.path), file.sha256)

    return msgspec.structs.replace(
        made,
        files={table: tuple(map(placed, parts)) for table, parts in made.files.items()},
        frozen={table: placed(file) for table, file in made.frozen.items()},
    )


def _relative(path: str) -> str:
    return str(Path(path).relative_to(options.home()))


def _absolute(path: str) -> str:
    """Where a file of a stored brief is; older briefs name it absolutely, perhaps in a home that was moved since."""
    named = options.home() / path
    if named.exists() or not Path(path).is_absolute():
        return str(named)
    for start in range(1, len(named.parts)):
        here = options.home().joinpath(*named.parts[start:])
        if here.exists():
            return str(here)
    raise LakeMissing(
        f"the brief reads {path}, which is neither there nor at the same place in {options.home()}"
    )


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
        left_out = wallets.left_out(cut)
        sealed = sealed_position()
    return Frozen(run_id, made, _sha256(made), left_out, sealed)


def _brief(run_id: UUID, until: date, pinned: Pinned) -> flow.Brief:
    cut, months = until + timedelta(days=1), pinned.scheme.body["window_months"]
    # Tiers that rules ask for keep the opening of their own window, or moves over it were told from a later day.
    openings = dict.fromkeys(_other_schemes(pinned), flow.months_before(cut, months))
    openings |= {
        one.name: flow.months_before(cut, one.body["window_months"]) for one in (pinned.scheme, *pinned.tiers)
    }
    frozen = freeze(folder(run_id) / "frozen", cut, months, openings)
    frozen |= asked.files(folder(run_id) / "frozen", pinned.ruled, flow.months_before(cut, months))
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
        tiers=tuple(map(scheme_terms, pinned.tiers)),
        ruled=tuple(map(ruled_terms, pinned.ruled)),
        treatments=tuple(map(treatment_terms, pinned.treatments)),
        plan=plan_terms(pinned.plan) if pinned.plan else None,
        experiment=experiment_terms(pinned.experiment) if pinned.experiment else None,
        measure=tuple(declared(experiment) for experiment in pinned.measured),
        value=value_terms(pinned.bests),
        engine=options.text("STERNA_LAKE_ENGINE"),
    )


def _other_schemes(pinned: Pinned) -> set[str]:
    """The schemes by rules, and every scheme that their rules ask for: groups are placed by people and by no run."""
    return {one.name for one in pinned.ruled} | asked.schemes(pinned.ruled)


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
