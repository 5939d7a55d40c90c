"""Background work on contacts: what is due leaves every minute."""

import time

from procrastinate.contrib.django import app

from sterna.desk.contacts import actions

# One call of the ledger, with its line in the audit.
PORTION = 1_000
# Less than the minute after which the next job begins: two at a time would keep the worker from everything else.
SECONDS = 50


@app.periodic(cron="* * * * *")
@app.task(name="contacts.send_due", queueing_lock="contacts.send_due")
def send_due(timestamp: int) -> str:
    """Send what is due, for most of a minute; the ledger, not the queue, keeps two of these apart."""
    begun, done = time.monotonic(), actions.Sent()
    while True:
        sent = actions.send_due(PORTION)
        done.states.update(sent.states)
        if not sent.goes_on or time.monotonic() - begun >= SECONDS:
            return str(done)
