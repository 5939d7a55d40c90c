"""Background work on runs: a turn of the loop that somebody asked for."""

from datetime import date

from procrastinate.contrib.django import app

from sterna.desk.runs import actions


@app.task(name=actions.TASK, lock=actions.TASK)
def run(until: str) -> str:
    """Turn the loop as of the day `until`; a failure is on the run's page, and in the job."""
    return actions.run(date.fromisoformat(until)).sentence
