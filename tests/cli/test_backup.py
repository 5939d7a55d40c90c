"""Backup and restore end to end: the same installation in another home, and whoever was erased since is gone again."""

import json
import shutil
from pathlib import Path

import pytest

from sterna.desk.config import postgres
from tests.cli.conftest import Said
from tests.cli.conftest import process as calling
from tests.desk.killing import do, own_home, rows, was_killed

pytestmark = pytest.mark.slow
PLANT = "tests.desk.privacy.killing"
NOW = {"STERNA_NOW": "2017-07-01T16:00:00+00:00"}


def process(home: Path, *words: str, **settings: str) -> Said:
    """Call the command on a home whose way is open: run by root, the database is another user."""
    for above in list(home.parents)[:3]:
        above.chmod(0o755)
    return calling(home, *words, **settings)


COUNTS = [
    f"select count(*) from {table}"
    for table in ("customers_customer", "customers_fact", "contacts_contact", "audit_entry", "lakehouse_segment",
                  "values_worth", "users_user", "sources_inboxevent", "procrastinate_jobs")
]  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """An installation with a year of purchases, events, a run, letters and mail."""
    with own_home(tmp_path_factory) as found:
        done = do(PLANT, found, "plant", str(tmp_path_factory.mktemp("files")))
        assert done.returncode == 0, done.stderr
        yield found


@pytest.fixture(scope="module")
def kept(home, tmp_path_factory):
    """Its backup."""
    folder = tmp_path_factory.mktemp("backups") / "first"
    said = process(home, "backup", str(folder), **NOW)
    assert said.code == 0, said.err
    assert said.out.startswith(f"{folder}: ") and "the lake at version 3" in said.out
    return folder


@pytest.fixture
def new_home(tmp_path):
    """Where it is restored to."""
    yield tmp_path / "restored"
    postgres.stop(tmp_path / "restored")


def test_a_restored_backup_is_the_installation_it_was(home, kept, new_home):
    said = process(new_home, "restore", str(kept), **NOW)
    assert said.code == 0, said.err
    assert "there is no list of erased people beside it" in said.out
    assert rows(new_home, *COUNTS) == rows(home, *COUNTS)
    # The same brief over the same files: nothing is computed anew, which reads every segment and frozen table.
    again = process(new_home, "run", "--until", "2017-06-30", **NOW)
    assert again.code == 0, again.err
    # Ids are drawn on from where they stood, and what the database keeps it keeps again.
    assert process(new_home, "user", "add", "ann", "manager").code == 0
    told = json.loads(process(new_home, "doctor", "--json", **NOW).out)
    wrong = [each for each in told["checks"] if not each["well"] and each["check"] not in ("space", "jobs")]
    assert wrong == []
    assert (new_home / "secret").read_text() == (home / "secret").read_text()


def test_who_was_erased_after_the_backup_is_erased_again(home, kept, new_home, tmp_path):
    other = tmp_path / "other"
    assert process(other, "restore", str(kept), **NOW).code == 0
    try:
        erased = process(other, "privacy", "erase", "card:zqplanted-card", "--reason", "asked", **NOW)
        assert erased.code == 0 and erased.out.startswith("Receipt of erasure"), erased.err
        said = process(new_home, "restore", str(kept), "--erased", str(other / "erased.jsonl"), **NOW)
        assert "1 erasures are on the list, 1 of them erased again" in said.out, said.err
        assert do(PLANT, new_home, "left").stdout == "[] [] []\n"
        assert (other / "erased.jsonl").read_text() in (new_home / "erased.jsonl").read_text()
    finally:
        postgres.stop(other)


def test_a_home_that_is_not_empty_is_not_restored_into(kept, new_home):
    new_home.mkdir()
    (new_home / "note").write_text("mine")
    said = process(new_home, "restore", str(kept)).refusal()
    assert said == f"{new_home} is not empty: set STERNA_HOME to a new folder"
    assert (new_home / "note").read_text() == "mine"


def test_a_folder_that_is_not_empty_is_not_backed_up_into(home, tmp_path):
    (tmp_path / "note").write_text("mine")
    assert (
        "is not empty: a backup needs a folder of its own" in process(home, "backup", str(tmp_path)).refusal()
    )


@pytest.mark.parametrize("fault", ["changed", "missing", "unfinished", "another format"])
def test_a_backup_that_is_not_whole_is_refused_before_anything_is_written(kept, new_home, tmp_path, fault):
    copy = tmp_path / "copy"
    shutil.copytree(kept, copy)
    file = next((copy / "files" / "lake").rglob("*.parquet"))
    told = json.loads((copy / "backup.json").read_text())
    if fault == "changed":
        file.write_bytes(file.read_bytes() + b"x")
    elif fault == "missing":
        file.unlink()
    elif fault == "unfinished":
        (copy / "backup.json").unlink()
    else:
        (copy / "backup.json").write_text(json.dumps(told | {"format": 99}))
    said = process(new_home, "restore", str(copy)).refusal()
    assert {"changed": "is not the file that was backed up", "missing": "is missing", "unfinished": "is no backup",
            "another format": "has format 99"}[fault] in said  # fmt: skip
    assert not new_home.exists()


def test_a_backup_of_a_newer_sterna_is_refused(kept, new_home, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(kept, copy)
    told = json.loads((copy / "backup.json").read_text())
    told["migrations"].append(["customers", "9999_to_come"])
    (copy / "backup.json").write_text(json.dumps(told))
    said = process(new_home, "restore", str(copy)).refusal()
    assert said == "this Sterna is older than the backup: it does not know customers.9999_to_come"


@pytest.mark.kill
def test_a_restore_that_was_killed_begins_anew(kept, new_home):
    for above in list(new_home.parents)[:3]:
        above.chmod(0o755)
    assert was_killed(do("tests.cli.killed_restore", new_home, str(kept)))
    said = process(new_home, "doctor").out
    assert "a restore was killed" in said
    assert process(new_home, "restore", str(kept), **NOW).code == 0
    assert not (new_home / "restoring").exists()


def test_a_list_that_is_not_there_is_named(kept, new_home, tmp_path):
    said = process(new_home, "restore", str(kept), "--erased", str(tmp_path / "none")).refusal()
    assert said.endswith("there is no such list of erased people") and not new_home.exists()
