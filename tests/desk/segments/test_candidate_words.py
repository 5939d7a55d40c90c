"""What a run publishes of candidates: readiness with its reasons, what is unknown in words, and never group C."""

import pyarrow.parquet as pq
import pytest

from sterna.desk.customers.actions import merge
from sterna.desk.dashboards.queries.titles import unknown_titles
from sterna.desk.runs import actions
from sterna.desk.runs.actions import freezing, running
from sterna.desk.segments.models import Candidate
from tests.desk.runs import shop

pytestmark = pytest.mark.django_db(transaction=True)


def test_R48_whoever_is_excepted_stays_so_after_a_merge_and_is_no_candidate(monkeypatch):
    customers = shop.open_shop()
    first = actions.run(shop.FIRST).run
    before = {row.customer_id: row for row in Candidate.objects.filter(run_id=first.pk)}
    assert all(row.readiness is not None and row.readiness_reason for row in before.values())
    stays, gone = [one for one in customers.values() if one.pk in before][:2]
    merge(stays, gone, "the same person", None)
    monkeypatch.setattr(
        freezing, "excepted", lambda before: {gone.pk: "family: kept", stays.pk: "friend: kept"}
    )
    second = actions.run(shop.FIRST).run
    frozen = pq.read_table(running.folder(second.pk) / "frozen" / "excepted.parquet").to_pylist()
    assert frozen == [{"customer_id": str(stays.pk), "reason": "family: kept"}]
    after = set(Candidate.objects.filter(run_id=second.pk).values_list("customer_id", flat=True))
    assert after and after == before.keys() - {gone.pk, stays.pk}


def test_R3_what_is_unknown_has_words_and_classes_have_titles():
    assert unknown_titles("headroom, reach, shopping.budget, odd.class") == (
        "how much more they could buy; whether they want to hear from us; "
        "spends on groceries a month, in all shops; odd.class"
    )
    assert unknown_titles("") == ""
