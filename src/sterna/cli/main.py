"""The `sterna` command and its verbs; whatever fails ends in one clear line and a code other than 0."""

import os
import sys
from datetime import date
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from typer.exceptions import TyperException

from sterna import __version__
from sterna.cli.desk.imports import import_command, source_commands
from sterna.cli.desk.privacy import privacy_commands
from sterna.cli.files.forecast import forecast_command
from sterna.cli.files.link import link_command
from sterna.cli.files.matrix import matrix_command
from sterna.cli.files.value import value_command
from sterna.cli.files.wallet import wallet_command
from sterna.engine.errors import SternaError

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Move customers up the value chain.")
segments_app = typer.Typer(no_args_is_help=True, help="Segments and stages.")
plan_app = typer.Typer(no_args_is_help=True, help="Migration plans.")
tiers_app = typer.Typer(no_args_is_help=True, help="Value tiers.")
treatments_app = typer.Typer(no_args_is_help=True, help="How segments are treated.")
groups_app = typer.Typer(no_args_is_help=True, help="Groups A, B and C.")
user_app = typer.Typer(no_args_is_help=True, help="People who log in.")
app.add_typer(plan_app, name="plan")
app.add_typer(segments_app, name="segments")
app.add_typer(treatments_app, name="treatments")
app.add_typer(tiers_app, name="tiers")
app.add_typer(groups_app, name="groups")
app.add_typer(source_commands, name="source")
app.add_typer(privacy_commands, name="privacy")
app.command("import")(import_command)
app.command("link")(link_command)
plan_app.command("forecast")(forecast_command)
app.command("matrix")(matrix_command)
app.command("value")(value_command)
app.command("wallet")(wallet_command)
app.add_typer(user_app, name="user")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no day: write it as 2017-06-30") from None


Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Day = Annotated[
    date, typer.Option(parser=_day, metavar="DATE", help="The last day that counts, such as 2017-06-30.")
]
PlanName = Annotated[str, typer.Argument(help="The plan's name, the word after `plan:` in its file.")]
PlanVersion = Annotated[int, typer.Argument(help="Which of its versions.")]
Reason = Annotated[str, typer.Option(help="Why; the audit keeps it.")]
PlanFile = Annotated[Path, typer.Argument(help="The plan (YAML); it may name texts in files beside it.")]


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
    bank: Annotated[bool, typer.Option("--bank", help="A simulated private bank.")] = False,
) -> None:
    """Load real data, turn the loop twice and serve the desk."""
    from sterna.cli.desk import demo as demonstration

    demonstration.run(serve=serve, simulated=simulated, bank=bank)


@app.command()
def serve() -> None:
    """Serve the desk and run its background worker."""
    from sterna.cli.desk import served, server, setup
    from sterna.desk.config import options

    setup()
    with served.alone(options.home()):
        server.serve()


@app.command()
def stop() -> None:
    """End the `sterna serve` of this home, and its embedded database."""
    from sterna.cli.desk import server

    print("stopped" if server.stop() else "nothing was running")


@app.command()
def migrate() -> None:
    """Bring the database up to date."""
    from sterna.cli import desk

    desk.migrate()


@app.command()
def backup(folder: Annotated[Path, typer.Argument(help="An empty or new folder to write it into.")]) -> None:
    """Write tables and files of one moment into a folder, while the installation goes on."""
    from sterna.cli.desk import backup as copies

    print(copies.back_up(folder))


@app.command()
def restore(
    folder: Annotated[Path, typer.Argument(help="The folder that `sterna backup` wrote.")],
    erased: Annotated[
        Path | None,
        typer.Option(help="The newest list of erased people; without it the one beside the backup."),
    ] = None,
) -> None:
    """Restore a backup into an empty STERNA_HOME, and erase again whoever was erased since."""
    from sterna.cli.desk import backup as copies

    print(copies.restore(folder, erased))


@app.command()
def doctor(as_json: Json = False) -> None:
    """Look the installation over; ends with 1 when something is wrong."""
    from sterna.cli.desk import doctor as checks

    text, well = checks.report(as_json)
    print(text)
    if not well:
        raise typer.Exit(1)


