"""Plans: loaded with findings, one content a version, live only without errors, their experiment fixed then."""

from pathlib import Path

import pytest

from sterna.desk.audit.models import Entry
from sterna.desk.config.refused import Refused
from sterna.desk.experiments.models import Experiment
from sterna.desk.plans import actions
from sterna.desk.plans.models import Plan
from sterna.desk.users.models import User
from sterna.engine.errors import BadInput
from tests.desk.plans.signed import approved
from tests.desk.runs import shop

pytestmark = pytest.mark.django_db
TEXT = shop.PLAN.format(budget="1000.00", version=1)


def _user(role: str) -> User:
    return User.objects.create_user(role, password="x", role=role)


def test_R4_a_plan_without_errors_goes_live_and_every_step_is_audited():
    shop.tiers()
    manager = _user("manager")
    plan = actions.load(TEXT, manager)
    assert plan.state == Plan.State.DRAFT and not plan.findings.filter(severity="error").exists()
    live = actions.launch(approved(plan), manager, "the season begins")
    assert (live.state, live.launched_by) == (Plan.State.LIVE, manager)
    assert list(
        Entry.objects.filter(subject_kind="plan").order_by("id").values_list("action", flat=True)
    ) == [
        "load plan",
        "submit plan",
        "sign plan",
        "sign plan",
        "approve plan",
        "launch plan",
    ]


def test_R61_a_goal_that_does_not_say_what_a_response_is_worth_keeps_the_plan_from_approval():
    shop.tiers()
    plan = actions.load(TEXT.replace("    value_of_response: 40.00\n", ""), None)
    finding = plan.findings.get(code="R61-value_of_response")
    assert finding.severity == "error" and finding.line is not None and finding.mend
    with pytest.raises(Refused, match="does not say what a response is worth"):
        actions.submit(plan, None, "please")
    assert not Experiment.objects.exists()


def test_R59_an_asset_that_nobody_owns_is_found():
    shop.tiers()
    plan = actions.load(TEXT.replace("    kind: reward\n    owner: Bo\n", "    kind: reward\n"), None)
    assert plan.findings.filter(code="R59-unowned", severity="error").exists()


def test_the_same_text_is_the_same_plan_and_its_findings_are_not_doubled():
    shop.tiers()
    plan = actions.load(TEXT, None)
    findings = plan.findings.count()
    assert actions.load(TEXT, None) == plan and plan.findings.count() == findings
    assert Plan.objects.count() == 1


def test_another_content_under_the_same_version_is_refused():
    shop.tiers()
    actions.load(TEXT, None)
    with pytest.raises(Refused, match="is there with another content: give it a new version"):
        actions.load(TEXT.replace("budget: 1000.00", "budget: 1.00"), None)


def test_a_place_that_the_tiers_do_not_have_is_found_at_approval_even_if_they_came_later():
    plan = actions.load(TEXT.replace("to: silver", "to: gold"), None)
    with pytest.raises(Refused, match="no tiers called 'value' yet"):
        actions.submit(plan, None, "please")
    shop.tiers()
    with pytest.raises(Refused, match="gold"):
        actions.submit(plan, None, "please")


@pytest.mark.parametrize("role", ["analyst", "staff"])
def test_who_does_not_manage_neither_loads_nor_submits(role):
    shop.tiers()
    plan = actions.load(TEXT, None)
    with pytest.raises(Refused):
        actions.load(TEXT, _user(role))
    with pytest.raises(Refused):
        actions.submit(plan, User.objects.get(username=role), "mine")
    assert Plan.objects.get().state == Plan.State.DRAFT


def test_approval_needs_a_reason():
    shop.tiers()
    with pytest.raises(Refused, match="write why"):
        actions.submit(actions.load(TEXT, None), None, "")


def test_the_experiment_is_declared_with_the_approval_and_never_again():
    plan = shop.tiers() and shop.plan()
    experiment = Experiment.objects.get()
    assert (experiment.name, experiment.salt, experiment.share) == ("autumn-1", "autumn-2017", 0.2)
    assert experiment.declared["primary"]["smallest_effect"] == 0.05
    assert experiment.declared["definition"] == plan.definition.sha256
    declared_at = experiment.declared_at
    actions.launch(plan, None, "again")
    assert Experiment.objects.get().declared_at == declared_at


def test_a_newer_version_closes_the_one_before():
    shop.tiers()
    shop.plan()
    shop.plan(version=2)
    assert list(Plan.objects.order_by("version").values_list("version", "state")) == [
        (1, "closed"),
        (2, "live"),
    ]


def test_a_file_brings_the_texts_beside_it_and_none_from_elsewhere(tmp_path: Path):
    shop.tiers()
    (tmp_path / "script.txt").write_text("Tell them.")
    (tmp_path / "plan.yaml").write_text(
        TEXT.replace('script: "Tell them of {{ offer.name }}."', "script_file: script.txt")
    )
    body = actions.load(tmp_path / "plan.yaml", None).definition.body
    assert body["messages"][0]["variants"]["phone"]["script"] == "Tell them."
    (tmp_path / "evil.yaml").write_text(
        TEXT.replace("version: 1", "version: 2").replace(
            'script: "Tell them of {{ offer.name }}."', "script_file: ../x"
        )
    )
    evil = actions.load(tmp_path / "evil.yaml", None)
    assert "outside the folder" in evil.findings.get(code="format-file").message


@pytest.mark.parametrize(
    ("text", "said"),
    [("- a\n- b", "the file holds no plan"), ("plan: [", "not readable"), ("plan: x", "has no")],
)
def test_what_is_no_plan_is_refused_in_one_sentence(text, said):
    with pytest.raises(BadInput, match=said):
        actions.load(text, None)
    assert not Plan.objects.exists()
