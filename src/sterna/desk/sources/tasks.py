"""Background jobs of sources: the files that wait to be imported, and the sweep of those that were."""

from procrastinate.contrib.django import app

from sterna.desk.sources import actions


@app.periodic(cron="* * * * *")
@app.task(name=actions.TASK, queueing_lock=actions.TASK)
def import_waiting(timestamp: int) -> int:
    """Import what waits; every minute too, so that what a killed worker left goes on."""
    return actions.import_waiting()


@app.periodic(cron="17 3 * * *")
@app.task(name="sources.sweep_uploads", queueing_lock="sources.sweep_uploads")
def sweep_uploads(timestamp: int) -> int:
    """Remove uploaded files that were kept long enough."""
    return actions.sweep_uploads()
