"""`sterna plan slots`: a file for whoever prints the bill, of the live version or of the one that is named."""

import csv
import re

import pytest
import yaml

from sterna.cli.main import app
from sterna.desk.contacts.slots import COLUMNS
from sterna.desk.plans.actions import load
from tests.desk.contacts.test_slots import SLOTS
from tests.desk.plans.signed import in_force
from tests.desk.runs import shop
from tests.docs.pages import DOCS, ROOT

pytestmark = pytest.mark.django_db
PAGE = (DOCS / "how-to/fill-a-slot-on-the-bill.md").read_text(encoding="utf-8")


@pytest.fixture
def plan(monkeypatch):
    """The shop on the first of July 2017 and a draft with two slots."""
    monkeypatch.setenv("STERNA_NOW", "2017-07-01T16:00:00+00:00")
    shop.customers()
    shop.tiers()
    return load(shop.PLAN.format(budget="1000.00", version=1) + SLOTS, None)


def test_R63_the_live_version_is_written_and_what_each_slot_shows_is_counted(sterna, plan, tmp_path):
    in_force(plan)
    out = tmp_path / "bills.csv"
    said = sterna("plan", "slots", "autumn", "--out", out)
    assert (said.code, said.out.splitlines()) == (
        0,
        [
            "on-the-bill at post: 20 read its text, 40 its default",
            "on-the-receipt at call: 60 read its text, 0 its default",
            f"written: {out}",
        ],
    )
    with out.open(encoding="utf-8", newline="") as file:
        assert len(list(csv.DictReader(file))) == 2 * shop.CUSTOMERS


def test_R63_a_draft_is_written_when_it_is_named_and_one_touchpoint_alone(sterna, plan, tmp_path):
    said = sterna("plan", "slots", "autumn", 1, "--touchpoint", "call", "--out", tmp_path / "bills.csv")
    assert said.code == 0 and said.out.startswith("on-the-receipt at call: 60 read its text")


def test_what_is_not_live_not_there_or_has_no_slot_is_refused(sterna, plan, tmp_path):
    out = ["--out", tmp_path / "bills.csv"]
    refused = sterna("plan", "slots", "autumn", *out).refusal()
    assert "no version of autumn is live: name one, as `sterna plan slots autumn 1`" in refused
    assert "no plan autumn 9" in sterna("plan", "slots", "autumn", 9, *out).refusal()
    assert (
        "has no slot at the touchpoint 'x'"
        in sterna("plan", "slots", "autumn", 1, "--touchpoint", "x", *out).refusal()
    )
    assert not (tmp_path / "bills.csv").exists()


def test_R63_the_slot_of_the_page_is_that_of_the_retail_plan():
    [written] = re.findall(r"```yaml\n(.*?)```", PAGE, re.S)
    plan = yaml.safe_load((ROOT / "examples/retail/plan.yaml").read_text(encoding="utf-8"))
    assert yaml.safe_load(written)["slots"] == plan["slots"]


def test_R63_the_page_names_every_column_and_option_of_the_file():
    assert all(f"`{name}`" in PAGE for name in COLUMNS)
    command = next(one for one in app.registered_groups if one.name == "plan").typer_instance
    assert command is not None and "slots" in {one.name for one in command.registered_commands}
    assert "--touchpoint" in PAGE and "--out" in PAGE
