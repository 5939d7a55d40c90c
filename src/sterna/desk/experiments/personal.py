"""What the app keeps of a person: the arm of each hold-out that they were drawn into."""

from functools import partial

from sterna.desk.config.personal import Impersonal, Keeper
from sterna.desk.customers import hanging
from sterna.desk.customers.actions.removing import remove

KEEPERS = (
    Keeper(
        "experiments",
        models=hanging.labels("experiments"),
        export=partial(hanging.sheets, "experiments"),
        erase=partial(remove, "experiments"),
    ),
    Impersonal("experiments.Experiment", "what is compared, declared before anybody is drawn"),
    Impersonal("experiments.Comparison", "means over many customers"),
    Impersonal("experiments.CampaignReach", "counts over many customers"),
)
