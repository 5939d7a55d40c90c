"""Candidates on the pages: in their order with readiness, reasons and what is not known, in words."""

import re

import pytest
from django.urls import reverse

from sterna.desk.segments.models import Candidate
from tests.desk.dashboards.reading import shown, table

pytestmark = pytest.mark.django_db


def test_R3_the_page_of_moves_lists_candidates_by_position_with_reasons_and_what_is_not_known(world, analyst):
    rows = table(analyst, "Candidates", "moves")
    found = Candidate.objects.filter(run_id=world.second.pk).order_by("position", "goal")[:25]
    assert len(rows) == len(found) > 0
    for row, candidate in zip(rows, found, strict=True):
        _, tier, headroom, readiness, why, unknown = row
        assert (tier.name, headroom, readiness) == (
            candidate.place,
            candidate.headroom,
            candidate.readiness,
        )
        assert why == f"{candidate.reason} {candidate.readiness_reason}"
        assert (unknown == "nothing") == (candidate.unknown == "")
        # Codes and ids of classes are no words.
        assert not re.search(r"\b(alive|trend|reach|breadth)\b|\w\.\w", unknown)


def test_R3_the_customers_page_says_why_and_what_to_find_out(world, analyst):
    candidate = Candidate.objects.filter(run_id=world.second.pk).order_by("position")[0]
    Candidate.objects.filter(pk=candidate.pk).update(unknown="reach, shopping.budget")
    rows = table(analyst, "Moves this customer could make", "customer", candidate.customer_id)
    assert rows[0][2] == f"{candidate.reason} {candidate.readiness_reason}"
    assert rows[0][3] == "whether they want to hear from us; spends on groceries a month, in all shops"


def test_R3_a_run_made_before_readiness_was_told_still_lists_its_candidates(world, analyst):
    Candidate.objects.update(readiness=None, readiness_reason="", unknown="")
    rows = table(analyst, "Candidates", "moves")
    assert rows and all(row[3] is None and row[4].endswith(".") and row[5] == "nothing" for row in rows)
    assert "unknown" in shown(analyst, "moves")


def test_R48_the_page_says_that_group_C_is_never_listed(world, analyst):
    assert "Group C is never listed" in analyst.get(reverse("moves")).content.decode()
