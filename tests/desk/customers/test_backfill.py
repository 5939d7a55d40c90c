"""The migration gives what was there its seeds, edges and owners, so that old customers can be split like new ones."""

import pytest
from django.core.management import call_command
from django.db import connection

from sterna.desk.customers import queries
from sterna.desk.customers.actions import split
from sterna.desk.customers.models import Consent, IdentityEdge, SourceRecord
from tests.desk.customers.people import clusters, whose

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

BEFORE = """
insert into customers_customer (id, created_at) values
    ('00000000-0000-7000-8000-000000000001', '2017-01-01'), ('00000000-0000-7000-8000-000000000002', '2017-01-02');
insert into customers_sourcerecord (id, key, source, kind, value, customer_id, created_at) values
    ('00000000-0000-7000-9000-000000000003', 'post/card:1', 'post', 'card', '1',
        '00000000-0000-7000-8000-000000000001', '2017-01-03'),
    ('00000000-0000-7000-9000-000000000009', 'till/card:1', 'till', 'card', '1',
        '00000000-0000-7000-8000-000000000001', '2017-01-01'),
    ('00000000-0000-7000-9000-000000000002', 'web/anonymous_id:d', 'web', 'anonymous_id', 'd',
        '00000000-0000-7000-8000-000000000001', '2017-01-04'),
    ('00000000-0000-7000-9000-000000000001', 'till/card:2', 'till', 'card', '2',
        '00000000-0000-7000-8000-000000000002', '2017-01-02');
insert into customers_consent (customer_id, medium, purpose, granted, source, said_on, recorded_at) values
    ('00000000-0000-7000-8000-000000000001', 'email', 'marketing', false, 'till', '2017-01-01', '2017-01-05'),
    ('00000000-0000-7000-8000-000000000001', 'email', 'marketing', true, 'post', '2017-02-01', '2017-02-05'),
    ('00000000-0000-7000-8000-000000000001', 'phone', 'marketing', true, 'a form', '2017-02-01', '2017-02-05');
insert into customers_address (customer_id, medium, address, source, recorded_at) values
    ('00000000-0000-7000-8000-000000000001', 'email', 'a@home.org', 'post', '2017-02-05');
"""


@pytest.fixture
def migrated():
    call_command("migrate", "customers", "0001", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute(BEFORE)
    call_command("migrate", verbosity=0)
    yield
    with connection.cursor() as cursor:
        cursor.execute("truncate customers_customer cascade")


def test_R20_old_records_have_their_seeds_edges_and_owners(migrated):
    records = {record.key: record for record in SourceRecord.objects.all()}
    ordered = sorted(records.values(), key=lambda record: record.sequence)
    assert [record.key for record in ordered] == [
        "till/card:1",
        "till/card:2",
        "post/card:1",
        "web/anonymous_id:d",
    ]
    assert [record.seed == record.customer_id for record in ordered] == [True, True, False, False]
    first = records["till/card:1"].pk
    edges = {(edge.kind, *sorted([edge.left_id, edge.right_id])) for edge in IdentityEdge.objects.all()}
    assert edges == {
        ("same value", *sorted([first, records["post/card:1"].pk])),
        ("observed", *sorted([first, records["web/anonymous_id:d"].pk])),
    }
    spoke = Consent.objects.order_by("sequence").values_list("source_record__key", flat=True)
    assert list(spoke) == ["till/card:1", "post/card:1", "till/card:1"]
    # What was said counts as said by one customer, as it did before: the newest word.
    customer = whose("till/card:1", "post/card:1", "web/anonymous_id:d")
    assert [(each.medium, each.granted) for each in queries.standings(customer)] == [
        ("email", True),
        ("phone", True),
    ]
    assert [each.source_record.key for each in queries.addresses(customer)] == ["post/card:1"]
    numbers = [row.sequence for row in (*ordered, *IdentityEdge.objects.all(), *Consent.objects.all())]
    assert len(set(numbers)) == len(numbers)
    split(customer, [records["post/card:1"].pk], "another's card", None)
    assert frozenset({"post/card:1"}) in clusters() and len(clusters()) == 3
