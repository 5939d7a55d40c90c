"""A plan's way from draft to end: two people sign, stages close in order, what it waits for keeps it back by name."""

import threading
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from sterna.desk.audit.models import Entry
from sterna.desk.config import clock
from sterna.desk.config.refused import Refused
from sterna.desk.contacts.models import Contact
from sterna.desk.experiments.models import Experiment
from sterna.desk.plans import actions
from sterna.desk.plans.models import DependencyEntry, Plan, Signature
from sterna.desk.plans.queries import dependencies_now
from sterna.desk.users.models import User
from sterna.engine.plans import of_body
from tests.desk.contacts import ledger
from tests.desk.plans.signed import approved, in_force, signer
from tests.desk.runs import shop

pytestmark = pytest.mark.django_db
TEXT = shop.PLAN.format(budget="1000.00", version=1)
STAGES = """
stages:
  - {id: goals, owner: Ada, by: 2017-05-01, proof: Goals with owners}
  - {id: data, owner: Bo, by: 2017-05-15, proof: Fill of every class}
  - {id: exchanges, owner: Cy, by: 2017-06-01, proof: Costs agreed}
  - {id: roadmap, owner: Di, by: 2017-06-15, proof: The walk through}
"""
WAITS = """
dependencies:
  - {id: feed, title: The daily feed, kind: data, owner: Eve, by: 2017-06-01}
  - {id: score, title: The score of headroom, kind: score, owner: Fay, by: 2017-06-15, needs: [feed]}
"""


@pytest.fixture
def draft() -> Plan:
    """The plan of the shop, loaded."""
    shop.tiers()
    return actions.load(TEXT, None)


def load(more: str) -> Plan:
    shop.tiers()
    return actions.load(TEXT + more, None)


def said() -> list[str]:
    return list(Entry.objects.filter(subject_kind="plan").order_by("id").values_list("action", flat=True))


@pytest.mark.parametrize("signed", [(), ("marketing",), ("technical",)])
def test_R73_a_launch_without_both_signatures_is_refused(draft, signed):
    actions.submit(draft, None, "ready")
    for side in signed:
        actions.sign(draft, side, signer(side), "read")
    with pytest.raises(Refused, match="autumn 1 is in review and cannot be launched"):
        actions.launch(draft, None, "now")
    assert not Experiment.objects.exists()


def test_R73_with_both_signatures_it_is_approved_and_then_launched(draft):
    actions.submit(draft, None, "ready")
    assert actions.sign(draft, "technical", signer("technical"), "data read").state == "review"
    assert actions.sign(draft, "marketing", signer("marketing"), "goals read").state == "approved"
    assert actions.launch(draft, None, "now").state == "live"
    assert Experiment.objects.count() == 1


def test_R73_a_draft_is_not_signed_and_nothing_is_launched_from_it(draft):
    with pytest.raises(Refused, match="autumn 1 is draft and cannot be signed"):
        actions.sign(draft, "marketing", signer("marketing"), "read")
    with pytest.raises(Refused, match="cannot be launched"):
        actions.launch(draft, None, "now")


def test_R73_one_person_does_not_sign_for_both_sides(draft):
    actions.submit(draft, None, "ready")
    both = signer("technical")
    actions.sign(draft, "marketing", both, "read")
    with pytest.raises(Refused, match="has signed autumn 1 for the other side: two people sign a plan"):
        actions.sign(draft, "technical", both, "read")
    with pytest.raises(IntegrityError, match="plan_signed_by_two"), transaction.atomic():
        Signature.objects.create(
            plan=draft, side="technical", signed_by=both, signed_at=clock.now(), reason="by hand"
        )


@pytest.mark.parametrize(
    ("side", "role", "why"),
    [
        ("technical", "manager", "may not sign plans for the technical side"),
        ("marketing", "analyst", "may not change tiers and plans"),
        ("legal", "administrator", "'legal' is no side of a plan: sign for marketing or technical"),
    ],
)
def test_R73_a_side_is_signed_by_those_who_may(draft, side, role, why):
    actions.submit(draft, None, "ready")
    with pytest.raises(Refused, match=why):
        actions.sign(draft, side, User.objects.create(username="x", role=role), "read")


def test_a_side_is_signed_once(draft):
    actions.submit(draft, None, "ready")
    for _ in range(2):
        actions.sign(draft, "marketing", signer("marketing"), "read")
    assert Signature.objects.count() == said().count("sign plan") == 1
    with pytest.raises(Refused, match="is signed for the marketing side already"):
        actions.sign(draft, "marketing", User.objects.create(username="second", role="manager"), "me too")


