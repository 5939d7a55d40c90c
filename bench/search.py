"""Finding one of a million customers by what somebody types, and the list of all, beside a count of all."""

import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.homes import Tell, home
from bench.results import Figure, Ratio, Result, Target

LIMIT = 200
REPEATS = 5
RUN = "00000000-0000-7000-8000-000000000001"
GIVEN = "Ann Maria John James Mary Sara Anna Peter Paul Lena Max Mia".split()  # noqa: SIM905
FAMILY = "Smith Jones Sanders Miller Müller Quint Brown Clark Stone".split()  # noqa: SIM905
# One of each sort: a letter that names many, a name, two, a rare one, accents, numbers, addresses, the end of a phone.
TYPED = {
    "one letter": "s",
    "a given name": "ann",
    "two beginnings": "mar sm",
    "a rare family name": "b12",
    "without the accent": "muller",
    "a number": "777",
    "an e-mail address": "ann.17@example.org",
    "the end of a phone": "1000 017",
    "nobody": "zzzz",
}
# Made in the database, as fast as it can: what is measured is the reading.
_FILL = """
create temp table one as select n, gen_random_uuid() c, gen_random_uuid() r from generate_series(1, %(number)s) n;
insert into customers_customer (id, created_at) select c, now() from one;
insert into customers_sourcerecord (id, key, source, kind, value, customer_id, created_at)
    select r, 'shop/card:' || n, 'shop', 'card', n::text, c, now() from one;
insert into customers_fact
    (source_record_id, fact_class, value, source, purpose, observed_on, recorded_at, confidence)
    select r, 'name.full', (%(given)s::text[])[1 + n %% %(givens)s] || ' '
        || (%(family)s::text[])[1 + (n / 13) %% %(families)s] || ' '
        || chr(65 + n %% 26) || substr(md5((n %% 50000)::text), 1, 5),
        'shop', 'service', '2017-01-01', now(), 1 from one;
insert into customers_address (customer_id, medium, address, source, recorded_at)
    select c, 'email', 'ann.' || n || '@example.org', 'shop', now() from one;
insert into customers_address (customer_id, medium, address, source, recorded_at)
    select c, 'phone', '+1555' || (1000000 + n), 'shop', now() from one;
insert into values_worth (run_id, customer_id, spend, headroom)
    select %(run)s, c, case when n %% 5 > 0 then (hashint4(n)::bigint + 2147483648) %% 100000 / 100.0 end,
        (hashint4(n + 2)::bigint + 2147483648) %% 100000 / 100.0 from one
"""


def search_people(customers: int, homes: Path | None, keep: bool, tell: Tell) -> Result:
    """Search among so many customers in a home of their own, which is removed."""
    with home(homes, tell, keep) as fresh:
        fresh.sterna("migrate")
        done: dict[str, float] = json.loads(fresh.child("bench.search", str(customers)).output)
    raw = done.pop("count of all")
    slowest = max(done.values())
    return Result(
        "search",
        slowest,
        {"customers": customers},
        (Ratio("the slowest / a count of all", slowest, raw),),
        (Target("search and list: the slowest page", slowest * 1000, LIMIT, "ms"),),
        (
            *(Figure(f"{what}, {seconds * 1000:.0f} ms", seconds) for what, seconds in done.items()),
            Figure("count of all", raw, customers),
        ),
    )


def main(number: str) -> None:
    """Fill the home that STERNA_HOME names with so many customers; print the median seconds of each page as JSON."""
    from sterna.cli.desk import setup

    setup()
    from django.db import connection

    values: dict[str, Any] = {"number": int(number), "run": RUN, "given": GIVEN, "family": FAMILY}
    values |= {"givens": len(GIVEN), "families": len(FAMILY)}
    with connection.cursor() as cursor:
        for statement in _FILL.split(";\n"):
            cursor.execute(statement, values)
        cursor.execute("vacuum analyze")
    print(json.dumps(_measured()))


def _measured() -> dict[str, float]:
    from sterna.desk.customers.models import Customer
    from sterna.desk.dashboards.queries.finding import find

    found = {f"search: {what}": _median(lambda text=text: find(text)) for what, text in TYPED.items()}
    for sort in ("-spend", "headroom"):
        found[f"list by {sort.removeprefix('-')}"] = _median(lambda sort=sort: _listed(sort))
    return found | {"count of all": _median(Customer.objects.count)}


def _listed(sort: str) -> None:
    """The first page of the list in an order, and the page after it."""
    from django.test import RequestFactory

    from sterna.desk.dashboards.paging import Slice
    from sterna.desk.values.models import Worth

    rows = Worth.objects.filter(run_id=RUN)
    first: Slice[Worth] = Slice(RequestFactory().get(f"/?sort={sort}"), rows, ("spend", "headroom"), sort)
    Slice(RequestFactory().get(f"/{first.next_url}"), rows, ("spend", "headroom"), sort)


def _median(work: Callable[[], Any]) -> float:
    seconds = []
    for _ in range(REPEATS):
        begun = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begun)
    return statistics.median(seconds)


if __name__ == "__main__":
    main(*sys.argv[1:])
