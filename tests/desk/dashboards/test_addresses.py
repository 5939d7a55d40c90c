"""Every address answers who may read it, and nobody else; what is typed into one breaks no page."""

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse

from sterna.desk.config import clock
from sterna.desk.contacts.models import Contact
from sterna.desk.customers.models import Erasure
from sterna.desk.users.models import Role
from sterna.desk.webhooks.models import Message
from tests.desk.dashboards.test_best_writing import WRITES as BESTS
from tests.desk.dashboards.test_discovery_pages import WRITES as SOUGHT
from tests.desk.dashboards.test_groups_writing import WRITES as GROUPS
from tests.desk.dashboards.test_know_writing import WRITES as KNOWS
from tests.desk.dashboards.test_segment_builder import WRITES as BUILT
from tests.desk.dashboards.test_segment_pages import WRITES as RULED
from tests.desk.dashboards.test_tier_pages import WRITES as TIERS
from tests.desk.dashboards.test_treatment_pages import WRITES as TREATS
from tests.desk.dashboards.test_uploads import WRITES as FILES
from tests.desk.dashboards.test_webhook_pages import WRITES as HOOKS
from tests.desk.dashboards.test_writing import WRITES
from tests.desk.plans.test_written import WRITES as PLANS

pytestmark = pytest.mark.django_db
# The door itself. What programs ask for stands in the app `api`, behind keys of its own.
DOOR = {"login", "logout"}
# What only an administrator does to a person; tests/desk/dashboards/test_privacy_pages.py tells who may.
PRIVATE = {"person_export", "person_erase"}
# A customer's own pages, whose door is a signed link.
OWN = {"own_page", "own_fact", "own_rating", "own_export", "stop"}


def views(resolver=None) -> Iterator[URLPattern]:
    """Every address that a person opens, whichever app declares it."""
    for entry in (resolver or get_resolver()).url_patterns:
        if not isinstance(entry, URLPattern):
            yield from views(entry)
        elif not entry.callback.__module__.startswith("sterna.desk.api."):
            yield entry


# A page that somebody adds stands here by itself and must answer as all do.
NAMES = [
    view.name
    for view in views()
    if view.name
    not in DOOR
    | OWN
    | PRIVATE
    | set(WRITES)
    | set(PLANS)
    | set(FILES)
    | set(KNOWS)
    | set(BESTS)
    | set(GROUPS)
    | set(RULED)
    | set(BUILT)
    | set(SOUGHT)
    | set(TIERS)
    | set(HOOKS)
    | set(TREATS)
]


def test_every_address_has_a_name_of_its_own_and_what_writes_is_known():
    names = [view.name for view in views()]
    assert None not in names and len(names) == len(set(names))
    written = [
        *WRITES,
        *PLANS,
        *FILES,
        *KNOWS,
        *BESTS,
        *GROUPS,
        *TIERS,
        *RULED,
        *BUILT,
        *HOOKS,
        *TREATS,
        *SOUGHT,
    ]
    assert set(written) | DOOR | PRIVATE <= set(names)


def address(world, name):
    """The address of the page `name` in the world."""
    sent = Contact.objects.filter(state="handed over").order_by("pk")[0]
    arguments = {
        "customer": [world.customers["000"].pk],
        "move_names": ["bronze", "silver"],
        "value_grid_names": [1, "0"],
        "best_list": ["buyers"],
        "best_edit": ["buyers"],
        "tier_edit": ["value"],
        "segment": ["needs", "big"],
        "segment_treated": ["needs", "big"],
        "segment_levels": ["needs", "big"],
        "scheme_levels": ["needs"],
        "segments_edit": ["needs"],
        "discovery": [world.search.pk],
        "group_members": ["B"],
        "group_change": [world.clients.change.pk],
        "group_check": [world.clients.check.pk],
        "plan": [world.draft.pk],
        "plan_behavior": [world.draft.pk],
        "plan_changes": [world.draft.pk],
        "plan_slots": [world.draft.pk],
        "plan_forecast": [world.draft.pk],
        "plan_document": [world.draft.pk],
        "plan_paper": [world.draft.pk],
        "contact": [sent.pk],
        "contact_preview": [sent.pk],
        "run": [world.second.pk],
        "run_stage": [world.second.pk, "value"],
        "import": [world.imported.pk],
        "import_rejects": [world.imported.pk],
        "import_mapping": [world.imported.pk],
        "upload": [world.uploaded.pk],
        "customer_identity": [world.known.client.pk],
        "customer_merge": [world.known.client.pk],
        "customer_credit": [world.known.client.pk],
        "customer_split": [world.known.one.pk],
        "customer_privacy": [world.known.client.pk],
        "erasure": [Erasure.objects.get_or_create(requested_at=clock.now())[0].pk]
        if name == "erasure"
        else [],
        "source": [world.known.source.pk],
        "dead_letter": [world.known.letter.pk],
        "review_pair": [world.known.pair.pk],
        "endpoint": [world.known.endpoint.pk],
        "webhook_message": [Message.objects.order_by("pk")[0].pk] if name == "webhook_message" else [],
    }
    return reverse(name, args=arguments.get(name))


@pytest.mark.parametrize("role", list(Role.values))
@pytest.mark.parametrize("name", NAMES)
def test_every_role_reads_every_page(world, log_in, role, name):
    answer = log_in(role).get(address(world, name))
    assert answer.status_code == 200
    shown = answer.getvalue()
    answer.close()
    others = {
        "plan_paper": b"%PDF",
        "import_rejects": b"is not a number",
        "contact_preview": b"<html",
        "import_mapping": b"source:",
    }
    assert others.get(name, b"<h1>") in shown


