"""`sterna wallet`: what the wallets of a file's customers could hold, what of them is ours, and what cannot be told."""

import json
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from sterna.cli.files.results import is_file, require_writable, tell_refused, write_table

if TYPE_CHECKING:
    import pyarrow as pa

    from sterna.cli.files.wallet_files import Facts, Log
    from sterna.engine.value.potential import Potential

ASKED_FIRST = 10
_DAYS = ["%Y-%m-%d"]


def wallet_command(
    file: Annotated[
        Path, typer.Argument(help="Spend by customer and category, CSV or Parquet, one row a purchase.")
    ],
    facts: Annotated[
        Path | None,
        typer.Option(help="What is known of wallets: customer, wallet (or low, high), source, date."),
    ] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(
            formats=_DAYS, metavar="DATE", help="The last day that counts; else the last in the file."
        ),
    ] = None,
    customer: Annotated[str | None, typer.Option(help="The column that names the customer.")] = None,
    category: Annotated[
        str | None, typer.Option(help="The column with the category of what was bought.")
    ] = None,
    amount: Annotated[str | None, typer.Option(help="The column with the amount paid.")] = None,
    date: Annotated[str | None, typer.Option(help="The column with the day of a purchase.")] = None,
    household: Annotated[str | None, typer.Option(help="The column that names the household.")] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="A folder for all results, or a .csv or .parquet file for the wallets."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Estimate wallets: facts first, then peers where the data can tell, else unknown; beside rank by own spend."""
    from sterna.cli.files import wallet_files

    require_writable(out)
    told = {
        "customer": customer,
        "category": category,
        "amount": amount,
        "date": date,
        "household": household,
    }
    log = wallet_files.read_log(file, told, as_of.date() if as_of else None)
    known = wallet_files.read_facts(facts) if facts else wallet_files.Facts()
    errors = Console(stderr=True, highlight=False)
    for name, refused in ((file.name, log.refused), (facts.name if facts else "", known.refused)):
        tell_refused(f"{name}:", refused, errors)
    found = _estimate(log, known)
    summary = _summary(found, log, known, _write(found, out))
    if as_json:
        summary |= {} if out else {"wallets": found.wallets.to_pylist()}
        print(json.dumps(summary, indent=2, default=str))
    else:
        print(_sentences(summary))


@dataclass(frozen=True)
class _Found:
    potential: "Potential"
    wallets: "pa.Table"
    households: "pa.Table"


def _estimate(log: "Log", known: "Facts") -> _Found:
    from sterna.cli.files.wallet_files import LAST_DAY
    from sterna.engine.lake import open_lake
    from sterna.engine.tables import TABLES
    from sterna.engine.value import potential

    # Without dates everything counts; the day is then unknown, and told as that.
    cut = log.until + timedelta(days=1) if log.until else LAST_DAY
    with (
        tempfile.TemporaryDirectory(prefix="sterna-wallet-") as scratch,
        open_lake("duckdb", Path(scratch)) as lake,
    ):
        for table, rows in _tables(log, known).items():
            lake.put(TABLES[table], rows)
        estimated = potential.estimate(lake, cut)
        wallets = lake.fetch(TABLES["wallets"])
        households = lake.fetch(TABLES["household_wallets"])
    return _Found(estimated, wallets if log.until else _undated(wallets), households)


def _tables(log: "Log", known: "Facts") -> "dict[str, pa.Table]":
    """The rows that the steps of the wallets read."""
    import pyarrow as pa

    from sterna.engine.lake.arrow import schema
    from sterna.engine.tables import TABLES

    spent = [
        {"customer_id": who, "category": what, "lines": log.lines[who, what], "amount": amount}
        for (who, what), amount in log.spend.items()
    ]
    names = sorted({who for who, _ in log.spend} | set(known.rows))
    customers = [{"customer_id": name, "unit": log.households.get(name, name)} for name in names]
    rows = {"category_spend": spent, "customers": customers, "wallet_facts": list(known.rows.values())}
    return {name: pa.Table.from_pylist(given, schema=schema(TABLES[name])) for name, given in rows.items()}


def _undated(wallets: "pa.Table") -> "pa.Table":
    """The wallets without the day that stands for no day."""
    import pyarrow.compute as pc

    from sterna.cli.files.wallet_files import LAST_DAY

    place = wallets.schema.get_field_index("as_of")
    day = wallets.column("as_of")
    return wallets.set_column(
        place, "as_of", pc.if_else(pc.equal(day, LAST_DAY - timedelta(days=1)), None, day)
    )


def _write(found: _Found, out: Path | None) -> list[str]:
    """Write the wallets, and into a folder the households as well; returns the names of the files."""
    if out is None:
        return []
    if is_file(out):
        write_table(found.wallets, out)
        return [str(out)]
    write_table(found.wallets, out / "wallets.csv")
    write_table(found.households, out / "households.csv")
    return [str(out / "wallets.csv"), str(out / "households.csv")]


def _summary(found: _Found, log: "Log", known: "Facts", written: list[str]) -> dict[str, Any]:
    from sterna.engine.value import potential

    wallets = found.wallets.to_pylist()
    sources = [row["source"] for row in wallets]
    evidence, beside = found.potential.evidence, found.potential.beside_own
    by_peers = sum(row["source"] == "peers" and row["customer_id"] not in known.rows for row in wallets)
    return {
        "customers": len(wallets),
        "as_of": log.until,
        "rows": log.rows,
        "rows_refused": len(log.refused) + len(known.refused),
        "rows_later": log.after,
        "own": sum((row["own"] for row in wallets), Decimal("0.00")),
        "by_facts": len(sources) - sources.count(None) - by_peers,
        "by_peers": by_peers,
        "unknown": sources.count(None),
        "headroom": [_summed(wallets, name) for name in ("headroom_low", "headroom", "headroom_high")],
        "method": potential.METHOD,
        "version": potential.VERSION,
        "verdict": evidence.verdict,
        "categories": [
            {"category": one.category, "absent": one.absent, "tells": one.tells, "reason": one.reason}
            for one in evidence.categories
        ],
        "beside_own_spend": {
            "customers": beside.customers,
            "correlation": beside.correlation,
            "same_top_fifth": beside.same_top,
        },
        "households": found.households.num_rows,
        "ask_first": potential.to_ask(found.wallets)[:ASKED_FIRST],
        "written": written,
    }


def _summed(wallets: list[dict[str, Any]], name: str) -> Decimal | None:
    """One end of the headroom of all whose wallet is known; None where it is nobody's, or somebody's is open."""
    ends = [row[name] for row in wallets if row["source"] is not None]
    return sum(ends, Decimal("0.00")) if ends and None not in ends else None


def _headroom(ends: list[Decimal | None]) -> str:
    low, mid, high = ("open" if end is None else f"{end:,}" for end in ends)
    if ends == [None, None, None]:
        return "headroom: unknown"
    return f"headroom of the known: {mid} ({low} to {high})"


def _sentences(told: dict[str, Any]) -> str:
    day = f"as of {told['as_of']}" if told["as_of"] else "of no date"
    telling = [
        f"{one['category']} ({one['absent']:.0%} absent)" for one in told["categories"] if one["tells"]
    ]
    lines = [
        f"{told['rows']:,} rows of {told['customers']:,} customers in {told['households']:,} households, {day}: "
        f"{told['own']:,} spent",
        f"wallets: {told['by_facts']:,} by facts, {told['by_peers']:,} by peers, {told['unknown']:,} unknown",
        told["verdict"] or f"categories that tell: {', '.join(telling)}",
        _headroom(told["headroom"]),
        _beside(told["beside_own_spend"], told["verdict"] is None),
    ]
    if told["rows_later"]:
        lines.append(f"{told['rows_later']:,} rows are later and left out")
    if told["rows_refused"]:
        lines.append(f"{told['rows_refused']:,} rows refused")
    if told["ask_first"]:
        lines.append(f"ask first: {', '.join(told['ask_first'])}")
    return "\n".join([*lines, *([f"written: {', '.join(told['written'])}"] if told["written"] else [])])


def _beside(beside: dict[str, Any], is_told: bool) -> str:
    if not is_told:
        return "beside rank by own spend: without a fact nothing in the file ranks better than that"
    if beside["correlation"] is None:
        return "beside rank by own spend: nothing to compare"
    return (
        f"beside rank by own spend: rank correlation {beside['correlation']:.3f}, "
        f"{beside['same_top_fifth']:.0%} of the top fifth are the same"
    )
