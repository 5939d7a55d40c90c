"""Pages in states nobody opened yet: nothing known, one row, failed, refused, a day that is not theirs."""

import re
from datetime import date
from html import unescape

import pytest
from django.urls import reverse

from sterna.desk.config import clock
from sterna.desk.customers.actions import identify
from sterna.desk.customers.models import Customer
from sterna.desk.dashboards.page import _plain
from sterna.desk.dashboards.queries.current import shown_run
from sterna.desk.dashboards.verdict import effect_words, kind_of, span_words, verdict_of
from sterna.desk.experiments.models import Comparison
from sterna.desk.runs.models import Run
from sterna.desk.segments.models import MatrixCell
from sterna.desk.sources.models import Import, Source
from sterna.desk.users.models import User
from sterna.desk.web.components import Empty, Late, Table, Tier, Unknown, Verdict
from tests.desk.dashboards.reading import shown
from tests.desk.dashboards.test_segment_builder import rich
from tests.desk.runs import shop

pytestmark = pytest.mark.django_db
BANDS = [
    {"place": "bronze", "rank": 1, "low": "0.01", "high": "250.00"},
    {"place": "A & B?", "rank": 2, "low": "250.00", "high": None},
]
SCHEME = {
    "name": "value",
    "version": 1,
    "sha256": "a" * 64,
    "window_months": 6,
    "measure": "spend",
    "bands": BANDS,
}


def published(until: date = shop.FIRST, **brief: object) -> Run:
    """A run that was published and saw nobody."""
    return Run.objects.create(
        until=until,
        state="published",
        brief={"scheme": SCHEME, "currency": "USD", **brief},
        brief_sha256="b" * 64,
        engine="duckdb",
        started_at=clock.now(),
        published_at=clock.now(),
    )


def empties(answer) -> list[Empty]:
    """What the page says of everything that is not there."""
    items = [item for section in answer.context["page"].sections for item in section.items]
    tables = [item.empty for item in items if isinstance(item, Table) and not item.rows and item.empty]
    return [item for item in items if isinstance(item, Empty)] + tables


@pytest.mark.parametrize(
    "name",
    [
        "home",
        "customers",
        "values",
        "tiers",
        "moves",
        "contacts",
        "left_out",
        "tasks",
        "results",
        "runs",
        "plan_list",
        "sources",
    ],
)
def test_whoever_follows_what_an_empty_page_says_comes_to_the_command_that_fills_it(analyst, name):
    address, trail = reverse(name), []
    for _ in range(4):
        trail.append(address)
        found = empties(analyst.get(address))
        if any(re.search(r"`sterna [a-z]+ ", item.why) for item in found):
            return
        steps = [item.step_url for item in found if item.step_url]
        assert steps and steps[0] not in trail, trail
        address = steps[0]
    raise AssertionError(trail)


@pytest.mark.parametrize(
    "name",
    [
        "home",
        "customers",
        "values",
        "tiers",
        "moves",
        "results",
        "left_out",
        "plan_list",
        "contacts",
        "segments",
    ],
)
def test_a_run_that_saw_nobody_is_shown_without_a_figure_made_up(analyst, name):
    published()
    answer = analyst.get(reverse(name))
    content = answer.content.decode()
    assert answer.status_code == 200 and ">nan" not in content and ">None<" not in content
    if name not in ("values", "tiers"):
        assert empties(answer)


def test_the_moves_of_nobody_are_said_in_words(analyst):
    published()
    said = [item.why for item in empties(analyst.get(reverse("moves")))]
    assert "This run saw no customer at both ends of its period." in said


