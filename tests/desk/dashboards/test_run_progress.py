"""A run under way: its page shows the stage and asks again; a failed one keeps what happened, one click away."""

from datetime import timedelta

import pytest
from django.urls import reverse

from sterna.desk.config import clock
from sterna.desk.runs.models import Run, Stage
from tests.desk.dashboards.reading import table

pytestmark = pytest.mark.django_db


@pytest.fixture
def running(db):
    """A run whose first two stages have ended."""
    run = Run.objects.create(
        until="2017-06-30", brief={}, brief_sha256="a" * 64, engine="duckdb", started_at=clock.now()
    )
    for position, name in enumerate(("events", "identity"), start=1):
        Stage.objects.create(
            run=run,
            position=position,
            name=name,
            ended_at=clock.now(),
            rows=5,
            seconds=0.1,
            steps=[],
            files={},
        )
    return run


def test_a_running_run_names_the_stage_ahead_and_asks_again(running, analyst):
    content = analyst.get(reverse("run", args=[running.pk])).content.decode()
    assert "<strong>profiles</strong>" in content and "2 of 7 stages" in content
    assert 'hx-get="?seen=2"' in content and 'hx-trigger="every 2s"' in content


def test_the_answer_to_a_poll_is_the_bar_alone(running, analyst):
    answer = analyst.get(reverse("run", args=[running.pk]), {"seen": 2})
    content = answer.content.decode()
    assert "HX-Refresh" not in answer and "<strong>profiles</strong>" in content and "<h1>" not in content


def test_the_page_is_asked_for_anew_when_a_stage_or_the_run_has_ended(running, analyst):
    where = reverse("run", args=[running.pk])
    assert analyst.get(where, {"seen": 1})["HX-Refresh"] == "true"
    running.state = Run.State.DONE
    running.save()
    assert analyst.get(where, {"seen": 2})["HX-Refresh"] == "true"
    assert "hx-get" not in analyst.get(where).content.decode()


@pytest.mark.parametrize(
    ("elapsed", "took"),
    [
        (timedelta(seconds=95), "1 min 35 s"),
        (timedelta(0), "12 s"),  # a present that is pretended stands still
    ],
)
def test_a_run_took_the_time_that_went_by_and_no_less_than_its_stages_worked(running, analyst, elapsed, took):
    assert [row[4] for row in table(analyst, "Runs", "runs")] == ["unfinished"]
    running.stages.update(seconds=6)
    Run.objects.update(state=Run.State.DONE, ended_at=running.started_at + elapsed)
    assert [row[4] for row in table(analyst, "Runs", "runs")] == [took]
    assert took in analyst.get(reverse("run", args=[running.pk])).content.decode()


def test_the_last_stage_is_followed_by_publishing(running, analyst):
    for position, name in enumerate(("profiles", "value", "segments", "decisions", "measurement"), start=3):
        Stage.objects.create(
            run=running,
            position=position,
            name=name,
            ended_at=clock.now(),
            rows=5,
            seconds=0.1,
            steps=[],
            files={},
        )
    assert "<strong>publishing</strong>" in analyst.get(reverse("run", args=[running.pk])).content.decode()


def test_a_failed_run_says_what_happened_what_was_kept_and_shows_its_sql(running, analyst):
    running.state, running.error = Run.State.FAILED, "value/cells failed: no such column\n\nselect nothing"
    running.save()
    content = analyst.get(reverse("run", args=[running.pk])).content.decode()
    assert "value/cells failed: no such column" in content and "Nothing was published" in content
    assert "Show the trace" in content and "select nothing" in content and "hx-get" not in content


def test_a_published_run_leads_to_the_pages_as_of_its_day(world, analyst, running):
    assert (
        f"/?as_of={world.first.until}" in analyst.get(reverse("run", args=[world.first.pk])).content.decode()
    )
    assert "as of this day" not in analyst.get(reverse("run", args=[running.pk])).content.decode()
