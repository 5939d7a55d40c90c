"""Events, imports, merges, splits, answers, retries in any order: the records come out as the plain reference."""

from datetime import date, timedelta
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from sterna.desk.config.refused import Refused
from sterna.desk.customers import queries
from sterna.desk.customers.actions import (
    Said,
    act_on_inbox,
    answer_pair,
    form_household,
    identify,
    merge,
    say_facts,
    split,
    undo,
)
from sterna.desk.customers.actions.projecting import key_of
from sterna.desk.customers.models import (
    Consent,
    Customer,
    Fact,
    HouseholdMember,
    ReviewPair,
    SourceRecord,
)
from sterna.desk.customers.rules import Identifier
from sterna.desk.lakehouse.queries import manifest
from sterna.desk.sources.actions import receive, seal_inbox
from sterna.desk.sources.lake_rows import first_named
from sterna.desk.sources.models import InboxEvent
from sterna.desk.sources.queries import acted_position
from sterna.desk.sources.received import Envelope
from tests.desk.customers.people import NOON, clusters, source, state
from tests.desk.customers.reference import Reference

SOURCES = st.sampled_from(["web", "shop"])
USERS = st.none() | st.sampled_from(["u1", "u2", "u3"])
DEVICES = st.none() | st.sampled_from(["device-a", "device-b"])
MAILS = st.none() | st.sampled_from(["ann@home.org", "bea@home.org"])
NUMBERS = st.integers(0, 50)


