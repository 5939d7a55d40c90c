"""`sterna doctor`: each thing that can be wrong is told with what mends it, and a well installation is told so."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection

from sterna.cli.desk import doctor
from sterna.desk.config.ids import new_id
from sterna.desk.contacts.models import Contact
from sterna.desk.customers.models import Erasure
from sterna.desk.lakehouse import queries as lake
from sterna.desk.sources.actions.suppressing import suppress
from tests.desk.contacts import ledger
from tests.desk.runs import shop

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch, transactional_db) -> Path:
    """A home that is closed to others, on a disk with room, in which nobody asked for work."""
    # Emptying the database after a test leaves the jobs, whose tables are not Django's: those of other files would
    # here be told as late as soon as they are a quarter of an hour old.
    with connection.cursor() as cursor:
        cursor.execute("truncate procrastinate_jobs cascade")
    found = tmp_path / "home"
    found.mkdir(mode=0o700)
    monkeypatch.setenv("STERNA_HOME", str(found))
    monkeypatch.setattr(doctor, "LEAST_FREE", 0)
    monkeypatch.setattr(doctor, "LEAST_SHARE", 0.0)
    monkeypatch.setattr(doctor, "_postgres", lambda: iter(()))
    return found


def wrong() -> dict[str, str]:
    """What is wrong, by the name of the check."""
    return {each.check: each.said for each in doctor.examine() if not each.well}


def test_a_well_installation_is_told_so(sterna):
    assert wrong() == {}
    said = sterna("doctor")
    assert said.code == 0 and "WRONG" not in said.out
    assert "ok     database: answers, and its tables are up to date" in said.out
    assert "ok     lake: every segment of version 0 is as it was written" in said.out


def test_what_is_wrong_ends_with_1_and_is_the_same_as_json(sterna, home):
    home.chmod(0o755)
    said = sterna("doctor", "--json")
    told = json.loads(said.out)
    assert said.code == 1 and told["well"] is False
    [fault] = [each for each in told["checks"] if not each["well"]]
    assert fault == {"check": "home", "well": False, "said": f"{home} can be read by others: chmod 700 it"}


def test_a_home_that_others_may_only_walk_through_is_well(home):
    home.chmod(0o711)
    assert wrong() == {}


def test_a_home_that_is_not_there_is_no_fault(sterna, monkeypatch, tmp_path):
    monkeypatch.setenv("STERNA_HOME", str(tmp_path / "none"))
    assert "is not there: the first command makes it" in sterna("doctor").out


def test_a_full_disk_is_told(monkeypatch):
    monkeypatch.setattr(doctor, "LEAST_FREE", 1 << 62)
    assert "GiB are free" in wrong()["space"]


@pytest.mark.parametrize("fault", ["the file is missing", "the file is not the one that was written"])
def test_a_damaged_segment_is_named(fault):
    shop.fill_lake()
    path = Path(lake.manifest()["lines"][0][0])
    if "missing" in fault:
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-1] + b"x")
    assert wrong() == {"lake": f"{path}: {fault}: take it from a backup"}


def test_a_changed_secret_is_told(settings):
    suppress([("card", "7")], new_id())
    assert wrong() == {}
    settings.SECRET_KEY = "another"
    assert "set that one again, or everybody on it comes back" in wrong()["erased people"]


def test_an_erasure_that_a_kill_left_is_told_when_it_is_old():
    now = datetime.now(UTC)
    erasure = Erasure.objects.create(requested_at=now, subject={})
    assert wrong() == {}
    Erasure.objects.filter(pk=erasure.pk).update(requested_at=now - timedelta(hours=1))
    assert wrong() == {"erasures": "1 are not finished: `sterna privacy finish` goes on"}


def test_a_contact_whose_sender_is_gone_is_told():
    [contact] = ledger.fill(1)
    late = datetime.now(UTC) - timedelta(hours=1)
    Contact.objects.filter(pk=contact.pk).update(state="reserved", lease_until=late)
    assert wrong() == {"contacts": "1 are reserved by a sender that is gone: `sterna send` takes them up"}


def test_a_job_that_nobody_takes_is_told_when_it_waits_long():
    from django.db import connection
    from procrastinate.contrib.django import app as jobs

    with connection.cursor() as cursor:
        # The queue is not emptied between tests, and a job of an earlier one may have waited long by now.
        cursor.execute("delete from procrastinate_jobs")
        jobs.configure_task("nobody", allow_unknown=True).defer()
        assert wrong() == {}
        cursor.execute("update procrastinate_events set at = at - interval '1 hour'")
        late = wrong()
        cursor.execute("delete from procrastinate_jobs")
    assert late == {"jobs": "1 wait for more than 15 minutes: does a worker run?"}


def test_a_restore_that_was_killed_is_told(home):
    (home / "restoring").touch()
    assert "run `sterna restore` again" in wrong()["restore"]


def test_servers_whose_folder_is_gone_are_orphans(monkeypatch, home, tmp_path):
    (home / "postgres").mkdir()
    (tmp_path / "other" / "postgres").mkdir(parents=True)
    servers = [
        (11, home / "postgres"),
        (12, tmp_path / "other" / "postgres"),
        (13, tmp_path / "gone" / "postgres"),
    ]
    monkeypatch.setattr(doctor, "_postgres", lambda: iter(servers))
    said = {each.said for each in doctor._servers(home) if each.well}
    assert any("process 11 is this home's embedded database" in each for each in said)
    assert any("process 12 is the embedded database of another home" in each for each in said)
    assert wrong() == {
        "orphan": f"process 13 serves {tmp_path / 'gone' / 'postgres'}, which is gone: end it with `kill 13`"
    }


def test_this_machine_s_servers_are_seen(monkeypatch):
    monkeypatch.undo()
    if not Path("/proc/self/cmdline").exists():
        pytest.skip("no /proc on this machine")
    found = list(doctor._postgres())
    assert all(pid != os.getpid() and folder.is_absolute() for pid, folder in found)
    # The tests' own database is among them.
    assert found
