"""Whoever follows the messages knows where everybody stands, whatever was run, run again and undone."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sterna.desk.segments.actions import undo_batch
from sterna.desk.segments.models import Batch, Membership
from sterna.desk.webhooks.models import Endpoint, Message
from tests.desk.segments.staging import people
from tests.desk.segments.test_batches import tiers, turn
from tests.desk.webhooks import outbox

pytestmark = pytest.mark.django_db
DAYS = [date(2018, 1, day) for day in (1, 2, 3)]
PLACES = ("none", "bronze", "silver")
# A run of one of three days with the places of three customers, of whom one may be in no place at all; or the newest
# batch that can be is undone.
RUNS = st.tuples(st.sampled_from(DAYS), st.tuples(*[st.sampled_from((*PLACES, None))] * 3))
STEPS = st.lists(st.one_of(RUNS, st.just("undo")), min_size=2, max_size=8)


def believed(to: Endpoint) -> dict[UUID, str | None]:
    """Where a receiver that keeps the newest message of each customer believes everybody to be."""
    found: dict[UUID, str | None] = {}
    for one in Message.objects.filter(endpoint=to).order_by("made_at"):
        found[one.customer_id] = one.data["to"]
    return {customer: place for customer, place in found.items() if place is not None}


def chained(to: Endpoint) -> bool:
    """Whether each message of a customer begins where the one before ended."""
    at: dict[UUID, str | None] = {}
    for one in Message.objects.filter(endpoint=to).order_by("made_at"):
        if one.data["from"] != at.get(one.customer_id) or one.data["from"] == one.data["to"]:
            return False
        at[one.customer_id] = one.data["to"]
    return True


def standing() -> Mapping[UUID, str]:
    """Where everybody stands."""
    stays = Membership.objects.filter(during__upper_inf=True).exclude(place="none")
    return dict(stays.values_list("customer", "place"))


def undo(number: int) -> None:
    """Undo the newest batch that was carried out and is of a day that has come."""
    batch = Batch.objects.filter(state="carried").order_by("-cut").first()
    if batch is not None:
        undo_batch(batch.pk, None, f"undone {number}")


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(steps=STEPS)
def test_who_follows_the_messages_knows_where_everybody_stands(steps, monkeypatch):
    monkeypatch.setenv("STERNA_WEBHOOK_PRIVATE", "yes")
    Message.objects.all().delete()
    Membership.objects.all().delete()
    Batch.objects.all().delete()
    Endpoint.objects.all().delete()
    everything, _ = outbox.endpoint()
    only_silver, _ = outbox.endpoint(name="silver", places=["value/silver"]) if tiers() else None
    scheme, who, newest = tiers(), people(3), DAYS[0]
    for number, step in enumerate(steps):
        # The days of the runs have all come; each step is a minute later than the one before.
        now = datetime(2018, 1, 3, 15, tzinfo=UTC) + timedelta(minutes=number)
        monkeypatch.setenv("STERNA_NOW", now.isoformat())
        if step == "undo":
            undo(number)
            newest = DAYS[-1]
        else:
            newest = max(newest, step[0])
            turn(newest, scheme, {pk: place for pk, place in zip(who, step[1], strict=True) if place})
        assert believed(everything) == standing()
        assert chained(everything)
        silver = {customer: place for customer, place in standing().items() if place == "silver"}
        told = {customer: place for customer, place in believed(only_silver).items() if place == "silver"}
        assert told == silver
