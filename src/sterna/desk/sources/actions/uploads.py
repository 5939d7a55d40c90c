"""Files brought in by a page: kept, mapped, imported by the background worker, cancelled, taken up again, swept."""

import shutil
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import duckdb
import msgspec
from django.db import DataError, IntegrityError, connection, transaction
from procrastinate.contrib.django import app as jobs
from procrastinate.exceptions import AlreadyEnqueued

from sterna.desk.audit.actions import record
from sterna.desk.config import clock, options
from sterna.desk.config.ids import new_id
from sterna.desk.config.refused import Refused
from sterna.desk.lakehouse import actions as lakehouse
from sterna.desk.lakehouse.queries import sha256_of
from sterna.desk.sources import mapping as mappings
from sterna.desk.sources import queries
from sterna.desk.sources.actions.catalog import ensure_source
from sterna.desk.sources.actions.imports import fail, proceed, take_up, told
from sterna.desk.sources.guessing import how_written
from sterna.desk.sources.mapping import Imported
from sterna.desk.sources.mapping import Mapping as MappingFile
from sterna.desk.sources.models import Import, Source, Upload
from sterna.desk.sources.preview import look, trial
from sterna.desk.sources.targets import Program
from sterna.desk.users.access import Right, demand
from sterna.desk.users.models import User
from sterna.engine.errors import BadInput, SternaError

TASK = "sources.import_waiting"
# An advisory lock of PostgreSQL: it ends with the connection, so a killed worker holds up nobody.
IMPORTING = 5_307_301
LONGEST_NAME = 200  # bytes, below what any file system takes


def keep_upload(temporary: Path, file_name: str, actor: User | None) -> Upload:
    """Keep the file `temporary`, moved, as an upload of this name; raises BadInput for what no import reads."""
    demand(actor, Right.MANAGE)
    identity = new_id()
    path = queries.uploads_folder() / str(identity) / _safe(file_name)
    path.parent.mkdir(parents=True)
    try:
        temporary.replace(path)
        written = how_written(path)
        seen = look(path, written, queries.month_first())
        upload = Upload(
            id=identity, file_name=path.name, size=path.stat().st_size, sha256=sha256_of(path),
            columns=seen.columns, uploaded_by=actor, uploaded_at=clock.now(),
        )  # fmt: skip
        with transaction.atomic():
            upload.save(force_insert=True)
            record(
                "uploaded file",
                "upload",
                str(identity),
                actor,
                detail={"file": path.name, "size": upload.size},
            )
    except BadInput as error:
        shutil.rmtree(path.parent)
        raise BadInput(told(error, path)) from None
    return upload


def _safe(file_name: str) -> str:
    """The name without folders, short enough for any file system, its ending kept."""
    name = Path(file_name.replace("\\", "/").replace("\x00", "")).name or "file"
    stem, suffix = Path(name).stem, Path(name).suffix
    while len((stem + suffix).encode()) > LONGEST_NAME and stem:
        stem = stem[:-1]
    return stem + suffix[:20]


@transaction.atomic
def keep_mapping(upload: Upload, text: str, actor: User | None) -> None:
    """Keep the text of a mapping as it was written, in order or not, so that nothing typed is lost."""
    demand(actor, Right.MANAGE)
    if upload.mapping == text:
        return
    upload.mapping = text
    upload.save(update_fields=["mapping"])
    record("kept mapping", "upload", str(upload.pk), actor)


def request_import(upload: Upload, text: str, actor: User | None) -> list[Import]:
    """Have the background worker import the upload as the mapping `text` says; what is in already stays as it is.

    Raises BadInput for a mapping that is wrong or cannot fit the file, and Refused when nothing is left to import.
    """
    demand(actor, Right.MANAGE)
    keep_mapping(upload, text, actor)
    mapping = mappings.parse(text, "of the form")
    path = _path(upload)
    for spec in mapping.imports:
        try:
            trial(path, spec, Program(mapping.source.name, options.zone().key, options.currency()))
        except BadInput as error:
            raise BadInput(told(error, path)) from None
    with transaction.atomic():
        lakehouse.fix_program()
        source = ensure_source(mapping.source, actor)
        asked = [_ask(upload, source, mapping, spec, actor) for spec in mapping.imports]
        wanted = [found for found in asked if found is not None]
        if not wanted:
            raise Refused(f"{upload.file_name} is in already under this mapping: nothing was changed")
        _defer()
    return wanted


def _path(upload: Upload) -> Path:
    path = queries.upload_path(upload)
    if upload.removed_at is not None or not path.is_file():
        raise Refused(f"{upload.file_name} is not kept any more: bring it in again")
    return path


def _ask(
    upload: Upload, source: Source, mapping: MappingFile, spec: Imported, actor: User | None
) -> Import | None:
    """The import, waiting for its turn; None when the same rows are in already or on their way."""
    alone = MappingFile(mapping.source, [spec])
    if any(_is_same(found, alone) for found in queries.imports_of(upload.sha256).filter(source=source)):
        return None
    found, made = Import.objects.get_or_create(
        source=source,
        name=spec.name,
        file_sha256=upload.sha256,
        mapping_sha256=mappings.sha256(mapping.source, spec),
        defaults={
            "file_name": upload.file_name, "into": spec.into, "state": Import.State.WAITING,
            "started_at": clock.now(), "upload": upload, "mapping": mappings.written(alone),
        },
    )  # fmt: skip
    if not made:
        _wait_again(found, upload)
    record(
        "asked for import", "import", str(found.pk), actor, detail={"file": upload.file_name, "as": spec.name}
    )
    return found


