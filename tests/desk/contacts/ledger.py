"""A ledger with contacts that are due, and a channel that remembers what it was handed."""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from sterna.channels.base import Message, Receipt, TransportError, discover
from sterna.desk.config import clock
from sterna.desk.config.ids import new_id
from sterna.desk.contacts.actions import open_task
from sterna.desk.contacts.models import Contact
from sterna.desk.customers.models import Address, Consent, Customer
from sterna.desk.delivery.queries import Outlet
from sterna.desk.plans.models import Plan
from tests.desk.runs import shop

RUN = UUID(int=1)


def fill(number: int, medium: str = "email", **fields: object) -> list[Contact]:
    """`number` contacts that are due today, one a customer who consents, under the plan of the shop."""
    plan = Plan.objects.filter(name="autumn").first()
    if plan is None:
        shop.tiers()
        plan = shop.plan()
    return Contact.objects.bulk_create([_contact(plan, index, medium, fields) for index in range(number)])


def _contact(plan: Plan, index: int, medium: str, fields: dict[str, object]) -> Contact:
    customer = Customer.objects.create(created_at=shop.AT)
    address = {
        "email": f"{index}@example.org",
        "letter": f"{index} Main St\nTown",
        "phone": f"+1 555 {index}",
    }
    Address.objects.create(
        customer=customer, medium=medium, address=address[medium], source="shop", recorded_at=shop.AT
    )
    say(customer, medium, True)
    given = {
        "id": new_id(),
        "natural_key": f"autumn:1:basket:{customer.pk}:{index}",
        "plan": plan,
        "customer": customer,
        "goal": "bronze-up",
        "asset": "basket",
        "medium": medium,
        "purpose": "marketing",
        "run_id": RUN,
        "due_on": clock.today(),
        "expires_on": clock.today() + timedelta(days=30),
        "address": address[medium],
        "reason": "a test",
        "cost": Decimal("1.10"),
        "planned_at": clock.now(),
    }
    return Contact(**(given | fields))


def say(customer: Customer, medium: str, granted: bool, on: date = date(2017, 1, 1)) -> None:
    """A customer's word for or against marketing."""
    Consent.objects.create(
        customer=customer,
        medium=medium,
        purpose="marketing",
        granted=granted,
        source="shop",
        said_on=on,
        recorded_at=clock.now(),
    )


@dataclass
class Memory:
    """A transport that keeps the keys it was handed, and does what `answer` says to each."""

    answer: Callable[[Message], Receipt | TransportError] = lambda message: Receipt(
        "handed over", message.key, "ok"
    )
    keys: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)
    messages: list[Message] = field(default_factory=list)

    def send(self, message: Message) -> Receipt:
        """Remember, then answer."""
        with self.lock:
            self.keys[message.key] += 1
            self.messages.append(message)
        answer = self.answer(message)
        if isinstance(answer, TransportError):
            raise answer
        return answer

    def close(self) -> None:
        """Nothing is held."""

    def __enter__(self) -> "Memory":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


@dataclass(frozen=True)
class Remembering:
    """A real channel whose transport is a memory."""

    real: object
    memory: Memory

    def __getattr__(self, name: str) -> object:
        return getattr(self.real, name)

    def transport(self, settings: object) -> Memory:
        """The memory."""
        return self.memory


def outlet(memory: Memory, medium: str = "email") -> dict[str, Outlet]:
    """The one channel `medium`, rendering as it does, sending into `memory`."""
    channel = Remembering(discover()[medium], memory)
    return {medium: Outlet(channel, "service@shop.example", {}, medium != "email")}


def real_outlet(port: int) -> dict[str, Outlet]:
    """E-mail to a sink on this machine."""
    settings = {"host": "127.0.0.1", "port": port}
    return {"email": Outlet(discover()["email"], "service@shop.example", settings, False)}


def phone() -> dict[str, Outlet]:
    """Phone calls as tasks of the desk."""
    return {"phone": Outlet(discover()["phone"], "Shop", {"open_task": open_task}, True)}


def states() -> dict[str, int]:
    """How many contacts are in each state that has any."""
    return dict(Counter(Contact.objects.values_list("state", flat=True)))
