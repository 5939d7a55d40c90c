"""Cuts tiers on what customers spent: a file names the tiers and their shares, the data give the edges."""

import shutil
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import yaml
from django.db import connection, transaction

from sterna.desk.config import options
from sterna.desk.config.ids import new_id
from sterna.desk.lakehouse import queries as lakehouse
from sterna.desk.runs.actions.briefing import folder
from sterna.desk.runs.actions.freezing import freeze
from sterna.desk.segments.actions import publish_scheme
from sterna.desk.segments.models import Definition
from sterna.desk.users.access import Right, demand
from sterna.desk.users.models import User
from sterna.engine import events, identity
from sterna.engine.errors import BadInput
from sterna.engine.lake import Lake, open_lake
from sterna.engine.segments import Band, Holding, Scheme, cut_bands
from sterna.engine.segments.months import months_before
from sterna.engine.tables import FROZEN, LAKE, TABLES, Table

_SPENT = Table("spent", ("customer_id",), {"customer_id": "VARCHAR", "amount": "DECIMAL(18,2)"})
_SPENT_SQL = """
select customer_id, cast(sum(amount) as decimal(18, 2)) as amount from purchases
where occurred_on >= $opening and occurred_on < $cut group by customer_id
"""


class Tier(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A tier in a file: its place, and either the share of buyers that it holds or the amount where it starts."""

    place: str
    share: float | None = None
    low: Decimal | None = None


class Window(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"opens": "from"}):
    """The days on whose purchases the edges are cut, both included."""

    opens: date
    until: date


class TierFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file of tiers, the lowest first: all with a share, or all with the amount where they start.

    `holding` is what keeps a tier, and `change_limit` the share of members that a run may move. `version` and `cut`,
    where given, say what the author expects; a cut that comes out otherwise is refused.
    """

    scheme: str
    currency: str
    window_months: int
    tiers: tuple[Tier, ...]
    measure: str = "spend"
    version: int | None = None
    cut: Window | None = None
    holding: Holding = Holding()
    change_limit: Decimal | None = None


def cut_tiers(
    path: Path, until: date, actor: User | None = None, reason: str = "cut on the data"
) -> Definition:
    """Publish the tiers of the file at `path`; shares are cut on the window that ends with `until`.

    The edges are stored as amounts with the day they were cut on: later data never move them. Raises BadInput for
    a file that is no such file or a lake that has too few buyers, Refused for a currency that is not the program's.
    """
    demand(actor, Right.MANAGE)
    read = _read(path)
    if read.currency != options.currency():
        raise BadInput(f"{path.name}: its currency is {read.currency}, the program's is {options.currency()}")
    if read.cut is not None and read.cut != _window(read, until):
        raise BadInput(
            f"{path.name}: it is cut on {read.cut.opens} to {read.cut.until}, not on {_said(read, until)}"
        )
    shared = [tier.share for tier in read.tiers if tier.share is not None]
    if shared and len(shared) != len(read.tiers):
        raise BadInput(f"{path.name}: give every tier a share, or every tier the amount where it starts")
    if shared and read.measure != "spend":
        raise BadInput(
            f"{path.name}: shares are cut on spend; give tiers of {read.measure} the amounts where they start"
        )
    bands, cut = _cut(read, shared, until) if shared else (_written(read, path), {"edges": "as written"})
    scheme = Scheme(
        name=read.scheme,
        measure=read.measure,
        currency=read.currency,
        window_months=read.window_months,
        bands=bands,
        cut=cut,
        holding=read.holding,
        change_limit=read.change_limit,
    )
    return publish_scheme(scheme, actor, reason, read.version)


def _window(read: TierFile, until: date) -> Window:
    return Window(months_before(until + timedelta(days=1), read.window_months), until)


def _said(read: TierFile, until: date) -> str:
    window = _window(read, until)
    return f"the {read.window_months} months from {window.opens} to {window.until}"


def _read(path: Path) -> TierFile:
    try:
        return msgspec.convert(yaml.safe_load(path.read_text(encoding="utf-8")), TierFile, strict=False)
    except (OSError, UnicodeDecodeError, yaml.YAMLError, msgspec.ValidationError) as error:
        raise BadInput(f"{path.name} is no file of tiers: {error}") from error


def _written(read: TierFile, path: Path) -> tuple[Band, ...]:
    lows = [tier.low for tier in read.tiers]
    if any(low is None for low in lows):
        raise BadInput(f"{path.name}: each tier needs a share, or the amount where it starts")
    highs = [*lows[1:], None]
    rows = enumerate(zip(read.tiers, lows, highs, strict=True), start=1)
    return tuple(Band(tier.place, rank, low, high) for rank, (tier, low, high) in rows if low is not None)


def _cut(read: TierFile, shares: Sequence[float], until: date) -> tuple[tuple[Band, ...], dict[str, str]]:
    cut = until + timedelta(days=1)
    opening = months_before(cut, read.window_months)
    spent = spending(opening, cut)
    bands = cut_bands(spent, shares, [tier.place for tier in read.tiers], read.currency)
    told = {
        "edges": "cut on data",
        "from": opening.isoformat(),
        "until": until.isoformat(),
        "buyers": str(sum(amount > 0 for amount in spent)),
        "shares": ", ".join(f"{tier.place} {tier.share:g}" for tier in read.tiers),
    }
    return bands, told


def spending(opening: date, cut: date) -> list[Decimal]:
    """What each customer who bought in [opening, cut) spent, by the same cleaning and identities as a run."""
    into = folder(new_id())
    try:
        with open_lake(
            options.text("STERNA_LAKE_ENGINE"), into / "scratch", options.text("STERNA_LAKE_MEMORY")
        ) as lake:
            _mount(lake, into / "frozen", cut)
            events.clean(lake, cut)
            identity.resolve(lake, cut)
            lake.make(_SPENT, _SPENT_SQL, {"opening": opening, "cut": cut})
            amounts: list[Any] = lake.fetch(_SPENT).column("amount").to_pylist()
            return amounts
    finally:
        shutil.rmtree(into, ignore_errors=True)


def _mount(lake: Lake, into: Path, cut: date) -> None:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("set transaction isolation level repeatable read")
        frozen = freeze(into, cut)
        manifest = lakehouse.manifest()
    given = {name: [path for path, _ in files] for name, files in manifest.items()}
    given |= {name: [str(path)] for name, (path, _) in frozen.items()}
    for table in (*LAKE, *FROZEN):
        lake.mount(TABLES[table.name], given.get(table.name, []))
