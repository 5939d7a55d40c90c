"""Commands on the records: what each does, what it refuses in one line, and that a second call doubles nothing."""

import json
from pathlib import Path

import pytest

from sterna.channels.email import sink
from sterna.desk.audit.models import Entry
from sterna.desk.plans.models import Plan
from sterna.desk.runs.models import Run
from sterna.desk.segments.models import Definition
from sterna.desk.sources.models import Import, Source
from sterna.desk.users.models import User
from tests.desk.plans.signed import SIGNERS, signer
from tests.desk.runs import shop
from tests.desk.runs.test_tiers import FILE
from tests.desk.sources.shop import GOOD, LINES, SOURCE, csv_text
from tests.engine.plans.house import STAGES

pytestmark = pytest.mark.django_db(transaction=True)
ROLES = "use analyst, staff, manager, administrator"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for the lake and the runs of one test; the database is the tests' own."""
    monkeypatch.setenv("STERNA_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def files(tmp_path):
    """A folder with sales, their mapping, tiers and a plan."""
    (tmp_path / "sales.csv").write_text(csv_text(*GOOD))
    (tmp_path / "map.yaml").write_text(SOURCE + LINES)
    (tmp_path / "tiers.yaml").write_text(FILE)
    (tmp_path / "plan.yaml").write_text(shop.PLAN.format(budget="1000.00", version=1))
    return tmp_path


def test_a_person_is_added_once_with_a_password_that_logs_in(sterna):
    told = sterna("user", "add", "dana", "manager", "--name", "Dana de la Reyes")
    assert told.code == 0 and told.out.startswith("password of dana: ") and told.err == ""
    person = User.objects.get()
    assert person.check_password(told.out.split()[-1]) and len(told.out.split()[-1]) >= 12
    assert (person.role, person.name) == ("manager", "Dana de la Reyes")
    assert sterna("user", "add", "dana", "staff").refusal() == "somebody is called 'dana' already"
    again = User.objects.get()
    assert (again.role, again.password) == (person.role, person.password), "the second call changes nothing"


@pytest.mark.parametrize("role", ["pope", "", "Manager", "manager "])
def test_a_role_that_is_none_is_refused_with_those_that_are(sterna, role):
    assert sterna("user", "add", "dana", role).refusal() == f"no role {role!r}: {ROLES}"
    assert not User.objects.exists() and not Entry.objects.exists()


def test_a_source_gets_its_key_once(sterna):
    told = sterna("source", "add", "web-shop", "--title", "The shop", "--json")
    said = json.loads(told.out)
    assert told.code == 0 and said["source"] == "web-shop" and len(said["write_key"]) >= 24
    assert Source.objects.get().title == "The shop"
    assert sterna("source", "add", "web-shop").refusal() == "source web-shop has a write key already"
    plain = sterna("source", "add", "app").out
    assert plain.startswith("Source app is added. Its write key, shown only now: ")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["Web"], "source 'Web': a name is lower-case letters"),
        (["a b"], "source 'a b': a name is lower-case letters"),
        (["a" * 61], "a name is lower-case letters"),
        (["web", "--identifier-kind", "User Id"], "kind 'User Id': a kind is lower-case letters"),
    ],
)
def test_a_source_with_a_name_that_is_none_is_refused(sterna, words, said):
    assert said in sterna("source", "add", *words).refusal()
    assert not Source.objects.exists()


def test_files_are_imported_once_and_the_second_call_says_so(sterna, files):
    told = sterna("import", files, "--mapping", files / "map.yaml")
    assert (told.code, told.out) == (0, "sales: 3 of 3 rows, 6.75 USD\n")
    again = sterna("import", files, "--mapping", files / "map.yaml")
    assert again.code == 0 and again.out.startswith("sales: already imported on ")
    assert again.out.endswith(" UTC, nothing changed\n") and Import.objects.count() == 1


def test_an_import_as_json_carries_every_count_and_names_the_reject_file(sterna, files, home):
    (files / "sales.csv").write_text(csv_text(*GOOD, "c3,t3,a,2017-01-07,1,a lot"))
    told = sterna("import", files / "sales.csv", "--mapping", files / "map.yaml", "--json")
    (found,) = json.loads(told.out)
    assert told.code == 0 and told.err == "", "no bars beside JSON"
    assert (found["rows"], found["accepted"], found["refused"], found["amount"]) == (4, 3, 1, "6.75")
    assert (found["source"], found["into"], found["state"], found["already"]) == (
        "shop",
        "lines",
        "done",
        False,
    )
    assert "paid" in (home / found["reject_file"]).read_text()
    (again,) = json.loads(sterna("import", files, "--mapping", files / "map.yaml", "--json").out)
    assert again == found | {"already": True}


