"""Turns the loop, and works what is due, from the command line."""

import json
import sys
from datetime import date
from typing import Any

from sterna.cli.desk import setup


def run(until: date, again: bool = False, as_json: bool = False) -> str:
    """Turn the loop as of `until` and publish it; returns what to print. Progress goes to the error stream."""
    setup()
    from sterna.desk.runs import actions

    done = actions.run(until, again=again, tell=lambda line: print(line, file=sys.stderr, flush=True))
    return json.dumps(_told(done), indent=2) if as_json else done.sentence


def _told(done: Any) -> dict[str, Any]:
    run = done.run
    return {
        "run": str(run.pk),
        "until": run.until.isoformat(),
        "state": run.state,
        "brief": run.brief_sha256,
        "outcome": run.outcome_sha256,
        "said": done.sentence,
        "summary": run.summary,
    }


def work(once: bool = False, tied: bool = False) -> str:
    """Do background work until stopped, or with `once` what is due now; returns what to print.

    `tied`, it also ends when its standard input closes.
    """
    if tied:
        from sterna.desk.config.parent import end_with_input

        end_with_input()
    setup()
    if not once:
        _work_on()
        return "stopped"
    from sterna.desk.contacts.actions import send_due
    from sterna.desk.customers.actions import act_on_inbox
    from sterna.desk.sources.actions import seal_inbox
    from sterna.desk.webhooks import actions as webhooks

    acted, sealed = act_on_inbox(), seal_inbox()
    return (
        f"{acted.events:,} events acted on, {acted.new_customers:,} new customers; {sealed.events:,} events sealed; "
        f"{send_due(limit=1_000_000)}; {webhooks.send_due(seconds=3_600)}"
    )


def _work_on() -> None:
    from procrastinate.contrib.django import app

    # Django's own connector only defers jobs; the worker listens on a connection of its own.
    connector: Any = app.connector
    app.with_connector(connector.get_worker_connector()).run_worker(concurrency=2)
