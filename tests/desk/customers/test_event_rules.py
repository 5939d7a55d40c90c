"""The rules of event time: which identifiers join, which are refused and why, whatever comes in whatever order."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.desk.customers.graph import CANNOT_LINK, MUST_LINK
from sterna.desk.customers.rules import Rule, Rules, alike
from tests.desk.customers.people import again, directory, groups, told

U1, U2, U3 = (("web", "user_id", f"u{number}") for number in (1, 2, 3))
TILL1 = ("till", "card", "77")
A, B = (("web", "anonymous_id", name) for name in ("device-a", "device-b"))
MAIL = ("web", "email", "ann@home.org")

IDENTIFIERS = st.tuples(
    st.sampled_from(["web", "till"]),
    st.sampled_from(["user_id", "email", "anonymous_id"]),
    st.sampled_from("pqrs"),
)
EVENTS = st.lists(
    st.tuples(st.lists(IDENTIFIERS, min_size=1, max_size=3, unique=True), st.booleans()), max_size=12
)


@given(EVENTS)
def test_every_event_is_filed_and_every_record_is_in_one_cluster(events):
    book = directory()
    for named, public in events:
        assert book.resolve(told(*named, public=public)) == named[0]
    members = [node for cluster in book.graph.clusters() for node in cluster.members]
    assert Counter(members) == Counter(book.graph.nodes.values())
    assert all(node.cluster.oldest.sequence <= node.sequence for node in members)


@given(EVENTS)
def test_R20_no_customer_ever_has_two_user_ids_of_one_source(events):
    book = directory()
    for named, public in events:
        book.resolve(told(*named, public=public))
        for cluster in book.graph.clusters():
            users = Counter(node.identifier[0] for node in cluster.members if node.identifier[1] == "user_id")
            assert max(users.values(), default=0) <= 1


@given(EVENTS)
def test_the_same_events_again_make_nobody_new(events):
    book = directory()
    for named, public in events:
        book.resolve(told(*named, public=public))
    before, records = groups(book), len(book.graph.nodes)
    after = again(book)
    for named, _ in events:
        for identifier in named[:1]:
            after.resolve(told(identifier))
    assert groups(after) == before and len(after.graph.nodes) == records


@given(EVENTS, st.integers(0, 12))
def test_R20_it_does_not_matter_where_a_batch_ends(events, cut):
    whole, first = directory(), directory()
    for named, public in events:
        whole.resolve(told(*named, public=public))
    for named, public in events[:cut]:
        first.resolve(told(*named, public=public))
    second = again(first)
    for named, public in events[cut:]:
        second.resolve(told(*named, public=public))
    assert groups(second) == groups(whole) and second.shared == whole.shared


@given(EVENTS)
def test_the_ids_of_customers_follow_from_the_edges_that_live(events):
    book = directory()
    for named, public in events:
        book.resolve(told(*named, public=public))
    read = again(book)
    assert {node.id: node.customer for node in read.graph.nodes.values()} == {
        node.id: node.customer for node in book.graph.nodes.values()
    }


def codes(book) -> list[tuple[str, str, int]]:
    return [(code, left[2], refused.times) for (code, _, left), refused in book.refused.items()]


def test_R20_a_value_that_comes_with_a_second_user_is_a_key_no_more():
    # A couple: u1 and u2 both log in on the tablet. Until u2 came it was u1's.
    book = directory()
    book.resolve(told(U1, A))
    assert groups(book) == {frozenset({U1, A})}
    book.resolve(told(U2, A))
    assert groups(book) == {frozenset({U1}), frozenset({U2}), frozenset({A})}
    assert book.newly_shared == {A[1:]: (U1, U2)} and codes(book) == [("shared value", "device-a", 1)]
    book.resolve(told(U1, A))
    assert groups(book) == {frozenset({U1}), frozenset({U2}), frozenset({A})}


def test_R20_records_that_were_joined_only_by_a_shared_value_fall_apart():
    # u1 - mail - device-b: without the mail nothing holds the device to u1. u1 - device-a was seen by itself.
    book = directory()
    for event in ((U1, MAIL), (B, MAIL), (U1, A)):
        book.resolve(told(*event))
    assert groups(book) == {frozenset({U1, MAIL, A, B})}
    book.resolve(told(U2, MAIL))
    assert groups(book) == {frozenset({U1, A}), frozenset({MAIL}), frozenset({B}), frozenset({U2})}


def test_user_ids_of_two_sources_do_not_make_a_value_shared():
    book = directory()
    for event in ((U1, MAIL), (TILL1, ("till", "email", MAIL[2]))):
        book.resolve(told(*event))
    assert len(groups(book)) == 1 and not book.shared


def test_a_value_that_was_kept_from_one_user_and_comes_with_another_is_shared():
    # device-b hangs on u1 by way of the mail; u2 is kept from it by the limit, and u3 is the second seen with it.
    book = directory()
    for event in ((U1, MAIL), (B, MAIL)):
        book.resolve(told(*event))
    book.resolve(told(U2, B))
    assert codes(book) == [("limit", "device-b", 1)] and not book.shared
    book.resolve(told(U3, B))
    assert B[1:] in book.shared


@pytest.mark.parametrize(("count", "refused"), [(5, 0), (6, 1)])
def test_a_customer_has_no_more_values_of_a_kind_than_the_limit(count, refused):
    book = directory()
    for number in range(count):
        book.resolve(told(U1, ("web", "email", f"ann{number}@home.org")))
    assert len(next(book.graph.clusters()).members) == count + 1 - refused
    assert [code for code, _, _ in codes(book)] == ["limit"] * refused
    # The sixth is no record yet: nothing is filed under it.
    assert len(book.graph.nodes) == count + 1 - refused


def test_limits_priority_and_joining_are_the_installations_to_change():
    rules = Rules({"email": Rule(2, 1), "anonymous_id": Rule(9, 50, joins=False)})
    book = directory(rules)
    book.resolve(told(U1, MAIL))
    book.resolve(told(U1, ("web", "email", "ann@work.org"), A))
    assert groups(book) == {frozenset({U1, MAIL})}
    assert codes(book) == [("limit", "ann@work.org", 1), ("kind", "device-a", 1)]


def test_the_first_in_priority_is_kept_to():
    # The device is of u1. An event of u2's mail on it: user over mail over device.
    book = directory()
    book.resolve(told(U1, A))
    book.resolve(told(A, U2, MAIL))
    assert frozenset({U2, MAIL}) in groups(book) and A[1:] in book.shared


BLOCKED = ["null", "NULL", "undefined", "guest", "0", "000000", "00000000-0000-0000-0000-000000000000", "-1",
           "[object Object]", "anonymous", "NaN", "none", "test@shop.org", "x@example.com", "N/A"]  # fmt: skip


@pytest.mark.parametrize("value", BLOCKED)
def test_a_value_that_programs_write_for_nobody_is_nobody(value):
    book = directory()
    assert book.resolve(told(("web", "user_id", value))) is None
    assert book.resolve(told(("web", "user_id", value), A)) == A
    assert groups(book) == {frozenset({A})}
    assert codes(book) == [("blocked value", value, 2)]


@pytest.mark.parametrize(
    "value", ["1", "u0", "nullmann@home.org", "1000", "guest-4711", "0049", "Zoë", "anna"]
)
def test_a_value_that_only_looks_like_one_is_somebody(value):
    assert not Rules().blocks(value)


def test_an_installation_blocks_values_and_patterns_of_its_own():
    rules = Rules(values=frozenset({"kasse"}), patterns=(r"demo-\d+",))
    assert rules.blocks("Kasse") and rules.blocks("DEMO-12") and not rules.blocks("demo-12x")


def test_a_record_that_an_import_made_is_somebody_whatever_it_is_called():
    book = directory()
    book.resolve(told(U1))
    zeros = ("web", "user_id", "000")
    book._make(zeros)
    assert book.resolve(told(zeros, A)) == zeros and frozenset({zeros, A}) in groups(book)


@pytest.mark.parametrize(
    ("kind", "given", "compared"),
    [
        ("email", " Ann@Home.ORG ", "ann@home.org"),
        ("phone", "+1 (555) 010-99", "+155501099"),
        ("card", " 07 ", " 07 "),
    ],
)
def test_values_are_compared_as_their_kind_is_written(kind, given, compared):
    assert alike(kind, given) == compared


def test_R20_a_public_key_joins_a_new_record_and_nobody_who_is_known():
    book = directory()
    book.resolve(told(U1, A, public=True))
    assert groups(book) == {frozenset({U1, A})}
    book = directory()
    book.resolve(told(A))
    book.resolve(told(U1))
    book.resolve(told(U1, A, public=True))
    assert groups(book) == {frozenset({U1}), frozenset({A})} and codes(book) == [
        ("public key", "device-a", 1)
    ]
    book.resolve(told(U1, A))
    assert groups(book) == {frozenset({U1, A})}


def test_a_public_key_gives_a_device_of_nobody_its_first_user_and_no_second_name_to_somebody():
    book = directory()
    book.resolve(told(A))
    book.resolve(told(U1, A, public=True))
    assert groups(book) == {frozenset({U1, A})}
    book = directory()
    book.resolve(told(TILL1, A))
    book.resolve(told(U1, A, public=True))
    assert frozenset({U1}) in groups(book)


def test_R20_what_somebody_kept_apart_no_event_joins():
    book = directory()
    for event in ((U1,), (A,)):
        book.resolve(told(*event))
    one, two = (book.graph.by_identifier[each] for each in (U1, A))
    book.graph.link(one, two, CANNOT_LINK)
    book.resolve(told(U1, A))
    assert len(groups(book)) == 2 and codes(book) == [("cannot-link", "device-a", 1)]
    # Not by way of others either.
    book.resolve(told(A, MAIL))
    book.resolve(told(U1, MAIL))
    assert one.cluster is not two.cluster


def test_a_customer_beyond_the_limit_by_decision_still_takes_a_new_device():
    book = directory()
    for event in ((U1,), (U2,)):
        book.resolve(told(*event))
    book.graph.link(book.graph.by_identifier[U1], book.graph.by_identifier[U2], MUST_LINK)
    book.resolve(told(U1, A))
    book.resolve(told(U2, A))
    assert groups(book) == {frozenset({U1, U2, A})} and not book.refused
