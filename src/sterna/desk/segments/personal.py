"""What the app keeps of a person: stays in places, moves, groups and why, and what they could move to."""

from collections.abc import Iterable
from functools import partial

from sterna.desk.config.personal import Erased, Impersonal, Keeper, Subject
from sterna.desk.customers import hanging
from sterna.desk.customers.actions.removing import remove, rename
from sterna.desk.segments.group_models import GroupChange, GroupJudgement, GroupReason
from sterna.desk.segments.models import Membership

# What staff writes of one customer may name another, such as whose family they are.
WRITTEN = {
    GroupJudgement: ("why",),
    GroupChange: ("reason", "next_step", "decided_reason"),
    GroupReason: ("reason", "next_step"),
    Membership: ("cause",),
}


def collect(subject: Subject) -> Iterable[str]:
    """Ids of proposed changes of group: the audit names what was done to them by these."""
    yield from (str(pk) for pk in hanging.rows(GroupChange, subject).values_list("pk", flat=True))


def erase(subject: Subject) -> list[Erased]:
    """Remove what hangs on the person; what was written of others no longer names them."""
    return [*remove("segments", subject), *rename(WRITTEN, subject)]


KEEPERS = (
    Keeper(
        "segments",
        models=hanging.labels("segments"),
        export=partial(hanging.sheets, "segments"),
        erase=erase,
        collect=collect,
    ),
    Impersonal("segments.AgreementCheck", "which checks staff made, without the customers"),
    Impersonal("segments.CheckJudge", "who of the staff is asked in a check"),
    Impersonal("segments.Definition", "definitions of schemes and plans"),
    Impersonal("segments.Followed", "which run placing between runs goes on from"),
    Impersonal("segments.Shelf", "which category a product is in"),
    Impersonal("segments.Batch", "counts of what runs did to the memberships of a scheme"),
    Impersonal("segments.Retirement", "names of schemes"),
    Impersonal("segments.BestPeriod", "sums over many customers"),
    Impersonal("segments.Steward", "staff, not customers"),
    Impersonal("segments.MatrixCell", "counts and sums over many customers"),
    Impersonal("segments.SegmentPreference", "means over many customers, without what few of them prefer"),
    Impersonal(
        "segments.Discovery", "groupings by what many customers have in common, without the customers"
    ),
    Impersonal("segments.TreatmentCell", "counts of customers by segment and cell"),
)
