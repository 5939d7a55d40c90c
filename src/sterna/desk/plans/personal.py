"""Plans speak of audiences, never of a person."""

from sterna.desk.config.personal import Impersonal

KEEPERS = (
    Impersonal("plans.Plan", "a plan for audiences, written by staff"),
    Impersonal("plans.Finding", "what the check says of a plan"),
    Impersonal("plans.Signature", "what staff signed"),
    Impersonal("plans.StageClosed", "which stage of a plan staff closed"),
    Impersonal("plans.DependencyEntry", "what a plan waits for"),
)
