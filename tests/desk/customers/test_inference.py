"""Inferred facts follow what was said and go with it: R10 of the requirements on real records."""

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sterna.desk.config.refused import Refused
from sterna.desk.customers.actions import (
    add_note,
    confirm,
    infer,
    infer_all,
    merge,
    publish_rules,
    retract,
    retract_note,
    split,
)
from sterna.desk.customers.models import Fact, FactParent, FactProposal, RulesVersion
from sterna.desk.customers.queries import known_facts
from tests.desk.customers.knowing import (
    GOLF,
    JET,
    PHONE,
    TODAY,
    WEALTH,
    bank,
    client,
    example,
    live,
    person,
    record,
    say,
)

pytestmark = pytest.mark.django_db
SAILING, ELSEWHERE, YACHT = "interests.sport.sailing", "wealth.elsewhere", "wealth.yacht"


@pytest.fixture(autouse=True)
def the_present(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STERNA_NOW", "2017-07-01T16:00:00+00:00")
    bank()


def test_R10_the_note_of_a_private_jet_raises_wealth_and_adds_golf_and_deleting_it_retracts_both():
    anna = client()
    say(WEALTH, "1m to 5m", day=date(2016, 1, 1), confidence=0.6)
    note = add_note(
        anna, "Wants tickets to the Masters. No transport: he will take his private jet.", PHONE, None
    )
    for proposal in FactProposal.objects.filter(note=note):
        confirm(proposal, None)
    assert {(GOLF, "yes"), (JET, "yes")} <= live()
    assert (WEALTH, "25m and more") in live(inferred=True)
    stands = {one.fact.fact_class: one.fact.value for one in known_facts(anna) if one.stands}
    assert (stands[WEALTH], stands[GOLF]) == ("25m and more", "yes")
    retract_note(note, "it was another client", None)
    assert live() == {(WEALTH, "1m to 5m")}


def test_an_inference_names_its_rule_version_and_parents_and_is_less_sure_than_they_are():
    client()
    jet = say(JET, confidence=0.8)
    wealth = Fact.objects.get(rule="jet-means-wealth")
    assert wealth.rules == RulesVersion.objects.get(taxonomy="private-banking", version=1)
    assert [parent.parent for parent in wealth.parents.all()] == [jet]
    assert wealth.confidence == pytest.approx(0.7 * 0.8)
    # A jet is fresh for 1095 days, wealth for 365: what was inferred ends first.
    assert (wealth.observed_on, wealth.expires_on) == (TODAY, TODAY + timedelta(days=365))


def test_what_follows_from_an_inference_follows_too_and_goes_with_the_first_fact():
    client()
    jet = say(JET)
    chain = Fact.objects.get(rule="wealth-is-elsewhere")
    assert (chain.fact_class, chain.value) == (ELSEWHERE, "5m to 10m")
    assert [each.parent.rule for each in chain.parents.all()] == ["jet-means-wealth"]
    assert retract(jet, "he rents it", None) == 3  # the jet, the wealth, and what is held elsewhere
    assert live() == set()
    assert FactParent.objects.count() == 2, "what was inferred can still be explained"


def test_R10_what_two_facts_support_stays_with_the_other():
    client()
    yacht = say(YACHT)
    berth = say(YACHT, day=TODAY - timedelta(days=30))
    retract(yacht, "sold", None)
    assert {(SAILING, "yes"), (WEALTH, "5m to 10m")} == live(inferred=True)
    sailing = Fact.objects.get(fact_class=SAILING, retracted_at=None)
    assert [each.parent for each in sailing.parents.all()] == [berth]
    retract(berth, "never his", None)
    assert live() == set()


def test_an_at_least_says_nothing_where_more_was_said():
    client()
    say(WEALTH, "25m and more")
    say(YACHT)
    assert "yacht-means-wealth" not in set(Fact.objects.values_list("rule", flat=True))
    assert (SAILING, "yes") in live(inferred=True)


def test_a_no_infers_nothing_and_ends_what_the_yes_inferred():
    client()
    say(YACHT, day=TODAY - timedelta(days=9))
    say(YACHT, "no")
    assert live(inferred=True) == set()
    gone = Fact.objects.get(rule="yacht-means-sailing")
    assert gone.retracted_reason == "nothing that is known supports it any more"


def test_following_the_rules_again_changes_nothing():
    client()
    say(JET)
    before = list(Fact.objects.order_by("id").values_list("id", "retracted_at"))
    assert infer_all().added == infer_all().retracted == 0
    assert list(Fact.objects.order_by("id").values_list("id", "retracted_at")) == before


def test_the_night_finds_what_the_event_missed(monkeypatch):
    anna = client()
    Fact.objects.create(
        source_record=record(), fact_class=JET, value="yes", source="crm", purpose="sales", observed_on=TODAY,
        recorded_at="2017-07-01T16:00:00Z",
    )  # fmt: skip
    assert infer([anna.pk], on=TODAY - timedelta(days=1)).added == 0, "it was not so yet"
    done = infer_all()
    assert (done.added, done.retracted) == (2, 0)


def test_new_rules_count_from_the_next_night_on():
    client()
    say(YACHT)
    text = example("private-banking.rules.yaml")
    doubted = text.replace("version: 1", "version: 2").replace("sure: 0.55", "sure: 0.25")
    publish_rules(doubted, "boats are hired these days", None)
    done = infer_all()
    wealth = Fact.objects.get(rule="yacht-means-wealth", retracted_at=None)
    assert (done.added, done.retracted) == (1, 1), "only what changed is made anew"
    assert (wealth.rules.version, wealth.confidence) == (2, pytest.approx(0.25 * 0.95))
    assert Fact.objects.get(rule="yacht-means-sailing").rules.version == 1


def test_an_inferred_fact_is_not_retracted_by_itself():
    client()
    say(JET)
    with pytest.raises(Refused, match="retract what it rests on"):
        retract(Fact.objects.get(rule="jet-means-wealth"), "no", None)


@pytest.mark.parametrize("role", ["analyst"])
def test_an_analyst_retracts_nothing_and_nobody_without_a_reason(role):
    client()
    fact = say(JET)
    with pytest.raises(Refused, match="may not work contacts"):
        retract(fact, "wrong", person(role))
    with pytest.raises(Refused, match="write why"):
        retract(fact, " ", person("staff"))
    assert (JET, "yes") in live()


def test_retracting_twice_changes_nothing_more():
    client()
    fact = say(JET)
    assert retract(fact, "wrong", None) == 3
    first = Fact.objects.get(pk=fact.pk)
    assert retract(fact, "again", None) == 0
    assert Fact.objects.get(pk=fact.pk).retracted_reason == first.retracted_reason == "wrong"


def test_what_follows_from_two_sides_of_a_merge_goes_with_the_split():
    anna, annie = client("1"), client("2")
    say("wealth.business", name="1")
    say("family.children", "2", name="2")
    assert live("1", inferred=True) == live("2", inferred=True) == set()
    merge(anna, annie, "the same passport", None)
    assert live("1", inferred=True) == {("needs.succession", "yes")}
    split(record("1").customer, [record("2").pk], "mother and daughter", None)
    assert live("1", inferred=True) == live("2", inferred=True) == set()


FACTS = (JET, YACHT, "wealth.aircraft", "wealth.art", "wealth.business")
steps = st.lists(
    st.tuples(st.sampled_from(["say", "deny", "retract"]), st.sampled_from(FACTS), st.integers(0, 3)),
    max_size=10,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps)
def test_R10_whatever_was_said_and_retracted_what_is_inferred_is_what_follows_from_the_rest(steps):
    Fact.objects.filter(source_record__customer=client()).exclude(retracted_at=None)
    FactParent.objects.all().delete()
    Fact.objects.all().delete()
    anna = client()
    for step, name, back in steps:
        if step == "retract":
            for fact in Fact.objects.filter(fact_class=name, rule="", retracted_at=None)[:1]:
                retract(fact, "wrong", None)
        else:
            value = "yes" if step == "say" else "no"
            day = TODAY - timedelta(days=back)
            if not Fact.objects.filter(
                fact_class=name, value=value, observed_on=day, retracted_at=None
            ).exists():
                say(name, value, day=day)
    held = live(inferred=True)
    left = list(Fact.objects.filter(rule="", retracted_at=None))
    FactParent.objects.all().delete()
    Fact.objects.exclude(pk__in=[fact.pk for fact in left]).delete()
    infer([anna.pk])
    assert live(inferred=True) == held, "the order of events left something behind"
    alive = Fact.objects.filter(retracted_at=None)
    assert not FactParent.objects.filter(fact__in=alive).exclude(parent__in=alive).exists()
