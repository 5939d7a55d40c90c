"""Background jobs: act on the inbox and seal it into the lake, link profiles and follow the rules every night."""

import time

from procrastinate.contrib.django import app

from sterna.desk.customers.actions import act_on_inbox, count_classes, infer_all, match_profiles
from sterna.desk.customers.actions.erasing import finish_erasures
from sterna.desk.sources.actions import seal_inbox, sweep_inbox

GATHERING = 0.25  # seconds


@app.task(name="act on inbox", queueing_lock="act on inbox", lock="inbox")
def act() -> None:
    """Act on the inbox; the event API defers this by name after each batch.

    What comes within a moment is acted on together: by hundreds an event costs half as much as by a batch alone, and
    the next batches find a job that waits and need not defer one.
    """
    time.sleep(GATHERING)
    act_on_inbox()


@app.periodic(cron="* * * * *")
@app.task(name="seal inbox", queueing_lock="seal inbox", lock="inbox", pass_context=False)
def seal(timestamp: int) -> None:
    """Act on what waits and seal it, every minute; what was sealed long ago leaves the inbox."""
    act_on_inbox()
    seal_inbox()
    sweep_inbox()


@app.periodic(cron="30 2 * * *")
@app.task(name="match profiles", queueing_lock="match profiles", lock="match profiles", pass_context=False)
def match(timestamp: int) -> None:
    """Link all profiles, every night; a steward may ask for it at any time."""
    match_profiles()


@app.periodic(cron="0 3 * * *")
@app.task(name="infer facts", queueing_lock="infer facts", lock="infer facts", pass_context=False)
def follow_rules(timestamp: int) -> None:
    """Infer what follows from what is known of everybody, every night after linking: days pass and rules change."""
    infer_all()
    count_classes()


@app.task(name="count classes", queueing_lock="count classes", lock="infer facts")
def count() -> None:
    """Count how full every class is, after an import and when another taxonomy is in force."""
    count_classes()


@app.periodic(cron="* * * * *")
@app.task(name="customers.finish_erasures", queueing_lock="customers.finish_erasures", pass_context=False)
def finish(timestamp: int) -> None:
    """Finish the erasures that a kill left half done."""
    finish_erasures()
