"""Definitions of best customers for the tests, and planted figures from which their lists can be told by hand."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sterna.desk.config import clock
from sterna.desk.config.ids import new_id
from sterna.desk.runs.models import Run
from sterna.desk.segments.actions import publish_book
from sterna.desk.segments.models import Definition
from sterna.desk.values.models import Worth
from tests.desk.segments.staging import people

UNTIL = date(2017, 6, 30)

BUYERS = """best: buyers
version: {version}
title: Who buys for most
scale: money
weigh:
  - {{measure: spend}}
take: {take}
treatment: Private sale
"""
LOYAL = """best: loyal
version: 1
title: Who bought for most before
scale: money
weigh:
  - {measure: spend_before, weight: 2}
only_if:
  - {measure: orders, least: 1}
take: {count: 12}
treatment: Thank-you letter
"""
REGULARS = """best: regulars
version: 1
title: Who comes most
scale: percentile
weigh:
  - {measure: orders, weight: 3}
  - {measure: breadth}
take: {share: 0.1}
treatment: Tasting evening
"""
ORDER = "arbitration: order\norder: [loyal, buyers, regulars]\n"


def buyers(version: int = 1, take: str = "{count: 10}") -> str:
    """The definition of buyers by spend."""
    return BUYERS.format(version=version, take=take)


def publish() -> list[Definition]:
    """The three definitions in force, with their arbitration."""
    return publish_book("---\n".join([buyers(), LOYAL, REGULARS, ORDER]), None, "for the test")


def planted(rows: Mapping[str, Mapping[str, Any]], until: date = UNTIL) -> tuple[Run, dict[str, UUID]]:
    """A published run that measured this of new customers, each by a name; who they are."""
    run = Run.objects.create(
        id=new_id(),
        until=until,
        state="done",
        brief={"currency": "USD"},
        brief_sha256="b" * 64,
        engine="duckdb",
        started_at=clock.now(),
        published_at=clock.now(),
    )
    # In the order of their ids, so that who ties stands in the order in which the test names them.
    called = dict(zip(rows, sorted(people(len(rows)), key=str), strict=True))
    Worth.objects.bulk_create(
        Worth(run_id=run.pk, customer_id=called[name], **_typed(figures)) for name, figures in rows.items()
    )
    return run, called


def _typed(figures: Mapping[str, Any]) -> dict[str, Any]:
    return {name: Decimal(value) if isinstance(value, str) else value for name, value in figures.items()}
