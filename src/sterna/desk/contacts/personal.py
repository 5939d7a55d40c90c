"""What the app keeps of a person: every contact with its words and reason, receipts, calls, and why none came."""

from collections.abc import Iterable
from functools import partial

from sterna.desk.config.personal import Erased, Keeper, Subject
from sterna.desk.contacts.models import Contact, Task
from sterna.desk.customers import hanging
from sterna.desk.customers.actions.removing import remove, rename


def collect(subject: Subject) -> Iterable[str]:
    """Ids and natural keys of the contacts and calls: the audit, letters and frozen tables name them by these."""
    of_person = Contact.objects.filter(customer__in=subject.customers)
    for pk, key in of_person.values_list("pk", "natural_key"):
        yield str(pk)
        yield key
    for pk in Task.objects.filter(contact__in=of_person).values_list("pk", flat=True):
        yield str(pk)


def erase(subject: Subject) -> list[Erased]:
    """Remove the contacts and calls; what was noted in a call with somebody else no longer names them."""
    return [*remove("contacts", subject), *rename({Task: ("note",)}, subject)]


KEEPERS = (
    Keeper(
        "contacts",
        models=hanging.labels("contacts"),
        export=partial(hanging.sheets, "contacts"),
        erase=erase,
        collect=collect,
    ),
)
