"""Background work on runs: a turn or a search that somebody asked for, and places kept up until the next turn."""

from datetime import date

from procrastinate.contrib.django import app

from sterna.desk.runs import actions
from sterna.desk.segments.actions import KEEPING_UP


@app.task(name=actions.TASK, lock=actions.TASK)
def run(until: str) -> str:
    """Turn the loop as of the day `until`; a failure is on the run's page, and in the job."""
    return actions.run(date.fromisoformat(until)).sentence


@app.periodic(cron="* * * * *")
@app.task(name=actions.DISCOVER, queueing_lock=actions.DISCOVER)
def discover(timestamp: int) -> bool:
    """Look for groupings where somebody waits for it; every minute too, so that what a killed worker left goes on."""
    return actions.discover_waiting()


@app.periodic(cron="* * * * *")
@app.task(name=KEEPING_UP, queueing_lock=KEEPING_UP, lock=KEEPING_UP, pass_context=False)
def keep_up(timestamp: int = 0) -> int:
    """Place whom something happened to since the newest run; every minute too, for time passes and workers die."""
    return actions.keep_up().customers
