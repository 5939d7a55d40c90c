"""A real run of the shop tells every placing and itself, once; what is sent says what the records say."""

import json

import pytest

from sterna.desk.runs import actions as runs
from sterna.desk.segments.models import Membership
from sterna.desk.webhooks import actions
from sterna.desk.webhooks.models import Message
from tests.desk.runs import shop
from tests.desk.webhooks import outbox
from tests.desk.webhooks.receiver import serve

pytestmark = pytest.mark.django_db(transaction=True)


def test_R4_every_move_that_a_run_makes_is_told_once_and_so_is_the_run(monkeypatch):
    monkeypatch.setenv("STERNA_WEBHOOK_PRIVATE", "yes")
    with serve() as receiver:
        outbox.endpoint(receiver.url, types=["customer.moved", "run.published"])
        shop.open_shop()
        run = runs.run(shop.FIRST).run
        placed = Membership.objects.filter(run_id=run.pk).exclude(place="none")
        assert Message.objects.count() == placed.count() + 1 > 10
        runs.run(shop.FIRST)
        assert Message.objects.count() == placed.count() + 1
        assert str(actions.send_due()) == f"{placed.count() + 1} delivered"
    read = [json.loads(taken.body) for taken in receiver.taken]
    told = {one["data"]["customer_id"]: one["data"] for one in read if one["type"] == "customer.moved"}
    for stay in placed:
        data = told[str(stay.customer_id)]
        assert (data["scheme"], data["to"], data["to_rank"]) == (stay.scheme, stay.place, stay.rank)
        assert (data["from"], data["on"], data["run_id"]) == (None, str(stay.during.lower), str(run.pk))
        assert data["cause"] == "run" and not {"amount", "reason", "name"} & set(data)
    [published] = [one["data"] for one in read if one["type"] == "run.published"]
    assert published == {"run_id": str(run.pk), "until": shop.FIRST.isoformat(), "leads": True}
