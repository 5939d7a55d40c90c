"""Runs that place by rules: everybody in one segment with one owner, stages with their history, what is held back."""

import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pyarrow.parquet as pq
import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models import Sum

from sterna.desk.config import options
from sterna.desk.customers.actions import merge, split, undo
from sterna.desk.customers.actions.erasing import erase
from sterna.desk.customers.models import Customer, IdentityDecision, SourceRecord
from sterna.desk.runs import actions
from sterna.desk.runs.actions import running
from sterna.desk.runs.models import Run
from sterna.desk.runs.panels import panel_of
from sterna.desk.segments.actions import apply_batch, appoint, discard_batch, retire_ruled, undo_batch
from sterna.desk.segments.counting import Counted, count
from sterna.desk.segments.models import Batch, Candidate, MatrixCell, Membership, Move
from sterna.desk.segments.ruled_queries import headcounts, managers, owner_of, primary
from sterna.desk.users.models import User
from sterna.engine.rules import Rule
from tests.desk.runs import ruled_shop, shop
from tests.desk.segments.staging import stays

pytestmark = pytest.mark.django_db
FIRST, SECOND, THIRD = date(2017, 7, 1), date(2018, 1, 1), date(2018, 1, 16)
SCHEMES = ("needs", "care", "pace", "life")
Stays = set[tuple[object, ...]]


def kept() -> Stays:
    """Every stay as it stands, with its cause."""
    return set(
        Membership.objects.values_list("pk", "customer", "scheme", "place", "during", "cause", "run_id")
    )


@dataclass
class Turned:
    """The shop after its runs, and what stood in the records after each."""

    customers: dict[str, Customer]
    staff: tuple[User, User]
    runs: list[Run] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    after: list[Stays] = field(default_factory=list)
    owners: list[Counter[User | None]] = field(default_factory=list)

    def run(self, until: date) -> None:
        done = actions.run(until)
        self.runs.append(done.run)
        self.said.append(done.sentence)
        self.after.append(kept())
        self.owners.append(Counter(owner_of(one.pk) for one in self.customers.values()))


