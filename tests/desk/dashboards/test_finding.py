"""Customers are found by whatever is known of them, by an index however many there are, page after page."""

import re
from datetime import date
from uuid import UUID

import pytest
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from sterna.desk.config import clock
from sterna.desk.customers.actions import identify, keep_addresses, keep_facts, merge, retract
from sterna.desk.customers.models import Fact, SourceRecord
from sterna.desk.dashboards.paging import Slice
from sterna.desk.dashboards.queries import finding
from sterna.desk.dashboards.queries.finding import find
from sterna.desk.sources.signals import AddressesSaid, FactsSaid
from sterna.desk.values.models import Worth

pytestmark = pytest.mark.django_db
DAY = date(2017, 1, 1)
NAMES = {
    "c1": "Dora Quint",
    "c2": "Jörg Müller-Lüdenscheidt",
    "c3": "J.R. Ewing",
    "c4": "O'Neil, Shaun",
    "c5": "Zoë 100% _real_ \\ Name",
    "c6": "Ирина Петрова",
}
RUN = UUID(int=7)


@pytest.fixture
def people():
    """Six people with a card each, a name, and some with an address."""
    identify("till", "card", list(NAMES), clock.now())
    said = [(card, name, DAY, "service") for card, name in NAMES.items()]
    keep_facts(FactsSaid("till", "card", "name.full", said, clock.now()))
    keep_addresses(AddressesSaid("till", "card", "email", [("c1", "Dora.Quint@Shop.example")], clock.now()))
    phones = [("c2", "+49 (30) 555-0142"), ("c3", "030 5550199")]
    keep_addresses(AddressesSaid("till", "card", "phone", phones, clock.now()))
    keep_addresses(AddressesSaid("till", "card", "letter", [("c4", "9 Dorado Road\nDallas")], clock.now()))


def whose(card):
    return SourceRecord.objects.get(key=f"till/card:{card}").customer


def found(text):
    """The cards of those whom `text` finds, in order."""
    hits = find(text).customers
    return [SourceRecord.objects.filter(customer=hit).order_by("sequence")[0].value for hit in hits]


@pytest.mark.parametrize(
    ("text", "cards"),
    [
        ("c1", ["c1"]),
        ("C1", ["c1"]),
        ("dora", ["c1"]),
        ("quint", ["c1"]),
        ("QUI do", ["c1"]),
        ("uint", []),
        ("dora ewing", []),
        ("dora.quint@shop.example", ["c1"]),
        ("DORA.Q", ["c1"]),
        ("shop.example", []),
        ("muller", ["c2"]),
        ("Müll", ["c2"]),
        ("ludensch jorg", ["c2"]),
        ("ewing", ["c3"]),
        ("j.r. ewing", ["c3"]),
        ("o'neil", ["c4"]),
        ("neil", ["c4"]),
        ("9 dor", ["c4"]),
        ("100% _real", ["c5"]),
        ("zoe", ["c5"]),
        ("ирин", ["c6"]),
        ("%", []),
        ("c_", []),
        ("\\", []),
        ("''' & ! :* (", []),
        ("", []),
        ("x" * 5000, []),
    ],
)
def test_words_beginnings_and_addresses_find_their_customer_and_no_other(people, text, cards):
    assert found(text) == cards


@pytest.mark.parametrize("text", ["+49 30 5550142", "4930 555 0142", "030/5550142", "555-0142", "50142"])
def test_a_phone_number_is_found_by_its_last_digits_however_it_is_written(people, text):
    assert found(text) == ["c2"]


def test_four_digits_are_no_end_of_a_phone_number(people):
    assert found("0142") == []


def test_an_id_is_found_by_its_beginning_with_and_without_dashes(people):
    pk = whose("c3").pk
    for text in (str(pk), str(pk).upper(), pk.hex, str(pk)[:30]):
        assert [hit.pk for hit in find(text).customers] == [pk], text
    assert pk not in [hit.pk for hit in find(str(pk)[:4]).customers]


def test_who_is_called_exactly_so_comes_before_who_only_begins_so(people):
    identify("till", "card", ["c10", "c100", "c"], clock.now())
    assert found("c10") == ["c10", "c100"]
    assert found("c")[0] == "c"


def test_one_customer_with_many_hits_stands_once(people):
    identify("web", "user_id", ["dora quint"], clock.now())
    other = SourceRecord.objects.get(key="web/user_id:dora quint").customer
    kept = merge(whose("c1"), other, "one voice", None)
    hits = find("dora").customers
    assert [hit.pk for hit in hits] == [whose("c1").pk] and kept is not None


def test_the_id_that_a_customer_had_before_a_merge_finds_who_they_are_now(people):
    one, other = whose("c1"), whose("c3")
    merge(one, other, "one voice", None)
    stands = whose("c1")
    gone = ({one.pk, other.pk} - {stands.pk}).pop()
    assert [hit.pk for hit in find(str(gone)).customers] == [stands.pk]


def test_a_name_that_was_taken_back_finds_nobody(people):
    retract(Fact.objects.get(value="Dora Quint"), "misheard", None)
    assert found("quint") == []


def test_pages_follow_each_other_and_hold_everybody_once(people, monkeypatch):
    monkeypatch.setattr(finding, "PAGE", 4)
    cards = [f"k{number:02}" for number in range(11)]
    identify("till", "card", cards, clock.now())
    seen, after = [], ""
    for _ in range(4):
        hits = find("k", after)
        seen += [hit.pk for hit in hits.customers]
        if hits.after is None:
            break
        after = hits.after
    assert len(seen) == len(set(seen)) == 11 and set(seen) == {whose(card).pk for card in cards}


