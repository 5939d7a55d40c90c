"""What a run does to memberships: carried, held back by the limit, applied, discarded, undone; warnings kept."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from django.db import connection

from sterna.desk.audit.models import Entry
from sterna.desk.config.refused import Refused
from sterna.desk.segments.actions import apply_batch, carry, discard_batch, publish_scheme, undo_batch
from sterna.desk.segments.models import Batch, Definition, Membership, Move
from sterna.desk.users.models import User
from sterna.engine.segments import Band, Scheme
from tests.desk.segments.staging import people, staged, stays

pytestmark = pytest.mark.django_db
FIRST, SECOND, THIRD = date(2017, 7, 1), date(2018, 1, 1), date(2018, 7, 1)
TODAY = date(2018, 1, 20)
BANDS = (Band("bronze", 1, Decimal("0.01"), Decimal(250)), Band("silver", 2, Decimal(250)))


@pytest.fixture(autouse=True)
def now(monkeypatch):
    """The present is some days after the second run."""
    monkeypatch.setenv("STERNA_NOW", datetime(2018, 1, 20, 15, tzinfo=UTC).isoformat())


def tiers(limit: str | None = None, low: int = 250) -> Definition:
    bands = (Band("bronze", 1, Decimal("0.01"), Decimal(low)), Band("silver", 2, Decimal(low)))
    terms = Scheme(
        name="value", currency="USD", window_months=6, bands=bands, change_limit=limit and Decimal(limit)
    )
    return publish_scheme(terms, None, "a test")


def turn(cut: date, scheme: Definition, places: Mapping[UUID, str], **held: object) -> Batch:
    """One run that puts customers so, with its moves published; the batch that it made."""
    run = uuid4()

    def act() -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "insert into segments_move (run_id, scheme, customer_id, from_place, to_place, to_amount, to_rank, "
                "earned_place, earned_rank, held_by, missing, hold_until, warned_on) select %s, scheme, "
                "customer_id::uuid, 'none', to_place, to_amount, to_rank, earned_place, earned_rank, "
                "coalesce(held_by, ''), missing, hold_until, warned_on from staged_places",
                [run],
            )
        carry(run, cut, scheme)

    staged(scheme, {who: (place, "10.00") for who, place in places.items()}, act, **held)
    return Batch.objects.get(run_id=run)


def at(who: list[UUID]) -> list[str]:
    """Where each stands now."""
    return [stays(pk)[-1][0] for pk in who]


def ten(limit: str | None = "0.25") -> tuple[Definition, list[UUID]]:
    """Ten members in bronze since the first run."""
    scheme, who = tiers(limit), people(10)
    turn(FIRST, scheme, dict.fromkeys(who, "bronze"))
    return scheme, who


def moved(who: list[UUID], number: int, to: str = "silver") -> dict[UUID, str]:
    return {pk: to if index < number else "bronze" for index, pk in enumerate(who)}


@pytest.mark.parametrize(("number", "state"), [(2, "carried"), (3, "waiting"), (10, "waiting")])
def test_a_run_that_moves_more_than_the_limit_moves_nobody(number, state):
    scheme, who = ten()
    batch = turn(SECOND, scheme, moved(who, number))
    assert (batch.state, batch.moved, batch.members) == (state, number, 10)
    assert at(who).count("silver") == (number if state == "carried" else 0)


def test_first_placings_and_new_versions_pass_no_limit():
    _, who = ten()
    more = people(9)
    assert turn(SECOND, tiers("0.25"), dict.fromkeys([*who, *more], "bronze")).state == "carried"
    batch = turn(THIRD, tiers("0.25", low=300), dict.fromkeys([*who, *more], "silver"))
    assert (batch.state, batch.moved, at(who)) == ("carried", 0, ["silver"] * 10)


def test_what_was_held_back_is_applied_as_the_run_found_it_and_only_once():
    scheme, who = ten()
    held = {"held_by": "floor", "earned_place": "bronze", "hold_until": THIRD, "missing": "240.00"}
    batch = turn(SECOND, scheme, dict.fromkeys(who, "silver"), **held)
    assert at(who) == ["bronze"] * 10
    apply_batch(batch.pk, None, "It was the autumn sale.")
    assert stays(who[0]) == [("bronze", FIRST, SECOND), ("silver", SECOND, None)]
    cause = Membership.objects.filter(customer_id=who[0]).latest("during").cause
    assert cause == (
        "Moved from bronze: spend 10.00 in the 6 months before 2018-01-01, 10.00 when last placed; "
        "bronze by the amount, held by floor until 2018-07-01; 240.00 short of silver"
    )
    with pytest.raises(Refused, match="too late for that: applied"):
        apply_batch(batch.pk, None, "again")
    line = Entry.objects.get(action="apply tier moves")
    assert (line.reason, line.detail["opened"]) == ("It was the autumn sale.", 10)


def test_what_was_held_back_is_discarded_with_a_reason_and_the_next_run_judges_anew():
    scheme, who = ten()
    batch = turn(SECOND, scheme, moved(who, 5))
    with pytest.raises(Refused, match="write why"):
        discard_batch(batch.pk, None, "  ")
    discard_batch(batch.pk, None, "The feed was broken.")
    assert at(who) == ["bronze"] * 10
    assert turn(THIRD, scheme, moved(who, 2)).state == "carried"


def test_a_newer_run_takes_the_place_of_what_waits():
    scheme, who = ten()
    old = turn(SECOND, scheme, moved(who, 9))
    new = turn(THIRD, scheme, moved(who, 1))
    old.refresh_from_db()
    assert (old.state, new.state) == ("superseded", "carried")
    with pytest.raises(Refused, match="a newer run took its place"):
        apply_batch(old.pk, None, "late")


def test_what_cannot_be_read_any_more_is_not_applied():
    scheme, who = ten()
    batch = turn(SECOND, scheme, moved(who, 9))
    Move.objects.filter(run_id=batch.run_id).delete()
    with pytest.raises(Refused, match="start a run"):
        apply_batch(batch.pk, None, "late")
    assert at(who) == ["bronze"] * 10


def test_undoing_puts_back_who_is_still_there_and_counts_who_moved_since():
    scheme, who = ten(None)
    batch = turn(SECOND, scheme, moved(who, 4))
    # One of the four was moved by hand since; six were not moved at all.
    Membership.objects.filter(customer_id=who[0], place="silver").update(during=f"[{SECOND},2018-01-10)")
    Membership.objects.create(
        customer_id=who[0], scheme="value", place="none", rank=0, during="[2018-01-10,)", definition=scheme,
        cause="by hand", run_id=uuid4(),
    )  # fmt: skip
    undone = undo_batch(batch.pk, None, "A broken feed.")
    assert (undone.state, undone.left) == ("undone", 1)
    assert at(who) == ["none", *["bronze"] * 9]
    assert stays(who[1]) == [
        ("bronze", FIRST, SECOND), ("silver", SECOND, TODAY), ("bronze", TODAY, None),
    ]  # fmt: skip
    assert Membership.objects.filter(customer_id=who[1]).latest("during").cause == "Undone: A broken feed."
    with pytest.raises(Refused, match="too late for that: undone"):
        undo_batch(batch.pk, None, "twice")
    assert Entry.objects.get(action="undo tier moves").detail == {
        "scheme": "value", "cut": "2018-01-01", "put back": 3, "left": 1,
    }  # fmt: skip


def test_undoing_on_the_day_of_the_run_leaves_no_day_in_the_other_tier(monkeypatch):
    scheme, who = ten(None)
    batch = turn(TODAY + timedelta(days=1), scheme, moved(who, 1))
    undo_batch(batch.pk, None, "at once")
    assert stays(who[0]) == [("bronze", FIRST, batch.cut), ("bronze", batch.cut, None)]


def test_after_an_undoing_the_day_can_be_run_anew():
    scheme, who = ten(None)
    undo_batch(turn(SECOND, scheme, moved(who, 4)).pk, None, "A broken feed.")
    again = turn(SECOND, scheme, moved(who, 2))
    assert stays(who[0]) == [("bronze", FIRST, SECOND), ("silver", SECOND, None)]
    assert stays(who[3]) == [("bronze", FIRST, None)]
    assert (again.state, again.moved) == ("carried", 2)


def test_a_run_of_a_day_that_is_held_back_leaves_what_an_earlier_run_of_it_did():
    scheme, who = ten()
    first = turn(SECOND, scheme, moved(who, 2))
    assert turn(SECOND, scheme, moved(who, 9)).state == "waiting"
    first.refresh_from_db()
    assert first.state == "carried" and at(who).count("silver") == 2


@pytest.mark.parametrize("act", [apply_batch, discard_batch, undo_batch])
def test_an_analyst_decides_nothing_and_strange_changes_are_refused(act):
    analyst = User.objects.create_user("ana", password="x", role="analyst")
    with pytest.raises(Refused, match="may not change tiers"):
        act(uuid4(), analyst, "why")
    with pytest.raises(Refused, match="there are no such moves"):
        act(uuid4(), None, "why")
    with pytest.raises(Refused, match="say it in 300"):
        act(uuid4(), None, "w" * 301)


def test_a_warning_is_kept_with_the_stay_until_it_is_called_off_or_the_tier_is_lost():
    scheme, [ann] = tiers(), people(1)
    turn(FIRST, scheme, {ann: "silver"})
    turn(SECOND, scheme, {ann: "silver"}, held_by="grace", warned_on=SECOND)
    stay = Membership.objects.get(customer_id=ann)
    assert (stay.warned_on, stay.unwarned_on, stay.during.lower) == (SECOND, None, FIRST)
    turn(THIRD, scheme, {ann: "silver"})
    stay.refresh_from_db()
    assert (stay.warned_on, stay.unwarned_on) == (SECOND, THIRD)
    turn(THIRD, scheme, {ann: "silver"}, held_by="grace", warned_on=SECOND)
    stay.refresh_from_db()
    assert (stay.warned_on, stay.unwarned_on) == (SECOND, None), "that day said anew"
    turn(THIRD, scheme, {ann: "bronze"}, missing="240.00", earned_place="bronze")
    fallen = Membership.objects.filter(customer_id=ann).latest("during")
    assert fallen.cause.endswith("10.00 when last placed; 240.00 short of silver; warned on 2018-01-01")


@pytest.mark.parametrize("act", [apply_batch, discard_batch, undo_batch])
def test_what_fails_at_its_last_step_leaves_nothing_done(act, monkeypatch):
    scheme, who = ten(None if act is undo_batch else "0.25")
    batch = turn(SECOND, scheme, moved(who, 5))
    before = [stays(pk) for pk in who]

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the power went")

    monkeypatch.setattr("sterna.desk.segments.actions.batches.record", fail)
    with pytest.raises(RuntimeError, match="the power went"):
        act(batch.pk, None, "a reason")
    assert [stays(pk) for pk in who] == before
    state = batch.state
    batch.refresh_from_db()
    assert (batch.state, batch.reason) == (state, "")


def test_more_customers_than_are_read_at_once_are_put_back():
    scheme, who = tiers(), people(120)
    turn(FIRST, scheme, dict.fromkeys(who, "bronze"))
    batch = turn(SECOND, scheme, dict.fromkeys(who, "silver"))
    undo_batch(batch.pk, None, "all of them")
    assert set(at(who)) == {"bronze"}
    assert Membership.objects.filter(cause="Undone: all of them").count() == 120


def test_the_history_of_an_undone_move_is_kept_and_the_next_run_judges_anew():
    scheme, who = ten(None)
    undo_batch(turn(SECOND, scheme, moved(who, 1)).pk, None, "A broken feed.")
    again = turn(THIRD, scheme, moved(who, 1))
    assert again.moved == 1
    assert stays(who[0]) == [
        ("bronze", FIRST, SECOND),
        ("silver", SECOND, TODAY),
        ("bronze", TODAY, THIRD),
        ("silver", THIRD, None),
    ]


def test_two_schemes_are_limited_each_by_its_own_terms():
    value, who = ten("0.1")
    other = publish_scheme(
        Scheme(name="visits", currency="USD", window_months=6, bands=BANDS, change_limit=Decimal(1)),
        None,
        "more",
    )
    turn(FIRST, other, dict.fromkeys(who, "bronze"))
    assert turn(SECOND, value, moved(who, 5)).state == "waiting"
    assert turn(SECOND, other, moved(who, 5)).state == "carried"
    assert Membership.objects.filter(scheme="visits", place="silver").count() == 5


def test_nobody_among_the_members_is_no_share_of_them():
    scheme, who = tiers("0.25"), people(3)
    turn(FIRST, scheme, dict.fromkeys(who, "none"))
    batch = turn(SECOND, scheme, dict.fromkeys(who, "silver"))
    assert (batch.state, batch.moved, batch.members) == ("waiting", 3, 0)
