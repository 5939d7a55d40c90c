"""What the app keeps of a person: events in the inbox, dead letters, refused rows, files that were brought in."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from sterna.desk.config import clock, options
from sterna.desk.config.personal import Erased, Impersonal, Keeper, Sheet, Subject, pattern
from sterna.desk.sources import suppression
from sterna.desk.sources.actions.suppressing import drop_waiting
from sterna.desk.sources.models import DeadLetter, Import, InboxEvent, RefusedRow, Upload
from sterna.engine.lake import files


def export(subject: Subject) -> list[Sheet]:
    """Events that wait in the inbox, and letters that were refused."""
    events = InboxEvent.objects.select_related("source").order_by("sequence")
    letters = DeadLetter.objects.select_related("source").order_by("id")
    return [
        Sheet("sources_inboxevent", "Events as they came.", [_told(each) for each in _of(events, subject)]),
        Sheet(
            "sources_deadletter", "Events that were refused.", [_told(each) for each in _of(letters, subject)]
        ),
    ]


def _of(rows: Any, subject: Subject) -> Iterator[Any]:
    said, named = pattern(subject.telling), {(kind, value) for _, kind, value in subject.identifiers}
    for row in rows.iterator(chunk_size=2_000):
        mine = suppression.named(row.body, row.source.identifier_kind) & named
        if mine or (said and said.search(files_text(row.body))):
            yield row


def files_text(body: Any) -> str:
    """Every text of a JSON value on a line of its own."""
    if isinstance(body, dict):
        return "\n".join(files_text(item) for pair in body.items() for item in pair)
    return "\n".join(map(files_text, body)) if isinstance(body, list) else str(body)


def _told(row: Any) -> dict[str, Any]:
    return {
        "source": row.source.name,
        "received_at": row.received_at,
        "message_id": row.message_id,
        "body": row.body,
    }


def at_once(subject: Subject) -> list[Erased]:
    """Drop what waits in the inbox before anybody acts on it or seals it."""
    dropped = drop_waiting(subject.identifiers, subject.telling)
    return [Erased("sources_inboxevent", "removed", dropped)] if dropped else []


def erase(subject: Subject) -> list[Erased]:
    """Remove letters, refused rows and files that hold the person."""
    return [each for each in _erased(subject) if each.number]


def _erased(subject: Subject) -> Iterator[Erased]:
    letters = [row.pk for row in _of(DeadLetter.objects.select_related("source"), subject)]
    yield Erased("sources_deadletter", "removed", DeadLetter.objects.filter(pk__in=letters).delete()[0])
    # A cell holds a short identifier as often as a long one.
    cell = pattern((*subject.values, *subject.words))
    if cell is not None:
        yield from _refused(subject)
        yield from _uploads(cell, subject.pseudonym)
        yield from _leftovers(cell)


def _refused(subject: Subject) -> Iterator[Erased]:
    """What was refused is told with a few values: a name among them is enough; a row that is lost was refused."""
    said = pattern((*subject.values, *subject.parts))
    assert said is not None
    rows = [row.pk for row in RefusedRow.objects.iterator() if said.search(f"{row.value} {row.reason}")]
    yield Erased("sources_refusedrow", "removed", RefusedRow.objects.filter(pk__in=rows).delete()[0])
    for found in Import.objects.all():
        told = {name: said.sub(subject.pseudonym, getattr(found, name)) for name in ("error", "file_name")}
        if any(text != getattr(found, name) for name, text in told.items()):
            Import.objects.filter(pk=found.pk).update(**told)
            yield Erased("sources_import", "replaced", 1)
    for path in sorted((options.home() / "rejects").glob("*.csv")):
        yield Erased(f"rejects/{path.name}", "rewritten", _without_rows(path, said))


def _leftovers(cell: Any) -> Iterator[Erased]:
    """What imports that were killed left on disk."""
    for path in sorted((options.home() / "staging").rglob("*")):
        if path.is_file() and cell.search(_readable(path)):
            path.unlink()
            yield Erased("staging", "removed", 1)


def _without_rows(path: Path, cell: Any) -> int:
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = list(csv.reader(file)) or [[]]
    kept = [row for row in rows if not any(cell.search(each) for each in row)]
    if len(kept) < len(rows):
        written = io.StringIO(newline="")
        csv.writer(written).writerows([header, *kept])
        files.write_text(path, written.getvalue())
    return len(rows) - len(kept)


def _uploads(cell: Any, pseudonym: str) -> Iterator[Erased]:
    """A file that somebody brought in goes whole: what it held of others is in the records already."""
    for upload in Upload.objects.exclude(file_name__contains=pseudonym):
        folder = options.home() / "uploads" / str(upload.pk)
        held = [path for path in folder.rglob("*") if path.is_file() and cell.search(_readable(path))]
        said = cell.search(upload.file_name) or cell.search(files_text(upload.columns))
        for path in held:
            path.unlink()
        if held or said:
            name = cell.sub(pseudonym, upload.file_name)
            Upload.objects.filter(pk=upload.pk).update(removed_at=clock.now(), columns={}, file_name=name)
            yield Erased("uploads", "removed", len(held) or 1)


def _readable(path: Path) -> str:
    """The texts in a file that people bring in: Parquet by its columns, anything else as it is."""
    with path.open("rb") as file:
        is_parquet = file.read(4) == b"PAR1"
    if not is_parquet:
        return path.read_text(encoding="utf-8", errors="replace")
    held = pq.read_table(path)
    texts = [column.cast(pa.string()) for column in held.columns if not pa.types.is_nested(column.type)]
    return "\n".join(str(value) for column in texts for value in column.to_pylist())


KEEPERS = (
    Keeper(
        "sources",
        models=(
            "sources.InboxEvent",
            "sources.DeadLetter",
            "sources.RefusedRow",
            "sources.Import",
            "sources.Upload",
        ),
        files=("rejects/*.csv", "uploads/**", "staging/**"),
        export=export,
        erase=erase,
        at_once=at_once,
    ),
    Impersonal("invented/**", "people who were made up for the demonstration"),
    Impersonal("shop/**", "people who were simulated for the demonstration"),
    Impersonal("bank/**", "clients who were simulated for the demonstration"),
    Impersonal("sources.Source", "systems that data comes from"),
    Impersonal("sources.WriteKey", "hashes of keys of systems"),
    Impersonal("sources.Bucket", "how much a key may send"),
    Impersonal("sources.Webhook", "how another system's messages are read"),
    Impersonal("sources.Tally", "counts of events a day"),
    Impersonal("sources.SweptDigest", "hashes of message ids"),
    Impersonal("sources.Suppressed", "keyed hashes of those who were erased"),
)
