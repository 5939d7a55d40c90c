"""Imports files: the whole file is checked, then loaded part by part, each part exactly once."""

import hashlib
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from django.db import transaction

from sterna.desk.audit.actions import record
from sterna.desk.config import clock, events, options
from sterna.desk.config.refused import Refused
from sterna.desk.lakehouse import actions as lakehouse
from sterna.desk.lakehouse import queries as lake
from sterna.desk.sources import mapping as mappings
from sterna.desk.sources import suppression
from sterna.desk.sources.actions.catalog import ensure_source
from sterna.desk.sources.mapping import Imported
from sterna.desk.sources.mapping import Mapping as MappingFile
from sterna.desk.sources.models import Import, RefusedRow, Source
from sterna.desk.sources.signals import AddressesSaid, ConsentsSaid, FactsSaid, RecordsSeen
from sterna.desk.sources.staging import Stage, Tally, is_for_the_lake, staged, write_rejects
from sterna.desk.sources.targets import Program
from sterna.desk.users.models import User
from sterna.engine.errors import BadInput

PART_ROWS = 500_000

# Called with the import's name, the rows done and the rows of the file (None while it is being checked).
Progress = Callable[[str, int, int | None], None]


@dataclass(frozen=True)
class Done:
    """An import that stands in the records; `already` when this call found it finished."""

    record: Import
    already: bool


def import_files(
    mapping: MappingFile, where: Path, progress: Progress | None = None, actor: User | None = None
) -> list[Done]:
    """Run every import of `mapping` on the folder, or the one file, `where`.

    Raises BadInput before anything is loaded when a file is missing, and for the first file that cannot be read.
    """
    chosen = _chosen(mapping, where)
    for _, path in chosen:
        if not path.is_file():
            raise BadInput(f"{path}: there is no such file")
    lakehouse.fix_program()
    lakehouse.sweep()
    return [import_one(mapping, spec, path, progress, actor) for spec, path in chosen]


def _chosen(mapping: MappingFile, where: Path) -> list[tuple[Imported, Path]]:
    if not where.is_file():
        return [(spec, where / spec.file) for spec in mapping.imports]
    named = [spec for spec in mapping.imports if spec.file == where.name]
    # A mapping for one file takes it under any name.
    if not named and len({spec.file for spec in mapping.imports}) == 1:
        named = mapping.imports
    if not named:
        files = ", ".join(sorted({spec.file for spec in mapping.imports}))
        raise BadInput(f"{where}: the mapping has no import of a file of this name; it has {files}")
    return [(spec, where) for spec in named]


def import_one(
    mapping: MappingFile,
    spec: Imported,
    path: Path,
    progress: Progress | None = None,
    actor: User | None = None,
) -> Done:
    """Import the file `path` as `spec` says; a killed import goes on where it was, a finished one changes nothing.

    Raises BadInput for a file that is refused as a whole: its Import is marked failed, and nothing of it is loaded.
    """
    source = ensure_source(mapping.source, actor)
    found = _open_import(source, mapping, spec, path)
    if found.state == Import.State.DONE:
        return Done(found, already=True)
    take_up(found, Import.State.values)
    proceed(found, spec, path, progress or _silent, actor)
    return Done(found, already=False)


def take_up(found: Import, states: Sequence[str]) -> bool:
    """Let the import run when it is in one of `states`; False when it is in another by now."""
    free = Import.objects.filter(pk=found.pk, state__in=states).exclude(state=Import.State.DONE)
    taken = free.update(state=Import.State.RUNNING, error="", ended_at=None) == 1
    found.refresh_from_db()
    return taken


def proceed(found: Import, spec: Imported, path: Path, report: Progress, actor: User | None) -> None:
    """Check the file and load it from where the import stands.

    Raises BadInput for a file that is refused as a whole, and Refused when the import was cancelled or is another
    process's meanwhile.
    """
    scratch = options.home() / "staging" / str(found.id)
    program = Program(found.source.name, options.zone().key, options.currency())
    report(spec.name, 0, None)
    try:
        with staged(scratch, path, spec, program, _reference_files(spec)) as stage:
            _check_share(stage, spec, path)
            _leave_out_erased(stage, spec, 0, stage.rows)
            _begin(found, stage)
            _load(found, stage, spec, actor, report)
    except BadInput as error:
        fail(found, told(error, path), actor)
        raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def told(error: Exception, path: Path) -> str:
    """What is said of a file, without the folder of uploads: whoever brought it in knows it by its name."""
    folder = path.parent
    return str(error).replace(f"{folder}/", "") if folder.parent == options.home() / "uploads" else str(error)


def _silent(name: str, done: int, total: int | None) -> None:
    pass


def _reference_files(spec: Imported) -> Mapping[str, Sequence[str]]:
    if not spec.references:
        return {}
    return {table: [path for path, _ in files] for table, files in lake.manifest().items()}


def _open_import(source: Source, mapping: MappingFile, spec: Imported, path: Path) -> Import:
    definition = mappings.sha256(mapping.source, spec)
    if spec.join is not None:
        second = path.parent / spec.join.file
        if not second.is_file():
            raise BadInput(f"{second}: there is no such file")
        # Other words in the second file make other rows: that is another import.
        definition = hashlib.sha256(f"{definition}{lake.sha256_of(second)}".encode()).hexdigest()
    found, _ = Import.objects.get_or_create(
        source=source,
        name=spec.name,
        file_sha256=lake.sha256_of(path),
        mapping_sha256=definition,
        defaults={
            "file_name": path.name,
            "mapping": mappings.written(MappingFile(mapping.source, [spec])),
            "into": spec.into,
            "state": Import.State.RUNNING,
            "started_at": clock.now(),
        },
    )
    return found


