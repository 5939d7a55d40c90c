"""Facts at the door, in their two times, in conflict, and what may not be kept."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sterna.desk.config import clock
from sterna.desk.customers.actions import keep_facts, retract, say_facts
from sterna.desk.customers.models import Fact, FactRefusal
from sterna.desk.customers.queries import fact_refusals, facts_as_of, finest, known_facts, standing
from sterna.desk.sources.signals import FactsSaid
from sterna.engine.errors import BadInput
from tests.desk.customers.knowing import GOLF, JET, TODAY, WEALTH, bank, client, live, record, said, say

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def the_present(monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, date(2017, 7, 1))
    bank()


def at(monkeypatch: pytest.MonkeyPatch, day: date) -> None:
    monkeypatch.setenv("STERNA_NOW", f"{day}T16:00:00+00:00")


def test_what_we_knew_on_the_first_of_march(monkeypatch):
    """Heard in February that it was so in January; in May it turned out wrong, and what is right was heard."""
    at(monkeypatch, date(2017, 2, 10))
    anna = client()
    wrong = say("family.children", "1", day=date(2017, 1, 5))
    at(monkeypatch, date(2017, 5, 1))
    retract(wrong, "they are two", None)
    say("family.children", "2", day=date(2017, 1, 5))

    def known(occurred_by: date, month: int) -> list[str]:
        moment = datetime(2017, month, 1, 12, tzinfo=UTC)
        return [fact.value for fact in facts_as_of(anna, occurred_by, moment)]

    january, march, june = date(2017, 1, 31), 3, 6
    assert known(january, 2) == []
    assert known(january, march) == ["1"], "on 1 March we took it for right"
    assert known(january, june) == ["2"]
    assert known(date(2017, 1, 4), june) == [], "the day before it was so"


def test_a_fact_never_changes_but_for_its_retraction():
    client()
    fact = say(JET)
    for column, value in (("value", "no"), ("confidence", 0.1), ("observed_on", TODAY - timedelta(days=1))):
        with pytest.raises(IntegrityError, match="stays as it was heard"), transaction.atomic():
            Fact.objects.filter(pk=fact.pk).update(**{column: value})
    retract(fact, "wrong", None)
    with pytest.raises(IntegrityError, match="stays as it was heard"), transaction.atomic():
        Fact.objects.filter(pk=fact.pk).update(retracted_at=None)


def test_the_same_word_of_a_source_on_a_day_is_kept_once_and_may_be_said_again_after_a_retraction():
    client()
    first = say(GOLF)
    assert say_facts([said(GOLF), said(GOLF)]).facts == ()
    retract(first, "a mix-up", None)
    assert len(say_facts([said(GOLF)]).facts) == 1


def test_a_fact_takes_confidence_freshness_and_sensitivity_from_its_class():
    client()
    stated, noted = say(WEALTH, "1m to 5m"), say("wealth.elsewhere", "under 1m", way="noted")
    assert (stated.confidence, noted.confidence) == (0.95, 0.7)
    assert stated.expires_on == TODAY + timedelta(days=365)
    assert stated.sensitivity == "personal"
    access = say("service.access", "large print", purpose="service")
    assert access.sensitivity == "health"
    assert say("name.full", "Ann Lee").expires_on is None


@pytest.mark.parametrize(
    ("fact_class", "value", "purpose", "code", "reason"),
    [
        ("wealth.submarine", "yes", "sales", "orphan", "orphan: the taxonomy private-banking 1"),
        ("guarded.religion", "yes", "service", "never kept", "guarded.religion is never kept"),
        (
            "service.access",
            "large print",
            "marketing",
            "sensitive",
            "kept for service, not for marketing: it is sens",
        ),
        (JET, "yes", "research", "purpose", "kept for sales or service, not for research"),
        (JET, "yes", "", "purpose", "not for no purpose"),
        (JET, "two of them", "sales", "value", "holds a flag"),
        ("wealth", "1000000", "sales", "value", "holds no values"),
        ("family.children", "1e400", "service", "value", "holds a number"),
    ],
)
def test_R64_what_may_not_be_kept_is_refused_at_the_door_with_the_reason(
    fact_class, value, purpose, code, reason
):
    client()
    kept = say_facts([said(fact_class, value, purpose=purpose)] * 3)
    assert (kept.facts, dict(kept.refused)) == ((), {code: 3})
    refusal = FactRefusal.objects.get()
    assert (refusal.code, refusal.fact_class, refusal.source, refusal.times) == (code, fact_class, "bank", 3)
    assert reason in refusal.reason
    assert live() == set()


def test_a_refusal_counts_up_and_never_holds_the_value():
    client()
    for value in ("SECRET1", "SECRET2"):
        say_facts([said(JET, value)])
    (refusal,) = fact_refusals()
    assert refusal.times == 2
    assert "SECRET" not in refusal.reason


def test_one_bad_fact_does_not_hold_back_its_neighbors():
    client()
    kept = say_facts([said(JET), said("nothing.known"), said(GOLF)])
    assert len(kept.facts) == 2 and kept.refused.total() == 1


def imported(fact_class: str, *rows: tuple[str, str], purpose: str = "service") -> FactsSaid:
    told = [(who, value, TODAY, purpose) for who, value in rows]
    return FactsSaid("bank", "client", fact_class, told, clock.now())


def test_an_import_of_an_orphan_class_ends_and_says_why():
    client()
    with pytest.raises(BadInput, match="orphan"), transaction.atomic():
        keep_facts(imported("shoe.size", ("1", "44")))
    with pytest.raises(BadInput, match=r"sensitive .health."), transaction.atomic():
        keep_facts(imported("service.access", ("1", "large print"), purpose="marketing"))
    assert Fact.objects.count() == 0


def test_an_import_keeps_the_good_values_and_counts_the_bad_ones():
    for name in "123":
        client(name)
    keep_facts(imported("family.children", ("1", "2"), ("2", "many"), ("3", " 3.0 "), ("9", "1")))
    assert set(Fact.objects.values_list("source_record__value", "value")) == {("1", "2"), ("3", "3")}
    assert [(one.code, one.times) for one in fact_refusals()] == [("value", 1)]


def test_a_conflict_is_resolved_by_confidence_and_recency_and_both_are_shown():
    anna = client()
    old = say("family.marital_status", "married", day=TODAY - timedelta(days=700), confidence=0.9)
    new = say("family.marital_status", "divorced", confidence=0.6)
    # Fresh for 730 days: after 700 of them 0.9 x (1 - 700/1460) = 0.47 is left, against 0.6.
    stands, yields = known_facts(anna)
    assert (stands.fact, stands.stands, stands.against) == (new, True, (old,))
    assert (yields.fact, yields.stands, yields.against) == (old, False, (new,))
    assert (round(stands.weight, 2), round(yields.weight, 2)) == (0.6, 0.47)
    earlier = {one.fact.value: one.stands for one in known_facts(anna, TODAY - timedelta(days=1))}
    assert earlier == {"married": True}


def test_a_fact_that_has_expired_is_shown_and_stands_no_more():
    anna = client()
    say(WEALTH, "1m to 5m", day=TODAY - timedelta(days=365))
    (one,) = known_facts(anna)
    assert (one.stands, one.in_time) == (False, False)
    assert standing([anna.pk], TODAY)[anna.pk] == {}
    assert standing([anna.pk], TODAY - timedelta(days=1))[anna.pk] != {}


def test_R65_the_finest_class_known_is_found_on_the_way_up():
    anna = client()
    resort = "leisure.travel.pleasure.family.branded_resort"
    assert finest(anna, resort) is None
    say("leisure.travel.pleasure")
    assert finest(anna, resort) == "leisure.travel.pleasure"
    say(resort)
    assert finest(anna, resort) == resort
    assert finest(anna, "leisure.travel") == "leisure.travel", "the finer one counts for what is above it"
    say("interests.sport.golf", "no")
    assert finest(anna, "interests.sport.golf") is None


facts = st.lists(
    st.tuples(
        st.sampled_from(["married", "divorced", "single"]),
        st.integers(0, 900),
        st.sampled_from([0.2, 0.5, 0.9]),
        st.sampled_from(["bank", "crm"]),
    ),
    max_size=6,
    unique_by=lambda one: (one[0], one[1], one[3]),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=facts)
def test_the_records_and_the_engine_let_the_same_fact_stand(told):
    Fact.objects.all().delete()
    anna = client()
    for value, back, sure, source in told:
        say("family.marital_status", value, day=TODAY - timedelta(days=back), confidence=sure, source=source)
    stands = [one.fact.value for one in known_facts(anna) if one.stands]
    in_sql = [value for value, _ in standing([anna.pk], TODAY)[anna.pk].values()]
    assert in_sql == stands
    assert len(stands) == any(back < 730 for _, back, _, _ in told)


def test_the_facts_of_one_customer_are_found_by_their_records():
    anna = client()
    with connection.cursor() as cursor:
        cursor.execute("set local enable_seqscan = off")
        query = str(facts_as_of(anna, TODAY, clock.now()).explain())
    assert "customers_fact_source_record_id" in query or "fact_once" in query, query
    assert record().customer == anna
