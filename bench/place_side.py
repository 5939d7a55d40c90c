"""Customers of a simulated program placed in this process: all of them by a turn, and some between two turns."""

import json
import resource
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

CUT, OPENING = date(2017, 1, 1), date(2016, 7, 1)
DAYS, PURCHASES = 730, 24  # two years, and about so many purchases of each customer in them
LETTERS = "substr(md5('{salt}' || i), 1, {many})"
TIMES = 3
DUE = 0.01  # of the customers are due between runs
EACH = 1_000  # customers are looked at one by one
MAIN, OTHERS = "value", ("orders", "year")
_RAW = "select customer_id, count(*), sum(amount), max(occurred_on) from purchases group by customer_id"
_PEOPLE = f"""
create table ids as select i, concat_ws('-', '0190' || {LETTERS.format(salt="a", many=4)},
    {LETTERS.format(salt="b", many=4)}, '7' || {LETTERS.format(salt="c", many=3)},
    '8' || {LETTERS.format(salt="d", many=3)}, {LETTERS.format(salt="e", many=12)}) as customer_id
from range({{number}}) t (i)
"""
_TABLES = {
    "customers": """select customer_id, customer_id as unit, 1 as source_records, date '2015-01-01' as first_seen_on
        from ids""",
    "values": """select customer_id, hash(i) % 100000 / 100 as spend, hash(i + 7) % 100000 / 100 as spend_before,
        hash(i) % 30 as orders, hash(i + 5) % 100000 / 100 as headroom, (hash(i) % 1000) / 1000 as alive from ids""",
    "current_facts": """select customer_id, ['home.dog', 'household.size', 'shopping.budget'][1 + k] as fact_class,
        (hash(i + k) % 9)::varchar as value, 'crm' as source, date '2016-06-01' as observed_on, .8 as confidence
        from ids, range(3) t (k)""",
    "consents": """select customer_id, 'email' as medium, 'marketing' as purpose, hash(i) % 3 > 0 as granted
        from ids""",
    "purchases": f"""select 'e' || k as event_id, customer_id,
        date '2015-01-01' + (hash(k + 3) % {DAYS})::int as occurred_on,
        ['store', 'web'][(1 + hash(k) % 2)::int] as touchpoint, hash(k) % 10000 / 100 as amount
        from range({{number}} * {PURCHASES}) t (k) join ids on i = (hash(k + 11) % {{number}})::bigint""",
    "stays": """select customer_id, scheme, place, rank, date '2016-01-01' as entered_on from ids, (values
        ('needs', ['guests', 'loyal', 'others'], 1), ('life', ['first', 'active', 'quiet'], 2),
        ('value', ['bronze', 'silver', 'gold'], 3)) s (scheme, places, salt),
        lateral (select (1 + hash(i + salt) % 3)::int as rank, places[(1 + hash(i + salt) % 3)::int] as place) p""",
}


def write(folder: Path, number: int) -> dict[str, Any]:
    """What a turn knows of so many customers when it begins to place them, as Parquet files."""
    from sterna.engine.tables import TABLES

    with duckdb.connect(config={"threads": 2, "memory_limit": "8GB"}) as made:
        made.execute(_PEOPLE.format(number=number))
        for name, select in _TABLES.items():
            table, chosen = TABLES[name], select.format(number=number)
            there = {row[0] for row in made.execute(f"describe {chosen}").fetchall()}
            columns = ", ".join(
                f'cast({column if column in there else "null"} as {kind}) as "{column}"'
                for column, kind in table.columns.items()
            )
            order = ", ".join(table.key)
            made.execute(
                f"copy (select {columns} from ({chosen}) order by {order}) "
                f"to '{folder / name}.parquet' (format parquet)"
            )
    return {"customers": number}


def schemes() -> list[Any]:
    """Eight segments over behavior, facts, value, consent and tiers, and three stages."""
    from sterna.engine.rules import All, AnyOf, Behavior, Consents, HasFact, InPlace, Not, Worth
    from sterna.engine.segments.ruled import Ruled, Seat

    often = Behavior(within_days=90, least=Decimal(5))
    seats = {
        "guests": All(
            of=(Behavior(within_days=30, least=Decimal(1)), Worth(measure="spend", least=Decimal(900)))
        ),
        "rising": Worth(measure="spend", change="relative", least=Decimal(2)),
        "dogs": All(of=(HasFact(fact_class="home.dog", least=Decimal(6)), often)),
        "families": HasFact(fact_class="household.size", least=Decimal(7)),
        "web": Behavior(within_days=365, touchpoint="web", least=Decimal(10)),
        "silent": All(of=(Consents(medium="email", purpose="marketing", says="no"), Not(of=often))),
        "loyal": AnyOf(
            of=(InPlace(scheme=MAIN, among=("gold",)), Behavior(of="days", within_days=365, least=Decimal(9)))
        ),
    }
    needs = Ruled(
        name="needs",
        kind="segments",
        seats=tuple(Seat(place=place, enter=rule) for place, rule in seats.items()),
        rest="others",
        reason="As many as the limit asks for.",
    )
    gone = Behavior(of="last", least=Decimal(120))
    life = Ruled(
        name="life",
        kind="stages",
        seats=(
            Seat(place="first", enter=Behavior(least=Decimal(1))),
            Seat(place="active", enter=Behavior(within_days=60, least=Decimal(2)), leave=gone),
            Seat(place="quiet", enter=gone, leave=Behavior(within_days=30, least=Decimal(1))),
        ),
    )
    return [life, needs]


