"""What the app keeps of a person: what they are worth and where there is room, by run."""

from functools import partial

from sterna.desk.config.personal import Impersonal, Keeper
from sterna.desk.customers import hanging
from sterna.desk.customers.actions.removing import remove

KEEPERS = (
    Keeper(
        "values",
        models=hanging.labels("values"),
        export=partial(hanging.sheets, "values"),
        erase=partial(remove, "values"),
    ),
    Impersonal("values.Model", "parameters fitted over many customers"),
)