def test_refused_rows_are_named_with_their_file(sterna, files):
    (files / "sales.csv").write_text(csv_text(*GOOD, "c3,t3,a,2017-01-07,1,a lot"))
    told = sterna("import", files, "--mapping", files / "map.yaml")
    assert told.out.startswith("sales: 3 of 4 rows, 6.75 USD, 1 refused, see STERNA_HOME/rejects/")


def test_what_cannot_be_imported_is_refused_in_one_line(sterna, files):
    mapping = files / "map.yaml"
    assert "no such file" in sterna("import", files, "--mapping", files / "none.yaml").refusal()
    assert "nowhere" in sterna("import", files / "nowhere", "--mapping", mapping).refusal()
    (files / "sales.csv").unlink()
    assert "sales.csv" in sterna("import", files, "--mapping", mapping).refusal()
    mapping.write_text("source: [")
    assert "map.yaml" in sterna("import", files, "--mapping", mapping).refusal()
    mapping.write_bytes(b"\xff\xfe\x00")
    assert "map.yaml" in sterna("import", files, "--mapping", mapping).refusal()
    assert not Import.objects.exists()


def test_tiers_are_cut_once(sterna, files):
    shop.customers()
    shop.fill_lake()
    told = sterna("tiers", "cut", files / "tiers.yaml", "--until", "2017-06-30")
    lines = told.out.splitlines()
    assert told.code == 0 and lines[0] == "value version 1, USD:"
    assert [line.split(":")[0].strip() for line in lines[1:]] == ["gold", "silver", "bronze"]
    assert lines[-1].startswith("  bronze: from 0.01 up to but without ") and "without" not in lines[1]
    assert sterna("tiers", "cut", files / "tiers.yaml", "--until", "2017-06-30").out == told.out
    assert Definition.objects.filter(kind="scheme").count() == 1


def test_tiers_that_cannot_be_cut_are_refused_in_one_line(sterna, files):
    def refused(path: Path) -> str:
        return sterna("tiers", "cut", path, "--until", "2017-06-30").refusal()

    assert "none.yaml is no file of tiers" in refused(files / "none.yaml")
    assert "is no file of tiers" in refused(files)
    assert "too few for 3 bands" in refused(files / "tiers.yaml"), "nobody bought anything yet"
    (files / "tiers.yaml").write_text("tiers: [\n- {")
    assert "tiers.yaml is no file of tiers" in refused(files / "tiers.yaml")
    (files / "tiers.yaml").write_bytes(b"\xff\xfe")
    assert "tiers.yaml is no file of tiers" in refused(files / "tiers.yaml")
    assert not Definition.objects.exists()


def test_a_plan_is_loaded_signed_and_launched_once(sterna, files):
    shop.tiers()
    (files / "plan.yaml").write_text(shop.PLAN.format(budget="1000.00", version=1) + STAGES)
    first = sterna("plan", "load", files / "plan.yaml")
    assert first.code == 0 and first.out.endswith("autumn 1 is loaded as draft, with 0 finding(s)\n")
    assert sterna("plan", "load", files / "plan.yaml").out == first.out and Plan.objects.count() == 1
    early = sterna("plan", "close-stage", "autumn", "1", "roadmap", "--reason", "walked").refusal()
    assert "stage 4 (roadmap) cannot close before stage 1 (goals)" in early
    for stage in ("goals", "data", "exchanges", "roadmap"):
        told = sterna("plan", "close-stage", "autumn", "1", stage, "--reason", "proved")
        assert told.out == f"the stage {stage} of autumn 1 is closed\n"
    assert sterna("plan", "submit", "autumn", "1", "--reason", "ready").out == "autumn 1 is in review\n"
    for side in SIGNERS:
        login = signer(side).username
        told = sterna("plan", "sign", "autumn", "1", "--side", side, "--by", login, "--reason", "read")
    assert told.out == "autumn 1 is approved\n"
    told = sterna("plan", "launch", "autumn", "1", "--reason", "agreed")
    assert told.out == "autumn 1 is live\n"
    lines = Entry.objects.count()
    assert sterna("plan", "launch", "autumn", "1", "--reason", "again").out == told.out
    assert Entry.objects.count() == lines, "a second launch writes nothing"


