"""What an event tells of identity: which identifiers it brings by which key, and what is no identifier at all."""

import pytest

from sterna.desk.customers import queries
from sterna.desk.customers.actions import act_on_inbox, identify
from sterna.desk.customers.models import IdentityEdge, IdentityRefusal, SharedValue, SourceRecord
from tests.desk.customers.people import NOON, apart, clusters, say, whose

pytestmark = pytest.mark.django_db


def external(*ids: object) -> dict:
    return {"userId": "u1", "context": {"externalIds": list(ids)}}


def test_R20_external_ids_of_a_secret_key_join_the_user():
    say([external({"id": "4711", "type": "loyalty_card"}, {"id": 12, "type": "crm"})])
    assert whose("web/user_id:u1", "web/loyalty_card:4711", "web/crm:12")


@pytest.mark.parametrize(
    "odd",
    [
        None,
        "text",
        {"id": "1"},
        {"type": "crm"},
        {"id": None, "type": "crm"},
        {"id": "", "type": "crm"},
        {"id": "  ", "type": "crm"},
        {"id": True, "type": "crm"},
        {"id": ["1"], "type": "crm"},
        {"id": "1", "type": 7},
        {"id": "1", "type": ""},
        {"id": "x" * 201, "type": "crm"},
        {"id": "1", "type": "x" * 41},
    ],
)
def test_an_external_id_that_is_none_joins_nobody_and_stops_nobody(odd):
    say([external(odd, {"id": "good", "type": "crm"})])
    assert clusters() == {frozenset({"web/user_id:u1", "web/crm:good"})}


@pytest.mark.parametrize("listed", [None, "text", 7, {"id": "1", "type": "crm"}])
def test_external_ids_that_are_no_list_are_none(listed):
    say([{"userId": "u1", "context": {"externalIds": listed}}])
    assert SourceRecord.objects.count() == 1


def test_R20_the_address_and_number_of_an_identify_call_join_as_they_are_compared():
    traits = {"email": " Ann@Home.ORG", "phone": "+1 (555) 010-99", "city": "Springfield"}
    say([{"type": "identify", "userId": "u1", "traits": traits}])
    say([{"type": "identify", "userId": "c9", "traits": {"email": "ann@home.org"}}], "shop")
    assert whose("web/user_id:u1", "web/email:ann@home.org", "web/phone:+155501099", "shop/user_id:c9")
    # Only an identify call says whose address it is: a page view with one may speak of anybody.
    say([{"type": "page", "userId": "u2", "traits": {"email": "bea@home.org"}}])
    assert not SourceRecord.objects.filter(value="bea@home.org").exists()


def test_R20_a_public_key_brings_a_user_and_a_device_and_nothing_else():
    say(
        [{"type": "identify", "userId": "u1", "anonymousId": "d1", "traits": {"email": "ann@home.org"}}],
        key="public",
    )
    say([external({"id": "4711", "type": "crm"})], key="public")
    assert clusters() == {frozenset({"web/user_id:u1", "web/anonymous_id:d1"})}


def test_R20_an_edge_names_the_event_that_it_rests_on():
    say([{"userId": "u1", "anonymousId": "d1", "messageId": "m-17"}])
    edge = IdentityEdge.objects.get()
    assert (edge.kind, edge.evidence) == ("observed", {"event": "m-17", "source": "web"})
    say([{"type": "alias", "userId": "u2", "previousId": "d2", "messageId": "m-18"}])
    assert IdentityEdge.objects.get(kind="alias").evidence["event"] == "m-18"


def test_what_a_blocked_value_brings_is_written_and_filed_under_nobody():
    say(
        [
            {"userId": "guest", "traits": {"age": 4}, "type": "identify"},
            {"userId": "null", "anonymousId": "d1"},
        ]
    )
    assert [record.key for record in SourceRecord.objects.all()] == ["web/anonymous_id:d1"]
    refused = IdentityRefusal.objects.order_by("identifier").values_list("code", "record", "identifier")
    assert list(refused) == [
        ("blocked value", None, "web/user_id:guest"),
        ("blocked value", None, "web/user_id:null"),
    ]


def test_R20_a_refusal_is_counted_over_batches_and_stands_on_both_customers_pages():
    identify("web", "user_id", ["u1"], NOON)
    say([{"anonymousId": "d1"}])
    for _ in range(3):
        say([{"userId": "u1", "anonymousId": "d1"}], key="public")
    user, device = whose("web/user_id:u1"), whose("web/anonymous_id:d1")
    for customer in (user, device):
        refusal = queries.refusals(customer).get()
        assert (refusal.code, refusal.times) == ("public key", 3)
    assert queries.refusal_counts() == [("public key", 1, 3)]
    # What the public key might not do a secret one may.
    say([{"userId": "u1", "anonymousId": "d1"}])
    assert whose("web/user_id:u1", "web/anonymous_id:d1")


def test_R20_a_shared_value_is_kept_with_the_two_it_came_with_and_a_file_does_not_join_by_it():
    for user in ("u1", "u2"):
        say([{"type": "identify", "userId": user, "traits": {"email": "home@home.org"}}])
    value = SharedValue.objects.get()
    assert (value.kind, value.value) == ("email", "home@home.org")
    assert (value.one, value.two) == ("web/user_id:u1", "web/user_id:u2")
    identify("post", "email", ["home@home.org"], NOON)
    assert apart("web/email:home@home.org", "post/email:home@home.org", "web/user_id:u1", "web/user_id:u2")
    assert queries.shared().get() == value


def test_an_event_that_was_acted_on_is_not_acted_on_again():
    say([{"userId": "u1", "anonymousId": "d1", "messageId": "m"}] * 2)
    assert act_on_inbox().events == 0 and IdentityEdge.objects.count() == 1


def test_R20_a_file_gives_no_customer_a_second_card_of_its_source():
    from sterna.desk.customers.actions import merge

    identify("till", "card", ["1", "2"], NOON)
    merge(whose("till/card:1"), whose("till/card:2"), "one person, two cards", None)
    assert identify("post", "card", ["1", "2"], NOON) == 2
    assert whose("till/card:1", "till/card:2", "post/card:1")
    assert apart("post/card:1", "post/card:2")
    assert IdentityRefusal.objects.get().identifier == "post/card:2"
