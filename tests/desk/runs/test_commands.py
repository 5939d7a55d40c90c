"""The command line of the desk, and the background worker's jobs."""

import json
from datetime import date

import pytest
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from sterna.cli.desk import plans, runs
from sterna.desk.config.refused import Refused
from sterna.desk.contacts.models import Contact
from sterna.desk.runs import actions, tasks
from sterna.desk.runs.models import Run
from sterna.desk.users.models import User
from tests.desk.plans.signed import SIGNERS, signer
from tests.desk.runs import shop
from tests.desk.runs.test_tiers import FILE

pytestmark = pytest.mark.django_db(transaction=True)


def test_tiers_plan_run_and_work_from_the_command_line(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("STERNA_SMTP_HOST", "")
    shop.customers()
    shop.fill_lake()
    (tmp_path / "tiers.yaml").write_text(FILE)
    (tmp_path / "plan.yaml").write_text(shop.PLAN.format(budget="1000.00", version=1))
    assert "gold: from" in plans.cut_tiers(tmp_path / "tiers.yaml", date(2016, 12, 31))
    assert "autumn 1 is loaded as draft" in plans.load(tmp_path / "plan.yaml")
    assert plans.submit("autumn", 1, "ready") == "autumn 1 is in review"
    for side in SIGNERS:
        told = plans.sign("autumn", 1, side, signer(side).username, "read")
    assert told == "autumn 1 is approved"
    assert plans.launch("autumn", 1, "the season begins") == "autumn 1 is live"
    told = json.loads(runs.run(shop.FIRST, as_json=True))
    assert told["state"] == "done" and told["summary"]["sums"]["customers"] == shop.CUSTOMERS
    assert "freezing" in capsys.readouterr().err
    waiting = Contact.objects.filter(medium="email").count()
    others = Contact.objects.exclude(medium="email").count()
    assert others and runs.work(once=True).endswith(f"; {others} handed over; no webhook was due")
    assert Contact.objects.filter(medium="email", state="planned").count() == waiting, "no mail server is set"
    assert not Contact.objects.filter(medium__in=["letter", "phone"], state="planned").exists()


def test_an_unknown_plan_is_refused():
    with pytest.raises(Refused, match="no plan ghost 3"):
        plans.launch("ghost", 3, "why not")


def test_a_plan_is_signed_by_somebody_who_logs_in_sent_back_and_closed():
    shop.tiers()
    plan = shop.plan()
    with pytest.raises(Refused, match="nobody logs in as 'ghost'"):
        plans.sign(plan.name, 1, "marketing", "ghost", "read")
    with pytest.raises(Refused, match="cannot be sent back"):
        plans.send_back(plan.name, 1, "mend it")
    assert plans.close(plan.name, 1, "the season ends") == "autumn 1 is closed"


def test_a_run_that_is_asked_for_waits_once_and_is_turned_by_its_task():
    shop.open_shop()
    manager = User.objects.create_user("mia", password="x", role="manager")
    actions.request_run(shop.FIRST, manager)
    with pytest.raises(Refused, match="asked for already"):
        actions.request_run(shop.FIRST, manager)
    # A worker that an earlier test ran may have left a periodic job; those tables are not emptied between tests.
    job = ProcrastinateJob.objects.get(task_name=actions.TASK)
    assert job.args == {"until": "2017-06-30"}
    assert "is published" in tasks.run(**job.args)
    assert Run.objects.get().state == Run.State.DONE


def test_the_worker_knows_every_task_and_sends_each_minute():
    app.perform_import_paths()
    assert {"runs.run", "contacts.send_due"} <= set(app.tasks)
    periodic = {task.task.name: task.cron for task in app.periodic_registry.periodic_tasks.values()}
    assert periodic["contacts.send_due"] == "* * * * *"
