"""`sterna privacy`: export and erase by id or identifier, receipts, and one clear line where it cannot."""

import json
import zipfile
from datetime import UTC, datetime

import pytest

from sterna.desk.customers.actions import identify
from sterna.desk.customers.models import Address, Customer, Erasure, SourceRecord

pytestmark = pytest.mark.django_db(transaction=True)
AT = datetime(2017, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A folder for the list of erased people and the lake."""
    monkeypatch.setenv("STERNA_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def ann() -> Customer:
    """Somebody with a card and an address."""
    identify("shop", "card", ["ann-card"], AT)
    record = SourceRecord.objects.get()
    Address.objects.create(
        customer=record.customer, source_record=record, medium="email", address="ann@home.test", source="s",
        recorded_at=AT,
    )  # fmt: skip
    return record.customer


@pytest.mark.parametrize("how", ["id", "card:ann-card", "email:ann@home.test"])
def test_the_same_person_is_exported_by_id_identifier_and_address(sterna, ann, tmp_path, how):
    out = tmp_path / "ann.zip"
    said = sterna("privacy", "export", str(ann.pk) if how == "id" else how, "--out", out)
    assert said.code == 0 and said.out.startswith(f"{out}: ")
    with zipfile.ZipFile(out) as archive:
        [address] = json.loads(archive.read("customers_address.json"))
    assert address["address"] == "ann@home.test"
    assert out.stat().st_mode & 0o077 == 0


def test_a_file_that_is_there_is_not_written_over(sterna, ann, tmp_path):
    out = tmp_path / "mine.zip"
    out.write_text("mine")
    assert sterna("privacy", "export", "card:ann-card", "--out", out).refusal().endswith("name a new file")
    assert out.read_text() == "mine"


def test_an_erasure_prints_its_receipt_and_keeps_it(sterna, ann, home):
    assert sterna("privacy", "receipts").out == "none\n"
    said = sterna("privacy", "erase", "card:ann-card", "--reason", "by letter")
    assert said.code == 0 and said.out.startswith("Receipt of erasure ")
    assert "customers_sourcerecord: 1 removed" in said.out and "ann" not in said.out.replace("cannot", "")
    assert sterna("privacy", "receipts").out.strip() == said.out.strip()
    [told] = json.loads(sterna("privacy", "receipts", "--json").out)
    assert (told["state"], told["suppressed"], told["shared"]) == ("done", 2, 0)
    assert told["steps"][0]["step"] == "door"
    assert json.loads((home / "erased.jsonl").read_text())["erasure"] == told["erasure"]


def test_the_receipt_as_json_is_that_of_the_records(sterna, ann):
    told = json.loads(sterna("privacy", "erase", "card:ann-card", "--reason", "x", "--json").out)
    assert told["receipt"] == Erasure.objects.get().receipt


@pytest.mark.parametrize(
    ("who", "said"),
    [
        ("card:nobody", "'card:nobody' names no customers: give the id"),
        ("nobody", "'nobody' is neither an id nor KIND:VALUE"),
        ("0b9d4e8e-6f0a-4c3b-9d0e-2f2a54e2a1c7", "names no customers"),
        ("card:", "names no customers"),
    ],
)
def test_somebody_who_is_not_there_is_refused_in_one_line(sterna, ann, who, said):
    assert said in sterna("privacy", "erase", who, "--reason", "x").refusal()
    assert Customer.objects.count() == 1


def test_a_value_of_two_is_refused(sterna, ann):
    identify("till", "till-card", ["bob"], AT)
    bob = SourceRecord.objects.get(value="bob")
    Address.objects.create(
        customer=bob.customer,
        source_record=bob,
        medium="email",
        address="ann@home.test",
        source="s",
        recorded_at=AT,
    )
    said = sterna("privacy", "erase", "email:ann@home.test", "--reason", "x").refusal()
    assert said == "'email:ann@home.test' names 2 customers: give the id"


def test_an_erasure_without_a_reason_is_refused(sterna, ann):
    assert sterna("privacy", "erase", "card:ann-card", "--reason", " ").refusal().startswith("write why")
    assert not Erasure.objects.exists()


def test_nothing_is_left_to_finish(sterna):
    assert sterna("privacy", "finish").out == "0 finished\n"


def test_the_list_is_written_where_the_setting_says(sterna, ann, tmp_path, monkeypatch, home):
    monkeypatch.setenv("STERNA_ERASE_LIST", str(tmp_path / "safe" / "list.jsonl"))
    sterna("privacy", "erase", "card:ann-card", "--reason", "x")
    assert (tmp_path / "safe" / "list.jsonl").exists() and not (home / "erased.jsonl").exists()
