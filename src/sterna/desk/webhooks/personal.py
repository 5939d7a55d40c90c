"""What the app keeps of a person: which moves other systems were told, or are about to be told."""

from collections.abc import Iterable
from functools import partial

from sterna.desk.config.personal import Erased, Impersonal, Keeper, Subject
from sterna.desk.customers import hanging
from sterna.desk.customers.actions.removing import remove
from sterna.desk.webhooks.models import Message


def collect(subject: Subject) -> Iterable[str]:
    """Ids of the messages: the audit names one that was sent again by it."""
    yield from (str(pk) for pk in hanging.rows(Message, subject).values_list("pk", flat=True))


def at_once(subject: Subject) -> list[Erased]:
    """Remove what waits: from the moment of the request on nobody else is told of the person."""
    number, _ = hanging.rows(Message, subject).filter(state=Message.State.WAITING).delete()
    return [Erased(Message._meta.db_table, "removed", number)] if number else []


KEEPERS = (
    Keeper(
        "webhooks",
        models=hanging.labels("webhooks"),
        export=partial(hanging.sheets, "webhooks"),
        erase=partial(remove, "webhooks"),
        collect=collect,
        at_once=at_once,
    ),
    Impersonal("webhooks.Endpoint", "addresses of other systems"),
)
