"""The rules of identification that an installation sets: who may, what is refused, and what holds from then on."""

import pytest

from sterna.desk.audit.models import Entry
from sterna.desk.config.refused import Refused
from sterna.desk.customers import queries
from sterna.desk.customers.actions import (
    allow_value,
    block_value,
    declare_kind,
    identify,
    restore_kind,
)
from sterna.desk.customers.models import BlockedValue, IdentifierKind, SourceRecord
from sterna.desk.customers.queries.graphs import rules
from sterna.desk.customers.rules import DEFAULTS, NAMING, Rule
from sterna.desk.users.models import Role, User
from tests.desk.customers.people import NOON, apart, say, source, whose

pytestmark = pytest.mark.django_db
CARD = Rule(priority=1, limit=2, by_source=True, names=True)


@pytest.fixture
def ann() -> User:
    return User.objects.create(username="ann", first_name="Ann", role=Role.ADMINISTRATOR)


@pytest.fixture
def manager() -> User:
    return User.objects.create(username="mo", first_name="Mo", role=Role.MANAGER)


def person(user: str, **more: str) -> dict[str, object]:
    return {"type": "identify", "messageId": f"m-{user}-{more}", "userId": user, "traits": more}


def test_a_kind_without_a_rule_of_its_own_has_the_shipped_one_and_gets_it_back(ann):
    assert rules().of("card") == NAMING and rules().of("email") == DEFAULTS["email"]
    assert declare_kind("card", CARD, "couples share a number", ann)
    assert rules().of("card") == CARD
    restore_kind("card", "they got numbers of their own", ann)
    assert rules().of("card") == NAMING and not IdentifierKind.objects.exists()


def test_each_change_of_a_kind_is_one_line_with_what_was_and_what_is(ann):
    declare_kind("card", CARD, "couples share a number", ann)
    assert not declare_kind("card", CARD, "the form was sent twice", ann)
    [line] = Entry.objects.filter(subject_kind="identifier kind")
    assert (line.action, line.subject, line.actor, line.reason) == (
        "change identifier kind", "card", ann, "couples share a number",
    )  # fmt: skip
    assert line.detail["before"]["limit"] == 1 and line.detail["after"]["limit"] == 2
    restore_kind("card", "enough", ann)
    assert Entry.objects.filter(action="restore identifier kind", subject="card").count() == 1


def test_the_limit_that_was_set_holds_for_what_comes_from_then_on(ann):
    mail = Rule(priority=2, limit=1)
    say([person("u1", email="a@shop.de"), person("u1", email="b@shop.de")])
    declare_kind("email", mail, "one each", ann)
    say([person("u1", email="c@shop.de")])
    # What was joined before stays; the third is left apart, with the reason.
    assert whose("web/user_id:u1", "web/email:a@shop.de", "web/email:b@shop.de")
    assert not SourceRecord.objects.filter(key="web/email:c@shop.de").exists()
    assert [refusal.code for refusal in queries.refusals(whose("web/user_id:u1"))] == ["limit"]
    restore_kind("email", "families", ann)
    say([person("u1", email="d@shop.de")])
    assert whose("web/user_id:u1", "web/email:d@shop.de")


def test_a_kind_that_must_not_join_joins_nobody(ann):
    declare_kind("email", Rule(priority=2, limit=5, joins=False), "they are mistyped at the till", ann)
    say([person("u1", email="a@shop.de"), person("u2", email="a@shop.de")])
    assert apart("web/user_id:u1", "web/user_id:u2")
    # The second is no sign that the value is two persons' own: it never was a key.
    assert not queries.shared().exists()
    assert {code for code, _, _ in queries.refusal_counts()} == {"kind"}


