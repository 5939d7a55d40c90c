"""The `sterna` command and its verbs; whatever fails ends in one clear line and a code other than 0."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from sterna import __version__
from sterna.engine.errors import SternaError

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Move customers up the value chain.")
plan_app = typer.Typer(no_args_is_help=True, help="Migration plans.")
tiers_app = typer.Typer(no_args_is_help=True, help="Value tiers.")
source_app = typer.Typer(no_args_is_help=True, help="Systems that data comes from.")
user_app = typer.Typer(no_args_is_help=True, help="People who log in.")
app.add_typer(plan_app, name="plan")
app.add_typer(tiers_app, name="tiers")
app.add_typer(source_app, name="source")
app.add_typer(user_app, name="user")

console = Console()
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


@app.command()
def version() -> None:
    """Print the version."""
    print(__version__)


@app.command()
def demo(
    serve: Annotated[bool, typer.Option(help="Serve the desk after the loop has turned.")] = True,
    simulated: Annotated[bool, typer.Option("--simulated", help="A simulated shop with a planted effect.")] = False,
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
