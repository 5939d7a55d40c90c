"""What was known at a moment of a day, beside a plain list of what was said and taken back."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sterna.desk.customers.actions import retract
from sterna.desk.customers.models import Fact
from sterna.desk.customers.queries import facts_as_of, known_facts
from tests.desk.customers.knowing import JET, bank, client, say

pytestmark = pytest.mark.django_db
BEGIN = datetime(2017, 1, 1, 12, tzinfo=UTC)


@dataclass
class Line:
    """One line of the plain list: when it was so, when it was heard and when taken back, all in days from BEGIN."""

    value: str
    so: int
    heard: int
    back: int | None = None


# (what happens, the value, how many days before it was so); each step is a day after the one before.
steps = st.lists(
    st.tuples(st.sampled_from(["say", "say", "take back"]), st.sampled_from("123"), st.integers(0, 5)),
    max_size=6,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps)
def test_what_was_known_is_what_a_plain_list_says(steps):
    with pytest.MonkeyPatch.context() as present:
        present.setenv("STERNA_NOW", BEGIN.isoformat())
        bank()
        Fact.objects.all().delete()
        anna = client()
        lines = _live_through(steps, present)
        for known in range(-1, len(steps) + 2):
            for occurred in range(-6, len(steps) + 2):
                told = facts_as_of(anna, _day(occurred), BEGIN + timedelta(days=known, hours=1))
                assert sorted(fact.value for fact in told) == sorted(
                    line.value
                    for line in lines
                    if line.so <= occurred
                    and line.heard <= known
                    and (line.back is None or line.back > known)
                )
        assert sorted(one.fact.value for one in known_facts(anna, _day(len(steps)))) == sorted(
            line.value for line in lines if line.back is None
        )


def _live_through(steps: list[tuple[str, str, int]], present: pytest.MonkeyPatch) -> list[Line]:
    lines: list[Line] = []
    for today, (what, value, before) in enumerate(steps):
        present.setenv("STERNA_NOW", (BEGIN + timedelta(days=today)).isoformat())
        same = [line for line in lines if line.value == value and line.back is None]
        if what == "say":
            if today - before not in {line.so for line in same}:
                lines.append(Line(value, today - before, today))
                say("family.children", value, day=_day(today - before))
        elif same:
            same[0].back = today
            held = Fact.objects.filter(value=value, observed_on=_day(same[0].so), retracted_at=None)
            retract(held.get(), "wrong", None)
    return lines


def _day(number: int) -> date:
    return (BEGIN + timedelta(days=number)).date()


def test_what_was_inferred_was_known_until_what_it_rested_on_was_taken_back(monkeypatch):
    monkeypatch.setenv("STERNA_NOW", BEGIN.isoformat())
    bank()
    anna = client()
    jet = say(JET, day=_day(0))
    monkeypatch.setenv("STERNA_NOW", (BEGIN + timedelta(days=9)).isoformat())
    retract(jet, "he rents it", None)

    def known(days: int) -> set[str]:
        return {one.fact.fact_class for one in known_facts(anna, _day(20), BEGIN + timedelta(days=days))}

    assert known(8) == {JET, "wealth.total", "wealth.elsewhere"}
    assert known(9) == known(10) == set()
    told = known_facts(anna, _day(8), BEGIN + timedelta(days=8))
    assert sorted(each.fact_class for one in told for each in one.because) == [JET, "wealth.total"]


def test_what_is_held_now_shows_though_it_was_recorded_after_the_present_that_is_pretended(monkeypatch):
    """A simulation imports today and pretends another day afterwards."""
    monkeypatch.setenv("STERNA_NOW", (BEGIN + timedelta(days=99)).isoformat())
    bank()
    anna = client()
    say("family.children", "2", day=_day(0))
    monkeypatch.setenv("STERNA_NOW", BEGIN.isoformat())
    (one,) = known_facts(anna)
    assert (one.fact.value, one.stands, one.in_time) == ("2", True, True)
    assert known_facts(anna, known_at=BEGIN) == []
