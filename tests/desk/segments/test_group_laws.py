"""Laws of groups: whatever staff does in whatever order, only an approval of somebody else moves a customer."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from django.db import transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sterna.desk.config.refused import Refused
from sterna.desk.segments import group_queries as queries
from sterna.desk.segments.actions import approve, decline, judge, propose, propose_groups, review
from sterna.desk.segments.actions.group_terms import read_terms
from sterna.desk.segments.group_models import GroupChange, GroupReason
from sterna.desk.segments.group_texts import written
from sterna.engine.errors import BadInput
from sterna.engine.segments.groups import KINDS, Terms, Threshold
from tests.desk.segments import grouped
from tests.desk.segments.grouped import asked, user

FIRST = date(2017, 7, 1)
PEOPLE = ("ann", "max", "eva")
# Who does what to which of two customers, so many days after the step before.
STEP = st.tuples(
    st.sampled_from(["judge", "propose", "approve", "decline", "review", "run", "earn"]),
    st.integers(0, 1),
    st.sampled_from(PEOPLE),
    st.sampled_from(["A", "B", "C", "none"]),
    st.integers(0, 200),
)


def act(verb, who, by, group):
    """One step; whatever is refused changes nothing."""
    waiting = queries.open_changes().filter(root=who.pk).first()
    if verb == "judge":
        for kind in KINDS:
            judge(who, kind, group != "C", f"thinks of {group}", by)
    elif verb == "propose":
        propose(who, asked(group), by)
    elif verb == "review":
        review(who, asked(group), by)
    elif verb == "earn":
        grouped.earn(who, "10800.00" if group in "AB" else "7200.00")
    elif verb == "run":
        propose_groups(queries.newest_run())
    elif waiting is not None:
        (approve if verb == "approve" else decline)(waiting, by, "because")


def check_laws(who, was, verb, by):
    """What holds after every step of one customer."""
    now = queries.group_of(who)
    if now != was:
        change = GroupChange.objects.filter(customer=who, state="approved").latest("decided_at", "pk")
        assert verb == "approve" and change.decided_by == by != change.proposed_by
        assert (change.from_group, change.to_group) == (was, now)
    assert GroupChange.objects.filter(customer=who, state="open").count() <= 1
    assert (
        not GroupChange.objects.filter(customer=who, proposed_by=None)
        .exclude(from_group="B", to_group="A")
        .exists()
    )
    found = [(stay.during.lower, stay.during.upper) for stay in queries.stays().filter(customer=who)]
    assert all(
        one[1] is not None and one[1] <= then[0] for one, then in pairwise(sorted(found, key=lambda s: s[0]))
    )
    if now != "none":
        assert GroupReason.objects.filter(customer=who, group=now).exists()


@pytest.mark.django_db
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, min_size=1, max_size=20))
def test_R49_whatever_staff_does_only_an_approval_of_somebody_else_moves_anybody(monkeypatch, steps):
    with transaction.atomic():
        monkeypatch.setenv("STERNA_NOW", f"{FIRST}T12:00:00+00:00")
        grouped.terms()
        who = grouped.worth("10800.00", "7200.00")
        staff = [user("ann"), user("max", "manager"), user("eva", "manager")]
        today = FIRST
        for verb, index, name, group, days in steps:
            today += timedelta(days)
            monkeypatch.setenv("STERNA_NOW", f"{today}T12:00:00+00:00")
            before, by = [queries.group_of(one) for one in who], staff[PEOPLE.index(name)]
            try:
                act(verb, who[index], by, group)
            except (Refused, BadInput):
                assert [queries.group_of(one) for one in who] == before
            for one, was in zip(who, before, strict=True):
                check_laws(one, was, verb, by)
        held = queries.members()
        assert sorted(one.group for one in held) == sorted(
            g for g in map(queries.group_of, who) if g != "none"
        )
        transaction.set_rollback(True)


WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp")), min_size=1, max_size=20)
CODES = WORDS.filter(lambda text: ":" not in text)


@example(name="0", reasons={"a, b": "{c}"}, least=Decimal(0), title="0{")
@given(
    name=WORDS,
    reasons=st.dictionaries(CODES, WORDS, min_size=1, max_size=4),
    least=st.decimals(0, 10**9, places=2),
    title=st.just("") | WORDS,
)
def test_terms_written_as_text_are_read_as_they_were(name, reasons, least, title):
    terms = Terms(
        groups=name,
        version=3,
        thresholds=(
            Threshold(measure="revenue", least=least, title=title),
            Threshold(measure="spend", least=Decimal(0)),
        ),
        reasons=reasons,
        rest_days=90,
    )
    assert read_terms(written(terms)) == terms
