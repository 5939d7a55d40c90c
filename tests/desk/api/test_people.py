"""A customer for programs: who it is, what was kept apart, and the household with its figures; nobody else reads it."""

from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse

from sterna.desk.config import clock
from sterna.desk.config.ids import new_id
from sterna.desk.contacts.models import Contact
from sterna.desk.customers.actions import form_household, identify, keep_consents, merge
from sterna.desk.customers.models import Customer
from sterna.desk.plans.actions import load
from sterna.desk.runs.models import Run
from sterna.desk.sources.signals import ConsentsSaid
from sterna.desk.users.models import Role, User
from sterna.desk.values.models import Worth
from tests.desk.customers.people import NOON, say, whose
from tests.desk.runs import shop

pytestmark = pytest.mark.django_db
CARDS = ["1", "2", "3", "4"]


@pytest.fixture
def people() -> list[Customer]:
    identify("till", "card", CARDS, NOON)
    return [whose(f"till/card:{card}") for card in CARDS]


def client(role: str = "analyst") -> Client:
    user, _ = User.objects.get_or_create(username=role, defaults={"role": role})
    browser = Client()
    browser.force_login(user)
    return browser


def read(pk: UUID, role: str = "analyst"):
    answer = client(role).get(reverse("api_customer", args=[pk]))
    assert answer.status_code == 200 and answer["Content-Type"] == "application/json"
    return answer.json()


def run_of(*told: tuple[Customer, str | None, str | None], until=date(2017, 6, 30)) -> Run:
    """A published run that measured spend and headroom of customers."""
    run = Run.objects.create(
        until=until, brief={"currency": "USD"}, brief_sha256="0" * 64, engine="duckdb",
        state=Run.State.DONE, started_at=NOON, published_at=NOON,
    )  # fmt: skip
    for customer, spend, headroom in told:
        Worth.objects.create(
            run_id=run.pk,
            customer=customer,
            spend=spend and Decimal(spend),
            headroom=headroom and Decimal(headroom),
        )
    return run


def contact(customer: Customer, state: str, number: int) -> None:
    plan = load(shop.PLAN.format(budget="900.00", version=1), None)
    Contact.objects.create(
        natural_key=f"k{number}", plan=plan, customer=customer, goal="g", asset="a", medium="email",
        purpose="marketing", run_id=new_id(), state=state, due_on=NOON.date(), expires_on=NOON.date(),
        address="x@shop.de", reason="r", cost=Decimal("0.10"), planned_at=NOON,
    )  # fmt: skip


def test_R6_values_wallet_and_contacts_of_a_household_are_read_together_and_unknown_is_not_zero(people):
    form_household(people[:3], "one kitchen", None)
    # 10.10 + 0.05 are known of two; the headroom is known of one; of the third nothing is.
    run = run_of((people[0], "10.10", None), (people[1], "0.05", "5.00"), (people[3], "99.00", "1.00"))
    for number, (one, state) in enumerate(
        (
            (people[0], "handed over"),
            (people[1], "confirmed"),
            (people[2], "planned"),
            (people[3], "confirmed"),
        )
    ):
        contact(one, state, number)
    home = read(people[0].pk)["household"]
    assert home["worth"]["spend"] == {"amount": "10.15", "known": 2, "unknown": 1}
    assert home["worth"]["headroom"] == {"amount": "5.00", "known": 1, "unknown": 2}
    assert home["worth"]["potential"] == {"amount": None, "known": 0, "unknown": 3}
    assert home["contacts"] == 2 and home["currency"] == "USD" and home["run"] == str(run.pk)
    assert home["members"] == [str(one.pk) for one in people[:3]]
    assert read(people[2].pk)["household"] == home and read(people[3].pk)["household"] is None


def test_R6_contacts_of_a_member_who_was_two_are_counted_under_both_ids(people):
    form_household(people[:2], "one kitchen", None)
    contact(people[2], "confirmed", 1)
    merge(people[1], people[2], "one voice", None)
    assert read(people[0].pk)["household"]["contacts"] == 1


