"""Background work on runs: a turn of the loop and a search for groupings, each when somebody asked for it."""

from datetime import date

from procrastinate.contrib.django import app

from sterna.desk.runs import actions


@app.task(name=actions.TASK, lock=actions.TASK)
def run(until: str) -> str:
    """Turn the loop as of the day `until`; a failure is on the run's page, and in the job."""
    return actions.run(date.fromisoformat(until)).sentence


@app.periodic(cron="* * * * *")
@app.task(name=actions.DISCOVER, queueing_lock=actions.DISCOVER)
def discover(timestamp: int) -> bool:
    """Look for groupings where somebody waits for it; every minute too, so that what a killed worker left goes on."""
    return actions.discover_waiting()
