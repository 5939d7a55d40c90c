"""The taxonomy in force: published in versions, never losing a class in use unsaid, with how full it is."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from sterna.desk.config.refused import Refused
from sterna.desk.customers.actions import Said, identify, publish_rules, publish_taxonomy, say_facts
from sterna.desk.customers.models import Fact, RulesVersion, SourceRecord, TaxonomyVersion
from sterna.desk.customers.queries import (
    Use,
    capture_plan,
    class_reports,
    classes,
    never_used,
    taxonomy_versions,
)
from sterna.desk.customers.queries.filling import _FILL, fill_parameters
from sterna.desk.customers.queries.taxonomy import forget_uses, register_uses
from sterna.desk.sources.actions import add_source, declare_trait
from sterna.desk.users.models import User
from tests.desk.customers.knowing import GOLF, JET, NOON, TODAY, bank, client, example, person, say

pytestmark = pytest.mark.django_db
CHILDREN, PETS = "family.children", "family.pets"


@pytest.fixture(autouse=True)
def the_present(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STERNA_NOW", "2017-07-01T16:00:00+00:00")


@pytest.fixture
def planned():
    register_uses(
        "a plan",
        lambda: [Use(GOLF, "asset", "Golf day", "Ann", 1.0), Use(PETS, "message", "Hello", "Bo", 0.5)],
    )
    yield
    forget_uses("a plan")


def second(*changes: tuple[str, str]) -> str:
    text = example("private-banking.yaml").replace("version: 1", "version: 2", 1)
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return text


def without(name: str) -> tuple[str, str]:
    """What takes one class out of the example."""
    text = example("private-banking.yaml")
    start = text.index(f"  - id: {name}\n")
    end = text.index("\n  - id:", start) + 1
    return text[start:end], ""


def test_an_installation_starts_with_the_retail_example_and_says_so():
    assert classes().taxonomy.name == "retail"
    assert not taxonomy_versions().exists()
    identify("till", "card", ["1"], NOON)
    one = Said(SourceRecord.objects.get().pk, "food.wine", "yes", "till", "marketing", TODAY, NOON)
    assert len(say_facts([one]).facts) == 1
    started = taxonomy_versions().get()
    assert (started.name, started.version, started.published_by) == ("retail", 1, None)
    assert "shipped example" in started.reason


def test_a_version_is_published_with_a_reason_and_the_same_again_changes_nothing():
    bank()
    bank()
    assert TaxonomyVersion.objects.count() == 1
    renamed = publish_taxonomy(second(("title: Private jet", "title: Jet")), "shorter", person("manager"))
    assert classes().at(JET).title == "Jet"
    assert (renamed.published_by.username, renamed.reason) == ("manager", "shorter")


@pytest.mark.parametrize(
    ("text", "reason", "said_why"),
    [
        (second(("title: Private jet", "title: Jet")), " ", "write why"),
        (example("private-banking.yaml").replace("title: Private jet", "title: Jet"), "x", "not above 1"),
        (
            second(("parent: wealth.aircraft\n", "parent: wealth.submarines\n")),
            "x",
            r"line \d+: wealth.aircraft.jet has no purpose",
        ),
        ("taxonomy: [", "x", "without a name is refused"),
        (second(without("wealth.yacht")), "x", "rules of inference do not fit: rule yacht-means-wealth"),
    ],
)
def test_a_taxonomy_that_is_not_fit_is_refused_with_what_would_mend_it(text, reason, said_why):
    bank()
    with pytest.raises(Refused, match=said_why), transaction.atomic():
        publish_taxonomy(text, reason, None)
    assert TaxonomyVersion.objects.count() == 1


@pytest.mark.parametrize("role", ["analyst", "staff"])
def test_only_who_manages_publishes(role):
    bank()
    for publish, name in (
        (publish_taxonomy, "private-banking.yaml"),
        (publish_rules, "private-banking.rules.yaml"),
    ):
        with pytest.raises(Refused, match="may not change tiers"):
            publish(
                example(name),
                "because",
                person(role) if name == "private-banking.yaml" else User.objects.get(),
            )


def test_a_class_in_use_does_not_vanish_without_saying_by_whom_it_is_used(planned):
    bank()
    with pytest.raises(
        Refused, match=r"family.pets would vanish and is used by message Hello of Bo: keep it"
    ):
        publish_taxonomy(second(without(PETS)), "nobody asks", None)
    publish_taxonomy(second(without(PETS)), "nobody asks", None, vanishing=[PETS])
    assert PETS not in classes()


def test_a_class_with_facts_does_not_vanish_unsaid_and_its_facts_stay():
    bank()
    client()
    say(PETS, "dog", purpose="recognition")
    with pytest.raises(Refused, match="used by 1 facts"):
        publish_taxonomy(second(without(PETS)), "nobody asks", None)
    publish_taxonomy(second(without(PETS)), "nobody asks", None, vanishing=[PETS])
    assert Fact.objects.get().value == "dog"
    assert PETS not in {report.fact_class for report in class_reports()}


def test_what_was_published_stays_as_it_was():
    bank()
    client()
    say(JET)
    for model in (TaxonomyVersion, RulesVersion):
        for change in (lambda rows: rows.update(reason="another"), lambda rows: rows.delete()):
            with pytest.raises(IntegrityError), transaction.atomic():
                change(model.objects.all())


def test_R64_the_fill_rate_equals_a_recount():
    bank()
    for name in "1234":
        client(name)
    say(CHILDREN, "2", "1")
    say(CHILDREN, "1", "2", day=TODAY - timedelta(days=1825))  # fresh for 1825 days: stale today
    say(PETS, "dog", "1", purpose="recognition")
    say(PETS, "cat", "3", purpose="recognition")
    say(PETS, "dog", "3", day=TODAY - timedelta(days=3), purpose="recognition")
    reports = {report.fact_class: report for report in class_reports()}
    children, pets, family = reports[CHILDREN], reports[PETS], reports["family"]
    assert (children.fresh, children.stale, children.fill, children.facts) == (1, 1, 0.25, 2)
    assert (pets.fresh, pets.stale, pets.fill, pets.facts) == (2, 0, 0.5, 3)
    # Of the family something fresh is known of 1 and 3, of 2 something stale; the class itself holds nothing.
    assert (family.fresh, family.stale, family.fill, family.facts) == (2, 1, 0.5, 0)
    assert children.newest_on == TODAY
    assert (children.purposes, children.freshness_days) == (("service", "recognition"), 1825)
    assert reports[GOLF].fill == 0.0


def test_without_customers_a_fill_rate_is_unknown_and_not_zero():
    bank()
    assert {report.fill for report in class_reports()} == {None}


def test_R8_collected_and_never_used_is_reported_with_the_most_facts_first(planned):
    bank()
    client()
    say(PETS, "dog", purpose="recognition")
    say("family.marital_status", "single")
    say("interests.wine")
    say("interests.wine", day=TODAY - timedelta(days=1))
    source = add_source("web", "Web shop")[0]
    declare_trait(source, "hobby", "interests.cars", "marketing")
    assert [(one.fact_class, one.facts) for one in never_used()] == [
        ("interests.wine", 2),
        ("family.marital_status", 1),
        ("interests.cars", 0),
    ]


def test_R8_what_customers_are_told_apart_by_is_used_and_nobody_is_asked_for_it(planned):
    bank()
    client("1")
    say("name.full", "Ann Archer", "1", purpose="service")
    found = {one.fact_class: one for one in class_reports()}["name.full"]
    assert (found.is_used, found.is_needed) == (True, False)
    assert [use.sentence for use in found.uses] == ["matching who is who"]
    assert "name.full" not in {one.fact_class for one in [*never_used(), *capture_plan(enough=1.1)]}


def test_R64_the_capture_plan_lists_what_is_used_and_empty(planned):
    bank()
    client("1"), client("2"), client("3")
    for name in "12":
        say(PETS, "dog", name, purpose="recognition")
    listed = [one.fact_class for one in capture_plan()]
    assert GOLF in listed and JET in listed, "a plan wants the one, a rule reads the other"
    assert PETS not in listed, "of two of three customers it is known"


def test_the_fill_rates_are_one_pass_over_the_facts():
    bank()
    with connection.cursor() as cursor:
        cursor.execute("explain " + _FILL, fill_parameters(TODAY))
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert plan.count(" on customers_fact f") == 1, plan
    assert plan.count(" on customers_sourcerecord r") == 1, plan
