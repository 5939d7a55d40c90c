"""Looks an installation over and says what is wrong with it, and what would mend it."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sterna.cli.desk import is_behind, start_django
from sterna.engine.errors import BadInput

LEAST_FREE = 1 << 30
LEAST_SHARE = 0.05
PATIENCE = timedelta(minutes=15)


@dataclass(frozen=True)
class Check:
    """What was looked at, whether it is well, and a sentence."""

    check: str
    well: bool
    said: str


def examine() -> list[Check]:
    """Every check in order; those that need the database are left out when it does not answer."""
    from sterna.desk.config import options

    home = options.home()
    found = [*_home(home), *_servers(home)]
    if not home.exists():
        return found
    try:
        start_django()
        behind = is_behind()
    except (BadInput, OSError) as error:
        return [*found, Check("database", False, str(error))]
    said = (
        "older than this version of Sterna: run `sterna migrate`"
        if behind
        else "answers, and its tables are up to date"
    )
    found.append(Check("database", not behind, said))
    return found if behind else [*found, *_records()]


def _home(home: Path) -> Iterator[Check]:
    if not home.exists():
        yield Check("home", True, f"{home} is not there: the first command makes it")
        return
    others = home.stat().st_mode & 0o077 & ~0o011
    yield Check(
        "home",
        not others,
        f"{home} can be read by others: chmod 700 it" if others else f"{home} is the operator's alone",
    )
    if (home / "restoring").exists():
        yield Check("restore", False, "a restore was killed: run `sterna restore` again, it begins anew")
    disk = shutil.disk_usage(home)
    enough = disk.free >= LEAST_FREE and disk.free >= LEAST_SHARE * disk.total
    yield Check(
        "space", enough, f"{disk.free / (1 << 30):,.1f} GiB of {disk.total / (1 << 30):,.1f} GiB are free"
    )


def _servers(home: Path) -> Iterator[Check]:
    """Embedded servers on this machine whose folder is gone, or whose home nobody serves."""
    for pid, folder in _postgres():
        if not folder.exists():
            yield Check(
                "orphan", False, f"process {pid} serves {folder}, which is gone: end it with `kill {pid}`"
            )
        elif folder.parent != home and folder.name == "postgres":
            yield Check(
                "server", True, f"process {pid} is the embedded database of another home, {folder.parent}"
            )
        elif folder.parent == home:
            yield Check("server", True, f"process {pid} is this home's embedded database")


def _postgres() -> Iterator[tuple[int, Path]]:
    """Servers that were started with a folder, as /proc tells; none on a machine without it."""
    for entry in sorted(Path("/proc").glob("[0-9]*")):
        try:
            words = (entry / "cmdline").read_bytes().decode("utf-8", "replace").split("\0")
        except OSError:
            continue
        if Path(words[0]).name == "postgres" and "-D" in words[:-1]:
            yield int(entry.name), Path(words[words.index("-D") + 1])


def _records() -> Iterator[Check]:
    from sterna.desk.lakehouse import queries as lake
    from sterna.desk.sources.suppression import is_under_this_key

    damaged = list(lake.damaged())
    for damage in damaged:
        yield Check("lake", False, f"{damage.path}: {damage.reason}: take it from a backup")
    if not damaged:
        yield Check("lake", True, f"every segment of version {lake.current_version()} is as it was written")
    under = is_under_this_key()
    said = (
        "the list is under this installation's secret"
        if under
        else (
            "the list was made under another STERNA_SECRET_KEY: set that one again, or everybody on it comes back"
        )
    )
    yield Check("erased people", under, said)
    yield from _stuck()


def _stuck() -> Iterator[Check]:
    from procrastinate.contrib.django.models import ProcrastinateJob

    from sterna.desk.contacts.models import Contact
    from sterna.desk.customers.models import Erasure
    from sterna.desk.sources.queries import waiting_events

    before = datetime.now(UTC) - PATIENCE
    waiting = ProcrastinateJob.objects.filter(
        status="todo", scheduled_at=None, procrastinateevent__at__lt=before
    )
    late = waiting.distinct().count()
    doing = ProcrastinateJob.objects.filter(status="doing").exclude(worker__last_heartbeat__gt=before).count()
    yield Check(
        "jobs", not late, f"{late} wait for more than 15 minutes" + (": does a worker run?" if late else "")
    )
    yield Check("workers", not doing, f"{doing} jobs are held by workers that gave no sign for 15 minutes")
    lost = Contact.objects.filter(state=Contact.State.RESERVED, lease_until__lt=before).count()
    yield Check(
        "contacts", not lost, f"{lost} are reserved by a sender that is gone: `sterna send` takes them up"
    )
    left = Erasure.objects.filter(state=Erasure.State.RUNNING, requested_at__lt=before).count()
    yield Check("erasures", not left, f"{left} are not finished: `sterna privacy finish` goes on")
    yield Check("inbox", True, f"{waiting_events():,} events wait to be acted on")


def report(as_json: bool) -> tuple[str, bool]:
    """What to print, and whether all is well."""
    checks = examine()
    well = all(each.well for each in checks)
    if as_json:
        return json.dumps({"well": well, "checks": [asdict(each) for each in checks]}, indent=2), well
    return "\n".join(
        f"{'ok   ' if each.well else 'WRONG'}  {each.check}: {each.said}" for each in checks
    ), well
