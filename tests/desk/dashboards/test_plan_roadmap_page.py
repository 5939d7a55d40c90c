"""The page of a plan with a roadmap shows it with its steps and expected customers; one without shows none."""

import pytest
from django.urls import reverse

from sterna.desk.plans.actions import load
from tests.desk.runs import shop

pytestmark = pytest.mark.django_db
ROADMAP = """
roadmap:
  steps:
    - {id: mail, touchpoint: newsletter, asset: basket, message: basket, behavior: opens it, enters: 400}
    - {id: call, touchpoint: call, behavior: asks for more}
  edges:
    - {from: mail, to: call, pass_through: 0.15, within_days: 7}
"""
QUESTION = "Where do they go from one touchpoint to the next?"


def test_R71_the_roadmap_is_drawn_on_the_page_of_its_plan(log_in):
    plan = load(shop.PLAN.format(budget="1000.00", version=1) + ROADMAP, None)
    assert not plan.findings.filter(code__startswith="R71").exists()
    page = log_in("analyst").get(reverse("plan", args=[plan.pk])).content.decode()
    assert QUESTION in page and "asks for more" in page and "picture-roadmap" in page
    assert "2 steps; 400 customers enter." in page


def test_R71_a_plan_without_a_roadmap_asks_no_such_question(log_in):
    plan = load(shop.PLAN.format(budget="1000.00", version=1), None)
    assert QUESTION not in log_in("analyst").get(reverse("plan", args=[plan.pk])).content.decode()
