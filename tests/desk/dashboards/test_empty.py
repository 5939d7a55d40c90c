"""An installation in which nothing has happened yet: every page answers and says what will be here."""

import pytest
from django.urls import reverse

from sterna.desk.config import clock
from sterna.desk.customers.models import Customer
from sterna.desk.customers.rules import BLOCKED
from sterna.desk.web.components import Empty, Table
from tests.desk.dashboards.reading import table

pytestmark = pytest.mark.django_db
PAGES = {
    "home": "No run has been published yet.",
    "customers": "No run has been published yet.",
    "values": "No run has been published yet.",
    "value_measures": "No run has been published yet.",
    "value_concentration": "No run has been published yet.",
    "value_grid": "No run has been published yet.",
    "value_back_test": "No run has been published yet.",
    "brought": "No run has been published yet.",
    "best_customers": "No definition is in force.",
    "segments": "Nobody has published any yet.",
    "discoveries": "Nobody has asked for one yet.",
    "tiers": "No run has been published yet.",
    "groups": "No terms are published",
    "group_terms": "None is published.",
    "group_check_new": "Those who may manage start one.",
    "moves": "No run has been published yet.",
    "tier_risk": "No run has been published yet.",
    "tier_overrides": "None is in force.",
    "tier_moves": "None waits for a decision.",
    "lookalikes": "No run has been published yet.",
    "plan_list": "None has been written",
    "contacts": "No run has planned one.",
    "left_out": "No run has been published yet.",
    "tasks": "None is open.",
    "results": "No run has been published yet.",
    "runs": "None has run",
    "sources": "None so far",
    "data_quality": "None: every event was taken.",
    "review": "None waits. Linking compares all customers every night",
    "identity_rules": "None so far: nothing spoke against what joined.",
    "dead_letters": "None waits: every event was taken.",
    "taxonomy": "None: every fact that came was kept.",
    "audit": "Nothing was written yet.",
    "search": "a number, part of a name",
    "webhooks": "An administrator adds the first one here.",
    "erasures": "Nobody was yet.",
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_without_content_says_why_and_what_comes(analyst, name):
    answer = analyst.get(reverse(name))
    assert answer.status_code == 200
    shown = [item for section in answer.context["page"].sections for item in section.items]
    empties = [item for item in shown if isinstance(item, Empty)]
    empties += [item.empty for item in shown if isinstance(item, Table) and not item.rows and item.empty]
    assert any(PAGES[name] in empty.why for empty in empties)
    assert 'class="blank"' in answer.content.decode()


def test_settings_show_who_works_here_and_no_secret(analyst, monkeypatch):
    monkeypatch.setenv("STERNA_SMTP_PASSWORD", "hunter2-hunter2")
    content = analyst.get(reverse("settings")).content.decode()
    assert "analyst" in content and "STERNA_SMTP_HOST" in content
    assert "hunter2" not in content and "set, not shown" in content


def test_an_installation_that_set_no_rule_shows_those_that_are_shipped(analyst):
    kinds = table(analyst, "Kinds of identifiers", "identity_rules")
    assert [row[0] for row in kinds] == ["email", "phone", "loyalty_card", "anonymous_id"]
    assert {row[-1] for row in kinds} == {"Sterna"}
    assert [row[0] for row in table(analyst, "Blocked values", "identity_rules")] == list(BLOCKED)


def test_R44_where_no_terms_are_a_customer_is_in_no_group_and_nothing_is_asked(analyst):
    one = Customer.objects.create(created_at=clock.now())
    assert "Which group" not in analyst.get(reverse("customer", args=[one.pk])).content.decode()


def test_the_names_of_a_move_without_a_run(analyst):
    answer = analyst.get(reverse("move_names", args=["bronze", "silver"]))
    assert answer.status_code == 200 and "No run has been published yet." in answer.content.decode()