class AnyOrder(RuleBasedStateMachine):
    """The records beside the reference; each example is one transaction that is rolled back."""

    def __init__(self) -> None:
        super().__init__()
        self.whole = transaction.atomic()
        self.whole.__enter__()
        self.reference = Reference()
        self.sent: list[tuple[str, dict[str, Any], str]] = []
        self.days = 0
        self.sealed = 0
        self.told: dict[str, set[str]] = {}

    def teardown(self) -> None:
        # What the database checks at a commit it must check here: there will be none.
        with connection.cursor() as cursor:
            cursor.execute("set constraints all immediate")
        transaction.set_rollback(True)
        self.whole.__exit__(None, None, None)

    @initialize()
    def open(self) -> None:
        for name in ("web", "shop"):
            source(name)

    def pick(self, number: int) -> Identifier:
        return self.reference.records[number % len(self.reference.records)]

    def customer(self, identifier: Identifier) -> Customer:
        return SourceRecord.objects.select_related("customer").get(key=key_of(*identifier)).customer

    @rule(name=SOURCES, user=USERS, device=DEVICES, mail=MAILS, public=st.booleans())
    def happens(
        self, name: str, user: str | None, device: str | None, mail: str | None, public: bool
    ) -> None:
        if user is None and device is None:
            return
        event = {"type": "identify", "userId": user, "anonymousId": device, "messageId": f"m{len(self.sent)}"}
        if mail:
            event["traits"] = {"email": mail}
        named = [
            (name, kind, value) for kind, value in (("user_id", user), ("anonymous_id", device)) if value
        ]
        # A public key may bring an address; it is no identifier then.
        named += [(name, "email", mail)] if mail and not public else []
        self.sent.append((name, event, "public" if public else "secret"))
        self.send(len(self.sent) - 1)
        self.reference.event(named, public)

    def send(self, number: int) -> None:
        name, event, key = self.sent[number]
        receive(source(name), [event], Envelope(NOON, None, {}, {}, key))
        act_on_inbox()

    @precondition(lambda self: self.sent)
    @rule(number=NUMBERS)
    def is_sent_again(self, number: int) -> None:
        self.send(number % len(self.sent))

    @rule(name=SOURCES, kind=st.sampled_from(["user_id", "email"]), number=st.integers(1, 3))
    def is_imported(self, name: str, kind: str, number: int) -> None:
        value = (
            f"u{number}" if kind == "user_id" else ["ann@home.org", "bea@home.org", "cy@home.org"][number - 1]
        )
        identify(name, kind, [value], NOON)
        self.reference.identify((name, kind, value))

    @precondition(lambda self: len(self.reference.clusters()) > 1)
    @rule(one=NUMBERS, two=NUMBERS)
    def is_merged(self, one: int, two: int) -> None:
        first, second = self.pick(one), self.pick(two)
        if second in self.reference.cluster(first):
            with pytest.raises(Refused):
                merge(self.customer(first), self.customer(second), "one", None)
            return
        self.with_words(
            lambda: merge(self.customer(first), self.customer(second), "one", None), first, second
        )
        self.reference.merge(first, second)

    def with_words(self, act: Any, *who: Identifier) -> None:
        """Do a merge, after which nothing may be allowed that one of the sides refused."""
        sides = [{each.medium: each.granted for each in queries.standings(self.customer(one))} for one in who]
        act()
        for each in queries.standings(self.customer(who[0])):
            assert each.granted == all(side[each.medium] for side in sides if each.medium in side)

    @precondition(lambda self: any(len(each) > 1 for each in self.reference.clusters()))
    @rule(number=NUMBERS, mask=st.integers(1, 2**10))
    def is_split(self, number: int, mask: int) -> None:
        large = sorted((each for each in self.reference.clusters() if len(each) > 1), key=sorted)
        cluster = sorted(large[number % len(large)])
        side = frozenset(each for place, each in enumerate(cluster) if mask >> place & 1)
        if not side or len(side) == len(cluster):
            return
        records = SourceRecord.objects.filter(key__in=[key_of(*each) for each in side])
        split(self.customer(cluster[0]), list(records.values_list("pk", flat=True)), "two", None)
        self.reference.split(side)

    @precondition(lambda self: len(self.reference.clusters()) > 1)
    @rule(one=NUMBERS, two=NUMBERS)
    def is_merged_and_taken_back(self, one: int, two: int) -> None:
        first, second = self.pick(one), self.pick(two)
        if second in self.reference.cluster(first):
            return
        before = state()
        undo(merge(self.customer(first), self.customer(second), "one", None), "two", None)
        assert state() == before

    @precondition(lambda self: len(self.reference.clusters()) > 1)
    @rule(one=NUMBERS, two=NUMBERS)
    def is_merged_and_split_again(self, one: int, two: int) -> None:
        first, second = self.pick(one), self.pick(two)
        here, there = self.reference.cluster(first), self.reference.cluster(second)
        if here == there or self.reference.barred(here, there):
            return
        before = state()
        merge(self.customer(first), self.customer(second), "one", None)
        records = SourceRecord.objects.filter(key__in=[key_of(*each) for each in there])
        split(self.customer(second), list(records.values_list("pk", flat=True)), "two", None)
        assert state() == before
        self.reference.split_again(here, there)

    @precondition(lambda self: len(self.reference.clusters()) > 1)
    @rule(one=NUMBERS, two=NUMBERS, answer=st.sampled_from(["same", "different"]))
    def is_answered(self, one: int, two: int, answer: str) -> None:
        first, second = self.pick(one), self.pick(two)
        here, there = self.reference.cluster(first), self.reference.cluster(second)
        if here == there or self.reference.barred(here, there):
            return
        pair = [self.reference.oldest(each) for each in (here, there)]
        ids = sorted(SourceRecord.objects.get(key=key_of(*each)).pk for each in pair)
        asked, _ = ReviewPair.objects.update_or_create(
            left_id=ids[0], right_id=ids[1],
            defaults={"probability": 0.5, "evidence": {}, "found_at": NOON, "state": "open"},
        )  # fmt: skip
        answer_pair(asked, answer, "asked them", None)
        answer_pair(asked, answer, "asked them", None)
        (self.reference.decided if answer == "same" else self.reference.apart).append(frozenset(pair))

    @precondition(lambda self: self.reference.records)
    @rule(number=NUMBERS, granted=st.booleans(), medium=st.sampled_from(["email", "phone"]))
    def says_a_word(self, number: int, granted: bool, medium: str) -> None:
        record = SourceRecord.objects.get(key=key_of(*self.pick(number)))
        self.days += 1
        Consent.objects.create(
            customer=record.customer, source_record=record, medium=medium, purpose="marketing", granted=granted,
            source="web", said_on=date(2017, 1, 1) + timedelta(days=self.days), recorded_at=NOON,
        )  # fmt: skip
        (now,) = [each for each in queries.standings(record.customer) if each.medium == medium]
        assert now.granted == granted

    @precondition(lambda self: self.reference.records)
    @rule(number=NUMBERS, name=st.sampled_from(["Ann Lee", "Bea Lee", "Cy Lee"]))
    def tells_a_name(self, number: int, name: str) -> None:
        record = SourceRecord.objects.get(key=key_of(*self.pick(number)))
        self.days += 1
        day = date(2017, 1, 1) + timedelta(days=self.days)
        say_facts([Said(record.pk, "name.full", name, "web", "service", day, NOON)])
        self.told[record.key] = self.told.get(record.key, set()) | {name}

    @precondition(lambda self: len(self.reference.clusters()) > 1)
    @rule(one=NUMBERS, two=NUMBERS)
    def live_together(self, one: int, two: int) -> None:
        first, second = (self.customer(self.pick(number)) for number in (one, two))
        homes = {queries.household_of(each) for each in (first, second)} - {None}
        if first == second or len(homes) == 2:
            with pytest.raises(Refused), transaction.atomic():
                form_household([first, second], "one kitchen", None)
            return
        home = form_household([first, second], "one kitchen", None)
        assert {queries.household_of(each) for each in (first, second)} == {home}

    @rule()
    def is_sealed(self) -> None:
        seal_inbox()
        self.sealed = len(self.sent)

    @invariant()
    def every_sealed_event_is_in_the_lake_once_under_a_record_that_is_there(self) -> None:
        rows = [row for path, _ in manifest().get("events", []) for row in pq.read_table(path).to_pylist()]
        assert len({row["event_id"] for row in rows}) == len(rows) == self.sealed
        known = set(SourceRecord.objects.values_list("key", flat=True))
        assert {row["source_record"] for row in rows} <= known

    @invariant()
    def every_fact_is_its_record_s_whoever_that_is_now(self) -> None:
        found: dict[str, set[str]] = {}
        for key, value in Fact.objects.filter(retracted_at=None).values_list("source_record__key", "value"):
            found.setdefault(key, set()).add(value)
        assert found == self.told

    @invariant()
    def nobody_lives_under_an_id_that_leads_elsewhere(self) -> None:
        assert not HouseholdMember.objects.filter(until=None).exclude(customer__redirects_to=None).exists()

    @invariant()
    def clusters_are_those_of_the_reference(self) -> None:
        assert clusters() == {frozenset(key_of(*each) for each in one) for one in self.reference.clusters()}

    @invariant()
    def ids_follow_from_the_oldest_records_and_old_ones_lead_there(self) -> None:
        rows = list(SourceRecord.objects.order_by("sequence").values_list("customer", "seed"))
        oldest: dict[Any, Any] = {}
        for customer, seed in rows:
            oldest.setdefault(customer, seed)
        assert all(customer == seed for customer, seed in oldest.items())
        whose = {seed: customer for customer, seed in rows}
        for pk, leads_to in Customer.objects.values_list("pk", "redirects_to"):
            assert whose[pk] == (leads_to or pk)

    @invariant()
    def no_event_is_lost_or_counted_twice(self) -> None:
        found = list(InboxEvent.objects.select_related("source").order_by("sequence"))
        assert len(found) == len(self.sent) and acted_position() == (found[-1].sequence if found else 0)
        for event in found:
            name = event.filed_under or first_named(
                event.source.name, event.source.identifier_kind, event.body
            )
            assert SourceRecord.objects.filter(key=name).exists()


@pytest.mark.django_db
def test_R20_whatever_happens_in_whatever_order_the_clusters_are_those_of_the_reference():
    run_state_machine_as_test(
        AnyOrder,
        settings=settings(
            max_examples=15, stateful_step_count=14, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
