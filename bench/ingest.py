"""Batches of events to a served installation from a process of its own, beside a bare insert of the same rows.

`python -m bench.ingest` makes a home, serves it, and drives this module in a second process as the load: full rate
first, then half of what was reached. The bare insert writes the same rows by the same driver without HTTP, checks,
identification or deduplication by more than the index.
"""

import base64
import http.client
import json
import math
import random
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bench.homes import Home, Tell, home
from bench.options import Options
from bench.results import Figure, Ratio, Result, Target

BATCH, THREADS = 100, 4
SECONDS, HALF_SECONDS, WARM_SECONDS = 12.0, 8.0, 2.0
PREPARED = 40
PEOPLE = 20_000
AGES = ("19-24", "25-34", "35-44", "45-54", "55-64", "65+")
PATIENCE = 120.0


@dataclass(frozen=True)
class Load:
    """What one stretch of load saw: durable events a second, and the seconds of each batch, sorted."""

    events: int
    seconds: float
    batches: Sequence[float]

    @property
    def rate(self) -> float:
        """Durable events a second."""
        return self.events / self.seconds

    def percentile(self, share: float) -> float:
        """The seconds within which `share` of the batches were answered."""
        return self.batches[min(len(self.batches) - 1, math.ceil(share * len(self.batches)) - 1)]


def measure_ingest(options: Options, tell: Tell) -> Result:
    """Serve a fresh home, send to it at full and at half rate, wait until all is resolved, insert the same bare."""
    with home(options.homes, tell, options.keep) as fresh:
        fresh.sterna("migrate")
        key = fresh.child("bench.ingest", "key").output.strip()
        port = _free_port()
        with _Served(fresh, port):
            full = _load(fresh, port, key, 0, SECONDS)
            begun = time.perf_counter()
            resolved = json.loads(fresh.child("bench.ingest", "resolved", str(full.events)).output)
            waited = time.perf_counter() - begun
            half = _load(fresh, port, key, full.rate / 2, HALF_SECONDS)
        bare = json.loads(fresh.child("bench.ingest", "bare", str(min(full.events, 50_000))).output)
    return _result(full, half, waited, resolved, bare)


def _result(full: Load, half: Load, waited: float, resolved: Any, bare: Any) -> Result:
    figures = (
        Figure("events at full rate, durable", full.seconds, full.events),
        Figure("  a batch at full rate, p50", full.percentile(0.5)),
        Figure("  a batch at full rate, p95", full.percentile(0.95)),
        Figure("  until the worker had resolved them", full.seconds + waited, resolved["events"]),
        Figure("events at half rate, durable", half.seconds, half.events),
        Figure("  a batch at half rate, p50", half.percentile(0.5)),
        Figure("  a batch at half rate, p95", half.percentile(0.95)),
        Figure("bare insert of the same rows", bare["seconds"], bare["rows"]),
    )
    per_event = full.seconds / full.events
    return Result(
        "ingest",
        per_event * 10_000,
        {"events": full.events, "batch": BATCH, "people": PEOPLE, "customers": resolved["customers"]},
        (
            Ratio(
                "10,000 events served / inserted bare",
                per_event * 10_000,
                bare["seconds"] / bare["rows"] * 10_000,
            ),
        ),
        (
            # 5,000 a second at least; 10,000 a second is what is aimed at.
            Target("10,000 events durable, at least", per_event * 10_000, 2.0, "s"),
            Target("10,000 events durable, aim", per_event * 10_000, 1.0, "s"),
            Target("p95 of a batch at half rate", half.percentile(0.95) * 1_000, 50.0, "ms"),
        ),
        figures,
    )


class _Served:
    """An installation that is served with its worker, ended with SIGTERM as a supervisor would."""

    def __init__(self, fresh: Home, port: int) -> None:
        address = {"STERNA_ADDRESS": f"127.0.0.1:{port}"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "sterna.cli.main", "serve"],
            env=fresh.environment | address,
            stdout=subprocess.DEVNULL,
        )
        self._port = port

    def __enter__(self) -> None:
        until = time.monotonic() + PATIENCE
        while not _answers(self._port):
            if time.monotonic() > until or self._process.poll() is not None:
                raise FileNotFoundError(f"nothing is served on port {self._port}")
            time.sleep(0.2)

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(PATIENCE)


def _answers(port: int) -> bool:
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", "/health")
        return connection.getresponse().status == 200
    except OSError:
        return False


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _load(fresh: Home, port: int, key: str, rate: float, seconds: float) -> Load:
    told = json.loads(fresh.child("bench.ingest", "load", str(port), key, str(rate), str(seconds)).output)
    return Load(told["events"], told["seconds"], sorted(told["batches"]))


def _body(chance: random.Random) -> bytes:
    """A batch as a shop's site sends it: mostly page views and looks, some orders, some identify calls."""
    events = [_event(chance) for _ in range(BATCH)]
    return json.dumps({"batch": events, "sentAt": "2017-06-30T12:00:01.000Z"}).encode()


