"""Backs an installation up into a folder while it runs, and restores one into an empty home."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sterna.cli.desk import migrate, setup, start_django
from sterna.engine.errors import BadInput
from sterna.engine.lake.files import sha256, write_text

FORMAT = 1
# Files beside the database that are the installation; what else lies in a home is made anew or is a leftover.
FOLDERS = ("lake", "runs", "letters", "rejects", "uploads", "mail", "invented", "shop")
ALONE = ("secret", "demo-password", "erased.jsonl")
MARK = "restoring"


def back_up(folder: Path) -> str:
    """Write the installation into `folder`, all of one moment; returns what to print.

    Tables are read in one snapshot, and no file that it lists goes meanwhile: erasures wait. Raises BadInput for a
    folder that is not empty.
    """
    if folder.exists() and any(folder.iterdir()):
        raise BadInput(f"{folder} is not empty: a backup needs a folder of its own")
    setup()
    from sterna.desk.config import options
    from sterna.desk.customers.actions.erasing import erasing, list_file

    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    with erasing(), _snapshot() as cursor:
        told = {
            "format": FORMAT,
            "made_at": datetime.now(UTC).isoformat(),
            "lake_version": _one(cursor, "select coalesce(max(number), 0) from lakehouse_version"),
            "migrations": _migrations(cursor),
            "tables": _copy_out(cursor, folder / "tables"),
            # Read last: a number that was drawn meanwhile is never drawn again.
            "sequences": _sequences(cursor),
        }
        told["files"] = _copy_files(options.home(), folder / "files", _unlisted(cursor))
    if list_file().exists():
        # Beside the backup, not in it: who is erased later is added there, never to a backup that is written.
        shutil.copyfile(list_file(), _list_beside(folder))
    write_text(folder / "backup.json", json.dumps(told, indent=1))
    rows, files = sum(told["tables"].values()), len(told["files"])
    return f"{folder}: {rows:,} rows, {files:,} files, the lake at version {told['lake_version']}"


def _list_beside(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.erased.jsonl")


@contextmanager
def _snapshot() -> Iterator[Any]:
    """A cursor that sees one moment of the records."""
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("set transaction isolation level repeatable read, read only")
        yield cursor


def _one(cursor: Any, sql: str) -> Any:
    cursor.execute(sql)
    return cursor.fetchone()[0]


def _migrations(cursor: Any) -> list[list[str]]:
    cursor.execute("select app, name from django_migrations order by id")
    return [list(row) for row in cursor.fetchall()]


def _sequences(cursor: Any) -> dict[str, int]:
    cursor.execute(
        "select sequencename, last_value from pg_sequences where schemaname = 'public' and last_value is not null"
    )
    return dict(cursor.fetchall())


_TABLES = """
select c.relname from pg_class as c where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
    and c.relname <> 'django_migrations' order by 1
"""
_REFERENCES = """
select conrelid::regclass::text, confrelid::regclass::text from pg_constraint
where contype = 'f' and connamespace = 'public'::regnamespace and conrelid <> confrelid and not condeferrable
"""
_COLUMNS = """
select attname from pg_attribute where attrelid = %s::regclass and attnum > 0 and not attisdropped
    and attgenerated = '' order by attnum
