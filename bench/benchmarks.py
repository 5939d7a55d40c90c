"""The benchmarks by name: an import into a fresh home, the turn on the real shop and on a large one, sending."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import shop
from bench.check import check_plan
from bench.facts import measure_facts
from bench.forecast import forecast_plan
from bench.homes import Home, Tell, home
from bench.ingest import measure_ingest
from bench.link import link_people
from bench.measures import measure_purchases
from bench.measuring import Measured
from bench.options import Options
from bench.place import place_customers
from bench.results import Figure, Ratio, Result, Target
from bench.search import search_people
from bench.value import value_customers

GB = 10**9
MAPPING, PEOPLE, TIERS = (str(shop.EXAMPLE / f"{name}.yaml") for name in ("mapping", "people", "tiers"))


@dataclass(frozen=True)
class Limits:
    """What a turn is held to, in seconds and GB."""

    seconds: float
    memory: float


REAL, LARGE = Limits(60, 2), Limits(300, 6)
SENT, SENT_A_MINUTE = 20_000, 50_000


def measure_import(options: Options, tell: Tell) -> Result:
    """Import the real files into a fresh home, beside a raw copy of the same columns."""
    data = options.data or shop.real_data()
    with home(options.homes, tell, options.keep) as fresh:
        fresh.sterna("migrate")
        imported, figures = _import(fresh, data)
        raw = json.loads(fresh.child("bench.raw", "copy", MAPPING, str(data), str(fresh.path)).output)
    most = max(figures[1:], key=lambda part: part.rows or 0)
    return Result(
        "import",
        imported.seconds,
        {"rows": raw["rows"], "bytes": raw["bytes"]},
        (Ratio("import / raw copy", imported.seconds, raw["seconds"]),),
        (
            Target(
                f"100,000 rows of{most.what[1:]} into the lake",
                100_000 / (most.rows_per_second or 1),
                1.0,
                "s",
            ),
        ),
        (*figures, Figure("raw copy", raw["seconds"], raw["rows"])),
    )


def _import(fresh: Home, data: Path) -> tuple[Measured, list[Figure]]:
    """Import the shop's files; the command as a whole, then each import as the installation journaled it."""
    done = fresh.sterna("import", str(data), "--mapping", MAPPING, "--json")
    rows = sum(item["rows"] for item in json.loads(done.output))
    parts = [
        Figure(f"  {item['name']}", item["seconds"], item["rows"]) for item in fresh.journal()["imports"]
    ]
    return done, [_figure("sterna import", done, rows), *parts]


def _figure(what: str, done: Measured, rows: int | None = None) -> Figure:
    return Figure(what, done.seconds, rows, done.processor_seconds, done.peak_bytes)


def _together(commands: Sequence[Measured]) -> Figure:
    """All commands in one; on a busy machine their processor seconds say more than the seconds on the clock."""
    return Figure(
        "all commands",
        sum(done.seconds for done in commands),
        processor_seconds=sum(done.processor_seconds for done in commands),
        peak_bytes=max(done.peak_bytes for done in commands),
    )


def measure_turn(options: Options, tell: Tell) -> Result:
    """Turn the loop on the real shop, from an empty home to the second run's outcome."""
    data = options.data or shop.real_data()
    with home(options.homes, tell, options.keep) as fresh:
        people = fresh.path / "people"
        people.mkdir()
        customers = int(fresh.child("bench.shop", "details", str(data), str(people)).output)
        return _turn("turn", fresh, data, people, shop.EXAMPLE / "plan.yaml", customers, REAL)


def measure_large(options: Options, tell: Tell) -> Result:
    """Turn the loop on a simulated shop; its plan grows with it, so that as large a share is decided on."""
    with home(options.homes, tell, options.keep) as fresh:
        data = fresh.path / "shop"
        fresh.child("bench.shop", "simulate", str(data), str(options.customers))
        plan = shop.plan_for(options.customers, fresh.path / "plan")
        return _turn("large", fresh, data, data, plan, options.customers, LARGE)


def _turn(
    name: str, fresh: Home, data: Path, people: Path, plan: Path, customers: int, limits: Limits
) -> Result:
    fresh.sterna("migrate")
    imported, figures = _import(fresh, data)
    commands = _commands(fresh, people, plan)
    journal = fresh.journal()
    raw = json.loads(fresh.child("bench.raw", "scan", str(fresh.path / "home" / "lake")).output)
    all_of_it = [imported, *commands.values()]
    runs = {what: done for what, done in commands.items() if what.startswith("run ")}
    for what, done in commands.items():
        figures.append(_figure(f"sterna {what}", done))
        figures += _stages(journal, done.seconds, what)
    figures.append(_together(all_of_it))
    figures.append(Figure("raw scan of the lake", raw["seconds"], raw["rows"]))
    whole = sum(done.seconds for done in all_of_it)
    return Result(
        name,
        whole,
        {"customers": customers, "rows": raw["rows"], "bytes": raw["bytes"]},
        (
            *(Ratio(f"{what} / raw scan", done.seconds, raw["seconds"]) for what, done in runs.items()),
            Ratio("all commands / raw scan", whole, raw["seconds"]),
        ),
        _targets(whole, runs, max(done.peak_bytes for done in all_of_it), limits),
        tuple(figures),
    )


