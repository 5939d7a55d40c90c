"""`sterna import` and `sterna source add`: files into the lake and the records, and sources that send events."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sterna.cli.desk import setup

if TYPE_CHECKING:
    from rich.progress import TaskID

    from sterna.desk.sources.actions import Done
    from sterna.desk.sources.actions.imports import Progress

source_commands = typer.Typer(help="Systems that data comes from.", no_args_is_help=True)


def import_command(
    where: Annotated[
        Path, typer.Argument(help="The folder of the files, or one file.", metavar="FOLDER_OR_FILE")
    ],
    mapping: Annotated[Path, typer.Option(help="The mapping file (YAML).")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the outcome as JSON.")] = False,
) -> None:
    """Import files: each row once, refused rows into a file with line, column and reason."""
    setup()
    done = import_with_mapping(where, mapping, quiet=as_json)
    if as_json:
        print(json.dumps([_as_json(item) for item in done], indent=2))
    else:
        for item in done:
            print(_sentence(item))


def import_with_mapping(where: Path, mapping: Path, quiet: bool = False) -> "Sequence[Done]":
    """Run the imports of a mapping file with a bar for each; Django must be set up. Raises BadInput, Refused."""
    from sterna.desk.sources import mapping as mappings
    from sterna.desk.sources.actions import import_files

    read = mappings.load(mapping)
    with _bars(quiet) as show:
        return import_files(read, where, show)


@contextmanager
def _bars(quiet: bool) -> Iterator["Progress"]:
    """Bars on the error stream, one an import; they appear with the first, so that a refusal stays one line."""
    from rich import progress
    from rich.console import Console

    columns = (
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TimeElapsedColumn(),
    )
    bars = progress.Progress(*columns, console=Console(stderr=True), disable=quiet)
    tasks: dict[str, TaskID] = {}

    def show(name: str, done: int, total: int | None) -> None:
        if not tasks:
            bars.start()
        if name not in tasks:
            tasks[name] = bars.add_task(f"{name}: checking", total=None)
        if total is not None:
            bars.update(tasks[name], description=f"{name}: loading", completed=done, total=total)

    try:
        yield show
    finally:
        if tasks:
            bars.stop()


def _as_json(done: "Done") -> dict[str, Any]:
    found = done.record
    return {
        "import": str(found.id),
        "source": found.source.name,
        "name": found.name,
        "file": found.file_name,
        "into": found.into,
        "state": found.state,
        "already": done.already,
        "rows": found.rows_read,
        "accepted": found.rows_accepted,
        "refused": found.rows_refused,
        "unmatched": found.rows_unmatched,
        "amount": None if found.amount is None else str(found.amount),
        "reject_file": found.reject_file or None,
    }


def _sentence(done: "Done") -> str:
    found = done.record
    if done.already:
        return f"{found.name}: already imported on {found.started_at:%Y-%m-%d %H:%M} UTC, nothing changed"
    parts = [f"{found.name}: {found.rows_accepted:,} of {found.rows_read:,} rows"]
    if found.amount is not None:
        from sterna.desk.config import options

        parts.append(f"{found.amount:,} {options.currency()}")
    if found.rows_unmatched:
        parts.append(f"{found.rows_unmatched:,} refer to something unknown and stay")
    if found.rows_refused:
        parts.append(f"{found.rows_refused:,} refused, see STERNA_HOME/{found.reject_file}")
    return ", ".join(parts)


@source_commands.command("add")
def add(
    name: Annotated[str, typer.Argument(help="Lower-case letters, digits, '.', '_' and '-'.")],
    title: Annotated[str, typer.Option(help="How people read it.")] = "",
    identifier_kind: Annotated[
        str, typer.Option(help="Which kind of identifier its user ids are.")
    ] = "user_id",
    as_json: Annotated[bool, typer.Option("--json", help="Print the key as JSON.")] = False,
) -> None:
    """Add a source that sends events, and print its write key, which is shown this once."""
    setup()
    from sterna.desk.sources.actions import add_source

    source, key = add_source(name, title or name, identifier_kind)
    if as_json:
        print(json.dumps({"source": source.name, "write_key": key}))
    else:
        print(f"Source {source.name} is added. Its write key, shown only now: {key}")