def _event(chance: random.Random) -> dict[str, Any]:
    person = chance.randrange(PEOPLE)
    kind = chance.choices(("page", "track", "identify"), (50, 40, 10))[0]
    event: dict[str, Any] = {
        "type": kind,
        "messageId": f"bench-{uuid.UUID(int=chance.getrandbits(128))}",
        "anonymousId": f"device-{person}",
        "timestamp": "2017-06-30T12:00:00.000Z",
        "context": {
            "library": {"name": "bench", "version": "1"},
            "page": {"path": f"/products/{chance.randrange(500)}", "referrer": "https://shop.example/"},
            "userAgent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)",
        },
    }
    if chance.random() < 0.6:
        event["userId"] = f"u-{person}"
    if kind == "identify":
        event |= {"userId": f"u-{person}", "traits": {"age": AGES[person % len(AGES)], "city": "Springfield"}}
    if kind == "track":
        event |= {
            "event": "Product Viewed",
            "properties": {"product_id": str(chance.randrange(500)), "price": 9.5},
        }
    return event


def load(port: int, key: str, rate: float, seconds: float) -> None:
    """Send batches from several connections, as fast as they are answered or at `rate` events a second; prints JSON."""
    header = {"Authorization": "Basic " + base64.b64encode(f"{key}:".encode()).decode()}
    taken: list[float] = []
    turn, sending = iter(range(10**9)), threading.Lock()
    # Made before the clock runs: a load that is busy making events would be measured as a slow server.
    each = PREPARED + math.ceil((seconds + WARM_SECONDS) * rate / BATCH / THREADS)
    chances = [random.Random(f"{seed} {time.time_ns()}") for seed in range(THREADS)]
    stocks = [[_body(chance) for _ in range(each)] for chance in chances]
    begun = time.perf_counter() + WARM_SECONDS

    def send(seed: int) -> None:
        chance, prepared = chances[seed], stocks[seed]
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        while time.perf_counter() < begun + seconds:
            body = prepared.pop() if prepared else _body(chance)
            if rate:
                with sending:
                    due = begun - WARM_SECONDS + next(turn) * BATCH / rate
                time.sleep(max(0.0, due - time.perf_counter()))
            # A batch that was due and waited for its turn waited for the server: that time is the batch's.
            start = due if rate else time.perf_counter()
            connection.request("POST", "/v1/batch", body, header)
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                raise SystemExit(f"answered {answer.status}")
            end = time.perf_counter()
            if begun <= end < begun + seconds:
                taken.append(end - start)

    threads = [threading.Thread(target=send, args=(seed,)) for seed in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps({"events": len(taken) * BATCH, "seconds": seconds, "batches": taken}))


def key() -> None:
    """Make a source with a key of a rate that no load reaches, and print the key."""
    from sterna.cli.desk import setup

    setup()
    from sterna.desk.sources.actions import add_source, declare_trait, make_key

    source, _ = add_source("shop", "Shop")
    declare_trait(source, "age", "demography.age", "marketing")
    print(make_key(source, "bench", "secret", events_per_second=1_000_000)[1])


def resolved(at_least: int) -> None:
    """Wait until the worker has acted on everything; prints how many events and customers there are."""
    from sterna.cli.desk import setup

    setup()
    from sterna.desk.customers.models import Customer
    from sterna.desk.sources import queries
    from sterna.desk.sources.models import InboxEvent

    until = time.monotonic() + PATIENCE
    while queries.waiting_events() and time.monotonic() < until:
        time.sleep(0.1)
    events = InboxEvent.objects.count()
    if events < at_least or queries.waiting_events():
        raise SystemExit(
            f"{queries.waiting_events():,} of {events:,} events wait, {at_least:,} were answered"
        )
    print(json.dumps({"events": events, "customers": Customer.objects.count()}))


def bare(rows: int) -> None:
    """Insert the rows of the inbox into an empty copy of it, a batch each transaction; prints the seconds as JSON."""
    from sterna.cli.desk import setup

    setup()
    import psycopg
    from django.db import connection

    connection.ensure_connection()
    raw = connection.connection
    raw.execute("drop table if exists bench_bare")
    raw.execute("create table bench_bare (like sources_inboxevent including all)")
    # In the order of the table's columns, which a migration may have put otherwise than the model.
    described = raw.execute("select * from bench_bare").description or []
    columns = ", ".join("body::text" if column.name == "body" else column.name for column in described)
    found = raw.execute(
        f"select {columns} from sources_inboxevent order by sequence limit {rows:d}"
    ).fetchall()
    cursor = psycopg.Cursor(raw)
    line = "(" + ", ".join("%s::jsonb" if column.name == "body" else "%s" for column in described) + ")"
    begun = time.perf_counter()
    for start in range(0, len(found), BATCH):
        part = found[start : start + BATCH]
        with raw.transaction():
            values = [value for row in part for value in row]
            cursor.execute(
                "insert into bench_bare values " + ", ".join([line] * len(part)), values, prepare=True
            )
    seconds = time.perf_counter() - begun
    raw.execute("drop table bench_bare")
    print(json.dumps({"rows": len(found), "seconds": seconds}))


def main(verb: str, *arguments: str) -> None:
    """Do one of the parts of the benchmark in this process."""
    if verb == "load":
        port, write_key, rate, seconds = arguments
        load(int(port), write_key, float(rate), float(seconds))
    elif verb == "key":
        key()
    else:
        {"resolved": resolved, "bare": bare}[verb](int(arguments[0]))


if __name__ == "__main__":
    main(*sys.argv[1:])
