"""What is known of many customers: the rules followed for all of them, the classes counted, their page read.

Each beside a raw read of the same facts by the same driver. The first night infers everything, the second finds that
nothing changed.
"""

import json
import sys
import time
from collections.abc import Callable
from typing import Any

from bench.homes import Tell, home
from bench.options import Options
from bench.results import Figure, Ratio, Result, Target
from sterna.cli.desk import migrate

# Of one customer each: the classes that rules read, and others; the shares are per cent of all customers.
HELD = (
    ("demography.household_size", "5+", 12),
    ("demography.age", "35-44", 100),
    ("demography.income", "50-74K", 100),
    ("events.birth", "2017-03-01", 5),
    ("food.meatless.vegan", "yes", 8),
    ("food.baking", "yes", 30),
    ("food.organic", "yes", 25),
    ("food.ready_meals", "yes", 20),
    ("food.fish", "yes", 60),
    ("shopping.transport", "bus", 20),
    ("shopping.bulk", "yes", 20),
    ("home.garden", "yes", 300),
    ("food.coffee", "yes", 300),
)
SECONDS_PER_100_000, PAGE_MS = 60.0, 50.0


def measure_facts(options: Options, tell: Tell) -> Result:
    """Fill a fresh home with a simulated knowledge of `options.customers` and time what the nights do to it."""
    with home(options.homes, tell, options.keep) as fresh:
        done = json.loads(fresh.child("bench.facts", str(options.customers)).output)
    hundreds = options.customers / 100_000
    nights = {what: done[what]["seconds"] for what in ("first night", "second night")}
    raw = done["raw read of the facts"]["seconds"]
    return Result(
        "facts",
        nights["first night"],
        {"customers": options.customers, "facts": done["facts"], "inferred": done["first night"]["rows"]},
        (
            *(Ratio(f"{what} / raw read", seconds, raw) for what, seconds in nights.items()),
            Ratio("classes counted / raw read", done["classes counted"]["seconds"], raw),
        ),
        (
            *(
                Target(f"{what}: 100,000 customers", seconds / hundreds, SECONDS_PER_100_000, "s")
                for what, seconds in nights.items()
            ),
            Target("how full each class is, read", done["counts read"]["seconds"] * 1_000, PAGE_MS, "ms"),
        ),
        tuple(
            Figure(what, part["seconds"], part["rows"])
            for what, part in done.items()
            if isinstance(part, dict)
        ),
    )


def main(number: str) -> None:
    """Measure on `number` customers of the home that STERNA_HOME names; prints seconds and rows by part as JSON."""
    migrate()
    facts = _fill(int(number))
    from sterna.desk.customers.actions import count_classes, infer_all
    from sterna.desk.customers.queries import class_reports

    found: dict[str, Any] = {"facts": facts}
    found["first night"] = _timed(lambda: infer_all().added)
    found["second night"] = _timed(lambda: facts if not infer_all().added else 0)
    found["classes counted"] = _timed(lambda: count_classes().customers)
    found["counts read"] = min((_timed(lambda: len(class_reports())) for _ in range(3)), key=_seconds)
    found["raw read of the facts"] = min((_timed(_raw) for _ in range(3)), key=_seconds)
    print(json.dumps(found))


def _seconds(part: dict[str, Any]) -> float:
    seconds: float = part["seconds"]
    return seconds


def _timed(work: Callable[[], int]) -> dict[str, Any]:
    begun = time.perf_counter()
    rows = work()
    return {"rows": rows, "seconds": time.perf_counter() - begun}


def _fill(number: int) -> int:
    """Customers with one card each, and facts drawn by a hash of the card; how many facts."""
    from django.db import connection

    from sterna.desk.config import clock
    from sterna.desk.customers import actions

    names = [f"{each:07}" for each in range(number)]
    for start in range(0, number, 20_000):
        actions.identify("bench", "card", names[start : start + 20_000], clock.now())
    with connection.cursor() as cursor:
        cursor.execute(_DRAW, {"held": json.dumps(HELD), "on": clock.today(), "at": clock.now()})
        drawn: int = cursor.rowcount
        # What autovacuum has done long before a real installation knows so much.
        cursor.execute("analyze")
    return drawn


# A share above a hundred is so many facts of the class for each: said again on other days.
_DRAW = """
insert into customers_fact (source_record_id, fact_class, value, source, purpose, observed_on, recorded_at, confidence,
    expires_on)
select r.id, held ->> 0, held ->> 1, 'bench', 'marketing', %(on)s::date - again * 30 - dice %% 20, %(at)s, 0.9,
    %(on)s::date + 300
from jsonb_array_elements(%(held)s::jsonb) as listed (held)
cross join generate_series(1, greatest((held ->> 2)::int / 100, 1)) as times (again)
cross join customers_sourcerecord as r
cross join lateral (select ('x' || left(md5(r.key || (held ->> 0)), 7))::bit(28)::int as dice) as drawn
where dice %% 100 < (held ->> 2)::int
"""
_RAW = """
select r.customer_id, f.id, f.fact_class, f.value, f.observed_on, f.recorded_at, f.confidence, f.expires_on
from customers_fact as f join customers_sourcerecord as r on r.id = f.source_record_id
where f.retracted_at is null order by r.customer_id
"""


def _raw() -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(_RAW)
        return len(cursor.fetchall())


if __name__ == "__main__":
    main(*sys.argv[1:])