def place(folder: Path, number: int) -> dict[str, Any]:
    """A turn's places of everybody in three schemes of tiers, eight segments and three stages, and their matrix."""
    from sterna.engine import segments, steps
    from sterna.engine.lake import open_lake
    from sterna.engine.tables import FROZEN, LAKE, TABLES

    with open_lake("duckdb", folder / "scratch", "4GB") as lake:
        for table in (*LAKE, *FROZEN):
            if table.name not in segments.LAID_OUT:
                lake.mount(table, [])
        for name in ("clean_lines", "happenings", "unresolved", "category_spend"):
            lake.mount(TABLES[name], [])
        for path in folder.glob("*.parquet"):
            lake.mount(TABLES[path.stem], [str(path)])
        for name, rows in segments.rows(_tiers()).items():
            lake.put(TABLES[name], rows)
        for name in ("goals", "assets", "routes"):
            lake.mount(TABLES[name], [])
        begun = time.perf_counter()
        ran = segments.place(lake, CUT, MAIN, "USD", OPENING, schemes())
        seconds = time.perf_counter() - begun
        again = steps.run(lake, "segments/matrix")
        counted = len(lake.fetch(TABLES["matrix"]))
        (folder / "placed").mkdir(exist_ok=True)
        lake.save(TABLES["places"], folder / "placed" / "places.parquet")
        lake.save(TABLES["memberships"], folder / "memberships.parquet")
    parts = {f"{each.step} {at}": each.seconds for at, each in enumerate(ran)}
    unit = 1 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    return {"seconds": seconds, "matrix": again.seconds, "cells": counted, "peak": peak, "parts": parts}


def _tiers() -> list[Any]:
    from sterna.engine.segments import Band, Placing

    bands = tuple(
        Band(name, rank, Decimal(low), Decimal(high) if high else None)
        for rank, (name, low, high) in enumerate(
            (("bronze", 1, 300), ("silver", 300, 700), ("gold", 700, 0)), start=1
        )
    )
    year = {"opening": date(2016, 1, 1), "before": date(2015, 1, 1), "own_window": True}
    half = {"opening": OPENING, "before": date(2016, 1, 1), "own_window": False}
    return [
        Placing(name=MAIN, measure="spend", bands=bands, **half),
        Placing(name="orders", measure="headroom", bands=bands, **half),
        Placing(name="year", measure="spend", bands=bands, **year),
    ]


def raw(folder: Path, number: int) -> dict[str, Any]:
    """DuckDB alone groups the same purchases by customer."""
    with duckdb.connect(config={"threads": 2}) as bare:
        bare.execute(f"create view purchases as from read_parquet('{folder / 'purchases.parquet'}')")
        return {"seconds": min(_timed(lambda: bare.execute(_RAW).fetchall()) for _ in range(TIMES))}


