"""Background jobs of the inbox: act on what came, then seal it into the lake."""

from procrastinate.contrib.django import app

from sterna.desk.customers.actions import act_on_inbox
from sterna.desk.sources.actions import seal_inbox


@app.task(name="act on inbox", queueing_lock="act on inbox", lock="inbox")
def act() -> None:
    """Act on the inbox; the event API defers this by name after each batch."""
    act_on_inbox()


@app.periodic(cron="* * * * *")
@app.task(name="seal inbox", queueing_lock="seal inbox", lock="inbox", pass_context=False)
def seal(timestamp: int) -> None:
    """Act on what waits and seal it, every minute."""
    act_on_inbox()
    seal_inbox()