def test_R6_before_the_first_run_a_household_has_members_and_no_figures(people):
    form_household(people[:2], "one kitchen", None)
    home = read(people[0].pk)["household"]
    assert (home["worth"], home["run"], home["currency"], home["contacts"]) == (None, None, None, 0)


def test_the_newest_published_run_is_the_one_that_is_read(people):
    form_household(people[:2], "one kitchen", None)
    run_of((people[0], "1.00", None))
    newer = run_of((people[0], "2.00", None), until=date(2017, 7, 31))
    Run.objects.create(until=date(2017, 8, 31), brief={}, brief_sha256="1" * 64, engine="duckdb",
                       state=Run.State.RUNNING, started_at=NOON)  # fmt: skip
    home = read(people[0].pk)["household"]
    assert home["run"] == str(newer.pk) and home["worth"]["spend"]["amount"] == "2.00"


def test_R20_who_became_part_of_another_is_read_under_either_id(people):
    merge(people[0], people[1], "one voice", None)
    told = read(people[1].pk)
    assert told["id"] == str(people[0].pk) and told["also"] == [str(people[1].pk)]
    assert [(each["source"], each["kind"], each["value"]) for each in told["identifiers"]] == [
        ("till", "card", "1"),
        ("till", "card", "2"),
    ]


def test_what_a_merge_holds_back_is_held_back_here_too(people):
    for card, granted in (("1", False), ("2", True)):
        rows = [(card, granted, clock.today())]
        keep_consents(ConsentsSaid("till", "card", "email", "marketing", rows, clock.now()))
    assert read(people[1].pk)["allowed"] == [{"medium": "email", "purpose": "marketing", "granted": True}]
    merge(people[0], people[1], "one voice", None)
    assert read(people[1].pk)["allowed"] == [{"medium": "email", "purpose": "marketing", "granted": False}]


def test_R20_every_refusal_stands_with_its_reason_on_the_customer_and_as_a_count():
    mail = {"email": "both@mail.de"}
    for number in (1, 2, 2):
        say(
            [
                {
                    "type": "identify",
                    "messageId": f"{number}-{clock.now()}-{new_id()}",
                    "userId": f"u{number}",
                    "traits": mail,
                }
            ]
        )
    [refusal] = read(whose("web/user_id:u2").pk)["refusals"]
    assert refusal["code"] == "shared value" and refusal["kept_to"] == "web/user_id:u2"
    assert refusal["identifier"] == "web/email:both@mail.de" and refusal["times"] == 2
    assert refusal["reason"] == "the value came with more than one user id"
    counted = client().get(reverse("api_refusals")).json()["refusals"]
    assert counted == [
        {
            "code": "shared value",
            "reason": "the value came with more than one user id",
            "identifiers": 1,
            "times": 2,
        }
    ]


def test_an_id_of_nobody_is_told_so(people):
    answer = client().get(reverse("api_customer", args=[UUID(int=1)]))
    assert answer.status_code == 404 and answer.json()["code"] == "not_found"


@pytest.mark.parametrize("name", ["api_customer", "api_refusals"])
def test_a_stranger_and_somebody_who_left_read_nothing(people, name):
    where = reverse(name, args=[people[0].pk] if name == "api_customer" else [])
    answer = Client().get(where)
    assert answer.status_code == 401 and set(answer.json()) == {"code", "message"}
    browser = client("manager")
    User.objects.update(is_active=False)
    assert browser.get(where).status_code == 401


@pytest.mark.parametrize("role", list(Role.values))
def test_every_role_reads_and_nobody_writes(people, role):
    where = reverse("api_customer", args=[people[0].pk])
    assert client(role).get(where).status_code == 200
    answer = client(role).post(where, {})
    assert answer.status_code == 405 and answer.json()["code"] == "method_not_allowed"


def test_a_write_key_of_a_source_is_no_way_in(people):
    answer = Client().get(
        reverse("api_customer", args=[people[0].pk]), headers={"Authorization": "Basic c2VjcmV0Og=="}
    )
    assert answer.status_code == 401