@app.command()
def run(
    until: Day,
    again: Annotated[bool, typer.Option(help="Compute a known brief anew and compare the outcomes.")] = False,
    as_json: Json = False,
) -> None:
    """Turn the loop as of a day and publish it; a killed run goes on where it was."""
    from sterna.cli.desk import runs

    print(runs.run(until, again, as_json))


@app.command()
def work(
    once: Annotated[bool, typer.Option("--once", help="Do what is due now, then end.")] = False,
    tied: Annotated[
        bool,
        typer.Option("--tied", help="End when the standard input closes, for whoever starts it as a child."),
    ] = False,
) -> None:
    """Do background work: act on events, seal the inbox, send what is due, turn runs asked for."""
    from sterna.cli.desk import runs

    print(runs.work(once, tied))


@app.command()
def send(limit: Annotated[int, typer.Option(min=1, help="At most so many contacts.")] = 1_000_000) -> None:
    """Send the contacts that are due."""
    from sterna.cli.desk import contacts

    print(contacts.send(limit))


@segments_app.command("load")
def segments_load(
    path: Annotated[
        Path, typer.Argument(help="A YAML file of segments and stages.", exists=True, dir_okay=False)
    ],
    reason: Annotated[str, typer.Option(help="Why they change; the audit keeps it.")],
) -> None:
    """Publish segments and stages; the next run places everybody by them."""
    from sterna.cli.desk import segments

    print(segments.load(path, reason))


@treatments_app.command("load")
def treatments_load(
    path: Annotated[Path, typer.Argument(help="A YAML file of treatments.", exists=True, dir_okay=False)],
    reason: Annotated[str, typer.Option(help="Why they change; the audit keeps it.")],
) -> None:
    """Publish how segments are treated, by value and potential; the next run puts everybody in a cell."""
    from sterna.cli.desk import segments

    print(segments.load_treatments(path, reason))


@plan_app.command("load")
def plan_load(path: PlanFile) -> None:
    """Load a plan as a draft and print what the check finds."""
    from sterna.cli.desk import plans

    print(plans.load(path))


@plan_app.command("submit")
def plan_submit(name: PlanName, version: PlanVersion, reason: Reason) -> None:
    """Submit a draft without errors for review."""
    from sterna.cli.desk import plans

    print(plans.submit(name, version, reason))


@plan_app.command("close-stage")
def plan_close_stage(
    name: PlanName,
    version: PlanVersion,
    stage: Annotated[str, typer.Argument(help="One of goals, data, exchanges and roadmap.")],
    reason: Reason,
) -> None:
    """Close a stage of a plan; the stages close in their order."""
    from sterna.cli.desk import plans

    print(plans.close_stage(name, version, stage, reason))


@plan_app.command("sign")
def plan_sign(
    name: PlanName,
    version: PlanVersion,
    side: Annotated[str, typer.Option(help="Which side signs: marketing or technical.")],
    by: Annotated[str, typer.Option(help="The login of the person who signs.")],
    reason: Reason,
) -> None:
    """Sign a plan in review for one side; with both signatures it is approved."""
    from sterna.cli.desk import plans

    print(plans.sign(name, version, side, by, reason))


@plan_app.command("send-back")
def plan_send_back(name: PlanName, version: PlanVersion, reason: Reason) -> None:
    """Make a plan in review or approved a draft again; its signatures are void."""
    from sterna.cli.desk import plans

    print(plans.send_back(name, version, reason))


@plan_app.command("launch")
def plan_launch(name: PlanName, version: PlanVersion, reason: Reason) -> None:
    """Put an approved plan in force; its hold-out is declared with it."""
    from sterna.cli.desk import plans

    print(plans.launch(name, version, reason))


@plan_app.command("close")
def plan_close(name: PlanName, version: PlanVersion, reason: Reason) -> None:
    """End a live plan: the next run contacts nobody by it."""
    from sterna.cli.desk import plans

    print(plans.close(name, version, reason))