@pytest.mark.parametrize(
    ("kind", "rule", "said"),
    [
        ("", CARD, "a kind has a name"),
        ("k" * 41, CARD, "at most 40 characters"),
        ("card\nnumber", CARD, "a kind has a name"),
        ("desk_record", CARD, "desk_record is the desk's own"),
        ("card", Rule(0, 1), "priority 0: write 1 to 99"),
        ("card", Rule(100, 1), "priority 100: write 1 to 99"),
        ("card", Rule(1, 0), "limit 0: write 1 to 1,000"),
        ("card", Rule(1, 1_001), "limit 1,001: write 1 to 1,000"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_refused(ann, kind, rule, said):
    with pytest.raises(Refused, match=said):
        declare_kind(kind, rule, "why not", ann)
    assert not IdentifierKind.objects.exists() and not Entry.objects.exists()


def test_a_kind_whose_rule_is_the_shipped_one_cannot_be_given_it_back(ann):
    with pytest.raises(Refused, match="email has the shipped rule already"):
        restore_kind("email", "again", ann)


def test_only_an_administrator_sets_rules_and_only_with_a_reason(ann, manager):
    row = BlockedValue.objects.create(value="kiosk")
    acts = [
        lambda reason, actor: declare_kind("card", CARD, reason, actor),
        lambda reason, actor: restore_kind("card", reason, actor),
        lambda reason, actor: block_value("till", False, reason, actor),
        lambda reason, actor: allow_value(row, reason, actor),
    ]
    for act in acts:
        with pytest.raises(Refused, match="Mo is manager"):
            act("because", manager)
        with pytest.raises(Refused, match="write why"):
            act("  ", ann)
    assert list(BlockedValue.objects.values_list("value", flat=True)) == ["kiosk"]
    assert not IdentifierKind.objects.exists() and not Entry.objects.exists()


def test_a_value_that_is_blocked_makes_nobody_and_joins_nobody_until_it_is_allowed(ann):
    assert block_value("  Kiosk-7 ", False, "the tablet at the door", ann)
    say([person("KIOSK-7", email="x@shop.de"), person("u1", email="a@shop.de")])
    # The event is filed under what else it names.
    assert {record.key for record in SourceRecord.objects.all()} == {
        "web/email:x@shop.de", "web/user_id:u1", "web/email:a@shop.de",
    }  # fmt: skip
    assert ("blocked value", 1, 1) in queries.refusal_counts()
    allow_value(BlockedValue.objects.get(), "it is a customer", ann)
    say([person("KIOSK-7", phone="+49301")])
    assert whose("web/user_id:KIOSK-7", "web/phone:+49301")


def test_a_pattern_is_held_against_the_whole_value(ann):
    source()
    block_value(r"kiosk-\d+", True, "the tablets at the doors", ann)
    say([person("kiosk-12"), person("Kiosk-3"), person("kiosk-12b"), person("my kiosk-1")])
    assert {record.value for record in SourceRecord.objects.all()} == {"kiosk-12b", "my kiosk-1"}


def test_blocking_and_allowing_are_one_line_each_however_often_they_are_sent(ann):
    assert block_value("kiosk", False, "a tablet", ann)
    assert not block_value("KIOSK", False, "the form was sent twice", ann)
    held = BlockedValue.objects.get()
    allow_value(held, "gone", ann)
    with pytest.raises(Refused, match="kiosk is not blocked any more"):
        allow_value(held, "sent twice", ann)
    lines = Entry.objects.filter(subject_kind="blocked value").order_by("pk")
    assert [(line.action, line.subject, line.reason) for line in lines] == [
        ("block value", "kiosk", "a tablet"),
        ("allow value", "kiosk", "gone"),
    ]


@pytest.mark.parametrize("value", ["", "   ", "v" * 201, "a\x00b", "a\nb"])
def test_a_value_that_no_identifier_can_have_is_refused(ann, value):
    with pytest.raises(Refused, match="write a value of at most 200 characters"):
        block_value(value, False, "odd", ann)


@pytest.mark.parametrize("value", ["guest", "NULL", "0000", "noreply@shop.de"])
def test_what_is_blocked_by_sterna_itself_needs_no_row(ann, value):
    with pytest.raises(Refused, match="is nobody's already"):
        block_value(value, False, "nobody", ann)


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("(kiosk", "is no pattern"),
        ("(?i)kiosk", "write it without"),
        ("(?P<one>kiosk)", "write it without"),
        (r"(a|b)\1", "write it without"),
        ("(a+)+x", "write it without"),
        ("((a))*x", "write it without"),
        ("(ab){2,}", "write it without"),
        (".*a.*b.*c.*d", "at most three"),
        (".*", "it would leave out everybody"),
        (r"(\w+)?[-@.]?.*", "it would leave out everybody"),
    ],
)
def test_a_pattern_that_would_break_or_stop_identification_is_refused(ann, pattern, said):
    with pytest.raises(Refused, match=said):
        block_value(pattern, True, "odd", ann)
    assert not BlockedValue.objects.exists()


@pytest.mark.parametrize("pattern", [r"kiosk-\d+", r"(shop|till)-[*+]", r"a\+\*b", "test(er)?@.*", r"\(x\)"])
def test_an_ordinary_pattern_is_taken(ann, pattern):
    assert block_value(pattern, True, "odd", ann)
    assert rules().patterns == (pattern,)


def test_a_pattern_that_most_of_those_who_are_known_fit_is_refused(ann):
    identify("till", "card", [f"c-{number}" for number in range(30)], NOON)
    with pytest.raises(Refused, match="30 of the newest 30 identifiers"):
        block_value(r"c-\d+", True, "a slip", ann)
    assert block_value(r"c-\d", True, "the cards of the staff", ann)


def test_what_would_be_left_out_is_counted_before_it_is_done():
    identify("till", "card", ["Kiosk-1", "kiosk-2", "17"], NOON)
    found = queries.would_block(r"kiosk-\d", True)
    assert (found.fitting, found.of, sorted(found.examples)) == (2, 3, ["Kiosk-1", "kiosk-2"])
    assert queries.would_block("KIOSK-1", False).fitting == 1
    assert queries.would_block("nobody", False) == queries.Blockade(0, 3, ())
    # What is no pattern fits nothing; the action says why.
    assert queries.would_block("(", True).fitting == 0


def test_the_kinds_that_are_listed_are_the_shipped_the_declared_and_those_in_use(ann):
    source("shop", "member")
    identify("till", "card", ["1"], NOON)
    declare_kind("passport", Rule(5, 1), "hotels ask for it", ann)
    listed = {each.kind: each for each in queries.kind_rules()}
    assert set(listed) == {"anonymous_id", "card", "email", "loyalty_card", "member", "passport", "phone"}
    assert listed["passport"].own and not listed["email"].own
    assert [each.kind for each in queries.kind_rules()][-1] == "anonymous_id"
    # A public key may name a device and what the source calls its people; the rest takes a secret one.
    assert {kind for kind, each in listed.items() if not each.secret_only} == {"anonymous_id", "member"}