@pytest.fixture(scope="module")
def turned(django_db_setup: None, django_db_blocker: Any) -> Iterator[Turned]:
    """Two half-years, the last of them twice; then other segments and a scheme less, and a run of a day in between."""
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        patch.setenv("STERNA_NOW", datetime(2018, 1, 20, 12, tzinfo=UTC).isoformat())
        made = Turned(shop.open_shop(), ruled_shop.staff())
        ann, bo = made.staff
        ruled_shop.publish(ruled_shop.life())
        seats = {"rising": ruled_shop.RISING, "keen": ruled_shop.KEEN}
        ruled_shop.publish(ruled_shop.segments("needs", seats), ann, bo)
        limited = ruled_shop.segments("care", {"ours": ruled_shop.VALUED}, change_limit=Decimal("0.01"))
        ruled_shop.publish(limited, bo)
        ruled_shop.publish(ruled_shop.segments("pace", {"slower": ruled_shop.SLOWER}), ann)
        made.run(shop.FIRST)
        made.run(shop.SECOND)
        made.run(shop.SECOND)
        retire_ruled("pace", None, "Nobody asks for it.")
        seats = {"rising": ruled_shop.RISING, "buying": ruled_shop.KNOWN}
        ruled_shop.publish(ruled_shop.segments("needs", seats), ann, bo)
        made.run(THIRD - timedelta(days=1))
        made.run(date(2017, 9, 30))
        yield made
    with django_db_blocker.unblock():
        call_command("flush", interactive=False, verbosity=0)


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some days after the last run."""
    monkeypatch.setenv("STERNA_NOW", datetime(2018, 1, 20, 12, tzinfo=UTC).isoformat())


def placed(stays_kept: Stays, scheme: str, on: date) -> dict[UUID, str]:
    """Where each customer stood on a day; whoever stood twice is an error."""
    found = [
        (who, place)
        for _, who, name, place, during, *_ in stays_kept
        if name == scheme and during.lower <= on and (during.upper is None or on < during.upper)  # type: ignore[attr-defined]
    ]
    assert len(dict(found)) == len(found)
    return dict(found)  # type: ignore[arg-type]


def causes(run: Run, scheme: str) -> Counter[str]:
    return Counter(Membership.objects.filter(run_id=run.pk, scheme=scheme).values_list("cause", flat=True))


def test_R77_over_every_run_each_customer_is_in_one_segment_and_has_one_owner(turned):
    ann, bo = turned.staff
    for after, cut in zip(turned.after, (FIRST, SECOND, SECOND, THIRD, THIRD), strict=True):
        for scheme in SCHEMES:
            assert len(placed(after, scheme, cut)) == shop.CUSTOMERS
    # Ann manages who rises and the rest, Bo the keen ones: twenty, and fifteen once five of them rise. In the
    # segments of the third run Bo has the 45 who buy.
    assert turned.owners[:3] == [{ann: 40, bo: 20}, {ann: 45, bo: 15}, {ann: 45, bo: 15}]
    assert turned.owners[3:] == [{ann: 15, bo: 45}] * 2


def test_R77_owners_come_from_the_segments_that_were_published_first_and_change_when_handed_over(turned):
    first = primary()
    assert first is not None and (first.name, first.version) == ("needs", 2)
    _, bo = turned.staff
    # In the segments of care everybody is Bo's.
    assert set(managers("care").values()) == {bo} and headcounts("needs") == {"rising": 15, "buying": 45}
    appoint(first, "rising", bo, None, "Ann goes on leave.")
    assert {owner_of(one.pk) for one in turned.customers.values()} == {bo}
    retire_ruled("needs", None, "Replaced.")
    assert primary().name == "care" and owner_of(turned.customers["004"].pk) == bo
    assert owner_of(Customer.objects.create(created_at=shop.AT).pk) is None, "no run has placed them yet"


def test_R77_who_rises_is_who_bought_for_three_times_as_much_and_the_first_rule_takes_them(turned):
    after = placed(turned.after[1], "needs", SECOND)
    for name, customer in turned.customers.items():
        number = int(name)
        expected = "rising" if number % 4 == 0 else "keen" if number < 20 else "others"
        assert after[customer.pk] == expected, name


def test_a_change_of_orders_is_against_the_run_before_and_nobody_changed_before_there_was_one(turned):
    first, second, *_ = turned.runs
    assert set(placed(turned.after[0], "pace", FIRST).values()) == {"others"}
    files = [running.folder(run.pk) / "values.parquet" for run in (first, second)]
    rows = [pq.read_table(path).to_pylist() for path in files]
    orders = [{row["customer_id"]: row["orders"] for row in held} for held in rows]
    fewer = {UUID(who) for who, number in orders[1].items() if number < orders[0][who]}
    slower = placed(turned.after[1], "pace", SECOND)
    assert fewer and {who for who, place in slower.items() if place == "slower"} == fewer


def test_R72_stages_are_kept_with_the_day_and_the_cause_of_each_step(turned):
    _, second, *_ = turned.runs
    tiers = placed(turned.after[0], "value", FIRST)
    was, became = (placed(turned.after[at], "life", cut) for at, cut in ((0, FIRST), (1, SECOND)))
    assert {who for who, stage in was.items() if stage == "valued"} == {
        who for who, tier in tiers.items() if tier == "silver"
    }, "a stage sees the tiers of its own run"
    gone_on = {who for who in was if was[who] != became[who]}
    assert {(was[who], became[who]) for who in gone_on} == {("known", "valued")}
    assert causes(second, "life") == {
        "Moved from known: by the rules of version 1 on 2018-01-01": len(gone_on)
    }
    for who in gone_on:
        found = [each for each in stays(who) if each[0] in ("known", "valued")]
        assert found == [("known", FIRST, SECOND), ("valued", SECOND, None)]


def test_R72_who_falls_out_of_silver_stays_valued_until_the_own_rule_to_leave_holds(turned):
    after = turned.after[1]
    tiers, stages = placed(after, "value", SECOND), placed(after, "life", SECOND)
    fallen = [who for who in tiers if tiers[who] == "bronze" and stages[who] == "valued"]
    assert fallen, "the rule asks for less than a hundred to leave"
    spent = dict(
        Move.objects.filter(run_id=turned.runs[1].pk, scheme="value").values_list("customer", "to_amount")
    )
    assert all(100 < spent[who] < 250 for who in fallen)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("at", [0, 1])
def test_R84_moves_and_the_matrix_of_each_scheme_agree_with_where_it_placed_people(turned, scheme, at):
    run, cut = turned.runs[at], (FIRST, SECOND)[at]
    moves = Move.objects.filter(run_id=run.pk, scheme=scheme)
    counted = Counter(moves.values_list("from_place", "to_place"))
    cells = MatrixCell.objects.filter(run_id=run.pk, scheme=scheme)
    assert counted == {(one.from_place, one.to_place): one.customers for one in cells if one.customers}
    rows = cells.values("from_place", "opening").annotate(total=Sum("customers"), shares=Sum("share"))
    assert all(row["total"] == row["opening"] for row in rows) and counted.total() == shop.CUSTOMERS
    if at == 0:
        assert {opened for opened, _ in counted} == {"none"}, "nobody was placed when the window opened"
    else:
        assert dict(moves.values_list("customer", "from_place")) == placed(turned.after[0], scheme, FIRST)
    if (scheme, at) != ("care", 1):
        assert dict(moves.values_list("customer", "to_place")) == placed(turned.after[at], scheme, cut)


def test_candidates_and_goals_go_by_the_tiers_alone(turned):
    run = turned.runs[1]
    assert set(Candidate.objects.filter(run_id=run.pk).values_list("place", flat=True)) == {"bronze"}
    assert sum(place["customers"] for place in run.summary["close"]) == shop.CUSTOMERS


def test_a_first_placing_says_so_and_is_no_move(turned):
    first = turned.runs[0]
    for scheme in SCHEMES:
        assert causes(first, scheme) == {
            "First placed: by the rules of version 1 on 2017-07-01": shop.CUSTOMERS
        }
    states = Batch.objects.filter(run_id=first.pk).values_list("scheme", "state", "moved")
    assert set(states) == {(scheme, "carried", 0) for scheme in (*SCHEMES, "value")}


def test_the_same_day_again_changes_nothing(turned):
    assert turned.said[2].startswith("nothing changed: the same brief")
    assert turned.runs[2].pk == turned.runs[1].pk and turned.after[2] == turned.after[1]


def test_a_new_version_opens_new_stays_and_says_whose_place_it_changed(turned):
    third = turned.runs[3]
    # Those who rose stay where they are, under the new version; everybody else is called otherwise now.
    assert causes(third, "needs") == {
        "Version 2 of the scheme: by the rules of version 2 on 2018-01-16": 15,
        "Moved from keen: by the rules of version 2 on 2018-01-16": 15,
        "Moved from others: by the rules of version 2 on 2018-01-16": 30,
    }
    assert Batch.objects.get(run_id=third.pk, scheme="needs").moved == 0, "whoever published it has seen this"


def test_a_retired_scheme_is_placed_no_more_and_its_history_stays(turned):
    third = turned.runs[3]
    assert "pace" not in {terms["name"] for terms in third.brief["ruled"]}
    assert not Move.objects.filter(run_id=third.pk, scheme="pace").exists()
    assert not Batch.objects.filter(run_id=third.pk, scheme="pace").exists()
    assert placed(turned.after[3], "pace", SECOND) == placed(turned.after[1], "pace", SECOND)


def test_R84_a_run_of_an_earlier_day_shows_its_moves_and_leaves_who_is_where_alone(turned):
    earlier = turned.runs[4]
    assert turned.after[4] == turned.after[3] and not Batch.objects.filter(run_id=earlier.pk).exists()
    for scheme in ("needs", "care", "life"):
        assert Move.objects.filter(run_id=earlier.pk, scheme=scheme).count() == shop.CUSTOMERS


def test_more_moves_than_the_limit_are_held_back_in_one_scheme_alone(turned):
    second, third = turned.runs[1], turned.runs[3]
    found = {one.scheme: one for one in Batch.objects.filter(run_id=second.pk)}
    assert (found["care"].moved, found["care"].members, found["care"].state) == (5, 60, "superseded")
    assert Batch.objects.get(run_id=third.pk, scheme="care").state == "waiting"
    assert second.summary["carried"]["held back"] == 5
    assert placed(turned.after[1], "care", SECOND) == placed(turned.after[0], "care", FIRST)
    # Everybody is in a segment, so the share is one of all of them: 15 of 60 moved in needs, which has no limit.
    assert (found["needs"].moved, found["needs"].members, found["needs"].state) == (15, 60, "carried")


def waiting() -> Batch:
    return Batch.objects.get(scheme="care", state="waiting")


def test_R84_what_was_held_back_is_applied_by_the_day_of_its_run_and_undone_as_of_today(turned):
    batch = waiting()
    before = placed(kept(), "care", THIRD)
    apply_batch(batch.pk, None, "They were counted by hand.")
    moved = {who for who, place in placed(kept(), "care", THIRD).items() if place != before[who]}
    assert len(moved) == 5
    assert causes(turned.runs[3], "care") == {"Moved from others: by the rules of version 1 on 2018-01-16": 5}
    who = min(moved)
    assert ("ours", THIRD, None) in stays(who)
    undone = undo_batch(batch.pk, None, "The count was wrong.")
    assert (undone.state, undone.left) == ("undone", 0)
    assert placed(kept(), "care", date(2018, 1, 20)) == before
    mine = Membership.objects.filter(customer_id=who, scheme="care").order_by("during")
    assert [(one.place, one.during.lower) for one in mine] == [
        ("others", FIRST), ("ours", THIRD), ("others", date(2018, 1, 20)),
    ]  # fmt: skip
    assert mine.last().cause == "Undone: The count was wrong."


def test_what_was_held_back_is_discarded_and_nobody_moves(turned):
    before = kept()
    discard_batch(waiting().pk, None, "The feed was broken.")
    assert kept() == before and not Batch.objects.filter(state="waiting").exists()


def parted(decision: IdentityDecision, left: UUID) -> None:
    """The records of the one who joined go their own way again."""
    mine = SourceRecord.objects.filter(customer_id=left).values_list("pk", flat=True)
    split(Customer.objects.get(pk=left), [max(mine)], "two cards after all", None)
    assert decision.undone_at is None


@pytest.mark.parametrize("again", [lambda decision, _: undo(decision, "a mistake", None), parted])
def test_R84_of_two_who_become_one_the_segment_of_one_ends_and_both_are_in_one_again_when_they_part(
    turned, again
):
    rising, buying = turned.customers["004"], turned.customers["005"]
    before = {one.pk: set(stays(one.pk)) for one in (rising, buying)}
    decision = merge(rising, buying, "one card", None)
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")
    today = date(2018, 1, 20)
    standing = {one.pk: placed(kept(), "needs", today).get(one.pk) for one in (rising, buying)}
    [gone] = [who for who, place in standing.items() if place is None]
    [left] = [who for who in standing if who != gone]
    assert set(stays(left)) == before[left], "the one who is left has a segment already"
    assert owner_of(left) is not None and owner_of(gone) is None
    for scheme in ("needs", "care", "life"):
        assert gone not in placed(kept(), scheme, today)
    again(decision, left)
    assert {one.pk: set(stays(one.pk)) for one in (rising, buying)} == before


def counted(run: Run, *rules: Rule) -> Counted:
    return count(rules, panel_of(run), run.until + timedelta(days=1))


def test_R76_a_rule_counts_in_the_panel_whom_the_run_placed_by_it(turned):
    second = turned.runs[1]
    found = counted(second, ruled_shop.RISING, ruled_shop.KEEN, ruled_shop.SLOWER)
    assert (found.customers, found.holds[:2], found.taken[:2]) == (shop.CUSTOMERS, (15, 20), (15, 15))
    pace = Counter(placed(turned.after[1], "pace", SECOND).values())
    assert found.holds[2] == pace["slower"] > 0, "what the run read of the run before is in the panel"
    rising = placed(turned.after[1], "needs", SECOND)
    assert {rising[who] for who in found.examples} == {"rising"} and len(found.examples) == 10
    assert counted(second, ruled_shop.VALUED).holds == (
        Move.objects.filter(run_id=second.pk, scheme="care", to_place="ours").count(),
    )


def test_an_erased_customer_is_in_no_panel_and_in_no_segment(turned, tmp_path, monkeypatch):
    # In a copy of the home: what the other tests read stays.
    shutil.copytree(options.home() / "runs", tmp_path / "home" / "runs")
    shutil.copytree(options.home() / "lake", tmp_path / "home" / "lake")
    monkeypatch.setenv("STERNA_HOME", str(tmp_path / "home"))
    second, who = turned.runs[1], turned.customers["004"]

    def people() -> set[str]:
        return set(pq.read_table(panel_of(second)["people"][0])["customer_id"].to_pylist())

    assert str(who.pk) in people()
    erase(who, "They asked for it.", None)
    assert not (options.home() / "panels").exists()
    assert not Membership.objects.filter(customer=who).exists()
    assert owner_of(who.pk) is None
    assert str(who.pk) not in people() and len(people()) == shop.CUSTOMERS - 1
    assert counted(second, ruled_shop.RISING).holds == (14,)
