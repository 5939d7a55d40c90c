"""The `sterna` command and its verbs; whatever fails ends in one clear line and a code other than 0."""

import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from sterna import __version__
from sterna.cli.desk.imports import import_command, source_commands
from sterna.engine.errors import SternaError

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Move customers up the value chain.")
plan_app = typer.Typer(no_args_is_help=True, help="Migration plans.")
tiers_app = typer.Typer(no_args_is_help=True, help="Value tiers.")
user_app = typer.Typer(no_args_is_help=True, help="People who log in.")
app.add_typer(plan_app, name="plan")
app.add_typer(tiers_app, name="tiers")
app.add_typer(source_commands, name="source")
app.command("import")(import_command)
app.add_typer(user_app, name="user")

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Day = Annotated[
    datetime, typer.Option(formats=["%Y-%m-%d"], help="The last day that counts, such as 2017-06-30.")
]


@app.command()
def version() -> None:
    """Print the version."""
    print(__version__)


@app.command()
def demo(
    serve: Annotated[bool, typer.Option(help="Serve the desk after the loop has turned.")] = True,
    simulated: Annotated[
        bool, typer.Option("--simulated", help="A simulated shop with a planted effect.")
    ] = False,
) -> None:
    """Load real data, turn the loop twice and serve the desk."""
    from sterna.cli.desk import demo as demonstration

    demonstration.run(serve=serve, simulated=simulated)


@app.command()
def serve() -> None:
    """Serve the desk and run its background worker."""
    from sterna.cli.desk import server, setup

    setup()
    server.serve()


@app.command()
def stop() -> None:
    """Stop the embedded database of this home."""
    from sterna.cli.desk import server

    print("stopped" if server.stop() else "nothing was running")


@app.command()
def migrate() -> None:
    """Bring the database up to date."""
    from sterna.cli import desk

    desk.migrate()


@app.command()
def run(
    until: Day,
    again: Annotated[bool, typer.Option(help="Compute a known brief anew and compare the outcomes.")] = False,
    as_json: Json = False,
) -> None:
    """Turn the loop as of a day and publish it; a killed run goes on where it was."""
    from sterna.cli.desk import runs

    print(runs.run(until.date(), again, as_json))


@app.command()
def work(
    once: Annotated[bool, typer.Option(help="Do what is due now, then end.")] = False,
) -> None:
    """Do background work: act on events, seal the inbox, send what is due, turn runs asked for."""
    from sterna.cli.desk import runs

    print(runs.work(once))


@app.command()
def send(limit: Annotated[int, typer.Option(min=1, help="At most so many contacts.")] = 1_000_000) -> None:
    """Send the contacts that are due."""
    from sterna.cli.desk import contacts

    print(contacts.send(limit))


@plan_app.command("load")
def plan_load(path: Path) -> None:
    """Load a plan as a draft and print what the check finds."""
    from sterna.cli.desk import plans

    print(plans.load(path))


@plan_app.command("approve")
def plan_approve(
    name: str, version: int, reason: Annotated[str, typer.Option(help="Why it may begin.")]
) -> None:
    """Approve a draft without errors; its hold-out is declared with it."""
    from sterna.cli.desk import plans

    print(plans.approve(name, version, reason))


@plan_app.command("check")
def plan_check(path: Path, as_json: Json = False) -> None:
    """Check a plan file without an installation; ends with 1 when it has an error."""
    from sterna.cli.files import plans

    text, sound = plans.check(path, as_json)
    print(text)
    if not sound:
        raise typer.Exit(1)


@tiers_app.command("cut")
def tiers_cut(path: Path, until: Day) -> None:
    """Cut the bands of the tiers on the data up to a day, as a new version."""
    from sterna.cli.desk import plans

    print(plans.cut_tiers(path, until.date()))


@user_app.command("add")
def user_add(username: str, role: str, name: str = "") -> None:
    """Add a person; the password is printed once."""
    from sterna.cli.desk import people

    print(f"password of {username}: {people.add_user(username, role, name)}")


def main() -> None:
    """Run the command line; ends the process with 1 on bad input or a refusal, with one clear line."""
    # Small dot products in a loop: with two BLAS threads the same fit took six times as long.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        app()
    except SternaError as error:
        Console(stderr=True).print(f"sterna: {error}", soft_wrap=True, highlight=False, markup=False)
        sys.exit(1)


if __name__ == "__main__":
    main()
