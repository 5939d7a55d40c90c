"""What the app keeps of a person: stays in places, moves, and what they could move to, each with its reason."""

from functools import partial

from sterna.desk.config.personal import Impersonal, Keeper
from sterna.desk.customers import hanging
from sterna.desk.customers.actions.removing import remove

KEEPERS = (
    Keeper(
        "segments",
        models=hanging.labels("segments"),
        export=partial(hanging.sheets, "segments"),
        erase=partial(remove, "segments"),
    ),
    Impersonal("segments.Definition", "definitions of schemes and plans"),
    Impersonal("segments.Batch", "counts of what runs did to the memberships of a scheme"),
    Impersonal("segments.Retirement", "names of schemes"),
    Impersonal("segments.BestPeriod", "sums over many customers"),
    Impersonal("segments.Steward", "staff, not customers"),
    Impersonal("segments.MatrixCell", "counts and sums over many customers"),
)
