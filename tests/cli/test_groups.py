"""`sterna groups load`: the terms of a file are in force, nobody is moved, and what is wrong is one line."""

from pathlib import Path

import pytest

from sterna.desk.audit.models import Entry
from sterna.desk.segments.group_queries import terms_definition, terms_of
from tests.desk.customers import knowing

pytestmark = pytest.mark.django_db
EXAMPLE = Path("examples/bank/groups.yaml")


def test_R45_the_example_of_a_bank_asks_for_balances_and_revenue(sterna):
    knowing.bank()
    said = sterna("groups", "load", EXAMPLE, "--reason", "we begin")
    assert said.code == 0 and said.out.splitlines() == [
        "clients version 1: nobody was moved",
        "  A: balances at least 1,000,000",
        "  A: revenue at least 9,000",
        "  C: family, family of a client in A",
        "  C: introducer, brings others to us",
        "  C: staff, works for us, or did",
        "  C: charity, a good cause that we serve at cost",
        "0 of 0 in A lack something of it",
    ]
    assert terms_of(terms_definition()).review_months == 12
    assert Entry.objects.get(action="publish groups").reason == "we begin"
    # Once more it changes nothing.
    assert sterna("groups", "load", EXAMPLE, "--reason", "we begin").code == 0
    assert Entry.objects.filter(action="publish groups").count() == 1


def test_R44_terms_without_a_figure_are_loaded_as_well(sterna, tmp_path):
    plain = tmp_path / "groups.yaml"
    plain.write_text("groups: clients\nversion: 1\nreasons: {family: family}\n", encoding="utf-8")
    assert (
        "  A: no figure, three judgements of staff"
        in sterna("groups", "load", plain, "--reason", "so").out.splitlines()
    )


def test_what_is_wrong_with_a_file_is_one_line(sterna, tmp_path):
    # The taxonomy of a shop has no class of balances.
    assert (
        "line 8: the taxonomy has no class wealth.here"
        in sterna("groups", "load", EXAMPLE, "--reason", "x").refusal()
    )
    assert "write why" in sterna("groups", "load", EXAMPLE, "--reason", " ").refusal()
    wrong = tmp_path / "groups.yaml"
    wrong.write_text("groups: clients\nversion: 1\nreasons: {}\n", encoding="utf-8")
    assert "names no reason for group C" in sterna("groups", "load", wrong, "--reason", "x").refusal()
    assert "No such file" in sterna("groups", "load", tmp_path / "none.yaml", "--reason", "x").refusal()
    assert terms_definition() is None