@plan_app.command("slots")
def plan_slots(
    name: PlanName,
    version: Annotated[
        int | None, typer.Argument(help="Its version; the live one where none is named.")
    ] = None,
    touchpoint: Annotated[str | None, typer.Option(help="Only the slots at this touchpoint.")] = None,
    out: Annotated[Path, typer.Option("--out", help="The CSV file to write.")] = Path("slots.csv"),
) -> None:
    """Write what every customer reads in the slots of a plan, as on the monthly bill, for whoever prints it."""
    from sterna.cli.desk import plans

    print(plans.slots(name, version, touchpoint, out))


@plan_app.command("schema")
def plan_schema() -> None:
    """Print the JSON Schema of a plan, for editors."""
    import json

    from sterna.engine.plans.schema import schema

    print(json.dumps(schema(), indent=2))


@plan_app.command("check")
def plan_check(
    path: PlanFile,
    known: Annotated[
        Path | None, typer.Option(help="What it is compared with (JSON): places, headcounts, fill, shares.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Check a plan file without an installation; ends with 1 when it has an error."""
    from sterna.cli.files import plans

    text, sound = plans.check(path, known, as_json)
    print(text)
    if not sound:
        raise typer.Exit(1)


@plan_app.command("document")
def plan_document(
    path: PlanFile,
    to: Annotated[Path, typer.Option(help="Where it is written; the name ends in .html or .pdf.")],
    known: Annotated[
        Path | None, typer.Option(help="What it is compared with (JSON), and who manages its segments.")
    ] = None,
) -> None:
    """Write a plan file as a readable document, a page for each segment."""
    from sterna.cli.files import plans

    print(plans.document(path, known, to))


@plan_app.command("roadmap")
def plan_roadmap(
    path: PlanFile,
    out: Annotated[Path, typer.Option("--out", help="Where it is written; the name ends in .svg or .png.")],
) -> None:
    """Draw the touchpoint roadmap of a plan file."""
    from sterna.cli.desk import roadmap

    print(roadmap.draw(path, out))


@tiers_app.command("cut")
def tiers_cut(
    path: Annotated[Path, typer.Argument(help="The tiers (YAML), each with its share or where it starts.")],
    until: Day,
) -> None:
    """Cut the bands of the tiers on the data up to a day, as a new version."""
    from sterna.cli.desk import plans

    print(plans.cut_tiers(path, until))


@groups_app.command("load")
def groups_load(
    path: Annotated[Path, typer.Argument(help="The terms (YAML): thresholds for A, reasons for C.")],
    reason: Annotated[str, typer.Option(help="Why they change; the audit keeps it.")],
) -> None:
    """Publish what the groups ask for, as a new version; nobody is moved."""
    from sterna.cli.desk import groups

    print(groups.load(path, reason))


@user_app.command("add")
def user_add(
    username: Annotated[str, typer.Argument(help="What they log in with.")],
    role: Annotated[str, typer.Argument(help="One of analyst, staff, manager and administrator.")],
    name: Annotated[str, typer.Option(help="How others read it, such as 'Dana Reyes'.")] = "",
) -> None:
    """Add a person; the password is printed once."""
    from sterna.cli.desk import people

    print(f"password of {username}: {people.add_user(username, role, name)}")


def main() -> None:
    """Run the command line; ends the process with 1 on bad input or a refusal, 2 on a command that is none.

    Whatever is wrong is one line on the error stream.
    """
    # Small dot products in a loop: with two BLAS threads the same fit took six times as long.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        sys.exit(app(prog_name="sterna", standalone_mode=False))
    except TyperException as error:
        _end(_told(error), error.exit_code)
    except (SternaError, OSError) as error:
        _end(str(error), 1)


def _told(error: TyperException) -> str:
    """What is wrong with the command, and which help tells more; empty when the help was asked for by no argument."""
    said, context = error.format_message().removesuffix("."), getattr(error, "ctx", None)
    return f"{said}; see `{context.command_path} --help`" if said and context else said


def _end(said: str, code: int) -> NoReturn:
    if said:
        print("sterna:", " ".join(line.strip() for line in said.splitlines()), file=sys.stderr)
    sys.exit(code)


if __name__ == "__main__":
    main()
