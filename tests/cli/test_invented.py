"""The demonstration's invented notes: labeled, written down once, and good for pages that show what is known."""

import os
from datetime import UTC, date, datetime

import pytest

from sterna.cli.desk import demo
from sterna.cli.desk.invented import BUDGETS, CREDITS, HOUSEHOLDS, LABEL, WRITTEN, hear
from sterna.desk.customers.actions import identify
from sterna.desk.customers.models import ContactNote, CustomerRequest, Fact, FactProposal, Occasion
from sterna.desk.customers.queries import coming, in_peace, known_facts, past_due
from sterna.desk.values.models import Credit

pytestmark = pytest.mark.django_db


@pytest.fixture
def heard() -> None:
    numbers = [str(number) for number in range(HOUSEHOLDS + 5)]
    identify("retail", "household_id", numbers, datetime(2017, 1, 1, tzinfo=UTC))
    assert hear() == HOUSEHOLDS


def test_every_note_and_request_says_that_it_is_invented(heard: None) -> None:
    assert ContactNote.objects.count() == HOUSEHOLDS
    for text in (
        *ContactNote.objects.values_list("text", flat=True),
        *CustomerRequest.objects.values_list("words", flat=True),
    ):
        assert text.startswith(LABEL)


def test_a_second_demonstration_doubles_nothing(heard: None) -> None:
    def counted() -> list[int]:
        return [
            model.objects.count()
            for model in (ContactNote, Fact, FactProposal, CustomerRequest, Occasion, Credit)
        ]

    before = counted()
    assert hear() == HOUSEHOLDS
    assert counted() == before


def test_pages_have_facts_inferences_open_proposals_an_overdue_request_and_somebody_to_leave_in_peace(
    heard: None,
) -> None:
    assert Fact.objects.filter(rule="").count() > HOUSEHOLDS / 2
    assert Fact.objects.exclude(rule="").exists()
    assert not Fact.objects.filter(recorded_at__gt=WRITTEN).exists()
    assert FactProposal.objects.filter(state="open").count() >= HOUSEHOLDS
    assert [request.kind for request in past_due(WRITTEN.date())] == ["baby"]
    assert len(in_peace(WRITTEN.date())) == 1
    assert {one.on for one in coming(days=80, on=WRITTEN.date()) if one.title == "Date of birth"} == {
        date(2018, 2, 28)
    }


def test_who_brought_whom_and_the_budgets_say_that_they_are_invented(heard: None) -> None:
    assert Credit.objects.count() == len(CREDITS)
    assert all(why.startswith(LABEL) for why in Credit.objects.values_list("why", flat=True))
    budgets = Fact.objects.filter(fact_class="shopping.budget")
    assert sorted(int(fact.value) for fact in budgets) == sorted(BUDGETS)
    assert set(budgets.values_list("source", flat=True)) == {"invented"}
    assert set(Credit.objects.values_list("said_on", flat=True)) == {WRITTEN.date()}


def test_the_demonstration_takes_the_day_after_its_data_for_the_present(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Judged years later every fact would be old, every request overdue and every occasion past."""
    presents: list[str | None] = []
    monkeypatch.setenv("STERNA_NOW", "")
    monkeypatch.delenv("STERNA_NOW")
    for step in (
        "_complete_journey",
        "import_once",
        "_invented_details",
        "_decide_and_send",
        "turn",
        "_hear",
    ):
        monkeypatch.setattr(demo, step, lambda *given: presents.append(os.environ.get("STERNA_NOW")))
    demo._real_turns()
    assert set(presents) == {"2018-01-01T16:00:00+00:00"}
    assert demo.AFTERWARDS.date() > demo.CLOSING


def test_what_the_demonstration_heard_is_fresh_on_its_own_day(
    heard: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STERNA_NOW", demo.AFTERWARDS.isoformat())
    people = {fact.source_record.customer for fact in Fact.objects.select_related("source_record__customer")}
    shown = [one for customer in people for one in known_facts(customer)]
    assert shown and all(one.in_time for one in shown)