def _check_share(stage: Stage, spec: Imported, path: Path) -> None:
    tally = stage.tally(0, stage.rows)
    limit = 1.0 if spec.refuse_if_over is None else spec.refuse_if_over
    share = tally.refused / tally.read
    if tally.accepted and share <= limit:
        return
    first = next(stage.refused())
    raise BadInput(
        f"{path}: {tally.refused:,} of {tally.read:,} rows would be refused, so none is loaded; the first is line "
        f"{first.line}, column {first.column or '(the row)'}: {first.value!r} {first.reason}"
    )


def _begin(found: Import, stage: Stage) -> None:
    """Write the refused rows before the first part, so that a killed import leaves them to read."""
    relative = f"rejects/{found.id}.csv"
    shown = write_rejects(stage, options.home() / relative)
    with transaction.atomic():
        _require_running(Import.objects.select_for_update().get(pk=found.pk))
        RefusedRow.objects.filter(part_of=found).delete()
        RefusedRow.objects.bulk_create(
            RefusedRow(
                part_of=found, line=r.line, column=r.column[:80], value=r.value[:200], reason=r.reason[:200]
            )
            for r in shown
        )
        found.rows_total, found.reject_file = stage.rows, relative if shown else ""
        found.save(update_fields=["rows_total", "reject_file"])


def _require_running(stands: Import) -> None:
    if stands.state == Import.State.CANCELLED:
        raise Refused(f"the import of {stands.file_name} as {stands.name} was cancelled")


def _load(found: Import, stage: Stage, spec: Imported, actor: User | None, report: Progress) -> None:
    report(spec.name, found.rows_read, stage.rows)
    while found.state == Import.State.RUNNING:
        first = found.rows_read
        last = min(first + PART_ROWS, stage.rows)
        with transaction.atomic():
            _claim(found, first)
            _load_part(found, stage, spec, first, last)
            _advance(found, stage.tally(first, last), last == stage.rows, actor)
        report(spec.name, last, stage.rows)


def _claim(found: Import, first: int) -> None:
    """Lock the import for one part; raises Refused when another process has gone on with it meanwhile."""
    stands = Import.objects.select_for_update().get(pk=found.pk)
    _require_running(stands)
    if stands.rows_read != first or stands.state != Import.State.RUNNING:
        raise Refused(f"{found.file_name} is being imported as {found.name} by another process")


def _load_part(found: Import, stage: Stage, spec: Imported, first: int, last: int) -> None:
    # Once more: nobody is erased from here until the part is written.
    suppression.hold()
    _leave_out_erased(stage, spec, first, last)
    identifiers = stage.identifiers(first, last)
    if spec.identify and identifiers:
        events.publish(RecordsSeen(found.source.name, spec.identify.kind, identifiers, found.started_at))
    if is_for_the_lake(spec):
        tally = stage.tally(first, last)
        part = lakehouse.Part(
            table=spec.into,
            origin=f"import:{found.id}:{first}-{last}",
            rows=tally.accepted,
            first_on=tally.first_on,
            last_on=tally.last_on,
            write=lambda path: stage.write(first, last, found.started_at, path),
        )
        lakehouse.add_parts([part] if tally.accepted else [])
    else:
        _say(found, stage, spec, first, last)


def _leave_out_erased(stage: Stage, spec: Imported, first: int, last: int) -> None:
    """Refuse the rows of people who were erased; what stood in them is told nowhere."""
    if spec.identify is None or suppression.is_empty():
        return
    kinds = {"_identifier": spec.identify.kind}
    kinds |= {f"_said{index}": medium for index, medium in enumerate(spec.addresses)}
    for column, kind in kinds.items():
        gone = suppression.suppressed((kind, value) for value in stage.values(column, first, last))
        stage.leave_out(column, sorted(value for _, value in gone), first, last)


def _say(found: Import, stage: Stage, spec: Imported, first: int, last: int) -> None:
    assert spec.identify is not None
    source, kind, at = found.source.name, spec.identify.kind, found.started_at
    for index, fact_class in enumerate(spec.facts):
        facts = ((who, value, day, purpose) for who, value, day, purpose in stage.said(index, first, last))
        events.publish(FactsSaid(source, kind, fact_class, facts, at))  # type: ignore[arg-type]
    for index, said in enumerate(spec.consents):
        consents = ((who, granted, day) for who, granted, day, _ in stage.said(index, first, last))
        events.publish(ConsentsSaid(source, kind, said.medium, said.purpose, consents, at))  # type: ignore[arg-type]
    for index, medium in enumerate(spec.addresses):
        addresses = ((who, address) for who, address, _, _ in stage.said(index, first, last))
        events.publish(AddressesSaid(source, kind, medium, addresses, at))


def _advance(found: Import, tally: Tally, at_end: bool, actor: User | None) -> None:
    first = found.rows_read
    found.rows_read += tally.read
    found.rows_accepted += tally.accepted
    found.rows_refused += tally.refused
    found.rows_unmatched += tally.unmatched
    if tally.amount is not None:
        found.amount = (found.amount or Decimal("0.00")) + tally.amount
    if at_end:
        found.state, found.ended_at = Import.State.DONE, clock.now()
    found.save()
    record(
        "imported rows",
        "import",
        str(found.id),
        actor,
        detail={"from": first, "to": found.rows_read, "accepted": tally.accepted, "refused": tally.refused},
        key=f"import:{found.id}:{first}-{found.rows_read}",
    )


@transaction.atomic
def fail(found: Import, reason: str, actor: User | None) -> None:
    """Mark the import failed for `reason`; what was loaded of it stays."""
    found.state, found.error, found.ended_at = Import.State.FAILED, reason, clock.now()
    found.save(update_fields=["state", "error", "ended_at"])
    record("refused import", "import", str(found.id), actor, reason)
