"""What waits for a person: calls due, requests owed, sends in doubt, pairs to review, what was refused or failed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.urls import reverse

from sterna.desk.config import clock
from sterna.desk.contacts.models import Contact, Task
from sterna.desk.customers.queries import past_due, review_counts
from sterna.desk.runs.models import Run
from sterna.desk.segments.tier_queries import waiting
from sterna.desk.sources.models import DeadLetter, Import
from sterna.desk.webhooks.queries import stopped


@dataclass(frozen=True)
class Item:
    """One kind of thing that waits: what, how many, what to do, where; `due` when it was promised and is late."""

    what: str
    count: int
    why: str
    url: str
    due: date | None = None


def items() -> list[Item]:
    """Everything that waits, the late first."""
    return [item for item in _all() if item.count]


def _all() -> Iterator[Item]:
    today = clock.today()
    late = Task.objects.filter(state=Task.State.OPEN, due_on__lt=today)
    oldest = late.order_by("due_on").values_list("due_on", flat=True).first()
    yield Item("Calls promised", late.count(), "Call, or write why not", reverse("tasks"), oldest)
    due = Task.objects.filter(state=Task.State.OPEN, due_on=today)
    yield Item("Calls due today", due.count(), "Call", reverse("tasks"))
    owed = past_due(today).first()
    if owed is not None:
        where = reverse("customer", args=[owed.source_record.customer_id])
        yield Item(
            "Requests past their day",
            past_due(today).count(),
            "Open the one owed longest",
            where,
            owed.due_on,
        )
    outbox = reverse("contacts")
    doubt = Contact.objects.filter(state=Contact.State.UNKNOWN).count()
    yield Item(
        "Sends in doubt", doubt, "No answer came: look before sending again", f"{outbox}?state=unknown"
    )
    failed = Contact.objects.filter(state=Contact.State.FAILED).count()
    yield Item("Sends that failed", failed, "Mend the address or the channel", f"{outbox}?state=failed")
    planned = Contact.objects.filter(
        state=Contact.State.PLANNED, due_on__lte=today, expires_on__gt=today
    ).count()
    yield Item(
        "Due and not sent yet", planned, "The worker sends them; if this stays, it is not running", outbox
    )
    held = waiting().count()
    yield Item(
        "Moves between tiers held back", held, "Apply or discard what a run would move", reverse("tier_moves")
    )
    runs = Run.objects.filter(state=Run.State.FAILED).count()
    yield Item("Runs that failed", runs, "Open the run: its stage and SQL are there", reverse("runs"))
    imports = Import.objects.filter(state=Import.State.FAILED).count()
    yield Item("Imports that failed", imports, "Mend the file and import it again", reverse("sources"))
    letters = DeadLetter.objects.filter(replayed_at=None).count()
    yield Item("Events refused", letters, "Put them right and replay them", reverse("dead_letters"))
    silent = stopped().count()
    yield Item(
        "Webhooks that were stopped", silent, "Mend the receiver and enable it again", reverse("webhooks")
    )
    pairs = review_counts()["open"]
    yield Item("Pairs that may be one person", pairs, "Say whether they are", reverse("review"))