@pytest.mark.parametrize("name", NAMES)
def test_a_stranger_is_sent_to_log_in_and_back(world, name):
    where = address(world, name)
    answer = Client().get(where)
    assert answer.status_code == 302 and answer.url == f"{reverse('login')}?next={where}"


@pytest.mark.parametrize("name", NAMES)
def test_somebody_who_left_reads_nothing(world, log_in, name):
    client = log_in("manager")
    from sterna.desk.users.models import User

    User.objects.update(is_active=False)
    assert client.get(address(world, name)).status_code == 302


HOSTILE = ("garbage", "'; drop table x; --", "<script>alert(1)</script>", "%s", "-", "9" * 40, "\x00")
SORTED = (
    "customers",
    "best_list",
    "tier_risk",
    "value_grid_names",
    "contacts",
    "left_out",
    "audit",
    "move_names",
    "review",
    "dead_letters",
    "group_members",
    "segment",
    "endpoint",
    "segment_treated",
)


@pytest.mark.parametrize("text", ["garbage", "<script>alert(1)</script>", "-", "\x00"])
@pytest.mark.parametrize(
    ("name", "parameter"),
    [
        ("customers", "sort"),
        ("contacts", "sort"),
        ("customers", "tier"),
        ("value_grid_names", "sort"),
        ("values", "as_of"),
        ("value_grid", "format"),
        ("customers", "format"),
        ("best_customers", "as_of"),
        ("best_list", "version"),
        ("best_list", "first"),
        ("best_list", "sort"),
        ("best_edit", "as_of"),
        ("tier_risk", "scheme"),
        ("tier_risk", "sort"),
        ("moves", "scheme"),
        ("move_names", "scheme"),
        ("tier_edit", "as_of"),
        ("group_members", "sort"),
        ("groups", "as_of"),
        ("segments", "as_of"),
        ("segments", "format"),
        ("segment", "sort"),
        ("segment", "as_of"),
        ("segment_treated", "value"),
        ("segment_treated", "potential"),
        ("segment_treated", "retention"),
        ("segment_treated", "sort"),
        ("segment_levels", "as_of"),
        ("scheme_levels", "as_of"),
        ("segments_new", "as_of"),
        ("segments_edit", "as_of"),
        ("segments_new", "search"),
        ("discoveries", "as_of"),
        ("discovery", "seen"),
        ("lookalikes", "list"),
        ("lookalikes", "drop"),
        ("lookalikes", "as_of"),
        ("left_out", "reason"),
        ("contacts", "state"),
        ("contacts", "goal"),
        ("search", "q"),
        ("search", "after"),
        ("home", "by"),
        ("home", "as_of"),
        ("customer", "as_of"),
        ("customer", "later"),
        ("customer_merge", "with"),
        ("customer_merge", "q"),
        ("customer_credit", "with"),
        ("customer_credit", "role"),
        ("customer_credit", "q"),
        ("brought", "type"),
        ("brought", "sort"),
        ("customer_split", "record"),
        ("source", "part"),
        ("dead_letters", "source"),
        ("dead_letters", "code"),
        ("review", "state"),
        ("review", "sort"),
        ("endpoint", "state"),
        ("endpoint", "customer"),
        ("endpoint", "sort"),
        ("identity_rules", "kind"),
        ("identity_rules", "value"),
        ("identity_rules", "pattern"),
    ],
)
def test_what_is_typed_into_an_address_breaks_no_page(world, analyst, name, parameter, text):
    answer = analyst.get(address(world, name), {parameter: text}, follow=True)
    assert answer.status_code in (200, 404)
    assert b"<script>alert(1)" not in answer.content


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("name", SORTED)
def test_a_cursor_nobody_gave_out_breaks_no_page(world, analyst, name, text):
    answer = analyst.get(address(world, name), {"after": text})
    assert answer.status_code in (200, 404)


@pytest.mark.parametrize("text", [text for text in HOSTILE if "/" not in text])
def test_a_move_between_places_that_are_none_breaks_no_page(world, analyst, text):
    answer = analyst.get(reverse("move_names", args=[text, text]))
    assert answer.status_code in (200, 404)
    assert b"<script>alert(1)" not in answer.content


def test_what_is_not_there_is_a_404(world, analyst):
    nobody = "00000000-0000-0000-0000-000000000000"
    for name in (
        "customer",
        "plan",
        "plan_behavior",
        "plan_changes",
        "plan_slots",
        "plan_forecast",
        "plan_document",
        "plan_paper",
        "contact",
        "run",
        "import",
        "import_rejects",
        "upload",
        "import_mapping",
        "source",
        "review_pair",
        "customer_identity",
        "customer_merge",
        "customer_split",
        "customer_privacy",
        "erasure",
        "group_change",
        "group_check",
        "endpoint",
        "webhook_message",
        "segments_edit",
        "scheme_levels",
        "discovery",
    ):
        assert analyst.get(reverse(name, args=[nobody])).status_code == 404, name
    assert analyst.get(reverse("run_stage", args=[world.second.pk, "nothing"])).status_code == 404


def test_a_merged_customer_leads_to_the_one_who_remains(world, analyst):
    gone, stays = world.customers["003"], world.customers["004"]
    type(gone).objects.filter(pk=gone.pk).update(redirects_to=stays)
    answer = analyst.get(reverse("customer", args=[gone.pk]))
    assert (answer.status_code, answer.url) == (302, reverse("customer", args=[stays.pk]))


def test_no_name_is_read_as_markup(world, analyst):
    for name in ("customers", "customer"):
        where = reverse(name, args=[world.customers["001"].pk] if name == "customer" else [])
        content = analyst.get(where, {"sort": "spend"}).content.decode()
        assert "<script>alert(1)" not in content and "&lt;script&gt;alert(1)" in content
