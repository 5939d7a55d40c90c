"""E-mail that is due leaves through the send ledger into a transport in memory, beside wording the same alone."""

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from bench.shop import EXAMPLE
from sterna.channels.base import Message, Receipt
from sterna.cli.desk import migrate

ASSET, MEDIUM, SENDER = "produce-voucher", "email", "service@shop.example"


def main(number: str) -> None:
    """Send to `number` customers of the home that STERNA_HOME names; prints the seconds as JSON."""
    migrate()
    _open(int(number))
    _analyze()
    from sterna.desk.contacts.actions import send_due
    from sterna.desk.delivery.queries import Outlet

    worded = _timed(_word)
    through = Outlet(_Muted(_channel()), SENDER, {}, False)
    sent = _timed(lambda: send_due(int(number), {MEDIUM: through}).states)
    if sent["what"] != {"handed over": int(number)}:
        raise SystemExit(f"not all were handed over: {sent['what']}")
    print(json.dumps({"sent": sent["seconds"], "worded": worded["seconds"], "contacts": int(number)}))


@dataclass(frozen=True)
class _Muted:
    """A channel that words as the real one does and hands over to nobody."""

    real: Any

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    def transport(self, settings: object) -> "_Memory":
        return _Memory()


class _Memory:
    """A transport that takes everything at once: what is left is the cost of the ledger."""

    def send(self, message: Message) -> Receipt:
        return Receipt("handed over", message.key, "250 ok")

    def close(self) -> None:
        pass

    def __enter__(self) -> "_Memory":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def _timed(work: Callable[[], Any]) -> dict[str, Any]:
    begun = time.perf_counter()
    what = work()
    return {"what": what, "seconds": time.perf_counter() - begun}


def _channel() -> Any:
    from sterna.channels.base import discover

    return discover()[MEDIUM]


def _open(number: int) -> None:
    """Customers with a name, an address, a fact and a consent each, and one contact due today for each of them."""
    from sterna.desk.config import clock
    from sterna.desk.customers import actions
    from sterna.desk.sources.signals import AddressesSaid, ConsentsSaid, FactsSaid

    at, day = clock.now(), clock.today()
    names = [f"{each:07}" for each in range(number)]
    who = ("bench", "card")
    actions.identify(*who, names, at)
    actions.keep_addresses(AddressesSaid(*who, MEDIUM, [(name, f"{name}@example.org") for name in names], at))
    said = [(name, True, day) for name in names]
    actions.keep_consents(ConsentsSaid(*who, MEDIUM, "marketing", said, at))
    for fact, value in (("name.full", "Ann Example"), ("shopping.room_category", "PRODUCE")):
        rows = [(name, value, day, "marketing") for name in names]
        actions.keep_facts(FactsSaid(*who, fact, rows, at))
    _plan_contacts()


def _plan_contacts() -> None:
    from sterna.desk.config import clock
    from sterna.desk.config.ids import new_id
    from sterna.desk.contacts.models import Contact
    from sterna.desk.customers.models import Address

    plan, run, today = _plan(), new_id(), clock.today()
    Contact.objects.bulk_create(
        (
            Contact(
                natural_key=f"{plan.name}:1:{ASSET}:{customer}:{today}",
                plan=plan,
                customer_id=customer,
                goal="bronze-to-silver",
                asset=ASSET,
                medium=MEDIUM,
                purpose="marketing",
                run_id=run,
                due_on=today,
                expires_on=today + timedelta(days=30),
                address=address,
                reason="benchmark",
                cost=Decimal("0.01"),
                planned_at=clock.now(),
            )
            for customer, address in Address.objects.values_list("customer", "address")
        ),
        batch_size=5_000,
    )


def _plan() -> Any:
    """The example's plan, in force, under tiers of its names."""
    from sterna.desk.plans import actions as plans
    from sterna.desk.segments.actions import publish_scheme
    from sterna.desk.users.models import User
    from sterna.engine.segments import Band, Scheme

    edges = [Decimal(edge) for edge in ("0.01", "100.00", "200.00", "400.00")]
    names = ("bronze", "silver", "gold", "platinum")
    bands = tuple(
        Band(name, rank, low, high)
        for rank, (name, low, high) in enumerate(zip(names, edges, [*edges[1:], None], strict=True), start=1)
    )
    scheme = Scheme(
        name="value-tiers", currency="USD", window_months=6, bands=bands, cut={"edges": "as written"}
    )
    publish_scheme(scheme, None, "benchmark")
    plan = plans.load(EXAMPLE / "plan.yaml", None)
    for stage in plan.definition.body.get("stages", ()):
        plans.close_stage(plan, stage["id"], None, "benchmark")
    plans.submit(plan, None, "benchmark")
    for side, role in (("marketing", "manager"), ("technical", "administrator")):
        plans.sign(plan, side, User.objects.create(username=role, role=role), "benchmark")
    return plans.launch(plan, None, "benchmark")


def _analyze() -> None:
    """What autovacuum has done long before a real installation sends so much."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("analyze")


def _word() -> int:
    """Word every contact as the ledger does, two hundred at a time, and keep nothing."""
    from sterna.desk.contacts.models import Contact
    from sterna.desk.contacts.rendering import people, word

    contacts = list(Contact.objects.order_by("id"))
    document = contacts[0].plan.definition.body
    for start in range(0, len(contacts), 200):
        part = contacts[start : start + 200]
        known = people([each.customer_id for each in part], part[0].due_on, part[0].run_id)
        for each in part:
            word(document, ASSET, _channel(), known[each.customer_id], each.address, each.due_on)
    return len(contacts)


if __name__ == "__main__":
    main(*sys.argv[1:])
