"""What the app keeps of a person: what they are worth and where there is room, by run, and who brought whom."""

from collections.abc import Iterable

from sterna.desk.config.personal import Erased, Impersonal, Keeper, Sheet, Subject
from sterna.desk.customers import hanging
from sterna.desk.customers.actions.removing import remove, rename
from sterna.desk.values.models import Credit

# What is handed out of a credit: not who the other one is, nor who of the staff wrote it down.
_TOLD = (
    *("kind", "share", "came_anyway", "saved", "cost", "said_on", "why", "recorded_at", "withdrawn_at"),
    "withdrawn_reason",
)


def _credits(subject: Subject) -> list[dict[str, object]]:
    rows = hanging.rows(Credit, subject).order_by("pk").values("id", "newcomer_id", *_TOLD)
    return [
        {
            "id": row.pop("id"),
            "came as the newcomer": row.pop("newcomer_id") in subject.customers,
            **row,
        }
        for row in rows
    ]


def export(subject: Subject) -> list[Sheet]:
    """What runs measured, and the credits without the name of the other one."""
    about = "Who came because of whom, as staff wrote it down; the other one is not named."
    credits_sheet = Sheet(Credit._meta.db_table, about, _credits(subject))
    return [*hanging.sheets("values", subject, left_out=[Credit._meta.label]), credits_sheet]


def collect(subject: Subject) -> Iterable[str]:
    """Ids of the credits: the audit names them by these."""
    yield from (str(pk) for pk in hanging.rows(Credit, subject).values_list("pk", flat=True))


def erase(subject: Subject) -> list[Erased]:
    """Remove what hangs on the person; what was written of others' credits no longer names them."""
    return [*remove("values", subject), *rename({Credit: ("why", "withdrawn_reason")}, subject)]


KEEPERS = (
    Keeper("values", models=hanging.labels("values"), export=export, erase=erase, collect=collect),
    Impersonal("values.Model", "parameters fitted over many customers"),
    Impersonal("values.HouseholdWallet", "sums over the members of a household, which go with it"),
)