def test_a_tier_with_letters_of_an_address_is_reached_from_every_page(analyst):
    run = published()
    MatrixCell.objects.create(
        run_id=run.pk, scheme="value", from_place="A & B?", to_place="bronze", customers=1, opening=1, share=1.0,
        from_amount=300, to_amount=1,
    )  # fmt: skip
    tiers = analyst.get(reverse("tiers")).context["page"].sections[1].items[0]
    for address in (tiers.rows[0].href, "/customers?tier=A+%26+B%3F"):
        content = analyst.get(address).content.decode()
        assert "in tier <strong>A &amp; B?</strong>" in content
        assert '<a href="/customers?tier=A+%26+B%3F" aria-current="true">' in content
    [cell] = set(re.findall(r'href="(/moves/A[^"]+/bronze)"', analyst.get(reverse("moves")).content.decode()))
    cell = unescape(cell)
    assert analyst.get(cell).context["page"].question == "Who moved from A & B? to bronze?"


@pytest.mark.parametrize("with_run", [False, True])
def test_a_customer_of_whom_nothing_is_known_has_a_page_that_says_so(analyst, with_run):
    if with_run:
        published()
    nobody = Customer.objects.create(created_at=shop.AT)
    answer = analyst.get(reverse("customer", args=[nobody.pk]))
    said = " ".join(item.why for item in empties(answer))
    assert "None is known yet." in said and "Nothing has happened yet." in said and "None so far." in said
    assert ("was not known on the day of the run" in said) == with_run
    assert "asking the customer: without a yes nothing is sent" in answer.content.decode()
    assert "None</" not in answer.content.decode()


def test_one_identifier_is_enough_to_be_found_and_named(analyst):
    identify("till", "loyalty_card_id", ["7"], shop.AT)
    answer = analyst.get(reverse("search"), {"q": "7"}, follow=True)
    assert answer.context["page"].question == "What could loyalty card 7 become?"


DAYS = [date(2017, 6, 30), date(2017, 12, 31)]


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        (None, 1),
        (date(2017, 6, 29), 0),
        (date(2017, 6, 30), 0),
        (date(2017, 7, 1), 0),
        (date(2017, 12, 30), 0),
        (date(2017, 12, 31), 1),
        (date.max, 1),
        (date.min, 0),
    ],
)
def test_a_day_shows_the_newest_run_that_knew_no_more(asked, shown):
    assert shown_run(asked) is None
    runs = [published(day) for day in DAYS]
    Run.objects.create(
        until=date(2018, 1, 1), brief={}, brief_sha256="c" * 64, engine="duckdb", started_at=clock.now()
    )
    assert shown_run(asked) == runs[shown]


def test_of_two_runs_of_one_day_the_one_published_later_is_shown(monkeypatch):
    monkeypatch.setenv("STERNA_NOW", "2026-01-01T00:00:00+00:00")
    published()
    monkeypatch.setenv("STERNA_NOW", "2026-01-02T00:00:00+00:00")
    later = published()
    assert shown_run(shop.FIRST) == later == shown_run()


@pytest.mark.parametrize(
    "name",
    ["contacts", "tasks", "plan_list", "runs", "sources", "data_quality", "settings", "audit", "search"],
)
def test_a_page_without_a_run_behind_it_does_not_claim_to_be_of_a_past_day(analyst, name):
    published()
    content = analyst.get(reverse(name), {"as_of": "2017-06-30"}).content.decode()
    assert "This page does not change with the day; those with figures are as of 2017-06-30." in content
    assert "These are the figures as of" not in content


@pytest.mark.parametrize("name", ["home", "customers", "values", "tiers", "moves", "results", "left_out"])
def test_a_page_of_a_run_offers_another_day_and_keeps_its_filter(analyst, name):
    published()
    content = analyst.get(
        reverse(name), {"as_of": "2017-06-30", "tier": "bronze", "after": "9"}
    ).content.decode()
    assert "These are the figures as of 2017-06-30." in content
    form = re.search(r'<form class="as-of-menu".*?</form>', content, re.S)
    assert form and 'name="tier" value="bronze"' in form[0] and 'name="after"' not in form[0]
    assert f'action="{reverse(name)}"' in form[0]