"""


def _copy_out(cursor: Any, folder: Path) -> dict[str, int]:
    """Copy every table into a file; returns the rows of each."""
    folder.mkdir()
    rows = {}
    for table in _tables(cursor):
        columns = _columns(cursor, table)
        with (folder / f"{table}.copy").open("wb") as file:
            file.write((",".join(columns) + "\n").encode())
            with cursor.copy(f'copy "{table}" ({_quoted(columns)}) to stdout') as copy:
                for data in copy:
                    file.write(data)
        rows[table] = cursor.rowcount
    return rows


def _tables(cursor: Any) -> list[str]:
    cursor.execute(_TABLES)
    return [row[0] for row in cursor.fetchall()]


def _columns(cursor: Any, table: str) -> list[str]:
    cursor.execute(_COLUMNS, [f'"{table}"'])
    return [row[0] for row in cursor.fetchall()]


def _quoted(columns: list[str]) -> str:
    return ", ".join(f'"{column}"' for column in columns)


def _unlisted(cursor: Any) -> set[str]:
    """Files of the lake that came after the snapshot, or that an erasure takes out: no backup holds them."""
    from sterna.desk.config import options

    cursor.execute("select path from lakehouse_segment where erasure is null")
    listed = {row[0] for row in cursor.fetchall()}
    home = options.home()
    return {str(path.relative_to(home)) for path in (home / "lake").rglob("*")} - listed


def _copy_files(home: Path, into: Path, left_out: set[str]) -> dict[str, str]:
    """Copy the installation's files; returns each one's SHA-256 by its path in the home."""
    copied = {}
    found = [path for name in FOLDERS for path in sorted((home / name).rglob("*"))]
    for path in [*found, *(home / name for name in ALONE)]:
        relative = str(path.relative_to(home))
        if not path.is_file() or relative in left_out or path.name.endswith(".unfinished"):
            continue
        target = into / relative
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
        copied[relative] = sha256(target)
    return copied


def restore(folder: Path, erased: Path | None = None) -> str:
    """Restore the backup in `folder` into STERNA_HOME, which must be empty; returns what to print.

    Whoever was erased since is erased again, by the list `erased` (None: the one beside the backup). Raises BadInput
    for a backup that is not whole, and for a home or database that is not empty; a restore that was killed begins anew.
    """
    told = _checked(folder)
    lists = erased or _list_beside(folder)
    if erased is not None and not erased.is_file():
        raise BadInput(f"{erased}: there is no such list of erased people")
    from sterna.desk.config import options, postgres

    home = options.home()
    _require_empty(home)
    postgres.prepare_home(home)
    (home / MARK).touch()
    # The secret first: the settings read it, and the list of erased people is kept under it.
    _copy_back(folder / "files", home)
    start_django()
    _require_no_tables()
    _load(folder, told)
    migrate()
    again = _erase_again(lists)
    (home / MARK).unlink()
    rows = sum(told["tables"].values())
    return f"{home}: {rows:,} rows, {len(told['files']):,} files; {again}"


def _checked(folder: Path) -> dict[str, Any]:
    try:
        told: dict[str, Any] = json.loads((folder / "backup.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise BadInput(
            f"{folder} is no backup, or one that was not finished: backup.json cannot be read"
        ) from None
    if told.get("format") != FORMAT:
        raise BadInput(f"{folder} has format {told.get('format')}; this Sterna restores format {FORMAT}")
    for path, sha in told["files"].items():
        if not (folder / "files" / path).is_file() or sha256(folder / "files" / path) != sha:
            raise BadInput(f"{folder / 'files' / path} is missing or is not the file that was backed up")
    return told


def _require_empty(home: Path) -> None:
    if (home / MARK).exists():
        _empty(home)
    elif home.exists() and any(home.iterdir()):
        raise BadInput(f"{home} is not empty: set STERNA_HOME to a new folder")


def _empty(home: Path) -> None:
    """Remove what a restore left that was killed."""
    # By a process of its own: the embedded server's package remembers in this one that the server was there.
    subprocess.run([sys.executable, "-m", "sterna.cli.main", "stop"], check=True, capture_output=True)
    for path in home.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def _copy_back(files: Path, home: Path) -> None:
    for path in sorted(files.rglob("*")):
        if path.is_file():
            target = home / path.relative_to(files)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
            target.chmod(0o600)


def _require_no_tables() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        if _tables(cursor):
            raise BadInput("the database of STERNA_DATABASE_URL is not empty: name a new one")


def _load(folder: Path, told: dict[str, Any]) -> None:
    """Make the tables as they were then, and copy every row back in one transaction."""
    from django.db import connection, transaction

    _make_tables(told["migrations"])
    with transaction.atomic(), connection.cursor() as cursor:
        tables = _in_order(cursor)
        missing = sorted(set(told["tables"]) - set(tables))
        if missing:
            raise BadInput(
                f"this Sterna does not know the table {missing[0]} of the backup: restore with the one that made it"
            )
        cursor.execute(f"truncate {_quoted(tables)}")
        for table in tables:
            # What a trigger would do once more was done when the row was first written.
            cursor.execute(f'alter table "{table}" disable trigger user')
            _copy_in(cursor, table, folder / "tables" / f"{table}.copy")
        cursor.execute("set constraints all immediate")
        for table in tables:
            cursor.execute(f'alter table "{table}" enable trigger user')
        for sequence, position in told["sequences"].items():
            cursor.execute("select setval(%s, %s)", [f'"{sequence}"', position])


def _make_tables(applied: list[list[str]]) -> None:
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.loader import MigrationLoader

    loader = MigrationLoader(connection)
    wanted = {(app, name) for app, name in applied}
    unknown = sorted(wanted - set(loader.disk_migrations))
    if unknown:
        raise BadInput(f"this Sterna is older than the backup: it does not know {'.'.join(unknown[0])}")
    for app, name in sorted(wanted):
        below = loader.graph.node_map[app, name].children
        if not any(child.key in wanted and child.key[0] == app for child in below):
            call_command("migrate", app, name, verbosity=0, interactive=False)


def _in_order(cursor: Any) -> list[str]:
    """The tables, each after those that it refers to by a constraint that is checked at once."""
    from graphlib import TopologicalSorter

    sorter = TopologicalSorter({table: set[str]() for table in _tables(cursor)})
    cursor.execute(_REFERENCES)
    for child, parent in cursor.fetchall():
        sorter.add(child.strip('"'), parent.strip('"'))
    return list(sorter.static_order())


def _copy_in(cursor: Any, table: str, path: Path) -> None:
    if not path.exists():
        return
    with path.open("rb") as file:
        columns = file.readline().decode().rstrip("\n").split(",")
        with cursor.copy(f'copy "{table}" ({_quoted(columns)}) from stdin') as copy:
            while block := file.read(1 << 20):
                copy.write(block)


def _erase_again(lists: Path) -> str:
    from sterna.desk.customers.actions.replaying import replay_list

    if not lists.is_file():
        return "there is no list of erased people beside it, so nobody is erased again"
    listed, people = replay_list(lists)
    return f"{listed} erasures are on the list, {people} of them erased again"
