"""What the app keeps of a person: lines that name them, which become a pseudonym, and jobs that were given them."""

import json
from collections.abc import Sequence
from typing import Any

from django.db import connection

from sterna.desk.audit.models import Entry
from sterna.desk.config.personal import Erased, Impersonal, Keeper, Sheet, Subject, in_json, postgres_pattern

_NAMING = "position(lower(word) in lower(concat_ws(' ', subject, reason, detail::text, key))) > 0"
_RENAME = f"""
with erasing as (select current_setting('sterna.erasing')::jsonb as told)
update audit_entry set
    subject = left(audit_without(subject, told), 120), reason = audit_without(reason, told),
    detail = audit_without(detail::text, told)::jsonb, key = left(audit_without(key, told), 200)
from erasing
where exists (select 1 from unnest(%s::text[]) as word where {_NAMING})
    and concat_ws(' ', audit_without(subject, told), audit_without(reason, told), audit_without(detail::text, told),
        audit_without(key, told)) <> concat_ws(' ', subject, reason, detail::text, key)
"""
_JOBS = """
delete from procrastinate_jobs as j where concat_ws(' ', j.args::text, j.lock, j.queueing_lock) ~* %s
"""


def export(subject: Subject) -> list[Sheet]:
    """Who of the staff did what to the person's records, and when."""
    lines = Entry.objects.filter(subject__in=subject.ids).order_by("at", "id")
    rows = list(lines.values("at", "action", "subject_kind", "subject", "reason"))
    return [Sheet("audit_entry", "What was done to the person's records, when and why.", rows)]


def erase(subject: Subject) -> list[Erased]:
    """Put the pseudonym where lines name the person; the line of what was done, by whom and when stays."""
    with connection.cursor() as cursor:
        lines = _rename(cursor, subject.telling, subject.telling, subject.pseudonym)
        # A line that named the person by anything is about them: in it a first name tells who is meant.
        lines += _rename(cursor, [subject.pseudonym, subject.id], subject.parts, subject.pseudonym)
        cursor.execute(_JOBS, [postgres_pattern(subject.telling)])
        jobs = cursor.rowcount
    done = [Erased("audit_entry", "replaced", lines), Erased("procrastinate_jobs", "removed", jobs)]
    return [each for each in done if each.number]


def _rename(cursor: Any, where: Sequence[str], words: Sequence[str], pseudonym: str) -> int:
    """Put the pseudonym in lines that hold one of `where`; the setting opens the door to that and nothing else."""
    # A reason is a text, a detail is JSON: a word with a quote in it is spelled in two ways.
    spelled = list(dict.fromkeys(each for word in words for each in (in_json(word), word)))
    told = json.dumps({"pseudonym": pseudonym, "words": spelled})
    cursor.execute("select set_config('sterna.erasing', %s, true)", [told])
    cursor.execute(_RENAME, [list({each for word in where for each in (in_json(word), word)})])
    number: int = cursor.rowcount
    cursor.execute("select set_config('sterna.erasing', '', true)")
    return number


KEEPERS = (
    Keeper(
        "audit",
        models=("audit.Entry", "procrastinate.ProcrastinateJob"),
        export=export,
        erase=erase,
    ),
    Impersonal("procrastinate.ProcrastinateEvent", "when a job began and ended"),
    Impersonal("procrastinate.ProcrastinatePeriodicDefer", "when a periodic job is due"),
    Impersonal("procrastinate.ProcrastinateWorker", "which workers live"),
)