def test_a_failed_import_and_a_failed_run_say_what_to_do_and_what_stays(analyst):
    source = Source.objects.create(name="till", title="Till", identifier_kind="card", created_at=shop.AT)
    broken = Import.objects.create(
        source=source,
        name="sales",
        file_name="sales.csv",
        state="failed",
        error="line 7: no date",
        started_at=clock.now(),
    )
    run = published()
    Run.objects.filter(pk=run.pk).update(
        state="failed", published_at=None, error="the disk is full\nTraceback: x"
    )
    for page, what in (
        (reverse("import", args=[broken.pk]), "line 7: no date"),
        (reverse("run", args=[run.pk]), "the disk is full"),
    ):
        content = analyst.get(page).content.decode()
        assert f'<p class="failed-what">{what}</p>' in content and 'role="alert"' in content
    assert "<summary>Show the trace</summary>" in content
    waiting = published() and analyst.get(reverse("home")).content.decode()
    assert "Imports that failed" in waiting and "Runs that failed" in waiting


def comparison(**fields: object) -> Comparison:
    given = {
        "design": "randomized",
        "verdict": "moved",
        "reason": "why",
        "effect": 2.5,
        "low": 0.5,
        "high": 4.5,
    }
    return Comparison(**(given | fields))


@pytest.mark.parametrize(
    ("fields", "words", "span"),
    [
        ({"relative": 0.1}, "2.50 USD a customer (+10.0 %), 95 % interval 0.50 to 4.50", "0.50 to 4.50"),
        ({}, "2.50 USD a customer, 95 % interval 0.50 to 4.50", "0.50 to 4.50"),
        (
            {"effect": -0.001, "low": -1.0, "high": 0.0},
            "0.00 USD a customer, 95 % interval −1.00 to 0.00",
            "−1.00 to 0.00",
        ),
        ({"low": None, "high": None}, None, "withheld"),
        ({"effect": None}, None, "0.50 to 4.50"),
    ],
)
def test_R89_an_effect_is_told_with_its_interval_or_not_at_all(fields, words, span):
    found = comparison(**fields)
    assert (effect_words(found, "USD"), span_words(found)) == (words, span)


@pytest.mark.parametrize(
    ("design", "verdict", "kind"),
    [
        ("randomized", "moved", "moved"),
        ("randomized", "not moved", "not_moved"),
        ("randomized", "cannot tell", "cannot_tell"),
        ("targeted", "targeted, not randomized", "targeted"),
        ("A/A", "moved", "aa"),
        ("A/A", "cannot tell", "aa"),
    ],
)
def test_R90_a_verdict_has_its_shape_and_an_A_A_test_never_the_shape_of_a_success(design, verdict, kind):
    found = comparison(design=design, verdict=verdict)
    assert kind_of(found) == verdict_of(found, "USD").kind == kind


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        (Tier("Gold", 1), "Gold"),
        (Verdict("moved"), "moved"),
        (Unknown("asking"), "unknown"),
        (Late("Call", date(2017, 7, 1)), "Call, due 2017-07-01"),
        (None, ""),
        (-1, "-1"),
        ("-1", "'-1"),
        (" =1+1", "' =1+1"),
        ("\tx", "'\tx"),
        (Tier("=cmd", 1), "'=cmd"),
    ],
)
def test_every_kind_of_cell_has_its_words_in_a_file(cell, written):
    assert _plain(cell) == written


def test_a_run_without_an_experiment_says_when_there_will_be_one(analyst):
    published()
    said = [item.why for item in empties(analyst.get(reverse("results")))]
    assert any("a live plan draws its hold-out in its first run" in why for why in said)


def test_where_no_run_has_been_published_the_builder_works_and_says_when_it_counts(log_in):
    manager = log_in("manager")
    builder = rich(manager)
    assert "No run has been published yet: the first one says how many." in builder.text
    assert builder.places()["rich"] == ["have spend of at least 700", None, None, None]
    assert builder.context["figures"] == () and builder.examples() is None
    User.objects.get_or_create(username="staff", defaults={"role": "staff", "first_name": "Staff"})
    assert builder.publish(reason_why="before the first run", manager_1="staff").headers["HX-Redirect"]
    text = shown(manager, "segments")
    assert "The next run places everybody by it." in text and "have spend of at least 700" in text
