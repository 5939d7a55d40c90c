"""What a run does about groups: it proposes B to A by its own figures, moves nobody, and asks for no judgement."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.core.management import call_command

from sterna.desk.audit.models import Entry
from sterna.desk.customers.models import Customer
from sterna.desk.dashboards.queries import people
from sterna.desk.runs import actions
from sterna.desk.runs.models import Run
from sterna.desk.runs.queries import newest_published
from sterna.desk.segments import group_queries as queries
from sterna.desk.segments.group_models import GroupChange
from sterna.desk.segments.models import Membership, Move
from sterna.desk.values.models import Worth
from tests.desk.runs import shop
from tests.desk.segments import grouped

pytestmark = pytest.mark.django_db
# In the shop of the tests: who buys for more than this in half a year.
LEAST = "least: 60"


@pytest.fixture(scope="module")
def turned(
    django_db_setup: None, django_db_blocker: Any
) -> Iterator[tuple[Customer, Run, Run, actions.Done]]:
    """Somebody in B with all judgements before the first run, and two runs."""
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        patch.setenv("STERNA_NOW", "2017-07-01T12:00:00+00:00")
        customers = shop.open_shop()
        grouped.terms(grouped.TERMS.replace("least: 9000", LEAST))
        who = customers["030"]
        grouped.into(who, "B")
        grouped.judged(who)
        assert not GroupChange.objects.filter(state="open").exists(), "no run has told a figure yet"
        first = actions.run(shop.FIRST).run
        second = actions.run(shop.SECOND).run
        grouped.judge(who, "need", True, "said so again", grouped.user("ann"))
        yield who, first, second, actions.run(shop.SECOND)
    with django_db_blocker.unblock():
        call_command("flush", interactive=False, verbosity=0)


def test_R49_the_first_run_that_knows_enough_proposes_once_and_moves_nobody(turned):
    who, first, _, _ = turned
    [change] = GroupChange.objects.filter(state="open")
    figure = Worth.objects.get(run_id=first.pk, customer=who).revenue
    assert (change.customer, change.proposed_by, change.to_group) == (who, None, "A")
    assert change.reason.startswith(f"revenue is {figure:,f}; staff judged")
    lines = Entry.objects.filter(action="publish run").order_by("at", "id")
    assert [line.detail.get("groups proposed") for line in lines] == [1, None]
    assert queries.group_of(who) == "B"


def test_the_same_day_again_is_the_same_brief_whatever_staff_judged_meanwhile(turned):
    _, _, second, again = turned
    assert again.run == second and "nothing changed" in again.sentence


def test_tiers_and_groups_do_not_end_each_others_stays(turned):
    who, _, second, _ = turned
    assert queries.group_of(who) == "B"
    tiers = Membership.objects.filter(customer=who).exclude(pk__in=queries.stays())
    assert tiers.exists() and all(stay.run_id for stay in tiers)
    shown = people.stay_on(who.pk, second.brief["scheme"]["name"], date(2018, 1, 1))
    assert shown is not None and shown.scheme == second.brief["scheme"]["name"]
    assert {stay.scheme for stay in people.history(who)} == {shown.scheme}
    assert not Move.objects.filter(scheme="clients").exists()


def test_figures_are_those_of_the_newest_run_that_was_published(turned):
    who, first, second, _ = turned
    assert newest_published() == second.pk
    terms = queries.terms_of(queries.terms_definition())
    for run in (first, second):
        told = Worth.objects.get(run_id=run.pk, customer=who).revenue
        assert queries.figures_of(terms, [who.pk], run.pk)[who.pk] == {"revenue": told}
    assert queries.figures_of(terms, [who.pk]) == queries.figures_of(terms, [who.pk], second.pk)
    Run.objects.filter(pk=second.pk).update(published_at=None)
    assert queries.figures_of(terms, [who.pk]) == queries.figures_of(terms, [who.pk], first.pk)
