"""Background work of webhooks: what is due leaves, and what is done and old is removed."""

from procrastinate.contrib.django import app

from sterna.desk.webhooks import actions

# A third of the minute: a large outbox must not keep the worker from everything else. It stands in line again.
SECONDS = 20.0


@app.periodic(cron="* * * * *")
@app.task(name=actions.TASK, queueing_lock=actions.TASK)
def send_due(timestamp: int) -> str:
    """Send what is due; the leases of the messages, not the queue, keep two of these apart."""
    sent = actions.send_due(SECONDS)
    if sent.goes_on:
        actions.wake()
    return str(sent)


@app.periodic(cron="41 3 * * *")
@app.task(name="webhooks.sweep", queueing_lock="webhooks.sweep")
def sweep(timestamp: int) -> int:
    """Remove messages that are done and old."""
    return actions.sweep()
