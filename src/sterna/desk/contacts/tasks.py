"""Background work on contacts: what is due leaves every minute."""

from procrastinate.contrib.django import app

from sterna.desk.contacts import actions


@app.periodic(cron="* * * * *")
@app.task(name="contacts.send_due", queueing_lock="contacts.send_due")
def send_due(timestamp: int) -> str:
    """Send what is due; the ledger, not the queue, keeps two of these apart."""
    return str(actions.send_due())