def _is_same(found: Import, mapping: MappingFile) -> bool:
    """Whether the import makes the same rows: another name of it, or of its file, changes none."""
    if found.state in (Import.State.FAILED, Import.State.CANCELLED) or not found.mapping:
        return False
    before, now = mappings.parse(found.mapping, "of an import"), mapping
    return _unnamed(before.imports[0]) == _unnamed(now.imports[0])


def _unnamed(spec: Imported) -> Imported:
    return msgspec.structs.replace(spec, name="", file="")


def _wait_again(found: Import, upload: Upload) -> None:
    """Set a failed or cancelled import to wait for its turn; it goes on where it was."""
    stands = Import.objects.select_for_update().get(pk=found.pk)
    if stands.state not in (Import.State.FAILED, Import.State.CANCELLED):
        raise Refused(f"{found.file_name} as {found.name} is {stands.get_state_display().lower()} already")
    Import.objects.filter(pk=found.pk).update(
        state=Import.State.WAITING, upload=upload, error="", ended_at=None
    )
    found.refresh_from_db()


def _defer() -> None:
    # A savepoint: that one job waits already must not undo what the caller did.
    with suppress(AlreadyEnqueued), transaction.atomic():
        jobs.configure_task(name=TASK, queueing_lock=TASK).defer(timestamp=0)


@transaction.atomic
def resume_import(found: Import, actor: User | None) -> None:
    """Have a failed or cancelled import of an uploaded file go on where it was."""
    demand(actor, Right.MANAGE)
    if found.upload is None:
        raise Refused("this import came from the command line: import its file there again, and it goes on")
    _path(found.upload)
    _wait_again(found, found.upload)
    record("resumed import", "import", str(found.pk), actor)
    _defer()


@transaction.atomic
def cancel_import(found: Import, actor: User | None) -> None:
    """Stop an import that waits or runs: at once, or when the part that is being loaded is in; that stays."""
    demand(actor, Right.MANAGE)
    stands = Import.objects.select_for_update().get(pk=found.pk)
    if stands.state not in (Import.State.WAITING, Import.State.RUNNING):
        raise Refused(f"this import is {stands.get_state_display().lower()} already")
    stands.state, stands.ended_at = Import.State.CANCELLED, clock.now()
    stands.save(update_fields=["state", "ended_at"])
    record("cancelled import", "import", str(found.pk), actor, detail={"rows": stands.rows_read})


def import_waiting(on_step: Callable[[], None] = lambda: None) -> int:
    """Import what waits, and what a killed worker left, one file after the other; returns how many were done.

    Does nothing while another worker is at it. A failure is on the import's page, and the next file has its turn.
    """
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_lock(%s)", [IMPORTING])
        row = cursor.fetchone()
        if row is None or not row[0]:
            return 0
        try:
            return _import_all(on_step)
        finally:
            cursor.execute("select pg_advisory_unlock(%s)", [IMPORTING])


def _import_all(on_step: Callable[[], None]) -> int:
    done = 0
    live = (Import.State.WAITING, Import.State.RUNNING)
    waiting = Import.objects.filter(upload__isnull=False, state__in=live).order_by("started_at", "pk")
    while found := waiting.first():
        # What a killed one wrote last is listed nowhere; nobody else would ever remove it.
        lakehouse.sweep()
        if take_up(found, live):
            done += _import_one(found, on_step)
    return done


def _import_one(found: Import, on_step: Callable[[], None]) -> int:
    """Import one upload; 1 when it was done. Whatever stops it is written down, so that it is not tried for ever."""
    assert found.upload is not None
    actor = found.upload.uploaded_by
    try:
        path = _path(found.upload)
        spec = mappings.parse(found.mapping, "of the import").imports[0]
        proceed(found, spec, path, lambda *_: on_step(), actor)
    except (SternaError, OSError, MemoryError, duckdb.Error, DataError, IntegrityError) as error:
        found.refresh_from_db()
        if found.state == Import.State.RUNNING:
            fail(found, str(error) or type(error).__name__, actor)
        return 0
    return 1


def sweep_uploads() -> int:
    """Remove the files that were kept for as many days as the setting says, and what a broken upload left."""
    cut = clock.now() - timedelta(days=options.number("STERNA_UPLOAD_DAYS"))
    live = (Import.State.WAITING, Import.State.RUNNING)
    old = Upload.objects.filter(removed_at=None, uploaded_at__lt=cut).exclude(imports__state__in=live)
    removed = sum(_remove(upload, None) for upload in old)
    for left in queries.uploads_folder().glob("*.incoming"):
        if left.stat().st_mtime < cut.timestamp():
            left.unlink(missing_ok=True)
    return removed


def remove_upload(upload: Upload, actor: User | None) -> None:
    """Remove the file of an upload; what was imported of it stays. Raises Refused while it is being imported."""
    demand(actor, Right.MANAGE)
    live = (Import.State.WAITING, Import.State.RUNNING)
    if upload.imports.filter(state__in=live).exists():
        raise Refused(f"{upload.file_name} is being imported: cancel that first")
    if upload.removed_at is not None:
        raise Refused(f"{upload.file_name} was removed already")
    _remove(upload, actor)


def _remove(upload: Upload, actor: User | None) -> bool:
    with transaction.atomic():
        upload.removed_at = clock.now()
        upload.save(update_fields=["removed_at"])
        record("removed upload", "upload", str(upload.pk), actor, key=f"removed upload:{upload.pk}")
    shutil.rmtree(queries.upload_path(upload).parent, ignore_errors=True)
    return True