def test_sent_back_it_is_a_draft_and_its_signatures_are_void_and_kept(draft):
    approved(draft)
    assert actions.send_back(draft, None, "the budget is another").state == "draft"
    assert [bool(one.void_at) for one in Signature.objects.all()] == [True, True]
    assert approved(draft).state == "approved" and Signature.objects.count() == 4
    assert said()[-4:] == ["submit plan", "sign plan", "sign plan", "approve plan"]
    actions.launch(draft, None, "now")
    with pytest.raises(Refused, match="is live and cannot be sent back"):
        actions.send_back(draft, None, "too late")


def test_tiers_cut_anew_since_it_was_submitted_stop_the_signature(draft):
    actions.submit(draft, None, "ready")
    draft.findings.create(code="x", severity="error", where="goals", message="gold is gone", mend="name one")
    with pytest.raises(Refused, match="gold is gone"):
        actions.sign(draft, "marketing", signer("marketing"), "read")


@pytest.mark.parametrize("act", [actions.submit, actions.send_back, actions.launch, actions.close])
def test_each_step_asks_why(draft, act):
    with pytest.raises(Refused, match="write w"):
        act(draft, None, "  ")
    with pytest.raises(Refused, match="301 characters"):
        act(draft, None, "x" * 301)


def test_what_is_closed_stays_closed_and_a_second_close_writes_nothing(draft):
    in_force(draft)
    for _ in range(2):
        assert actions.close(draft, None, "the season ends").state == "closed"
    assert said().count("close plan") == 1
    with pytest.raises(Refused, match="is closed and cannot be launched"):
        actions.launch(draft, None, "again")


def test_what_waits_to_leave_by_a_plan_is_withdrawn_when_somebody_closes_it():
    first, second = ledger.fill(2)
    Contact.objects.filter(pk=second.pk).update(state="handed_over")
    Contact.objects.filter(pk=first.pk).update(state="planned")
    actions.close(first.plan, None, "the season ends")
    assert dict(Contact.objects.values_list("pk", "state")) == {
        first.pk: "withdrawn",
        second.pk: "handed_over",
    }
    assert Contact.objects.get(pk=first.pk).error == "the plan was closed"


def test_R73_stage_3_cannot_close_before_2():
    plan = load(STAGES)
    actions.close_stage(plan, "goals", None, "all four have owners")
    with pytest.raises(Refused, match="data"):
        actions.close_stage(plan, "exchanges", None, "costs are agreed")
    actions.close_stage(plan, "data", None, "fill is 80 %")
    actions.close_stage(plan, "exchanges", None, "costs are agreed")
    assert list(plan.stages_closed.values_list("stage", flat=True)) == ["goals", "data", "exchanges"]


def test_R73_a_stage_is_closed_once_with_its_proof_and_only_one_that_there_is():
    plan = load(STAGES)
    first = actions.close_stage(plan, "goals", None, "owners named")
    assert actions.close_stage(plan, "goals", None, "other words") == first
    assert plan.stages_closed.get().proof == "owners named" and said().count("close stage") == 1
    with pytest.raises(Refused, match="write the proof"):
        actions.close_stage(plan, "data", None, " ")
    with pytest.raises(Refused, match="party"):
        actions.close_stage(plan, "party", None, "cake")


def test_R73_a_launch_waits_for_its_stages_by_name():
    plan = approved(load(STAGES))
    actions.close_stage(plan, "goals", None, "done")
    actions.close_stage(plan, "data", None, "done")
    with pytest.raises(Refused, match="before its stages are closed: exchanges, roadmap"):
        actions.launch(plan, None, "now")
    for stage in ("exchanges", "roadmap"):
        actions.close_stage(plan, stage, None, "done")
    assert actions.launch(plan, None, "now").state == "live"


def test_R60_an_open_prerequisite_blocks_the_launch_by_name():
    plan = approved(load(WAITS))
    with pytest.raises(Refused) as refused:
        actions.launch(plan, None, "now")
    assert "The daily feed (Eve, due 2017-06-01); The score of headroom (Fay, due 2017-06-15)" in str(
        refused.value
    )
    actions.deliver(plan, "feed", None, "arrives since Monday")
    with pytest.raises(Refused, match="while it waits for: The score of headroom"):
        actions.launch(plan, None, "now")
    actions.deliver(plan, "score", None, "computed each night")
    assert actions.launch(plan, None, "now").state == "live"


def test_R60_a_dependency_is_not_there_before_what_it_needs():
    plan = load(WAITS)
    with pytest.raises(Refused, match="score needs feed, which is not there yet"):
        actions.deliver(plan, "score", None, "computed")
    with pytest.raises(Refused, match="has no dependency 'tower'; it has: feed, score"):
        actions.deliver(plan, "tower", None, "built")