def _timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def live(folder: Path, number: int) -> dict[str, Any]:
    """What the turn left laid out in the records of a home; then customers one at a time, and one in a hundred."""
    import django

    django.setup()
    from django.db import transaction

    from sterna.desk.segments import actions, panel
    from sterna.desk.segments.actions import live_places
    from sterna.desk.segments.live_models import Due, Followed
    from sterna.desk.segments.rolled import opened, terms_of
    from sterna.engine.segments.ruled import rules_of

    files = {path.stem: [str(path)] for path in folder.glob("*.parquet")}
    asked_for = [rule for scheme in schemes() for rule in rules_of(scheme)]
    brief = _records(folder)
    begun = time.perf_counter()
    laid_out = panel.lay_out(folder / "panel", {name: files.get(name, []) for name in panel.READS}, "4GB")
    panel_seconds = time.perf_counter() - begun
    begun = time.perf_counter()
    with opened(laid_out, "4GB") as asked:
        terms = asked.named(terms_of(asked_for, CUT))
        laid = actions.Laid(_RUN, CUT, 0, terms)
        turns = asked.turning(asked_for, {"ancestors": [], "descendants": []}, CUT, 7)
        actions.lay_out(laid, asked, (), turns, 7)
    following = time.perf_counter() - begun
    due = _due(number)
    ready, state = live_places.live_schemes(brief), Followed.objects.get()
    rules = live_places.rules_on(ready, CUT, CUT + timedelta(days=7))
    taken = []
    for customer in due[:EACH]:
        begun = time.perf_counter()
        with transaction.atomic():
            live_places.look_at({customer: "an order"}, rules, state)
        taken.append(time.perf_counter() - begun)
    Due.objects.bulk_create(Due(customer_id=one, because="an order") for one in due)
    batch = _timed(lambda: live_places.place_due(rules, _RUN))
    return {
        "median": statistics.median(taken),
        "p95": statistics.quantiles(taken, n=20)[-1],
        "batch": batch,
        "due": len(due),
        "panel": panel_seconds,
        "following": following,
        "timers": len(turns),
        "raw": _fetched(due),
    }


_RUN = "00000000-0000-7000-8000-000000000001"
_BOUGHT = """
insert into segments_newdeed (source_record_id, kind, "on", touchpoint, category, times, amount)
select id, 'purchase', %s, 'web', null, 1, 50 from customers_sourcerecord where customer_id = any(%s::uuid[])
"""


def _records(folder: Path) -> list[dict[str, Any]]:
    """The customers in the records, and where the turn placed them by which definitions; what a brief pins of these."""
    import msgspec
    from django.db import connection, transaction

    from sterna.desk.segments.actions import publish_definition

    made = {
        one.name: publish_definition(one.kind, one.name, msgspec.to_builtins(one), None) for one in schemes()
    }
    with duckdb.connect() as read, transaction.atomic(), connection.cursor() as cursor:
        read.execute(f"create view customers as from read_parquet('{folder / 'customers.parquet'}')")
        read.execute(f"create view placed as from read_parquet('{folder / 'placed' / 'places.parquet'}')")
        _copy(
            cursor,
            "customers_customer (id, created_at)",
            read.execute("select customer_id, now() from customers"),
        )
        cursor.execute(
            "insert into customers_sourcerecord (id, key, source, kind, value, customer_id, created_at) "
            "select gen_random_uuid(), 'shop/card:' || id, 'shop', 'card', id::text, id, now() from customers_customer"
        )
        cursor.execute("create temporary table placed (customer uuid, scheme text, place text, rank int)")
        named = ", ".join(f"'{name}'" for name in made)
        found = read.execute(
            f"select customer_id, scheme, to_place, to_rank from placed where scheme in ({named})"
        )
        _copy(cursor, "placed", found)
        for name, definition in made.items():
            cursor.execute(
                "insert into segments_membership (id, customer_id, scheme, place, rank, during, definition_id, cause) "
                "select gen_random_uuid(), customer, scheme, place, rank, daterange('2016-06-01', null), %s, '' "
                "from placed where scheme = %s",
                [definition.pk, name],
            )
    with connection.cursor() as cursor:
        cursor.execute("analyze")
    return [{"name": one.name, "kind": one.kind, "version": one.version} for one in made.values()]


def _copy(cursor: Any, into: str, rows: duckdb.DuckDBPyConnection) -> None:
    with cursor.copy(f"copy {into} from stdin") as copy:
        while part := rows.fetchmany(50_000):
            for row in part:
                copy.write_row(row)


def _due(number: int) -> list[Any]:
    """One in a hundred customers, each with an order of the day that the turn did not see."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "select id from customers_customer order by md5(id::text) limit %s", [int(number * DUE)]
        )
        due = [row[0] for row in cursor.fetchall()]
        cursor.execute(_BOUGHT, [CUT, [str(one) for one in due]])
    return due


def _fetched(due: Sequence[Any]) -> float:
    """The packed texts of the same customers, fetched one by one by the same driver and nothing else."""
    from django.db import connection

    taken = []
    for customer in due[:EACH]:
        begun = time.perf_counter()
        with connection.cursor() as cursor:
            cursor.execute("select packed from segments_rollup where customer_id = %s", [customer])
            cursor.fetchall()
        taken.append(time.perf_counter() - begun)
    return statistics.quantiles(taken, n=20)[-1]


def main(verb: str, folder: str, number: str) -> None:
    """Do `write`, `place`, `raw` or `live` with the files of a folder; prints JSON."""
    verbs = {"write": write, "place": place, "raw": raw, "live": live}
    print(json.dumps(verbs[verb](Path(folder), int(number))))


if __name__ == "__main__":
    main(*sys.argv[1:])