@pytest.mark.parametrize("after", ["garbage", "1", "1.x", "x.00000000-0000-0000-0000-000000000000", "."])
def test_a_cursor_nobody_gave_out_begins_at_the_first_page(people, after):
    assert [hit.pk for hit in find("c", after).customers] == [hit.pk for hit in find("c").customers]


def test_where_too_many_begin_so_the_page_says_that_it_shows_only_some(people, log_in, monkeypatch):
    monkeypatch.setattr(finding, "MOST", 5)
    identify("till", "card", [f"k{number}" for number in range(9)], clock.now())
    hits = find("k")
    assert hits.cut and len(hits.customers) == 5 and not find("k1").cut
    shown = log_in("analyst").get(reverse("search"), {"q": "k"}).content.decode()
    assert finding.TOO_MANY in shown


def test_the_search_page_goes_on_to_the_next_page_and_back(people, log_in, monkeypatch):
    monkeypatch.setattr(finding, "PAGE", 4)
    identify("till", "card", [f"k{number}" for number in range(6)], clock.now())
    client = log_in("analyst")
    first = client.get(reverse("search"), {"q": "k"}).context["page"].sections[0].items[0]
    second = client.get(reverse("search") + first.next_url).context["page"].sections[0].items[0]
    assert (len(first.rows), len(second.rows), second.next_url) == (4, 2, None)
    again = client.get(reverse("search") + second.previous_url).context["page"].sections[0].items[0]
    assert [row.href for row in again.rows] == [row.href for row in first.rows]


def test_one_hit_on_a_later_page_is_shown_there_and_not_opened(people, log_in, monkeypatch):
    monkeypatch.setattr(finding, "PAGE", 2)
    identify("till", "card", ["k1", "k2", "k3"], clock.now())
    client = log_in("analyst")
    table = client.get(reverse("search"), {"q": "k"}).context["page"].sections[0].items[0]
    assert client.get(reverse("search") + table.next_url).status_code == 200


MANY = 20_000
_FILL = (
    "create temp table one on commit drop as"
    " select n, gen_random_uuid() c, gen_random_uuid() r from generate_series(1, %(many)s) n",
    "insert into customers_customer (id, created_at) select c, now() from one",
    "insert into customers_sourcerecord (id, key, source, kind, value, customer_id, created_at)"
    " select r, 'shop/card:' || n, 'shop', 'card', n::text, c, now() from one",
    "insert into customers_fact"
    " (source_record_id, fact_class, value, source, purpose, observed_on, recorded_at, confidence)"
    " select r, 'name.full', substr(md5(n::text), 1, 6) || ' ' || substr(md5((n %% 900)::text), 1, 5), 'shop',"
    " 'service', '2017-01-01', now(), 1 from one",
    "insert into customers_address (customer_id, medium, address, source, recorded_at)"
    " select c, 'email', substr(md5(n::text), 1, 6) || n || '@example.org', 'shop', now() from one",
    "insert into customers_address (customer_id, medium, address, source, recorded_at)"
    " select c, 'phone', '+1555' || (1000000 + n), 'shop', now() from one",
    "insert into values_worth (run_id, customer_id, spend, headroom, orders, breadth, recency_days, expected_spend)"
    " select %(run)s, c, case when n %% 5 > 0 then n %% 977 end, n %% 877, n %% 40, n %% 9, n %% 180, n from one",
    "analyze customers_customer, customers_sourcerecord, customers_fact, customers_address, values_worth",
)
BIG = re.compile(
    r"Seq Scan on customers_(customer|sourcerecord|fact|address)\b|Seq Scan on values_worth|Seq Scan on segments_move"
)


@pytest.fixture
def many(people):
    """Twenty thousand more, with what the planner wants to know of them."""
    with connection.cursor() as cursor:
        for statement in _FILL:
            cursor.execute(statement, {"many": MANY, "run": str(RUN)})


def plans(work):
    """What the database would do for each query of `work`, as it is set up."""
    with CaptureQueriesContext(connection) as queries:
        work()
    shown = []
    with connection.cursor() as cursor:
        for query in queries.captured_queries:
            cursor.execute("explain " + query["sql"])
            shown.append("\n".join(line for (line,) in cursor.fetchall()))
    return shown


SERVED = {
    "c4ca42": "fact_by_words",
    "c4ca42 c4": "fact_by_words",
    "c": "record_by_beginning",
    "1777": "record_by_beginning",
    "c4ca421@example.org": "address_by_beginning",
    "1555 1017 777": "address_by_digits",
    "nobody at all": "fact_by_words",
}


def test_a_search_reads_indexes_and_no_table_from_end_to_end(many):
    for text, index in SERVED.items():
        assert find(text).customers or text == "nobody at all", text
        shown = "\n".join(plans(lambda text=text: find(text)))
        assert index in shown and not BIG.search(shown), f"{text}: {shown}"


def test_the_list_walks_an_index_in_every_order_both_ways_and_from_any_row_on(many):
    rows = Worth.objects.filter(run_id=RUN)
    for column in ("spend", "headroom", "orders", "recency_days", "expected_spend", "breadth"):
        middle = rows.filter(**{f"{column}__isnull": False}).order_by(column, "pk")[MANY // 2]
        for query in (column, f"-{column}", f"{column}&after={middle.pk}", f"-{column}&after={middle.pk}"):
            request = RequestFactory().get(f"/?sort={query}")
            for shown in plans(
                lambda request=request, column=column: Slice(request, rows, (column,), column)
            ):
                assert not BIG.search(shown) and "Sort" not in shown, f"{query}: {shown}"