def _commands(fresh: Home, people: Path, plan: Path) -> dict[str, Measured]:
    """Every command from the imported files to the second outcome, in their order."""
    opening, closing = shop.OPENING.isoformat(), shop.CLOSING.isoformat()
    named = {
        "import of contact details": ("import", str(people), "--mapping", PEOPLE, "--json"),
        "tiers cut": ("tiers", "cut", TIERS, "--until", opening),
        "plan load": ("plan", "load", str(plan)),
        **_launch("second-half-2017", "1"),
        f"run {opening}": ("run", "--until", opening),
        f"run {closing}": ("run", "--until", closing),
    }
    return {what: fresh.sterna(*arguments) for what, arguments in named.items()}


def _launch(plan: str, version: str) -> dict[str, tuple[str, ...]]:
    """The commands that take a loaded plan to its launch: two people, their signatures, and what is around them."""
    signed = {"marketing": "manager", "technical": "administrator"}
    because = ("--reason", "benchmark")
    return {
        **{f"user add {role}": ("user", "add", role, role) for role in signed.values()},
        **{
            f"plan close-stage {stage}": ("plan", "close-stage", plan, version, stage, *because)
            for stage in ("goals", "data", "exchanges", "roadmap")
        },
        "plan submit": ("plan", "submit", plan, version, *because),
        **{
            f"plan sign {side}": ("plan", "sign", plan, version, "--side", side, "--by", role, *because)
            for side, role in signed.items()
        },
        "plan launch": ("plan", "launch", plan, version, *because),
    }


def _stages(journal: Mapping[str, Any], seconds: float, what: str) -> list[Figure]:
    """The stages of the run that the command `what` made, with their steps, and the rest around them."""
    found = [run for run in journal["runs"] if what == f"run {run['until']}"]
    if not found:
        return []
    (run,) = found
    figures = [figure for stage in run["stages"] for figure in _stage(stage)]
    inside = sum(stage["seconds"] for stage in run["stages"]) + run["publishing"]
    figures.append(Figure("  publishing to the records", run["publishing"]))
    return [*figures, Figure("  starting, freezing and committing", seconds - inside)]


def _stage(stage: Mapping[str, Any]) -> list[Figure]:
    steps = [Figure(f"    {step['step']}", step["seconds"], step["rows"]) for step in stage["steps"]]
    rest = stage["seconds"] - sum(step["seconds"] for step in stage["steps"])
    return [
        Figure(f"  {stage['name']}", stage["seconds"], stage["rows"]),
        *steps,
        Figure("    saving, hashing and the rest", rest),
    ]


def _targets(whole: float, runs: Mapping[str, Measured], peak: int, limits: Limits) -> tuple[Target, ...]:
    slower = max(done.seconds for done in runs.values())
    return (
        Target("one turn: the slower run", slower, limits.seconds, "s"),
        Target("everything: imports, tiers, plan and both runs", whole, limits.seconds, "s"),
        Target("peak memory of any command", peak / GB, limits.memory, "GB"),
    )


def measure_send(options: Options, tell: Tell) -> Result:
    """Send e-mail through the ledger into a transport in memory, beside wording the same messages alone."""
    with home(options.homes, tell, options.keep) as fresh:
        done = json.loads(fresh.child("bench.send", str(SENT)).output)
    limit = SENT / SENT_A_MINUTE * 60
    return Result(
        "send",
        done["sent"],
        {"contacts": SENT},
        (Ratio("sending / wording alone", done["sent"], done["worded"]),),
        (Target(f"send: {SENT_A_MINUTE:,} a minute", done["sent"], limit, "s"),),
        (Figure("sending", done["sent"], SENT), Figure("wording alone", done["worded"], SENT)),
    )


def measure_link(options: Options, tell: Tell) -> Result:
    """Find the doubles among people whose doubles are known."""
    return link_people(options.records, options.homes, tell)


def measure_search(options: Options, tell: Tell) -> Result:
    """Find customers by what somebody types, and page through all of them."""
    return search_people(options.known, options.homes, options.keep, tell)


def measure_value(options: Options, tell: Tell) -> Result:
    """Fit a model of purchases on a summary of customers and score them, beside another package's fit."""
    return value_customers(options.summaries, options.homes, tell)


def measure_measures(options: Options, tell: Tell) -> Result:
    """Take a log of purchases to current and future measures, beside a bare group by."""
    return measure_purchases(options.purchases, options.homes, tell)


def measure_place(options: Options, tell: Tell) -> Result:
    """Place everybody by a turn, and some between two turns, beside a bare group by."""
    return place_customers(options.placed, options.homes, options.keep, tell)


def measure_check(options: Options, tell: Tell) -> Result:
    """The check of a large plan, beside a raw parse of its text; its size is part of what is asked for."""
    return check_plan(tell)


def measure_forecast(options: Options, tell: Tell) -> Result:
    """The forecast of a year for a million customers, beside one draw of each; its size is part of what is asked."""
    return forecast_plan(tell)


BENCHMARKS: Mapping[str, Callable[[Options, Tell], Result]] = {
    "import": measure_import,
    "turn": measure_turn,
    "large": measure_large,
    "ingest": measure_ingest,
    "facts": measure_facts,
    "link": measure_link,
    "search": measure_search,
    "send": measure_send,
    "value": measure_value,
    "measures": measure_measures,
    "place": measure_place,
    "check": measure_check,
    "forecast": measure_forecast,
}