def test_R73_the_slip_log_keeps_every_day_that_something_was_due_on():
    plan = load(WAITS)
    for later in (date(2017, 7, 1), date(2017, 8, 1), date(2017, 8, 1)):
        actions.slip(plan, "feed", later, None, "the supplier is late")
    log = DependencyEntry.objects.values_list("kind", "was_by", "day")
    assert list(log) == [
        ("slipped", date(2017, 6, 1), date(2017, 7, 1)),
        ("slipped", date(2017, 7, 1), date(2017, 8, 1)),
    ]
    now = dependencies_now(plan, of_body(plan.definition.body).plan).dependencies
    assert [one.by for one in now] == [date(2017, 8, 1), date(2017, 6, 15)]
    actions.deliver(plan, "feed", None, "it came")
    now = dependencies_now(plan, of_body(plan.definition.body).plan).dependencies
    assert [one.done for one in now] == [clock.today(), None]
    with pytest.raises(Refused, match="feed is there since"):
        actions.slip(plan, "feed", date(2017, 9, 1), None, "no")


def test_a_dependency_is_delivered_once():
    plan = load(WAITS)
    for _ in range(2):
        actions.deliver(plan, "feed", None, "it came")
    assert DependencyEntry.objects.count() == said().count("deliver dependency") == 1


@pytest.mark.django_db(transaction=True)
def test_R73_two_who_sign_at_once_approve_it_once(draft):
    actions.submit(draft, None, "ready")
    people = {side: signer(side) for side in ("marketing", "technical")}
    ready, faults = threading.Barrier(4), list[Exception]()

    def sign(side: str) -> None:
        try:
            ready.wait(20)
            actions.sign(Plan.objects.get(pk=draft.pk), side, people[side], "read")
        except Exception as fault:
            faults.append(fault)
        finally:
            connection.close()

    threads = [threading.Thread(target=sign, args=(side,)) for side in (*people, *people)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not faults and Plan.objects.get().state == "approved"
    assert said().count("approve plan") == 1 and Signature.objects.count() == 2


def post(client, plan, name, **form):
    answer = client.post(reverse(name, args=[plan.pk]), form, follow=True)
    return [(note.level_tag, str(note)) for note in answer.context["messages"]]


def test_R73_the_pages_take_a_plan_from_draft_to_close(client):
    plan = load(STAGES + WAITS)
    manager, technical = signer("marketing"), signer("technical")
    client.force_login(manager)
    page = client.get(reverse("plan", args=[plan.pk])).content.decode()
    assert "Submit for review" in page and "Close stage" in page and "The daily feed" in page
    assert post(client, plan, "plan_submit", reason="ready")[0][0] == "success"
    page = client.get(reverse("plan", args=[plan.pk])).content.decode()
    assert "Sign for the marketing side" in page and "Sign for the technical side" not in page
    assert post(client, plan, "plan_sign", side="technical", reason="me")[0][0] == "error"
    assert post(client, plan, "plan_sign", side="marketing", reason="read")[0][0] == "success"
    client.force_login(technical)
    [(_, told)] = post(client, plan, "plan_sign", side="technical", reason="read")
    assert told.endswith("Both sides have signed: it is approved.")
    [(level, told)] = post(client, plan, "plan_launch", reason="now")
    assert level == "error" and "goals, data, exchanges, roadmap" in told
    for stage in ("goals", "data", "exchanges", "roadmap"):
        assert post(client, plan, "plan_stage", stage=stage, proof="shown")[0][0] == "success"
    slipped = (clock.today() + timedelta(days=3)).isoformat()
    assert (
        "is due on"
        in post(client, plan, "plan_dependency", dependency="feed", to=slipped, reason="late")[0][1]
    )
    assert post(client, plan, "plan_dependency", dependency="feed", to="soon", reason="late")[0][0] == "error"
    for name in ("feed", "score"):
        assert post(client, plan, "plan_dependency", dependency=name, reason="came") == [
            ("success", f"{name} is there.")
        ]
    assert post(client, plan, "plan_launch", reason="now")[0][0] == "success"
    page = client.get(reverse("plan", args=[plan.pk])).content.decode()
    assert "Slip log" in page and "supplier" not in page and "Close plan" in page
    assert post(client, plan, "plan_close", reason="over")[0][0] == "success"
    page = client.get(reverse("plan", args=[plan.pk])).content.decode()
    assert "Close plan" not in page and "Close stage" not in page and "Write down" not in page
    assert Plan.objects.get().state == "closed"


def test_who_reads_is_shown_no_form(client):
    plan = load(STAGES + WAITS)
    client.force_login(User.objects.create(username="ira", role="analyst"))
    page = client.get(reverse("plan", args=[plan.pk])).content.decode()
    assert "Nobody has signed it" in page
    assert not any(word in page for word in ("Submit for review", "Close stage", "Write down"))