def test_findings_of_a_loaded_plan_have_line_message_and_remedy(sterna, files):
    text = shop.PLAN.format(budget="1000.00", version=1).replace("    rest_days: 30\n", "")
    (files / "plan.yaml").write_text(text + STAGES)
    finding = sterna("plan", "load", files / "plan.yaml").out.splitlines()[0]
    assert finding.startswith("warning: line ") and finding.endswith("; add a line `rest_days: …`")


def test_a_plan_that_cannot_be_loaded_is_refused_in_one_line(sterna, files):
    assert "none.yaml cannot be read" in sterna("plan", "load", files / "none.yaml").refusal()
    sterna("plan", "load", files / "plan.yaml")
    (files / "plan.yaml").write_text(shop.PLAN.format(budget="2000.00", version=1))
    said = sterna("plan", "load", files / "plan.yaml").refusal()
    assert said.startswith("version 1 of autumn is there with another content")
    for text in ("", "plan: [", "- a\n- b", "plan: x"):
        (files / "plan.yaml").write_text(text)
        assert sterna("plan", "load", files / "plan.yaml").refusal()
    assert Plan.objects.count() == 1


def test_a_plan_that_cannot_be_submitted_is_refused_in_one_line(sterna, files):
    def refused(*words: str) -> str:
        return sterna("plan", "submit", *words).refusal()

    assert refused("ghost", "3", "--reason", "x") == "no plan ghost 3: load it with `sterna plan load FILE`"
    sterna("plan", "load", files / "plan.yaml")
    assert refused("autumn", "2", "--reason", "x").startswith("no plan autumn 2")
    assert "there are no tiers called 'value' yet" in refused("autumn", "1", "--reason", "x")
    shop.tiers()
    assert refused("autumn", "1", "--reason", " ") == "write why it is ready for review: the audit keeps it"
    assert Plan.objects.get().state == Plan.State.DRAFT


def test_a_run_is_told_in_a_sentence_with_its_progress_beside(sterna):
    shop.open_shop()
    told = sterna("run", "--until", "2017-06-30")
    run = Run.objects.get()
    assert (told.code, told.out) == (0, f"run {run.pk} of 2017-06-30 is published\n")
    assert told.err.startswith("freezing what is known as of 2017-06-30\nevents\n")
    again = json.loads(sterna("run", "--until", "2017-06-30", "--json").out)
    assert again["run"] == str(run.pk) and again["said"].startswith("nothing changed: the same brief")
    assert again["outcome"] == run.outcome_sha256 and again["brief"] == run.brief_sha256
    same = sterna("run", "--until", "2017-06-30", "--again").out
    assert same.startswith(f"computed anew, run {run.pk} is the same byte for byte")


def test_a_run_without_tiers_says_how_to_cut_them(sterna):
    told = sterna("run", "--until", "2017-06-30")
    assert (told.code, told.out) == (1, "")
    assert told.err.splitlines()[-1].startswith(
        "sterna: there are no tiers yet: cut them with `sterna tiers cut"
    )


def test_nothing_to_do_is_a_success_that_says_so(sterna):
    assert sterna("send").out == "nothing was due\n"
    told = sterna("work", "--once")
    said = "0 events acted on, 0 new customers; 0 events sealed; nothing was due; no webhook was due\n"
    assert (told.code, told.out) == (0, said)
    assert sterna("migrate").code == sterna("migrate").code == 0


def test_at_most_so_many_contacts_leave_as_was_said(sterna, monkeypatch, tmp_path):
    monkeypatch.setenv("STERNA_NOW", "2017-07-01T15:00:00+00:00")
    shop.open_shop()
    sterna("run", "--until", "2017-06-30")
    with sink.serve(tmp_path / "mail") as taking:
        monkeypatch.setenv("STERNA_SMTP_HOST", taking.host)
        monkeypatch.setenv("STERNA_SMTP_PORT", str(taking.port))
        assert sterna("send", "--limit", "2").out == "2 handed over\n"
        assert sterna("send", "--limit", "1").out == "1 handed over\n"
    assert len(list((tmp_path / "mail").glob("*.eml"))) == 3
